//! 品名: a product is made or changed.

use super::{Context, Decision, Needs, Verb, following};
use crate::domain::{
    facts::Facts,
    ids::ProductId,
    ledger::{Act, Draft, Kind},
    people::Permission,
    product::Product,
    refusal::Refusal,
};

/// Makes a product, or changes one that exists.
#[derive(Clone, Debug)]
pub struct SetProduct {
    /// The product to change; absent to make a new one.
    pub id: Option<ProductId>,
    /// How it is to be; its `id` is given by this verb.
    pub product: Product,
}

impl Verb for SetProduct {
    fn name(&self) -> &'static str {
        Kind::Product.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePlaces)
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let products = &facts.register.products;
        let same = products.iter().map(|(_, product)| product).find(|product| {
            product.name == self.product.name
                && product.qualifier == self.product.qualifier
                && product.cas == self.product.cas
                && product.dimension == self.product.dimension
                && Some(product.id) != self.id
        });
        if let Some(same) = same {
            return Err(Refusal::ProductExists { product: same.id });
        }
        let id = match self.id {
            Some(id) => {
                let now = facts.product(id)?;
                if now.dimension != self.product.dimension {
                    return Err(Refusal::DimensionFixed { product: id });
                }
                id
            }
            None => following(products.last_key().map(ProductId::get))?,
        };
        let product = Product {
            id,
            ..self.product.clone()
        };
        Ok(Draft::of(Act::Product(product)).into())
    }
}
