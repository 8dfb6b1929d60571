//! Request bodies: JSON objects read field by field, so that every bad field is named at once and an
//! unknown one is refused.

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    rt::time::timeout,
    web::{Bytes, Data},
};
use chrono::NaiveDate;
use serde_json::{Map, Value};
use std::{
    future::{Future, ready},
    pin::Pin,
};

use super::{
    json,
    problem::{FieldError, Problem},
    schema::{Described, Properties},
    server::Serving,
};
use crate::domain::{
    canonical::nfc,
    exact::Exact,
    hazard::{Celsius, HazardClass},
    ids::{
        Cas, DepartmentId, IdentityNumber, IncidentId, InstitutionId, Label, OrderId, PermitId,
        PersonId, PlaceId, ProductId, RegionCode, RequisitionId, Seq, StocktakeId, Uscc,
    },
    incident::{Authority, IncidentKind, IncidentResult},
    institution::InstitutionKind,
    ledger::Part,
    merkle::Hash,
    people::Role,
    permit::PermitKind,
    place::{Latitude, Longitude, PlaceKind},
    product::SubstanceKey,
    quantity::{Amount, Density, Dimension, Quantity, QuantityError},
    rule::major_hazard::{Process, State},
    stocktake::Amounts,
    submission::Period,
    substance::{ControlClass, SubstanceId},
    text::is_blank,
    time::{Time, When},
    verb::Source,
    vessel::{Hazard, VesselKind},
    waste::WasteCode,
    words::UnknownWord,
};
use crate::report::{
    counts::{At, Grouping, Listed},
    storage_map::Level,
};

/// Longest text in a field, characters.
const LONGEST_TEXT: usize = 500;

/// The errors of a body being read, with the pointer to where the reading is.
#[derive(Debug, Default)]
pub struct Reading {
    at: String,
    errors: Vec<FieldError>,
}

impl Reading {
    /// Notes an error here.
    pub fn refuse(&mut self, code: &'static str, zh: impl Into<String>, en: impl Into<String>) {
        let pointer = self.at.clone();
        self.errors.push(FieldError {
            pointer,
            code,
            detail: (zh.into(), en.into()),
        });
    }

    /// Notes that there is no such field or parameter here.
    pub fn refuse_unknown(&mut self, name: &str) {
        self.below(name, |reading| {
            reading.refuse(
                "unknown_field",
                "没有这个字段，请删去或核对拼写。",
                "There is no such field; remove it or check its name.",
            );
        });
    }

    /// Whether nothing was refused.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    /// The errors as a problem.
    #[must_use]
    pub fn into_problem(self) -> Problem {
        Problem::Fields(self.errors)
    }

    /// Reads something one step further down.
    pub fn below<T>(&mut self, step: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.at.len();
        self.at.push('/');
        self.at
            .push_str(&step.replace('~', "~0").replace('/', "~1"));
        let value = read(self);
        self.at.truncate(length);
        value
    }
}

/// Something that can stand in a body.
pub trait Field: Described + Sized {
    /// Reads it; absent fields come as `None`.
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self>;
}

/// A whole body.
pub trait Fields: Properties + Sized {
    /// Reads it out of an object, taking the fields it knows.
    fn read_object(object: &mut Map<String, Value>, reading: &mut Reading) -> Option<Self>;
}

impl<T: Fields> Field for T {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        let Some(Value::Object(mut object)) = value else {
            reading.refuse(
                "object_expected",
                "此处须为 JSON 对象。",
                "A JSON object is expected here.",
            );
            return None;
        };
        let body = T::read_object(&mut object, reading);
        for key in object.keys() {
            reading.refuse_unknown(key);
        }
        body
    }
}

/// Takes one field out of an object.
pub fn take<T: Field>(
    object: &mut Map<String, Value>,
    name: &str,
    reading: &mut Reading,
) -> Option<T> {
    let value = object.remove(name);
    reading.below(name, |reading| {
        if value.is_none() && T::REQUIRED {
            reading.refuse("missing", "缺少此字段。", "This field is missing.");
            return None;
        }
        T::read(value, reading)
    })
}

