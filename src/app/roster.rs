//! The persons of every institution, as whoever keeps the server sees them: to read, never to change.

use super::{Settings, StartError};
use crate::{
    domain::{
        institution::Institution,
        people::{Person, Role},
        time::Time,
    },
    store::{Purpose, StoreError, conn::read_tx, lookups},
};

/// A person with what the ledger and the desk say of them now.
#[derive(Clone, Debug)]
pub struct Member {
    /// The institution.
    pub institution: Institution,
    /// The person.
    pub person: Person,
    /// The roles held now.
    pub roles: Vec<Role>,
    /// Whether the person has set a secret.
    pub has_secret: bool,
    /// Until when the person is locked at some workstation after wrong secrets.
    pub locked_until: Option<Time>,
}

/// Everybody, by institution and number.
///
/// # Errors
/// [`StartError`] when the database cannot be read.
pub fn roster(settings: &Settings) -> Result<Vec<Member>, StartError> {
    let now = (settings.clock)();
    let mut conn = settings.database.connect(Purpose::Read)?;
    let members = read_tx(&mut conn, |conn| {
        let mut members = Vec::new();
        for institution in lookups::institutions(conn)? {
            let of = institution.id;
            for person in lookups::persons_after(conn, of, 0, i64::MAX)? {
                let mut roles: Vec<Role> = lookups::tenures(conn, of, person.id)?
                    .into_iter()
                    .filter(|(_, tenure)| tenure.holds_at(now))
                    .map(|(_, tenure)| tenure.appointment.role)
                    .collect();
                roles.sort_unstable();
                roles.dedup();
                members.push(Member {
                    institution: institution.clone(),
                    has_secret: lookups::secret(conn, of, person.id)?.is_some(),
                    locked_until: lookups::locked_until(conn, of, person.id)?
                        .filter(|until| now < *until),
                    person,
                    roles,
                });
            }
        }
        Ok::<_, StoreError>(members)
    })?;
    Ok(members)
}
