//! What a handover, a blocked account and the end of an appointment do to the state.

use crate::domain::{
    custody::Handover,
    facts::Facts,
    ids::PersonId,
    people::{Suspension, TenureKey},
    refusal::Refusal,
    time::Time,
};

use super::{Act, Part, Record, Revocation, apply::ApplyError};

fn kept(record: &Record, refusal: &Refusal) -> ApplyError {
    ApplyError::Custody(record.seq, refusal.code().to_owned())
}

impl Facts {
    /// Applies an entry about who keeps what.
    pub(super) fn step_custody(&mut self, record: &Record) -> Result<(), ApplyError> {
        if let Act::Revoke(revocation) = &record.act {
            self.lets_end(record, *revocation)?;
            self.revoke(record.seq, *revocation)
        } else if let Act::Suspend(suspension) = &record.act {
            self.suspend(record, *suspension)
        } else if let Act::Leave(whom) = &record.act {
            self.lets_go(record, whom.person)?;
            let person = self.register.persons.change(whom.person);
            person.ok_or(ApplyError::Nobody(record.seq))?.closed = true;
            self.end_tenures(record.seq, |held| {
                held.person == whom.person || held.stands_in_for == Some(whom.person)
            });
            Ok(())
        } else if let Act::Handover(handover) = &record.act {
            self.hand_over(record, handover)
        } else if let Act::BookCount(count) = &record.act {
            self.book(record, count)
                .map_err(|refusal| kept(record, &refusal))
        } else {
            Ok(())
        }
    }

    /// Nobody leaves who holds something or keeps what must be handed over.
    fn lets_go(&self, record: &Record, person: PersonId) -> Result<(), ApplyError> {
        self.holds_nothing(person)
            .and_then(|()| self.may_stop_keeping(person, |_| true, record.recorded_at))
            .map_err(|refusal| kept(record, &refusal))
    }

    /// No custodian is revoked who keeps what must be handed over.
    fn lets_end(&self, record: &Record, revocation: Revocation) -> Result<(), ApplyError> {
        let key: TenureKey = (revocation.entry, revocation.line);
        let Some(tenure) = self.register.tenures.get(key) else {
            return Ok(());
        };
        let person = tenure.appointment.person;
        self.may_stop_keeping(person, |ending| ending == key, record.recorded_at)
            .map_err(|refusal| kept(record, &refusal))
    }

    /// Applies a handover: what was counted is what stands there, and who handed over keeps it no longer.
    fn hand_over(&mut self, record: &Record, handover: &Handover) -> Result<(), ApplyError> {
        let lines = &record.containers;
        let counted = handover.counted.iter().map(|tallied| tallied.serial);
        let stays = lines.iter().all(|line| {
            line.before
                .is_some_and(|prior| prior.standing == line.after)
        });
        let refused = if !stays || !counted.eq(lines.iter().map(|line| line.serial)) {
            Err(Refusal::Inconsistent { what: "handover" })
        } else {
            self.handing_over(handover, &record.reason, record.recorded_at)
        };
        refused.map_err(|refusal| kept(record, &refusal))?;
        for (entry, line) in self.handed_over(handover, record.recorded_at) {
            self.revoke(record.seq, Revocation { entry, line })?;
        }
        let listed = handover.listed(record.recorded_at);
        self.custody.handovers.add(record.seq, listed);
        Ok(())
    }

    /// Blocks an account, or opens it again, which nobody decides alone.
    fn suspend(&mut self, record: &Record, suspension: Suspension) -> Result<(), ApplyError> {
        let by = record.actor.person;
        let mut seats = record.seats.iter();
        let confirmed = seats.any(|seat| {
            let other = Some(seat.person) != by && seat.person != suspension.person;
            seat.part == Part::Approver && other
        });
        let refused = if suspension.lifted && !confirmed {
            Err(Refusal::SecondPersonRequired {})
        } else {
            self.suspending(suspension, record.recorded_at)
        };
        refused.map_err(|refusal| kept(record, &refusal))?;
        let person = self.register.persons.change(suspension.person);
        let person = person.ok_or(ApplyError::Nobody(record.seq))?;
        person.suspended = !suspension.lifted;
        Ok(())
    }

    /// Whether an account can be blocked or opened again.
    ///
    /// # Errors
    /// [`Refusal::PersonUnknown`], [`Refusal::PersonLeft`], [`Refusal::PersonSuspended`],
    /// [`Refusal::NotSuspended`], [`Refusal::LastAdministrator`].
    pub(in crate::domain) fn suspending(
        &self,
        suspension: Suspension,
        now: Time,
    ) -> Result<(), Refusal> {
        let person = self.account(suspension.person)?;
        match (person.suspended, suspension.lifted) {
            (true, false) => Err(Refusal::PersonSuspended { person: person.id }),
            (false, true) => Err(Refusal::NotSuspended { person: person.id }),
            (true, true) => Ok(()),
            (false, false) => self.spares_an_administrator(person.id, now),
        }
    }
}
