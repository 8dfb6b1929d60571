//! 调拨: what is on the road from and to an institution, or in the region of a bureau.

mod one;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
    sync::Arc,
};

use serde::Serialize;

use super::{Page, Query, Scope, add, quantity};
use crate::{
    domain::{
        catalogue::Regions,
        ids::{IdError, InstitutionId, Seq},
        institution::InstitutionKind,
        ledger::{Act, Record},
        quantity::{Dimension, Quantity},
        substance::ControlClass,
        time::Time,
        transfer::{Consignment, TransferState},
        words::words,
    },
    store::{
        StoreError,
        conn::Db,
        lookups, rows,
        schema::{IncomingRow, OutgoingRow},
        table::{Cell, Table, select},
        transfers::{incoming_row, written},
    },
};

pub use one::{OneTransfer, TransferContainer, TransferDetail};

words! {
    /// Which way a transfer goes, seen from the institution that is read.
    Direction {
        /// 调出.
        Out = "out" "调出",
        /// 调入.
        In = "in" "调入",
    }
}

/// Asks for the transfers, by sender and entry.
#[derive(Clone, Debug)]
pub struct Transfers {
    /// Only those that go this way.
    pub direction: Option<Direction>,
    /// Only those that stand so.
    pub state: Option<TransferState>,
    /// Only those that are overdue.
    pub overdue: bool,
    /// Everything from and to the region of the bureau that asks, instead of its own.
    pub region: bool,
    /// The administrative divisions.
    pub regions: Arc<Regions>,
    /// Only behind this one.
    pub after: Option<TransferKey>,
    /// Most items.
    pub limit: usize,
}

/// The name of a transfer: its sender, and the entry there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TransferKey(pub InstitutionId, pub Seq);

impl fmt::Display for TransferKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

impl FromStr for TransferKey {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (sender, entry) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self(sender.parse()?, entry.parse()?))
    }
}

/// A transfer, without its containers one by one.
#[derive(Clone, Debug, Serialize)]
pub struct TransferLine {
    /// The sender.
    pub from: InstitutionId,
    /// Its name.
    pub from_name: Option<String>,
    /// The sender's entry.
    pub entry: Seq,
    /// The receiver.
    pub to: InstitutionId,
    /// Its name.
    pub to_name: Option<String>,
    /// Where it stands.
    pub state: TransferState,
    /// When it was sent.
    pub sent_at: Time,
    /// 预计到达.
    pub expected_at: Time,
    /// Whether that has passed and nobody has accepted it.
    pub overdue: bool,
    /// 承运单位; neither that nor vehicle, escorts and seal is told of 剧毒 to who has not to know where it is.
    pub carrier: Option<String>,
    /// 车牌号.
    pub vehicle: Option<String>,
    /// 押运人员.
    pub escorts: Vec<String>,
    /// 封签号.
    pub seal: Option<String>,
    /// What for.
    pub purpose: String,
    /// How many containers were sent.
    pub containers: usize,
    /// How much was in them, one quantity a dimension.
    pub quantities: Vec<Quantity>,
    /// Their control classes when they were sent, strictest first.
    pub classes: Vec<ControlClass>,
    /// The receiver's entry that announced it.
    pub announced_by: Option<Seq>,
    /// The receiver's entry that accepted or refused it.
    pub accepted_by: Option<Seq>,
    /// The sender's entry that settled it.
    pub settled_by: Option<Seq>,
}

/// Where a transfer stands, told from the row of its sender with that of its receiver.
macro_rules! state_sent {
    () => {
        "CASE WHEN settled_seq IS NOT NULL AND on_the_road = '[]' THEN 'settled' \
         WHEN settled_seq IS NOT NULL THEN 'returning' ELSE COALESCE((SELECT \
         CASE WHEN i.accepted_seq IS NULL THEN 'announced' ELSE 'accepted' END FROM incoming i \
         WHERE i.institution_id = outgoing.receiver_id AND i.sender_id = outgoing.institution_id \
         AND i.sender_seq = outgoing.seq), 'sent') END"
    };
}

