//! 危险性类别: what the 危险化学品分类信息表 says of a substance, by the GB 30000 series.

use std::str::FromStr;

use serde::Serialize;

use super::words::words;

words! {
    /// Kind of hazard (危险性种类), GB 30000.2 to .29 (2013) and .1 (2024); the codes are those of
    /// `ghs_classification.csv`.
    HazardClass {
        /// 爆炸物.
        Explosive = "EX" "爆炸物",
        /// 易燃气体.
        FlammableGas = "FG" "易燃气体",
        /// 化学不稳定性气体.
        UnstableGas = "CU" "化学不稳定性气体",
        /// 气溶胶.
        Aerosol = "AE" "气溶胶",
        /// 加压化学品.
        ChemicalUnderPressure = "CP" "加压化学品",
        /// 氧化性气体.
        OxidisingGas = "OG" "氧化性气体",
        /// 加压气体.
        GasUnderPressure = "PG" "加压气体",
        /// 易燃液体.
        FlammableLiquid = "FL" "易燃液体",
        /// 易燃固体.
        FlammableSolid = "FS" "易燃固体",
        /// 自反应物质和混合物.
        SelfReactive = "SRM" "自反应物质和混合物",
        /// 有机过氧化物.
        OrganicPeroxide = "OP" "有机过氧化物",
        /// 自燃液体.
        PyrophoricLiquid = "PyL" "自燃液体",
        /// 自燃固体.
        PyrophoricSolid = "PyS" "自燃固体",
        /// 自热物质和混合物.
        SelfHeating = "SH" "自热物质和混合物",
        /// 遇水放出易燃气体的物质和混合物.
        WaterReactive = "WR" "遇水放出易燃气体的物质和混合物",
        /// 氧化性液体.
        OxidisingLiquid = "OL" "氧化性液体",
        /// 氧化性固体.
        OxidisingSolid = "OS" "氧化性固体",
        /// 金属腐蚀物.
        CorrosiveToMetal = "MC" "金属腐蚀物",
        /// 退敏爆炸物.
        DesensitisedExplosive = "DE" "退敏爆炸物",
        /// 急性毒性-经口.
        ToxicSwallowed = "AO" "急性毒性-经口",
        /// 急性毒性-经皮.
        ToxicOnSkin = "AD" "急性毒性-经皮",
        /// 急性毒性-吸入.
        ToxicInhaled = "AI" "急性毒性-吸入",
        /// 皮肤腐蚀/刺激.
        SkinCorrosion = "SC" "皮肤腐蚀/刺激",
        /// 严重眼损伤/眼刺激.
        EyeDamage = "ED" "严重眼损伤/眼刺激",
        /// 呼吸道致敏物.
        RespiratorySensitiser = "RS" "呼吸道致敏物",
        /// 皮肤致敏物.
        SkinSensitiser = "SS" "皮肤致敏物",
        /// 生殖细胞致突变性.
        Mutagen = "MU" "生殖细胞致突变性",
        /// 致癌性.
        Carcinogen = "CA" "致癌性",
        /// 生殖毒性.
        ReproductiveToxin = "RE" "生殖毒性",
        /// 特异性靶器官毒性-一次接触.
        OrganToxinOnce = "ST" "特异性靶器官毒性-一次接触",
        /// 特异性靶器官毒性-反复接触.
        OrganToxinRepeated = "SR" "特异性靶器官毒性-反复接触",
        /// 吸入危害.
        AspirationHazard = "AH" "吸入危害",
        /// 危害水生环境-急性危害.
        AquaticAcute = "WA" "危害水生环境-急性危害",
        /// 危害水生环境-长期危害.
        AquaticChronic = "WL" "危害水生环境-长期危害",
        /// 危害臭氧层.
        OzoneDepleting = "OZ" "危害臭氧层",
    }
}

/// A hazard in its category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hazard {
    /// The kind.
    pub class: HazardClass,
    /// The category as printed: 类别1, 1.1项, A型.
    pub category: String,
}

/// A temperature, exact to a millionth of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Celsius(i64);

/// Text that is no temperature between -300 and 10,000 °C with at most six decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a temperature such as -33.3, of at most six decimals")]
pub struct NoTemperature;

impl Celsius {
    /// Whole degrees.
    #[must_use]
    pub const fn whole(degrees: i64) -> Self {
        Self(degrees.saturating_mul(1_000_000))
    }
}

impl FromStr for Celsius {
    type Err = NoTemperature;

    fn from_str(text: &str) -> Result<Self, NoTemperature> {
        let (sign, number) = match text.strip_prefix('-') {
            Some(number) => (-1, number),
            None => (1, text),
        };
        let (whole, rest) = number.split_once('.').unwrap_or((number, "0"));
        let is_number = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_number(whole, 5) || !is_number(rest, 6) {
            return Err(NoTemperature);
        }
        let millionths: i64 = format!("{whole}{rest:0<6}")
            .parse()
            .map_err(|_| NoTemperature)?;
        let in_range = -300_000_000..=10_000_000_000;
        let degrees = Self(sign * millionths);
        Some(degrees)
            .filter(|one| in_range.contains(&one.0))
            .ok_or(NoTemperature)
    }
}
