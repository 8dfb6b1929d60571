//! The receipt that every write answers, and the containers it touched.

use serde_json::{Value, json};

use crate::{
    app::{Done, Receipt},
    domain::{
        ids::Label,
        ledger::{Account, Record},
        quantity::Quantity,
    },
};

/// `{institution, seq, leaf_hash, size, root}`: hashes in base64 (RFC 4648 section 4), as in checkpoints.
#[must_use]
pub fn receipt(receipt: Receipt) -> Value {
    json!({
        "institution": receipt.institution,
        "seq": receipt.seq,
        "leaf_hash": receipt.leaf_hash.to_base64(),
        "size": receipt.size,
        "root": receipt.root.to_base64(),
    })
}

/// The answer to a movement: its receipt and the labels of the containers, in order; where new ones were
/// filled or came in, theirs alone.
#[must_use]
pub fn movement(done: Done<'_>) -> String {
    answer(done, |record| json!({ "labels": labels(record) }))
}

/// The same with how much of the one container was used up; null for nothing.
#[must_use]
pub fn consumption(done: Done<'_>) -> String {
    answer(done, |record| {
        let consumed = record
            .postings
            .iter()
            .find(|posting| posting.account == Account::Consumed)
            .and_then(|posting| Quantity::new(posting.dimension, posting.amount).ok());
        json!({ "labels": labels(record), "consumed": consumed })
    })
}

/// The answer to an appointment: its name, with which it can be revoked.
#[must_use]
pub fn appointed(done: Done<'_>) -> String {
    answer(
        done,
        |record| json!({ "appointment": format!("{}-0", record.seq) }),
    )
}

/// The labels of the containers, in order; where new ones were filled or came in, theirs alone.
#[must_use]
pub fn labels(record: &Record) -> Vec<Label> {
    let brings = record.containers.iter().any(|line| line.before.is_none());
    let lines = record.containers.iter();
    let told = lines.filter(|line| !brings || line.before.is_none());
    told.map(|line| Label::new(record.institution, line.serial, line.after.generation))
        .collect()
}

/// An answer of its own fields beside the receipt.
pub fn answer(done: Done<'_>, fields: impl FnOnce(&Record) -> Value) -> String {
    let Some((entry, proof)) = done.entry else {
        return "{}".to_owned();
    };
    let mut body = fields(entry.record());
    if let Value::Object(object) = &mut body {
        object.insert("receipt".to_owned(), receipt(proof));
    }
    body.to_string()
}
