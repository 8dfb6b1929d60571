//! 品名: the products of an institution.

use serde::Serialize;

use super::{Page, Query, Scope};
use crate::{
    domain::{
        ids::{Cas, ProductId},
        product::Product,
        quantity::{Density, Dimension},
        substance::ControlClass,
        time::Time,
    },
    store::{StoreError, conn::Db},
};

/// Asks for the products.
#[derive(Clone, Debug)]
pub struct Products {
    /// Only of this control class today.
    pub class: Option<ControlClass>,
    /// Only behind this product.
    pub after: Option<ProductId>,
    /// Most items.
    pub limit: usize,
}

/// A product.
#[derive(Clone, Debug, Serialize)]
pub struct ProductLine {
    /// Its number.
    pub product: ProductId,
    /// 品名.
    pub name: String,
    /// Concentration or form.
    pub qualifier: Option<String>,
    /// CAS number.
    pub cas: Option<Cas>,
    /// The substance of the catalogue that it was matched with.
    pub substance: Option<String>,
    /// What its containers are booked in.
    pub dimension: Dimension,
    /// g/mL.
    pub density: Option<Density>,
    /// The control classes today, strictest first.
    pub classes: Vec<ControlClass>,
}

impl ProductLine {
    pub(super) fn of(product: &Product, now: Time) -> Self {
        Self {
            product: product.id,
            name: product.name.clone(),
            qualifier: product.qualifier.clone(),
            cas: product.cas.clone(),
            substance: product.substance.clone(),
            dimension: product.dimension,
            density: product.density,
            classes: product.classes_on(now.china_day()),
        }
    }
}

impl Query for Products {
    type Answer = Page<ProductLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let mut lines: Vec<ProductLine> = snapshot
            .facts
            .register
            .products
            .iter()
            .map(|(_, product)| ProductLine::of(product, scope.now))
            .filter(|line| self.class.is_none_or(|class| line.classes.contains(&class)))
            .collect();
        lines.sort_unstable_by_key(|line| line.product);
        Ok(Page::of(
            lines,
            |line| line.product,
            self.after.as_ref(),
            self.limit,
            Some(snapshot.as_of_seq),
        ))
    }
}
