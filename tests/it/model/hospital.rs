//! The hospital that every history begins with.

use chrono::NaiveDate;
use hazledger::domain::ids::{InstitutionId, PersonId, PlaceId, ProductId};
use hazledger::domain::institution::{Institution, InstitutionKind, Origin};
use hazledger::domain::people::{Appointment, Role};
use hazledger::domain::place::{Place, PlaceKind};
use hazledger::domain::product::{ClassLine, Product};
use hazledger::domain::quantity::Dimension;
use hazledger::domain::substance::ControlClass;
use hazledger::domain::verb::{Found, Founder};

use super::act::Appoint;
use crate::harness::server::START;

pub const DUAL: [ControlClass; 3] = [
    ControlClass::HighlyToxic,
    ControlClass::ExplosivePrecursor,
    ControlClass::Narcotic,
];

pub fn person(id: i64) -> PersonId {
    PersonId::try_from(id).unwrap()
}

pub fn place_id(id: i64) -> PlaceId {
    PlaceId::try_from(id).unwrap()
}

pub fn found(institution: i64) -> Found {
    let founder = |(number, roles): (usize, &[Role])| Founder {
        name: format!("人员{number}"),
        staff_number: format!("N{number}"),
        identity: format!("{institution:032x}{number:032x}"),
        roles: roles.to_vec(),
        code_digest: vec![0; 32],
    };
    let roles: [&[Role]; 3] = [
        &[Role::Administrator],
        &[Role::Equipment],
        &[Role::Staff, Role::Safety],
    ];
    Found {
        institution: Institution {
            id: InstitutionId::try_from(institution).unwrap(),
            name: format!("第{institution}医院"),
            uscc: "122203004127560907".to_owned(),
            region: "220302".parse().unwrap(),
            kind: InstitutionKind::Hospital,
            origin: Origin::Live,
        },
        founders: roles.into_iter().enumerate().map(founder).collect(),
    }
}

pub fn custodian(id: i64, place: i64) -> Appoint {
    Appoint(Appointment {
        person: person(id),
        role: Role::Custodian,
        place: Some(PlaceId::try_from(place).unwrap()),
        from: START.parse().unwrap(),
        until: None,
        stands_in_for: None,
    })
}

/// The head of a department.
pub fn head(id: i64) -> Appoint {
    let staff = staff(id).0;
    Appoint(Appointment {
        role: Role::Head,
        ..staff
    })
}

/// Somebody who takes things, and may watch.
pub fn staff(id: i64) -> Appoint {
    let custodian = custodian(id, 1).0;
    Appoint(Appointment {
        role: Role::Staff,
        place: None,
        ..custodian
    })
}

pub fn cabinet(name: &str, parent: Option<i64>, permitted: &[ControlClass]) -> Place {
    Place {
        id: PlaceId::MIN,
        parent: parent.map(|up| PlaceId::try_from(up).unwrap()),
        kind: PlaceKind::Cabinet,
        name: name.to_owned(),
        permitted: permitted.to_vec(),
        longitude_udeg: None,
        latitude_udeg: None,
        department: None,
        closed: false,
    }
}

/// A room; in it a cabinet for controlled classes with two custodians, and its shelf; a cabinet with
/// one custodian; a store without any; a closed one.
pub fn places() -> [Place; 6] {
    let mut closed = cabinet("旧库", None, &DUAL);
    closed.closed = true;
    [
        cabinet("试剂库", None, &[]),
        cabinet("专柜", Some(1), &DUAL),
        cabinet("专柜上层", Some(2), &[]),
        cabinet("单人柜", Some(1), &DUAL),
        cabinet("无人库", None, &DUAL),
        closed,
    ]
}

/// Ordinary ones of each dimension, a controlled one, one that may leave under one signature, one that stands on a list without two
/// signatures, and one that is listed from the third day on.
pub fn products() -> [Product; 7] {
    let product = |name: &str, dimension, class: Option<(ControlClass, &str)>| Product {
        id: ProductId::MIN,
        name: name.to_owned(),
        qualifier: None,
        cas: None,
        substance: None,
        dimension,
        density: None,
        classes: class
            .map(|(class, from)| ClassLine {
                class,
                from: from.parse::<NaiveDate>().unwrap(),
                until: None,
                source: "名录".to_owned(),
            })
            .into_iter()
            .collect(),
        aliases: Vec::new(),
    };
    [
        product(
            "乙醇",
            Dimension::Volume,
            Some((ControlClass::Hazardous, "2015-05-01")),
        ),
        product("氯化钠", Dimension::Mass, None),
        product("消毒片", Dimension::Count, None),
        product(
            "氰化钾",
            Dimension::Mass,
            Some((ControlClass::HighlyToxic, "2015-05-01")),
        ),
        product(
            "丙酮",
            Dimension::Volume,
            Some((ControlClass::DrugPrecursor3, "2005-11-01")),
        ),
        product(
            "新列品种",
            Dimension::Mass,
            Some((ControlClass::ExplosivePrecursor, "2026-06-03")),
        ),
        product(
            "吗啡",
            Dimension::Mass,
            Some((ControlClass::Narcotic, "2005-11-01")),
        ),
    ]
}
