//! 配制组成: what a container was mixed of, as the entry that made it says.

use serde::Serialize;

use super::{Scope, product, quantity, record};
use crate::{
    domain::{
        container::Container,
        facts::Facts,
        ids::{ProductId, Seq},
        ledger::Act,
        mixture::{Component, Solvent},
        quantity::{Dimension, Quantity},
    },
    store::{StoreError, conn::Db, lookups},
};

/// Entries looked at on the way back to the one that mixed.
const MOST_STEPS: usize = 1_000;
/// Parts of 10⁹ in a part of 10⁴ of a percent: six places of a percent are seven of 10⁹.
const PER_PERCENT: i64 = 10_000_000;

/// What a container was mixed of.
#[derive(Clone, Debug, Serialize)]
pub struct Composition {
    /// The entry that mixed it.
    pub entry: Seq,
    /// What went in out of the book.
    pub components: Vec<ComponentLine>,
    /// What else went in.
    pub solvent: Option<Solvent>,
}

/// Something that went in.
#[derive(Clone, Debug, Serialize)]
pub struct ComponentLine {
    /// What it is.
    pub product: ProductId,
    /// 品名.
    pub name: String,
    /// Concentration or form of what went in.
    pub qualifier: Option<String>,
    /// How much went in, into all that was made.
    pub amount: Quantity,
    /// Its mass; absent where no density tells.
    pub mass: Option<Quantity>,
    /// 质量分数 in percent, as a decimal; absent where the mass of something is unknown.
    pub mass_percent: Option<String>,
    /// 质量浓度 in mg/L, as a decimal; absent where the volume made or its own mass is unknown.
    pub mg_per_l: Option<String>,
}

/// A count of thousandths or the like as a decimal without needless zeros.
fn decimal(value: i64, one: i64, places: usize) -> String {
    let (whole, rest) = (value / one, value % one);
    let text = format!("{whole}.{rest:0places$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn line(facts: &Facts, component: &Component) -> Result<ComponentLine, StoreError> {
    let product = product(facts, component.product)?;
    let mass = component.mass_ug.map(|ug| quantity(Dimension::Mass, ug));
    Ok(ComponentLine {
        product: product.id,
        name: product.name.clone(),
        qualifier: product.qualifier.clone(),
        amount: component.amount,
        mass: mass.transpose()?,
        mass_percent: component
            .fraction_ppb
            .map(|ppb| decimal(ppb, PER_PERCENT, 7)),
        mg_per_l: component.ug_per_l.map(|ug| decimal(ug, 1_000, 3)),
    })
}

/// The composition of a container, or of the one that it was filled from.
pub(super) fn composition(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    container: &Container,
) -> Result<Option<Composition>, StoreError> {
    let mut serial = container.serial;
    let mut at = container.last_entry;
    for _ in 0..MOST_STEPS {
        let found = record(conn, scope, at)?;
        if let Some(prior) = found.before(serial) {
            at = prior.entry;
            continue;
        }
        if let Act::Mix(mixture) = found.act {
            let components = mixture.components.iter();
            let components = components.map(|component| line(facts, component));
            return Ok(Some(Composition {
                entry: found.seq,
                components: components.collect::<Result<_, _>>()?,
                solvent: mixture.solvent,
            }));
        }
        let own = lookups::container(conn, scope.institution, serial)?;
        let parent = own.and_then(|own| own.identity.parent);
        let Some(parent) = parent else { break };
        let Some(from) = lookups::container(conn, scope.institution, parent)? else {
            break;
        };
        (serial, at) = (parent, from.last_entry);
    }
    Ok(None)
}
