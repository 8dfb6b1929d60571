//! 危险化学品重大危险源辨识: GB 18218-2018, exact.
//!
//! Q (临界量) of a substance is that of table 1 by its name or CAS number, else the lowest of its hazards in
//! table 2 (4.1.2). A mixture in the same hazard category as the substance counts as the substance, one in
//! another category by that category, one that is not hazardous not at all (4.2.3). S = Σ q/Q, and from 1 on the
//! unit is a 重大危险源 (4.2.1). R = α Σ β q/Q grades it (4.3). What cannot be told is never counted as nothing: it
//! is named, with what is missing.

use serde::Serialize;

use crate::domain::{
    catalogue::{Candidate, Catalogue, Matches, Named, Points, Thresholds},
    exact::Exact,
    hazard::{Celsius, Hazard, HazardClass},
    ids::Cas,
    substance::Substance,
    words::words,
};

words! {
    /// 物态 at 20 °C and 101.3 kPa.
    State {
        /// 气体.
        Gas = "gas" "气体",
        /// 液体.
        Liquid = "liquid" "液体",
        /// 固体.
        Solid = "solid" "固体",
    }
}

words! {
    /// How a flammable liquid is handled (table 2, W5.1 and W5.2).
    Process {
        /// 储存或常规使用.
        Storage = "storage" "储存或常规使用",
        /// 工作温度高于沸点.
        AboveBoiling = "above_boiling" "工作温度高于沸点",
        /// 具有引发重大事故的特殊工艺条件.
        Special = "special" "特殊工艺条件",
    }
}

words! {
    /// What has to be told before Q can be.
    Missing {
        /// Which substance it is, or what hazards it has.
        Classification = "classification" "品名、含量或危险性类别",
        /// The strength.
        Strength = "strength" "含量",
        /// The state.
        State = "state" "物态",
        /// The boiling point.
        BoilingPoint = "boiling_point_c" "沸点",
        /// The residents within 500 m.
        Residents = "population_500m" "厂界外 500 m 范围内常住人口",
    }
}

words! {
    /// Where Q is from.
    Basis {
        /// 表1.
        Table1 = "table_1" "表1",
        /// 表1, 4.2.3.
        Table1Mixture = "table_1_mixture" "表1（4.2.3 混合物）",
        /// 表2.
        Table2 = "table_2" "表2",
        /// In neither table, or not hazardous: not counted.
        NotCounted = "not_counted" "不计入",
        /// It cannot be told.
        Unknown = "unknown" "无法判定",
    }
}

/// What is there of a chemical: of what it is, design maximum or live stock as the caller says.
#[derive(Clone, Debug)]
pub struct Item {
    /// 品名.
    pub name: String,
    /// Strength or form.
    pub qualifier: Option<String>,
    /// CAS number.
    pub cas: Option<Cas>,
    /// q, t.
    pub quantity: Exact,
    /// Its hazards where the caller knows better than the catalogue; they take the place of those.
    pub hazards: Option<Vec<Hazard>>,
    /// Its state where the caller tells it.
    pub state: Option<State>,
    /// Boiling point where the caller tells it.
    pub boiling: Option<Celsius>,
    /// How it is handled.
    pub process: Process,
}

/// What an item comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// 品名 of the catalogue that it was taken for.
    pub taken_for: Option<String>,
    /// Q, t.
    pub threshold: Option<Exact>,
    /// β.
    pub beta: Option<Exact>,
    /// q/Q.
    pub ratio: Option<Exact>,
    /// Where Q is from.
    pub basis: Basis,
    /// The line of that table: a number of table 1, or the symbol of table 2.
    pub line: Option<String>,
    /// What that line says, or why there is none.
    pub why: String,
    /// What has to be told first.
    pub missing: Vec<Missing>,
}

