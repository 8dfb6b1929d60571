//! What the OpenAPI document says of the types that requests and answers are made of.

use chrono::NaiveDate;
use utoipa::openapi::{
    ObjectBuilder, OneOfBuilder, RefOr, Required, Schema,
    path::{Parameter, ParameterBuilder, ParameterIn},
    schema::{AdditionalProperties, ArrayBuilder, RefBuilder, SchemaFormat, Type},
};

use super::{
    body::{Given, Mass},
    claim::Sha256,
    idempotency::KeyText,
    listing::Form,
    page::{Cursor, Limit, MOST, Typed},
    waste_codes::ListedCode,
};
use crate::{
    domain::{
        books::BookState,
        container::Status,
        exact::Exact,
        hazard::{Celsius, HazardClass},
        ids::{
            Cas, DepartmentId, IdentityNumber, ImportId, IncidentId, InstitutionId, Label, OrderId,
            PermitId, PersonId, PlaceId, ProductId, RegionCode, RequestId, RequisitionId, Seq,
            StocktakeId, Uscc,
        },
        incident::{Authority, IncidentKind, IncidentResult, IncidentState},
        institution::InstitutionKind,
        ledger::{Account, AuditOutcome, Kind, Log, Part},
        merkle::Hash,
        people::Role,
        permit::PermitKind,
        place::{Latitude, Longitude, PlaceKind},
        product::SubstanceKey,
        quantity::{Density, Dimension, Quantity},
        request::RequestState,
        requisition::{OrderState, RequisitionState},
        rule::major_hazard::{Missing, Process, State},
        stocktake::{Amounts, Bucket, StocktakeState},
        submission::{Period, SubmissionState},
        substance::{ControlClass, Pictogram, SubstanceId},
        time::{Time, When},
        transfer::{Outcome, TransferState},
        verb::Source,
        vessel::{Hazard, VesselKind},
        waste::WasteCode,
    },
    label::{Code, Template},
    report::{
        counts::{At, Grouping, Listed},
        mass_balance::BalanceBy,
        stock::By,
        storage_map::{Level, Window},
        transfers::Direction,
        waste_containers::VesselState,
    },
};

/// The schemas that a document names.
pub type Components = Vec<(String, RefOr<Schema>)>;

/// What a doc comment says, line by line.
pub type Doc = &'static [&'static str];

/// Something that the document describes.
pub trait Described {
    /// Whether it may not be left out.
    const REQUIRED: bool = true;

    /// Its schema, or a reference to it, with what it is for.
    fn schema(doc: Doc) -> RefOr<Schema>;

    /// Its schema where null cannot be said: in an address.
    #[must_use]
    fn present() -> RefOr<Schema> {
        Self::schema(&[])
    }

    /// Adds the schemas that it refers to.
    fn components(_components: &mut Components) {}
}

/// An object with a name in the document, or a group of fields that several objects share.
pub trait Properties {
    /// The name.
    const NAME: &'static str;
    /// What it is.
    const DOC: Doc;
    /// Whether other fields are refused.
    const IS_CLOSED: bool;

    /// Its fields.
    fn properties() -> Vec<Property>;
}

/// A field of an object.
pub struct Property {
    name: &'static str,
    doc: Doc,
    is_required: bool,
    schema: fn(Doc) -> RefOr<Schema>,
    present: fn() -> RefOr<Schema>,
    components: fn(&mut Components),
}

impl Property {
    /// A field of this type.
    #[must_use]
    pub fn of<T: Described>(name: &'static str, doc: Doc) -> Self {
        Self {
            name: name.trim_start_matches("r#"),
            doc,
            is_required: T::REQUIRED,
            schema: T::schema,
            present: T::present,
            components: T::components,
        }
    }
}

/// The lines of doc comments as one text.
fn text(doc: &[&str]) -> Option<String> {
    let lines: Vec<&str> = doc.iter().map(|line| line.trim()).collect();
    (!lines.is_empty()).then(|| lines.join(" "))
}

