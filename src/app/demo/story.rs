//! What happens in the demo hospital, week after week.

mod acts;

use super::{
    DemoError, WEEKS,
    chance::Chance,
    hospital::{Hospital, labels, table},
    lot::DAY_SECONDS,
};
use crate::{
    domain::{
        ids::{InstitutionId, Label},
        ledger::Part,
        people::Role,
        request::Proposal,
        time::Time,
        verb::{Claim, Lot, Open, Receive},
    },
    store::{StoreError, conn::Db, lookups},
};

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
            let expires: Vec<Time> = lots.iter().map(expiry).collect();
            let verb = Open {
                lots,
                acceptors: Vec::new(),
                reason: format!("期初盘点表 {room}.xlsx"),
            };
            let answer = self.hospital.act("E001", Box::new(verb), labels).await?;
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
        let kept = self.hospital.products.get(product);
        let kept = kept.ok_or_else(|| table("a product is missing"))?;
        Ok(kept.lot(&mut self.chance, today, 150, count))
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
            permits: [].into(),
            order: None,
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
}

/// The last moment at which a lot is good, for the people of the story.
fn expiry(lot: &Lot) -> Time {
    let last = lot.identity.expires_on;
    last.map_or(Time::default(), Time::start_of_china_day)
}
