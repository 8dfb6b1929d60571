//! Regions and what a bureau asks of its own.

macro_rules! county_refusals {
    ($($before:tt)*) => { containers_refusals! { $($before)*
        /// No such region, or not one that lies in the bureau's.
        Missing "region_unknown" RegionUnknown { region: RegionCode }
            zh "没有行政区划代码 {region}，或不在本辖区内。请从 /api/v1/regions 中选择。"
            en "There is no region {region}, or it does not lie in yours. Choose one of /api/v1/regions."
        /// A code that was replaced, or not yet given, on that day (GB/T 2260; RULES 8.5).
        Business "region_not_in_force" RegionNotInForce { region: RegionCode, day: NaiveDate, instead: Known<RegionCode> }
            zh "行政区划代码 {region} 在 {day} 不在用，当日应为 {instead}。请改用当日有效的代码。"
            en "Region code {region} is not in force on {day}; the code on that day is {instead}. Use the one in force."
        /// Numbers of places, products and entries are an institution's own.
        Business "institution_needed" InstitutionNeeded { parameter: &'static str }
            zh "{parameter} 是各单位自己的，对全辖区没有意义。请加上 institution=单位编号；{parameter} 是查询参数的，也可去掉。"
            en "{parameter} means something within one institution only. Add institution= with its number; or leave {parameter} out where it is a parameter."
        /// Only a bureau without `institution` sums over institutions.
        Business "region_needed" RegionNeeded { parameter: &'static str }
            zh "{parameter} 用于卫健局汇总全辖区。请由卫健局人员不带 institution 查询，或去掉 {parameter}。"
            en "{parameter} is for a bureau that sums over its region. Ask as its officer without institution, or leave {parameter} out."
        /// What was counted cannot be told from what was recorded in the same millisecond.
        Business "heads_moved" HeadsMoved {}
            zh "自那次汇总以来，又有记录落在同一时刻，数字不再对应。请重新汇总后再逐级打开。"
            en "Something was recorded in that very moment since, so these would not be the figures you came from. Count anew and open those."
        /// Somebody else pulled meanwhile.
        Conflict "pull_overtaken" PullOvertaken { site: InstitutionId }
            zh "单位 {site} 的树头刚刚已被核存。请重新查看。"
            en "The head of institution {site} was pulled by somebody else meanwhile. Look again."
        /// What does not continue what was kept waits for a person.
        Business "pull_open" PullOpen { site: InstitutionId }
            zh "单位 {site} 的台账与已核存的树头不衔接，须先查明原因并说明后才能继续核存。"
            en "The ledger of institution {site} does not continue what was kept. Find out why and acknowledge it before more is kept."
        /// There is nothing to say why of.
        Conflict "pull_not_open" PullNotOpen { site: InstitutionId }
            zh "单位 {site} 没有待说明的核存问题，无需说明。"
            en "Nothing is open about the head of institution {site}; there is nothing to acknowledge."
    } };
}
pub(super) use county_refusals;