/// The schema of an object, in full.
#[must_use]
pub fn object<T: Properties>() -> RefOr<Schema> {
    let mut object = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(text(T::DOC));
    for property in T::properties() {
        object = object.property(property.name, (property.schema)(property.doc));
        if property.is_required {
            object = object.required(property.name);
        }
    }
    if T::IS_CLOSED {
        object = object.additional_properties(Some(AdditionalProperties::FreeForm(false)));
    }
    object.into()
}

/// The schemas that the fields of an object refer to.
pub fn components<T: Properties>(components: &mut Components) {
    for property in T::properties() {
        (property.components)(components);
    }
}

/// The fields as parameters of an address, or as headers.
#[must_use]
pub fn parameters<T: Properties>(place: &ParameterIn) -> Vec<Parameter> {
    let parameter = |property: Property| {
        ParameterBuilder::new()
            .name(property.name)
            .parameter_in(place.clone())
            .required(if property.is_required {
                Required::True
            } else {
                Required::False
            })
            .description(text(property.doc))
            .schema(Some((property.present)()))
            .build()
    };
    T::properties().into_iter().map(parameter).collect()
}

impl<T: Properties> Described for T {
    fn schema(doc: Doc) -> RefOr<Schema> {
        let of = RefBuilder::new().ref_location_from_schema_name(T::NAME);
        of.description(text(doc)).into()
    }

    fn components(into: &mut Components) {
        if into.iter().all(|(name, _)| name != T::NAME) {
            into.push((T::NAME.to_owned(), object::<T>()));
            components::<T>(into);
        }
    }
}

impl<T: Described> Described for Option<T> {
    const REQUIRED: bool = false;

    fn schema(doc: Doc) -> RefOr<Schema> {
        let null = ObjectBuilder::new().schema_type(Type::Null);
        let either = OneOfBuilder::new().item(T::schema(&[])).item(null);
        either.description(text(doc)).into()
    }

    fn present() -> RefOr<Schema> {
        T::present()
    }

    fn components(components: &mut Components) {
        T::components(components);
    }
}

impl<T: Described> Described for Given<T> {
    const REQUIRED: bool = false;

    fn schema(doc: Doc) -> RefOr<Schema> {
        T::schema(doc)
    }

    fn components(components: &mut Components) {
        T::components(components);
    }
}

impl<T: Described> Described for Vec<T> {
    fn schema(doc: Doc) -> RefOr<Schema> {
        let list = ArrayBuilder::new().items(T::schema(&[]));
        list.description(text(doc)).into()
    }

    fn components(components: &mut Components) {
        T::components(components);
    }
}

impl<T: Described> Described for Typed<T> {
    fn schema(doc: Doc) -> RefOr<Schema> {
        T::schema(doc)
    }
}

impl<K> Described for Cursor<K> {
    fn schema(doc: Doc) -> RefOr<Schema> {
        let opaque = "Opaque: what `next` of the page before said, unchanged.";
        written(doc, opaque).into()
    }
}

impl Described for Limit {
    fn schema(doc: Doc) -> RefOr<Schema> {
        let most = u32::try_from(MOST).unwrap_or(u32::MAX);
        whole_number(doc)
            .minimum(Some(1_u32))
            .maximum(Some(most))
            .into()
    }
}

impl Described for bool {
    fn schema(doc: Doc) -> RefOr<Schema> {
        let truth = ObjectBuilder::new().schema_type(Type::Boolean);
        truth.description(text(doc)).into()
    }
}

/// A text written in a form of its own.
fn written(doc: Doc, form: &str) -> ObjectBuilder {
    let mut all = doc.to_vec();
    all.extend((!form.is_empty()).then_some(form));
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(text(&all))
}

fn whole_number(doc: Doc) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(text(doc))
}

macro_rules! whole_numbers {
    ($($type:ty)*) => {$(
        impl Described for $type {
            fn schema(doc: Doc) -> RefOr<Schema> {
                whole_number(doc).into()
            }
        }
    )*};
}

whole_numbers! { u8 u32 u64 i32 i64 usize }