/// The same, told from the row of its receiver.
macro_rules! state_coming {
    () => {
        "CASE WHEN accepted_seq IS NULL THEN 'announced' ELSE COALESCE((SELECT CASE \
         WHEN o.settled_seq IS NULL THEN 'accepted' WHEN o.on_the_road = '[]' THEN 'settled' \
         ELSE 'returning' END FROM outgoing o WHERE o.institution_id = incoming.sender_id \
         AND o.seq = incoming.sender_seq), 'accepted') END"
    };
}

/// The transfers of one institution behind a place in the list, of a state or of any, those that should have
/// arrived or all. `$open` is what an index knows of those that are not over.
macro_rules! transfers_of {
    ($whose:literal, $key:literal, $open:literal, $late:literal, $state:ident) => {
        concat!(
            "WHERE ",
            $whose,
            " = ? AND (",
            $key,
            ") > (?, ?)",
            $open,
            " AND (? = '' OR ? = ",
            $state!(),
            ") AND (? = 0 OR expected_at < ? AND ",
            $state!(),
            " IN (",
            $late,
            ")) ORDER BY ",
            $key,
            " LIMIT ?"
        )
    };
}

/// Which of two clauses serves.
struct Clauses {
    all: &'static str,
    /// For what may be overdue: of the sender what is on the road, there or back; of the receiver what is
    /// not accepted.
    open: &'static str,
}

const OUT: Clauses = Clauses {
    all: transfers_of!(
        "institution_id",
        "institution_id, seq",
        "",
        "'sent', 'announced', 'returning'",
        state_sent
    ),
    open: transfers_of!(
        "institution_id",
        "institution_id, seq",
        " AND on_the_road <> '[]'",
        "'sent', 'announced', 'returning'",
        state_sent
    ),
};
/// Told by the sender's rows.
const TO: Clauses = Clauses {
    all: transfers_of!(
        "receiver_id",
        "institution_id, seq",
        "",
        "'sent', 'announced', 'returning'",
        state_sent
    ),
    open: transfers_of!(
        "receiver_id",
        "institution_id, seq",
        " AND on_the_road <> '[]'",
        "'sent', 'announced', 'returning'",
        state_sent
    ),
};
const IN: Clauses = Clauses {
    all: transfers_of!(
        "institution_id",
        "sender_id, sender_seq",
        "",
        "'announced'",
        state_coming
    ),
    open: transfers_of!(
        "institution_id",
        "sender_id, sender_seq",
        " AND accepted_seq IS NULL",
        "'announced'",
        state_coming
    ),
};

impl Query for Transfers {
    type Answer = Page<TransferLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let own = snapshot.facts.register.institution.clone();
        let bureau = own.filter(|own| self.region && own.kind == InstitutionKind::Bureau);
        let asked = Asked::of(&self, scope);
        let mut found: BTreeMap<TransferKey, Told> = BTreeMap::new();
        if let Some(bureau) = &bureau {
            let today = scope.now.china_day();
            let all = lookups::institutions(conn)?;
            let sites = all
                .iter()
                .filter(|site| bureau.oversees(site, &self.regions, today));
            for site in sites {
                for clauses in [&OUT, &TO] {
                    for row in asked.rows::<OutgoingRow>(conn, clauses, site.id)? {
                        let told = Told::sent(conn, row)?;
                        found.insert(told.key, told);
                    }
                }
            }
        } else {
            if self.direction != Some(Direction::In) {
                for row in asked.rows::<OutgoingRow>(conn, &OUT, scope.institution)? {
                    let told = Told::sent(conn, row)?;
                    found.insert(told.key, told);
                }
            }
            if self.direction != Some(Direction::Out) {
                for row in asked.rows::<IncomingRow>(conn, &IN, scope.institution)? {
                    let told = Told::coming(conn, row)?;
                    found.insert(told.key, told);
                }
            }
        }
        let shown = found.into_values().take(self.limit.saturating_add(1));
        let lines = shown.map(|told| told.line(conn, scope));
        let lines = lines.collect::<Result<Vec<_>, StoreError>>()?;
        let key = |line: &TransferLine| TransferKey(line.from, line.entry).to_string();
        Ok(Page {
            as_of_seq: bureau.is_none().then_some(snapshot.as_of_seq),
            ..Page::begun(lines, self.limit, key)
        })
    }
}

