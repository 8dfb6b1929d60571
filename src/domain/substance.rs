//! A listed substance, and the regulated lists it stands on.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::hazard::Hazard;
use super::ids::Cas;

/// A text that names no known class, code, pictogram or mark.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("无法识别：{0}")]
pub struct UnknownCode(pub String);

/// Control class of a substance (管控类别), strictest first: the order decides which colour a label
/// shows and which duty stands at the head of a page. A substance may be in several; the duties add up
/// (RULES: union of duties, strictest value wins).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ControlClass {
    /// 剧毒化学品: remark 剧毒 of the 危险化学品目录; 危险化学品安全法 art. 41, 42, 58–62.
    #[serde(rename = "highly_toxic")]
    HighlyToxic,
    /// 易制爆危险化学品: 易制爆危险化学品名录 (2017 edition); 公安部令第154号.
    #[serde(rename = "explosive_precursor")]
    ExplosivePrecursor,
    /// 麻醉药品: 麻醉药品品种目录; 麻醉药品和精神药品管理条例.
    #[serde(rename = "narcotic")]
    Narcotic,
    /// 第一类精神药品: 精神药品品种目录; 麻醉药品和精神药品管理条例.
    #[serde(rename = "psychotropic_1")]
    Psychotropic1,
    /// 第一类易制毒化学品 (非药品类): 易制毒化学品管理条例, annex, class I.
    #[serde(rename = "drug_precursor_1")]
    DrugPrecursor1,
    /// 药品类易制毒化学品 (第一类): 药品类易制毒化学品管理办法 (卫生部令第72号).
    #[serde(rename = "drug_precursor_1_medicinal")]
    DrugPrecursor1Medicinal,
    /// 放射性物品: 放射性同位素与射线装置安全和防护条例 art. 35; not a 危险化学品 in law.
    #[serde(rename = "radioactive")]
    Radioactive,
    /// 医疗用毒性药品: 医疗用毒性药品管理办法 (1988) art. 6, 8, 9.
    #[serde(rename = "medical_toxic")]
    MedicalToxic,
    /// 第二类精神药品: 精神药品品种目录; 麻醉药品和精神药品管理条例.
    #[serde(rename = "psychotropic_2")]
    Psychotropic2,
    /// 第二类易制毒化学品: 易制毒化学品管理条例, annex, class II.
    #[serde(rename = "drug_precursor_2")]
    DrugPrecursor2,
    /// 第三类易制毒化学品: 易制毒化学品管理条例, annex, class III.
    #[serde(rename = "drug_precursor_3")]
    DrugPrecursor3,
    /// 危险特性尚未确定: may be neither stored nor used until identified; 危险化学品安全法 art. 124.
    #[serde(rename = "unidentified")]
    Unidentified,
    /// 危险化学品 without a further flag: 危险化学品目录.
    #[serde(rename = "hazardous")]
    Hazardous,
}

impl ControlClass {
    /// Every class, strictest first.
    pub const ALL: [Self; 13] = [
        Self::HighlyToxic,
        Self::ExplosivePrecursor,
        Self::Narcotic,
        Self::Psychotropic1,
        Self::DrugPrecursor1,
        Self::DrugPrecursor1Medicinal,
        Self::Radioactive,
        Self::MedicalToxic,
        Self::Psychotropic2,
        Self::DrugPrecursor2,
        Self::DrugPrecursor3,
        Self::Unidentified,
        Self::Hazardous,
    ];

