//! What was bought and on what: rows to domain types and back, loaded for a batch, written after it.

use std::collections::BTreeSet;

use crate::domain::{
    facts::Facts,
    ids::{InstitutionId, OrderId, PermitId, Seq},
    permit::{Allowance, Permit, PurchasePolicy},
    purchasing::{Drawing, Purchasing},
    quantity::Quantity,
    requisition::{Decided, Delivery, Demand, Order, OrderDraw, Requisition, RequisitionState},
    search::fold,
    time::Time,
    verb::Needs,
};

use super::{
    StoreError,
    conn::Db,
    facts::by_keys,
    rows::{json, number, parsed, to_json},
    schema::{DrawingRow, OrderRow, PermitEntryRow, PermitRow, PurchasePolicyRow, RequisitionRow},
    table::{Cell, insert, select, update},
};

impl PermitRow {
    pub(crate) fn of(institution: InstitutionId, held: &Allowance) -> Result<Self, StoreError> {
        let permit = &held.permit;
        Ok(Self {
            institution_id: institution.get(),
            permit_id: permit.id.get(),
            kind: permit.kind.as_str().to_owned(),
            number: permit.number.clone(),
            issuer: permit.issuer.clone(),
            valid_from: permit.from.to_string(),
            valid_until: permit.until.map(|day| day.to_string()),
            lines: to_json(&permit.lines)?,
            single_use: i64::from(permit.single_use),
            revoked: i64::from(permit.revoked),
            drawn: to_json(&held.drawn)?,
            receipts: held.receipts,
            number_key: fold(&permit.number),
        })
    }

    pub(crate) fn parse(self) -> Result<Allowance, StoreError> {
        const TABLE: &str = "permit";
        let until = self.valid_until.map(|day| parsed(TABLE, &day));
        Ok(Allowance {
            permit: Permit {
                id: number(TABLE, self.permit_id)?,
                kind: parsed(TABLE, &self.kind)?,
                number: self.number,
                issuer: self.issuer,
                from: parsed(TABLE, &self.valid_from)?,
                until: until.transpose()?,
                lines: json(TABLE, &self.lines)?,
                single_use: self.single_use == 1,
                revoked: self.revoked == 1,
            },
            drawn: json(TABLE, &self.drawn)?,
            receipts: self.receipts,
        })
    }
}

impl PermitEntryRow {
    pub(crate) fn of(institution: InstitutionId, (permit, seq): (PermitId, Seq)) -> Self {
        Self {
            institution_id: institution.get(),
            permit_id: permit.get(),
            seq: seq.get(),
        }
    }
}

impl RequisitionRow {
    pub(crate) fn of(institution: InstitutionId, demand: &Demand) -> Self {
        let asked = &demand.requisition;
        let decided = demand.decided.as_ref();
        Self {
            institution_id: institution.get(),
            requisition_id: asked.id.get(),
            version: i64::from(asked.version),
            department_id: asked.department.get(),
            applicant_id: asked.applicant.get(),
            product_id: asked.product.get(),
            dimension: asked.quantity.dimension().as_str().to_owned(),
            amount: asked.quantity.amount(),
            purpose: asked.purpose.clone(),
            on_hand: asked.on_hand.amount(),
            requested_at: demand.requested_at.millis(),
            state: demand.state.as_str().to_owned(),
            decided_by: decided.map(|decided| decided.by.get()),
            decided_at: decided.map(|decided| decided.at.millis()),
            decision: decided.map(|decided| decided.reason.clone()),
            ordered: demand.ordered,
            received: demand.received,
        }
    }

    pub(crate) fn parse(self) -> Result<Demand, StoreError> {
        const TABLE: &str = "requisition";
        let dimension = parsed(TABLE, &self.dimension)?;
        let quantity = |amount| {
            Quantity::new(dimension, amount)
                .map_err(|error| StoreError::Row(TABLE, error.to_string()))
        };
        let decided = match (self.decided_by, self.decided_at, self.decision) {
            (Some(by), Some(at), Some(reason)) => Some(Decided {
                by: number(TABLE, by)?,
                at: Time::from_millis(at),
                reason,
            }),
            (None, None, None) => None,
            (Some(_) | None, Some(_) | None, Some(_) | None) => {
                return Err(StoreError::Row(TABLE, "half a decision".to_owned()));
            }
        };
        let state = parsed(TABLE, &self.state)?;
        Ok(Demand {
            requisition: Requisition {
                id: number(TABLE, self.requisition_id)?,
                version: number(TABLE, self.version)?,
                department: number(TABLE, self.department_id)?,
                applicant: number(TABLE, self.applicant_id)?,
                product: number(TABLE, self.product_id)?,
                quantity: quantity(self.amount)?,
                purpose: self.purpose,
                on_hand: quantity(self.on_hand)?,
                withdrawn: state == RequisitionState::Withdrawn,
            },
            requested_at: Time::from_millis(self.requested_at),
            state,
            decided,
            ordered: self.ordered,
            received: self.received,
        })
    }
}

