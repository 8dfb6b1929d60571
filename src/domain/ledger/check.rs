//! Whether a movement is what its verb makes, whoever wrote the entry.

use crate::domain::{
    container::{Identity, Standing, Status},
    facts::Facts,
    ids::{Generation, Label},
};

use super::{Act, ContainerLine, Discard, Kind, Posting, Record};

impl Facts {
    /// Checks the postings of an entry against its containers, and what its own kind demands; after its
    /// lines were applied. Else what is wrong.
    pub(super) fn check_movement(&self, record: &Record) -> Result<(), &'static str> {
        for posting in record
            .postings
            .iter()
            .filter(|posting| posting.account.is_content() && posting.amount != 0)
        {
            stands_so(posting, &record.containers)?;
        }
        touches_so(record)?;
        self.leaves_evidence(record)?;
        let is_split = matches!(record.act, Act::Split);
        if !is_split && record.identities.iter().any(|one| one.parent.is_some()) {
            return Err("a container that was not filled from another names one");
        }
        let is_mix = matches!(record.act, Act::Mix(_));
        if !is_split && !is_mix && record.identities.iter().any(|one| one.mixed) {
            return Err("a container that was not mixed says so");
        }
        match &record.act {
            Act::Place(place) => self
                .can_be(place)
                .and_then(|()| self.may_be_put(place, record.recorded_at))
                .map_err(|refusal| refusal.code()),
            Act::Split => self.check_split(record),
            Act::Mix(mixture) => self
                .check_mix(record, mixture)
                .map_err(|refusal| refusal.code()),
            // Of what goes into a waste container `vessel` knows the rule.
            Act::Waste(Discard { into: None, .. }) => self.check_waste(record),
            Act::Dispose(disposal) => {
                let gone = |after: Standing| after.status == Status::Disposed && after.amount == 0;
                if !record.containers.iter().all(|line| gone(line.after)) {
                    return Err("something disposed of is still there");
                }
                self.disposes(record, disposal)
                    .map_err(|refusal| refusal.code())
            }
            Act::Found(_)
            | Act::Enrol(_)
            | Act::Appoint(_)
            | Act::Revoke(_)
            | Act::Leave(_)
            | Act::Suspend(_)
            | Act::Handover(_)
            | Act::BookCount(_)
            | Act::Department(_)
            | Act::Assign(_)
            | Act::Badge(_)
            | Act::Code(_)
            | Act::Unlock(_)
            | Act::Secret(_)
            | Act::Product(_)
            | Act::Policy(_)
            | Act::Permit(_)
            | Act::PurchasePolicy(_)
            | Act::Requisition(_)
            | Act::Approve(_)
            | Act::Order(_)
            | Act::CloseOrder(_)
            | Act::Opening
            | Act::Receive
            | Act::Purchase(_)
            | Act::Move
            | Act::Checkout
            | Act::Use
            | Act::GiveBack(_)
            | Act::Send(_)
            | Act::Announce(_)
            | Act::Accept(_)
            | Act::Settle(_)
            | Act::Reclaim(_)
            | Act::Stocktake(_)
            | Act::Count(_)
            | Act::Resolve(_)
            | Act::Variance(_)
            | Act::Loss(_)
            | Act::CloseStocktake(_)
            | Act::Incident(_)
            | Act::FollowUp(_)
            | Act::EndIncident(_)
            | Act::Submit(_)
            | Act::Review(_)
            | Act::KeepHead(_)
            | Act::Reverse(_)
            | Act::Release
            | Act::Countersign(_)
            | Act::Reprint
            | Act::Vessel(_)
            | Act::VesselStep(_)
            | Act::Waste(_)
            | Act::Audit(_) => Ok(()),
        }
    }

    /// Nothing leaves a container of an open incident to be used, filled, mixed, poured away or disposed of;
    /// of what is sent, the transfer asks.
    fn leaves_evidence(&self, record: &Record) -> Result<(), &'static str> {
        let is_poured = matches!(&record.act, Act::Waste(Discard { into: Some(_), .. }));
        let takes = is_poured
            || matches!(
                record.act.kind(),
                Kind::Checkout
                    | Kind::Release
                    | Kind::Use
                    | Kind::Split
                    | Kind::Mix
                    | Kind::Dispose
            );
        let mut postings = record.postings.iter();
        let is_taken = postings.any(|posting| {
            let container = self.stock.containers.get(posting.container);
            posting.account.is_content()
                && posting.amount < 0
                && container.is_some_and(|container| container.incident.is_some())
        });
        if takes && is_taken {
            return Err("something was taken out of evidence");
        }
        Ok(())
    }

    /// What is filled is of what it is filled from, and outlives it by no day.
    fn check_split(&self, record: &Record) -> Result<(), &'static str> {
        let mut known = record
            .containers
            .iter()
            .filter(|line| line.before.is_some());
        let (Some(source), None) = (known.next(), known.next()) else {
            return Err("a split is not of one container");
        };
        let parent = self.stock.containers.get(source.serial);
        let parent = &parent.ok_or("a split of nothing")?.identity;
        let then = record.occurred_at.unwrap_or(record.recorded_at).china_day();
        if parent.expires_on.is_some_and(|last| last < then) {
            return Err("a split of what had expired");
        }
        for filled in &record.identities {
            let same = Identity {
                parent: Some(source.serial),
                came_from: None,
                expires_on: filled.expires_on,
                tare_ug: filled.tare_ug,
                ..parent.clone()
            };
            let outlives = parent
                .expires_on
                .is_some_and(|last| filled.expires_on.is_none_or(|day| day > last));
            if *filled != same || outlives || filled.expires_on.is_some_and(|day| day < then) {
                return Err("what is filled is not of what it is filled from");
            }
        }
        Ok(())
    }

    fn check_waste(&self, record: &Record) -> Result<(), &'static str> {
        if !record.postings.iter().all(|one| one.account.is_content()) {
            return Err("what becomes waste comes from elsewhere");
        }
        for line in &record.containers {
            let label = Label::new(self.institution, line.serial, line.after.generation);
            let kept = line.before.map(|prior| Standing {
                status: Status::Waste,
                ..prior.standing
            });
            if kept != Some(line.after) {
                return Err("what becomes waste changes otherwise");
            }
            self.stock
                .nothing_out(label)
                .map_err(|refusal| refusal.code())?;
        }
        Ok(())
    }
}