    /// The stable name for files, tables and the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::HighlyToxic => "highly_toxic",
            Self::ExplosivePrecursor => "explosive_precursor",
            Self::Narcotic => "narcotic",
            Self::Psychotropic1 => "psychotropic_1",
            Self::DrugPrecursor1 => "drug_precursor_1",
            Self::DrugPrecursor1Medicinal => "drug_precursor_1_medicinal",
            Self::Radioactive => "radioactive",
            Self::MedicalToxic => "medical_toxic",
            Self::Psychotropic2 => "psychotropic_2",
            Self::DrugPrecursor2 => "drug_precursor_2",
            Self::DrugPrecursor3 => "drug_precursor_3",
            Self::Unidentified => "unidentified",
            Self::Hazardous => "hazardous",
        }
    }

    /// The short Chinese name for labels and tables.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::HighlyToxic => "剧毒",
            Self::ExplosivePrecursor => "易制爆",
            Self::Narcotic => "麻醉药品",
            Self::Psychotropic1 => "第一类精神药品",
            Self::DrugPrecursor1 => "第一类易制毒",
            Self::DrugPrecursor1Medicinal => "药品类易制毒",
            Self::Radioactive => "放射性物品",
            Self::MedicalToxic => "医疗用毒性药品",
            Self::Psychotropic2 => "第二类精神药品",
            Self::DrugPrecursor2 => "第二类易制毒",
            Self::DrugPrecursor3 => "第三类易制毒",
            Self::Unidentified => "危险性待鉴别",
            Self::Hazardous => "危险化学品",
        }
    }

    /// The colour of the class on labels and maps, `#rrggbb`. No law fixes it; every colour stays
    /// legible under white text.
    #[must_use]
    pub const fn colour(self) -> &'static str {
        match self {
            Self::HighlyToxic => "#b00020",
            Self::ExplosivePrecursor => "#c2410c",
            Self::Narcotic => "#1e3a8a",
            Self::Psychotropic1 => "#166534",
            Self::DrugPrecursor1 | Self::DrugPrecursor1Medicinal => "#6b21a8",
            Self::Radioactive => "#713f12",
            Self::MedicalToxic => "#18181b",
            Self::Psychotropic2 => "#047857",
            Self::DrugPrecursor2 => "#7e22ce",
            Self::DrugPrecursor3 => "#86198f",
            Self::Unidentified => "#9d174d",
            Self::Hazardous => "#1d4ed8",
        }
    }

    /// Whether two custodians sign every movement unless a stricter policy says more: 剧毒, 易制爆,
    /// 第一类易制毒 of both kinds, 麻醉药品, 第一类精神药品.
    #[must_use]
    pub const fn is_controlled_by_default(self) -> bool {
        match self {
            Self::HighlyToxic
            | Self::ExplosivePrecursor
            | Self::Narcotic
            | Self::Psychotropic1
            | Self::DrugPrecursor1
            | Self::DrugPrecursor1Medicinal => true,
            Self::Radioactive
            | Self::MedicalToxic
            | Self::Psychotropic2
            | Self::DrugPrecursor2
            | Self::DrugPrecursor3
            | Self::Unidentified
            | Self::Hazardous => false,
        }
    }

    /// Whether what is missing of it is a suspected loss to be told to the police at once, and never a mere
    /// difference of a count: 剧毒、易制爆、易制毒、麻精 (HCL art. 40; RULES D7).
    #[must_use]
    pub const fn is_watched(self) -> bool {
        match self {
            Self::HighlyToxic
            | Self::ExplosivePrecursor
            | Self::Narcotic
            | Self::Psychotropic1
            | Self::Psychotropic2
            | Self::DrugPrecursor1
            | Self::DrugPrecursor1Medicinal
            | Self::DrugPrecursor2
            | Self::DrugPrecursor3 => true,
            Self::Radioactive | Self::MedicalToxic | Self::Unidentified | Self::Hazardous => false,
        }
    }
}

impl fmt::Display for ControlClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for ControlClass {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .into_iter()
            .find(|class| class.code() == text)
            .ok_or_else(|| UnknownCode(text.to_owned()))
    }
}

/// How far the text behind a fact was read; worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reliability {
    /// The text was read and the fact entered from it.
    Seen,
    /// Only a list made by others was read.
    Secondary,
    /// Entered from general knowledge: to be checked against the text by a person.
    Known,
}

impl Reliability {
    /// The stable name for files and the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Secondary => "secondary",
            Self::Known => "known",
        }
    }
}

impl FromStr for Reliability {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        [Self::Seen, Self::Secondary, Self::Known]
            .into_iter()
            .find(|mark| mark.code() == text)
            .ok_or_else(|| UnknownCode(text.to_owned()))
    }
}

/// The stable code of a listed substance: `hc2568` (entry of the 危险化学品目录), `hc1026-2` (its second
/// form in the 分类信息表), `ep9.7`, `dp9`, `np12`, `cm62`, `td3` (entries of other lists that the
/// catalogue does not have).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SubstanceId(String);

impl SubstanceId {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SubstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SubstanceId {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let number = ["hc", "ep", "dp", "np", "cm", "td"]
            .into_iter()
            .find_map(|list| text.strip_prefix(list));
        let good = number.is_some_and(|number| {
            let parts: Vec<&str> = number.split(['.', '-']).collect();
            parts.len() <= 2
                && parts
                    .iter()
                    .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
        });
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(UnknownCode(text.to_owned()))
        }
    }
}

impl TryFrom<String> for SubstanceId {
    type Error = UnknownCode;

