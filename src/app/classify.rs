//! What a product is: matched with the catalogue by name and qualifier, never by CAS number alone.

use super::App;
use crate::domain::{
    catalogue::{Candidate, Matches},
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
    /// several substances, `meant` is the one that a person chose of these, by its code or name.
    ///
    /// # Errors
    /// [`Refusal::SubstanceAmbiguous`], [`Refusal::SubstanceNotAMatch`].
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

    /// Matches a name with the catalogue. Where the catalogue leaves several, a person chooses one of
    /// them (`meant`, its code): a 0.1 % solution of a listed substance needs an identification by law,
    /// and until then it is kept as the substance that it may be.
    ///
    /// # Errors
    /// [`Refusal::SubstanceAmbiguous`] when a person has to choose; [`Refusal::SubstanceNotAMatch`] when
    /// the one chosen is not among those that the name could mean.
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
        let matches = self.catalogue.candidates(name, qualifier, cas);
        let substance = match (&matches, meant) {
            (Matches::Exact(substance), None) => Some(*substance),
            (Matches::Exact(substance), Some(code)) if substance.id.as_str() == code => {
                Some(*substance)
            }
            (Matches::Ambiguous(candidates) | Matches::Outside(candidates), Some(code)) => {
                let found = candidates
                    .iter()
                    .find(|one| one.substance.id.as_str() == code || named(one.substance) == code);
                Some(found.ok_or_else(|| not_a_match(code))?.substance)
            }
            (Matches::Exact(_) | Matches::None, Some(code)) => return Err(not_a_match(code)),
            (Matches::Ambiguous(candidates), None) => {
                let candidates: Vec<String> = candidates.iter().map(spoken).collect();
                return Err(Refusal::SubstanceAmbiguous {
                    candidates: candidates.join("；"),
                });
            }
            (Matches::Outside(_), None) => None,
            (Matches::None, None) => {
                let edition = self.catalogue.edition();
                return Ok(Classified {
                    density,
                    classes: vec![ClassLine {
                        class: ControlClass::Unidentified,
                        from: edition.effective_from,
                        until: None,
                        source: edition.id.to_string(),
                    }],
                    ..Classified::default()
                });
            }
        };
        Ok(Classified {
            density,
            ..substance.map_or_else(Classified::default, |substance| {
                self.listed(name, substance)
            })
        })
    }

    /// What the lists say of a substance that a product called `name` is.
    fn listed(&self, name: &str, substance: &Substance) -> Classified {
        let mut classes: Vec<ClassLine> = Vec::new();
        for listing in self.catalogue.listings_of(&substance.id) {
            let line = ClassLine {
                class: listing.class,
                from: listing.effective_from,
                until: listing.effective_to,
                source: listing.list.to_string(),
            };
            // One list can name a substance in several of its lines.
            if !classes.contains(&line) {
                classes.push(line);
            }
        }
        Classified {
            substance: Some(substance.id.to_string()),
            aliases: std::iter::once(&substance.name)
                .chain(&substance.aliases)
                .filter(|alias| *alias != name)
                .cloned()
                .collect(),
            classes,
            density: None,
        }
    }
}

fn not_a_match(code: &str) -> Refusal {
    Refusal::SubstanceNotAMatch {
        substance: code.to_owned(),
    }
}

/// A candidate with its code, and what stands between it and an exact match.
fn spoken(candidate: &Candidate<'_>) -> String {
    let Candidate { substance, why } = candidate;
    format!(
        "{} {}：{}",
        substance.id,
        named(substance),
        why.message(false)
    )
}

/// A listed substance with its strength or form.
fn named(substance: &Substance) -> String {
    match &substance.qualifier {
        Some(qualifier) => format!("{}（{qualifier}）", substance.name),
        None => substance.name.clone(),
    }
}
