//! Which listed substance a bottle is: by its name, then by strength and form, never by CAS alone.
//!
//! What cannot be decided goes to a person. The program never picks the unregulated answer because
//! something was not written on the bottle.

use super::condition::{Basis, Interval, Strength};
use super::description::{Description, State, is_boiling_range};
use super::{Catalogue, Form};
use crate::domain::ids::Cas;
use crate::domain::search::fold;
use crate::domain::substance::{ControlClass, Substance};

/// What the lists say about a bottle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matches<'a> {
    /// One listed substance, name, strength and form agreeing.
    Exact(&'a Substance),
    /// A person must choose one of these, or none with a reason.
    Ambiguous(Vec<Candidate<'a>>),
    /// Listed under this name, but the strength given lies outside every listed range: 3 % 过氧化氢.
    Outside(Vec<Candidate<'a>>),
    /// No list knows the name or the CAS number. That says nothing about hazards: a reagent nobody
    /// has identified may not be stored freely (危险化学品安全法 art. 124).
    None,
}

/// A listed substance that a bottle may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The substance.
    pub substance: &'a Substance,
    /// What stands between it and an exact match.
    pub why: Doubt,
}

/// Why a person must look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The strength is missing, or its range reaches over the listed limit.
    StrengthNotStated,
    /// The strength given is not clearly that of the component the entry limits.
    ComponentNotStated(String),
    /// Mass or volume: the entry and the bottle do not speak of the same percent.
    BasisNotStated,
    /// The entry asks for a form that the bottle does not state.
    FormNotStated(String),
    /// The entry is for another form or strength.
    Differs,
    /// A solution or mixture with less than 70 % of a substance listed without a limit: it needs
    /// identification (危险化学品目录实施指南).
    Mixture,
    /// Words in the qualifier that mean nothing to the program.
    Unread(String),
    /// The name says one substance, the CAS number another.
    NameAndCasDisagree,
    /// No list knows the name; the CAS number is listed.
    OnlyCasAgrees,
    /// Nothing speaks against it, nor against another one.
    SeveralFit,
    /// The list itself contradicts itself here.
    Disputed(String),
    /// A salt or a medicine made of the listed drug.
    SaltOrPreparation,
}

impl Doubt {
    /// The sentence for the person who chooses.
    #[must_use]
    pub fn message(&self, english: bool) -> String {
        let (zh, en) = match self {
            Self::StrengthNotStated => (
                "请填写含量或浓度，再判断是否在该条目范围内",
                "State the strength to see whether it is in the range of the entry.",
            ),
            Self::ComponentNotStated(component) if english => {
                return format!("The entry goes by the content of {component}; state that.");
            }
            Self::ComponentNotStated(component) => {
                return format!("该条目按“{component}”的含量划分，请写明该成分的含量");
            }
            Self::BasisNotStated => (
                "请写明是质量分数还是体积分数",
                "State whether the percentage is by mass or by volume.",
            ),
            Self::FormNotStated(form) if english => {
                return format!("The entry is only for \"{form}\"; compare the bottle.");
            }
            Self::FormNotStated(form) => {
                return format!("该条目限“{form}”，请确认实物形态");
            }
            Self::Differs => (
                "含量或形态与该条目不同",
                "Strength or form differ from the entry.",
            ),
            Self::Mixture => (
                "主要成分不足70%的混合物或溶液，须经鉴别后确定",
                "A mixture with less than 70 % of the substance needs identification.",
            ),
            Self::Unread(text) if english => {
                return format!("\"{text}\" was not understood; judge it yourself.");
            }
            Self::Unread(text) => return format!("无法识别“{text}”，请人工判断"),
            Self::NameAndCasDisagree => (
                "品名与CAS号不一致，请核对标签",
                "Name and CAS number disagree; compare the label.",
            ),
            Self::OnlyCasAgrees => (
                "仅CAS号相符，请核对品名、含量和形态",
                "Only the CAS number agrees; compare name, strength and form.",
            ),
            Self::SeveralFit => (
                "有条目相符但不能排除其他条目，请选择",
                "It fits, and others are not ruled out; choose one.",
            ),
            Self::Disputed(reason) => return reason.clone(),
            Self::SaltOrPreparation => (
                "可能是列管药品的盐或制剂，请人工确认",
                "Perhaps a salt or medicine of a controlled drug; confirm it yourself.",
            ),
        };
        if english { en } else { zh }.to_owned()
    }
}

