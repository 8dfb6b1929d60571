//! 盘点扫描: one scan of a stocktake.

use super::{Authority, Context, Decision, Measure, Needs, Verb, after, inside, line, unreserved};
use crate::domain::{
    container::{Container, Event, Standing},
    facts::Facts,
    ids::{Label, PlaceId, Seq, StocktakeId},
    ledger::{Act, Draft, Kind, Prior, Weighing},
    people::Permission,
    quantity::{Dimension, Quantity},
    refusal::Refusal,
    scale::Scale,
    stocktake::{Bucket, Count, Done, Seen, Sight},
};

/// Counts one container, says that it is not there, or notes a code that nobody knows.
#[derive(Clone, Debug)]
pub struct Scan {
    /// The stocktake.
    pub stocktake: StocktakeId,
    /// Where: the place scanned before.
    pub place: PlaceId,
    /// What was read.
    pub code: String,
    /// It was looked for and is not there.
    pub absent: bool,
    /// What is in it.
    pub measure: Option<Measure>,
    /// What is misplaced stands here from now on.
    pub put_here: bool,
    /// A remark.
    pub reason: String,
}

/// What is known in a stocktake of a code that was read: of the container whose label it is, or of the code.
pub(super) fn needs_of(stocktake: StocktakeId, code: &str) -> Needs {
    let mut needs = Needs::default();
    needs.stocktakes.stocktakes.insert(stocktake);
    if let Ok(label) = code.parse::<Label>() {
        needs.containers.insert(label.serial());
        needs.stocktakes.tallies.insert((stocktake, label.serial()));
    }
    needs.stocktakes.strays.insert((stocktake, code.to_owned()));
    needs
}

impl Scan {
    fn label(&self) -> Option<Label> {
        self.code.parse().ok()
    }
}

impl Verb for Scan {
    fn name(&self) -> &'static str {
        Kind::Count.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Stocktake)
    }

    /// Whether a count before still stands is asked, too.
    fn needs(&self) -> Needs {
        let mut needs = needs_of(self.stocktake, &self.code);
        let tallies = needs.stocktakes.tallies.clone();
        needs.stocktakes.since.extend(tallies);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let by = cx.actor.ok_or(Refusal::NotPermitted {})?;
        let done = Done {
            // The entry that is being made has no number yet, and nothing asks for it.
            entry: Seq::MIN,
            by,
            at: cx.now,
        };
        let found = match self.label() {
            Some(label) => match facts.container(label) {
                Ok(container) => Some((label, container)),
                Err(Refusal::LabelUnknown {}) => None,
                Err(refusal) => return Err(refusal),
            },
            None => None,
        };
        let mut count = Count {
            stocktake: self.stocktake,
            place: self.place,
            seen: None,
            code: None,
            absent: self.absent,
            amount: None,
            weighing: None,
            put_here: false,
            bucket: Bucket::Unknown,
        };
        let Some((label, container)) = found else {
            count.code = Some(self.code.clone());
            if self.absent {
                return Err(Refusal::LabelUnknown {});
            }
            facts.counting(&count, None, done)?;
            let mut draft = Draft::of(Act::Count(count));
            draft.reason.clone_from(&self.reason);
            return Ok(draft.into());
        };
        (count.amount, count.weighing) = match self.measure {
            Some(measure) => {
                let (amount, weighing) = measure.counted(facts, container, label)?;
                (Some(amount), weighing)
            }
            None => (None, None),
        };
        count.seen = Some(Sight {
            serial: container.serial,
            book: Prior {
                entry: container.last_entry,
                standing: container.standing,
            },
        });
        let seen = Seen {
            container,
            product: facts.product_of(container)?,
            standing: &container.standing,
        };
        let counted = facts.counting(&count, Some(seen), done)?;
        let counted = counted.ok_or(Refusal::Inconsistent { what: "count" })?;
        count.bucket = counted.bucket();
        count.put_here = self.put_here && counted.misplaced;
        let is_put = count.put_here;
        let mut draft = Draft::of(Act::Count(count));
        draft.reason.clone_from(&self.reason);
        if is_put {
            self.put(facts, cx, (label, container), &mut draft)?;
            if !facts.may_there(by, Permission::Move, &draft, cx.now)
                || !facts
                    .roles(by, cx.now)
                    .any(|(role, _)| role.may(Permission::Move))
            {
                return Err(Refusal::NotPermitted {});
            }
        }
        Ok(draft.into())
    }
}

impl Scan {
    /// The container stands where it was seen, as if somebody had moved it.
    fn put(
        &self,
        facts: &Facts,
        cx: &Context,
        (label, container): (Label, &Container),
        draft: &mut Draft,
    ) -> Result<(), Refusal> {
        let there = after(container, label, Event::Move, Kind::Move)?;
        let product = facts.product_of(container)?;
        Authority::Unsigned.allows(facts, container, label, cx.now)?;
        unreserved(facts, cx, Authority::Unsigned, label)?;
        facts.permits(facts.place(self.place)?, product, cx.now)?;
        let there = Standing {
            place: self.place,
            ..there
        };
        let now = &container.standing;
        draft.containers.push(line(container, there));
        draft.postings.push(inside(container, now, -there.amount));
        draft.postings.push(inside(container, &there, there.amount));
        Ok(())
    }
}

impl Measure {
    /// What was counted, in base units, and how it was weighed. What the book says is not told (blind count).
    ///
    /// # Errors
    /// [`Refusal::CountDimension`], [`Refusal::TareUnknown`], [`Refusal::DensityUnknown`],
    /// [`Refusal::WeightBelowTare`], [`Refusal::AmountOverflow`].
    pub(super) fn counted(
        self,
        facts: &Facts,
        container: &Container,
        label: Label,
    ) -> Result<(i64, Option<Weighing>), Refusal> {
        let dimension = container.identity.dimension;
        match self {
            Self::Amount(given) if given.dimension() == dimension => Ok((given.amount(), None)),
            Self::Weight { gross, tare } if dimension != Dimension::Count => {
                let recorded = container.identity.tare_ug;
                let recorded = recorded.and_then(|ug| Quantity::new(Dimension::Mass, ug).ok());
                let tare = tare.or(recorded).ok_or(Refusal::TareUnknown { label })?;
                let product = facts.product_of(container)?;
                let scale = Scale::of(container, product, label, gross)?;
                let (net, weighing) = scale.weigh(gross, tare)?;
                Ok((net.amount(), Some(weighing)))
            }
            Self::Amount(_) | Self::Weight { .. } => {
                Err(Refusal::CountDimension { label, dimension })
            }
        }
    }
}