/// What a unit comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// S of what could be told.
    pub s: Exact,
    /// Whether it is a 重大危险源; none where S of the rest is below 1 and something could not be told.
    pub is_major_hazard: Option<bool>,
    /// α.
    pub alpha: Option<Exact>,
    /// R; none below S = 1, and where something could not be told.
    pub r: Option<Exact>,
    /// 级别; none where R is none.
    pub level: Option<String>,
    /// The items, in their order.
    pub items: Vec<Judged>,
    /// What has to be told before everything can be.
    pub missing: Vec<Missing>,
}

/// Up to here a toxic liquid counts nearly as a gas (J4).
const J4_BOILING: Celsius = Celsius::whole(35);
/// Where water boils.
const WATER: Celsius = Celsius::whole(100);
/// What is a gas, a liquid or a solid there is one (GB 30000.1).
const ROOM: Celsius = Celsius::whole(20);

/// Judges a unit with these items, and so many permanent residents within 500 m of its boundary.
#[must_use]
pub fn evaluate(
    tables: &Thresholds,
    catalogue: &Catalogue,
    items: &[Item],
    residents: Option<u32>,
) -> Evaluation {
    let judged: Vec<Judged> = items
        .iter()
        .map(|item| judge(tables, catalogue, item))
        .collect();
    let s: Exact = judged.iter().filter_map(|one| one.ratio.clone()).sum();
    let is_reached = s >= Exact::whole(1);
    let mut missing: Vec<Missing> = judged.iter().flat_map(|one| one.missing.clone()).collect();
    let alpha = residents.and_then(|residents| tables.alpha(residents).cloned());
    if is_reached && alpha.is_none() {
        missing.push(Missing::Residents);
    }
    missing.sort_unstable();
    missing.dedup();
    let is_all = judged.iter().all(|one| one.basis != Basis::Unknown);
    // Where β of something is not known, nobody knows R.
    let counted = judged.iter().filter(|one| one.basis != Basis::NotCounted);
    let weighted = counted.map(|one| Some(one.beta.as_ref()?.times(one.ratio.as_ref()?)));
    let weighted: Option<Vec<Exact>> = weighted.collect();
    let weighted: Option<Exact> = weighted.map(|all| all.into_iter().sum());
    let r = alpha.as_ref().zip(weighted).filter(|_| is_reached);
    let r = r.map(|(alpha, weighted)| alpha.times(&weighted));
    let level = r
        .as_ref()
        .and_then(|r| tables.level(r))
        .map(|level| level.name.clone());
    Evaluation {
        s,
        is_major_hazard: (is_reached || is_all).then_some(is_reached),
        alpha,
        r,
        level,
        items: judged,
        missing,
    }
}

/// Judges one chemical.
#[must_use]
pub fn judge(tables: &Thresholds, catalogue: &Catalogue, item: &Item) -> Judged {
    let found = catalogue.candidates(&item.name, item.qualifier.as_deref(), item.cas.as_ref());
    let judging = Judging {
        tables,
        catalogue,
        item,
    };
    match found {
        Matches::Exact(substance) => judging.of(Some(substance)),
        _ if item.hazards.is_some() => judging.of(None),
        Matches::Ambiguous(several) => judging.of_each(&several),
        Matches::Outside(_) => judging.unknown(
            Missing::Classification,
            "含量不在目录条目范围内，危险性须另行确定（4.2.3）。请填写其危险性类别。",
        ),
        Matches::None => judging.unknown(
            Missing::Classification,
            "目录中没有该品名。请填写其危险性类别。",
        ),
    }
}

#[derive(Clone, Copy)]
struct Judging<'a> {
    tables: &'a Thresholds,
    catalogue: &'a Catalogue,
    item: &'a Item,
}

