//! The tables of the demo hospital, as they stand in `fixtures/demo`.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use super::DemoError;
use crate::domain::{
    ids::{Cas, IdentityNumber},
    institution::InstitutionKind,
    people::Role,
    place::{Latitude, Longitude, PlaceKind},
    quantity::Quantity,
    substance::ControlClass,
};

/// Somebody of the demo hospital. The secret is public: nothing here is worth a secret.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoPerson {
    /// 工号.
    pub staff_number: String,
    /// Name.
    pub name: String,
    /// The secret.
    pub secret: String,
    /// 身份证号, made up.
    pub(super) identity_number: IdentityNumber,
    /// What the person is.
    #[serde(deserialize_with = "words")]
    pub roles: Vec<Role>,
    /// Of a county: where the person works.
    #[serde(default)]
    pub institution: Option<String>,
    /// 科室.
    #[serde(default)]
    pub department: Option<String>,
    /// The room whose custodian the person is.
    pub(super) keeps: Option<String>,
    /// The rooms that the person takes from.
    #[serde(deserialize_with = "words")]
    pub(super) takes_from: Vec<String>,
}

/// A place of the demo hospital.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoPlace {
    /// Of a county: what kind of house it is in.
    #[serde(default)]
    pub layout: Option<String>,
    pub key: String,
    pub parent: Option<String>,
    pub kind: PlaceKind,
    pub name: String,
    #[serde(deserialize_with = "words")]
    pub permitted: Vec<ControlClass>,
    #[serde(default, deserialize_with = "parsed")]
    pub longitude: Option<Longitude>,
    #[serde(default, deserialize_with = "parsed")]
    pub latitude: Option<Latitude>,
}

/// An institution of the demo county.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoInstitution {
    /// What its persons are listed under.
    pub(super) key: String,
    /// Full name.
    pub name: String,
    /// What kind.
    pub kind: InstitutionKind,
    /// What kind of house it is in.
    pub(super) layout: String,
    /// 行政区划代码.
    pub(super) region: String,
    /// 统一社会信用代码, made up.
    pub(super) uscc: String,
    #[serde(deserialize_with = "parsed")]
    pub(super) longitude: Option<Longitude>,
    #[serde(deserialize_with = "parsed")]
    pub(super) latitude: Option<Latitude>,
}

/// A product of the demo hospital, and how much of it there is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemoProduct {
    pub name: String,
    pub qualifier: Option<String>,
    pub cas: Option<Cas>,
    /// The listed substance that a person chose, where name and qualifier do not decide.
    pub substance: Option<String>,
    /// What is in a container.
    #[serde(deserialize_with = "quantity")]
    pub each: Quantity,
    /// Weight of the empty container.
    #[serde(deserialize_with = "some_quantity")]
    pub tare: Option<Quantity>,
    /// Where it is kept.
    pub place: String,
    /// Containers in the opening stock.
    pub at_first: u32,
    /// Containers that come later.
    pub later: u32,
    /// What is usually taken out.
    #[serde(deserialize_with = "quantity")]
    pub taken: Quantity,
    /// 用途.
    pub purpose: String,
}

/// The persons of the demo hospital: three founders first.
///
/// # Errors
/// [`DemoError::Table`].
pub fn demo_persons() -> Result<Vec<DemoPerson>, DemoError> {
    table(include_str!("../../../fixtures/demo/persons.csv"))
}

pub(super) fn places() -> Result<Vec<DemoPlace>, DemoError> {
    table(include_str!("../../../fixtures/demo/places.csv"))
}

pub(super) fn products() -> Result<Vec<DemoProduct>, DemoError> {
    table(include_str!("../../../fixtures/demo/products.csv"))
}

/// The institutions of the demo county, in the order in which they are founded; bureaus first.
///
/// # Errors
/// [`DemoError::Table`].
pub fn county_institutions() -> Result<Vec<DemoInstitution>, DemoError> {
    table(include_str!(
        "../../../fixtures/demo/county/institutions.csv"
    ))
}

/// The persons of the demo county: of each institution three founders first.
///
/// # Errors
/// [`DemoError::Table`].
pub fn county_persons() -> Result<Vec<DemoPerson>, DemoError> {
    table(include_str!("../../../fixtures/demo/county/persons.csv"))
}

/// Somebody who can sign in to an institution of the demo county.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The number of the institution.
    pub number: usize,
    /// The institution.
    pub institution: DemoInstitution,
    /// Who.
    pub person: DemoPerson,
}

/// One for each level of the demo county: the officers of the city and of a county, and the equipment
/// departments of a hospital, of a 疾控中心 and of a 卫生院.
///
/// # Errors
/// [`DemoError::Table`].
pub fn county_sign_ins() -> Result<Vec<SignIn>, DemoError> {
    const LEVELS: [(&str, &str); 5] = [
        ("city-bureau", "B001"),
        ("lishu-bureau", "B001"),
        ("hospital-1", "E001"),
        ("cdc-1", "E001"),
        ("township-1", "E001"),
    ];
    let persons = county_persons()?;
    let mut found = Vec::new();
    for (number, institution) in (1..).zip(county_institutions()?) {
        let level = LEVELS.iter().find(|(key, _)| *key == institution.key);
        let is_meant = |person: &&DemoPerson| {
            let lives = person.institution.as_ref() == Some(&institution.key);
            lives && level.is_some_and(|(_, login)| *login == person.staff_number)
        };
        if let Some(person) = persons.iter().find(is_meant).cloned() {
            found.push(SignIn {
                number,
                institution,
                person,
            });
        }
    }
    Ok(found)
}

pub(super) fn county_places() -> Result<Vec<DemoPlace>, DemoError> {
    table(include_str!("../../../fixtures/demo/county/places.csv"))
}

fn table<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, DemoError> {
    let rows = csv::Reader::from_reader(text.as_bytes())
        .into_deserialize()
        .collect::<Result<_, _>>();
    rows.map_err(|error| DemoError::Table(error.into()))
}

/// Words between spaces.
fn words<'de, D: Deserializer<'de>, T: DeserializeOwned>(cell: D) -> Result<Vec<T>, D::Error> {
    let text = String::deserialize(cell)?;
    let words = text
        .split_whitespace()
        .map(|word| T::deserialize(serde::de::value::StrDeserializer::<D::Error>::new(word)));
    words.collect()
}

fn parsed<'de, D, T>(cell: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let text: Option<String> = Option::deserialize(cell)?;
    let parsed = text.map(|text| text.parse().map_err(serde::de::Error::custom));
    parsed.transpose()
}

fn some_quantity<'de, D: Deserializer<'de>>(cell: D) -> Result<Option<Quantity>, D::Error> {
    let text: Option<String> = Option::deserialize(cell)?;
    let parsed = text.map(|text| Quantity::parse(&text).map_err(serde::de::Error::custom));
    parsed.transpose()
}

fn quantity<'de, D: Deserializer<'de>>(cell: D) -> Result<Quantity, D::Error> {
    let text = String::deserialize(cell)?;
    Quantity::parse(&text).map_err(serde::de::Error::custom)
}
