//! What people of the county do all day: they draw, use and bring back.

use super::{
    super::{
        DemoError,
        hospital::{seq, table},
    },
    site::{Due, Site, Taken, all, measure, part},
};
use crate::domain::{
    ids::Label,
    quantity::Quantity,
    verb::{Checkout, Claim, GiveBack, Measure, Source, Take, Use, Verb},
};

/// Something that somebody is about to do.
struct Planned {
    by: String,
    verb: Box<dyn Verb>,
    then: Then,
}

/// What comes of it.
enum Then {
    /// So much is left in the bottle, and it is free again.
    Left(Label, i64),
    /// It is out until that tick.
    Out(Label, Option<Quantity>, i64),
}

impl Site<'_> {
    /// What everybody does at one moment, each with another bottle.
    fn plan(&mut self, tick: i64) -> Result<Vec<Planned>, DemoError> {
        let mut planned = Vec::new();
        for _ in 0..self.acts {
            let finished = self.due.iter().position(|due| due.ready <= tick);
            let next = match finished.map(|at| self.due.remove(at)) {
                Some(due) => Some(self.finish(&due, tick)?),
                None => self.draw(tick)?,
            };
            planned.extend(next);
        }
        Ok(planned)
    }

    /// Does it.
    pub async fn work(&mut self, tick: i64) -> Result<(), DemoError> {
        let mut sent = Vec::new();
        let mut thens = Vec::new();
        for Planned { by, verb, then } in self.plan(tick)? {
            sent.push((self.hospital.who(&by).await?, verb));
            thens.push(then);
        }
        let app = self.hospital.app;
        let answers = all(sent.into_iter().map(|(who, verb)| async move {
            let done = app.execute(&who, "demo", None, verb, seq).await;
            Ok(done.map(|(answer, _)| answer)?)
        }));
        for (then, answer) in thens.into_iter().zip(answers.await?) {
            match then {
                Then::Left(label, left) => self.note(label, left, false),
                Then::Out(label, taken, ready) => {
                    let what = match taken {
                        Some(taken) => Taken::Part(answer.parse().map_err(table)?, taken),
                        None => Taken::Whole,
                    };
                    self.due.push(Due { label, ready, what });
                }
            }
        }
        Ok(())
    }

    /// 领用, or 使用 straight out of the bottle.
    fn draw(&mut self, tick: i64) -> Result<Option<Planned>, DemoError> {
        let Some(bottle) = self.any(|kept, _| !kept.is_controlled) else {
            return Ok(None);
        };
        let (room, taken, purpose) = {
            let row = &self.kept(bottle.product)?;
            (row.room.clone(), row.row.taken, row.row.purpose.clone())
        };
        let by = self.keeper(&room, tick)?;
        let left = bottle.left - taken.amount();
        self.note(bottle.label, left, true);
        let die = self.chance.between(1, 20);
        if die <= 3 {
            let verb = Use {
                label: bottle.label,
                source: Some(Source::Container),
                amount: taken,
                purpose,
                claim: Claim::default(),
            };
            let then = Then::Left(bottle.label, left);
            return Ok(Some(Planned {
                by,
                verb: Box::new(verb),
                then,
            }));
        }
        let receiver = self.receiver(&room)?;
        let (take, part, days) = if die <= 6 {
            self.note(bottle.label, bottle.left, true);
            (Take::Whole, None, self.chance.between(6, 40))
        } else {
            (Take::Part(taken), Some(taken), self.chance.between(1, 12))
        };
        let verb = Checkout {
            label: bottle.label,
            take,
            receiver: self.hospital.id(&receiver)?,
            purpose,
            claim: Claim::default(),
        };
        let then = Then::Out(bottle.label, part, tick + days);
        Ok(Some(Planned {
            by,
            verb: Box::new(verb),
            then,
        }))
    }

    /// What was taken is used up, or comes back.
    fn finish(&mut self, due: &Due, tick: i64) -> Result<Planned, DemoError> {
        let none = || table("a bottle is missing");
        let bottle = *self.bottle(due.label).ok_or_else(none)?;
        let kept = self.kept(bottle.product)?;
        let (room, purpose, each) = (kept.room.clone(), kept.row.purpose.clone(), kept.row.each);
        let (label, claim) = (bottle.label, Claim::default());
        let by = self.keeper(&room, tick)?;
        let (source, measured, left) = match due.what {
            Taken::Part(entry, amount) if self.chance.between(1, 4) > 1 => {
                let verb = Use {
                    label,
                    source: Some(Source::Checkout(entry)),
                    amount,
                    purpose,
                    claim,
                };
                let then = Then::Left(label, bottle.left);
                return Ok(Planned {
                    by,
                    verb: Box::new(verb),
                    then,
                });
            }
            Taken::Part(entry, taken) => {
                let back = match part(taken, 20)? {
                    back if back.amount() == 0 => taken,
                    back => back,
                };
                let measured = Measure::Amount(back);
                (
                    Source::Checkout(entry),
                    measured,
                    bottle.left + back.amount(),
                )
            }
            Taken::Whole => {
                let now = Quantity::new(each.dimension(), bottle.left).map_err(table)?;
                let rest = part(now, self.chance.between(40, 90))?;
                // A balance may show a little less.
                let left = part(rest, 99)?.amount();
                (
                    Source::Container,
                    measure(self.kept(bottle.product)?, rest)?,
                    left,
                )
            }
        };
        let verb = GiveBack {
            label,
            source: Some(source),
            measure: measured,
            place: None,
            reason: String::new(),
            claim,
        };
        let then = Then::Left(label, left);
        Ok(Planned {
            by,
            verb: Box::new(verb),
            then,
        })
    }
}
