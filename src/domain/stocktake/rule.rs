//! What may be counted, settled and closed.

use crate::domain::{
    container::{Container, Event, MOST_BOOKED, Standing, Status},
    facts::Facts,
    ids::{IncidentId, Label, PersonId, PlaceId, Seq, Serial, StocktakeId},
    incident::{Affected, Incident, IncidentKind},
    ledger::{Kind, Prior, Weighing},
    product::Product,
    quantity::{Dimension, Quantity},
    refusal::Refusal,
    scale::Scale,
    substance::ControlClass,
    time::Time,
};

use super::{
    Alike, Amounts, Bucket, Count, Counted, Done, Running, Sample, Tally, Totals, stray_key,
};

/// A container as a scan finds it in the book.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'f> {
    /// Which.
    pub container: &'f Container,
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
    /// The entry of that count.
    pub entry: Seq,
    /// Where it was counted.
    pub place: PlaceId,
}

impl Facts {
    /// How a container that stood as `prior` says stands when it is settled. What was lost and then counted
    /// is there again, where it was counted; of an open incident, the incident says so.
    ///
    /// # Errors
    /// [`Refusal::ContainerState`], [`Refusal::ContainerInIncident`], [`Refusal::PlaceClosed`],
    /// [`Refusal::AmountOverflow`], [`Refusal::VarianceBelowZero`].
    pub fn settled_so(
        &self,
        settling: &Settling,
        container: &Container,
        prior: Prior,
    ) -> Result<Standing, Refusal> {
        let now = prior.standing;
        let label = Label::new(self.institution, container.serial, now.generation);
        if now.status != Status::Lost {
            return settling.after(label, now);
        }
        Self::uninvolved(container, label)?;
        let found = self.stock.found(container.serial, now.status);
        let since = settling.difference > 0 && settling.entry > prior.entry;
        let status = found.filter(|_| since).ok_or(Refusal::ContainerState {
            label,
            state: now.status,
            act: Kind::Variance,
        })?;
        let amount = now.amount.checked_add(settling.difference);
        Ok(Standing {
            status,
            place: self.place(settling.place)?.id,
            holder: None,
            amount: amount.ok_or(Refusal::AmountOverflow {})?,
            ..now
        })
    }
}