/// Declares a body: a struct whose fields are read one by one, and described in the OpenAPI document.
/// After `..` come groups of fields that several bodies share; they stand in the same JSON object.
macro_rules! body {
    ($(#[doc = $doc:literal])* $name:ident {
        $($(#[doc = $field_doc:literal])* $field:ident: $type:ty,)*
        $(.. $(#[doc = $group_doc:literal])* $group:ident: $group_type:ty,)*
    }) => {
        $(#[doc = $doc])*
        #[derive(Clone)]
        pub struct $name {
            $($(#[doc = $field_doc])* pub $field: $type,)*
            $($(#[doc = $group_doc])* pub $group: $group_type,)*
        }

        /// Without the fields: secrets are among them.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }

        $crate::http::schema::described! {
            true $(#[doc = $doc])* $name {
                $($(#[doc = $field_doc])* $field: $type,)*
                $(.. $group_type,)*
            }
        }

        impl $crate::http::body::Fields for $name {
            fn read_object(
                object: &mut serde_json::Map<String, serde_json::Value>,
                reading: &mut $crate::http::body::Reading,
            ) -> Option<Self> {
                $(let $field = $crate::http::body::take::<$type>(
                    object,
                    stringify!($field).trim_start_matches("r#"),
                    reading,
                );)*
                $(let $group = <$group_type as $crate::http::body::Fields>::read_object(object, reading);)*
                Some(Self { $($field: $field?,)* $($group: $group?,)* })
            }
        }
    };
}
pub(crate) use body;

impl<T: Field> Field for Option<T> {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        match value {
            None | Some(Value::Null) => Some(None),
            Some(value) => T::read(Some(value), reading).map(Some),
        }
    }
}

/// A field that may be left out, but not be null where null would say more than its sender meant: a
/// form with an empty field is no wish for everything.
#[derive(Clone, Copy, Debug)]
pub struct Given<T>(pub Option<T>);

impl<T: Field> Field for Given<T> {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        match value {
            None => Some(Self(None)),
            Some(Value::Null) => {
                reading.refuse(
                    "null_given",
                    "此处不能为 null。请填写，或删去该字段。",
                    "This cannot be null. Fill it in, or leave the field out.",
                );
                None
            }
            Some(value) => T::read(Some(value), reading).map(|value| Self(Some(value))),
        }
    }
}

impl<T: Field> Field for Vec<T> {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        let Some(Value::Array(items)) = value else {
            reading.refuse(
                "list_expected",
                "此处须为列表。",
                "A list is expected here.",
            );
            return None;
        };
        let read: Vec<Option<T>> = items
            .into_iter()
            .enumerate()
            .map(|(index, item)| {
                reading.below(&index.to_string(), |reading| T::read(Some(item), reading))
            })
            .collect();
        read.into_iter().collect()
    }
}

/// The text of a field, in NFC and without control characters.
fn text(value: Option<Value>, reading: &mut Reading) -> Option<String> {
    let Some(Value::String(text)) = value else {
        reading.refuse(
            "text_expected",
            "此处须为文字（加引号）。",
            "A text (in quotes) is expected here.",
        );
        return None;
    };
    match nfc(&text) {
        Ok(text) => Some(text.into_owned()),
        Err(forbidden) => {
            reading.refuse("character", "含有控制字符，请删去。", forbidden.to_string());
            None
        }
    }
}

impl Field for String {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        let text = text(value, reading)?;
        if is_blank(&text) {
            reading.refuse("empty", "不能为空。", "This cannot be empty.");
            return None;
        }
        if text.chars().count() > LONGEST_TEXT {
            reading.refuse(
                "too_long",
                format!("最多 {LONGEST_TEXT} 个字。"),
                format!("At most {LONGEST_TEXT} characters."),
            );
            return None;
        }
        Some(text)
    }
}

impl Field for bool {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        if let Some(Value::Bool(value)) = value {
            return Some(value);
        }
        reading.refuse(
            "boolean_expected",
            "此处须为 true 或 false。",
            "true or false is expected here.",
        );
        None
    }
}

impl Field for u32 {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        let number = value
            .as_ref()
            .and_then(Value::as_u64)
            .and_then(|number| Self::try_from(number).ok());
        if number.is_none() {
            reading.refuse(
                "whole_number_expected",
                "此处须为不小于零的整数。",
                "A whole number of zero or more is expected here.",
            );
        }
        number
    }
}

impl Field for Quantity {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        let amount = value.and_then(|value| serde_json::from_value::<Amount>(value).ok());
        let Some(amount) = amount else {
            reading.refuse(
                "quantity_expected",
                "数量须写作 {\"value\": \"12.5\", \"unit\": \"mL\"}。",
                "A quantity is written {\"value\": \"12.5\", \"unit\": \"mL\"}.",
            );
            return None;
        };
        let is_plain =
            |c: char| c == '.' || c == '．' || c.is_ascii_digit() || ('０'..='９').contains(&c);
        if !amount.value.chars().all(is_plain) {
            reading.refuse(
                "number_not_plain",
                "数值只写数字和小数点，如 \"1000\" 或 \"0.5\"；不写逗号、正负号或 1e3。",
                "A value is digits and a point, as \"1000\" or \"0.5\": no commas, signs or 1e3.",
            );
            return None;
        }
        match Self::try_from(amount) {
            Ok(quantity) => Some(quantity),
            Err(error) => {
                reading.refuse(error.code(), error.message(false), error.message(true));
                None
            }
        }
    }
}

/// A quantity that must be a mass: what a balance shows.
#[derive(Clone, Copy, Debug)]
pub struct Mass(pub Quantity);

impl Field for Mass {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        let quantity = Quantity::read(value, reading)?;
        if quantity.dimension() == Dimension::Mass {
            return Some(Self(quantity));
        }
        let error = QuantityError::MassNeeded;
        reading.refuse(error.code(), error.message(false), error.message(true));
        None
    }
}

impl Field for Density {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        match Self::parse(&text(value, reading)?) {
            Ok(density) => Some(density),
            Err(error) => {
                reading.refuse(error.code(), error.message(false), error.message(true));
                None
            }
        }
    }
}

/// Fields that are a text with a form of its own.
macro_rules! parsed {
    ($($type:ty: $code:expr, $zh:expr, $en:expr;)*) => {$(
        impl Field for $type {
            fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
                match text(value, reading)?.parse::<Self>() {
                    Ok(value) => Some(value),
                    Err(error) => {
                        reading.refuse($code(&error), $zh(&error), $en(&error));
                        None
                    }
                }
            }
        }
    )*};
}

type IdError = crate::domain::ids::IdError;

macro_rules! identifiers {
    ($($type:ty)*) => {
        parsed! {$(
            $type: |error: &IdError| error.code(), |error: &IdError| error.message(false), |error: &IdError| error.message(true);
        )*}
    };
}

identifiers! {
    Label Cas Uscc RegionCode IdentityNumber InstitutionId DepartmentId OrderId PermitId PersonId PlaceId ProductId RequisitionId Seq
    StocktakeId IncidentId Source
}

macro_rules! chosen {
    ($($type:ty)*) => {
        parsed! {$(
            $type: |_: &UnknownWord| "unknown_word",
                |error: &UnknownWord| format!("“{}”不在可选值之内：{}。", error.0, words::<$type>()),
                |error: &UnknownWord| format!("{:?} is not one of {}.", error.0, words::<$type>());
        )*}
    };
}

/// As `chosen`, of all words of a list.
macro_rules! chosen_of_all {
    ($($type:ty)*) => {
        parsed! {$(
            $type: |_: &UnknownWord| "unknown_word",
                |error: &UnknownWord| format!("“{}”不在可选值之内：{}。", error.0, all(<$type>::ALL)),
                |error: &UnknownWord| format!("{:?} is not one of {}.", error.0, all(<$type>::ALL));
        )*}
    };
}

fn all(words: &[impl ToString]) -> String {
    let words: Vec<String> = words.iter().map(ToString::to_string).collect();
    words.join(", ")
}

/// The words of a closed list, for the error that names them.
trait Words {
    const WORDS: &'static [&'static str];
}

