//! What happens in an institution of the county now and then: deliveries, signatures of two, waste.

use super::{
    super::{
        DemoError,
        hospital::{Kept, labels, made, seq, table},
        lot::DAY_SECONDS,
    },
    Duty,
    site::{Bottle, Site, expiry, gross, parsed},
};
use crate::domain::{
    ids::{PermitId, ProductId},
    ledger::{Late, Part},
    permit::{Goods, Permit, PermitKind, PermitLine},
    quantity::{Dimension, Quantity},
    request::Proposal,
    requisition::Approval,
    substance::ControlClass,
    verb::{
        Approve, Checkout, Claim, Dispose, Move, OnBalance, Open, PlaceOrder, Receive, Reprint,
        Reverse, SetPermit, SetRequisition, Source, Split, Take, Use, Waste, Witnessed,
    },
};

/// 其他实验室危险废物 (国家危险废物名录, HW49).
const LABORATORY_WASTE: &str = "900-047-49";
/// Most bottles that become waste at a time.
const WASTE_AT_ONCE: usize = 100;
/// What an empty bottle weighs, µg.
const EMPTY_UG: i64 = 120_000_000;

impl Site<'_> {
    /// 期初: what stood there when the book began.
    pub async fn open(&mut self) -> Result<(), DemoError> {
        let mut rooms: Vec<String> = Vec::new();
        for kept in &self.hospital.products {
            if !rooms.contains(&kept.room) {
                rooms.push(kept.room.clone());
            }
        }
        for room in rooms {
            let mut lots = Vec::new();
            let mut of = Vec::new();
            for index in 0..self.hospital.products.len() {
                let kept = self.kept(index)?;
                let count = kept.row.at_first * self.times;
                if kept.room == room && count > 0 && !kept.is_controlled {
                    lots.push(self.lot(index, count)?);
                    of.push(index);
                }
            }
            if lots.is_empty() {
                continue;
            }
            let each: Vec<_> = lots
                .iter()
                .map(|lot| (lot.count, lot.each.amount(), expiry(lot)))
                .collect();
            let verb = Open {
                lots,
                acceptors: Vec::new(),
                reason: format!("期初盘点表 {room}.xlsx"),
            };
            let answer = self.hospital.act("E001", Box::new(verb), labels).await?;
            let labels = parsed(&answer)?;
            let mut new = labels.as_slice();
            for (product, (count, amount, expires)) in of.into_iter().zip(each) {
                let count = usize::try_from(count).unwrap_or(usize::MAX).min(new.len());
                let (lot, rest) = new.split_at(count);
                self.put(lot, product, amount, expires);
                new = rest;
            }
        }
        Ok(())
    }

    /// The week's deliveries: what has run low is received.
    pub async fn replenish(&mut self) -> Result<(), DemoError> {
        let mut there = vec![0_u32; self.hospital.products.len()];
        for bottle in &self.bottles {
            let taken = self.kept(bottle.product)?.row.taken.amount();
            if bottle.left >= taken
                && let Some(count) = there.get_mut(bottle.product)
            {
                *count += 1;
            }
        }
        for (index, there) in there.into_iter().enumerate() {
            let kept = self.kept(index)?;
            let target = kept.row.at_first * self.times;
            let missing = target.saturating_sub(there);
            if kept.is_controlled || missing == 0 || missing < target / 4 {
                continue;
            }
            let lot = self.lot(index, missing)?;
            let (amount, expires) = (lot.each.amount(), expiry(&lot));
            let verb = Receive {
                lot,
                acceptors: Vec::new(),
                permits: [].into(),
                order: None,
                reason: format!("送货单 {}", self.chance.between(100_000, 999_999)),
                claim: Claim::default(),
            };
            let new = self.hospital.act("E001", Box::new(verb), labels).await?;
            self.put(&parsed(&new)?, index, amount, expires);
        }
        Ok(())
    }

    /// 许可备案: the documents of the year, one of each kind, on which controlled products come.
    pub async fn permits(&mut self) -> Result<(), DemoError> {
        let today = self.hospital.clock.now();
        let mut of: Vec<(PermitKind, Vec<ProductId>, Vec<usize>)> = Vec::new();
        for (index, kept) in self.hospital.products.iter().enumerate() {
            let classes = kept.product.classes_on(today.china_day());
            let Some(kind) = classes.iter().find_map(|class| needed(*class)) else {
                continue;
            };
            if !kept.is_controlled {
                continue;
            }
            let id = kept.product.id;
            match of.iter_mut().find(|(known, ..)| *known == kind) {
                Some((_, products, rows)) => {
                    products.push(id);
                    rows.push(index);
                }
                None => of.push((kind, vec![id], vec![index])),
            }
        }
        for (nth, (kind, products, rows)) in of.into_iter().enumerate() {
            let mut lines = Vec::new();
            for (product, row) in products.into_iter().zip(&rows) {
                let each = self.kept(*row)?.row.each;
                let most = Quantity::new(each.dimension(), each.amount() * 20).map_err(table)?;
                lines.push(PermitLine {
                    goods: Goods::Product(product),
                    quantity: most,
                });
            }
            let verb = SetPermit {
                id: None,
                permit: Permit {
                    id: PermitId::MIN,
                    kind,
                    number: format!("演示{}-{}", self.region, nth + 1),
                    issuer: "演示发证机关".to_owned(),
                    from: today.china_day(),
                    until: Some(today.plus_seconds(400 * DAY_SECONDS).china_day()),
                    lines,
                    single_use: false,
                    revoked: false,
                },
                reason: String::new(),
                second: None,
            };
            let permit = self.hospital.act("E001", Box::new(verb), made).await?;
            let permit: PermitId = permit.parse().map_err(table)?;
            for (wait, row) in rows.into_iter().enumerate() {
                // The police, the drug office and the carrier take their time.
                let day = 1 + 7 * i64::try_from(wait % 4).unwrap_or(0);
                self.duties.push((day, Duty::Receive(row, permit)));
            }
        }
        Ok(())
    }

    /// 验收入库 of a controlled product, on its permit, signed for by two who open the box.
    pub async fn receive_controlled(
        &mut self,
        product: usize,
        permit: PermitId,
    ) -> Result<(), DemoError> {
        let kept = self.kept(product)?;
        let (room, count) = (kept.room.clone(), kept.row.later.max(1));
        let keepers = self.hospital.keepers(&room);
        let mut acceptors = Vec::new();
        for keeper in &keepers {
            acceptors.push(self.hospital.id(keeper)?);
        }
        let lot = self.lot(product, count)?;
        let (amount, expires) = (lot.each.amount(), expiry(&lot));
        let proposal = Proposal::Receive(Receive {
            lot,
            acceptors,
            permits: [permit].into(),
            order: None,
            reason: String::new(),
            claim: Claim::default(),
        });
        let signed = self.hospital.sign(proposal, &keepers, Part::Acceptor);
        let new = parsed(&signed.await?)?;
        self.put(&new, product, amount, expires);
        Ok(())
    }

    /// 双人双锁: a part of a controlled container is signed out, or what was signed out is used.
    pub async fn controlled(&mut self) -> Result<(), DemoError> {
        if let Some((product, label, entry, amount)) = self.signed_out.pop() {
            let kept = self.kept(product)?;
            let (room, purpose) = (kept.room.clone(), kept.row.purpose.clone());
            let proposal = Proposal::Use(Use {
                label,
                source: Some(Source::Checkout(entry)),
                amount,
                purpose,
                claim: Claim::default(),
            });
            let keepers = self.hospital.keepers(&room);
            self.hospital.sign(proposal, &keepers, Part::Issuer).await?;
            return Ok(());
        }
        let Some(bottle) = self.any(|kept, _| kept.is_controlled) else {
            return Ok(());
        };
        let kept = self.kept(bottle.product)?;
        let (room, taken, purpose) = (kept.room.clone(), kept.row.taken, kept.row.purpose.clone());
        let receiver = self.receiver(&room)?;
        let proposal = Proposal::Checkout(Checkout {
            label: bottle.label,
            take: Take::Part(taken),
            receiver: self.hospital.id(&receiver)?,
            purpose,
            claim: Claim::default(),
        });
        let keepers = self.hospital.keepers(&room);
        let signed = self.hospital.signed(proposal, &keepers, Part::Issuer, seq);
        let entry = signed.await?.parse().map_err(table)?;
        self.note(bottle.label, bottle.left - taken.amount(), false);
        self.signed_out
            .push((bottle.product, bottle.label, entry, taken));
        Ok(())
    }

    /// 转废: what is left in bottles and no longer worth keeping.
    pub async fn discard(&mut self) -> Result<(), DemoError> {
        let mut spent: Vec<Bottle> = Vec::new();
        for bottle in &self.bottles {
            let kept = self.kept(bottle.product)?;
            let is_spent = bottle.left < kept.row.taken.amount();
            if is_spent && !bottle.is_busy && !kept.is_controlled && spent.len() < WASTE_AT_ONCE {
                spent.push(*bottle);
            }
        }
        if spent.is_empty() {
            return Ok(());
        }
        let verb = Waste {
            labels: spent.iter().map(|bottle| bottle.label).collect(),
            code: LABORATORY_WASTE.parse().map_err(table)?,
            into: None,
            reason: "残液与空瓶".to_owned(),
            claim: Claim::default(),
        };
        self.hospital.act("E001", Box::new(verb), seq).await?;
        for bottle in spent {
            self.forget(bottle.label);
            self.wasted.push(bottle);
        }
        Ok(())
    }

    /// 处置: a carrier takes the waste, weighed before two witnesses.
    pub async fn dispose(&mut self) -> Result<(), DemoError> {
        if self.wasted.is_empty() {
            return Ok(());
        }
        // Of what came without a tare, the empty bottle is weighed now.
        let empty = Quantity::new(Dimension::Mass, EMPTY_UG).map_err(table)?;
        let mut items = Vec::new();
        for bottle in &self.wasted {
            let kept = self.kept(bottle.product)?;
            let rest = Quantity::new(kept.row.each.dimension(), bottle.left).map_err(table)?;
            let tare = kept.row.tare.unwrap_or(empty);
            items.push(OnBalance {
                label: bottle.label,
                gross: gross(kept, rest, Some(tare))?.unwrap_or(tare),
                tare: kept.row.tare.is_none().then_some(empty),
            });
        }
        items.truncate(500);
        let gone = items.len();
        let witnesses = ["S001", "L001"];
        let mut proofs = Vec::new();
        let mut persons = Vec::new();
        for witness in witnesses {
            proofs.push(self.hospital.second(witness, "危废暂存点").await?);
            persons.push(self.hospital.id(witness)?);
        }
        let verb = Witnessed {
            disposal: Dispose {
                items,
                witnesses: persons,
                handler: "四平市演示危险废物处置中心".to_owned(),
                manifest: Some(format!("演示联单 {}", self.chance.between(10_000, 99_999))),
                reason: "按联单称量".to_owned(),
                claim: Claim::default(),
            },
            proofs,
        };
        self.hospital.act("E001", Box::new(verb), seq).await?;
        self.wasted.drain(..gone);
        Ok(())
    }

    /// 申请、审批、订购、验收 of something a department has run out of.
    pub async fn purchase(&mut self, week: i64) -> Result<(), DemoError> {
        let room = "laboratory";
        let there = self.hospital.products.iter().enumerate();
        let wanted: Vec<usize> = there
            .filter(|(_, kept)| kept.room == room && kept.row.at_first > 0 && !kept.is_controlled)
            .map(|(index, _)| index)
            .collect();
        let Some(product) = self.chance.pick(&wanted).copied() else {
            return Ok(());
        };
        let kept = self.kept(product)?;
        let (id, each) = (kept.product.id, kept.row.each);
        let quantity = Quantity::new(each.dimension(), each.amount() * 2).map_err(table)?;
        let purpose = format!("{}，本季用量", kept.row.purpose);
        let verb = SetRequisition {
            id: None,
            department: None,
            product: id,
            quantity,
            purpose,
            withdrawn: false,
        };
        let request = self.hospital.act("L001", Box::new(verb), made).await?;
        let request = request.parse().map_err(table)?;
        let verb = Approve {
            approval: Approval {
                request,
                version: 1,
                approved: true,
            },
            reason: "同意".to_owned(),
        };
        self.hospital.act("H001", Box::new(verb), seq).await?;
        let verb = PlaceOrder {
            number: format!("PO-{}-{week}", self.hospital.institution),
            supplier: "四平市医药有限责任公司".to_owned(),
            lines: vec![(request, quantity)],
        };
        let order = self.hospital.act("E001", Box::new(verb), made).await?;
        let lot = self.lot(product, 2)?;
        let (amount, expires) = (lot.each.amount(), expiry(&lot));
        let verb = Receive {
            lot,
            acceptors: Vec::new(),
            permits: [].into(),
            order: Some(order.parse().map_err(table)?),
            reason: String::new(),
            claim: Claim::default(),
        };
        let new = self.hospital.act("E001", Box::new(verb), labels).await?;
        self.put(&parsed(&new)?, product, amount, expires);
        Ok(())
    }

    /// 分装: two small bottles out of a large one.
    pub async fn split(&mut self, week: i64) -> Result<(), DemoError> {
        let enough = |kept: &Kept, bottle: &Bottle| {
            kept.product.dimension == Dimension::Volume
                && !kept.is_controlled
                && bottle.left >= kept.row.taken.amount() * 3
        };
        let Some(bottle) = self.any(enough) else {
            return Ok(());
        };
        let kept = self.kept(bottle.product)?;
        let (room, each) = (kept.room.clone(), kept.row.taken);
        let tare_ug = kept.row.tare.map(Quantity::amount);
        let verb = Split {
            label: bottle.label,
            count: 2,
            each,
            place: None,
            expires_on: None,
            tare_ug,
            reason: "分装备用".to_owned(),
            claim: Claim::default(),
        };
        let by = self.keeper(&room, week)?;
        let answer = self.hospital.act(&by, Box::new(verb), labels).await?;
        let new = parsed(&answer)?;
        self.note(bottle.label, bottle.left - each.amount() * 2, false);
        let filled: Vec<_> = new
            .into_iter()
            .filter(|label| label.serial() != bottle.label.serial())
            .collect();
        self.put(&filled, bottle.product, each.amount(), bottle.expires);
        Ok(())
    }

    /// 移库: a room where people are treated gets something out of a store.
    pub async fn supply(&mut self, rooms: &[String]) -> Result<(), DemoError> {
        let Some(room) = self.chance.pick(rooms).cloned() else {
            return Ok(());
        };
        let Some(bottle) = self.any(|kept, bottle| !kept.is_controlled && !bottle.is_supplied)
        else {
            return Ok(());
        };
        let verb = Move {
            labels: vec![bottle.label],
            to: self.hospital.place(&room)?,
            reason: "科室补充".to_owned(),
            claim: Claim::default(),
        };
        self.hospital.act("E001", Box::new(verb), seq).await?;
        if let Some(bottle) = self.bottle(bottle.label) {
            bottle.is_supplied = true;
        }
        Ok(())
    }

    /// 换签, 冲正 and 补录, one of them.
    pub async fn mishap(&mut self) -> Result<(), DemoError> {
        let yesterday = self.yesterday;
        let is_known =
            |bottle: &Bottle| yesterday.is_some_and(|last| bottle.label.serial() <= last);
        let Some(bottle) = self.any(|kept, bottle| !kept.is_controlled && is_known(bottle)) else {
            return Ok(());
        };
        let kept = self.kept(bottle.product)?;
        let (room, taken, purpose) = (kept.room.clone(), kept.row.taken, kept.row.purpose.clone());
        let by = self.keeper(&room, 0)?;
        match self.chance.between(1, 3) {
            1 => {
                let verb = Reprint {
                    label: bottle.label,
                    reason: "标签受潮，无法扫描".to_owned(),
                };
                let new = self.hospital.act(&by, Box::new(verb), labels).await?;
                self.note(new.parse().map_err(table)?, bottle.left, false);
            }
            2 => {
                let verb = Receive {
                    lot: self.lot(bottle.product, 2)?,
                    acceptors: Vec::new(),
                    permits: [].into(),
                    order: None,
                    reason: "送货单 100086".to_owned(),
                    claim: Claim::default(),
                };
                let entry = self.hospital.act("E001", Box::new(verb), seq).await?;
                let verb = Reverse {
                    entry: entry.parse().map_err(table)?,
                    reason: "同一送货单重复入库".to_owned(),
                };
                self.hospital.act("E001", Box::new(verb), seq).await?;
            }
            _ => {
                let occurred_at = self.hospital.clock.now().plus_seconds(-2 * DAY_SECONDS);
                let verb = Use {
                    label: bottle.label,
                    source: Some(Source::Container),
                    amount: taken,
                    purpose,
                    claim: Claim {
                        occurred_at: Some(occurred_at),
                        late: Some(Late {
                            reason: "停电，先记纸质登记单".to_owned(),
                            form: Some(format!("ZZ-{:04}", self.chance.between(1, 999))),
                            scan_sha256: None,
                        }),
                    },
                };
                self.hospital.act(&by, Box::new(verb), seq).await?;
                self.note(bottle.label, bottle.left - taken.amount(), false);
            }
        }
        Ok(())
    }
}

/// The document that the law asks for of a class (README, 购买).
fn needed(class: ControlClass) -> Option<PermitKind> {
    match class {
        ControlClass::HighlyToxic => Some(PermitKind::Licence),
        ControlClass::ExplosivePrecursor => Some(PermitKind::UseStatement),
        ControlClass::Narcotic | ControlClass::Psychotropic1 => Some(PermitKind::SealCard),
        ControlClass::DrugPrecursor1Medicinal => Some(PermitKind::Certificate),
        ControlClass::DrugPrecursor1
        | ControlClass::Radioactive
        | ControlClass::MedicalToxic
        | ControlClass::Psychotropic2
        | ControlClass::DrugPrecursor2
        | ControlClass::DrugPrecursor3
        | ControlClass::Unidentified
        | ControlClass::Hazardous => None,
    }
}
