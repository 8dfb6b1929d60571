//! 称量: a net weight as what a container is booked in, and how far a balance may be off.

use super::{
    container::Identity,
    product::Product,
    quantity::{Density, Dimension, Quantity},
};

/// The least that a balance may be off (RULES D5: 0.5 % or 0.1 g, whichever is more), µg.
const LEAST_UG: i64 = 100_000;

/// Turns a net weight into what a container is booked in: as it is, or through a density and the place
/// it is from.
#[derive(Clone, Copy, Debug)]
pub struct Scale(Option<(Density, &'static str)>);

impl Scale {
    /// The scale of a container; none for what is counted, and for a volume whose density nobody knows.
    #[must_use]
    pub fn of(identity: &Identity, product: &Product) -> Option<Self> {
        let own = identity.density.map(|density| (density, "container"));
        match identity.dimension {
            Dimension::Mass => Some(Self(None)),
            Dimension::Volume => own
                .or(product.density.map(|density| (density, "product")))
                .map(|known| Self(Some(known))),
            Dimension::Count => None,
        }
    }

    /// The density used, and where it is from.
    #[must_use]
    pub const fn density(self) -> Option<(Density, &'static str)> {
        self.0
    }

    /// Exact, rounded half to even to the base unit; none beyond what can be booked.
    #[must_use]
    pub fn read(self, net: Quantity) -> Option<Quantity> {
        match self.0 {
            None => Some(net),
            Some((density, _)) => density.volume_from_mass(net).ok(),
        }
    }

    /// How far from `amount` a balance may be that shows it, in base units.
    #[must_use]
    pub fn tolerance(self, amount: i64) -> Option<i64> {
        let least = Quantity::new(Dimension::Mass, LEAST_UG).ok()?;
        Some(self.read(least)?.amount().max(amount / 200))
    }
}