/// Why a form is not the bottle.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Against {
    Strength,
    /// The strength, if both mean the same percent.
    AssumedBasis,
    State,
}

enum Fit {
    Yes,
    No(Against),
    Unsure(Doubt),
}

/// What the forms of the same name are, taken together.
struct Family {
    has_plain: bool,
    has_solution: bool,
    only_solutions: bool,
}

/// States in which a thing always is when it is sold: a gas in a cylinder, a monomer with its
/// stabiliser (without it the monomer may not be carried at all).
const PRESUMED: [&str; 2] = ["稳定的", "压缩的或液化的"];

/// Entries that name the aqueous solution itself and set no limit.
pub(super) const AQUEOUS: [&str; 5] = ["盐酸", "硝酸", "氢氟酸", "氢溴酸", "氢碘酸"];

const SALTS: [&str; 13] = [
    "盐酸",
    "硫酸",
    "磷酸",
    "硝酸",
    "氢溴酸",
    "枸橼酸",
    "酒石酸",
    "马来酸",
    "琥珀酸",
    "富马酸",
    "丙二酸",
    "水杨酸",
    "注射用",
];

const PREPARATIONS: [&str; 16] = [
    "注射液",
    "缓释片",
    "控释片",
    "分散片",
    "片",
    "胶囊",
    "口服溶液",
    "口服液",
    "透皮贴剂",
    "贴剂",
    "栓",
    "滴眼液",
    "糖浆",
    "颗粒",
    "原料药",
    "粉针",
];