/// What is asked for, as the parameters of a clause.
struct Asked {
    sender: i64,
    entry: i64,
    state: String,
    overdue: i64,
    /// Whether nothing of it is accepted yet.
    is_open: bool,
    now: i64,
    more: i64,
}

impl Asked {
    fn of(transfers: &Transfers, scope: &Scope) -> Self {
        let after = transfers.after;
        let state = transfers.state.map_or("", TransferState::as_str);
        let limit = i64::try_from(transfers.limit).unwrap_or(i64::MAX);
        Self {
            sender: after.map_or(-1, |after| after.0.get()),
            entry: after.map_or(-1, |after| after.1.get()),
            state: state.to_owned(),
            overdue: i64::from(transfers.overdue),
            is_open: transfers.overdue
                || matches!(
                    transfers.state,
                    Some(TransferState::Sent | TransferState::Announced)
                ),
            now: scope.now.millis(),
            more: limit.saturating_add(1),
        }
    }

    /// The rows of an institution.
    fn rows<T: Table>(
        &self,
        conn: &mut Db,
        clauses: &Clauses,
        institution: InstitutionId,
    ) -> Result<Vec<T>, StoreError> {
        let clause = if self.is_open {
            clauses.open
        } else {
            clauses.all
        };
        let cells = [
            Cell::Int(&institution.get()),
            Cell::Int(&self.sender),
            Cell::Int(&self.entry),
            Cell::Text(&self.state),
            Cell::Text(&self.state),
            Cell::Int(&self.overdue),
            Cell::Int(&self.now),
            Cell::Int(&self.more),
        ];
        Ok(select(conn, clause, &cells)?)
    }
}

/// A transfer as the rows of both sides tell it, with the entry that says what is in it.
struct Told {
    key: TransferKey,
    /// Of the sender or the receiver: both say the same.
    record: Record,
    outgoing: Option<OutgoingRow>,
    incoming: Option<IncomingRow>,
}

impl Told {
    /// From the row of its sender.
    fn sent(conn: &mut Db, row: OutgoingRow) -> Result<Self, StoreError> {
        const TABLE: &str = "outgoing";
        let from = rows::number(TABLE, row.institution_id)?;
        let key = TransferKey(from, rows::number(TABLE, row.seq)?);
        let to = rows::number(TABLE, row.receiver_id)?;
        let (_, entry) = written(conn, from, row.seq)?;
        Ok(Self {
            key,
            record: entry.record().clone(),
            outgoing: Some(row),
            incoming: incoming_row(conn, to, (key.0, key.1))?,
        })
    }

    /// From the row of its receiver.
    fn coming(conn: &mut Db, row: IncomingRow) -> Result<Self, StoreError> {
        const TABLE: &str = "incoming";
        let to: InstitutionId = rows::number(TABLE, row.institution_id)?;
        let from = rows::number(TABLE, row.sender_id)?;
        let key = TransferKey(from, rows::number(TABLE, row.sender_seq)?);
        let (_, entry) = written(conn, to, row.announced_seq)?;
        Ok(Self {
            key,
            record: entry.record().clone(),
            outgoing: outgoing_row(conn, key)?,
            incoming: Some(row),
        })
    }

    fn consignment(&self) -> Result<&Consignment, StoreError> {
        if let Act::Send(consignment) = &self.record.act {
            Ok(consignment)
        } else if let Act::Announce(announcement) = &self.record.act {
            Ok(&announcement.consignment)
        } else {
            let what = format!("entry {} is no transfer", self.record.seq);
            Err(StoreError::Row("outgoing", what))
        }
    }

