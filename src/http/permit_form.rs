//! The lines of a permit, as they are given.

use super::{body::body, problem::Problem};
use crate::{
    app::App,
    domain::{
        ids::ProductId,
        permit::{Goods, PermitLine},
        quantity::Quantity,
        substance::SubstanceId,
    },
};

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
