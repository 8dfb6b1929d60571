//! 处理盘点发现: what is done about what was found stands beside it, with a reason.

use crate::domain::{
    facts::Facts,
    ids::{Label, PersonId, Serial},
    refusal::Refusal,
    text::is_blank,
    time::Time,
};

use super::{Resolution, stray_key};

impl Facts {
    /// Whether a finding is there to be put right.
    ///
    /// # Errors
    /// [`Refusal::StocktakeUnknown`], [`Refusal::StocktakeClosed`], [`Refusal::FindingReasonMissing`],
    /// [`Refusal::NothingToResolve`], [`Refusal::OffBookUnreported`], [`Refusal::OffBookByAnother`].
    pub fn resolving(
        &self,
        resolution: &Resolution,
        reason: &str,
        by: PersonId,
        now: Time,
    ) -> Result<(), Refusal> {
        self.open_stocktake(resolution.stocktake)?;
        explained(reason)?;
        if let Some(serial) = resolution.serial {
            self.accounted_for(resolution, serial, by, now)?;
        }
        let is_open = match (resolution.serial, &resolution.code) {
            (Some(serial), None) => {
                let tally = self.takings.tallies.get((resolution.stocktake, serial));
                tally.is_some_and(|tally| {
                    let count = tally.count.as_ref();
                    let is_astray = count.is_some_and(|count| count.misplaced || count.off_book);
                    is_astray && tally.put_right.is_none()
                })
            }
            (None, Some(code)) => {
                let key = stray_key(resolution.stocktake, code);
                let stray = self.takings.strays.get(key);
                stray.is_some_and(|stray| stray.resolved.is_none())
            }
            (Some(_), Some(_)) | (None, None) => false,
        };
        if is_open {
            Ok(())
        } else {
            Err(Refusal::NothingToResolve {})
        }
    }

    /// What the book had no more and is there all the same: of a watched class it is in an incident that was
    /// open then or opened since, and another person than whoever came upon it says what became of it.
    fn accounted_for(
        &self,
        resolution: &Resolution,
        serial: Serial,
        by: PersonId,
        now: Time,
    ) -> Result<(), Refusal> {
        let tally = self.takings.tallies.get((resolution.stocktake, serial));
        let count = tally.and_then(|tally| tally.count.as_ref());
        let Some(count) = count.filter(|count| count.off_book) else {
            return Ok(());
        };
        let container = self.stock.containers.get(serial);
        let container = container.ok_or(Refusal::Inconsistent {
            what: "container of a stocktake",
        })?;
        if !self.is_watched(self.product_of(container)?, now) {
            return Ok(());
        }
        let label = Label::new(self.institution, serial, container.standing.generation);
        let case = resolution
            .incident
            .and_then(|id| self.incidents.cases.get(id));
        let is_reported = case.is_some_and(|case| {
            let ended = case.ended.as_ref().map(|(done, _)| done.entry);
            let mut named = case.incident.containers.iter();
            ended.is_none_or(|ended| ended > count.done.entry)
                && named.any(|one| one.serial == serial)
        });
        if !is_reported {
            return Err(Refusal::OffBookUnreported { label });
        }
        if count.done.by == by {
            return Err(Refusal::OffBookByAnother { label, by });
        }
        Ok(())
    }
}

/// What the book is made to say, and what was put right, says why.
///
/// # Errors
/// [`Refusal::FindingReasonMissing`].
pub(in crate::domain) fn explained(reason: &str) -> Result<(), Refusal> {
    if is_blank(reason) {
        return Err(Refusal::FindingReasonMissing {});
    }
    Ok(())
}
