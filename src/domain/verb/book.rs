//! 双本账登记: a custodian writes what they counted into a book of their own.

use super::{Context, Decision, Measure, Needs, Verb};
use crate::domain::{
    books::{BookCount, Entered},
    facts::Facts,
    ids::{Label, PlaceId, Seq},
    ledger::{Act, Draft, Kind, Prior},
    people::Permission,
    refusal::Refusal,
};

/// A container as a custodian saw it.
#[derive(Clone, Debug)]
pub struct Look {
    /// The scanned label.
    pub label: Label,
    /// What is in it.
    pub measure: Measure,
}

/// Writes into the sender's book of the day, once for each container: whoever has seen the other's figure does
/// not write blind.
#[derive(Clone, Debug)]
pub struct KeepBook {
    /// The place: the containers stand at it or in it.
    pub place: PlaceId,
    /// What was counted, at most 500.
    pub counted: Vec<Look>,
    /// A remark.
    pub reason: String,
}

impl Verb for KeepBook {
    fn name(&self) -> &'static str {
        Kind::BookCount.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Stocktake)
    }

    fn needs(&self) -> Needs {
        let serials = self.counted.iter().map(|look| look.label.serial());
        Needs {
            containers: serials.clone().collect(),
            books: serials.collect(),
            ..Needs::default()
        }
    }

    fn weight(&self) -> usize {
        self.counted.len()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let by = cx.actor.ok_or(Refusal::NotPermitted {})?;
        let containers = facts.containers(self.counted.iter().map(|look| look.label))?;
        let mut counted = Vec::with_capacity(containers.len());
        for ((label, container), look) in containers.into_iter().zip(&self.counted) {
            let (amount, weighing) = look.measure.counted(facts, container, label)?;
            counted.push(Entered {
                serial: container.serial,
                book: Prior {
                    entry: container.last_entry,
                    standing: container.standing,
                },
                amount,
                weighing,
            });
        }
        let place = self.place;
        let count = BookCount { place, counted };
        // The entry that is being made has no number yet, and nothing asks for it.
        facts.booking(&count, by, Seq::MIN, cx.now)?;
        let mut draft = Draft::of(Act::BookCount(count));
        draft.reason.clone_from(&self.reason);
        Ok(draft.into())
    }
}
