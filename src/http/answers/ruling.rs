//! What the rules say.

use super::{Text, answers, described};
use crate::domain::{exact::Exact, ids::Cas, rule::major_hazard::Missing};

answers! {
    /// Whether a unit is a 危险化学品重大危险源.
    MajorHazardEvaluation {
        /// S = Σ q/Q of everything whose Q could be told.
        s: Exact,
        /// S with ten decimals, where it has no last one.
        s_rounded: Option<Exact>,
        /// Whether S reaches 1; null where it does not and something could not be told.
        is_major_hazard: Option<bool>,
        /// α of table 5.
        alpha: Option<Exact>,
        /// R = α Σ β q/Q; null below S = 1, and where something could not be told.
        r: Option<Exact>,
        /// R with ten decimals, where it has no last one.
        r_rounded: Option<Exact>,
        /// 一级 to 四级; null where R is.
        level: Option<Text>,
        /// The chemicals, in the order of the request.
        items: Vec<MajorHazardItem>,
        /// What has to be told before everything can be.
        missing: Vec<Missing>,
        /// The standard.
        source: Text,
        /// How far its text was read: `seen`, `secondary` or `known`.
        reliability: Text,
    }
    /// A chemical of a unit.
    MajorHazardItem {
        /// 品名.
        name: Text,
        /// CAS number.
        cas: Option<Cas>,
        /// q, tonnes.
        quantity_t: Exact,
        /// The entry of the 危险化学品目录 that it was taken for.
        taken_for: Option<Text>,
        /// Q, tonnes; null where it does not count or cannot be told.
        threshold_t: Option<Exact>,
        /// β of table 3 or 4.
        beta: Option<Exact>,
        /// q/Q.
        ratio: Option<Exact>,
        /// q/Q with ten decimals, where it has no last one.
        ratio_rounded: Option<Exact>,
        /// Where Q is from: 表1, 表1（4.2.3 混合物）, 表2, 不计入, 无法判定.
        basis: Text,
        /// The number in table 1, or the symbol in table 2.
        line: Option<Text>,
        /// What that line says, or why there is none.
        why: Text,
        /// What has to be told first.
        missing: Vec<Missing>,
    }
}