impl Judging<'_> {
    /// Where several substances may be meant, Q is told only if it is the same of each.
    fn of_each(&self, several: &[Candidate<'_>]) -> Judged {
        let mut judged = several.iter().map(|one| self.of(Some(one.substance)));
        let same = |a: &Judged, b: &Judged| {
            (&a.threshold, &a.beta, a.basis) == (&b.threshold, &b.beta, b.basis)
        };
        let names: Vec<&str> = several
            .iter()
            .map(|one| one.substance.name.as_str())
            .collect();
        match judged.next() {
            Some(first) if judged.all(|other| same(&first, &other)) => first,
            Some(_) | None => self.unknown(
                Missing::Classification,
                &format!("可能是：{}。请写明品名和含量。", names.join("、")),
            ),
        }
    }

    fn of(&self, substance: Option<&Substance>) -> Judged {
        let name = substance.map(|one| one.name.clone());
        let judged = match substance.and_then(|one| self.tables.of_substance(&one.id)) {
            Some(line) => match self.is_as_strong(line) {
                Some(true) => self.by_name(line, Basis::Table1, substance),
                Some(false) => self.by_category(substance),
                None => self.unknown(
                    Missing::Strength,
                    &format!("表1第{}项为{}，请写明含量。", line.no, line.name),
                ),
            },
            None => match self
                .item
                .cas
                .as_ref()
                .and_then(|cas| self.tables.of_cas(cas))
            {
                Some(line) if self.is_mixture_of(line, substance) => {
                    self.by_name(line, Basis::Table1Mixture, substance)
                }
                Some(_) | None => self.by_category(substance),
            },
        };
        Judged {
            taken_for: name,
            ..judged
        }
    }

    fn is_as_strong(&self, line: &Named) -> Option<bool> {
        let qualifier = self.item.qualifier.as_deref();
        self.catalogue
            .is_as_strong(line, &self.item.name, qualifier)
    }

    /// Whether a mixture is in the same hazard categories as what table 1 names (4.2.3).
    fn is_mixture_of(&self, line: &Named, mixture: Option<&Substance>) -> bool {
        let pure = line.substances.first();
        let pure = pure.and_then(|id| self.catalogue.substance(id));
        let item = Item {
            cas: None,
            hazards: None,
            state: None,
            boiling: None,
            ..self.item.clone()
        };
        let of_pure = Judging {
            item: &item,
            ..*self
        };
        match (of_pure.symbols(pure), self.symbols(mixture)) {
            (Ok(pure), Ok(own)) => !pure.is_empty() && pure == own,
            (Err(_), _) | (_, Err(_)) => false,
        }
    }

    fn by_name(&self, line: &Named, basis: Basis, substance: Option<&Substance>) -> Judged {
        let beta = line
            .substances
            .iter()
            .find_map(|id| self.tables.toxic_gas(id));
        let beta = beta.filter(|_| basis == Basis::Table1).cloned();
        let beta = match beta {
            Some(beta) => Ok(beta),
            None => self.symbols(substance).map(|symbols| self.beta(&symbols)),
        };
        Judged {
            taken_for: None,
            ratio: self.item.quantity.over(&line.threshold),
            threshold: Some(line.threshold.clone()),
            missing: beta.as_ref().err().copied().into_iter().collect(),
            beta: beta.ok(),
            basis,
            line: Some(line.no.to_string()),
            why: format!("GB 18218-2018 表1第{}项 {}", line.no, line.name),
        }
    }

    /// β of table 4: the largest of its hazards. What has none there counts once.
    fn beta(&self, symbols: &[&'static str]) -> Exact {
        let lines = symbols
            .iter()
            .filter_map(|symbol| self.tables.category(symbol));
        let largest = lines.map(|line| line.beta.clone()).max();
        largest.unwrap_or_else(|| Exact::whole(1))
    }

    fn by_category(&self, substance: Option<&Substance>) -> Judged {
        let symbols = match self.symbols(substance) {
            Ok(symbols) => symbols,
            Err(missing) => {
                let why = format!("请先写明{}，再按表2判定。", missing.name_zh());
                return self.unknown(missing, &why);
            }
        };
        let lines = symbols
            .iter()
            .filter_map(|symbol| self.tables.category(symbol));
        let Some(strictest) = lines.min_by(|a, b| a.threshold.cmp(&b.threshold)) else {
            return Judged {
                taken_for: None,
                threshold: None,
                beta: None,
                ratio: Some(Exact::whole(0)),
                basis: Basis::NotCounted,
                line: None,
                why: "表1未列名，其危险性类别也不在表2范围内，不计入（4.1.2、4.2.3）。".to_owned(),
                missing: Vec::new(),
            };
        };
        let gas = substance
            .and_then(|one| self.tables.toxic_gas(&one.id))
            .cloned();
        Judged {
            taken_for: None,
            ratio: self.item.quantity.over(&strictest.threshold),
            threshold: Some(strictest.threshold.clone()),
            beta: Some(gas.unwrap_or_else(|| self.beta(&symbols))),
            basis: Basis::Table2,
            line: Some(strictest.symbol.clone()),
            why: format!(
                "GB 18218-2018 表2 {} {}",
                strictest.symbol, strictest.criterion
            ),
            missing: Vec::new(),
        }
    }

    fn unknown(&self, missing: Missing, why: &str) -> Judged {
        Judged {
            taken_for: None,
            threshold: None,
            beta: None,
            ratio: (self.item.quantity == Exact::whole(0)).then(|| Exact::whole(0)),
            basis: Basis::Unknown,
            line: None,
            why: why.to_owned(),
            missing: vec![missing],
        }
    }

    /// The lines of table 2 that the item falls under.
    fn symbols(&self, substance: Option<&Substance>) -> Result<Vec<&'static str>, Missing> {
        let listed = || substance.map(|one| one.hazards.as_slice());
        let hazards = self.item.hazards.as_deref().or_else(listed);
        let hazards = hazards
            .filter(|all| !all.is_empty())
            .ok_or(Missing::Classification)?;
        let own = substance.and_then(|one| one.cas.first());
        let cas = self.item.cas.as_ref().or(own);
        let is_solution = substance.is_some_and(Catalogue::is_solution);
        let points = cas.and_then(|cas| self.tables.points(cas));
        let points = points.filter(|_| !is_solution);
        let by_hazard = || hazards.iter().find_map(|hazard| state(hazard.class));
        let told = self.item.state.or_else(by_hazard);
        let told = told.or(is_solution.then_some(State::Liquid));
        let state = told.or_else(|| state_at(points?));
        // A solution in water, as it is sold, boils above 35 °C.
        let known = if is_solution {
            Some(WATER)
        } else {
            points.and_then(|points| points.boiling)
        };
        let boiling = self.item.boiling.or(known);
        symbols(hazards, state, boiling, self.item.process)
    }
}