impl OrderRow {
    pub(crate) fn of(institution: InstitutionId, delivery: &Delivery) -> Result<Self, StoreError> {
        let order = &delivery.order;
        Ok(Self {
            institution_id: institution.get(),
            order_id: order.id.get(),
            number: order.number.clone(),
            supplier: order.supplier.clone(),
            lines: to_json(&order.lines)?,
            ordered_at: delivery.ordered_at.millis(),
            state: delivery.state.as_str().to_owned(),
            received: to_json(&delivery.received)?,
            reason: delivery.reason.clone(),
            number_key: fold(&order.number),
        })
    }

    pub(crate) fn parse(self) -> Result<Delivery, StoreError> {
        const TABLE: &str = "purchase_order";
        Ok(Delivery {
            order: Order {
                id: number(TABLE, self.order_id)?,
                number: self.number,
                supplier: self.supplier,
                lines: json(TABLE, &self.lines)?,
            },
            ordered_at: Time::from_millis(self.ordered_at),
            state: parsed(TABLE, &self.state)?,
            received: json(TABLE, &self.received)?,
            reason: self.reason,
        })
    }
}

impl DrawingRow {
    pub(crate) fn of(
        institution: InstitutionId,
        seq: Seq,
        drawing: &Drawing,
    ) -> Result<Self, StoreError> {
        let order = drawing.order.as_ref();
        Ok(Self {
            institution_id: institution.get(),
            seq: seq.get(),
            permits: to_json(&drawing.permits)?,
            order_id: order.map(|draw| draw.order.get()),
            order_amounts: order.map(|draw| to_json(&draw.amounts)).transpose()?,
        })
    }

    pub(crate) fn parse(self) -> Result<(Seq, Drawing), StoreError> {
        const TABLE: &str = "drawing";
        let order = match (self.order_id, self.order_amounts) {
            (Some(order), Some(amounts)) => Some(OrderDraw {
                order: number(TABLE, order)?,
                amounts: json(TABLE, &amounts)?,
            }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err(StoreError::Row(TABLE, "half a draw".to_owned()));
            }
        };
        let permits = json(TABLE, &self.permits)?;
        Ok((number(TABLE, self.seq)?, Drawing { permits, order }))
    }
}

impl PurchasePolicyRow {
    pub(crate) fn of(
        institution: InstitutionId,
        seq: Seq,
        policy: &PurchasePolicy,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            institution_id: institution.get(),
            seq: seq.get(),
            class: policy.class.code().to_owned(),
            body: to_json(policy)?,
        })
    }

    pub(crate) fn parse(self) -> Result<(Seq, PurchasePolicy), StoreError> {
        const TABLE: &str = "purchase_policy";
        Ok((number(TABLE, self.seq)?, json(TABLE, &self.body)?))
    }
}

/// Loads what the commands need; after the entries that they refer to, which a reversal gives back.
pub(super) fn load(conn: &mut Db, facts: &mut Facts, needs: &Needs) -> Result<(), StoreError> {
    let institution = facts.institution;
    let entries: Vec<i64> = needs.entries.iter().map(|seq| seq.get()).collect();
    let (one, many) = (
        "WHERE institution_id = ? AND seq = ?",
        "WHERE institution_id = ? AND seq = ANY(?)",
    );
    let mut permits = needs.purchases.permits.clone();
    let mut orders = needs.purchases.orders.clone();
    for row in by_keys::<DrawingRow>(conn, institution, &entries, one, many)? {
        let (seq, drawing) = row.parse()?;
        permits.extend(drawing.permits.iter().map(|draw| draw.permit));
        orders.extend(drawing.order.iter().map(|draw| draw.order));
        facts.purchasing.drawings.load(seq, drawing);
    }
    let keys = permits.iter().map(|permit| permit.get()).collect();
    let (one, many) = (
        "WHERE institution_id = ? AND permit_id = ?",
        "WHERE institution_id = ? AND permit_id = ANY(?)",
    );
    let mut rows: Vec<PermitRow> = by_keys(conn, institution, &keys, one, many)?;
    let id = institution.get();
    for number in &needs.purchases.permit_numbers {
        let same = "WHERE institution_id = ? AND number_key = ?";
        rows.extend(select::<PermitRow>(
            conn,
            same,
            &[Cell::Int(&id), Cell::Text(number)],
        )?);
    }
    if needs.purchases.last {
        let last = "WHERE institution_id = ? ORDER BY permit_id DESC LIMIT 1";
        rows.extend(select::<PermitRow>(conn, last, &[Cell::Int(&id)])?);
    }
    for row in rows {
        let held = row.parse()?;
        facts.purchasing.permits.load(held.permit.id, held);
    }
    load_orders(conn, facts, needs, &orders)
}

