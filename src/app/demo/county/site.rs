//! An institution of the county while its story is told: what stands in it, and what its people are about.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use super::{
    super::{
        DemoError,
        chance::Chance,
        hospital::{Hospital, Kept, table},
        lot::DAY_SECONDS,
    },
    Duty,
};
use crate::domain::{
    ids::{Label, Seq, Serial},
    quantity::{Dimension, Quantity},
    time::Time,
    verb::{Lot, Measure},
};

/// How often somebody looks for a bottle that will do, before giving up.
const LOOKS: usize = 24;

/// A container as the people of the story know it.
#[derive(Clone, Copy)]
pub(super) struct Bottle {
    pub label: Label,
    /// Where its product stands in the list.
    pub product: usize,
    /// What is in it at least, in base units.
    pub left: i64,
    /// The last moment at which it is good.
    pub expires: Time,
    /// Somebody has it or some of it, or it is left alone.
    pub is_busy: bool,
    /// Whether it stands in a room where people are treated, out of the store of its kind.
    pub is_supplied: bool,
}

/// What somebody took and has not finished with.
pub(super) struct Due {
    pub label: Label,
    /// From which tick on it is finished with.
    pub ready: i64,
    pub what: Taken,
}

/// What was taken.
#[derive(Clone, Copy)]
pub(super) enum Taken {
    /// So much, by this entry.
    Part(Seq, Quantity),
    /// The bottle.
    Whole,
}

/// An institution.
pub(super) struct Site<'a> {
    pub hospital: Hospital<'a>,
    pub region: String,
    pub chance: Chance,
    /// By serial.
    pub bottles: Vec<Bottle>,
    pub due: Vec<Due>,
    /// What was signed out and is to be used: who keeps it, label, entry, how much.
    pub signed_out: Vec<(usize, Label, Seq, Quantity)>,
    /// What is waste and stands there still.
    pub wasted: Vec<Bottle>,
    /// Things done at a time.
    pub acts: u32,
    /// How many times as much stands there as in the small hospital.
    pub times: u32,
    /// The newest container of the day before.
    pub yesterday: Option<Serial>,
    /// What has to be done on a day to come.
    pub duties: Vec<(i64, Duty)>,
}

impl Site<'_> {
    pub fn kept(&self, product: usize) -> Result<&Kept, DemoError> {
        let kept = self.hospital.products.get(product);
        kept.ok_or_else(|| table("a product is missing"))
    }

    /// The custodian of a room who is on duty: in turn.
    pub fn keeper(&self, room: &str, tick: i64) -> Result<String, DemoError> {
        let keepers = self.hospital.keepers(room);
        let turn = usize::try_from(tick % 2).unwrap_or(0);
        let keeper = keepers.into_iter().cycle().nth(turn);
        keeper.ok_or_else(|| table(format!("nobody keeps {room}")))
    }

    pub fn receiver(&mut self, room: &str) -> Result<String, DemoError> {
        let takers = self.hospital.takers(room);
        let receiver = self.chance.pick(&takers).cloned();
        receiver.ok_or_else(|| table(format!("nobody takes from {room}")))
    }

    /// A bottle that will do, found as people find it: by looking here and there.
    pub fn any(&mut self, is_meant: impl Fn(&Kept, &Bottle) -> bool) -> Option<Bottle> {
        let soon = self.hospital.clock.now().plus_seconds(30 * DAY_SECONDS);
        for _ in 0..LOOKS {
            let bottle = *self.chance.pick(&self.bottles)?;
            let kept = self.hospital.products.get(bottle.product)?;
            let is_fit = !bottle.is_busy
                && bottle.expires > soon
                && bottle.left >= kept.row.taken.amount()
                && is_meant(kept, &bottle);
            if is_fit {
                return Some(bottle);
            }
        }
        None
    }

    /// Notes how a bottle stands now.
    pub fn note(&mut self, label: Label, left: i64, is_busy: bool) {
        if let Some(bottle) = self.bottle(label) {
            (bottle.label, bottle.left, bottle.is_busy) = (label, left, is_busy);
        }
    }

    pub fn bottle(&mut self, label: Label) -> Option<&mut Bottle> {
        let of = |bottle: &Bottle| bottle.label.serial();
        let found = self.bottles.binary_search_by_key(&label.serial(), of);
        self.bottles.get_mut(found.ok()?)
    }

    /// It is no longer theirs to use.
    pub fn forget(&mut self, label: Label) {
        self.bottles
            .retain(|bottle| bottle.label.serial() != label.serial());
    }

    /// New bottles, whose serials come after all others.
    pub fn put(&mut self, labels: &[Label], product: usize, left: i64, expires: Time) {
        self.bottles.extend(labels.iter().map(|label| Bottle {
            label: *label,
            product,
            left,
            expires,
            is_busy: false,
            is_supplied: false,
        }));
    }

    pub fn lot(&mut self, product: usize, count: u32) -> Result<Lot, DemoError> {
        let today = self.hospital.clock.now();
        let kept = self.hospital.products.get(product);
        let kept = kept.ok_or_else(|| table("a product is missing"))?;
        Ok(kept.lot(&mut self.chance, today, 300, count))
    }
}

