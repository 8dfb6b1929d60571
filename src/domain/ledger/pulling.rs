//! What a head that a bureau keeps of another ledger does to the state, and which it may keep.

use crate::domain::{
    facts::Facts,
    ids::InstitutionId,
    institution::InstitutionKind,
    pull::{KeptHead, Pull, PullFault, PullOutcome},
    refusal::Refusal,
    text::is_blank,
};

use super::{Record, apply::ApplyError};

impl Facts {
    /// Whether a pull may be noted as the next one of an institution, whoever asks: nothing is kept that
    /// does not continue what was kept, nothing is noted over what nobody has explained, and what cannot be
    /// read changes nothing of what the next head has to continue.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`] for anybody but a bureau, [`Refusal::PullOvertaken`], [`Refusal::PullOpen`],
    /// [`Refusal::PullNotOpen`].
    pub(in crate::domain) fn pulling(
        &self,
        site: InstitutionId,
        number: u32,
        pull: &Pull,
    ) -> Result<(), Refusal> {
        let own = self.register.institution.as_ref();
        if own.is_none_or(|own| own.kind != InstitutionKind::Bureau) {
            return Err(Refusal::NotPermitted {});
        }
        let last = self.pulls.last(site);
        if last.map_or(0, |(number, _)| number).saturating_add(1) != number {
            return Err(Refusal::PullOvertaken { site });
        }
        let last = last.map(|(_, last)| last);
        let is_open = last.is_some_and(Pull::is_open);
        let head = (pull.size, pull.root);
        let stands = match pull.outcome {
            PullOutcome::Kept => {
                let follows = last.is_none_or(|last| pull.continues(last).is_ok());
                !is_open && pull.fault.is_none() && follows
            }
            PullOutcome::Refused => {
                let carried = last.is_none_or(|last| (last.size, last.root) == head);
                !is_open
                    && match pull.fault {
                        None => false,
                        Some(PullFault::SignatureWrong) => carried,
                        Some(
                            PullFault::OlderThanKept
                            | PullFault::Fork
                            | PullFault::Rewritten
                            | PullFault::LedgerBehind,
                        ) => true,
                    }
            }
            PullOutcome::Acknowledged => {
                let refused = last.filter(|last| last.is_open());
                let same = refused.is_some_and(|last| {
                    (last.size, last.root) == head
                        && (last.fault, &last.note) == (pull.fault, &pull.note)
                });
                if !same || pull.person.is_none() || is_blank(&pull.reason) {
                    return Err(Refusal::PullNotOpen { site });
                }
                true
            }
        };
        if stands {
            Ok(())
        } else {
            Err(Refusal::PullOpen { site })
        }
    }

    pub(super) fn keep_head(&mut self, record: &Record, kept: &KeptHead) -> Result<(), ApplyError> {
        let wrong = ApplyError::Filing(record.seq);
        let pull = Pull {
            outcome: kept.outcome,
            fault: kept.fault,
            size: kept.head.size,
            root: kept.head.root,
            note: kept.note().ok_or_else(|| wrong.clone())?,
            proof: kept.proof.clone(),
            reason: record.reason.clone(),
            at: record.recorded_at,
            person: record.actor.person,
            entry: Some(record.seq),
        };
        self.pulling(kept.institution, kept.pull, &pull)
            .map_err(|_| wrong)?;
        self.pulls.add(kept.institution, kept.pull, pull);
        Ok(())
    }
}
