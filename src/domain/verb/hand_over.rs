//! 保管交接: a place passes from one custodian to another, jointly counted.

use serde::{Deserialize, Serialize};

use super::{Authority, Context, Decision, MOST_CONTAINERS, Measure, Movement, Needs, Verb, line};
use crate::domain::{
    custody::{Handover, Tallied},
    facts::Facts,
    ids::{Label, PersonId, PlaceId},
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
};

/// A container as both saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JointCount {
    /// The scanned label.
    pub label: Label,
    /// What is in it.
    pub measure: Measure,
}

/// Hands a place over. Both sign, each with their own secret. What belongs to the place and is out is named in
/// the entry and stands in nobody's way: its holder answers for it, under two signatures of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// The place: exactly that of an appointment of `from`.
    pub place: PlaceId,
    /// Who keeps it no longer.
    pub from: PersonId,
    /// Who keeps it from now on.
    pub to: PersonId,
    /// Another custodian who counts in the place of `from`, who is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// Everything controlled that stands there, at most 500.
    pub counted: Vec<JointCount>,
    /// A remark; in the absence of `from` why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl Verb for HandOver {
    fn name(&self) -> &'static str {
        Kind::Handover.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Stocktake)
    }

    fn needs(&self) -> Needs {
        let labels = self.counted.iter().map(|count| count.label.serial());
        Needs {
            containers: labels.collect(),
            kept: true,
            ..Needs::default()
        }
    }

    fn weight(&self) -> usize {
        MOST_CONTAINERS
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for HandOver {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let place = facts.place(self.place)?.id;
        let mut counted = Vec::with_capacity(self.counted.len());
        let mut lines = Vec::with_capacity(self.counted.len());
        // Nothing may stand there any more, and something still be out.
        let containers = match self.counted.len() {
            0 => Vec::new(),
            _ => facts.containers(self.counted.iter().map(|count| count.label))?,
        };
        for ((label, container), count) in containers.iter().zip(&self.counted) {
            let (amount, weighing) = count.measure.counted(facts, container, *label)?;
            counted.push(Tallied {
                serial: container.serial,
                amount,
                weighing,
            });
            lines.push(line(container, container.standing));
        }
        counted.sort_unstable_by_key(|tallied| tallied.serial);
        lines.sort_unstable_by_key(|line| line.serial);
        let (_, out) = facts.to_hand_over(place, cx.now);
        let handover = Handover {
            place,
            from: self.from,
            to: self.to,
            by: self.by.unwrap_or(self.from),
            absent: self.by.is_some(),
            counted,
            out,
        };
        facts.handing_over(&handover, &self.reason, cx.now)?;
        if authority == Authority::Unsigned {
            return Err(Refusal::HandoverUnsigned {});
        }
        let mut draft = Draft::of(Act::Handover(handover));
        draft.containers = lines;
        draft.reason.clone_from(&self.reason);
        Ok(draft)
    }
}