impl Catalogue {
    /// Which listed substance a bottle is, from its name, its strength or form, and its CAS number.
    #[must_use]
    pub fn candidates(
        &self,
        name: &str,
        qualifier: Option<&str>,
        cas: Option<&Cas>,
    ) -> Matches<'_> {
        let bottle = self.in_listed_words(self.read(name, qualifier));
        let mut family = self.family(&bottle);
        let numbered: Vec<&Form> = cas
            .and_then(|cas| self.by_cas.get(cas))
            .into_iter()
            .flatten()
            .filter_map(|at| self.forms.get(*at))
            .collect();
        if family.is_empty() {
            if !numbered.is_empty() {
                return self.ambiguous(numbered, &Doubt::OnlyCasAgrees);
            }
            return self.preparation(&bottle.stem);
        }
        if let Some(cas) = cas {
            let agrees = family.iter().any(|form| form.cas.contains(cas));
            let has_number = family.iter().any(|form| !form.cas.is_empty());
            if agrees {
                family.retain(|form| form.cas.is_empty() || form.cas.contains(cas));
            } else if !numbered.is_empty() || (has_number && !bottle.hydrate) {
                family.extend(numbered);
                return self.ambiguous(family, &Doubt::NameAndCasDisagree);
            }
        }
        self.decide(family, &bottle)
    }

    /// The bottle in its own words.
    pub(super) fn read(&self, name: &str, qualifier: Option<&str>) -> Description {
        Description::of_bottle(name, qualifier, |folded| {
            self.names.contains_key(folded) || self.everyday.contains_key(folded)
        })
    }

    /// The bottle in the words of the lists.
    pub(super) fn in_listed_words(&self, bottle: Description) -> Description {
        if self.names.contains_key(&bottle.name) {
            return bottle;
        }
        let Some(everyday) = self.everyday.get(&bottle.name) else {
            return bottle;
        };
        let meant = Description::of_entry(&everyday.means, everyday.implied.as_deref());
        Description {
            name: meant.name,
            stem: meant.stem,
            state: if bottle.state == State::Unstated {
                meant.state
            } else {
                bottle.state
            },
            strengths: if bottle.strengths.is_empty() {
                meant.strengths
            } else {
                bottle.strengths
            },
            texts: if bottle.texts.is_empty() {
                meant.texts
            } else {
                bottle.texts
            },
            ..bottle
        }
    }

    /// The forms that bear the bottle's name, and the other forms of the same entries.
    pub(super) fn family(&self, bottle: &Description) -> Vec<&Form> {
        let mut groups: Vec<usize> = [&bottle.name, &bottle.stem]
            .into_iter()
            .filter_map(|key| self.names.get(key))
            .flatten()
            .filter_map(|at| self.forms.get(*at))
            .map(|form| form.group)
            .collect();
        groups.sort_unstable();
        groups.dedup();
        let mut family = Vec::new();
        for group in groups {
            // Forms of one group stand together, the first at the place that names the group.
            let members = self.forms.iter().skip(group);
            family.extend(members.take_while(|form| form.group == group));
        }
        family
    }

    fn decide(&self, mut family: Vec<&Form>, bottle: &Description) -> Matches<'_> {
        let word_for_word = |form: &Form| form.description.qualifier == bottle.qualifier;
        if !bottle.qualifier.is_empty() && family.iter().any(|form| word_for_word(form)) {
            family.retain(|form| word_for_word(form));
        }
        let traits = Family {
            has_plain: family.iter().any(|form| is_plain(&form.description)),
            has_solution: family
                .iter()
                .any(|form| form.description.state == State::Solution),
            only_solutions: family
                .iter()
                .all(|form| form.description.state == State::Solution),
        };
        let mut fitting = Vec::new();
        let mut unsure: Vec<(&Substance, Doubt)> = Vec::new();
        let mut against = Vec::new();
        for form in &family {
            let Some(substance) = self.substances.get(form.substance) else {
                continue;
            };
            match fit(form, substance, bottle, &traits) {
                Fit::Yes => fitting.push((*form, substance)),
                Fit::Unsure(why) => unsure.push((substance, why)),
                Fit::No(reason) => against.push((substance, reason)),
            }
        }
        // A form that bears the very name on the bottle goes before the others of its entry.
        let bears_it = |(form, substance): &(&Form, &Substance)| {
            form.description.name == bottle.name
                || substance
                    .aliases
                    .iter()
                    .any(|alias| fold(alias) == bottle.name)
        };
        if fitting.iter().any(bears_it) {
            fitting.retain(bears_it);
        }
        // What fits has every word of the bottle: a form that asks for other words is another one.
        if !fitting.is_empty() && !bottle.texts.is_empty() {
            unsure.retain(|(_, why)| !matches!(why, Doubt::FormNotStated(_)));
        }
        fitting.dedup_by_key(|(_, substance)| &substance.id);
        if let ([(_, only)], true) = (fitting.as_slice(), unsure.is_empty()) {
            return Matches::Exact(only);
        }
        if fitting.is_empty() && unsure.is_empty() {
            let reasons = |wanted| against.iter().any(|(_, reason)| *reason == wanted);
            let outside = reasons(Against::Strength)
                && !reasons(Against::AssumedBasis)
                && is_understood(bottle, &family);
            let others = candidates(against.into_iter().map(|(substance, reason)| {
                let why = if reason == Against::AssumedBasis {
                    Doubt::BasisNotStated
                } else {
                    Doubt::Differs
                };
                (substance, why)
            }));
            return if outside {
                Matches::Outside(others)
            } else {
                Matches::Ambiguous(others)
            };
        }
        let fitting = fitting
            .into_iter()
            .map(|(_, substance)| (substance, Doubt::SeveralFit));
        Matches::Ambiguous(candidates(fitting.chain(unsure)))
    }

    fn ambiguous(&self, forms: Vec<&Form>, why: &Doubt) -> Matches<'_> {
        let found = forms
            .into_iter()
            .filter_map(|form| self.substances.get(form.substance))
            .map(|substance| (substance, why.clone()));
        Matches::Ambiguous(candidates(found))
    }

    /// "盐酸吗啡注射液" is 吗啡: the medicines of the drug lists are listed by their base.
    fn preparation(&self, stem: &str) -> Matches<'_> {
        let base = PREPARATIONS
            .iter()
            .find_map(|form| stem.strip_suffix(form))
            .unwrap_or(stem);
        let salt = SALTS.iter().find_map(|salt| base.strip_prefix(salt));
        let is_drug = |class| {
            matches!(
                class,
                ControlClass::Narcotic
                    | ControlClass::Psychotropic1
                    | ControlClass::Psychotropic2
                    | ControlClass::MedicalToxic
                    | ControlClass::DrugPrecursor1Medicinal
            )
        };
        let drugs: Vec<&Form> = [Some(base), salt]
            .into_iter()
            .flatten()
            .filter_map(|key| self.names.get(&fold(key)))
            .flatten()
            .filter_map(|at| self.forms.get(*at))
            .filter(|form| {
                let listings = self.listings.get(form.substance);
                listings.is_some_and(|l| l.iter().any(|listing| is_drug(listing.class)))
            })
            .collect();
        if drugs.is_empty() {
            Matches::None
        } else {
            self.ambiguous(drugs, &Doubt::SaltOrPreparation)
        }
    }
}

