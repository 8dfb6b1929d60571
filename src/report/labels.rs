//! What is printed on the labels of containers.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::{
    Query, Scope, add, container::labelled, path, person_name, product, quantity, record,
    waste_containers::vessel,
};
use crate::{
    domain::{
        container::Container,
        facts::Facts,
        ids::{Label, ProductId, Seq},
        institution::Origin,
        ledger::Record,
        product::Product,
        quantity::Quantity,
        refusal::Refusal,
        substance::ControlClass,
        vessel::{Vessel, is_vessel},
    },
    store::{
        StoreError,
        conn::Db,
        schema::WasteLineRow,
        table::{Cell, select},
    },
};

/// Where something stands, and who keeps it.
struct Around {
    place_path: Vec<String>,
    custodians: Vec<String>,
}

/// Entries of one container looked at for the day on which it came.
const MOST_STEPS: usize = 200;

/// Asks what the labels of these containers say.
#[derive(Clone, Debug)]
pub struct Printing {
    /// The labels, in the order in which they are printed.
    pub labels: Vec<Label>,
    /// Whether the days of receipt and of opening are printed too: they are looked up in the entries.
    pub dates: bool,
}

/// What the label of one container says.
#[derive(Clone, Debug)]
pub struct Printed {
    /// The label.
    pub label: Label,
    /// What it is on.
    pub on: LabelOn,
    /// What is in it; of a waste container, how much it may hold.
    pub amount: Quantity,
    /// 有效期至.
    pub expires_on: Option<NaiveDate>,
    /// The day on which it came into the book.
    pub received_on: Option<NaiveDate>,
    /// The day on which something was first taken out of it.
    pub opened_on: Option<NaiveDate>,
    /// The names of its place and those around it, from the outside in.
    pub place_path: Vec<String>,
    /// The custodians in office.
    pub custodians: Vec<String>,
    /// The institution.
    pub institution: String,
    /// Whether the ledger is a demonstration.
    pub demo: bool,
}

/// What a label is on.
#[derive(Clone, Debug)]
pub enum LabelOn {
    /// A container: what is in it, and the control classes today, strictest first.
    Container(Product, Vec<ControlClass>),
    /// A waste container, and the names of what went in, the most first.
    Waste(Vessel, Vec<String>),
}

impl Query for Printing {
    type Answer = Result<Vec<Printed>, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let facts = scope.snapshot(conn)?.facts;
        let institution = facts.register.institution.as_ref();
        let mut entries = HashMap::new();
        let mut printed = Vec::with_capacity(self.labels.len());
        for label in self.labels {
            let about = |place| Around {
                place_path: path(&facts, place),
                custodians: facts
                    .custodians(place, scope.now)
                    .into_iter()
                    .filter_map(|person| person_name(&facts, person))
                    .collect(),
            };
            if is_vessel(label.serial()) {
                let vessel = match vessel(conn, scope, label)? {
                    Ok(vessel) => vessel,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                let Around {
                    place_path,
                    custodians,
                } = about(vessel.place);
                let contents = contents(conn, scope, &facts, label)?;
                printed.push(Printed {
                    label,
                    amount: vessel.vessel.capacity,
                    on: LabelOn::Waste(vessel.vessel, contents),
                    expires_on: None,
                    received_on: None,
                    opened_on: None,
                    place_path,
                    custodians,
                    institution: institution.map(|own| own.name.clone()).unwrap_or_default(),
                    demo: institution.is_some_and(|own| own.origin == Origin::Demo),
                });
                continue;
            }
            let container = match labelled(conn, scope, label)? {
                Ok(container) => container,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let (received_on, opened_on) = if self.dates {
                days(conn, scope, &mut entries, &container)?
            } else {
                (None, None)
            };
            let Container {
                identity, standing, ..
            } = container;
            let product = product(&facts, identity.product)?;
            let Around {
                place_path,
                custodians,
            } = about(standing.place);
            let classes = product.classes_on(scope.now.china_day());
            printed.push(Printed {
                label,
                on: LabelOn::Container(product.clone(), classes),
                amount: quantity(identity.dimension, standing.amount)?,
                expires_on: identity.expires_on,
                received_on,
                opened_on,
                place_path,
                custodians,
                institution: institution.map(|own| own.name.clone()).unwrap_or_default(),
                demo: institution.is_some_and(|own| own.origin == Origin::Demo),
            });
        }
        Ok(Ok(printed))
    }
}

/// The names of what went into a waste container, what takes up most first.
fn contents(
    conn: &mut Db,
    scope: &Scope,
    facts: &Facts,
    label: Label,
) -> Result<Vec<String>, StoreError> {
    let clause = "WHERE institution_id = ? AND vessel_serial = ? AND reversed_by IS NULL";
    let key = [
        Cell::Int(&scope.institution.get()),
        Cell::Int(&label.serial().get()),
    ];
    let rows: Vec<WasteLineRow> = select(conn, clause, &key)?;
    let mut sums: BTreeMap<ProductId, i64> = BTreeMap::new();
    for row in rows {
        let (_, poured) = row.parse()?;
        add(sums.entry(poured.product).or_default(), poured.taken_up)?;
    }
    let mut sums: Vec<(ProductId, i64)> = sums.into_iter().collect();
    sums.sort_by_key(|(product, sum)| (std::cmp::Reverse(*sum), *product));
    let names = sums.into_iter();
    names
        .map(|(id, _)| Ok(product(facts, id)?.name.clone()))
        .collect()
}

/// The days on which a container came and was opened. Containers of one receipt share its entry.
fn days(
    conn: &mut Db,
    scope: &Scope,
    entries: &mut HashMap<Seq, Record>,
    container: &Container,
) -> Result<(Option<NaiveDate>, Option<NaiveDate>), StoreError> {
    let mut at = container.last_entry;
    let mut opened_on = None;
    for _ in 0..MOST_STEPS {
        let record = match entries.entry(at) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => new.insert(record(conn, scope, at)?),
        };
        let day = record.occurred_at.unwrap_or(record.recorded_at).china_day();
        let mut lines = record.containers.iter();
        let Some(line) = lines.find(|line| line.serial == container.serial) else {
            break;
        };
        let Some(prior) = line.before else {
            return Ok((Some(day), opened_on));
        };
        if prior.standing.amount > line.after.amount {
            opened_on = Some(day);
        }
        at = prior.entry;
    }
    Ok((None, opened_on))
}
