//! Incidents, rebuilt and compared.

use crate::domain::incident::Incidents;

use super::{
    super::{
        StoreError,
        conn::Db,
        schema::{IncidentRow, IncidentStepRow},
    },
    Walk,
};

impl Walk<'_> {
    pub(super) fn incidents(
        &mut self,
        conn: &mut Db,
        incidents: &Incidents,
    ) -> Result<(), StoreError> {
        let id = self.institution;
        let cases = incidents.cases.iter();
        let rows = cases.map(|(_, case)| IncidentRow::of(id, case));
        self.compare(conn, rows.collect::<Result<_, _>>()?)?;
        let steps = incidents.steps.iter();
        let rows = steps.map(|(key, kind)| IncidentStepRow::of(id, *key, *kind));
        self.compare(conn, rows.collect())
    }
}
