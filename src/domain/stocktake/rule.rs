//! What may be counted, settled and closed.

use crate::domain::{
    container::{Container, Event, Standing, Status},
    facts::Facts,
    ids::{Label, PersonId, PlaceId, Serial, StocktakeId},
    ledger::Weighing,
    product::Product,
    refusal::Refusal,
    scale::Scale,
    substance::ControlClass,
    time::Time,
};

use super::{Amounts, Bucket, Count, Counted, Done, Resolution, Running, Tally, Totals, stray_key};

/// A container as a scan finds it in the book.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'f> {
    /// Which.
    pub serial: Serial,
    /// What is in it.
    pub product: &'f Product,
    /// How it stood.
    pub standing: &'f Standing,
}

/// What is to be posted of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settling {
    /// Counted less the ledger at that moment, base units.
    pub difference: i64,
    /// The container itself is not there.
    pub absent: bool,
    /// When that was found for good.
    pub found_at: Time,
}

impl Settling {
    /// How a container stands when it is settled.
    ///
    /// # Errors
    /// [`Refusal::VarianceBelowZero`].
    pub fn after(&self, label: Label, now: Standing) -> Result<Standing, Refusal> {
        let amount = now.amount.checked_add(self.difference);
        let amount = amount.filter(|left| *left >= 0);
        let amount = amount.ok_or(Refusal::VarianceBelowZero { label })?;
        let after = Standing { amount, ..now }.settled();
        if self.absent && amount == 0 {
            Ok(Standing {
                status: Status::Lost,
                ..after
            })
        } else {
            Ok(after)
        }
    }
}

impl Facts {
    /// The stocktake.
    ///
    /// # Errors
    /// [`Refusal::StocktakeUnknown`].
    pub fn stocktake(&self, id: StocktakeId) -> Result<&Running, Refusal> {
        let running = self.takings.stocktakes.get(id);
        running.ok_or(Refusal::StocktakeUnknown {})
    }

    /// The stocktake, under way.
    ///
    /// # Errors
    /// [`Refusal::StocktakeUnknown`], [`Refusal::StocktakeClosed`].
    pub fn open_stocktake(&self, id: StocktakeId) -> Result<&Running, Refusal> {
        let running = self.stocktake(id)?;
        if running.closed.is_some() {
            return Err(Refusal::StocktakeClosed { stocktake: id });
        }
        Ok(running)
    }

    /// Whether a place is another or lies in it.
    #[must_use]
    pub fn lies_in(&self, place: PlaceId, around: PlaceId) -> bool {
        self.place_and_above(place).any(|place| place.id == around)
    }

    /// Whether what is missing of a product is a suspected loss, and its amount counted: its class is watched
    /// (RULES D7), or a policy asks for signatures.
    #[must_use]
    pub fn is_watched(&self, product: &Product, now: Time) -> bool {
        let classes = product.classes_on(now.china_day());
        classes.into_iter().any(ControlClass::is_watched)
            || self.requirement(product, now).is_controlled()
    }

    /// What stands at a place and in it, by serial. The facts must hold all containers there.
    #[must_use]
    pub fn standing_in(&self, place: PlaceId) -> Vec<(Serial, PlaceId)> {
        let containers = self.stock.containers.iter();
        let mut there: Vec<_> = containers
            .filter_map(|(serial, container)| Some((*serial, container.standing.stands_at()?)))
            .filter(|(_, at)| self.lies_in(*at, place))
            .collect();
        there.sort_unstable();
        there
    }

    /// Whether a stocktake may begin, and what is expected in it.
    ///
    /// # Errors
    /// [`Refusal::PlaceUnknown`], [`Refusal::PlaceClosed`], [`Refusal::PlaceBeingCounted`].
    pub fn beginning(&self, place: PlaceId) -> Result<Vec<(Serial, PlaceId)>, Refusal> {
        self.place(place)?;
        let open = self.takings.stocktakes.iter();
        let mut open = open.filter(|(_, running)| running.closed.is_none());
        let other = open.find(|(_, running)| {
            let at = running.stocktake.place;
            self.lies_in(at, place) || self.lies_in(place, at)
        });
        match other {
            Some((stocktake, _)) => Err(Refusal::PlaceBeingCounted {
                place,
                stocktake: *stocktake,
            }),
            None => Ok(self.standing_in(place)),
        }
    }

