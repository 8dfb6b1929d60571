//! What a submission and its review do to the state, and which entries come late.

use crate::domain::{
    facts::Facts,
    institution::InstitutionKind,
    month::Month,
    refusal::Refusal,
    submission::{Period, Review, Reviewed, Submission, Submitted},
    time::Time,
};

use super::{Record, apply::ApplyError};

impl Facts {
    pub(super) fn file_submission(
        &mut self,
        record: &Record,
        submission: Submission,
    ) -> Result<(), ApplyError> {
        let wrong = ApplyError::Filing(record.seq);
        let period = submission.period;
        let person = record.actor.person.ok_or_else(|| wrong.clone())?;
        self.submitting(period, &record.reason, record.recorded_at)
            .map_err(|_| wrong)?;
        let submitted = Submitted {
            period,
            person,
            at: record.recorded_at,
        };
        self.filings.submissions.add(record.seq, submitted);
        Ok(())
    }

    /// Whether the institution may submit a period at that moment, for that reason.
    ///
    /// # Errors
    /// [`Refusal::NothingToSubmit`], [`Refusal::PeriodNotOver`], [`Refusal::PeriodBeforeLedger`],
    /// [`Refusal::PeriodBeingCounted`], [`Refusal::AlreadySubmitted`].
    pub(in crate::domain) fn submitting(
        &self,
        period: Period,
        reason: &str,
        now: Time,
    ) -> Result<(), Refusal> {
        let own = self.register.institution.as_ref();
        if own.is_none_or(|own| own.kind == InstitutionKind::Bureau) {
            return Err(Refusal::NothingToSubmit {});
        }
        let opens = period.opens();
        if now < opens {
            return Err(Refusal::PeriodNotOver { period, opens });
        }
        if let Some(began) = self.register.founded_at
            && period.end() <= began
        {
            return Err(Refusal::PeriodBeforeLedger { period, began });
        }
        self.not_being_counted(period)?;
        match self.filings.last_submission(period) {
            Some(entry) if reason.trim().is_empty() => {
                Err(Refusal::AlreadySubmitted { period, entry })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Nothing is counted that was begun in the period or before.
    fn not_being_counted(&self, period: Period) -> Result<(), Refusal> {
        let open = self
            .takings
            .stocktakes
            .iter()
            .filter(|(_, running)| running.closed.is_none() && running.begun.at < period.end());
        match open.map(|(stocktake, _)| *stocktake).min() {
            Some(stocktake) => Err(Refusal::PeriodBeingCounted { period, stocktake }),
            None => Ok(()),
        }
    }

    pub(super) fn file_review(
        &mut self,
        record: &Record,
        review: &Review,
    ) -> Result<(), ApplyError> {
        let wrong = ApplyError::Filing(record.seq);
        let own = self.register.institution.as_ref();
        let by_bureau = own.is_some_and(|own| own.kind == InstitutionKind::Bureau);
        let person = record.actor.person.ok_or_else(|| wrong.clone())?;
        if !by_bureau || (!review.accepted && record.reason.trim().is_empty()) {
            return Err(wrong);
        }
        let reviewed = Reviewed {
            review: review.clone(),
            reason: record.reason.clone(),
            person,
            at: record.recorded_at,
        };
        self.filings.reviews.add(record.seq, reviewed);
        Ok(())
    }

    /// What happened in an earlier month than it was recorded in changes nothing of that month's table,
    /// and stands beside its submission as a correction.
    pub(super) fn note_late(&mut self, record: &Record) {
        if let Some(occurred_at) = record.occurred_at
            && Month::of(occurred_at) < Month::of(record.recorded_at)
        {
            self.filings.late.add(record.seq, occurred_at);
        }
    }
}