fn words<T: Words>() -> String {
    T::WORDS.join(", ")
}

chosen! { Part IncidentKind }
chosen_of_all! {
    VesselKind Hazard Role PlaceKind InstitutionKind PermitKind Amounts Authority IncidentResult State Process
    HazardClass
}

impl Words for Part {
    const WORDS: &'static [&'static str] = &["receiver", "issuer", "acceptor", "approver"];
}
impl Words for IncidentKind {
    const WORDS: &'static [&'static str] = &["suspected_loss", "loss", "theft", "leak"];
}

parsed! {
    WasteCode: |_: &_| "waste_code_malformed", |_: &_| "废物代码须写作 900-047-49（见《国家危险废物名录》）。", |_: &_| "A waste code is written 900-047-49, as in the national list of hazardous wastes.";
    Time: |_: &_| "time_malformed", |_: &_| "时间须写作 2026-05-01T08:00:00Z。", |_: &_| "A time is written 2026-05-01T08:00:00Z.";
    Hash: |_: &_| "hash_malformed", |_: &_| "哈希须为44个字符的base64。", |_: &_| "A hash is 44 characters of base64.";
    Longitude: |_: &_| "degrees_malformed", |_: &_| "经度须写作 \"124.350123\"（-180 至 180，最多六位小数）。", |_: &_| "A longitude is written \"124.350123\": -180 to 180, up to six places.";
    Latitude: |_: &_| "degrees_malformed", |_: &_| "纬度须写作 \"43.166700\"（-90 至 90，最多六位小数）。", |_: &_| "A latitude is written \"43.166700\": -90 to 90, up to six places.";
    Period: |_: &_| "period_malformed", |_: &_| "期间须写作月份（如 2026-11）或年份（如 2026）。", |_: &_| "A period is a month, as 2026-11, or a year, as 2026.";
    When: |_: &_| "when_malformed", |_: &_| "此处须为日期（如 2026-05-01，按北京时间计）或时刻（如 2026-05-01T08:00:00Z）。", |_: &_| "A day, as 2026-05-01 (in Chinese time), or a moment, as 2026-05-01T08:00:00Z, belongs here.";
    Grouping: |_: &_| "unknown_word", |_: &_| "须为 region、institution、class、substance、product、place 中的一个，或用逗号隔开的两个。", |_: &_| "One of region, institution, class, substance, product, place, or two of them with a comma between.";
    Listed: |_: &_| "unknown_word", |_: &_| "没有这个管控类别；未列管的写作 none。", |_: &_| "There is no such control class; none is what has none.";
    At: |_: &_| "unknown_word", |_: &_| "须为 places（在库）、persons（领用在外）或存放地点的编号。", |_: &_| "places, persons, or the number of a place.";
    SubstanceId: |_: &_| "unknown_word", |_: &_| "物质代码的写法如 hc2568，请从物质列表中选择。", |_: &_| "The code of a substance is written as hc2568; choose one from the list.";
    SubstanceKey: |_: &_| "unknown_word", |_: &_| "物质的代码如 hc2568，或底数中的 other-…；请从物质列表或底数中选择。", |_: &_| "The code of a substance is as hc2568, or other-… as the counts say; choose one from there.";
    Level: |_: &_| "unknown_word", |_: &_| "须为 region、institution（卫健局），或 campus、building、room、cabinet、shelf、tank。", |_: &_| "One of region, institution (of a bureau), campus, building, room, cabinet, shelf, tank.";
    Exact: |_: &_| "number_malformed", |_: &_| "此处须为数（加引号，不小于零，如 \"12.5\"），小数点前后各不超过 15 位。", |_: &_| "A number belongs here, in quotes and not below zero, as \"12.5\": at most 15 digits before and behind the point.";
    Celsius: |_: &_| "temperature_malformed", |_: &_| "温度须写作 \"-33.3\"（摄氏度，最多六位小数）。", |_: &_| "A temperature is written \"-33.3\", in °C, up to six places.";
    Dimension: |_: &_| "unknown_word", |_: &_| "须为 mass、volume 或 count。", |_: &_| "One of mass, volume, count.";
    ControlClass: |_: &_| "unknown_word", |_: &_| "没有这个管控类别。", |_: &_| "There is no such control class.";
}