    /// What comes of a scan.
    ///
    /// # Errors
    /// [`Refusal::StocktakeUnknown`], [`Refusal::StocktakeClosed`], [`Refusal::PlaceUnknown`],
    /// [`Refusal::PlaceClosed`], [`Refusal::PlaceNotInStocktake`], [`Refusal::CodeAlreadyCounted`],
    /// [`Refusal::AlreadyCounted`], [`Refusal::RecountByAnother`], [`Refusal::CountAmountMissing`],
    /// [`Refusal::CountNotExpected`].
    pub fn counting(
        &self,
        count: &Count,
        seen: Option<Seen<'_>>,
        done: Done,
    ) -> Result<Option<Counted>, Refusal> {
        let running = self.open_stocktake(count.stocktake)?;
        self.place(count.place)?;
        if !self.lies_in(count.place, running.stocktake.place) {
            return Err(Refusal::PlaceNotInStocktake {
                place: count.place,
                stocktake: count.stocktake,
            });
        }
        let Some(seen) = seen else {
            let code = count.code.as_deref().unwrap_or_default();
            return match self.takings.strays.get(stray_key(count.stocktake, code)) {
                Some(stray) => Err(Refusal::CodeAlreadyCounted {
                    at: stray.done.at,
                    by: stray.done.by,
                }),
                None => Ok(None),
            };
        };
        let label = Label::new(self.institution, seen.serial, seen.standing.generation);
        let key = (count.stocktake, seen.serial);
        let tally = self.takings.tallies.get(key).copied().unwrap_or_default();
        let is_recount = Self::may_count(&tally, count, label, done.by)?;
        let standing = seen.standing;
        let can_differ = standing.status.after(Event::Adjust).is_some();
        if count.absent {
            let here = standing.stands_at();
            if !here.is_some_and(|at| self.lies_in(at, running.stocktake.place)) {
                return Err(Refusal::CountNotExpected { label });
            }
        } else if count.amount.is_none() && can_differ {
            let watched = self.is_watched(seen.product, done.at);
            if watched || running.stocktake.amounts == Amounts::All {
                return Err(Refusal::CountAmountMissing { label });
            }
        }
        let difference = match count.amount {
            _ if count.absent => -standing.amount,
            Some(amount) if can_differ => {
                off_book(amount, count.weighing.as_ref(), standing.amount)?
            }
            Some(_) | None => 0,
        };
        let is_here = standing.stands_at() == Some(count.place);
        let counted = Counted {
            done,
            place: count.place,
            absent: count.absent,
            // An empty bottle is nowhere in particular.
            misplaced: !(count.absent || is_here || standing.status == Status::Empty),
            difference,
            confirmed: false,
        };
        Ok(Some(Counted {
            confirmed: is_recount && counted.differs(),
            ..counted
        }))
    }

    /// Whether somebody may count what has been counted, and whether that is the second look at it.
    fn may_count(
        tally: &Tally,
        count: &Count,
        label: Label,
        by: PersonId,
    ) -> Result<bool, Refusal> {
        let Some(before) = tally.count else {
            return Ok(false);
        };
        if tally.settled.is_some() || !before.differs() {
            return Err(Refusal::AlreadyCounted {
                label,
                at: before.done.at,
                by: before.done.by,
            });
        }
        // Whoever said that it is not there may still come upon it: that is a first look at it.
        if before.absent && !count.absent {
            return Ok(false);
        }
        if before.done.by == by {
            return Err(Refusal::RecountByAnother { label, by });
        }
        Ok(true)
    }

    /// What a count found of a container that is to be posted: counted twice, by two.
    ///
    /// # Errors
    /// [`Refusal::NothingToSettle`], [`Refusal::RecountMissing`], [`Refusal::CountOutdated`].
    pub fn settling(
        &self,
        stocktake: StocktakeId,
        serial: Serial,
        label: Label,
    ) -> Result<Settling, Refusal> {
        self.open_stocktake(stocktake)?;
        let tally = self.takings.tallies.get((stocktake, serial));
        let open = tally.filter(|tally| tally.settled.is_none());
        let count = open.and_then(|tally| tally.count);
        let count = count
            .filter(Counted::differs)
            .ok_or(Refusal::NothingToSettle { label })?;
        if !count.confirmed {
            return Err(Refusal::RecountMissing { label });
        }
        if self.takings.is_outdated(serial, &count) {
            return Err(Refusal::CountOutdated { label });
        }
        Ok(Settling {
            difference: count.difference,
            absent: count.absent,
            found_at: count.done.at,
        })
    }

