//! What a product is: matched with the catalogue by name and qualifier, never by CAS number alone.

use super::App;
use crate::domain::{
    catalogue::Matches,
    ids::{Cas, ProductId},
    product::{ClassLine, Product},
    quantity::{Density, Dimension},
    refusal::Refusal,
    substance::{ControlClass, Substance},
};

/// What the catalogue says of a product.
#[derive(Clone, Debug, Default)]
pub struct Classified {
    /// The substance matched.
    pub substance: Option<String>,
    /// The names under which the lists know it.
    pub aliases: Vec<String>,
    /// Its control classes with their lists.
    pub classes: Vec<ClassLine>,
    /// A density, if one is known.
    pub density: Option<Density>,
}

impl App {
    /// A product as it would be made; its number is given when it is. Where the name could be one of
    /// several substances, `meant` is the one that a person chose of these.
    ///
    /// # Errors
    /// [`Refusal::SubstanceAmbiguous`] when a person has to choose.
    pub fn product(
        &self,
        name: String,
        qualifier: Option<String>,
        cas: Option<Cas>,
        dimension: Dimension,
        meant: Option<&str>,
    ) -> Result<Product, Refusal> {
        let classified = self.classify(&name, qualifier.as_deref(), cas.as_ref(), meant)?;
        Ok(Product {
            id: ProductId::MIN,
            name,
            qualifier,
            aliases: classified.aliases,
            cas,
            substance: classified.substance,
            dimension,
            density: classified.density,
            classes: classified.classes,
        })
    }

    /// Matches a name with the catalogue; of several substances, the one `meant`.
    ///
    /// # Errors
    /// [`Refusal::SubstanceAmbiguous`] when a person has to choose.
    pub fn classify(
        &self,
        name: &str,
        qualifier: Option<&str>,
        cas: Option<&Cas>,
        meant: Option<&str>,
    ) -> Result<Classified, Refusal> {
        let density = self
            .catalogue
            .density_for(name, qualifier, cas)
            .map(|listed| listed.density);
        match self.catalogue.candidates(name, qualifier, cas) {
            Matches::Exact(substance) => Ok(self.listed(substance, name, density)),
            Matches::Ambiguous(candidates) => {
                let shown = |substance: &Substance| match &substance.qualifier {
                    Some(qualifier) => format!("{}（{qualifier}）", substance.name),
                    None => substance.name.clone(),
                };
                let chosen = candidates
                    .iter()
                    .find(|candidate| Some(shown(candidate.substance).as_str()) == meant);
                if let Some(chosen) = chosen {
                    return Ok(self.listed(chosen.substance, name, density));
                }
                let names: Vec<String> = candidates
                    .iter()
                    .map(|candidate| shown(candidate.substance))
                    .collect();
                Err(Refusal::SubstanceAmbiguous {
                    candidates: names.join("；"),
                })
            }
            Matches::Outside(_) => Ok(Classified {
                density,
                ..Classified::default()
            }),
            Matches::None => Ok(Classified {
                density,
                classes: vec![ClassLine {
                    class: ControlClass::Unidentified,
                    from: self.catalogue.edition().effective_from,
                    until: None,
                    source: self.catalogue.edition().id.to_string(),
                }],
                ..Classified::default()
            }),
        }
    }

    /// What the lists say of a substance.
    fn listed(&self, substance: &Substance, name: &str, density: Option<Density>) -> Classified {
        let listings = self.catalogue.listings_of(&substance.id);
        let classes = listings.iter().map(|listing| ClassLine {
            class: listing.class,
            from: listing.effective_from,
            until: listing.effective_to,
            source: listing.list.to_string(),
        });
        Classified {
            substance: Some(substance.id.to_string()),
            aliases: std::iter::once(&substance.name)
                .chain(&substance.aliases)
                .filter(|alias| *alias != name)
                .cloned()
                .collect(),
            classes: classes.collect(),
            density,
        }
    }
}
