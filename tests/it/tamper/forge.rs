//! A forger who knows the format: one entry says something else, and every hash after it fits.

use hazledger::domain::ledger::{Draft, Entry, Log, Record, Stamp, seal};
use hazledger::domain::merkle::{Frontier, to_blob};

use crate::harness::hand::Hand;

/// Rewrites the ledger of institution 1 from the entry `seq` on.
pub fn rewrite(hand: &mut Hand, seq: u64) {
    let sql = rewriting(hand, seq);
    hand.run(&sql).unwrap();
}

/// The statements that do it.
pub fn rewriting(hand: &mut Hand, seq: u64) -> String {
    rewriting_with(hand, |index, draft| {
        if index == seq {
            draft.reason.push_str("另有原因");
        }
    })
}

/// The statements that rewrite the ledger of institution 1 with its entries changed.
pub fn rewriting_with(hand: &mut Hand, change: impl Fn(u64, &mut Draft)) -> String {
    rewriting_of(hand, 1, change)
}

/// The same of the ledger of any institution.
pub fn rewriting_of(hand: &mut Hand, institution: i64, change: impl Fn(u64, &mut Draft)) -> String {
    let entries = format!(
        "SELECT {} AS value FROM entry WHERE institution_id = {institution} AND log = 0 ORDER BY seq",
        hand.hex("bytes")
    );
    let mut frontier = Frontier::default();
    let mut statements = Vec::new();
    for (index, hex) in (0..).zip(hand.values(&entries)) {
        let bytes: Vec<u8> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let entry = Entry::parse(&bytes).unwrap();
        let (mut draft, stamp) = taken_apart(entry.record());
        change(index, &mut draft);
        let sealed = seal(draft, stamp, &mut frontier).unwrap();
        statements.push(format!(
            "UPDATE entry SET bytes = {}, leaf_hash = {}, subtrees = {} \
             WHERE institution_id = {institution} AND log = 0 AND seq = {index}",
            hand.blob(&sealed.bytes),
            hand.blob(&sealed.leaf_hash.0),
            hand.blob(&to_blob(&sealed.completed)),
        ));
    }
    statements.push(format!(
        "UPDATE log_head SET root = {}, peaks = {} WHERE institution_id = {institution} AND log = 0",
        hand.blob(&frontier.root().0),
        hand.blob(&frontier.to_bytes()),
    ));
    statements.join("; ")
}

fn taken_apart(record: &Record) -> (Draft, Stamp) {
    use base64::Engine;
    let salt = base64::engine::general_purpose::STANDARD
        .decode(&record.salt)
        .unwrap();
    let draft = Draft {
        reason: record.reason.clone(),
        occurred_at: record.occurred_at,
        late: record.late.clone(),
        seats: record.seats.clone(),
        identities: record.identities.clone(),
        containers: record.containers.clone(),
        postings: record.postings.clone(),
        signed: record.signed.clone(),
        ..Draft::of(record.act.clone())
    };
    let stamp = Stamp {
        institution: record.institution,
        log: Log::Ledger,
        recorded_at: record.recorded_at,
        salt: salt.try_into().unwrap(),
        actor: record.actor.clone(),
        request: record.request.clone(),
    };
    (draft, stamp)
}
