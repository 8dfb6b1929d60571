//! What a product is: matched with the catalogue by name and qualifier, never by CAS number alone.

use super::App;
use crate::domain::{
    catalogue::Matches,
    ids::Cas,
    product::ClassLine,
    quantity::Density,
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
    /// Matches a name with the catalogue.
    ///
    /// # Errors
    /// [`Refusal::SubstanceAmbiguous`] when a person has to choose.
    pub fn classify(
        &self,
        name: &str,
        qualifier: Option<&str>,
        cas: Option<&Cas>,
    ) -> Result<Classified, Refusal> {
        let density = self
            .catalogue
            .density_for(name, qualifier, cas)
            .map(|listed| listed.density);
        match self.catalogue.candidates(name, qualifier, cas) {
            Matches::Exact(substance) => Ok(self.listed(substance, name, density)),
            Matches::Ambiguous(candidates) => {
                let names: Vec<String> = candidates
                    .iter()
                    .map(|candidate| {
                        let substance = candidate.substance;
                        match &substance.qualifier {
                            Some(qualifier) => format!("{}（{qualifier}）", substance.name),
                            None => substance.name.clone(),
                        }
                    })
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

    /// The same where a person has chosen one of several substances: a salt or a medicine of a listed
    /// drug, or a strength that the bottle does not state.
    ///
    /// # Errors
    /// [`Refusal::SubstanceAmbiguous`] when the choice is none of the candidates.
    pub fn classify_as(
        &self,
        name: &str,
        qualifier: Option<&str>,
        cas: Option<&Cas>,
        chosen: &str,
    ) -> Result<Classified, Refusal> {
        if let Matches::Ambiguous(candidates) = self.catalogue.candidates(name, qualifier, cas)
            && let Some(candidate) = candidates
                .iter()
                .find(|candidate| candidate.substance.id.as_str() == chosen)
        {
            let density = self.catalogue.density_for(name, qualifier, cas);
            let density = density.map(|listed| listed.density);
            return Ok(self.listed(candidate.substance, name, density));
        }
        self.classify(name, qualifier, cas)
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