fn candidates<'a>(found: impl Iterator<Item = (&'a Substance, Doubt)>) -> Vec<Candidate<'a>> {
    let mut out: Vec<Candidate<'a>> = Vec::new();
    for (substance, why) in found {
        if !out.iter().any(|known| known.substance.id == substance.id) {
            out.push(Candidate { substance, why });
        }
    }
    out
}

/// Listed by its bare name, without strength or form.
fn is_plain(entry: &Description) -> bool {
    entry.state == State::Unstated
        && entry.strengths.is_empty()
        && entry.texts.iter().all(|text| is_presumed(text))
}

fn is_presumed(text: &str) -> bool {
    PRESUMED.contains(&text)
}

fn fit(form: &Form, substance: &Substance, bottle: &Description, family: &Family) -> Fit {
    let entry = &form.description;
    if let Some(doubt) = &substance.doubt {
        return Fit::Unsure(Doubt::Disputed(doubt.clone()));
    }
    if !bottle.qualifier.is_empty() && bottle.qualifier == entry.qualifier {
        return Fit::Yes;
    }
    if bottle.contradicts_itself() {
        return Fit::Unsure(Doubt::StrengthNotStated);
    }
    if bottle.is_silent() && family.has_plain && !is_plain(entry) {
        return Fit::No(Against::State);
    }
    let strength = strength_fit(entry, bottle);
    let state = state_fit(entry, bottle, family);
    match (strength, state) {
        (Fit::No(reason), _) | (_, Fit::No(reason)) => Fit::No(reason),
        (Fit::Unsure(why), _) | (_, Fit::Unsure(why)) => Fit::Unsure(why),
        (Fit::Yes, Fit::Yes) => text_fit(entry, bottle),
    }
}

/// Whether every word of the bottle was weighed, so that it may be said to be outside the list. What
/// else is in it may be listed for itself.
fn is_understood(bottle: &Description, family: &[&Form]) -> bool {
    let asked = |component: &str| {
        let mut strengths = family.iter().flat_map(|form| &form.description.strengths);
        strengths.any(|asked| fold(&asked.component) == fold(component))
    };
    bottle.texts.is_empty()
        && bottle
            .strengths
            .iter()
            .all(|given| bottle.is_itself(&given.component) || asked(&given.component))
}

