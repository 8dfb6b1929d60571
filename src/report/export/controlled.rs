//! 双人台账: of everything that two persons keep, what came to the places and went from them, entry by entry,
//! with the balance before and after and both names (危险化学品安全法第四十、四十一条: 双人收发、双人保管,
//! 如实记录流向; columns as RULES §9).
//!
//! A balance is what the ledger holds at that line: it is carried from the first entry on, never read from a
//! total. What only moves from place to place changes none and has no line.

use std::collections::BTreeMap;

use super::{
    super::{Scope, hash, person_name, product, quantity},
    Line, PAGE, Sink,
};
use crate::{
    domain::{
        facts::Facts,
        ids::{Cas, ProductId},
        ledger::{Act, Entry, Kind, Part, Record},
        product::Product,
        signature::Signature,
        substance::ControlClass,
        usage::{Spot, Totals, change},
    },
    store::{
        StoreError,
        conn::Db,
        lookups,
        schema::EntryRow,
        table::{Cell, select},
    },
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
    let mut balances: BTreeMap<ProductId, i64> = BTreeMap::new();
    let mut next = 0;
    while next <= last {
        let clause = "WHERE institution_id = ? AND log = 0 AND seq >= ? AND seq <= ? \
                      ORDER BY seq LIMIT ?";
        let key = [
            Cell::Int(&scope.institution.get()),
            Cell::Int(&next),
            Cell::Int(&last),
            Cell::Int(&PAGE),
        ];
        let page: Vec<EntryRow> = select(conn, clause, &key).map_err(StoreError::from)?;
        if page.is_empty() {
            return Err(StoreError::Row("entry", format!("none from {next} on")).into());
        }
        for row in page {
            next = row.seq + 1;
            let entry = Entry::parse(&row.bytes).map_err(StoreError::from)?;
            let record = entry.record();
            for (id, amount) in moved(conn, scope, record)? {
                let before = balances.get(&id).copied().unwrap_or_default();
                let after = before.checked_add(amount).ok_or_else(overflow)?;
                balances.insert(id, after);
                let product = product(facts, id)?;
                if !is_kept_by_two(product, record) {
                    continue;
                }
                let mut cells = vec![origin.to_owned(), record.recorded_at.china_clock()];
                cells.extend(cells_of(facts, record, product, (before, amount, after))?);
                cells.push(hash(&row.leaf_hash)?.to_base64());
                let total = last.unsigned_abs() + 1;
                sink(Line { cells, bytes: None }, total)?;
            }
        }
    }
    Ok(())
}

fn overflow() -> StoreError {
    StoreError::Row("entry", "a balance overflows".to_owned())
}

/// What an entry added to what stands at places, by product; nothing of what stayed as it was.
fn moved(
    conn: &mut Db,
    scope: &Scope,
    record: &Record,
) -> Result<BTreeMap<ProductId, i64>, StoreError> {
    let mut totals = Totals::new();
    change(
        &mut totals,
        &record.containers,
        &record.postings,
        |serial| {
            let lines = record.postings.iter();
            let mut posted = lines.filter(|posting| posting.container == serial);
            if let Some(posting) = posted.next() {
                return Ok(posting.product);
            }
            let found = lookups::container(conn, scope.institution, serial)?;
            let none = || StoreError::Row("container", format!("no container {serial}"));
            Ok::<_, StoreError>(found.ok_or_else(none)?.identity.product)
        },
    )?;
    let mut moved: BTreeMap<ProductId, i64> = BTreeMap::new();
    for ((spot, product), total) in totals {
        if spot != Spot::Persons {
            let sum = moved.entry(product).or_default();
            *sum = sum.checked_add(total.amount).ok_or_else(overflow)?;
        }
    }
    moved.retain(|_, amount| *amount != 0);
    Ok(moved)
}

/// Whether two persons kept it on the day of the entry.
fn is_kept_by_two(product: &Product, record: &Record) -> bool {
    let classes = product.classes_on(record.recorded_at.china_day());
    classes
        .into_iter()
        .any(ControlClass::is_controlled_by_default)
}

fn cells_of(
    facts: &Facts,
    record: &Record,
    product: &Product,
    (before, amount, after): (i64, i64, i64),
) -> Result<Vec<String>, StoreError> {
    let kind = record.act.kind();
    let shown = |amount: i64| Ok::<_, StoreError>(quantity(product.dimension, amount)?.to_string());
    let (mut came, mut went, mut returned) = (String::new(), String::new(), String::new());
    if amount < 0 {
        went = shown(-amount)?;
    } else if kind == Kind::GiveBack {
        returned = shown(amount)?;
    } else {
        came = shown(amount)?;
    }
    let seated = |part: Part| {
        let seats = record.seats.iter().filter(move |seat| seat.part == part);
        seats.map(|seat| seat.person)
    };
    let names = |part: Part| -> String {
        let names: Vec<String> = seated(part)
            .filter_map(|id| person_name(facts, id))
            .collect();
        names.join("、")
    };
    let departments: Vec<String> = seated(Part::Receiver)
        .filter_map(|id| facts.register.persons.get(id)?.department)
        .filter_map(|id| Some(facts.register.departments.get(id)?.name.clone()))
        .collect();
    // The names as they signed, not as the register has them today.
    let signed = record.signed.iter().flat_map(|signed| &signed.signatures);
    let mut keepers = signed
        .map(Signature::statement)
        .filter(|statement| matches!(statement.part, Part::Issuer | Part::Acceptor))
        .map(|statement| statement.signer.name.clone());
    let keepers = [keepers.next(), keepers.next()].map(Option::unwrap_or_default);
    let remark = if let Act::Reverse(reversal) = &record.act {
        format!("冲正第{}号记录", reversal.entry)
    } else if record.late.is_some() {
        "补录".to_owned()
    } else {
        String::new()
    };
    let classes = product.classes_on(record.recorded_at.china_day());
    let classes: Vec<&str> = classes.iter().map(|class| class.name_zh()).collect();
    let [keeper_a, keeper_b] = keepers;
    Ok(vec![
        product.name.clone(),
        product.qualifier.clone().unwrap_or_default(),
        product.cas.as_ref().map(Cas::to_string).unwrap_or_default(),
        classes.join("、"),
        shown(before)?,
        came,
        went,
        returned,
        shown(after)?,
        kind.name_zh().to_owned(),
        record.reason.clone(),
        departments.join("、"),
        names(Part::Receiver),
        keeper_a,
        keeper_b,
        names(Part::Approver),
        remark,
        record.seq.to_string(),
    ])
}
