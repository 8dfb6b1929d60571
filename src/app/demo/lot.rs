//! What is delivered in a story: a lot of a maker, from a supplier, good for some time.

use super::{chance::Chance, hospital::Kept};
use crate::domain::{container::Identity, quantity::Quantity, time::Time, verb::Lot};

pub(super) const DAY_SECONDS: i64 = 24 * 3600;
const MAKERS: [&str; 4] = [
    "国药集团化学试剂有限公司",
    "西陇科学股份有限公司",
    "天津市科密欧化学试剂有限公司",
    "沈阳市试剂三厂",
];
const SUPPLIERS: [&str; 2] = ["四平市医药有限责任公司", "长春市化学试剂商店"];
/// The most days that a lot is good.
const LONGEST: i64 = 1000;

impl Kept {
    /// So many containers of it that come today, good for `shortest` days at least.
    pub fn lot(&self, chance: &mut Chance, today: Time, shortest: i64, count: u32) -> Lot {
        let expires = today.plus_seconds(chance.between(shortest, LONGEST) * DAY_SECONDS);
        let maker = chance.pick(&MAKERS).copied();
        let supplier = chance.pick(&SUPPLIERS).copied();
        let made = today.plus_seconds(-chance.between(20, 120) * DAY_SECONDS);
        Lot {
            identity: Identity {
                product: self.product.id,
                dimension: self.product.dimension,
                lot: Some(made.china_day().format("%Y%m%d").to_string()),
                maker: maker.map(str::to_owned),
                supplier: supplier.map(str::to_owned),
                expires_on: Some(expires.china_day()),
                sds: None,
                tare_ug: self.row.tare.map(Quantity::amount),
                density: None,
                parent: None,
                came_from: None,
                mixed: false,
            },
            count,
            each: self.row.each,
            place: self.place,
        }
    }
}