/// Whether dry, dissolved or as such.
fn state_fit(entry: &Description, bottle: &Description, family: &Family) -> Fit {
    let own = bottle.own_strength().map(|strength| strength.interval);
    let not_stated = |form: &str| Fit::Unsure(Doubt::FormNotStated(form.to_owned()));
    match (entry.state, bottle.state) {
        (State::Anhydrous, State::Anhydrous) | (State::Solution, State::Solution) => Fit::Yes,
        (State::Anhydrous, State::Solution) | (State::Solution, State::Anhydrous) => {
            Fit::No(Against::State)
        }
        (State::Anhydrous, State::Unstated) => match own {
            Some(own) if own.is_at_least(995) => Fit::Yes,
            Some(own) if own.is_at_most(960) => Fit::No(Against::State),
            Some(_) | None => not_stated("无水"),
        },
        (State::Solution, State::Unstated) if family.only_solutions => Fit::Yes,
        (State::Solution, State::Unstated) => match own {
            Some(own) if own.is_at_most(960) => Fit::Yes,
            Some(own) if own.is_at_least(960) => Fit::No(Against::State),
            Some(_) | None => not_stated("溶液"),
        },
        (State::Unstated, _) => {
            let limited = entry
                .strengths
                .iter()
                .any(|s| entry.is_itself(&s.component));
            let diluted = own.map_or(bottle.state == State::Solution, |own| !own.is_at_least(700));
            if limited || !diluted || AQUEOUS.contains(&entry.stem.as_str()) {
                Fit::Yes
            } else if family.has_solution {
                Fit::No(Against::State)
            } else {
                Fit::Unsure(Doubt::Mixture)
            }
        }
    }
}

fn strength_fit(entry: &Description, bottle: &Description) -> Fit {
    let mut unsure = None;
    for asked in &entry.strengths {
        let itself = entry.is_itself(&asked.component);
        let component = fold(&asked.component);
        let about_it = |given: &&Strength| {
            if itself {
                bottle.is_itself(&given.component) || entry.is_itself(&given.component)
            } else {
                fold(&given.component) == component
            }
        };
        let mut given = bottle.strengths.iter().filter(about_it);
        let first = given.clone().next();
        let given = given.find(|given| given.basis == asked.basis).or(first);
        let Some(given) = given else {
            if !Interval::ANY.is_within(asked.interval) {
                unsure = Some(if itself || bottle.own_strength().is_none() {
                    Doubt::StrengthNotStated
                } else {
                    Doubt::ComponentNotStated(asked.component.clone())
                });
            }
            continue;
        };
        let assumed = asked.basis == Basis::Volume && given.basis == Basis::Unstated;
        let mixed = given.basis != Basis::Unstated
            && asked.basis != Basis::Unstated
            && given.basis != asked.basis;
        if mixed {
            unsure = Some(Doubt::BasisNotStated);
        } else if given.interval.is_apart_from(asked.interval) {
            return Fit::No(if assumed {
                Against::AssumedBasis
            } else {
                Against::Strength
            });
        } else if !given.interval.is_within(asked.interval) {
            unsure = Some(Doubt::StrengthNotStated);
        }
    }
    unsure.map_or(Fit::Yes, Fit::Unsure)
}

/// Whether the words of both sides agree; every word of the bottle must mean something.
fn text_fit(entry: &Description, bottle: &Description) -> Fit {
    let missing = entry
        .texts
        .iter()
        .find(|text| !is_presumed(text) && !bottle.texts.contains(text));
    if let Some(text) = missing {
        return Fit::Unsure(Doubt::FormNotStated(text.clone()));
    }
    let unread = bottle.texts.iter().find(|text| {
        let presumed = PRESUMED.iter().any(|presumed| presumed.contains(*text));
        !entry.texts.contains(text) && !presumed && !is_boiling_range(text)
    });
    if let Some(text) = unread {
        return Fit::Unsure(Doubt::Unread(text.clone()));
    }
    let foreign = bottle.strengths.iter().find(|given| {
        let known = |asked: &str| fold(asked) == fold(&given.component);
        !bottle.is_itself(&given.component)
            && !entry.is_itself(&given.component)
            && !entry.strengths.iter().any(|asked| known(&asked.component))
    });
    match foreign {
        Some(strength) => Fit::Unsure(Doubt::Unread(strength.component.clone())),
        None => Fit::Yes,
    }
}