/// The state of what melts and boils there.
fn state_at(points: Points) -> Option<State> {
    match (points.melting, points.boiling) {
        (_, Some(boiling)) if boiling <= ROOM => Some(State::Gas),
        (Some(melting), _) if melting > ROOM => Some(State::Solid),
        (Some(_), Some(_)) => Some(State::Liquid),
        (Some(_) | None, None) | (None, Some(_)) => None,
    }
}

/// The state that a kind of hazard belongs to.
const fn state(class: HazardClass) -> Option<State> {
    use HazardClass as H;
    match class {
        H::FlammableGas | H::UnstableGas | H::OxidisingGas | H::GasUnderPressure => {
            Some(State::Gas)
        }
        H::FlammableLiquid | H::PyrophoricLiquid | H::OxidisingLiquid => Some(State::Liquid),
        H::FlammableSolid | H::PyrophoricSolid | H::OxidisingSolid => Some(State::Solid),
        H::Explosive
        | H::Aerosol
        | H::ChemicalUnderPressure
        | H::SelfReactive
        | H::OrganicPeroxide
        | H::SelfHeating
        | H::WaterReactive
        | H::CorrosiveToMetal
        | H::DesensitisedExplosive
        | H::ToxicSwallowed
        | H::ToxicOnSkin
        | H::ToxicInhaled
        | H::SkinCorrosion
        | H::EyeDamage
        | H::RespiratorySensitiser
        | H::SkinSensitiser
        | H::Mutagen
        | H::Carcinogen
        | H::ReproductiveToxin
        | H::OrganToxinOnce
        | H::OrganToxinRepeated
        | H::AspirationHazard
        | H::AquaticAcute
        | H::AquaticChronic
        | H::OzoneDepleting => None,
    }
}

