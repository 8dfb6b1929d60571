//! A permit and its lines, as they are given.

use chrono::NaiveDate;

use super::{body::body, problem::Problem, seconds::SecondBody};
use crate::{
    app::App,
    domain::{
        ids::{PermitId, ProductId},
        permit::{self, Goods, PermitLine},
        quantity::Quantity,
        substance::SubstanceId,
    },
};

body! {
    /// A permit or filing, as the document says.
    PermitBody {
        /// What kind of document.
        kind: permit::PermitKind,
        /// 编号.
        number: String,
        /// 发证机关, or whoever took the filing.
        issuer: String,
        /// First day.
        from: NaiveDate,
        /// Last day; left out where the document names none.
        until: Option<NaiveDate>,
        /// What may be bought, at least one line.
        lines: Vec<PermitLineBody>,
        /// Good for one receipt.
        single_use: Option<bool>,
        /// No longer valid.
        revoked: Option<bool>,
        /// Why it is corrected.
        reason: Option<String>,
        /// The second person, who confirms any correction of what was received against, but that it is
        /// no longer valid.
        second: Option<SecondBody>,
    }
}

impl PermitBody {
    /// The permit that it describes, without a number here yet.
    pub(super) fn into_permit(self, app: &App) -> Result<permit::Permit, Problem> {
        if self.until.is_some_and(|until| until < self.from) {
            return Err(Problem::field(
                "/until",
                "period_reversed",
                "截止日早于起始日，请核对证件上的有效期。",
                "The last day is before the first; check the days on the document.",
            ));
        }
        Ok(permit::Permit {
            id: PermitId::MIN,
            kind: self.kind,
            number: self.number,
            issuer: self.issuer,
            from: self.from,
            until: self.until,
            lines: PermitLineBody::into_lines(self.lines, app)?,
            single_use: self.single_use.unwrap_or(false),
            revoked: self.revoked.unwrap_or(false),
        })
    }
}

body! {
    /// What a permit lets be bought: a product, or all products of a substance of the catalogue.
    PermitLineBody {
        /// The product.
        product: Option<ProductId>,
        /// The substance, as `/substances` names it.
        substance: Option<String>,
        /// How much, as the document says.
        quantity: Quantity,
    }
}

impl PermitLineBody {
    /// The lines, each about something else that is there.
    pub(super) fn into_lines(given: Vec<Self>, app: &App) -> Result<Vec<PermitLine>, Problem> {
        if given.is_empty() {
            return Err(Problem::field(
                "/lines",
                "empty",
                "请至少填写一行品名和数量。",
                "Give at least one line with a quantity.",
            ));
        }
        let mut lines: Vec<PermitLine> = Vec::with_capacity(given.len());
        for (index, line) in given.into_iter().enumerate() {
            let pointer = format!("/lines/{index}");
            let goods = line.goods(app, &pointer)?;
            if lines.iter().any(|other| other.goods == goods) {
                return Err(Problem::field(
                    &pointer,
                    "given_twice",
                    "同一品名在许可中出现了两次，请合并为一行。",
                    "This stands on the permit twice; put both in one line.",
                ));
            }
            lines.push(PermitLine {
                goods,
                quantity: line.quantity,
            });
        }
        Ok(lines)
    }

    fn goods(&self, app: &App, pointer: &str) -> Result<Goods, Problem> {
        match (self.product, &self.substance) {
            (Some(product), None) => Ok(Goods::Product(product)),
            (None, Some(code)) => {
                let known = code.parse::<SubstanceId>();
                let known = known.is_ok_and(|id| app.catalogue().substance(&id).is_some());
                known
                    .then(|| Goods::Substance(code.clone()))
                    .ok_or_else(|| {
                        Problem::field(
                            &format!("{pointer}/substance"),
                            "substance_unknown",
                            "目录中没有这个物质编号。请在 /substances 中查找。",
                            "The catalogue has no such substance; look it up in /substances.",
                        )
                    })
            }
            (Some(_), Some(_)) | (None, None) => Err(Problem::field(
                pointer,
                "one_expected",
                "请填写 product 或 substance 其中之一。",
                "Give either product or substance.",
            )),
        }
    }
}