    /// Whether the asker is told how it travels: what is on the road stands somewhere, too.
    fn is_told(&self, scope: &Scope) -> Result<bool, StoreError> {
        let mut products = self.consignment()?.products.iter();
        Ok(!products.any(|product| scope.withholds(&product.classes)))
    }

    fn sent_at(&self) -> Time {
        if let Act::Announce(announcement) = &self.record.act {
            announcement.sent_at
        } else {
            self.record.recorded_at
        }
    }

    /// Where it stands, as far as either side knows.
    fn state(&self) -> TransferState {
        let settled = self
            .outgoing
            .as_ref()
            .filter(|row| row.settled_seq.is_some());
        let accepted = self.incoming.as_ref().map(|row| row.accepted_seq.is_some());
        match (settled, accepted) {
            (Some(row), _) if row.on_the_road == NOTHING => TransferState::Settled,
            (Some(_), _) => TransferState::Returning,
            (None, Some(true)) => TransferState::Accepted,
            (None, Some(false)) => TransferState::Announced,
            (None, None) => TransferState::Sent,
        }
    }

    fn line(&self, conn: &mut Db, scope: &Scope) -> Result<TransferLine, StoreError> {
        const TABLE: &str = "incoming";
        let consignment = self.consignment()?;
        let expected_at = consignment.carriage.expected_at;
        let is_told = self.is_told(scope)?;
        let carriage = Some(&consignment.carriage).filter(|_| is_told).cloned();
        let state = self.state();
        let is_open = matches!(state, TransferState::Sent | TransferState::Announced);
        let mut sums: BTreeMap<Dimension, i64> = BTreeMap::new();
        for container in &consignment.containers {
            let product = consignment.product_of(container);
            let product = product.map_err(|error| StoreError::Row("entry", error.to_string()))?;
            let sum = sums.entry(product.dimension).or_default();
            add(sum, container.amount)?;
        }
        let sums = sums.into_iter();
        let quantities = sums.map(|(dimension, amount)| quantity(dimension, amount));
        let classes = consignment.products.iter();
        let classes: BTreeSet<_> = classes
            .flat_map(|product| &product.classes)
            .copied()
            .collect();
        let seq = |seq: Option<i64>| seq.map(|seq| rows::number(TABLE, seq)).transpose();
        let incoming = self.incoming.as_ref();
        let outgoing = self.outgoing.as_ref();
        Ok(TransferLine {
            from: self.key.0,
            from_name: name(conn, self.key.0)?,
            entry: self.key.1,
            to: consignment.to,
            to_name: name(conn, consignment.to)?,
            state,
            sent_at: self.sent_at(),
            expected_at,
            overdue: is_open && expected_at < scope.now,
            carrier: carriage.as_ref().map(|carriage| carriage.carrier.clone()),
            vehicle: carriage
                .as_ref()
                .and_then(|carriage| carriage.vehicle.clone()),
            seal: carriage.as_ref().and_then(|carriage| carriage.seal.clone()),
            escorts: carriage
                .map(|carriage| carriage.escorts)
                .unwrap_or_default(),
            purpose: self.record.reason.clone(),
            containers: consignment.containers.len(),
            quantities: quantities.collect::<Result<_, _>>()?,
            classes: classes.into_iter().collect(),
            announced_by: seq(incoming.map(|row| row.announced_seq))?,
            accepted_by: seq(incoming.and_then(|row| row.accepted_seq))?,
            settled_by: seq(outgoing.and_then(|row| row.settled_seq))?,
        })
    }
}

/// No container, as a row says it.
const NOTHING: &str = "[]";

fn name(conn: &mut Db, institution: InstitutionId) -> Result<Option<String>, StoreError> {
    Ok(lookups::institution(conn, institution)?.map(|one| one.name))
}

fn outgoing_row(conn: &mut Db, key: TransferKey) -> Result<Option<OutgoingRow>, StoreError> {
    let clause = "WHERE institution_id = ? AND seq = ?";
    let key = [Cell::Int(&key.0.get()), Cell::Int(&key.1.get())];
    Ok(select(conn, clause, &key)?.into_iter().next())
}
