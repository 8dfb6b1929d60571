//! What people do in the demo hospital: draw, use, bring back, sign, and now and then go wrong.

use super::{Bottle, DAY_SECONDS, Story};
use crate::{
    app::demo::{
        DemoError, WEEKS,
        hospital::{labels, seq, table},
    },
    domain::{
        ids::{PlaceId, Seq},
        ledger::{Late, Part},
        quantity::{Dimension, Quantity},
        request::Proposal,
        verb::{
            Checkout, Claim, GiveBack, Measure, Move, Receive, Reprint, Reverse, Source, Take, Use,
        },
    },
};

impl Story<'_> {
    fn checkout(&self, bottle: &Bottle, take: Take, receiver: &str) -> Result<Checkout, DemoError> {
        Ok(Checkout {
            label: bottle.label,
            take,
            receiver: self.hospital.id(receiver)?,
            purpose: self.kept(bottle.product)?.row.purpose.clone(),
            claim: Claim::default(),
        })
    }

    /// 领用, and 使用 or 归还 of what was taken.
    pub(super) async fn draw(&mut self, room: &str) -> Result<(), DemoError> {
        let Some(bottle) = self.any(|kept| kept.room == room && !kept.is_controlled) else {
            return Ok(());
        };
        let (keeper, receiver) = (self.keeper(room)?, self.receiver(room)?);
        self.hospital.clock.pass_minutes(self.chance.between(3, 25));
        let taken = self.kept(bottle.product)?.row.taken;
        let die = self.chance.between(1, 10);
        if die <= 2 {
            let verb = Use {
                label: bottle.label,
                source: Some(Source::Container),
                amount: taken,
                purpose: self.kept(bottle.product)?.row.purpose.clone(),
                claim: Claim::default(),
            };
            self.hospital.act(&keeper, Box::new(verb), seq).await?;
            self.note(bottle.label, bottle.left - taken.amount(), None);
        } else if die <= 5 {
            let verb = self.checkout(&bottle, Take::Whole, &receiver)?;
            self.hospital.act(&keeper, Box::new(verb), seq).await?;
            let back_in = self.week + self.chance.between(1, 3);
            self.note(bottle.label, bottle.left, Some(back_in));
        } else {
            let verb = self.checkout(&bottle, Take::Part(taken), &receiver)?;
            let checkout = self.hospital.act(&keeper, Box::new(verb), seq).await?;
            let checkout: Seq = checkout.parse().map_err(table)?;
            let left = bottle.left - taken.amount();
            self.note(bottle.label, left, None);
            // What is drawn in the last weeks is still on somebody's bench.
            if self.week < WEEKS - 2 {
                self.finish(&bottle, left, taken, checkout, &keeper).await?;
            }
        }
        Ok(())
    }

    /// A part is used up, or some of it comes back.
    async fn finish(
        &mut self,
        bottle: &Bottle,
        left: i64,
        taken: Quantity,
        checkout: Seq,
        keeper: &str,
    ) -> Result<(), DemoError> {
        self.hospital
            .clock
            .pass_minutes(self.chance.between(20, 60));
        let (label, source) = (bottle.label, Some(Source::Checkout(checkout)));
        let claim = Claim::default();
        if taken.dimension() == Dimension::Count || self.chance.between(1, 3) > 1 {
            let verb = Use {
                label,
                source,
                amount: taken,
                purpose: self.kept(bottle.product)?.row.purpose.clone(),
                claim,
            };
            self.hospital.act(keeper, Box::new(verb), seq).await?;
        } else {
            let back = part(taken, 20)?;
            let verb = GiveBack {
                label,
                source,
                measure: Measure::Amount(back),
                place: None,
                reason: "余量退回".to_owned(),
                claim,
            };
            self.hospital.act(keeper, Box::new(verb), seq).await?;
            self.note(label, left + back.amount(), None);
        }
        Ok(())
    }

    /// Whole bottles come back, weighed where the empty bottle's weight is known.
    pub(super) async fn bring_back(&mut self) -> Result<(), DemoError> {
        let week = self.week;
        let due: Vec<Bottle> = self
            .bottles
            .iter()
            .filter(|bottle| bottle.back_in.is_some_and(|back_in| back_in <= week))
            .cloned()
            .collect();
        for bottle in due {
            self.hospital.clock.pass_minutes(self.chance.between(3, 15));
            let percent = self.chance.between(30, 90);
            let (each, tare, density, room) = {
                let kept = self.kept(bottle.product)?;
                let (tare, density) = (kept.row.tare, kept.product.density);
                (kept.row.each, tare, density, kept.room.clone())
            };
            let now = Quantity::new(each.dimension(), bottle.left).map_err(table)?;
            let back = part(now, percent)?;
            let mass = match (back.dimension(), density) {
                (Dimension::Mass, _) => Some(back),
                (Dimension::Volume, Some(density)) => {
                    Some(density.mass_from_volume(back).map_err(table)?)
                }
                (Dimension::Volume, None) | (Dimension::Count, _) => None,
            };
            let measure = match (mass, tare) {
                // The balance shows tenths of a gram.
                (Some(mass), Some(tare)) => {
                    let gross = mass.checked_add(tare).map_err(table)?.amount();
                    let shown = gross - gross % 100_000;
                    Measure::Weight {
                        gross: Quantity::new(Dimension::Mass, shown).map_err(table)?,
                        tare: None,
                    }
                }
                (Some(_) | None, _) => Measure::Amount(back),
            };
            let verb = GiveBack {
                label: bottle.label,
                source: Some(Source::Container),
                measure,
                place: None,
                reason: String::new(),
                claim: Claim::default(),
            };
            let keeper = self.keeper(&room)?;
            self.hospital.act(&keeper, Box::new(verb), seq).await?;
            // Weighing may tell a little less; the people of the story know it no better than that.
            self.note(bottle.label, part(back, 99)?.amount(), None);
        }
        Ok(())
    }

    /// 双人双锁: a part of a controlled container, signed for by both custodians.
    pub(super) async fn draw_controlled(&mut self) -> Result<(), DemoError> {
        let Some(bottle) = self.any(|kept| kept.is_controlled) else {
            return Ok(());
        };
        self.hospital.clock.pass_minutes(30);
        let (room, taken) = {
            let kept = self.kept(bottle.product)?;
            (kept.room.clone(), kept.row.taken)
        };
        let receiver = self.receiver(&room)?;
        let verb = self.checkout(&bottle, Take::Part(taken), &receiver)?;
        let keepers = self.hospital.keepers(&room);
        let proposal = Proposal::Checkout(verb);
        self.hospital.sign(proposal, &keepers, Part::Issuer).await?;
        self.note(bottle.label, bottle.left - taken.amount(), None);
        Ok(())
    }

    /// A label got wet.
    pub(super) async fn reprint(&mut self) -> Result<(), DemoError> {
        let Some(bottle) = self.any(|kept| !kept.is_controlled) else {
            return Ok(());
        };
        let room = self.kept(bottle.product)?.room.clone();
        let keeper = self.keeper(&room)?;
        let verb = Reprint {
            label: bottle.label,
            reason: "标签受潮，无法扫描".to_owned(),
        };
        let new = self.hospital.act(&keeper, Box::new(verb), labels).await?;
        let label = new.parse().map_err(table)?;
        self.note(label, bottle.left, None);
        Ok(())
    }

    /// 移库: the laboratory gets solvents from the store.
    pub(super) async fn supply(&mut self) -> Result<(), DemoError> {
        let to = self.hospital.place("laboratory-solvents-2")?;
        let from = self.hospital.place("store-flammables")?;
        self.relocate(from, to, "检验科补充试剂", false).await
    }

    /// The same between two locked cabinets, signed for.
    pub(super) async fn move_controlled(&mut self) -> Result<(), DemoError> {
        let from = self.hospital.place("store-oxidizers")?;
        let to = self.hospital.place("store-toxic-2")?;
        self.relocate(from, to, "易制爆专柜检修，暂存", true).await
    }

    async fn relocate(
        &mut self,
        from: PlaceId,
        to: PlaceId,
        why: &str,
        is_signed: bool,
    ) -> Result<(), DemoError> {
        let Some(bottle) = self.any(|kept| kept.place == from) else {
            return Ok(());
        };
        let verb = Move {
            labels: vec![bottle.label],
            to,
            reason: why.to_owned(),
            claim: Claim::default(),
        };
        let keepers = self.hospital.keepers("store");
        if is_signed {
            let proposal = Proposal::Move(verb);
            self.hospital.sign(proposal, &keepers, Part::Issuer).await?;
        } else {
            let keeper = self.keeper("store")?;
            self.hospital.act(&keeper, Box::new(verb), seq).await?;
        }
        // It stands elsewhere than its product now, and is left alone from here on.
        self.bottles.retain(|one| one.label != bottle.label);
        Ok(())
    }

    /// 冲正: a delivery was booked twice.
    pub(super) async fn mistake(&mut self) -> Result<(), DemoError> {
        let verb = Receive {
            lot: self.lot(0, 2)?,
            acceptors: Vec::new(),
            permits: [].into(),
            order: None,
            reason: "送货单 100086".to_owned(),
            claim: Claim::default(),
        };
        let entry = self.hospital.act("E001", Box::new(verb), seq).await?;
        self.hospital.clock.pass_minutes(10);
        let verb = Reverse {
            entry: entry.parse().map_err(table)?,
            reason: "同一送货单重复入库".to_owned(),
        };
        self.hospital.act("E001", Box::new(verb), seq).await?;
        Ok(())
    }

    /// 补记: there was no power, and a paper form was filled in.
    pub(super) async fn record_late(&mut self) -> Result<(), DemoError> {
        let Some(bottle) = self.any(|kept| kept.room == "pathology") else {
            return Ok(());
        };
        let taken = self.kept(bottle.product)?.row.taken;
        let occurred_at = self.hospital.clock.now().plus_seconds(-2 * DAY_SECONDS);
        let verb = Use {
            label: bottle.label,
            source: Some(Source::Container),
            amount: taken,
            purpose: self.kept(bottle.product)?.row.purpose.clone(),
            claim: Claim {
                occurred_at: Some(occurred_at),
                late: Some(Late {
                    reason: "停电，先记纸质登记单".to_owned(),
                    form: Some("ZZ-0017".to_owned()),
                    scan_sha256: None,
                }),
            },
        };
        let keeper = self.keeper("pathology")?;
        self.hospital.act(&keeper, Box::new(verb), seq).await?;
        self.note(bottle.label, bottle.left - taken.amount(), None);
        Ok(())
    }
}

/// So many hundredths of a quantity.
fn part(of: Quantity, percent: i64) -> Result<Quantity, DemoError> {
    Quantity::new(of.dimension(), of.amount() / 100 * percent).map_err(table)
}
