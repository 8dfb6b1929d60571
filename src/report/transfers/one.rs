//! One transfer, container by container.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::{Query, Scope, Told, TransferKey, TransferLine, outgoing_row, quantity};
use crate::{
    domain::{
        ids::{Cas, Label, Serial},
        ledger::{Act, ContainerLine},
        quantity::Quantity,
        refusal::Refusal,
        substance::ControlClass,
        transfer::{Outcome, Verdict},
    },
    store::{
        StoreError,
        conn::Db,
        rows,
        transfers::{incoming_row, written},
    },
};

/// Asks for one transfer.
#[derive(Clone, Copy, Debug)]
pub struct OneTransfer(pub TransferKey);

/// A transfer with its containers.
#[derive(Clone, Debug, Serialize)]
pub struct TransferDetail {
    /// The transfer.
    #[serde(flatten)]
    pub transfer: TransferLine,
    /// Its containers, in the order in which they were sent.
    pub lines: Vec<TransferContainer>,
}

/// What became of a container.
#[derive(Clone, Debug, Serialize)]
pub struct TransferContainer {
    /// The label that it bears from its sender.
    pub label: Label,
    /// 品名, as the sender calls it.
    pub name: String,
    /// Concentration or form.
    pub qualifier: Option<String>,
    /// CAS number.
    pub cas: Option<Cas>,
    /// The control classes when it was sent, strictest first.
    pub classes: Vec<ControlClass>,
    /// What was sent in it.
    pub amount: Quantity,
    /// 批号.
    pub lot: Option<String>,
    /// 有效期至.
    pub expires_on: Option<NaiveDate>,
    /// What became of it, as far as the institution that is read knows.
    pub outcome: Outcome,
    /// What was accepted.
    pub accepted: Option<Quantity>,
    /// What was missing.
    pub short: Option<Quantity>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The label that it has at its receiver; told to the receiver alone.
    pub received_as: Option<Label>,
}

impl Query for OneTransfer {
    type Answer = Result<TransferDetail, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let Self(key) = self;
        // An institution that is neither has no row of it.
        let told = if key.0 == scope.institution {
            let row = outgoing_row(conn, key)?;
            row.map(|row| Told::sent(conn, row)).transpose()?
        } else {
            let row = incoming_row(conn, scope.institution, (key.0, key.1))?;
            row.map(|row| Told::coming(conn, row)).transpose()?
        };
        let Some(told) = told else {
            return Ok(Err(Refusal::TransferUnknown {}));
        };
        if !told.is_told(scope)? {
            return Ok(Err(Refusal::PositionWithheld {}));
        }
        let lines = told.containers(conn, scope)?;
        let transfer = told.line(conn, scope)?;
        Ok(Ok(TransferDetail { transfer, lines }))
    }
}

/// What the ledger that is read says became of the containers.
#[derive(Default)]
struct Known {
    verdict: Verdict,
    /// The new containers, in the order of those accepted.
    received: Vec<ContainerLine>,
    /// Those that were refused and are not back.
    on_the_road: BTreeSet<Serial>,
    /// Those that were refused and never came back.
    gone: BTreeSet<Serial>,
}

impl Told {
    fn known(&self, conn: &mut Db, scope: &Scope) -> Result<Known, StoreError> {
        let own = scope.institution;
        if own == self.key.0 {
            let Some(row) = &self.outgoing else {
                return Ok(Known::default());
            };
            let Some(settled) = row.settled_seq else {
                return Ok(Known::default());
            };
            let (_, entry) = written(conn, own, settled)?;
            let verdict = if let Act::Settle(settlement) = &entry.record().act {
                settlement.verdict.clone()
            } else {
                Verdict::default()
            };
            return Ok(Known {
                verdict,
                received: Vec::new(),
                on_the_road: rows::json("outgoing", &row.on_the_road)?,
                gone: rows::json("outgoing", &row.gone)?,
            });
        }
        let accepted = self.incoming.as_ref().and_then(|row| row.accepted_seq);
        let Some(accepted) = accepted else {
            return Ok(Known::default());
        };
        let (_, entry) = written(conn, own, accepted)?;
        let record = entry.record();
        let verdict = if let Act::Accept(acceptance) = &record.act {
            acceptance.verdict.clone()
        } else {
            Verdict::default()
        };
        let refused = verdict.refused.iter();
        Ok(Known {
            on_the_road: refused.map(|line| line.label.serial()).collect(),
            received: record.containers.clone(),
            gone: BTreeSet::new(),
            verdict,
        })
    }

    fn containers(
        &self,
        conn: &mut Db,
        scope: &Scope,
    ) -> Result<Vec<TransferContainer>, StoreError> {
        let known = self.known(conn, scope)?;
        let mut received = known
            .received
            .iter()
            .map(Some)
            .chain(std::iter::repeat(None));
        let accepted: BTreeMap<Label, (i64, Option<Label>)> = known
            .verdict
            .accepted
            .iter()
            .map(|line| {
                let here = received.next().flatten();
                let here =
                    here.map(|one| Label::new(scope.institution, one.serial, one.after.generation));
                (line.label, (line.amount, here))
            })
            .collect();
        let refused = known.verdict.refused.iter();
        let refused: BTreeMap<Label, &String> =
            refused.map(|line| (line.label, &line.reason)).collect();
        let missing = known.verdict.missing.iter();
        let missing: BTreeMap<Label, &String> =
            missing.map(|line| (line.label, &line.reason)).collect();
        let consignment = self.consignment()?;
        let each = consignment.containers.iter().map(|sent| {
            let product = consignment.product_of(sent);
            let product = product.map_err(|error| StoreError::Row("entry", error.to_string()))?;
            let amount = |amount| quantity(product.dimension, amount);
            let taken = accepted.get(&sent.label);
            let missed = missing.get(&sent.label);
            let reason = refused.get(&sent.label);
            let outcome = match (taken, reason) {
                _ if missed.is_some() || known.gone.contains(&sent.label.serial()) => {
                    Outcome::Missing
                }
                (Some(_), _) => Outcome::Accepted,
                (None, None) => Outcome::OnTheRoad,
                (None, Some(_)) if known.on_the_road.contains(&sent.label.serial()) => {
                    Outcome::Refused
                }
                (None, Some(_)) => Outcome::Reclaimed,
            };
            let arrived = taken.map(|(taken, _)| *taken).or(missed.map(|_| 0));
            let short = arrived.map(|arrived| sent.amount - arrived);
            Ok(TransferContainer {
                label: sent.label,
                name: product.name.clone(),
                qualifier: product.qualifier.clone(),
                cas: product.cas.clone(),
                classes: product.classes.clone(),
                amount: amount(sent.amount)?,
                lot: sent.lot.clone(),
                expires_on: sent.expires_on,
                outcome,
                accepted: taken.map(|(taken, _)| amount(*taken)).transpose()?,
                short: short.filter(|short| *short > 0).map(amount).transpose()?,
                reason: reason.or(missed).map(|reason| (*reason).clone()),
                received_as: taken.and_then(|(_, label)| *label),
            })
        });
        each.collect()
    }
}
