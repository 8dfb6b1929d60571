//! 配制: what a mixture is made of, reckoned exactly.
//!
//! Masses are in µg. The mass fraction of an input is its mass over that of everything that went in,
//! solvent included, in parts of a thousand million (10⁻⁹); its mass concentration is its mass over the
//! volume that was made, in µg/L: as if all that went in were in what was made. Both are rounded half to
//! even. What a missing density leaves open is absent, never guessed.

use serde::{Deserialize, Serialize};

use super::{
    container::{Container, Identity},
    facts::Facts,
    ids::{Label, ProductId, Serial},
    ledger::{Account, Posting, Record},
    product::Product,
    quantity::{Density, Dimension, Quantity},
    refusal::Refusal,
    substance::ControlClass,
    time::Time,
    vessel::measured,
};

/// Parts of which a mass fraction is counted.
const WHOLE: i128 = 1_000_000_000;
/// nL in a litre.
const LITRE: i128 = 1_000_000_000;

const WRONG: Refusal = Refusal::Inconsistent {
    what: "composition of a mixture",
};

/// What it was dissolved in and is in no book, as water.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Solvent {
    /// What it is.
    pub name: String,
    /// How much, a mass or a volume.
    pub amount: Quantity,
    /// Its density, where the amount is a volume and it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub density: Option<Density>,
}

/// Something out of the book that went in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The container that it came from.
    pub serial: Serial,
    /// What it is.
    pub product: ProductId,
    /// How much.
    pub amount: Quantity,
    /// Its mass, µg.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::ledger::amount::maybe"
    )]
    pub mass_ug: Option<i64>,
    /// Its mass fraction, parts in 10⁹.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::ledger::amount::maybe"
    )]
    pub fraction_ppb: Option<i64>,
    /// Its mass concentration, µg/L.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::ledger::amount::maybe"
    )]
    pub ug_per_l: Option<i64>,
}

/// What was mixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixture {
    /// What went in out of the book.
    pub components: Vec<Component>,
    /// What else went in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solvent: Option<Solvent>,
}

/// An amount of what went in, with what is known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ingredient<'f> {
    /// The container that it comes from.
    pub container: &'f Container,
    /// How much, base units.
    pub amount: i64,
}

/// `part` of `all`, counted in `times`, rounded half to even.
fn share(part: i64, all: i64, times: i128) -> Option<i64> {
    let over = i128::from(all);
    if over <= 0 {
        return None;
    }
    let product = i128::from(part).checked_mul(times)?;
    let (whole, rest) = (product / over, product % over);
    let up = rest * 2 > over || (rest * 2 == over && whole % 2 == 1);
    i64::try_from(whole + i128::from(up)).ok()
}

