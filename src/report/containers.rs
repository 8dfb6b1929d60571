//! 容器清单: the containers of an institution as they stand, by number.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;

use super::{Page, Query, Scope, path, person_name, places::walk, product, quantity};
use crate::{
    domain::{
        container::{Container, Status},
        facts::Facts,
        ids::{Cas, Label, PlaceId, ProductId, Serial},
        quantity::Quantity,
        refusal::Refusal,
        substance::ControlClass,
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        rows,
        schema::{ContainerRow, StandingRow},
        table::{Cell, select},
    },
};

/// Containers read at a time.
const READ: usize = 1_000;
/// Containers looked at for one page of a part of them: a rare kind among many must not be a long read.
const MOST_SCANNED: usize = 20_000;

/// Asks for the containers.
#[derive(Clone, Debug)]
pub struct Containers {
    /// Only at this place and below; what a person has taken along is not there.
    pub place: Option<PlaceId>,
    /// Only of this product.
    pub product: Option<ProductId>,
    /// Only of this control class today.
    pub class: Option<ControlClass>,
    /// Only those that are so.
    pub status: Option<Status>,
    /// Only behind this container.
    pub after: Option<Serial>,
    /// Most items.
    pub limit: usize,
}

/// A container as it stands.
#[derive(Clone, Debug, Serialize)]
pub struct ContainerItem {
    /// Its label.
    pub label: Label,
    /// How it stands.
    pub status: Status,
    /// What is in it.
    pub product: ProductId,
    /// 品名.
    pub name: String,
    /// Concentration or form.
    pub qualifier: Option<String>,
    /// CAS number.
    pub cas: Option<Cas>,
    /// The control classes today, strictest first.
    pub classes: Vec<ControlClass>,
    /// How much is in it by the book.
    pub amount: Quantity,
    /// Where it stands or belongs.
    pub place: PlaceId,
    /// The names of the place, from the outside in.
    pub place_path: Vec<String>,
    /// Who has it.
    pub holder_name: Option<String>,
    /// 批号.
    pub lot: Option<String>,
    /// 生产厂家.
    pub maker: Option<String>,
    /// 供货单位.
    pub supplier: Option<String>,
    /// 有效期至.
    pub expires_on: Option<NaiveDate>,
    /// When somebody counted it last.
    pub verified_at: Option<Time>,
}

impl Query for Containers {
    type Answer = Result<Page<ContainerItem>, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        if let Some(place) = self.place
            && facts.register.places.get(place).is_none()
        {
            return Ok(Err(Refusal::PlaceUnknown { place }));
        }
        if let Some(product) = self.product
            && let Err(refusal) = facts.product(product)
        {
            return Ok(Err(refusal));
        }
        let inside: Option<BTreeSet<PlaceId>> = self.place.map(|root| {
            let below = walk(facts, Some(root)).into_iter();
            below.map(|(place, _)| place.id).collect()
        });
        let mut items = Vec::new();
        let mut after = self.after.map_or(0, Serial::get);
        let mut scanned = 0;
        let next = loop {
            let read = READ.min(self.limit);
            let page = read_after(conn, scope, after, read)?;
            let is_last = page.len() < read;
            scanned += page.len();
            let mut is_full = false;
            for (serial, container) in page {
                after = serial;
                if self.wants(&container, facts, inside.as_ref(), scope)? {
                    items.push(ContainerItem::of(container, facts, scope)?);
                    is_full = items.len() >= self.limit;
                    if is_full {
                        break;
                    }
                }
            }
            if is_full || scanned >= MOST_SCANNED {
                break Some(after);
            }
            if is_last {
                break None;
            }
        };
        Ok(Ok(Page {
            items,
            next: next.map(|after| after.to_string()),
            total: None,
            as_of_seq: Some(snapshot.as_of_seq),
        }))
    }
}

impl Containers {
    fn wants(
        &self,
        container: &Container,
        facts: &Facts,
        inside: Option<&BTreeSet<PlaceId>>,
        scope: &Scope,
    ) -> Result<bool, StoreError> {
        let (identity, standing) = (&container.identity, &container.standing);
        let is_there = inside
            .is_none_or(|inside| standing.holder.is_none() && inside.contains(&standing.place));
        let classes = product(facts, identity.product)?.classes_on(scope.now.china_day());
        let is_of = self.class.is_none_or(|class| classes.contains(&class));
        Ok(is_there
            && is_of
            && !scope.withholds(&classes)
            && self
                .product
                .is_none_or(|product| product == identity.product)
            && self.status.is_none_or(|status| status == standing.status))
    }
}

impl ContainerItem {
    fn of(container: Container, facts: &Facts, scope: &Scope) -> Result<Self, StoreError> {
        let verified_at = container.verified_at;
        let (identity, standing) = (container.identity, container.standing);
        let product = product(facts, identity.product)?;
        Ok(Self {
            label: Label::new(scope.institution, container.serial, standing.generation),
            status: standing.status,
            product: product.id,
            name: product.name.clone(),
            qualifier: product.qualifier.clone(),
            cas: product.cas.clone(),
            classes: product.classes_on(scope.now.china_day()),
            amount: quantity(identity.dimension, standing.amount)?,
            place: standing.place,
            place_path: path(facts, standing.place),
            holder_name: standing
                .holder
                .and_then(|holder| person_name(facts, holder)),
            lot: identity.lot,
            maker: identity.maker,
            supplier: identity.supplier,
            expires_on: identity.expires_on,
            verified_at,
        })
    }
}

/// Containers by number, from behind one on.
pub(super) fn read_after(
    conn: &mut Db,
    scope: &Scope,
    after: i64,
    limit: usize,
) -> Result<Vec<(i64, Container)>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let clause = "WHERE institution_id = ? AND serial > ? ORDER BY serial LIMIT ?";
    let key = [
        Cell::Int(&scope.institution.get()),
        Cell::Int(&after),
        Cell::Int(&limit),
    ];
    let what: Vec<ContainerRow> = select(conn, clause, &key)?;
    let how: Vec<StandingRow> = select(conn, clause, &key)?;
    if what.len() != how.len() {
        return Err(StoreError::Row(
            "container",
            format!("missing after {after}"),
        ));
    }
    let pairs = what.into_iter().zip(how);
    pairs
        .map(|(what, how)| Ok((what.serial, rows::container(what, &how)?)))
        .collect()
}
