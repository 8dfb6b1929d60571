//! 购买许可与备案: the documents on which regulated goods may be bought, and what is left of them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    ids::{PermitId, ProductId},
    product::Product,
    quantity::{Density, Dimension, Quantity},
    refusal::Refusal,
    substance::ControlClass,
    words::words,
};

words! {
    /// What kind of document it is.
    PermitKind {
        /// 购买许可证 of 剧毒化学品 (HCL art. 58–60) and first-class 易制毒 (R445 art. 15).
        Licence = "licence" "购买许可证",
        /// 备案证明 of second- and third-class 易制毒 (R445 art. 17; MPS87: once within a month, or
        /// again and again within six).
        Filing = "filing" "备案证明",
        /// 印鉴卡 of 麻醉药品 and 第一类精神药品 (麻精条例, known).
        SealCard = "seal_card" "印鉴卡",
        /// 购用证明 of 药品类易制毒 (MOH72: three months, once).
        Certificate = "certificate" "购用证明",
        /// 本单位出具的合法用途说明 for 易制爆 (HCL art. 58).
        UseStatement = "use_statement" "合法用途说明",
    }
}

/// What a line of a permit lets be bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Goods {
    /// One product.
    #[serde(rename = "product")]
    Product(ProductId),
    /// Every product that was matched with this substance of the catalogue.
    #[serde(rename = "substance")]
    Substance(String),
}

impl Goods {
    fn covers(&self, product: &Product) -> bool {
        match self {
            Self::Product(id) => *id == product.id,
            Self::Substance(code) => product.substance.as_ref() == Some(code),
        }
    }
}

/// A line of a permit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitLine {
    /// What may be bought.
    pub goods: Goods,
    /// How much of it, as the document says.
    pub quantity: Quantity,
}

/// A permit or filing (许可或备案). Number and issuer are as on the document: their forms differ from
/// province to province (RULES 8.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permit {
    /// The number within the institution.
    pub id: PermitId,
    /// What kind of document.
    pub kind: PermitKind,
    /// 编号.
    pub number: String,
    /// 发证机关, or whoever took the filing.
    pub issuer: String,
    /// First day.
    pub from: NaiveDate,
    /// Last day; absent where the document names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// What may be bought.
    pub lines: Vec<PermitLine>,
    /// Good for one receipt (一次使用有效).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single_use: bool,
    /// No longer valid (吊销、作废), whatever its days say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
}

/// Most that a line of a permit can be about, in base units: 1,000 t, 1,000 m³. More is a slip of the
/// unit.
const MOST: i64 = 1_000_000_000_000_000;

impl Permit {
    /// Whether each line is about something, and about no more than anybody buys.
    ///
    /// # Errors
    /// [`Refusal::PermitQuantity`].
    pub fn check(&self) -> Result<(), Refusal> {
        let sound = |line: &PermitLine| (1..=MOST).contains(&line.quantity.amount());
        match self.lines.iter().position(|line| !sound(line)) {
            Some(index) => Err(Refusal::PermitQuantity { line: index + 1 }),
            None => Ok(()),
        }
    }
}

/// What a receipt takes off a line of a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitDraw {
    /// The permit.
    pub permit: PermitId,
    /// The line, from 0.
    pub line: u32,
    /// How much, in base units of the line's dimension.
    pub amount: i64,
}

/// A permit with what was received against it: the remainder (余量) is what its lines say less that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The document.
    pub permit: Permit,
    /// What was drawn off each line, in base units of its dimension.
    pub drawn: Vec<i64>,
    /// How many receipts hold against it.
    pub receipts: i64,
}

impl Allowance {
    /// A permit of which nothing was drawn.
    #[must_use]
    pub fn new(permit: Permit) -> Self {
        Self {
            drawn: vec![0; permit.lines.len()],
            permit,
            receipts: 0,
        }
    }

