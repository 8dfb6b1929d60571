//! 识别: the hazards of a product that no list knew become known.

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ids::ProductId,
    ledger::{Act, Draft, Kind},
    people::Permission,
    product::{ClassLine, Product},
    refusal::Refusal,
    substance::ControlClass,
    time::Time,
};

/// Identifies a product by a document: an ordinary hazardous chemical from that day on, or none. What
/// the lists control they know by name, and no document here takes it off them.
#[derive(Clone, Debug)]
pub struct Identify {
    /// The product.
    pub product: ProductId,
    /// The safety data sheet (SDS) or test report (鉴定报告), by its title or number.
    pub document: String,
    /// Whether it is hazardous, as the document says.
    pub hazardous: bool,
}

impl Verb for Identify {
    fn name(&self) -> &'static str {
        Kind::Product.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePlaces)
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let product = facts.product(self.product)?;
        let today = cx.now.china_day();
        if product.identified(cx.now).is_ok() {
            return Err(Refusal::ProductIdentified {
                product: product.id,
            });
        }
        let mut classes = product.classes.clone();
        for line in &mut classes {
            if line.class == ControlClass::Unidentified && line.until.is_none_or(|end| today < end)
            {
                line.until = Some(today);
            }
        }
        classes.extend(self.hazardous.then(|| ClassLine {
            class: ControlClass::Hazardous,
            from: today,
            until: None,
            source: self.document.clone(),
        }));
        let mut draft = Draft::of(Act::Product(Product {
            classes,
            ..product.clone()
        }));
        draft.reason.clone_from(&self.document);
        Ok(draft.into())
    }
}

impl Product {
    /// The product's hazards are known: until then it may stay where it is and be given back, but no
    /// more of it may come and none be used (HCL art. 124: 危险特性尚未确定的，不得擅自储存、使用).
    ///
    /// # Errors
    /// [`Refusal::ProductUnidentified`].
    pub fn identified(&self, now: Time) -> Result<(), Refusal> {
        if self
            .classes_on(now.china_day())
            .contains(&ControlClass::Unidentified)
        {
            return Err(Refusal::ProductUnidentified { product: self.id });
        }
        Ok(())
    }
}
