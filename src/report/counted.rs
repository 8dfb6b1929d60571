//! 容器清单: the containers that a figure of the counts is made of, as they stood at its moment.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    Page, Query, Scope, add,
    chains::Chains,
    counts::{AsOf, At, Moment, Wanted},
    moment::last_of,
    path, person_name, product, quantity,
    whereabouts::open_holdings,
};
use crate::{
    domain::{
        container::Status,
        ids::{Label, PersonId, PlaceId, ProductId, Seq, Serial},
        ledger::Prior,
        quantity::Quantity,
        refusal::Refusal,
        usage::Spot,
    },
    store::{
        StoreError,
        conn::Db,
        lookups, rows,
        schema::ContainerRow,
        table::{Cell, select},
    },
};

/// Containers read at a time.
const PAGE: i64 = 500;

/// Asks for the containers of a product that count.
#[derive(Clone, Debug)]
pub struct CountedContainers {
    /// The product.
    pub product: ProductId,
    /// Only at this place and below.
    pub place: Option<PlaceId>,
    /// Only there.
    pub at: Option<At>,
    /// Of which moment.
    pub as_of: AsOf,
    /// Only behind this container.
    pub after: Option<Serial>,
    /// Most containers.
    pub limit: usize,
}

/// The containers, by number.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// The containers.
    pub page: Page<CountedContainer>,
    /// The moment.
    pub moment: Moment,
}

/// A container as it stood.
#[derive(Clone, Debug, Serialize)]
pub struct CountedContainer {
    /// The label that it has today.
    pub label: Label,
    /// Its state.
    pub status: Status,
    /// What was in it.
    pub amount: Quantity,
    /// What had been taken out of it and was neither used nor back.
    pub held: Quantity,
    /// Where it stood, or belonged while it was with a person.
    pub place: PlaceId,
    /// The names of that place today, from the outside in.
    pub place_path: Vec<String>,
    /// The person it was with.
    pub holder: Option<PersonId>,
    /// The name of that person.
    pub holder_name: Option<String>,
    /// The latest entry that had touched it: its history goes back from there.
    pub entry: Seq,
}

impl Query for CountedContainers {
    type Answer = Result<Inventory, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let wanted = Wanted {
            product: Some(self.product),
            place: self.place,
            at: self.at,
            ..Wanted::default()
        };
        if let Err(refusal) = wanted.check(facts) {
            return Ok(Err(refusal));
        }
        let all = snapshot.as_of_seq.get() + 1;
        let (moment, size) = match self.as_of.resolved(conn, scope, all)? {
            Ok(resolved) => resolved,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let product = product(facts, self.product)?;
        if scope.withholds(&product.classes_on(moment.as_of.china_day())) {
            return Ok(Err(Refusal::PositionWithheld {}));
        }
        let mut held_now: HashMap<Serial, i64> = HashMap::new();
        for holding in open_holdings(conn, facts)? {
            let serial = rows::number("holding", holding.serial)?;
            add(held_now.entry(serial).or_default(), holding.amount)?;
        }
        let mut chains = Chains::to(size);
        let inside = wanted.inside(facts);
        let counts = |spot: Spot| {
            inside.as_ref().is_none_or(|inside| inside.contains(&spot))
                && self.at.is_none_or(|at| at.holds(spot))
        };

        let mut items = Vec::new();
        let mut after = self.after.map_or(0, Serial::get);
        'all: while items.len() <= self.limit {
            chains.forget();
            let serials = self.serials(conn, scope, after)?;
            let Some(last) = serials.last() else { break };
            after = *last;
            for container in lookups::containers(conn, scope.institution, &serials)? {
                if items.len() > self.limit {
                    break 'all;
                }
                let held = held_now.get(&container.serial).copied().unwrap_or_default();
                let stood = chains.back(conn, scope, &container, held)?;
                let Some((Prior { entry, standing }, held)) = stood else {
                    // Numbers are given in order: those behind it came later still.
                    break 'all;
                };
                let is_there = Spot::of(&standing).is_some_and(counts);
                if !is_there && (held == 0 || !counts(Spot::Persons)) {
                    continue;
                }
                let dimension = container.identity.dimension;
                let generation = container.standing.generation;
                items.push(CountedContainer {
                    label: Label::new(scope.institution, container.serial, generation),
                    status: standing.status,
                    amount: quantity(dimension, standing.amount)?,
                    held: quantity(dimension, held)?,
                    place: standing.place,
                    place_path: path(facts, standing.place),
                    holder: standing.holder,
                    holder_name: standing.holder.and_then(|id| person_name(facts, id)),
                    entry,
                });
            }
        }
        let serial = |item: &CountedContainer| item.label.serial().to_string();
        let page = Page::begun(items, self.limit, serial);
        Ok(Ok(Inventory {
            page: Page {
                as_of_seq: last_of(size),
                ..page
            },
            moment,
        }))
    }
}

impl CountedContainers {
    /// The next containers of the product.
    fn serials(&self, conn: &mut Db, scope: &Scope, after: i64) -> Result<Vec<i64>, StoreError> {
        let clause = "WHERE institution_id = ? AND product_id = ? AND serial > ? \
                      ORDER BY serial LIMIT ?";
        let key = [
            Cell::Int(&scope.institution.get()),
            Cell::Int(&self.product.get()),
            Cell::Int(&after),
            Cell::Int(&PAGE),
        ];
        let rows: Vec<ContainerRow> = select(conn, clause, &key)?;
        Ok(rows.into_iter().map(|row| row.serial).collect())
    }
}
