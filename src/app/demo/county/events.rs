//! What happens in the county on certain days: stocktakes, a loss, consignments, submissions.

use super::{
    super::{
        DemoError,
        hospital::{Kept, labels, made, seq, table},
        lot::DAY_SECONDS,
    },
    Duty,
    site::{Bottle, Site, parsed},
};
use crate::{
    app::{AppError, review::Reviewing},
    domain::{
        ids::{InstitutionId, Label, PlaceId, StocktakeId},
        incident::{Authority, Report, Sequel},
        quantity::Quantity,
        stocktake::Amounts,
        submission::Period,
        transfer::Carriage,
        verb::{
            Accept, Arrived, BeginStocktake, Claim, CloseStocktake, Consign, FollowUp, Measure,
            Scan, Submit, Variance,
        },
    },
    report::stocktakes::Expected,
};

/// Most containers of a stocktake of the story.
const COUNTED: usize = 5_000;

impl Site<'_> {
    async fn scan(
        &mut self,
        by: &str,
        stocktake: StocktakeId,
        (label, place): (Label, PlaceId),
        measure: Option<Measure>,
    ) -> Result<(), DemoError> {
        let verb = Scan {
            stocktake,
            place,
            code: label.to_string(),
            absent: measure.is_none(),
            measure,
            put_here: false,
            reason: String::new(),
        };
        self.hospital.act(by, Box::new(verb), seq).await.map(drop)
    }

    /// 盘点 of a room by two of the equipment department: everything is there, or one thing differs, which the
    /// other one counts again.
    pub async fn stocktake(&mut self, room: &str, differs: Differs) -> Result<(), DemoError> {
        let verb = BeginStocktake {
            place: self.hospital.place(room)?,
            amounts: Amounts::Controlled,
            sample: None,
            reason: "半年盘点".to_owned(),
        };
        let begun = self.hospital.act("E001", Box::new(verb), made).await?;
        let stocktake: StocktakeId = begun.parse().map_err(table)?;
        let who = self.hospital.who("E001").await?;
        let ask = Expected {
            stocktake,
            after: None,
            limit: COUNTED,
        };
        let expected = self.hospital.app.read(&who, ask).await?;
        let expected = expected.map_err(AppError::from)?.items;
        let mut settled = None;
        for line in expected {
            let label = line.container.label;
            let there = self.hospital.app.scan(&who, label).await?;
            let at = (label, line.expected_at);
            let full = Measure::Amount(there.amount);
            let bottle = self.bottle(label).copied();
            let is_out = self.signed_out.iter().any(|out| out.1 == label);
            let free = bottle.filter(|bottle| !bottle.is_busy && !is_out && bottle.left > 0);
            let kept = free.map(|bottle| self.kept(bottle.product)).transpose()?;
            let counted = match kept.filter(|_| settled.is_none()) {
                // Broken, and nobody said so.
                Some(kept) if differs == Differs::Missing && is_spare(kept) => None,
                // A gram too little.
                Some(kept) if differs == Differs::Short && kept.is_controlled => {
                    let short = there.amount.amount() - 1_000_000;
                    let short = Quantity::new(there.amount.dimension(), short);
                    Some(Measure::Amount(short.map_err(table)?))
                }
                Some(_) | None => Some(full),
            };
            let is_other = counted.is_none_or(|counted| counted != full);
            self.scan("E001", stocktake, at, counted).await?;
            if is_other {
                self.scan("E002", stocktake, at, counted).await?;
                settled = Some(label);
            }
        }
        if let Some(label) = settled {
            let verb = Variance {
                stocktake,
                labels: vec![label],
                reason: "两次清点一致".to_owned(),
            };
            let incident = self.hospital.act("E001", Box::new(verb), made).await?;
            self.forget(label);
            if differs == Differs::Short {
                self.report(&incident).await?;
            }
        }
        let verb = CloseStocktake {
            stocktake,
            reason: String::new(),
        };
        self.hospital
            .act("E001", Box::new(verb), seq)
            .await
            .map(drop)
    }

    /// The police are told of a suspected loss.
    async fn report(&mut self, incident: &str) -> Result<(), DemoError> {
        let verb = FollowUp {
            late: None,
            sequel: Sequel {
                incident: incident.parse().map_err(table)?,
                kind: None,
                report: Some(Report {
                    to: Authority::Police,
                    at: self.hospital.clock.now(),
                    whom: "演示派出所值班室".to_owned(),
                    receipt: Some("演示回执 17".to_owned()),
                }),
            },
            text: "已报案，柜门与监控完好，正在核查领用记录".to_owned(),
        };
        self.hospital
            .act("S001", Box::new(verb), seq)
            .await
            .map(drop)
    }

    /// 报送 of a period.
    pub async fn submit(&mut self, period: Period, reason: &str) -> Result<String, DemoError> {
        let reason = reason.to_owned();
        let verb = Submit { period, reason };
        self.hospital.act("E001", Box::new(verb), seq).await
    }

    /// 审核 of a submission of another institution, by a bureau.
    pub async fn review(
        &mut self,
        site: InstitutionId,
        (period, entry): (Period, &str),
        accepted: bool,
    ) -> Result<(), DemoError> {
        let who = self.hospital.who("B001").await?;
        let reviewing = Reviewing {
            institution: site,
            period,
            entry: entry.parse().map_err(table)?,
        };
        let reason = if accepted {
            ""
        } else {
            "请核对消毒供应中心数据"
        };
        let said = (accepted, reason.to_owned());
        let verb = self.hospital.app.review(&who, reviewing, said).await?;
        let written = self.hospital.act("B001", Box::new(verb), seq);
        written.await.map(drop)
    }

    /// A bottle of what stands everywhere.
    pub fn spare(&mut self) -> Option<Bottle> {
        self.any(|kept, bottle| is_spare(kept) && bottle.left == kept.row.each.amount())
    }

    /// 调出 of a bottle; the entry.
    pub async fn send(&mut self, bottle: &Bottle, to: InstitutionId) -> Result<String, DemoError> {
        let verb = Consign {
            to,
            labels: vec![bottle.label],
            carriage: Carriage {
                carrier: "四平市演示危险品运输公司".to_owned(),
                vehicle: Some("吉C·演示1".to_owned()),
                escorts: vec!["押运员甲".to_owned()],
                seal: Some(format!("F-{:04}", self.chance.between(1, 9_999))),
                expected_at: self.hospital.clock.now().plus_seconds(DAY_SECONDS),
            },
            purpose: "调剂支援".to_owned(),
            claim: Claim::default(),
        };
        let entry = self.hospital.act("E001", Box::new(verb), seq).await?;
        self.forget(bottle.label);
        Ok(entry)
    }

    /// 调入验收, in full or with some of it missing.
    pub async fn accept(
        &mut self,
        from: InstitutionId,
        entry: &str,
        bottle: &Bottle,
        is_short: bool,
    ) -> Result<(), DemoError> {
        let product = self.hospital.products.iter().position(is_spare);
        let product = product.ok_or_else(|| table("a product is missing"))?;
        let kept = self.kept(product)?;
        let missing = if is_short { 20_000_000 } else { 0 };
        let amount = Quantity::new(kept.product.dimension, bottle.left - missing);
        let amount = amount.map_err(table)?;
        let verb = Accept {
            from,
            entry: entry.parse().map_err(table)?,
            accepted: vec![Arrived {
                label: bottle.label,
                product: None,
                place: kept.place,
                amount: is_short.then_some(amount),
            }],
            refused: Vec::new(),
            missing: Vec::new(),
            acceptors: Vec::new(),
            reason: String::new(),
            claim: Claim::default(),
        };
        let answer = self.hospital.act("E001", Box::new(verb), labels).await?;
        self.put(&parsed(&answer)?, product, amount.amount(), bottle.expires);
        Ok(())
    }

    /// A day begins: what has come due up to it.
    pub fn due_on(&mut self, day: i64) -> Vec<Duty> {
        self.yesterday = self.bottles.last().map(|bottle| bottle.label.serial());
        let (now, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.duties)
            .into_iter()
            .partition(|(on, _)| *on <= day);
        self.duties = later;
        now.into_iter().map(|(_, duty)| duty).collect()
    }
}

/// Disinfectant, of which everybody has some: what helps out, and what breaks.
fn is_spare(kept: &Kept) -> bool {
    kept.row.qualifier.as_deref() == Some("75%")
}

/// What a stocktake of the story finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Differs {
    /// Everything as in the book.
    Nothing,
    /// An ordinary bottle is not there.
    Missing,
    /// There is less in a controlled one.
    Short,
}