    fn try_from(text: String) -> Result<Self, UnknownCode> {
        text.parse()
    }
}

impl From<SubstanceId> for String {
    fn from(id: SubstanceId) -> Self {
        id.0
    }
}

/// Hazard pictogram (象形图), GB 30000.1-2024.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Pictogram {
    /// Exploding bomb.
    Ghs01,
    /// Flame.
    Ghs02,
    /// Flame over circle.
    Ghs03,
    /// Gas cylinder.
    Ghs04,
    /// Corrosion.
    Ghs05,
    /// Skull and crossbones.
    Ghs06,
    /// Exclamation mark.
    Ghs07,
    /// Health hazard.
    Ghs08,
    /// Environment.
    Ghs09,
}

impl Pictogram {
    /// Every pictogram in order.
    pub const ALL: [Self; 9] = [
        Self::Ghs01,
        Self::Ghs02,
        Self::Ghs03,
        Self::Ghs04,
        Self::Ghs05,
        Self::Ghs06,
        Self::Ghs07,
        Self::Ghs08,
        Self::Ghs09,
    ];

    /// `GHS01` … `GHS09`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ghs01 => "GHS01",
            Self::Ghs02 => "GHS02",
            Self::Ghs03 => "GHS03",
            Self::Ghs04 => "GHS04",
            Self::Ghs05 => "GHS05",
            Self::Ghs06 => "GHS06",
            Self::Ghs07 => "GHS07",
            Self::Ghs08 => "GHS08",
            Self::Ghs09 => "GHS09",
        }
    }

    /// The Chinese name printed beside it.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::Ghs01 => "爆炸性",
            Self::Ghs02 => "易燃",
            Self::Ghs03 => "氧化性",
            Self::Ghs04 => "加压气体",
            Self::Ghs05 => "腐蚀性",
            Self::Ghs06 => "急性毒性（剧烈）",
            Self::Ghs07 => "警示/刺激",
            Self::Ghs08 => "健康危害",
            Self::Ghs09 => "环境危害",
        }
    }
}

impl FromStr for Pictogram {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .into_iter()
            .find(|pictogram| pictogram.code() == text)
            .ok_or_else(|| UnknownCode(text.to_owned()))
    }
}

/// Signal word (信号词), GB 15258; the stronger first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalWord {
    /// 危险.
    Danger,
    /// 警告.
    Warning,
}

impl SignalWord {
    /// The word as printed.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::Danger => "危险",
            Self::Warning => "警告",
        }
    }
}

/// A substance as the lists name it (品名), in one form or range of strength.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Substance {
    /// Its stable code.
    pub id: SubstanceId,
    /// Serial number (序号) in the 危险化学品目录; `None` for what stands only on another list.
    pub serial_no: Option<u16>,
    /// The name with its bracket, as printed.
    pub name: String,
    /// Other names (别名), also those of the other lists.
    pub aliases: Vec<String>,
    /// Strength or form (含量、浓度或形态) that the entry asks for, without the bracket.
    pub qualifier: Option<String>,
    /// CAS numbers, each with a correct check digit.
    pub cas: Vec<Cas>,
    /// Pictograms of the label.
    pub pictograms: Vec<Pictogram>,
    /// Signal word of the label.
    pub signal_word: Option<SignalWord>,
    /// Hazard statement codes (H 码).
    pub h_codes: Vec<String>,
    /// Its hazards (危险性类别) by the 危险化学品分类信息表; empty for what stands only on another list.
    pub hazards: Vec<Hazard>,
    /// Why a person must look before trusting this row; `None` for a plain one.
    pub doubt: Option<String>,
    /// How far the row was checked.
    pub reliability: Reliability,
    /// The list and edition that the name is from.
    pub source: &'static str,
}

/// A substance on a regulated list, for a span of days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// The substance.
    pub substance: SubstanceId,
    /// The class that the list gives it.
    pub class: ControlClass,
    /// The list and its edition.
    pub list: &'static str,
    /// Number of the entry on the list.
    pub entry: String,
    /// First day.
    pub effective_from: NaiveDate,
    /// First day on which it no longer holds.
    pub effective_to: Option<NaiveDate>,
    /// Strength, dosage form or use to which the listing is limited; a person judges it.
    pub condition: Option<String>,
    /// The notice behind the line.
    pub source: Cow<'static, str>,
    /// How far the line was checked.
    pub reliability: Reliability,
}

impl Listing {
    /// Whether the listing is in force on a day.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.effective_from <= day && self.effective_to.is_none_or(|end| day < end)
    }
}
