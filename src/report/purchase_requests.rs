//! 购买申请: what departments ask for, what was decided, and how much has come.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Page, Query, Scope, person_name, product, quantity, stock};
use crate::{
    domain::{
        facts::Facts,
        ids::{DepartmentId, PersonId, ProductId, RequisitionId},
        quantity::Quantity,
        requisition::{Demand, RequisitionState},
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        schema::RequisitionRow,
        table::{Cell, select},
    },
};

/// Asks for the purchase requests, by number.
#[derive(Clone, Debug)]
pub struct PurchaseRequests {
    /// Only this one.
    pub only: Option<RequisitionId>,
    /// Only those that stand so.
    pub state: Option<RequisitionState>,
    /// Only those of this department.
    pub department: Option<DepartmentId>,
    /// Only behind this one.
    pub after: Option<RequisitionId>,
    /// Most items.
    pub limit: usize,
}

/// A purchase request.
#[derive(Clone, Debug, Serialize)]
pub struct PurchaseRequestLine {
    /// Its number.
    pub request: RequisitionId,
    /// Its version: what an approval names.
    pub version: u32,
    /// Where it stands.
    pub state: RequisitionState,
    /// For which department.
    pub department: DepartmentId,
    /// Who asks.
    pub applicant: PersonId,
    /// The name.
    pub applicant_name: Option<String>,
    /// What.
    pub product: ProductId,
    /// 品名.
    pub name: String,
    /// How much.
    pub quantity: Quantity,
    /// Why.
    pub purpose: String,
    /// When.
    pub requested_at: Time,
    /// What stood at places then.
    pub on_hand_then: Quantity,
    /// What stands at places now.
    pub on_hand: Quantity,
    /// Who decided.
    pub decided_by: Option<PersonId>,
    /// When.
    pub decided_at: Option<Time>,
    /// With which words.
    pub decision: Option<String>,
    /// How much is in orders that are not closed, or has come.
    pub ordered: Quantity,
    /// How much has come.
    pub received: Quantity,
}

impl Query for PurchaseRequests {
    type Answer = Page<PurchaseRequestLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let only = self.only.map_or(0, RequisitionId::get);
        let state = self.state.map_or("", RequisitionState::as_str).to_owned();
        let department = self.department.map_or(0, DepartmentId::get);
        let more = i64::try_from(self.limit).map_or(i64::MAX, |limit| limit.saturating_add(1));
        let rows: Vec<RequisitionRow> = select(
            conn,
            "WHERE institution_id = ? AND requisition_id > ? AND (? = 0 OR requisition_id = ?) \
             AND (? = '' OR state = ?) AND (? = 0 OR department_id = ?) \
             ORDER BY requisition_id LIMIT ?",
            &[
                Cell::Int(&scope.institution.get()),
                Cell::Int(&self.after.map_or(0, RequisitionId::get)),
                Cell::Int(&only),
                Cell::Int(&only),
                Cell::Text(&state),
                Cell::Text(&state),
                Cell::Int(&department),
                Cell::Int(&department),
                Cell::Int(&more),
            ],
        )?;
        let mut on_hand: BTreeMap<ProductId, i64> = BTreeMap::new();
        for (_, product, total) in stock(conn, &snapshot.facts)? {
            *on_hand.entry(product.id).or_default() += total.amount;
        }
        let lines = rows
            .into_iter()
            .map(|row| line(&snapshot.facts, &on_hand, row.parse()?));
        let items = lines.collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Page {
            as_of_seq: Some(snapshot.as_of_seq),
            ..Page::begun(items, self.limit, |item| item.request.to_string())
        })
    }
}

fn line(
    facts: &Facts,
    on_hand: &BTreeMap<ProductId, i64>,
    demand: Demand,
) -> Result<PurchaseRequestLine, StoreError> {
    let asked = demand.requisition;
    let amount = |amount: i64| quantity(asked.quantity.dimension(), amount);
    let decided = demand.decided;
    Ok(PurchaseRequestLine {
        request: asked.id,
        version: asked.version,
        state: demand.state,
        department: asked.department,
        applicant: asked.applicant,
        applicant_name: person_name(facts, asked.applicant),
        product: asked.product,
        name: product(facts, asked.product)?.name.clone(),
        quantity: asked.quantity,
        requested_at: demand.requested_at,
        on_hand_then: asked.on_hand,
        on_hand: amount(on_hand.get(&asked.product).copied().unwrap_or_default())?,
        decided_by: decided.as_ref().map(|decided| decided.by),
        decided_at: decided.as_ref().map(|decided| decided.at),
        decision: decided.map(|decided| decided.reason),
        ordered: amount(demand.ordered)?,
        received: amount(demand.received)?,
        purpose: asked.purpose,
    })
}