/// Loads orders, with the purchase requests in them.
fn load_orders(
    conn: &mut Db,
    facts: &mut Facts,
    needs: &Needs,
    orders: &BTreeSet<OrderId>,
) -> Result<(), StoreError> {
    let institution = facts.institution;
    let id = institution.get();
    let mut requests = needs.purchases.requests.clone();
    let keys = orders.iter().map(|order| order.get()).collect();
    let (one, many) = (
        "WHERE institution_id = ? AND order_id = ?",
        "WHERE institution_id = ? AND order_id = ANY(?)",
    );
    for row in by_keys::<OrderRow>(conn, institution, &keys, one, many)? {
        let delivery = row.parse()?;
        requests.extend(delivery.order.lines.iter().map(|line| line.request));
        facts.purchasing.orders.load(delivery.order.id, delivery);
    }
    for number in &needs.purchases.order_numbers {
        let same = "WHERE institution_id = ? AND number_key = ?";
        for row in select::<OrderRow>(conn, same, &[Cell::Int(&id), Cell::Text(number)])? {
            let delivery = row.parse()?;
            facts.purchasing.orders.load(delivery.order.id, delivery);
        }
    }
    let keys = requests.iter().map(|request| request.get()).collect();
    let (one, many) = (
        "WHERE institution_id = ? AND requisition_id = ?",
        "WHERE institution_id = ? AND requisition_id = ANY(?)",
    );
    let mut rows: Vec<RequisitionRow> = by_keys(conn, institution, &keys, one, many)?;
    if needs.purchases.last {
        let last = "WHERE institution_id = ? ORDER BY order_id DESC LIMIT 1";
        for row in select::<OrderRow>(conn, last, &[Cell::Int(&id)])? {
            let delivery = row.parse()?;
            facts.purchasing.orders.load(delivery.order.id, delivery);
        }
        let last = "WHERE institution_id = ? ORDER BY requisition_id DESC LIMIT 1";
        rows.extend(select::<RequisitionRow>(conn, last, &[Cell::Int(&id)])?);
    }
    for row in rows {
        let demand = row.parse()?;
        let request = demand.requisition.id;
        facts.purchasing.requests.load(request, demand);
    }
    Ok(())
}

/// The rows that a batch adds and changes.
#[derive(Debug, Default)]
pub(super) struct PurchaseRows {
    permits: (Vec<PermitRow>, Vec<PermitRow>),
    permit_entries: Vec<PermitEntryRow>,
    drawings: Vec<DrawingRow>,
    requests: (Vec<RequisitionRow>, Vec<RequisitionRow>),
    orders: (Vec<OrderRow>, Vec<OrderRow>),
}

impl PurchaseRows {
    /// Takes everything that changed.
    pub(super) fn take(
        &mut self,
        id: InstitutionId,
        purchasing: &mut Purchasing,
    ) -> Result<(), StoreError> {
        for (_, held) in purchasing.permits.take_added() {
            self.permits.0.push(PermitRow::of(id, held)?);
        }
        for (_, held) in purchasing.permits.take_changed() {
            self.permits.1.push(PermitRow::of(id, held)?);
        }
        for (key, ()) in purchasing.permit_entries.take_added() {
            self.permit_entries.push(PermitEntryRow::of(id, key));
        }
        for (seq, drawing) in purchasing.drawings.take_added() {
            self.drawings.push(DrawingRow::of(id, seq, drawing)?);
        }
        for (_, demand) in purchasing.requests.take_added() {
            self.requests.0.push(RequisitionRow::of(id, demand));
        }
        for (_, demand) in purchasing.requests.take_changed() {
            self.requests.1.push(RequisitionRow::of(id, demand));
        }
        for (_, delivery) in purchasing.orders.take_added() {
            self.orders.0.push(OrderRow::of(id, delivery)?);
        }
        for (_, delivery) in purchasing.orders.take_changed() {
            self.orders.1.push(OrderRow::of(id, delivery)?);
        }
        Ok(())
    }

    /// Writes it all.
    pub(super) fn write(&self, conn: &mut Db) -> Result<(), StoreError> {
        insert(conn, &self.permits.0)?;
        update(conn, &self.permits.1)?;
        insert(conn, &self.permit_entries)?;
        insert(conn, &self.drawings)?;
        insert(conn, &self.requests.0)?;
        update(conn, &self.requests.1)?;
        insert(conn, &self.orders.0)?;
        update(conn, &self.orders.1)?;
        Ok(())
    }
}