/// Texts: in which form, and the expression that it keeps to (a day or a time: its format).
macro_rules! texts {
    ($($type:ty: $form:literal $kind:ident $what:expr;)*) => {$(
        impl Described for $type {
            fn schema(doc: Doc) -> RefOr<Schema> {
                written(doc, $form).$kind(Some($what)).into()
            }
        }
    )*};
}

texts! {
    String: "" max_length 500;
    KeyText: "" pattern "^[!-~]{16,64}$";
    Label: "16 digits: institution 4, serial 8, generation 2, check 2." pattern "^[0-9]{16}$";
    Cas: "As 64-17-5." pattern "^[0-9]{2,7}-[0-9]{2}-[0-9]$";
    Uscc: "统一社会信用代码 (GB 32100)." pattern "^[0-9A-Z]{18}$";
    RegionCode: "行政区划代码." pattern "^[0-9]{6}$";
    IdentityNumber: "身份证号 (GB 11643)." pattern "^[0-9]{17}[0-9Xx]$";
    InstitutionId: "" pattern "^[0-9]+$";
    PersonId: "" pattern "^[0-9]+$";
    DepartmentId: "" pattern "^[0-9]+$";
    ImportId: "" pattern "^[0-9]+$";
    OrderId: "" pattern "^[0-9]+$";
    RequisitionId: "" pattern "^[0-9]+$";
    PermitId: "" pattern "^[0-9]+$";
    StocktakeId: "" pattern "^[0-9]+$";
    IncidentId: "" pattern "^[0-9]+$";
    PlaceId: "" pattern "^[0-9]+$";
    ProductId: "" pattern "^[0-9]+$";
    RequestId: "" pattern "^[0-9]+$";
    Seq: "" pattern "^[0-9]+$";
    Source: "The number of an entry, or `container`." pattern "^([0-9]+|container)$";
    Hash: "SHA-256, base64." pattern "^[A-Za-z0-9+/]{43}=$";
    Sha256: "64 hex digits." pattern "^[0-9A-Fa-f]{64}$";
    ListedCode: "A code of the 国家危险废物名录." pattern "^[0-9]{3}-[0-9]{3}-[0-9]{2}$";
    WasteCode: "A code of the 国家危险废物名录." pattern "^[0-9]{3}-[0-9]{3}-[0-9]{2}$";
    Density: "g/mL, as \"0.789\"." pattern "^[0-9]+([.][0-9]+)?$";
    Longitude: "Degrees, CGCS2000, as \"124.350123\"." pattern "^-?[0-9]+([.][0-9]{1,6})?$";
    Latitude: "Degrees, CGCS2000, as \"43.166700\"." pattern "^-?[0-9]+([.][0-9]{1,6})?$";
    Period: "A month, as 2026-11, or a year, as 2026." pattern "^[0-9]{4}(-[0-9]{2})?$";
    When: "A day, as 2026-05-01 (in Chinese time), or a moment, as 2026-05-01T08:00:00Z." pattern "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?$";
    Grouping: "As `class` or `class,product`." pattern "^(region|institution|class|substance|product|place)(,(region|institution|class|substance|product|place))?$";
    Exact: "An exact number that is not negative: a decimal, or in answers a fraction where the decimal has no end, as `1/3`." pattern "^[0-9]+([.][0-9]+|/[0-9]+)?$";
    Celsius: "°C, as \"-33.3\"." pattern "^-?[0-9]{1,5}([.][0-9]{1,6})?$";
    Listed: "A control class, or `none` for what has none." pattern "^[a-z0-9_]+$";
    At: "`places`, `persons`, or the number of a place." pattern "^(places|persons|[0-9]+)$";
    SubstanceId: "As `hc2568`." pattern "^[a-z]{2}[0-9]+([.-][0-9]+)?$";
    SubstanceKey: "As `hc2568`, or `other-` and 16 digits where no list knows the substance." pattern "^([a-z]{2}[0-9]+([.-][0-9]+)?|other-[0-9a-f]{16})$";
    Level: "`region` or `institution` of a bureau, or a kind of place." pattern "^(region|institution|campus|building|room|cabinet|shelf|tank)$";
    Window: "Four numbers of degrees with commas between." pattern "^[^,]+(,[^,]+){3}$";
    Time: "RFC 3339, UTC." format SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime);
    NaiveDate: "" format SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Date);
}

