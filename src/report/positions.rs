//! Who is not told where something stands is not shown the entries that say it, nor the proofs that carry their
//! bytes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Scope, product};
use crate::{
    domain::{
        ids::{Label, ProductId, Serial},
        refusal::Refusal,
        substance::ControlClass,
    },
    store::{StoreError, conn::Db, lookups, schema::EntryRow},
};

/// What an entry names, wherever in it.
#[derive(Default)]
struct Named {
    products: BTreeSet<ProductId>,
    serials: BTreeSet<i64>,
    classes: Vec<ControlClass>,
}

impl Named {
    /// Whatever act it is: products, containers and labels have the same names in all of them. What was signed
    /// is JSON within a text.
    fn read(&mut self, scope: &Scope, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match (name.as_str(), member.as_str()) {
                        ("product", Some(text)) => self.products.extend(text.parse::<ProductId>()),
                        ("serial" | "container" | "parent", Some(text)) => {
                            let serial = text.parse::<Serial>();
                            self.serials.extend(serial.map(Serial::get));
                        }
                        ("payload", Some(text)) => {
                            if let Ok(signed) = serde_json::from_str(text) {
                                self.read(scope, &signed);
                            }
                        }
                        // Of what is coming nothing else is known here.
                        ("classes", None) => self.classes.extend(classes(member)),
                        (_, Some(text)) => self.labelled(scope, text),
                        (_, None) => self.read(scope, member),
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    match item.as_str() {
                        Some(text) => self.labelled(scope, text),
                        None => self.read(scope, item),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn labelled(&mut self, scope: &Scope, text: &str) {
        let label = text.parse::<Label>().ok();
        let own = label.filter(|label| label.institution() == scope.institution);
        self.serials.extend(own.map(|label| label.serial().get()));
    }
}

fn classes(words: &Value) -> impl Iterator<Item = ControlClass> {
    let words = words.as_array().into_iter().flatten();
    words.filter_map(|word| word.as_str()?.parse().ok())
}

/// Whether the asker may see an entry.
///
/// # Errors
/// [`Refusal::PositionWithheld`] within; [`StoreError`] when the database cannot be read.
pub(super) fn told(
    conn: &mut Db,
    scope: &Scope,
    row: &EntryRow,
) -> Result<Result<(), Refusal>, StoreError> {
    if scope.withheld.is_empty() {
        return Ok(Ok(()));
    }
    let entry: Value = serde_json::from_slice(&row.bytes)
        .map_err(|error| StoreError::Row("entry", error.to_string()))?;
    let mut named = Named::default();
    named.read(scope, &entry);
    Ok(if are_withheld(conn, scope, named)? {
        Err(Refusal::PositionWithheld {})
    } else {
        Ok(())
    })
}

/// Whether a payload that was signed for names something of which the asker is not told where it stands. While it
/// can be signed it is shown: who is to sign has to read it.
pub(super) fn hides_payload(
    conn: &mut Db,
    scope: &Scope,
    payload: &str,
) -> Result<bool, StoreError> {
    if scope.withheld.is_empty() {
        return Ok(false);
    }
    let payload: Value = serde_json::from_str(payload)
        .map_err(|error| StoreError::Row("signing_request", error.to_string()))?;
    let mut named = Named::default();
    named.read(scope, &payload);
    are_withheld(conn, scope, named)
}

/// Whether the asker is not told where one of these containers stands.
pub(super) fn hides_containers(
    conn: &mut Db,
    scope: &Scope,
    serials: impl Iterator<Item = Serial>,
) -> Result<bool, StoreError> {
    if scope.withheld.is_empty() {
        return Ok(false);
    }
    let named = Named {
        serials: serials.map(Serial::get).collect(),
        ..Named::default()
    };
    are_withheld(conn, scope, named)
}

fn are_withheld(conn: &mut Db, scope: &Scope, mut named: Named) -> Result<bool, StoreError> {
    if scope.withholds(&named.classes) {
        return Ok(true);
    }
    let serials = named.serials.into_iter().collect();
    for container in lookups::containers(conn, scope.institution, &serials)? {
        named.products.insert(container.identity.product);
    }
    let snapshot = scope.snapshot(conn)?;
    let today = scope.now.china_day();
    for id in named.products {
        if scope.withholds(&product(&snapshot.facts, id)?.classes_on(today)) {
            return Ok(true);
        }
    }
    Ok(false)
}
