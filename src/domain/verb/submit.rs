//! 报送: an institution states that its ledger says everything of a month, or of a year.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    institution::InstitutionKind,
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    submission::{Period, Submission},
};

/// Submits a period. A second time it says why: what was submitted before stays, and shows.
#[derive(Clone, Debug)]
pub struct Submit {
    /// Of what.
    pub period: Period,
    /// Why again.
    pub reason: String,
}

impl Verb for Submit {
    fn name(&self) -> &'static str {
        Kind::Submit.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Submit)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs {
            submissions: BTreeSet::from([self.period]),
            ..Needs::default()
        };
        needs.stocktakes.open = true;
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let period = self.period;
        let register = &facts.register;
        let kind = register.institution.as_ref().map(|own| own.kind);
        if kind == Some(InstitutionKind::Bureau) {
            return Err(Refusal::NothingToSubmit {});
        }
        let opens = period.opens();
        if cx.now < opens {
            return Err(Refusal::PeriodNotOver { period, opens });
        }
        let tenures = register.tenures.iter();
        let began = tenures.map(|(_, tenure)| tenure.appointment.from).min();
        if let Some(began) = began.filter(|began| period.end() <= *began) {
            return Err(Refusal::PeriodBeforeLedger { period, began });
        }
        facts.not_being_counted(period)?;
        let earlier = facts.filings.submissions.iter();
        let again = earlier.filter(|(_, one)| one.period == period);
        let last = again.map(|(seq, _)| *seq).max();
        if let Some(entry) = last.filter(|_| self.reason.trim().is_empty()) {
            return Err(Refusal::AlreadySubmitted { period, entry });
        }
        let mut draft = Draft::of(Act::Submit(Submission { period }));
        draft.reason.clone_from(&self.reason);
        Ok(draft.into())
    }
}