impl Settling {
    /// How a container stands when it is settled, if it never left.
    fn after(self, label: Label, now: Standing) -> Result<Standing, Refusal> {
        if now.status.after(Event::Adjust).is_none() {
            return Err(Refusal::ContainerState {
                label,
                state: now.status,
                act: Kind::Variance,
            });
        }
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
    /// [`Refusal::SampleEmpty`], [`Refusal::PlaceUnknown`], [`Refusal::PlaceClosed`],
    /// [`Refusal::PlaceBeingCounted`].
    pub fn beginning(
        &self,
        place: PlaceId,
        sample: Option<&Sample>,
    ) -> Result<Vec<(Serial, PlaceId)>, Refusal> {
        if sample.is_some_and(|sample| sample.size == 0) {
            return Err(Refusal::SampleEmpty {});
        }
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
    /// [`Refusal::RecountByThird`], [`Refusal::CountNotExpected`], [`Refusal::TareRecorded`],
    /// [`Refusal::AmountOverflow`] beyond [`MOST_BOOKED`].
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
        let label = Label::new(
            self.institution,
            seen.container.serial,
            seen.standing.generation,
        );
        let key = (count.stocktake, seen.container.serial);
        if let Some(tally) = self.takings.tallies.get(key) {
            Self::may_count(tally, count, label, done.by)?;
        }
        let standing = seen.standing;
        // What was given up for lost may be what stands here; of an open incident, its end brings it back.
        let is_found = standing.status == Status::Lost && seen.container.incident.is_none();
        let can_differ = is_found || standing.status.after(Event::Adjust).is_some();
        if count.absent {
            let here = standing.stands_at();
            if !here.is_some_and(|at| self.lies_in(at, running.stocktake.place)) {
                return Err(Refusal::CountNotExpected { label });
            }
        } else if count.amount.is_none() && can_differ {
            let watched = self.is_watched(seen.product, done.at);
            if watched || is_found || running.stocktake.amounts == Amounts::All {
                return Err(Refusal::CountAmountMissing { label });
            }
        }
        let difference = match count.amount {
            _ if count.absent => -standing.amount,
            Some(amount) if can_differ => off_book(amount, count.weighing.as_ref(), seen, label)?,
            Some(_) | None => 0,
        };
        let is_here = standing.stands_at() == Some(count.place);
        let is_off_book = match standing.status {
            Status::Sent | Status::InTransit | Status::Disposed | Status::Void => true,
            Status::Lost => !is_found,
            Status::InStock | Status::Empty | Status::Waste | Status::CheckedOut => false,
        };
        let counted = Counted {
            done,
            place: count.place,
            absent: count.absent,
            // An empty bottle is nowhere in particular.
            misplaced: !(count.absent || is_here || standing.status == Status::Empty),
            difference,
            confirmed: false,
            off_book: is_off_book && !count.absent,
        };
        let standing = self.standing_count(key);
        let confirmed = standing.is_some_and(|before| before.agrees(&counted));
        Ok(Some(Counted {
            confirmed: confirmed && counted.differs(),
            ..counted
        }))
    }

    /// The count that a further one may confirm: it differs, and of what it was compared with nothing was
    /// corrected since.
    pub(super) fn standing_count(&self, key: (StocktakeId, Serial)) -> Option<&Counted> {
        let count = self.takings.tallies.get(key)?.count.as_ref();
        count.filter(|count| count.differs() && !self.takings.is_outdated(key.1, count))
    }

    /// Whether somebody may count what has been counted: not what agreed or is settled, nor oneself again; and
    /// what two have doubted nobody of them.
    fn may_count(tally: &Tally, count: &Count, label: Label, by: PersonId) -> Result<(), Refusal> {
        let Some(before) = tally.count else {
            return Ok(());
        };
        if tally.settled.is_some() || !before.differs() {
            return Err(Refusal::AlreadyCounted {
                label,
                at: before.done.at,
                by: before.done.by,
            });
        }
        if tally.doubted_by.len() > 1 && tally.doubted_by.contains(&by) {
            return Err(Refusal::RecountByThird { label, by });
        }
        // Whoever said alone that it is not there may still come upon it.
        let comes_upon_it = before.absent && !count.absent;
        if before.done.by == by && !comes_upon_it {
            return Err(Refusal::RecountByAnother { label, by });
        }
        Ok(())
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
            entry: count.done.entry,
            place: count.place,
        })
    }

    /// Whether what is settled is a suspected loss and no variance (RULES D7).
    #[must_use]
    pub fn is_loss(&self, settling: &Settling, product: &Product, now: Time) -> bool {
        (settling.absent || settling.difference < 0) && self.is_watched(product, now)
    }

    /// The incident of what a stocktake misses, under that number: the only one that such a loss opens.
    ///
    /// # Errors
    /// [`Refusal::StocktakeUnknown`], [`Refusal::StocktakeClosed`]; [`Refusal::AmountZero`] of nothing.
    pub fn suspected_loss(
        &self,
        stocktake: StocktakeId,
        id: IncidentId,
        missing: &[(Serial, Settling)],
    ) -> Result<Incident, Refusal> {
        let discovered = missing.iter().map(|(_, settling)| settling.found_at);
        let affected = missing.iter().map(|(serial, settling)| Affected {
            serial: *serial,
            lost: -settling.difference,
        });
        Ok(Incident {
            id,
            kind: IncidentKind::SuspectedLoss,
            place: self.open_stocktake(stocktake)?.stocktake.place,
            discovered_at: discovered.min().ok_or(Refusal::AmountZero {})?,
            containers: affected.collect(),
        })
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
            off_book: open.off_book,
        })
    }

    /// What a stocktake comes to now, and how much of it is left to do. The facts must hold all of it.
    ///
    /// # Errors
    /// [`Refusal::StocktakeUnknown`].
    pub fn stocktake_totals(&self, stocktake: StocktakeId) -> Result<(Totals, Totals), Refusal> {
        let place = self.stocktake(stocktake)?.stocktake.place;
        let mut alike = Vec::new();
        for (serial, tally) in self.takings.members(stocktake) {
            let container = self.stock.containers.get(serial);
            let container = container.ok_or(Refusal::Inconsistent {
                what: "container of a stocktake",
            })?;
            alike.push(Alike {
                tally: tally.clone(),
                standing: container.standing,
                last_entry: container.last_entry,
                containers: 1,
            });
        }
        let strays = self.takings.strays.iter();
        let strays = strays.filter(|((of, _), _)| *of == stocktake);
        let strays = strays.map(|(_, stray)| (stray.resolved.is_some(), 1));
        Ok(self.sum_up(place, alike, strays))
    }

    /// What a stocktake of that place comes to, and how much of it is left to do: of containers, those that
    /// stand alike together, and of codes that nobody knows, whether that is resolved and how many they are.
    #[must_use]
    pub fn sum_up(
        &self,
        place: PlaceId,
        containers: impl IntoIterator<Item = Alike>,
        strays: impl IntoIterator<Item = (bool, u32)>,
    ) -> (Totals, Totals) {
        let (mut all, mut open) = (Totals::default(), Totals::default());
        for alike in containers {
            let Alike {
                tally,
                standing,
                last_entry,
                containers,
            } = alike;
            if tally.expected_at.is_some() {
                all.expected += containers;
            }
            let here = self.lies_in(standing.place, place);
            match tally.bucket(&standing, last_entry, here) {
                Some((bucket, is_open)) => {
                    all.add(bucket, containers);
                    if is_open {
                        open.add(bucket, containers);
                    }
                }
                None => all.left += containers,
            }
        }
        for (is_resolved, codes) in strays {
            all.add(Bucket::Unknown, codes);
            if !is_resolved {
                open.add(Bucket::Unknown, codes);
            }
        }
        (all, open)
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
        let here = self.lies_in(standing.place, place);
        tally.bucket(standing, container.last_entry, here)
    }
}

