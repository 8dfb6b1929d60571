//! Why the ledger says no.
//!
//! One closed list: every reason has a stable `code`, a class that decides the HTTP status, and a
//! sentence in Chinese and in English that tells the person what to do next. Numbers and names that
//! a program may want are carried as members beside the sentence. The list stands in chapters: each hands
//! what it was given and its own to the next, and the last makes the enum.

mod containers;
mod county;
mod custody;
mod files;
mod ledger;
mod list;
mod purchase;
mod register;
mod reporting;
mod sheets;
mod signing;
mod stocktake;
mod transfer;
mod vessels;

use chrono::NaiveDate;
use containers::containers_refusals;
use county::county_refusals;
use custody::custody_refusals;
use files::files_refusals;
use ledger::ledger_refusals;
use list::refusals;
pub use list::{Class, Known, Language};
use purchase::purchase_refusals;
use register::register_refusals;
use reporting::reporting_refusals;
use sheets::sheets_refusals;
use signing::signing_refusals;
use stocktake::stocktake_refusals;
use transfer::transfer_refusals;
use vessels::vessels_refusals;

use super::{
    catalogue::RegionError,
    container::Status,
    ids::{
        DepartmentId, ImportId, IncidentId, InstitutionId, Label, OrderId, PermitId, PersonId,
        PlaceId, ProductId, RegionCode, RequestId, RequisitionId, Seq, StocktakeId,
    },
    incident::{Authority, IncidentResult},
    ledger::{Kind, Log, Part},
    naming::{Named, Names, Said},
    opening::ImportState,
    people::Role,
    quantity::{Dimension, Quantity},
    request::RequestState,
    requisition::{OrderState, RequisitionState},
    submission::Period,
    time::Time,
};

sheets_refusals! {}

impl std::error::Error for Refusal {}

impl Refusal {
    /// What is wrong with a region code on a day.
    #[must_use]
    pub const fn of_region(region: RegionCode, day: NaiveDate, error: RegionError) -> Self {
        match error {
            RegionError::Unknown => Self::RegionUnknown { region },
            RegionError::NotInForce { instead } => Self::RegionNotInForce {
                region,
                day,
                instead: Known(instead),
            },
        }
    }
}