impl Field for NaiveDate {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        let text = text(value, reading)?;
        // chrono takes years of any length and months of one digit too.
        let date = Some(&text).filter(|text| text.len() == 10);
        let date = date.and_then(|text| text.parse().ok());
        if date.is_none() {
            reading.refuse(
                "date_malformed",
                "日期须写作 2026-05-01。",
                "A date is written 2026-05-01.",
            );
        }
        date
    }
}

/// A body that was read, and the JSON it was read from; never printed: secrets are in it.
#[derive(Clone)]
pub struct Body<T> {
    /// What it says.
    pub value: T,
    /// The JSON, for the fingerprint of the request.
    pub json: Value,
}

impl<T: Fields> Body<T> {
    /// Reads a body.
    ///
    /// # Errors
    /// As [`json::parse`], and [`Problem::Fields`] with every error.
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        Self::of(json::parse(bytes)?)
    }

    /// Reads JSON that was parsed already.
    ///
    /// # Errors
    /// [`Problem::NotJson`], [`Problem::Fields`] with every error.
    pub fn of(json: Value) -> Result<Self, Problem> {
        if !json.is_object() {
            return Err(Problem::NotJson(None));
        }
        let mut reading = Reading::default();
        let value = T::read(Some(json.clone()), &mut reading);
        match value {
            Some(value) if reading.errors.is_empty() => Ok(Self { value, json }),
            Some(_) | None => Err(Problem::Fields(reading.errors)),
        }
    }
}

impl<T: Fields + 'static> FromRequest for Body<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !may_be_json(request) {
            return Box::pin(ready(Err(Problem::ContentType.into())));
        }
        let serving = request.app_data::<Data<Serving>>();
        let in_time = serving.map_or(Serving::default().body_time, |serving| serving.body_time);
        let bytes = timeout(in_time, Bytes::from_request(request, payload));
        Box::pin(async move { Ok(Self::read(&bytes.await.map_err(|_| Problem::TooSlow)??)?) })
    }
}

/// Whether a body says that it is JSON, or nothing, or what `curl -d` says of every body.
fn may_be_json(request: &HttpRequest) -> bool {
    let essence = request.content_type().to_ascii_lowercase();
    matches!(
        essence.as_str(),
        "" | "application/json" | "application/x-www-form-urlencoded"
    )
}