/// Counted less booked, base units; what a balance may be off is no difference. A weight is read with the
/// density and the tare that are recorded, whoever says others: a density of nearly nothing would make any
/// difference one that a balance may be off.
///
/// # Errors
/// [`Refusal::Inconsistent`] for less than nothing, and for an amount that was not weighed so;
/// [`Refusal::TareRecorded`]; [`Refusal::AmountOverflow`].
pub(in crate::domain) fn off_book(
    amount: i64,
    weighing: Option<&Weighing>,
    seen: Seen<'_>,
    label: Label,
) -> Result<i64, Refusal> {
    const WRONG: Refusal = Refusal::Inconsistent { what: "count" };
    let booked = seen.standing.amount;
    if amount < 0 {
        return Err(WRONG);
    }
    if amount > MOST_BOOKED {
        return Err(Refusal::AmountOverflow {});
    }
    let tolerance = match weighing {
        Some(weighing) => {
            let mass = |ug| Quantity::new(Dimension::Mass, ug).map_err(|_| WRONG);
            let (gross, tare) = (mass(weighing.gross_ug)?, mass(weighing.tare_ug)?);
            let recorded = seen.container.identity.tare_ug;
            if let Some(recorded) = recorded.filter(|ug| *ug != weighing.tare_ug) {
                let recorded = mass(recorded)?;
                return Err(Refusal::TareRecorded { label, recorded });
            }
            let scale = Scale::of(seen.container, seen.product, label, gross)?;
            let (weighed, read) = scale.weigh(gross, tare)?;
            if weighed.amount() != amount || read != *weighing {
                return Err(WRONG);
            }
            scale.tolerance(booked)?
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
