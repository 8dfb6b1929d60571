//! What the entries of a stocktake do, whoever wrote them.

use std::collections::BTreeSet;

use crate::domain::{
    container::{Container, Event, Standing},
    facts::Facts,
    ids::{Label, StocktakeId},
    incident::Incident,
    ledger::{Act, ContainerLine, Kind, Record},
    refusal::Refusal,
    time::Time,
};

use super::{
    Bucket, Count, Done, Resolution, Running, Seen, Sight, Stocktake, StocktakeClosing, Stray,
    Tally, list_digest, resolving::explained, stray_key,
};

impl Facts {
    /// Applies an entry of a stocktake.
    ///
    /// # Errors
    /// What the verb would have been refused for.
    pub(in crate::domain) fn step_stocktake(&mut self, record: &Record) -> Result<(), Refusal> {
        let nobody = Refusal::Inconsistent {
            what: "person of a stocktake",
        };
        let done = Done {
            entry: record.seq,
            by: record.actor.person.ok_or(nobody)?,
            at: record.recorded_at,
        };
        let kind = record.act.kind();
        let moves = matches!(kind, Kind::Count | Kind::Variance | Kind::Loss);
        if !moves && !record.containers.is_empty() {
            return Err(Refusal::Inconsistent {
                what: "containers of a stocktake",
            });
        }
        if let Act::Stocktake(stocktake) = &record.act {
            self.begin(stocktake, done)
        } else if let Act::Count(count) = &record.act {
            self.count(count, &record.containers, done)
        } else if let Act::Resolve(resolution) = &record.act {
            self.resolve(resolution, record, done)
        } else if let Act::Variance(settlement) = &record.act {
            self.settle(settlement.stocktake, None, record)
        } else if let Act::Loss(loss) = &record.act {
            self.settle(loss.stocktake, Some(&loss.incident), record)?;
            self.opening_incident(&loss.incident, record.recorded_at)?;
            self.open_incident(&loss.incident, record, Some(done.by))
        } else if let Act::CloseStocktake(closing) = &record.act {
            self.close(*closing, done)
        } else {
            Ok(())
        }
    }

    fn resolve(
        &mut self,
        resolution: &Resolution,
        record: &Record,
        done: Done,
    ) -> Result<(), Refusal> {
        self.resolving(resolution, &record.reason, done.by, done.at)?;
        let by = done.entry;
        if let Some(serial) = resolution.serial {
            let tally = self.takings.tallies.change((resolution.stocktake, serial));
            tally.ok_or(Refusal::NothingToResolve {})?.put_right = Some(by);
        }
        if let Some(code) = &resolution.code {
            let key = stray_key(resolution.stocktake, code);
            let stray = self.takings.strays.change(key);
            stray.ok_or(Refusal::NothingToResolve {})?.resolved = Some(by);
        }
        Ok(())
    }

    fn close(&mut self, closing: StocktakeClosing, done: Done) -> Result<(), Refusal> {
        if self.closing_stocktake(closing.stocktake)? != closing.totals {
            return Err(Refusal::Inconsistent {
                what: "totals of a stocktake",
            });
        }
        let running = self.takings.stocktakes.change(closing.stocktake);
        let running = running.ok_or(Refusal::StocktakeUnknown {})?;
        running.closed = Some((done, closing.totals));
        Ok(())
    }

    fn begin(&mut self, stocktake: &Stocktake, done: Done) -> Result<(), Refusal> {
        let expected = self.beginning(stocktake.place, stocktake.sample.as_ref())?;
        let count = u32::try_from(expected.len()).unwrap_or(u32::MAX);
        if stocktake.expected != count || stocktake.expected_sha256 != list_digest(&expected) {
            return Err(Refusal::Inconsistent {
                what: "list of a stocktake",
            });
        }
        let running = Running {
            stocktake: stocktake.clone(),
            begun: done,
            closed: None,
        };
        if !self.takings.stocktakes.add(stocktake.id, running) {
            return Err(Refusal::Inconsistent {
                what: "number of a stocktake",
            });
        }
        let drawn = match &stocktake.sample {
            Some(sample) => sample.of(expected),
            None => expected,
        };
        for (serial, at) in drawn {
            let tally = Tally {
                expected_at: Some(at),
                ..Tally::default()
            };
            self.takings.put_tally((stocktake.id, serial), tally);
        }
        Ok(())
    }

