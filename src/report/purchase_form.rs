//! 采购表: one purchase request from the asking to the receiving, as it is printed.

use super::{
    Page, Query, Scope,
    purchase_orders::{PurchaseOrderItem, PurchaseOrders},
    purchase_requests::{PurchaseRequestLine, PurchaseRequests},
};
use crate::{
    domain::{
        ids::{PermitId, RequisitionId, Seq},
        permit::PermitKind,
        quantity::Quantity,
        refusal::Refusal,
        substance::ControlClass,
        time::Time,
    },
    report::{export::Edition, person_name, product, quantity},
    store::{
        StoreError,
        conn::Db,
        schema::{DrawingRow, PermitRow},
        table::{Cell, select},
    },
};

/// Asks for the form of a purchase request.
#[derive(Clone, Debug)]
pub struct PurchaseForm(pub RequisitionId);

/// What stands on it.
#[derive(Clone, Debug)]
pub struct PurchasePaper {
    /// Of which state of which ledger.
    pub of: Edition,
    /// The request.
    pub request: PurchaseRequestLine,
    /// The name of its department.
    pub department: String,
    /// 含量或规格.
    pub qualifier: Option<String>,
    /// CAS number.
    pub cas: Option<String>,
    /// The control classes today, strictest first.
    pub classes: Vec<ControlClass>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// The orders that it is in.
    pub orders: Vec<PurchaseOrderItem>,
    /// What came of them.
    pub receipts: Vec<PaperReceipt>,
}

/// A receipt against an order, and a permit that it drew.
#[derive(Clone, Debug)]
pub struct PaperReceipt {
    /// The entry.
    pub entry: Seq,
    /// When.
    pub at: Time,
    /// Who received.
    pub by: String,
    /// 订单号.
    pub order: String,
    /// How much of this request.
    pub amount: Quantity,
    /// Kind and number of the permits that were drawn.
    pub permits: Vec<(PermitKind, String)>,
}

impl Query for PurchaseForm {
    type Answer = Result<PurchasePaper, Refusal>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let facts = &snapshot.facts;
        let asked = PurchaseRequests {
            only: Some(self.0),
            state: None,
            department: None,
            after: None,
            limit: 1,
        };
        let mut found = asked.run(conn, scope)?.items.into_iter();
        let Some(request) = found.next() else {
            return Ok(Err(Refusal::PurchaseRequestUnknown {}));
        };
        let all = PurchaseOrders {
            state: None,
            after: None,
            limit: usize::MAX,
        };
        let Page { items, .. } = all.run(conn, scope)?;
        let mut orders: Vec<PurchaseOrderItem> = items;
        orders.retain(|order| order.lines.iter().any(|line| line.request == self.0));
        let receipts = receipts(conn, scope, &orders, &request)?;
        let product = product(facts, request.product)?;
        let department = facts.register.departments.get(request.department);
        Ok(Ok(PurchasePaper {
            of: super::export::edition(conn, scope)?,
            department: department.map(|one| one.name.clone()).unwrap_or_default(),
            qualifier: product.qualifier.clone(),
            cas: product.cas.as_ref().map(ToString::to_string),
            classes: product.classes_on(scope.now.china_day()),
            decided_by: request.decided_by.and_then(|by| person_name(facts, by)),
            request,
            orders,
            receipts,
        }))
    }
}

/// What came of the orders for a request; what was taken back is not told.
fn receipts(
    conn: &mut Db,
    scope: &Scope,
    orders: &[PurchaseOrderItem],
    request: &PurchaseRequestLine,
) -> Result<Vec<PaperReceipt>, StoreError> {
    let institution = scope.institution.get();
    let permits: Vec<PermitRow> = select(
        conn,
        "WHERE institution_id = ? ORDER BY permit_id",
        &[Cell::Int(&institution)],
    )?;
    let mut receipts = Vec::new();
    for order in orders {
        let clause = "WHERE institution_id = ? AND order_id = ? ORDER BY seq";
        let key = [Cell::Int(&institution), Cell::Int(&order.order.get())];
        let drawings: Vec<DrawingRow> = select(conn, clause, &key)?;
        for row in drawings {
            let (entry, drawing) = row.parse()?;
            if super::reversed_by(conn, scope, entry)?.is_some() {
                continue;
            }
            let amounts = drawing.order.map(|draw| draw.amounts).unwrap_or_default();
            let lines = order.lines.iter().zip(amounts);
            let came = lines.filter(|(line, _)| line.request == request.request);
            let came: i64 = came.map(|(_, amount)| amount).sum();
            if came == 0 {
                continue;
            }
            let record = super::record(conn, scope, entry)?;
            let drawn = drawing.permits.iter().filter_map(|draw| {
                let id: PermitId = draw.permit;
                let row = permits.iter().find(|row| row.permit_id == id.get())?;
                Some((row.kind.parse().ok()?, row.number.clone()))
            });
            receipts.push(PaperReceipt {
                entry,
                at: record.recorded_at,
                by: record.actor.name,
                order: order.number.clone(),
                amount: quantity(request.quantity.dimension(), came)?,
                permits: drawn.collect(),
            });
        }
    }
    Ok(receipts)
}
