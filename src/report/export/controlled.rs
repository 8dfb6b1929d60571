//! 双人台账 as the program writes it without a server: the lines of the book, as texts.

use super::{
    super::{Scope, controlled_book::ControlledBook},
    Line, Sink,
};
use crate::{
    domain::{facts::Facts, ids::Cas, quantity::Quantity},
    store::{StoreError, conn::Db},
};

/// The columns: the key for programs, the heading for people.
pub(super) const COLUMNS: &[(&str, &str)] = &[
    ("origin", "数据性质"),
    ("date", "日期"),
    ("name", "品名"),
    ("qualifier", "规格"),
    ("cas", "CAS号"),
    ("classes", "管控类别"),
    ("before", "上次结存"),
    ("in", "入库量"),
    ("out", "出库量"),
    ("returned", "退回量"),
    ("after", "本次结存"),
    ("kind", "业务"),
    ("purpose", "用途"),
    ("department", "领用部门"),
    ("receivers", "领用人"),
    ("keeper_a", "保管人A"),
    ("keeper_b", "保管人B"),
    ("approvers", "复核人"),
    ("remark", "备注"),
    ("entry", "记录序号"),
    ("leaf_hash", "叶哈希"),
];

pub(super) fn lines<E: From<StoreError>>(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    origin: &str,
    last: i64,
    sink: Sink<'_, E>,
) -> Result<(), E> {
    let total = last.unsigned_abs() + 1;
    let whole = ControlledBook::default();
    whole.each(conn, scope, facts, last + 1, |line| {
        let shown = |quantity: Option<Quantity>| {
            quantity.map_or_else(String::new, |quantity| quantity.to_string())
        };
        let classes: Vec<&str> = line.classes.iter().map(|class| class.name_zh()).collect();
        let cells = vec![
            origin.to_owned(),
            line.recorded_at.china_clock(),
            line.name,
            line.qualifier.unwrap_or_default(),
            line.cas.as_ref().map(Cas::to_string).unwrap_or_default(),
            classes.join("、"),
            line.before.to_string(),
            shown(line.r#in),
            shown(line.out),
            shown(line.returned),
            line.after.to_string(),
            line.kind.name_zh().to_owned(),
            line.purpose,
            line.departments.join("、"),
            line.receivers.join("、"),
            line.keeper_a.unwrap_or_default(),
            line.keeper_b.unwrap_or_default(),
            line.approvers.join("、"),
            line.remark.unwrap_or_default(),
            line.entry.to_string(),
            line.leaf_hash,
        ];
        sink(Line { cells, bytes: None }, total)
    })
}