    fn count(&mut self, count: &Count, lines: &[ContainerLine], done: Done) -> Result<(), Refusal> {
        const WRONG: Refusal = Refusal::Inconsistent { what: "count" };
        let Some(sight) = count.seen else {
            let code = count.code.as_ref().ok_or(WRONG)?;
            if !lines.is_empty() || count.bucket != Bucket::Unknown {
                return Err(WRONG);
            }
            self.counting(count, None, done)?;
            let stray = Stray {
                code: code.clone(),
                done,
                place: count.place,
                resolved: None,
            };
            let key = stray_key(count.stocktake, code);
            self.takings.strays.put(key, stray);
            return Ok(());
        };
        let serial = sight.serial;
        let container = self.stock.containers.get(serial).ok_or(WRONG)?;
        let product = self.product_of(container)?;
        if count.code.is_some() || !self.leaves_alone(count, sight, container, lines, done.at)? {
            return Err(WRONG);
        }
        let seen = Seen {
            container,
            product,
            standing: &sight.book.standing,
        };
        let counted = self.counting(count, Some(seen), done)?.ok_or(WRONG)?;
        if counted.bucket() != count.bucket {
            return Err(WRONG);
        }
        let key = (count.stocktake, serial);
        let mut doubted_by = BTreeSet::new();
        if counted.differs() {
            if self.standing_count(key).is_some() {
                let before = self.takings.tallies.get(key);
                doubted_by.extend(before.into_iter().flat_map(|before| &before.doubted_by));
            }
            doubted_by.insert(done.by);
        }
        let before = self.takings.tallies.get(key).cloned().unwrap_or_default();
        let tally = Tally {
            count: Some(counted),
            doubted_by,
            put_right: before.put_right.or(count.put_here.then_some(done.entry)),
            ..before
        };
        self.takings.put_tally(key, tally);
        if !count.absent
            && let Some(container) = self.stock.containers.change(serial)
        {
            container.verified_at = Some(done.at);
        }
        Ok(())
    }

    /// A count says how the book has the container, and changes nothing about it but, where nobody signs for
    /// it, its place.
    fn leaves_alone(
        &self,
        count: &Count,
        sight: Sight,
        container: &Container,
        lines: &[ContainerLine],
        now: Time,
    ) -> Result<bool, Refusal> {
        let before = sight.book.standing;
        let [line] = lines else {
            let is_so = container.standing == before && container.last_entry == sight.book.entry;
            return Ok(lines.is_empty() && !count.put_here && is_so);
        };
        let product = self.product_of(container)?;
        let place = count.place;
        Ok(count.put_here
            && !count.absent
            && line.serial == sight.serial
            && line.before == Some(sight.book)
            && !self.requirement(product, now).is_controlled()
            && before.status.after(Event::Move) == Some(line.after.status)
            && line.after == Standing { place, ..before })
    }

    /// What is posted of each container is what was counted twice less what the book said then.
    fn settle(
        &mut self,
        stocktake: StocktakeId,
        incident: Option<&Incident>,
        record: &Record,
    ) -> Result<(), Refusal> {
        const WRONG: Refusal = Refusal::Inconsistent { what: "variance" };
        explained(&record.reason)?;
        let mut settled = Vec::new();
        for line in &record.containers {
            let prior = line.before.ok_or(WRONG)?;
            let label = Label::new(self.institution, line.serial, prior.standing.generation);
            let settling = self.settling(stocktake, line.serial, label)?;
            let container = self.stock.containers.get(line.serial).ok_or(WRONG)?;
            let product = self.product_of(container)?;
            let is_loss = self.is_loss(&settling, product, record.recorded_at);
            let same = self.settled_so(&settling, container, prior)? == line.after;
            if is_loss != incident.is_some() || !same {
                return Err(WRONG);
            }
            settled.push((line.serial, settling));
            let tally = self.takings.tallies.change((stocktake, line.serial));
            tally.ok_or(WRONG)?.settled = Some(record.seq);
            self.custody.settle(line.serial, record.seq);
        }
        let said = match incident {
            Some(incident) => self.suspected_loss(stocktake, incident.id, &settled)? == *incident,
            None => true,
        };
        if settled.is_empty() || !said {
            return Err(WRONG);
        }
        Ok(())
    }
}