/// An act that posts nothing touches no container, but for a new label, which is all that it changes; and
/// nothing else puts a new label on.
fn touches_so(record: &Record) -> Result<(), &'static str> {
    // What is counted at a handover stays as it was: `keeping` checks every line.
    if matches!(record.act, Act::Handover(_)) {
        return Ok(());
    }
    let is_reprint = matches!(record.act, Act::Reprint);
    if is_reprint && record.containers.len() != 1 {
        return Err("a new label for other than one container");
    }
    if !is_reprint && record.act.kind().nature().accounts.is_empty() {
        return if record.containers.is_empty() {
            Ok(())
        } else {
            Err("a container in an act that touches none")
        };
    }
    for line in &record.containers {
        let before = line.before.map(|prior| prior.standing);
        let next = before.and_then(|before| {
            let generation = Generation::try_from(before.generation.get() + 1).ok()?;
            Some(Standing {
                generation,
                ..before
            })
        });
        if is_reprint && (next.is_none() || next != Some(line.after)) {
            return Err("a new label changes more than the label");
        }
        if !is_reprint && before.is_some_and(|one| one.generation != line.after.generation) {
            return Err("a label changes without a new one");
        }
    }
    Ok(())
}

/// A posting on what is in a container is on the account of its state, and where it stands: before for
/// what leaves, after for what arrives.
fn stands_so(posting: &Posting, lines: &[ContainerLine]) -> Result<(), &'static str> {
    let line = lines.iter().find(|line| line.serial == posting.container);
    let standing = line.and_then(|line| {
        if posting.amount < 0 {
            line.before.map(|prior| prior.standing)
        } else {
            Some(line.after)
        }
    });
    let is_so = standing.is_some_and(|standing| {
        // What is on the road is at no place.
        let stands = standing.holder.is_none() && standing.status != Status::InTransit;
        let place = stands.then_some(standing.place);
        (posting.account, posting.place, posting.holder)
            == (standing.status.account(), place, standing.holder)
    });
    if is_so {
        Ok(())
    } else {
        Err("a posting is not where its container is")
    }
}
