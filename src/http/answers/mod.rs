//! What the OpenAPI document says of answers. The answers themselves are made where they are given;
//! the tests hold each of them against this.

use chrono::NaiveDate;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::SchemaType};

use super::schema::{Described, Doc, described};
use crate::domain::{
    ids::{DepartmentId, InstitutionId, Label, PersonId, PlaceId, ProductId, Seq},
    merkle::Hash,
    people::Role,
    quantity::Quantity,
    substance::ControlClass,
    time::Time,
};

mod counting;
mod importing;
mod keeping;
mod lines;
mod overseeing;
mod purchasing;
mod reading;
mod reporting;
mod ruling;
mod summing;
mod transferring;
mod wasting;

pub use counting::*;
pub use importing::*;
pub use keeping::*;
pub use lines::*;
pub use overseeing::*;
pub use purchasing::*;
pub use reading::*;
pub use reporting::*;
pub use ruling::*;
pub use summing::*;
pub use transferring::*;
pub use wasting::*;

/// A text of any length.
pub struct Text;

impl Described for Text {
    fn schema(doc: Doc) -> RefOr<Schema> {
        let all: Vec<&str> = doc.iter().map(|line| line.trim()).collect();
        let text = ObjectBuilder::new().schema_type(utoipa::openapi::Type::String);
        let doc = (!all.is_empty()).then(|| all.join(" "));
        text.description(doc).into()
    }
}

/// A picture or a document.
pub struct Binary;

impl utoipa::PartialSchema for Binary {
    fn schema() -> RefOr<Schema> {
        // OpenAPI 3.1: bytes are what no schema describes.
        ObjectBuilder::new()
            .schema_type(SchemaType::AnyValue)
            .into()
    }
}

impl utoipa::ToSchema for Binary {}

/// Any JSON.
pub struct Anything;

impl Described for Anything {
    fn schema(doc: Doc) -> RefOr<Schema> {
        let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
        any.description(Some(doc.join(" ").trim().to_owned()))
            .into()
    }
}

/// Declares answers as [`super::body`] declares bodies: fields, then groups shared with another answer.
macro_rules! answers {
    ($($(#[doc = $doc:literal])* $name:ident {
        $($(#[doc = $field_doc:literal])* $field:ident: $type:ty,)*
        $(.. $group:ty,)*
    })*) => {$(
        $(#[doc = $doc])*
        pub struct $name;

        described! {
            false $(#[doc = $doc])* $name {
                $($(#[doc = $field_doc])* $field: $type,)*
                $(.. $group,)*
            }
        }
    )*};
}
use answers;

answers! {
    /// Proof that an entry was written: keep it, and any later change of the entry shows.
    Receipt {
        /// Whose ledger.
        institution: InstitutionId,
        /// The entry.
        seq: u64,
        /// The leaf hash (RFC 6962) of its bytes.
        leaf_hash: Hash,
        /// The size of the log with it.
        size: u64,
        /// The root of the log with it.
        root: Hash,
    }
    /// Something was written.
    Written {
        /// The receipt.
        receipt: Receipt,
    }
    /// Containers were moved, received or taken.
    Movement {
        /// Their labels, in order.
        labels: Vec<Label>,
        .. Written,
    }
    /// Something was used up.
    Consumption {
        /// How much was used up; null for nothing.
        consumed: Option<Quantity>,
        .. Movement,
    }
    /// A place was made.
    PlaceMade {
        /// Its number.
        place: PlaceId,
        .. Written,
    }
    /// A department was made or changed.
    DepartmentMade {
        /// Its number.
        department: DepartmentId,
        .. Written,
    }
    /// A product was made.
    ProductMade {
        /// Its number.
        product: ProductId,
        /// Its control classes with the lists that they come from.
        classes: Vec<Classification>,
        .. Written,
    }
    /// A control class of a product.
    Classification {
        /// The class.
        class: ControlClass,
        /// First day.
        from: NaiveDate,
        /// First day on which it no longer holds.
        until: Option<NaiveDate>,
        /// The list and its edition.
        source: Text,
    }
    /// A one-time code was made.
    CodeMade {
        /// The code, shown once: the same key again answers without it.
        code: Option<Text>,
        .. Written,
    }
    /// A person was enrolled.
    PersonMade {
        /// The number.
        person: PersonId,
        .. CodeMade,
    }
    /// Somebody was appointed.
    Appointed {
        /// The name of the appointment: `ENTRY-LINE`.
        appointment: Text,
        .. Written,
    }
    /// An institution was founded.
    Founded {
        /// Its number.
        institution: InstitutionId,
        /// The codes with which the founders set their secrets.
        codes: Vec<FounderCode>,
    }
    /// A founder's one-time code.
    FounderCode {
        /// 工号.
        staff_number: Text,
        /// The code.
        code: Text,
    }
    /// Somebody signed in; the refresh code is in a cookie that scripts cannot read.
    SignedInAs {
        /// The access token, for `Authorization: Bearer …`.
        token: Text,
        /// Seconds until it ends.
        expires_in: i64,
        /// Who.
        who: Who,
    }
    /// Who is signed in.
    Who {
        /// The institution.
        institution: InstitutionId,
        /// The person.
        person: PersonId,
        /// The name.
        name: Text,
        /// The roles held now.
        roles: Vec<Role>,
    }
    /// The live sessions.
    Sessions {
        /// Oldest first.
        items: Vec<SessionLine>,
    }
    /// A session.
    SessionLine {
        /// Its name, for ending it.
        session: Text,
        /// When it began.
        created_at: Time,
        /// When it ends at the latest.
        expires_at: Time,
        /// The workstation.
        terminal: Text,
        /// Whether it is the one that asks.
        current: bool,
    }
    /// How a list goes on.
    Paging {
        /// Where the next page begins; absent on the last one.
        next: Option<Text>,
        /// How many items all pages have, where that is known.
        total: Option<usize>,
        /// The last entry that is counted.
        as_of_seq: Option<Seq>,
    }
    /// Persons.
    People {
        /// By number.
        items: Vec<PersonLine>,
        .. Paging,
    }
    /// A person.
    PersonLine {
        /// The number.
        person: PersonId,
        /// The name.
        name: Text,
        /// 工号.
        staff_number: Text,
        /// The department they work in.
        department: Option<DepartmentId>,
        /// Whether the account is closed.
        closed: bool,
        /// Whether the account is blocked.
        suspended: bool,
    }
    /// A person with all appointments.
    PersonProfile {
        /// Whether a badge is in force.
        has_badge: bool,
        /// Ended ones as well.
        appointments: Vec<AppointmentLine>,
        /// The places with controlled stock that they keep: handed over before they leave.
        keeps: Vec<KeptPlace>,
        .. PersonLine,
    }
    /// Appointments.
    Appointments {
        /// In the order in which they were made.
        items: Vec<AppointmentLine>,
        .. Paging,
    }
    /// An appointment.
    AppointmentLine {
        /// Its name: `ENTRY-LINE`.
        appointment: Text,
        /// Who.
        person: PersonId,
        /// To what.
        role: Role,
        /// Where; null: everywhere.
        place: Option<PlaceId>,
        /// From when.
        from: Time,
        /// Until when; null: until revoked.
        until: Option<Time>,
        /// For whom a delegate stands in.
        stands_in_for: Option<PersonId>,
        /// The entry that revoked it.
        revoked_by: Option<Seq>,
    }
}
