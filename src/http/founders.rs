//! The three first persons of an institution, as `POST /institutions` reads them.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

use super::{
    body::{Field, Reading, body},
    schema::{Components, Described, Doc},
};
use crate::domain::{
    ids::IdentityNumber,
    people::Role,
    refusal::{Language, Refusal},
};

body! {
    /// One of the three first persons.
    FounderBody {
        /// Name.
        name: String,
        /// 工号.
        staff_number: String,
        /// 身份证号; only a keyed digest of it is kept.
        identity_number: IdentityNumber,
        /// What the person is to be.
        roles: Vec<Role>,
    }
}

/// The three first persons, whose faults are all told at once.
#[derive(Clone, Debug)]
pub struct Founders(pub(super) Vec<FounderBody>);

impl Described for Founders {
    fn schema(doc: Doc) -> RefOr<Schema> {
        Vec::<FounderBody>::schema(doc)
    }

    fn components(components: &mut Components) {
        FounderBody::components(components);
    }
}

impl Field for Founders {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        let given = value.clone().and_then(|value| value.as_array().cloned());
        for name in ["staff_number", "identity_number"] {
            refuse_repeated(given.as_deref().unwrap_or_default(), name, reading);
        }
        let founders = Vec::<FounderBody>::read(value, reading);
        if given.is_some_and(|given| given.len() != 3) {
            reading.refuse(
                "three_founders",
                "须登记三名不同的人员。请补齐或删减。",
                "Three different persons are needed: add or remove some.",
            );
        }
        let founders = founders?;
        let leads = |one: &&FounderBody| one.roles.contains(&Role::Administrator);
        if founders.iter().filter(leads).count() != 1 {
            reading.refuse(
                "one_administrator",
                "须恰有一名系统管理员（administrator），另两名不得是。请更正 roles。",
                "Exactly one is the administrator, the others are not. Correct the roles.",
            );
        }
        for (index, founder) in founders.iter().enumerate() {
            reading.below(&index.to_string(), |reading| {
                reading.below("roles", |reading| refuse_roles(&founder.roles, reading));
            });
        }
        Some(Self(founders))
    }
}

/// Refuses what a founder shares with one before, though it is one person's own.
fn refuse_repeated(given: &[Value], name: &str, reading: &mut Reading) {
    let mut seen = BTreeSet::new();
    for (index, founder) in given.iter().enumerate() {
        if let Some(own) = founder[name].as_str()
            && !seen.insert(own.trim().to_lowercase())
        {
            reading.below(&format!("{index}"), |reading| {
                reading.below(name, |reading| {
                    reading.refuse(
                        "given_twice",
                        "与前面一名人员相同。每人须各有其号。",
                        "The same as of a person before. Everybody has their own.",
                    );
                });
            });
        }
    }
}

fn refuse_roles(roles: &[Role], reading: &mut Reading) {
    if roles.is_empty() {
        reading.refuse(
            "empty",
            "至少须有一个岗位。",
            "At least one role is needed.",
        );
    }
    for (index, role) in roles.iter().enumerate() {
        if let Some(held) = roles.iter().take(index).find(|held| !held.goes_with(*role)) {
            let refusal = Refusal::RolesConflict {
                role: *role,
                held: *held,
            };
            let (zh, en) = (Language::Chinese, Language::English);
            reading.refuse(refusal.code(), refusal.detail(zh), refusal.detail(en));
        }
    }
}
