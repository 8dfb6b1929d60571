//! 应急发放: what went out under one signature, and whether others have answered for it.

use serde::Serialize;

use super::{Page, Query, Scope, path, person_name, product, quantity, record};
use crate::{
    domain::{
        canonical::sha256,
        emergency::Emergency,
        facts::Facts,
        ids::{Label, PersonId, PlaceId, Seq},
        ledger::Account,
        merkle::Hash,
        quantity::Quantity,
        request::spoken,
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        schema::EmergencyRow,
        table::{Cell, select},
    },
};

/// Asks for the emergency releases, the latest first.
#[derive(Clone, Debug)]
pub struct Emergencies {
    /// Only those that are not countersigned yet.
    pub open: bool,
    /// Only those before this entry.
    pub before: Option<Seq>,
    /// Most lines.
    pub limit: usize,
}

/// One emergency release, with what there is to countersign.
#[derive(Clone, Debug, Serialize)]
pub struct EmergencyLine {
    /// Its entry.
    pub seq: Seq,
    /// When it was recorded.
    pub released_at: Time,
    /// Until when it has to be countersigned.
    pub due_at: Time,
    /// Not countersigned in time: red for ever, whoever signs later.
    pub late: bool,
    /// When the second person countersigned.
    pub countersigned_at: Option<Time>,
    /// Who has countersigned.
    pub countersigners: Vec<Named>,
    /// Who received and who signed.
    pub parties: Vec<Named>,
    /// The containers.
    pub labels: Vec<Label>,
    /// What went out.
    pub released: Vec<Released>,
    /// Where from.
    pub place: PlaceId,
    /// The names of the place and those around it, from the outside in.
    pub place_path: Vec<String>,
    /// Why it could not wait.
    pub reason: String,
    /// What is countersigned.
    pub payload: String,
    /// SHA-256 of it, base64.
    pub payload_hash: Hash,
    /// The same as six groups to compare.
    pub code: String,
}

/// A person by name.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    /// The number.
    pub person: PersonId,
    /// The name.
    pub name: Option<String>,
}

/// How much of what.
#[derive(Clone, Debug, Serialize)]
pub struct Released {
    /// 品名.
    pub name: String,
    /// How much.
    pub amount: Quantity,
}

impl Query for Emergencies {
    type Answer = Page<EmergencyLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let before = self.before.map_or(i64::MAX, Seq::get);
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        let rows: Vec<EmergencyRow> = select(
            conn,
            "WHERE institution_id = ? AND seq < ? AND (? = 0 OR countersigned_at IS NULL) \
             ORDER BY seq DESC LIMIT ?",
            &[
                Cell::Int(&scope.institution.get()),
                Cell::Int(&before),
                Cell::Int(&i64::from(self.open)),
                Cell::Int(&limit),
            ],
        )?;
        let full = rows.len() == self.limit;
        let lines = rows.into_iter().map(|row| {
            let (seq, emergency) = row.parse()?;
            line(conn, scope, &snapshot.facts, seq, &emergency)
        });
        let items = lines.collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Page {
            next: items
                .last()
                .filter(|_| full)
                .map(|last| last.seq.to_string()),
            items,
            total: None,
            as_of_seq: Some(snapshot.as_of_seq),
        })
    }
}

fn line(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    seq: Seq,
    emergency: &Emergency,
) -> Result<EmergencyLine, StoreError> {
    let record = record(conn, scope, seq)?;
    let named = |person: &PersonId| Named {
        person: *person,
        name: person_name(facts, *person),
    };
    let labels = record
        .containers
        .iter()
        .map(|line| Label::new(record.institution, line.serial, line.after.generation));
    // What arrived with the receiver: out of the container, or the container itself.
    let arrived = record.postings.iter().filter(|posting| {
        posting.amount > 0 && matches!(posting.account, Account::Held | Account::Container)
    });
    let released = arrived.map(|posting| {
        Ok(Released {
            name: product(facts, posting.product)?.name.clone(),
            amount: quantity(posting.dimension, posting.amount)?,
        })
    });
    let payload = emergency
        .payload(scope.institution, seq)
        .map_err(|refusal| StoreError::Row("emergency", refusal.to_string()))?;
    let payload_hash = sha256(payload.as_bytes());
    Ok(EmergencyLine {
        seq,
        released_at: emergency.released_at,
        due_at: emergency.due_at(),
        late: emergency.is_late(scope.now),
        countersigned_at: emergency.countersigned_at,
        countersigners: emergency.countersigners.iter().map(named).collect(),
        parties: emergency.parties.iter().map(named).collect(),
        labels: labels.collect(),
        released: released.collect::<Result<_, StoreError>>()?,
        place: emergency.place,
        place_path: path(facts, emergency.place),
        reason: record.reason.clone(),
        code: spoken(payload_hash),
        payload_hash,
        payload,
    })
}
