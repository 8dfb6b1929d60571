//! What happens in the demo hospital, week after week.

use super::{
    DemoError, WEEKS,
    chance::Chance,
    hospital::{Hospital, labels, seq, table},
};
use crate::{
    domain::{
        container::Identity,
        ids::{InstitutionId, Label, PlaceId, Seq},
        ledger::{Late, Part},
        people::Role,
        quantity::{Dimension, Quantity},
        request::Proposal,
        time::Time,
        verb::{
            Checkout, Claim, GiveBack, Lot, Measure, Move, Open, Receive, Reprint, Reverse, Source,
            Take, Use,
        },
    },
    store::{StoreError, conn::Db, lookups},
};

const DAY_SECONDS: i64 = 24 * 3600;
const MAKERS: [&str; 4] = [
    "国药集团化学试剂有限公司",
    "西陇科学股份有限公司",
    "天津市科密欧化学试剂有限公司",
    "沈阳市试剂三厂",
];
const SUPPLIERS: [&str; 2] = ["四平市医药有限责任公司", "长春市化学试剂商店"];

/// A container as the people of the story know it.
#[derive(Clone)]
struct Bottle {
    label: Label,
    /// Where its product stands in the list.
    product: usize,
    /// What is in it, in base units.
    left: i64,
    expires: Time,
    /// It is out, whole, and comes back in that week.
    back_in: Option<i64>,
}

/// A lot that is to come.
struct Delivery {
    week: i64,
    product: usize,
    count: u32,
}

struct Story<'a> {
    hospital: Hospital<'a>,
    week: i64,
    chance: Chance,
    bottles: Vec<Bottle>,
    deliveries: Vec<Delivery>,
}

/// Whether the story was told to its end: the auditor is appointed last.
pub(super) fn is_told(conn: &mut Db, institution: InstitutionId) -> Result<bool, StoreError> {
    let tenures = lookups::tenures_after(conn, institution, (-1, -1), i64::MAX)?;
    Ok(tenures
        .iter()
        .any(|(_, tenure)| tenure.appointment.role == Role::Auditor))
}

