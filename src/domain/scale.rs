//! 称量: what a weight says of what a container is booked in.

use super::{
    container::Container,
    ids::Label,
    ledger::Weighing,
    product::Product,
    quantity::{Density, Dimension, Quantity},
    refusal::Refusal,
};

/// Turns a net weight into what the container is booked in: as it is, or through a density and the
/// place it is from.
#[derive(Clone, Copy, Debug)]
pub struct Scale(Option<(Density, &'static str)>);

impl Scale {
    /// That of a container: by its own density, else its product's.
    ///
    /// # Errors
    /// [`Refusal::DensityUnknown`], [`Refusal::DimensionMismatch`] for what is counted in pieces.
    pub fn of(
        container: &Container,
        product: &Product,
        label: Label,
        gross: Quantity,
    ) -> Result<Self, Refusal> {
        let own = container
            .identity
            .density
            .map(|density| (density, "container"));
        let known = own.or(product.density.map(|density| (density, "product")));
        match container.identity.dimension {
            Dimension::Mass => Ok(Self(None)),
            Dimension::Volume => match known {
                Some(density) => Ok(Self(Some(density))),
                None => Err(Refusal::DensityUnknown { label }),
            },
            Dimension::Count => Err(Self::mismatch(container, label, gross)?),
        }
    }

    /// What was weighed, and how.
    ///
    /// # Errors
    /// [`Refusal::WeightBelowTare`], [`Refusal::AmountOverflow`].
    pub fn weigh(self, gross: Quantity, tare: Quantity) -> Result<(Quantity, Weighing), Refusal> {
        let net = gross
            .checked_sub(tare)
            .map_err(|_| Refusal::WeightBelowTare { gross, tare })?;
        let weighing = Weighing {
            gross_ug: gross.amount(),
            tare_ug: tare.amount(),
            density: self.0.map(|(density, _)| density.to_string()),
            density_source: self.0.map(|(_, source)| source.to_owned()),
        };
        Ok((self.read(net)?, weighing))
    }

    /// Exact, rounded half to even to the base unit.
    fn read(self, net: Quantity) -> Result<Quantity, Refusal> {
        match self.0 {
            None => Ok(net),
            Some((density, _)) => density
                .volume_from_mass(net)
                .map_err(|_| Refusal::AmountOverflow {}),
        }
    }

    /// How far off `booked` a balance may show an untouched bottle (RULES D5: 0.5 % or 0.1 g, whichever is
    /// more): that much is no difference, nothing was used. It is never more than a twentieth of what is
    /// booked: 0.1 g may be all of a small vial.
    ///
    /// # Errors
    /// [`Refusal::AmountOverflow`].
    pub fn tolerance(self, booked: i64) -> Result<i64, Refusal> {
        const LEAST_UG: i64 = 100_000;
        let least =
            Quantity::new(Dimension::Mass, LEAST_UG).map_err(|_| Refusal::AmountOverflow {})?;
        Ok(tolerated(self.read(least)?.amount(), booked))
    }

    /// The refusal of a quantity in another dimension than the container is booked in.
    ///
    /// # Errors
    /// [`Refusal::Inconsistent`] when the content of the container is none.
    pub fn mismatch(
        container: &Container,
        label: Label,
        given: Quantity,
    ) -> Result<Refusal, Refusal> {
        let booked = container.content().map_err(|_| Refusal::Inconsistent {
            what: "content of a container",
        })?;
        Ok(Refusal::DimensionMismatch {
            label,
            booked,
            given,
        })
    }
}

/// RULES D5: 0.5 %, or what a balance may be off at `least`, whichever is more. Ours: no more than 5 % of what is
/// booked, which is what 0.1 g is of 2 g. Whoever has less weighs on a finer balance: 1 mg, as the usual
/// analytical ones show it, is 5 % of 20 mg.
#[must_use]
pub const fn tolerated(least: i64, booked: i64) -> i64 {
    let (share, most) = (booked / 200, booked / 20);
    if least <= share {
        share
    } else if least < most {
        least
    } else {
        most
    }
}