    /// Whether anything was received against it and holds.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        self.receipts > 0 || self.drawn.iter().any(|drawn| *drawn > 0)
    }

    /// Whether a second person confirms this correction: any of what was drawn on, but that it is no
    /// longer valid.
    #[must_use]
    pub fn needs_second(&self, permit: &Permit) -> bool {
        let revoked = Permit {
            revoked: true,
            ..self.permit.clone()
        };
        self.is_drawn() && *permit != revoked
    }

    /// The same after its document was corrected: what was drawn stays drawn, so that no line may be
    /// less than that or about something else, and it was the kind of document that it was.
    ///
    /// # Errors
    /// [`Refusal::PermitFixed`], [`Refusal::PermitBelowDrawn`].
    pub fn corrected(&self, permit: Permit) -> Result<Self, Refusal> {
        let was = &self.permit;
        if self.is_drawn() && (was.kind, was.single_use) != (permit.kind, permit.single_use) {
            return Err(Refusal::PermitFixed { permit: permit.id });
        }
        let mut drawn = self.drawn.clone();
        for (index, (line, taken)) in self.permit.lines.iter().zip(&self.drawn).enumerate() {
            let kept = permit.lines.get(index).is_some_and(|new| {
                new.goods == line.goods
                    && new.quantity.dimension() == line.quantity.dimension()
                    && new.quantity.amount() >= *taken
            });
            if *taken > 0 && !kept {
                return Err(Refusal::PermitBelowDrawn {
                    permit: permit.id,
                    line: index + 1,
                    drawn: quantity(line.quantity.dimension(), *taken)?,
                });
            }
        }
        drawn.resize(permit.lines.len(), 0);
        Ok(Self {
            permit,
            drawn,
            receipts: self.receipts,
        })
    }

    /// What is left of each line.
    ///
    /// # Errors
    /// [`Refusal::Inconsistent`]: never more was drawn than there is.
    pub fn left(&self) -> Result<Vec<Quantity>, Refusal> {
        let lines = self.permit.lines.iter().zip(&self.drawn);
        let left = lines.map(|(line, drawn)| {
            let whole = line.quantity;
            quantity(whole.dimension(), whole.amount() - drawn)
        });
        left.collect()
    }

    /// What a receipt of so much of a product on that day draws (RULES D8): never more than is left,
    /// not before or after its days, and on a single-use one not again.
    ///
    /// # Errors
    /// [`Refusal::PermitRevoked`], [`Refusal::PermitNotYetValid`], [`Refusal::PermitExpired`],
    /// [`Refusal::PermitUsed`], [`Refusal::PermitOtherGoods`], [`Refusal::PermitDensityUnknown`],
    /// [`Refusal::PermitExceeded`].
    pub fn draw(
        &self,
        product: &Product,
        density: Option<Density>,
        amount: Quantity,
        day: NaiveDate,
    ) -> Result<PermitDraw, Refusal> {
        let Permit {
            id: permit,
            from,
            until,
            ..
        } = self.permit;
        if self.permit.revoked {
            return Err(Refusal::PermitRevoked { permit });
        }
        if day < from {
            return Err(Refusal::PermitNotYetValid { permit, from });
        }
        if let Some(until) = until.filter(|until| *until < day) {
            return Err(Refusal::PermitExpired { permit, until });
        }
        if self.permit.single_use && self.receipts > 0 {
            return Err(Refusal::PermitUsed { permit });
        }
        // A line about the product itself goes before one about its substance.
        let lines = (0_u32..).zip(self.permit.lines.iter().zip(self.left()?));
        let (line, (_, left)) = lines
            .filter(|(_, (line, _))| line.goods.covers(product))
            .min_by_key(|(_, (line, _))| matches!(line.goods, Goods::Substance(_)))
            .ok_or(Refusal::PermitOtherGoods {
                permit,
                product: product.id,
            })?;
        // Whoever receives states the density of the lot: never to their own advantage.
        let asked = [density, product.density]
            .into_iter()
            .filter_map(|density| convert(amount, left.dimension(), density))
            .max_by_key(|asked| asked.amount())
            .ok_or(Refusal::PermitDensityUnknown {
                permit,
                product: product.id,
                left,
            })?;
        if asked.amount() > left.amount() {
            return Err(Refusal::PermitExceeded {
                permit,
                left,
                asked,
            });
        }
        Ok(PermitDraw {
            permit,
            line,
            amount: asked.amount(),
        })
    }

    /// Books a draw, or (−1) gives it back; nothing if that cannot be.
    #[must_use]
    pub fn booked(&self, draw: PermitDraw, sign: i64) -> Option<Self> {
        let mut booked = self.clone();
        let line = usize::try_from(draw.line).ok()?;
        let whole = booked.permit.lines.get(line)?.quantity.amount();
        let drawn = booked.drawn.get_mut(line)?;
        *drawn = draw
            .amount
            .checked_mul(sign)
            .and_then(|amount| drawn.checked_add(amount))
            .filter(|drawn| (0..=whole).contains(drawn))?;
        booked.receipts = Some(booked.receipts + sign).filter(|receipts| *receipts >= 0)?;
        Some(booked)
    }
}

/// An amount in another dimension, where a density leads there: exact, rounded half to even.
fn convert(amount: Quantity, to: Dimension, density: Option<Density>) -> Option<Quantity> {
    match (amount.dimension(), to) {
        (from, to) if from == to => Some(amount),
        (Dimension::Volume, Dimension::Mass) => density?.mass_from_volume(amount).ok(),
        (Dimension::Mass, Dimension::Volume) => density?.volume_from_mass(amount).ok(),
        (Dimension::Mass | Dimension::Volume | Dimension::Count, _) => None,
    }
}

fn quantity(dimension: Dimension, amount: i64) -> Result<Quantity, Refusal> {
    Quantity::new(dimension, amount).map_err(|_| Refusal::Inconsistent {
        what: "remainder of a permit",
    })
}

/// 采购管控: on which documents what is of a class may be received, from a day on. None is in force
/// until the institution records one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurchasePolicy {
    /// The class.
    pub class: ControlClass,
    /// First day.
    pub from: NaiveDate,
    /// The kinds of documents, any one of which is enough; none: no document is asked for.
    pub permits: Vec<PermitKind>,
    /// Where the rule is from.
    pub source: String,
}