/// The lines of table 2 that hazards fall under, in the order of the hazards.
fn symbols(
    hazards: &[Hazard],
    state: Option<State>,
    boiling: Option<Celsius>,
    process: Process,
) -> Result<Vec<&'static str>, Missing> {
    let mut symbols: Vec<&'static str> = Vec::new();
    for hazard in hazards {
        let physical = physical(hazard, process);
        let toxic = if physical.is_some() {
            None
        } else {
            toxic(hazard, hazards, state, boiling)?
        };
        symbols.extend(physical.or(toxic));
    }
    symbols.sort_unstable();
    symbols.dedup();
    Ok(symbols)
}

/// W1.1 to W11.
fn physical(hazard: &Hazard, process: Process) -> Option<&'static str> {
    use HazardClass as H;
    let symbol = match (hazard.class, hazard.category.as_str()) {
        (H::Explosive, "不稳定爆炸物" | "1.1项") => "W1.1",
        (H::Explosive, "1.2项" | "1.3项" | "1.5项" | "1.6项") => "W1.2",
        (H::Explosive, "1.4项") => "W1.3",
        (H::FlammableGas, "类别1" | "类别2") => "W2",
        (H::Aerosol, "类别1" | "类别2") => "W3",
        (H::OxidisingGas, "类别1") => "W4",
        (H::FlammableLiquid, "类别1") => "W5.1",
        (H::FlammableLiquid, "类别2" | "类别3") if process == Process::AboveBoiling => "W5.1",
        (H::FlammableLiquid, "类别2" | "类别3") if process == Process::Special => "W5.2",
        (H::FlammableLiquid, "类别2") => "W5.3",
        (H::FlammableLiquid, "类别3") => "W5.4",
        (H::SelfReactive, "A型" | "B型") => "W6.1",
        (H::SelfReactive, "C型" | "D型" | "E型") => "W6.2",
        (H::OrganicPeroxide, "A型" | "B型") => "W7.1",
        (H::OrganicPeroxide, "C型" | "D型" | "E型" | "F型") => "W7.2",
        (H::PyrophoricLiquid | H::PyrophoricSolid, "类别1") => "W8",
        (H::OxidisingLiquid | H::OxidisingSolid, "类别1") => "W9.1",
        (H::OxidisingLiquid | H::OxidisingSolid, "类别2" | "类别3") => "W9.2",
        (H::FlammableSolid, "类别1") => "W10",
        (H::WaterReactive, "类别1" | "类别2") => "W11",
        _ => return None,
    };
    Some(symbol)
}

/// J1 to J5.
fn toxic(
    hazard: &Hazard,
    all: &[Hazard],
    state: Option<State>,
    boiling: Option<Celsius>,
) -> Result<Option<&'static str>, Missing> {
    use HazardClass as H;
    let is_inhaled = hazard.class == H::ToxicInhaled;
    if !is_inhaled && !matches!(hazard.class, H::ToxicSwallowed | H::ToxicOnSkin) {
        return Ok(None);
    }
    let category = match hazard.category.as_str() {
        "类别1" => 1,
        "类别2" => 2,
        "类别3" => 3,
        _ => return Ok(None),
    };
    let state = state.ok_or(Missing::State)?;
    // A flammable liquid of category 2 or 3 boils above 35 °C (GB 30000.7).
    let is_higher = |one: &Hazard| one.class == H::FlammableLiquid && one.category != "类别1";
    let boils_low = match boiling {
        Some(boiling) => Some(boiling <= J4_BOILING),
        None => all.iter().any(is_higher).then_some(false),
    };
    Ok(match (category, state) {
        (1, State::Gas) => Some("J1"),
        (1, State::Liquid | State::Solid) => Some("J2"),
        (_, State::Gas) => Some("J3"),
        (_, State::Liquid) if is_inhaled && boils_low.ok_or(Missing::BoilingPoint)? => Some("J4"),
        (2, State::Liquid | State::Solid) => Some("J5"),
        (_, State::Liquid | State::Solid) => None,
    })
}