/// Tells the story.
pub(super) async fn tell(
    hospital: Hospital<'_>,
    chance: Chance,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<(), DemoError> {
    let begin = hospital.clock.now();
    let mut story = Story {
        hospital,
        week: 0,
        chance,
        bottles: Vec::new(),
        deliveries: Vec::new(),
    };
    story.open().await?;
    story.order();
    for week in 0..WEEKS {
        let day = story.chance.between(0, 4);
        let days = (week * 7 + day) * DAY_SECONDS;
        story.hospital.clock.pass_until(begin.plus_seconds(days));
        story.week = week;
        story.live().await?;
        progress(week.unsigned_abs() + 1, WEEKS.unsigned_abs());
    }
    story.hospital.appoint_auditor().await
}

impl Story<'_> {
    /// 期初: what stood there when the book began.
    async fn open(&mut self) -> Result<(), DemoError> {
        for room in ["pathology", "laboratory", "sterile", "store"] {
            let mut lots = Vec::new();
            let mut products = Vec::new();
            for index in 0..self.hospital.products.len() {
                let (lot, is_here) = {
                    let kept = self.kept(index)?;
                    (kept.row.at_first, kept.room == room)
                };
                if is_here && lot > 0 {
                    lots.push(self.lot(index, lot)?);
                    products.push((index, lot));
                }
            }
            let keeper = self.keeper(room)?;
            let expires: Vec<Time> = lots.iter().map(expiry).collect();
            let verb = Open {
                lots,
                reason: format!("期初盘点表 {room}.xlsx"),
            };
            let answer = self.hospital.act(&keeper, Box::new(verb), labels).await?;
            let mut new = answer.split(' ');
            for ((product, count), expires) in products.into_iter().zip(expires) {
                let batch = new.by_ref().take(usize::try_from(count).unwrap_or(0));
                self.put(batch, product, expires)?;
            }
            self.hospital.clock.pass_minutes(20);
        }
        Ok(())
    }

    /// When what comes later comes: controlled products in the first weeks, others in two lots.
    fn order(&mut self) {
        for (product, kept) in self.hospital.products.iter().enumerate() {
            let later = kept.row.later;
            let parts = if kept.is_controlled {
                vec![later]
            } else {
                vec![later / 2, later - later / 2]
            };
            let last = if kept.is_controlled { 1 } else { WEEKS / 3 - 1 };
            for count in parts.into_iter().filter(|count| *count > 0) {
                // The carrier comes every third week.
                let week = self.chance.between(0, last) * 3;
                self.deliveries.push(Delivery {
                    week,
                    product,
                    count,
                });
            }
        }
    }

    /// One week.
    async fn live(&mut self) -> Result<(), DemoError> {
        let week = self.week;
        let (now, later): (Vec<Delivery>, Vec<Delivery>) = std::mem::take(&mut self.deliveries)
            .into_iter()
            .partition(|delivery| delivery.week <= week);
        self.deliveries = later;
        for delivery in now {
            self.receive(delivery.product, delivery.count).await?;
        }
        self.bring_back().await?;
        let room = self.chance.pick(&["pathology", "laboratory", "sterile"]);
        let room = room.copied().unwrap_or_default();
        for _ in 0..5 {
            self.draw(room).await?;
        }
        if week >= 5 {
            self.draw_controlled().await?;
        }
        match week {
            6 | 14 | 22 => self.reprint().await,
            8 | 18 => self.supply().await,
            10 => self.mistake().await,
            12 => self.move_controlled().await,
            16 => self.record_late().await,
            _ => Ok(()),
        }
    }

    fn kept(&self, product: usize) -> Result<&super::hospital::Kept, DemoError> {
        let kept = self.hospital.products.get(product);
        kept.ok_or_else(|| table("a product is missing"))
    }

    /// The custodian of a room who is on duty this week: in turn, because every further sign-in costs
    /// an argon2.
    fn keeper(&self, room: &str) -> Result<String, DemoError> {
        let keepers = self.hospital.keepers(room);
        let week = usize::try_from(self.week).unwrap_or(0);
        let keeper = keepers.into_iter().cycle().nth(week % 2);
        keeper.ok_or_else(|| table(format!("nobody keeps {room}")))
    }

    fn receiver(&mut self, room: &str) -> Result<String, DemoError> {
        let takers = self.hospital.takers(room);
        let receiver = self.chance.pick(&takers).cloned();
        receiver.ok_or_else(|| table(format!("nobody takes from {room}")))
    }

    fn lot(&mut self, product: usize, count: u32) -> Result<Lot, DemoError> {
        let today = self.hospital.clock.now();
        let expires = today.plus_seconds(self.chance.between(150, 1000) * DAY_SECONDS);
        let maker = self.chance.pick(&MAKERS).copied();
        let supplier = self.chance.pick(&SUPPLIERS).copied();
        let made = today.plus_seconds(-self.chance.between(20, 120) * DAY_SECONDS);
        let kept = self.kept(product)?;
        Ok(Lot {
            identity: Identity {
                product: kept.product.id,
                dimension: kept.product.dimension,
                lot: Some(made.china_day().format("%Y%m%d").to_string()),
                maker: maker.map(str::to_owned),
                supplier: supplier.map(str::to_owned),
                expires_on: Some(expires.china_day()),
                sds: None,
                tare_ug: kept.row.tare.map(Quantity::amount),
                density: None,
            },
            count,
            each: kept.row.each,
            place: kept.place,
        })
    }

    fn put<'l>(
        &mut self,
        labels: impl Iterator<Item = &'l str>,
        product: usize,
        expires: Time,
    ) -> Result<(), DemoError> {
        let left = self.kept(product)?.row.each.amount();
        for label in labels {
            self.bottles.push(Bottle {
                label: label.parse().map_err(table)?,
                product,
                left,
                expires,
                back_in: None,
            });
        }
        Ok(())
    }

    /// 验收入库; controlled products under the signatures of two who open the box.
    async fn receive(&mut self, product: usize, count: u32) -> Result<(), DemoError> {
        self.hospital.clock.pass_minutes(15);
        let lot = self.lot(product, count)?;
        let expires = expiry(&lot);
        let (room, is_controlled) = {
            let kept = self.kept(product)?;
            (kept.room.clone(), kept.is_controlled)
        };
        let keepers = self.hospital.keepers(&room);
        let mut verb = Receive {
            lot,
            acceptors: Vec::new(),
            reason: format!("送货单 {}", self.chance.between(100_000, 999_999)),
            claim: Claim::default(),
        };
        let new = if is_controlled {
            for keeper in &keepers {
                verb.acceptors.push(self.hospital.id(keeper)?);
            }
            let proposal = Proposal::Receive(verb);
            self.hospital
                .sign(proposal, &keepers, Part::Acceptor)
                .await?
        } else {
            self.hospital.act("E001", Box::new(verb), labels).await?
        };
        self.put(new.split(' '), product, expires)
    }

    /// A bottle that something can be taken out of.
    fn any(&mut self, is_meant: impl Fn(&super::hospital::Kept) -> bool) -> Option<Bottle> {
        let soon = self.hospital.clock.now().plus_seconds(40 * DAY_SECONDS);
        let products = &self.hospital.products;
        let fit = |bottle: &Bottle| {
            products.get(bottle.product).is_some_and(|kept| {
                is_meant(kept) && bottle.left >= kept.row.taken.amount() && bottle.expires > soon
            })
        };
        let fitting: Vec<&Bottle> = self
            .bottles
            .iter()
            .filter(|bottle| bottle.back_in.is_none() && fit(bottle))
            .collect();
        self.chance.pick(&fitting).map(|bottle| (*bottle).clone())
    }

    /// Notes how a bottle stands now.
    fn note(&mut self, label: Label, left: i64, back_in: Option<i64>) {
        let serial = label.serial();
        for bottle in &mut self.bottles {
            if bottle.label.serial() == serial {
                (bottle.label, bottle.left, bottle.back_in) = (label, left, back_in);
            }
        }
    }

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
    async fn draw(&mut self, room: &str) -> Result<(), DemoError> {
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
    async fn bring_back(&mut self) -> Result<(), DemoError> {
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
    async fn draw_controlled(&mut self) -> Result<(), DemoError> {
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
    async fn reprint(&mut self) -> Result<(), DemoError> {
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
    async fn supply(&mut self) -> Result<(), DemoError> {
        let to = self.hospital.place("laboratory-solvents-2")?;
        let from = self.hospital.place("store-flammables")?;
        self.relocate(from, to, "检验科补充试剂", false).await
    }

    /// The same between two locked cabinets, signed for.
    async fn move_controlled(&mut self) -> Result<(), DemoError> {
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
    async fn mistake(&mut self) -> Result<(), DemoError> {
        let verb = Receive {
            lot: self.lot(0, 2)?,
            acceptors: Vec::new(),
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
    async fn record_late(&mut self) -> Result<(), DemoError> {
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

/// The last moment at which a lot is good, for the people of the story.
fn expiry(lot: &Lot) -> Time {
    let last = lot.identity.expires_on;
    last.map_or(Time::default(), Time::start_of_china_day)
}

/// So many hundredths of a quantity.
fn part(of: Quantity, percent: i64) -> Result<Quantity, DemoError> {
    Quantity::new(of.dimension(), of.amount() / 100 * percent).map_err(table)
}
