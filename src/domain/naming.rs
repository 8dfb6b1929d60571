//! What a sentence says of the things in it: states and acts in the language of the sentence, people,
//! places and products by name beside their number, where the name is known.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{
    container::Status,
    ids::{
        DepartmentId, ImportId, IncidentId, InstitutionId, Label, OrderId, PermitId, PersonId,
        PlaceId, ProductId, RegionCode, RequestId, RequisitionId, Seq, StocktakeId,
    },
    incident::{Authority, IncidentResult},
    ledger::{Kind, Log, Part},
    opening::ImportState,
    people::Role,
    quantity::{Dimension, Quantity},
    refusal::{Known, Language},
    request::RequestState,
    requisition::{OrderState, RequisitionState},
    submission::Period,
    time::Time,
};

/// Something that has a name in the register of an institution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is what it numbers")]
pub enum Named {
    Person(PersonId),
    Place(PlaceId),
    Product(ProductId),
    Department(DepartmentId),
}

/// The names that are known.
pub type Names = BTreeMap<Named, String>;

/// Something that a sentence says.
pub(super) trait Said {
    /// As it stands in the sentence.
    fn said(&self, language: Language, names: &Names) -> String;

    /// What has a name.
    fn named(&self) -> Option<Named> {
        None
    }
}

macro_rules! said_as_written {
    ($($type:ty)*) => {$(
        impl Said for $type {
            fn said(&self, _: Language, _: &Names) -> String {
                self.to_string()
            }
        }
    )*};
}

said_as_written! {
    &'static str String usize i64 u32 u64 Label Seq RequestId ImportId OrderId PermitId RequisitionId StocktakeId IncidentId Quantity NaiveDate InstitutionId RegionCode Period
}

/// As clocks show it where the sentence is read.
impl Said for Time {
    fn said(&self, language: Language, _: &Names) -> String {
        let shown = self.china_clock();
        match language {
            Language::Chinese => shown,
            Language::English => format!("{shown} (Beijing time)"),
        }
    }
}

impl Said for Dimension {
    fn said(&self, language: Language, _: &Names) -> String {
        let words = match self {
            Self::Mass => ("质量", "mass"),
            Self::Volume => ("体积", "volume"),
            Self::Count => ("件数", "pieces"),
        };
        match language {
            Language::Chinese => words.0.to_owned(),
            Language::English => words.1.to_owned(),
        }
    }
}

impl<T: Said> Said for Known<T> {
    fn said(&self, language: Language, names: &Names) -> String {
        let known = self.0.as_ref();
        known.map_or_else(|| "—".to_owned(), |known| known.said(language, names))
    }
}

macro_rules! said_in_words {
    ($($type:ty)*) => {$(
        impl Said for $type {
            fn said(&self, language: Language, _: &Names) -> String {
                match language {
                    Language::Chinese => self.name_zh().to_owned(),
                    Language::English => self.to_string(),
                }
            }
        }
    )*};
}

said_in_words! { Status Kind Log Part Role RequestState ImportState RequisitionState OrderState IncidentResult Authority }

macro_rules! said_by_name {
    ($($type:ty: $named:ident)*) => {$(
        impl Said for $type {
            fn said(&self, language: Language, names: &Names) -> String {
                match (names.get(&Named::$named(*self)), language) {
                    (None, _) => self.to_string(),
                    (Some(name), Language::Chinese) => format!("{self}（{name}）"),
                    (Some(name), Language::English) => format!("{self} ({name})"),
                }
            }

            fn named(&self) -> Option<Named> {
                Some(Named::$named(*self))
            }
        }
    )*};
}

said_by_name! { PersonId: Person PlaceId: Place ProductId: Product DepartmentId: Department }
