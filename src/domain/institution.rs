//! An institution.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    catalogue::Regions,
    ids::{InstitutionId, RegionCode},
    words::words,
};

words! {
    /// What kind of institution it is.
    InstitutionKind {
        /// 医疗机构.
        Hospital = "hospital" "医疗机构",
        /// 疾病预防控制机构.
        Cdc = "cdc" "疾控机构",
        /// 卫生健康行政部门.
        Bureau = "bureau" "卫生健康局",
        /// The system itself (id 0): catalogue editions, default policies, audit of nobody.
        System = "system" "系统",
    }
}

words! {
    /// Where the data of an institution comes from.
    Origin {
        /// Real life.
        Live = "live" "正式",
        /// Generated; prints 演示 on every label and report for ever.
        Demo = "demo" "演示",
    }
}

impl Origin {
    /// Whether what is written is no more than a demonstration.
    #[must_use]
    pub const fn is_demo(self) -> bool {
        match self {
            Self::Demo => true,
            Self::Live => false,
        }
    }

    /// What the names of files begin with: a file of a demonstration cannot be taken for a real one.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Demo => "演示-",
            Self::Live => "",
        }
    }
}

/// An institution (单位).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Institution {
    /// The number: the first four digits of every label.
    pub id: InstitutionId,
    /// Full name.
    pub name: String,
    /// 统一社会信用代码 (GB 32100-2015).
    pub uscc: String,
    /// 行政区划代码 (GB/T 2260).
    pub region: RegionCode,
    /// What kind.
    pub kind: InstitutionKind,
    /// Real or generated.
    pub origin: Origin,
}

impl Institution {
    /// Whether it is a bureau in whose region the other lies on a day.
    #[must_use]
    pub fn oversees(&self, other: &Self, regions: &Regions, day: NaiveDate) -> bool {
        self.kind == InstitutionKind::Bureau
            && self.id != other.id
            && regions.lies_in(other.region, self.region, day)
    }
}
