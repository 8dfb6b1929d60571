//! What was bought, rebuilt and compared.

use crate::domain::{facts::Table, ids::Seq, permit::PurchasePolicy, purchasing::Purchasing};

use super::{
    super::{
        StoreError,
        conn::Db,
        schema::{
            DrawingRow, OrderRow, PermitEntryRow, PermitRow, PurchasePolicyRow, RequisitionRow,
        },
    },
    Walk,
};

impl Walk<'_> {
    pub(super) fn purchases(
        &mut self,
        conn: &mut Db,
        policies: &Table<Seq, PurchasePolicy>,
        purchasing: &Purchasing,
    ) -> Result<(), StoreError> {
        let id = self.institution;
        let rows = policies
            .iter()
            .map(|(seq, policy)| PurchasePolicyRow::of(id, *seq, policy));
        self.compare(conn, rows.collect::<Result<_, _>>()?)?;
        let permits = purchasing.permits.iter();
        let rows = permits.map(|(_, held)| PermitRow::of(id, held));
        self.compare(conn, rows.collect::<Result<_, _>>()?)?;
        let entries = purchasing.permit_entries.iter();
        let rows = entries.map(|(key, ())| PermitEntryRow::of(id, *key));
        self.compare(conn, rows.collect())?;
        let requests = purchasing.requests.iter();
        let rows = requests.map(|(_, demand)| RequisitionRow::of(id, demand));
        self.compare(conn, rows.collect())?;
        let orders = purchasing.orders.iter();
        let rows = orders.map(|(_, delivery)| OrderRow::of(id, delivery));
        self.compare(conn, rows.collect::<Result<_, _>>()?)?;
        let drawings = purchasing.drawings.iter();
        let rows = drawings.map(|(seq, drawing)| DrawingRow::of(id, *seq, drawing));
        self.compare(conn, rows.collect::<Result<_, _>>()?)
    }
}
