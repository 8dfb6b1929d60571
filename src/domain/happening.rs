//! 发生时间: when something happened, as somebody claims. What had not come yet could not be taken, and
//! what was with a person could not be moved.

use super::{
    container::Status,
    facts::Facts,
    ids::{Label, Seq, Serial},
    ledger::{Account, Act, ContainerLine, Posting, Record},
    refusal::Refusal,
    time::Time,
};

/// Milliseconds that a claim may lie back without a reason (24 h).
const LATE_AFTER_MILLIS: i64 = 24 * 3600 * 1000;

/// How long a container has been in the book and in each of its states, as the entries claim. One that
/// ran empty is still in stock: what is put back finds it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span(Vec<(Status, Time)>);

impl Span {
    /// Of a container that comes into the book.
    #[must_use]
    pub fn begun(status: Status, at: Time) -> Self {
        Self(vec![(kept(status), at)])
    }

    /// The same after another entry. A reversal leads back to the state before.
    pub fn follow(&mut self, is_reversal: bool, after: Status, at: Time) {
        let after = kept(after);
        let mut turns = self.0.iter().rev().map(|(status, _)| *status);
        if turns.next() == Some(after) {
            return;
        }
        if is_reversal && turns.next() == Some(after) {
            self.0.pop();
        } else {
            self.0.push((after, at));
        }
    }

    /// Since when it is in the book.
    fn came(&self) -> Option<Time> {
        self.0.first().map(|(_, at)| *at)
    }

    /// Since when it is as it is.
    fn since(&self) -> Option<Time> {
        self.0.last().map(|(_, at)| *at)
    }

    /// Its state at a moment.
    fn at(&self, moment: Time) -> Option<Status> {
        let mut turns = self.0.iter().rev();
        turns
            .find(|(_, at)| *at <= moment)
            .map(|(status, _)| *status)
    }
}

/// The state that a container keeps while its content comes and goes.
const fn kept(status: Status) -> Status {
    match status {
        Status::Empty => Status::InStock,
        Status::InStock
        | Status::CheckedOut
        | Status::Waste
        | Status::Disposed
        | Status::InTransit
        | Status::Sent
        | Status::Lost
        | Status::Void => status,
    }
}

/// When somebody says that something happened, and when it is written down.
#[derive(Clone, Copy, Debug)]
pub struct Happening {
    /// As claimed; absent: when it is written down.
    pub occurred_at: Option<Time>,
    /// Whether it says why it is late.
    pub is_excused: bool,
    /// When it is written down.
    pub recorded_at: Time,
}

/// Whether a moment may be claimed: not in the future, and more than a day back only with a reason.
///
/// # Errors
/// [`Refusal::OccurredInFuture`], [`Refusal::LateReasonMissing`].
pub(super) fn timely(occurred_at: Time, is_excused: bool, now: Time) -> Result<(), Refusal> {
    if occurred_at > now {
        return Err(Refusal::OccurredInFuture { occurred_at, now });
    }
    if occurred_at < now.plus_millis(-LATE_AFTER_MILLIS) && !is_excused {
        return Err(Refusal::LateReasonMissing { occurred_at });
    }
    Ok(())
}

impl Facts {
    /// Whether it could have happened then: not in the future, not more than a day ago without a reason,
    /// not before the institution was founded, and not while a container was still in another state or a
    /// part not yet taken.
    ///
    /// # Errors
    /// [`Refusal::OccurredInFuture`], [`Refusal::LateReasonMissing`],
    /// [`Refusal::OccurredBeforeFounding`], [`Refusal::OccurredTooEarly`].
    pub fn could_happen(
        &self,
        happening: Happening,
        lines: &[ContainerLine],
        postings: &[Posting],
    ) -> Result<(), Refusal> {
        let Some(occurred_at) = happening.occurred_at else {
            return Ok(());
        };
        timely(occurred_at, happening.is_excused, happening.recorded_at)?;
        if let Some(founded_at) = self.register.founded_at.filter(|then| occurred_at < *then) {
            return Err(Refusal::OccurredBeforeFounding {
                occurred_at,
                founded_at,
            });
        }
        for line in lines {
            let Some(prior) = line.before else { continue };
            if let Err(since) =
                self.could_stand(line.serial, prior.standing.status, occurred_at, postings)
            {
                let label = Label::new(self.institution, line.serial, prior.standing.generation);
                return Err(Refusal::OccurredTooEarly {
                    label,
                    occurred_at,
                    since,
                });
            }
        }
        Ok(())
    }

    /// Whether a container was in that state then, or what had been taken out of it was out; else since
    /// when.
    fn could_stand(
        &self,
        serial: Serial,
        status: Status,
        then: Time,
        postings: &[Posting],
    ) -> Result<(), Time> {
        // Loaded for every container of whoever claims a moment.
        let Some(span) = self.stock.spans.get(&serial) else {
            return Err(then);
        };
        let of_part = postings.iter().find_map(|posting| {
            let is_part = posting.container == serial && posting.account == Account::Held;
            posting.checkout.filter(|_| is_part)
        });
        let since = match of_part {
            Some(checkout) => self.stock.taken_at.get(&checkout).copied().max(span.came()),
            None if span.at(then) == Some(kept(status)) => None,
            None => span.since(),
        };
        match since.filter(|since| of_part.is_none() || then < *since) {
            Some(since) => Err(since),
            None => Ok(()),
        }
    }

    /// Keeps since when the containers of an entry are as they are, of those that are known.
    pub(super) fn follow_spans(&mut self, record: &Record) {
        let at = record.occurred_at.unwrap_or(record.recorded_at);
        let is_reversal = matches!(record.act, Act::Reverse(_));
        for line in &record.containers {
            let status = line.after.status;
            if line.before.is_none() {
                let span = Span::begun(status, at);
                self.stock.spans.insert(line.serial, span);
            } else if let Some(span) = self.stock.spans.get_mut(&line.serial) {
                span.follow(is_reversal, status, at);
            }
        }
        if let Some((checkout, at)) = taken_at(record) {
            self.stock.taken_at.insert(checkout, at);
        }
    }
}

/// When the parts of containers that an entry took out were taken.
#[must_use]
pub fn taken_at(record: &Record) -> Option<(Seq, Time)> {
    let mut postings = record.postings.iter();
    let takes = postings.any(|one| one.account == Account::Held && one.checkout.is_none());
    let at = record.occurred_at.unwrap_or(record.recorded_at);
    takes.then_some((record.seq, at))
}
