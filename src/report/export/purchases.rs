//! 采购台账: every purchase request with what was decided, where it was ordered and how much has come.

use std::collections::BTreeMap;

use super::{
    super::{Scope, person_name, product, quantity},
    Line, PAGE, Sink, described,
};
use crate::{
    domain::{facts::Facts, requisition::Demand},
    store::{
        StoreError,
        conn::Db,
        schema::{OrderRow, RequisitionRow},
        table::{Cell, select},
    },
};

/// The columns: the key for programs, the heading for people.
pub(super) const COLUMNS: &[(&str, &str)] = &[
    ("origin", "数据性质"),
    ("request", "申请编号"),
    ("requested_at", "申请时间"),
    ("department", "申请科室"),
    ("applicant", "申请人"),
    ("name", "品名"),
    ("qualifier", "含量或规格"),
    ("cas", "CAS号"),
    ("classes", "管控类别"),
    ("amount", "申请数量"),
    ("on_hand", "申请时库存"),
    ("purpose", "用途"),
    ("state", "状态"),
    ("decided_by", "审批人"),
    ("decided_at", "审批时间"),
    ("decision", "审批意见"),
    ("orders", "订单号"),
    ("suppliers", "供货单位"),
    ("ordered", "已订购"),
    ("received", "已入库"),
];

/// Numbers and suppliers of the orders that a purchase request is in.
type Orders = BTreeMap<i64, (Vec<String>, Vec<String>)>;

pub(super) fn lines<E: From<StoreError>>(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    origin: &str,
    sink: Sink<'_, E>,
) -> Result<(), E> {
    let institution = scope.institution.get();
    let orders = orders(conn, institution)?;
    let clause = "WHERE institution_id = ? ORDER BY requisition_id DESC LIMIT 1";
    let last: Vec<RequisitionRow> =
        select(conn, clause, &[Cell::Int(&institution)]).map_err(StoreError::from)?;
    let last = last.first().map_or(0, |row| row.requisition_id);
    let mut after = 0;
    while after < last {
        let clause =
            "WHERE institution_id = ? AND requisition_id > ? ORDER BY requisition_id LIMIT ?";
        let key = [Cell::Int(&institution), Cell::Int(&after), Cell::Int(&PAGE)];
        let page: Vec<RequisitionRow> = select(conn, clause, &key).map_err(StoreError::from)?;
        if page.is_empty() {
            return Err(StoreError::Row("requisition", format!("missing after {after}")).into());
        }
        for row in page {
            after = row.requisition_id;
            let cells = cells(scope, facts, origin, &orders, row.parse()?)?;
            sink(Line { cells, bytes: None }, last.unsigned_abs())?;
        }
    }
    Ok(())
}

fn orders(conn: &mut Db, institution: i64) -> Result<Orders, StoreError> {
    let clause = "WHERE institution_id = ? ORDER BY order_id";
    let rows: Vec<OrderRow> = select(conn, clause, &[Cell::Int(&institution)])?;
    let mut orders = Orders::new();
    for row in rows {
        let order = row.parse()?.order;
        for line in order.lines {
            let (numbers, suppliers) = orders.entry(line.request.get()).or_default();
            for (known, one) in [(numbers, &order.number), (suppliers, &order.supplier)] {
                if !known.contains(one) {
                    known.push(one.clone());
                }
            }
        }
    }
    Ok(orders)
}

fn cells(
    scope: &Scope,
    facts: &Facts,
    origin: &str,
    orders: &Orders,
    demand: Demand,
) -> Result<Vec<String>, StoreError> {
    let asked = demand.requisition;
    let amount = |amount| quantity(asked.quantity.dimension(), amount);
    let department = facts.register.departments.get(asked.department);
    let (numbers, suppliers) = orders.get(&asked.id.get()).cloned().unwrap_or_default();
    let decided = demand.decided;
    let by = decided.as_ref().and_then(|one| person_name(facts, one.by));
    let decided_at = decided.as_ref().map(|one| one.at.china_clock());
    let mut cells = vec![
        origin.to_owned(),
        asked.id.to_string(),
        demand.requested_at.china_clock(),
        department.map_or_else(String::new, |one| one.name.clone()),
        person_name(facts, asked.applicant).unwrap_or_default(),
    ];
    cells.extend(described(product(facts, asked.product)?, scope));
    cells.extend([
        asked.quantity.to_string(),
        asked.on_hand.to_string(),
        asked.purpose,
        demand.state.name_zh().to_owned(),
        by.unwrap_or_default(),
        decided_at.unwrap_or_default(),
        decided.map_or_else(String::new, |one| one.reason),
        numbers.join("、"),
        suppliers.join("、"),
        amount(demand.ordered)?.to_string(),
        amount(demand.received)?.to_string(),
    ]);
    Ok(cells)
}
