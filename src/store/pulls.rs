//! The heads of other institutions' ledgers that a bureau has pulled.

use crate::domain::{
    ids::{InstitutionId, PersonId},
    merkle::{Hash, from_blob, to_blob},
    pull::Pull,
    time::Time,
};

use super::{
    StoreError,
    conn::Db,
    rows::{number, parsed},
    schema::PulledHeadRow,
    table::{Cell, select},
};

const TABLE: &str = "pulled_head";

impl PulledHeadRow {
    pub(crate) fn of(
        institution: InstitutionId,
        (site, pull): (InstitutionId, u32),
        pulled: &Pull,
    ) -> Result<Self, StoreError> {
        let beyond = |error: std::num::TryFromIntError| StoreError::Row(TABLE, error.to_string());
        Ok(Self {
            institution_id: institution.get(),
            site_id: site.get(),
            pull: i64::from(pull),
            outcome: pulled.outcome.to_string(),
            fault: pulled.fault.map(|fault| fault.to_string()),
            size: i64::try_from(pulled.size).map_err(beyond)?,
            root: pulled.root.0.to_vec(),
            note: pulled.note.clone(),
            proof: to_blob(&pulled.proof),
            reason: pulled.reason.clone(),
            pulled_at: pulled.at.millis(),
            person_id: pulled.person.map(PersonId::get),
        })
    }

    pub(crate) fn parse(&self) -> Result<((InstitutionId, u32), Pull), StoreError> {
        let wrong = |what: String| StoreError::Row(TABLE, what);
        let pull = Pull {
            outcome: parsed(TABLE, &self.outcome)?,
            fault: (self.fault.as_ref().map(|fault| parsed(TABLE, fault))).transpose()?,
            size: number(TABLE, self.size)?,
            root: Hash::try_from(self.root.as_slice()).map_err(|error| wrong(error.to_string()))?,
            note: self.note.clone(),
            proof: from_blob(&self.proof).map_err(|error| wrong(error.to_string()))?,
            reason: self.reason.clone(),
            at: Time::from_millis(self.pulled_at),
            person: (self.person_id.map(|person| number(TABLE, person))).transpose()?,
        };
        Ok((
            (number(TABLE, self.site_id)?, number(TABLE, self.pull)?),
            pull,
        ))
    }
}

/// The latest pull of an institution's head, with its number.
pub(crate) fn latest(
    conn: &mut Db,
    institution: InstitutionId,
    site: InstitutionId,
) -> Result<Option<(u32, Pull)>, StoreError> {
    let clause = "WHERE institution_id = ? AND site_id = ? ORDER BY pull DESC LIMIT 1";
    let key = [Cell::Int(&institution.get()), Cell::Int(&site.get())];
    let rows: Vec<PulledHeadRow> = select(conn, clause, &key)?;
    let last = rows.first().map(PulledHeadRow::parse).transpose()?;
    Ok(last.map(|((_, number), pull)| (number, pull)))
}