/// The labels of an answer, between spaces.
pub(super) fn parsed(answer: &str) -> Result<Vec<Label>, DemoError> {
    let labels = answer.split(' ').map(|label| label.parse().map_err(table));
    labels.collect()
}

/// The last moment at which a lot is good, for the people of the story.
pub(super) fn expiry(lot: &Lot) -> Time {
    let last = lot.identity.expires_on;
    last.map_or(Time::default(), Time::start_of_china_day)
}

/// What a balance shows of so much of a product in a bottle of that weight: nothing where one of the two is not
/// known.
pub(super) fn gross(
    kept: &Kept,
    content: Quantity,
    tare: Option<Quantity>,
) -> Result<Option<Quantity>, DemoError> {
    let mass = match (content.dimension(), kept.product.density) {
        (Dimension::Mass, _) => content,
        (Dimension::Volume, Some(density)) => density.mass_from_volume(content).map_err(table)?,
        (Dimension::Volume, None) | (Dimension::Count, _) => return Ok(None),
    };
    let Some(tare) = tare else {
        return Ok(None);
    };
    let gross = mass.checked_add(tare).map_err(table)?.amount();
    // The balance shows tenths of a gram.
    let shown = Quantity::new(Dimension::Mass, gross - gross % 100_000);
    shown.map(Some).map_err(table)
}

/// How the rest of a bottle is told: by weight where that can be.
pub(super) fn measure(kept: &Kept, rest: Quantity) -> Result<Measure, DemoError> {
    Ok(match gross(kept, rest, kept.row.tare)? {
        Some(gross) => Measure::Weight { gross, tare: None },
        None => Measure::Amount(rest),
    })
}

/// So many hundredths of a quantity.
pub(super) fn part(of: Quantity, percent: i64) -> Result<Quantity, DemoError> {
    Quantity::new(of.dimension(), of.amount() / 100 * percent).map_err(table)
}

/// Does them at the same time; each begins in this order, so that commands of one institution reach its
/// ledger in it.
pub(super) async fn all<T>(
    work: impl IntoIterator<Item = impl Future<Output = Result<T, DemoError>>>,
) -> Result<Vec<T>, DemoError> {
    let mut running: Vec<(Pin<Box<_>>, Option<T>)> =
        work.into_iter().map(|one| (Box::pin(one), None)).collect();
    poll_fn(|cx| {
        let mut is_waiting = false;
        for (one, done) in running.iter_mut().filter(|(_, done)| done.is_none()) {
            match one.as_mut().poll(cx) {
                Poll::Ready(Ok(answer)) => *done = Some(answer),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => is_waiting = true,
            }
        }
        if is_waiting {
            Poll::Pending
        } else {
            Poll::Ready(Ok(()))
        }
    })
    .await?;
    Ok(running.into_iter().filter_map(|(_, done)| done).collect())
}