impl Facts {
    /// What a mixture of these comes to, if it may be made.
    ///
    /// # Errors
    /// [`Refusal::ProductUnidentified`], [`Refusal::MixClassNotCovered`], [`Refusal::SolventUnfit`],
    /// [`Refusal::ContainerExpired`], [`Refusal::OutlivesSource`], [`Refusal::ExpiredWhenFilled`],
    /// [`Refusal::ContainerInIncident`], [`Refusal::MadeMoreThanMixed`], [`Refusal::AmountOverflow`].
    pub(super) fn mixed(
        &self,
        ingredients: &[Ingredient<'_>],
        solvent: Option<&Solvent>,
        made: (&Identity, i64),
        (now, then): (Time, Time),
    ) -> Result<Mixture, Refusal> {
        let (identity, amount) = made;
        let product = self.product(identity.product)?;
        product.identified(now)?;
        self.lasts(ingredients, identity, then)?;
        for ingredient in ingredients {
            let from = self.product_of(ingredient.container)?;
            if let Some(class) = Self::uncovered(from, product, now) {
                return Err(Refusal::MixClassNotCovered {
                    product: product.id,
                    from: from.id,
                    class: class.name_zh(),
                });
            }
        }
        let amount = Quantity::new(product.dimension, amount);
        let amount = amount.map_err(|_| Refusal::AmountOverflow {})?;
        let density = identity.density.or(product.density);
        let volume = measured(amount, density, Dimension::Volume);
        let made_ug = measured(amount, density, Dimension::Mass);
        let mut components = Vec::new();
        let mut masses = vec![Self::dissolves(solvent)?];
        for ingredient in ingredients {
            let container = ingredient.container;
            let amount = Quantity::new(container.identity.dimension, ingredient.amount);
            let amount = amount.map_err(|_| WRONG)?;
            let density = container
                .identity
                .density
                .or(self.product_of(container)?.density);
            let mass_ug = measured(amount, density, Dimension::Mass);
            masses.push(mass_ug);
            components.push(Component {
                serial: container.serial,
                product: container.identity.product,
                amount,
                mass_ug,
                fraction_ppb: None,
                ug_per_l: mass_ug
                    .zip(volume)
                    .and_then(|(mass, volume)| share(mass, volume, LITRE)),
            });
        }
        let total: Option<i64> = masses
            .into_iter()
            .try_fold(0_i64, |sum, mass| sum.checked_add(mass?));
        for component in &mut components {
            let known = component.mass_ug.zip(total);
            component.fraction_ppb = known.and_then(|(mass, total)| share(mass, total, WHOLE));
        }
        if let (Some(total), Some(made_ug)) = (total, made_ug) {
            // As far off as a balance may be (RULES D5).
            let most = total.saturating_add((total / 200).max(100_000));
            if made_ug > most {
                let mass =
                    |ug| Quantity::new(Dimension::Mass, ug).map_err(|_| Refusal::AmountOverflow {});
                return Err(Refusal::MadeMoreThanMixed {
                    made: mass(made_ug)?,
                    mixed: mass(total)?,
                });
            }
        }
        Ok(Mixture {
            components,
            solvent: solvent.cloned(),
        })
    }

    /// What is made outlives nothing that went in, and nothing had expired.
    fn lasts(
        &self,
        ingredients: &[Ingredient<'_>],
        made: &Identity,
        then: Time,
    ) -> Result<(), Refusal> {
        for ingredient in ingredients {
            let container = ingredient.container;
            let generation = container.standing.generation;
            let label = Label::new(self.institution, container.serial, generation);
            Self::uninvolved(container, label)?;
            self.product_of(container)?.identified(then)?;
            let Some(expires_on) = container.identity.expires_on else {
                continue;
            };
            if then.china_day() > expires_on {
                return Err(Refusal::ContainerExpired { label, expires_on });
            }
            if let Some(given) = made.expires_on.filter(|given| *given > expires_on) {
                return Err(Refusal::OutlivesSource {
                    label,
                    expires_on,
                    given,
                });
            }
        }
        match made.expires_on {
            Some(expires_on) if expires_on < then.china_day() => {
                Err(Refusal::ExpiredWhenFilled { expires_on })
            }
            Some(_) => Ok(()),
            None => Err(WRONG),
        }
    }

    /// The first class of what went in that what was made has not: a mixture is what its components are until
    /// a document says what it is (RULES 5.3; HCL art. 124). What is hazardous from some strength on
    /// only, as 氨溶液 of more than 10 %, may become something of the same CAS number that no list names.
    fn uncovered(from: &Product, made: &Product, now: Time) -> Option<ControlClass> {
        let day = now.china_day();
        let is_identified = made.classes.iter().any(|line| {
            line.class == ControlClass::Unidentified && line.until.is_some_and(|end| end <= day)
        });
        let has = made.classes_on(day);
        // Whatever stands on a stricter list is a hazardous chemical, too.
        let is_hazardous = !has.is_empty() || (from.cas.is_some() && from.cas == made.cas);
        let mut classes = from.classes_on(day).into_iter();
        classes.find(|class| {
            let is_plain = *class == ControlClass::Hazardous;
            let is_covered = has.contains(class) || (is_plain && is_hazardous);
            !is_covered && !is_identified
        })
    }

    /// The mass of the solvent: where there is none it is nothing.
    fn dissolves(solvent: Option<&Solvent>) -> Result<Option<i64>, Refusal> {
        let Some(solvent) = solvent else {
            return Ok(Some(0));
        };
        let given = solvent.amount;
        if given.dimension() == Dimension::Count || given.amount() == 0 {
            return Err(Refusal::SolventUnfit { given });
        }
        Ok(measured(given, solvent.density, Dimension::Mass))
    }

    /// Whether an entry mixes what it says, whoever wrote it.
    pub(super) fn check_mix(&self, record: &Record, mixture: &Mixture) -> Result<(), Refusal> {
        let (known, new): (Vec<_>, Vec<_>) = record
            .containers
            .iter()
            .partition(|line| line.before.is_some());
        let [identity] = record.identities.as_slice() else {
            return Err(WRONG);
        };
        let (pairs, rest) = record.postings.as_chunks::<2>();
        if known.is_empty() || new.is_empty() || !rest.is_empty() || !identity.mixed {
            return Err(WRONG);
        }
        if pairs.len() != known.len() + new.len() {
            return Err(WRONG);
        }
        let mut ingredients = Vec::new();
        for (line, [from, to]) in known.iter().zip(pairs) {
            let container = self.stock.containers.get(line.serial).ok_or(WRONG)?;
            let arrives = Posting {
                account: Account::Made,
                place: None,
                holder: None,
                checkout: None,
                amount: to.amount,
                ..from.clone()
            };
            let leaves = matches!(from.account, Account::Container | Account::Held);
            if !leaves || from.amount != -to.amount || to.amount <= 0 || *to != arrives {
                return Err(WRONG);
            }
            if from.container != line.serial {
                return Err(WRONG);
            }
            ingredients.push(Ingredient {
                container,
                amount: to.amount,
            });
        }
        let mut made = 0_i64;
        for (line, [from, to]) in new.iter().zip(pairs.iter().skip(known.len())) {
            let is_so = from.account == Account::Made
                && to.account == Account::Container
                && (from.container, to.container) == (line.serial, line.serial)
                && from.amount == -to.amount
                && to.amount == line.after.amount
                && to.amount > 0;
            if !is_so {
                return Err(WRONG);
            }
            made = made.checked_add(to.amount).ok_or(WRONG)?;
        }
        let then = record.occurred_at.unwrap_or(record.recorded_at);
        let solvent = mixture.solvent.as_ref();
        let times = (record.recorded_at, then);
        if self.mixed(&ingredients, solvent, (identity, made), times)? == *mixture {
            Ok(())
        } else {
            Err(WRONG)
        }
    }
}
