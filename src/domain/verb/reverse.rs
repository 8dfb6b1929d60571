//! 冲正: an earlier movement is taken back by the same lines negated, once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Authority, Context, Decision, MOST_CONTAINERS, Movement, Needs, Verb, after, line};
use crate::domain::{
    container::{Container, Event, Standing},
    facts::Facts,
    ids::{Label, Seq},
    ledger::{Account, Act, Draft, Kind, Posting, Prior, Reversal},
    people::Permission,
    refusal::Refusal,
    time::Time,
};

/// Reverses an entry: its containers stand again as they stood before it, and what it brought into
/// the book is void. Later entries on the same containers are reversed first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reverse {
    /// The entry.
    pub entry: Seq,
    /// What was wrong with it.
    pub reason: String,
}

impl Verb for Reverse {
    fn name(&self) -> &'static str {
        Kind::Reverse.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Reverse)
    }

    fn needs(&self) -> Needs {
        Needs {
            entries: BTreeSet::from([self.entry]),
            ..Needs::default()
        }
    }

    /// It may touch as many as the entry did, which is not known before it is read.
    fn weight(&self) -> usize {
        MOST_CONTAINERS
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Reverse {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let entry = self.entry;
        let record = facts
            .stock
            .entries
            .get(&entry)
            .ok_or(Refusal::EntryUnknown { entry })?;
        let act = record.act.kind();
        if record.act.is_transfer() {
            return Err(Refusal::TransferNotReversible { entry, act });
        }
        if !act.nature().is_reversible {
            return Err(Refusal::EntryNotReversible { entry, act });
        }
        if let Some(by) = facts.stock.reversals.get(entry) {
            return Err(Refusal::AlreadyReversed { entry, by: *by });
        }
        facts.can_give_purchase_back(entry)?;
        facts.can_pour_back(entry)?;
        let mut draft = Draft::of(Act::Reverse(Reversal { entry }));
        authority.allows_vessels(facts, &draft.act, cx.now)?;
        for reversed in &record.containers {
            let container =
                facts
                    .stock
                    .containers
                    .get(reversed.serial)
                    .ok_or(Refusal::Inconsistent {
                        what: "container of an entry",
                    })?;
            let generation = container.standing.generation;
            let label = Label::new(facts.institution, container.serial, generation);
            authority.allows(facts, container, label, cx.now)?;
            // An entry that was not loaded is a later one all the same.
            let latest = facts
                .stock
                .latest(container)
                .unwrap_or_else(|unread| unread);
            if latest != entry {
                return Err(Refusal::LaterEntriesExist {
                    entry,
                    label,
                    latest,
                });
            }
            let restored = match reversed.before {
                Some(prior) => restored(facts, container, prior, cx.now)?,
                None => Standing {
                    amount: 0,
                    ..after(container, label, Event::Annul, Kind::Reverse)?
                },
            };
            draft.containers.push(line(container, restored));
        }
        draft.postings = record
            .postings
            .iter()
            .map(|posting| Posting {
                amount: -posting.amount,
                checkout: match posting.account {
                    Account::Held => Some(posting.checkout.unwrap_or(entry)),
                    Account::Supplier
                    | Account::Opening
                    | Account::Container
                    | Account::Consumed
                    | Account::Waste
                    | Account::Disposed
                    | Account::Made
                    | Account::Vessel
                    | Account::Variance
                    | Account::Lost
                    | Account::InTransit
                    | Account::Peer => posting.checkout,
                },
                ..posting.clone()
            })
            .collect();
        // What comes back to a person comes back to somebody who is there.
        for posting in &draft.postings {
            if let (Some(holder), true) = (posting.holder, posting.amount > 0) {
                facts.person(holder)?;
            }
        }
        draft.reason.clone_from(&self.reason);
        Ok(draft)
    }
}

/// How a container stood before, with the label it has now; the place it returns to must still take
/// it.
fn restored(
    facts: &Facts,
    container: &Container,
    prior: Prior,
    now: Time,
) -> Result<Standing, Refusal> {
    let restored = Standing {
        generation: container.standing.generation,
        ..prior.standing
    };
    if let Some(holder) = restored.holder {
        facts.person(holder)?;
    }
    if restored.counted_at().is_some() && container.standing.counted_at() != restored.counted_at() {
        let place = facts.place(restored.place)?;
        facts.permits(place, facts.product_of(container)?, now)?;
    }
    Ok(restored)
}