macro_rules! words {
    ($($type:ty: $words:expr;)*) => {$(
        impl Described for $type {
            fn schema(doc: Doc) -> RefOr<Schema> {
                let words: Vec<String> = $words.iter().map(ToString::to_string).collect();
                written(doc, "").enum_values(Some(words)).into()
            }
        }
    )*};
}

words! {
    Role: Role::ALL;
    Part: Part::ALL;
    VesselKind: VesselKind::ALL;
    VesselState: VesselState::ALL;
    Hazard: Hazard::ALL;
    PermitKind: PermitKind::ALL;
    PlaceKind: PlaceKind::ALL;
    InstitutionKind: InstitutionKind::ALL;
    Status: Status::ALL;
    Kind: Kind::ALL;
    Log: Log::ALL;
    Account: Account::ALL;
    By: By::ALL;
    BalanceBy: BalanceBy::ALL;
    Form: Form::ALL;
    RequestState: RequestState::ALL;
    RequisitionState: RequisitionState::ALL;
    OrderState: OrderState::ALL;
    TransferState: TransferState::ALL;
    Outcome: Outcome::ALL;
    AuditOutcome: AuditOutcome::ALL;
    Direction: Direction::ALL;
    Amounts: Amounts::ALL;
    Bucket: Bucket::ALL;
    StocktakeState: StocktakeState::ALL;
    BookState: BookState::ALL;
    HazardClass: HazardClass::ALL;
    State: State::ALL;
    Process: Process::ALL;
    Missing: Missing::ALL;
    IncidentKind: IncidentKind::ALL;
    IncidentState: IncidentState::ALL;
    IncidentResult: IncidentResult::ALL;
    Authority: Authority::ALL;
    SubmissionState: SubmissionState::ALL;
    ControlClass: ControlClass::ALL;
    Template: Template::ALL;
    Dimension: [Dimension::Mass, Dimension::Volume, Dimension::Count].map(Dimension::as_str);
    Pictogram: Pictogram::ALL.map(Pictogram::code);
    Code: ["code128", "qr"];
}

macro_rules! described {
    ($is_closed:literal $(#[doc = $doc:literal])* $name:ident {
        $($(#[doc = $field_doc:literal])* $field:ident: $type:ty,)*
        $(.. $group:ty,)*
    }) => {
        impl $crate::http::schema::Properties for $name {
            const NAME: &'static str = stringify!($name);
            const DOC: $crate::http::schema::Doc = &[$($doc),*];
            const IS_CLOSED: bool = $is_closed;

            fn properties() -> Vec<$crate::http::schema::Property> {
                let own = [$($crate::http::schema::Property::of::<$type>(stringify!($field), &[$($field_doc),*]),)*];
                let all = own.into_iter();
                $(let all = all.chain(<$group as $crate::http::schema::Properties>::properties());)*
                all.collect()
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::http::schema::object::<Self>()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schemas(into: &mut $crate::http::schema::Components) {
                $crate::http::schema::components::<Self>(into);
            }
        }

        impl utoipa::IntoParams for $name {
            fn into_params(
                place: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
            ) -> Vec<utoipa::openapi::path::Parameter> {
                let place = place().unwrap_or(utoipa::openapi::path::ParameterIn::Header);
                $crate::http::schema::parameters::<Self>(&place)
            }
        }
    };
}
pub(crate) use described;

/// How a quantity is written, in and out.
impl Properties for Quantity {
    const NAME: &'static str = "Quantity";
    const DOC: Doc = &["An amount with its unit; never a floating-point number."];
    const IS_CLOSED: bool = true;

    fn properties() -> Vec<Property> {
        vec![
            Property::of::<String>("value", &["A decimal number without a sign, as \"12.5\"."]),
            Property::of::<String>("unit", &["As `mL`, `g`, `支`."]),
        ]
    }
}

impl Described for Mass {
    fn schema(doc: Doc) -> RefOr<Schema> {
        Quantity::schema(doc)
    }

    fn components(components: &mut Components) {
        Quantity::components(components);
    }
}
