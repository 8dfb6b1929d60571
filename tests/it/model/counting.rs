//! How stocktakes are invented.

use hazledger::domain::ids::{IncidentId, Label, StocktakeId};
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::stocktake::Amounts;
use hazledger::domain::verb::{BeginStocktake, CloseStocktake, Measure, Resolve, Scan, Variance};

use super::act::Act;
use super::hospital::place_id;
use super::invent::Author;
use super::reference::Hospital;
use super::stocktakes::{Count, Stocktake};

impl Author {
    /// Begins, counts, settles and closes; mostly counts.
    pub fn invent_stocktake(
        &mut self,
        institution: i64,
        hospital: &Hospital,
        hot: Option<u64>,
    ) -> Act {
        if self.chance.percent(20) {
            return self.invent_keeping(institution, hospital, hot);
        }
        let count = i64::try_from(hospital.stocktakes.len()).unwrap();
        let open: Vec<i64> = (1..)
            .zip(&hospital.stocktakes)
            .filter(|(_, one)| !one.closed)
            .map(|(id, _)| id)
            .collect();
        if open.is_empty() || self.chance.percent(3) {
            let place = self.chance.between(1, 7);
            return Act::Begin(BeginStocktake {
                place: place_id(place),
                amounts: if self.chance.percent(40) {
                    Amounts::All
                } else {
                    Amounts::Controlled
                },
                sample: None,
                reason: String::new(),
            });
        }
        let has_more = |id: &&i64| {
            let index = usize::try_from(**id - 1).unwrap();
            let mut tallies = hospital.stocktakes[index].tallies.values();
            tallies.any(|tally| tally.settled.is_none())
        };
        let full: Vec<i64> = open.iter().filter(has_more).copied().collect();
        let id = if !full.is_empty() && self.chance.percent(85) {
            self.chance.pick(&full)
        } else if self.chance.percent(96) {
            self.chance.pick(&open)
        } else {
            self.chance.between(1, count + 1)
        };
        let stocktake = StocktakeId::try_from(id).unwrap();
        let tallies = hospital.stocktakes.get(usize::try_from(id - 1).unwrap());
        let pending: Vec<i64> = tallies
            .into_iter()
            .flat_map(|one| &one.tallies)
            .filter(|(_, tally)| {
                tally.settled.is_none() && tally.count.as_ref().is_some_and(Count::differs)
            })
            .map(|(serial, _)| *serial)
            .collect();
        let to_resolve = tallies.and_then(Stocktake::to_resolve);
        match self.chance.below(100) {
            0..8 if to_resolve.is_some() => {
                let code = match to_resolve.unwrap() {
                    Ok(serial) => hospital.label(institution, serial).to_string(),
                    Err(code) => code,
                };
                let wrong = self.chance.percent(5);
                let label: Option<Label> = code.parse().ok();
                let known = label.and_then(|label| hospital.evidence.get(&label.serial().get()));
                Act::Resolve(Resolve {
                    stocktake,
                    incident: known.map(|id| IncidentId::try_from(*id).unwrap()),
                    code: if wrong { "690".to_owned() } else { code },
                    reason: "已放回".to_owned(),
                })
            }
            0..6 => Act::Close(CloseStocktake {
                stocktake,
                reason: String::new(),
            }),
            6..24 if !pending.is_empty() => {
                let count = self.chance.pick(&[1, 1, 1, 2]);
                let labels = (0..count).map(|_| {
                    if self.chance.percent(90) {
                        hospital.label(institution, self.chance.pick(&pending))
                    } else {
                        self.label(institution, hospital, hot)
                    }
                });
                Act::Settle(Variance {
                    stocktake,
                    labels: labels.collect(),
                    reason: "盘点差异".to_owned(),
                })
            }
            _ => self.invent_scan(institution, hospital, hot, (stocktake, &pending)),
        }
    }

    /// What was counted twice, mostly: a shortage of what nobody watches, or more than the book says.
    pub fn invent_settling(
        &mut self,
        institution: i64,
        hospital: &Hospital,
        hot: Option<u64>,
    ) -> Option<Act> {
        let open = (1..)
            .zip(&hospital.stocktakes)
            .filter(|(_, one)| !one.closed);
        let confirmed = open.flat_map(|(id, one)| {
            let tallies = one.tallies.iter().filter(|(_, tally)| {
                let count = tally.count.as_ref();
                tally.settled.is_none() && count.is_some_and(|count| count.confirmed)
            });
            tallies.map(move |(serial, _)| (id, *serial))
        });
        let confirmed: Vec<(i64, i64)> = confirmed.collect();
        if confirmed.is_empty() {
            return None;
        }
        let (id, serial) = self.chance.pick(&confirmed);
        let label = if self.chance.percent(95) {
            hospital.label(institution, serial)
        } else {
            self.label(institution, hospital, hot)
        };
        Some(Act::Settle(Variance {
            stocktake: StocktakeId::try_from(id).unwrap(),
            labels: vec![label],
            reason: "盘点差异".to_owned(),
        }))
    }

    fn invent_scan(
        &mut self,
        institution: i64,
        hospital: &Hospital,
        hot: Option<u64>,
        (stocktake, pending): (StocktakeId, &[i64]),
    ) -> Act {
        let index = usize::try_from(stocktake.get() - 1).unwrap();
        let unseen: Vec<i64> = hospital
            .stocktakes
            .get(index)
            .into_iter()
            .flat_map(|one| &one.tallies)
            .filter(|(_, tally)| tally.count.is_none())
            .map(|(serial, _)| *serial)
            .collect();
        let label = if !pending.is_empty() && self.chance.percent(50) {
            hospital.label(institution, self.chance.pick(pending))
        } else if !unseen.is_empty() && self.chance.percent(85) {
            hospital.label(institution, self.chance.pick(&unseen))
        } else {
            self.label(institution, hospital, hot)
        };
        let index = usize::try_from(label.serial().get() - 1).unwrap();
        let bottle = hospital.bottles.get(index);
        let measure = bottle.filter(|_| self.chance.percent(75)).map(|bottle| {
            let off = match self.chance.below(10) {
                0 => 1_000,
                1..5 => -1_000,
                _ => 0,
            };
            let wrong = self.chance.percent(2);
            let own = bottle.identity.dimension;
            let dimension = match (wrong, own) {
                (false, own) => own,
                (true, Dimension::Mass) => Dimension::Volume,
                (true, Dimension::Volume | Dimension::Count) => Dimension::Mass,
            };
            let amount = (bottle.amount + off).max(0);
            Measure::Amount(Quantity::new(dimension, amount).unwrap())
        });
        let own = bottle.map_or(1, |bottle| bottle.place);
        let place = if self.chance.percent(85) {
            own
        } else {
            self.chance.between(1, 7)
        };
        let absent = measure.is_none() && self.chance.percent(40);
        let code = if self.chance.below(300) == 0 {
            self.chance.pick(&["690", "691"]).to_owned()
        } else {
            label.to_string()
        };
        Act::Scan(Scan {
            stocktake,
            place: place_id(place),
            code,
            absent,
            measure,
            put_here: self.chance.percent(30),
            reason: String::new(),
        })
    }
}