    /// Whether what is settled is a suspected loss and no variance (RULES D7).
    #[must_use]
    pub fn is_loss(&self, settling: &Settling, product: &Product, now: Time) -> bool {
        (settling.absent || settling.difference < 0) && self.is_watched(product, now)
    }

    /// What a stocktake comes to now, if nothing in it is left to do. The facts must hold all of it.
    ///
    /// # Errors
    /// [`Refusal::StocktakeUnknown`], [`Refusal::StocktakeClosed`], [`Refusal::StocktakeUnresolved`].
    pub fn closing_stocktake(&self, stocktake: StocktakeId) -> Result<Totals, Refusal> {
        self.open_stocktake(stocktake)?;
        let (totals, open) = self.stocktake_totals(stocktake)?;
        if open == Totals::default() {
            return Ok(totals);
        }
        Err(Refusal::StocktakeUnresolved {
            missing: open.missing,
            misplaced: open.misplaced,
            difference: open.difference,
            unknown: open.unknown,
        })
    }

    /// What a stocktake comes to now, and how much of it is left to do. The facts must hold all of it.
    ///
    /// # Errors
    /// [`Refusal::StocktakeUnknown`].
    pub fn stocktake_totals(&self, stocktake: StocktakeId) -> Result<(Totals, Totals), Refusal> {
        let place = self.stocktake(stocktake)?.stocktake.place;
        let (mut all, mut open) = (Totals::default(), Totals::default());
        for (serial, tally) in self.takings.members(stocktake) {
            all.expected += u32::from(tally.expected_at.is_some());
            let container = self.stock.containers.get(serial);
            let container = container.ok_or(Refusal::Inconsistent {
                what: "container of a stocktake",
            })?;
            match self.bucket(tally, container, place) {
                Some((bucket, is_open)) => {
                    all.add(bucket);
                    if is_open {
                        open.add(bucket);
                    }
                }
                None => all.left += 1,
            }
        }
        let strays = self.takings.strays.iter();
        for (_, stray) in strays.filter(|((of, _), _)| *of == stocktake) {
            all.add(Bucket::Unknown);
            if stray.resolved.is_none() {
                open.add(Bucket::Unknown);
            }
        }
        Ok((all, open))
    }

    /// Where a container stands in a stocktake of that place; see [`Tally::bucket`].
    #[must_use]
    pub fn bucket(
        &self,
        tally: &Tally,
        container: &Container,
        place: PlaceId,
    ) -> Option<(Bucket, bool)> {
        let standing = &container.standing;
        tally.bucket(standing, self.lies_in(standing.place, place))
    }

    /// Whether a finding is there to be put right.
    ///
    /// # Errors
    /// [`Refusal::StocktakeUnknown`], [`Refusal::StocktakeClosed`], [`Refusal::NothingToResolve`].
    pub fn resolving(&self, resolution: &Resolution) -> Result<(), Refusal> {
        self.open_stocktake(resolution.stocktake)?;
        let is_open = match (resolution.serial, &resolution.code) {
            (Some(serial), None) => {
                let tally = self.takings.tallies.get((resolution.stocktake, serial));
                tally.is_some_and(|tally| {
                    let misplaced = tally.count.is_some_and(|count| count.misplaced);
                    misplaced && tally.put_right.is_none()
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
}

/// Counted less booked, base units; what a balance may be off is no difference.
///
/// # Errors
/// [`Refusal::Inconsistent`] for less than nothing, and for an amount that was not weighed so;
/// [`Refusal::AmountOverflow`].
pub(in crate::domain) fn off_book(
    amount: i64,
    weighing: Option<&Weighing>,
    booked: i64,
) -> Result<i64, Refusal> {
    const WRONG: Refusal = Refusal::Inconsistent { what: "count" };
    if amount < 0 {
        return Err(WRONG);
    }
    let tolerance = match weighing {
        Some(weighing) => {
            let (weighed, tolerance) = Scale::reread(weighing, booked)?;
            if weighed != amount {
                return Err(WRONG);
            }
            tolerance
        }
        None => 0,
    };
    let difference = amount
        .checked_sub(booked)
        .ok_or(Refusal::AmountOverflow {})?;
    if difference.abs() <= tolerance {
        return Ok(0);
    }
    Ok(difference)
}
