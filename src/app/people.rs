//! Persons and appointments: what is read of them, and what a verb about them is made of.

use super::{App, AppError, Principal, found::one_time_code};
use crate::{
    domain::{
        ids::{IdentityNumber, InstitutionId, PersonId},
        people::{Person, Tenure, TenureKey},
        refusal::Refusal,
    },
    store::lookups,
};

/// A person with everything that the register says of them.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The person.
    pub person: Person,
    /// Whether a badge is theirs.
    pub has_badge: bool,
    /// Appointments by entry and line, ended ones as well.
    pub appointments: Vec<(TenureKey, Tenure)>,
}

impl App {
    /// The keyed digest of an identity number, hex.
    #[must_use]
    pub fn identity_digest(&self, number: &IdentityNumber) -> String {
        self.keys.identity(number)
    }

    /// The keyed digest of what is scanned from a badge, hex.
    #[must_use]
    pub fn badge_digest(&self, code: &str) -> String {
        self.keys.keyed(b"badge", code.as_bytes()).to_hex()
    }

    /// What is stored of a request to know it again. Keyed: a badge or an identity number would fall out
    /// of a bare hash in seconds.
    #[must_use]
    pub fn fingerprint(&self, asked: &[u8]) -> Vec<u8> {
        self.keys.keyed(b"idempotency", asked).0.to_vec()
    }

    /// A new one-time code for the holder of a staff number, to be shown once, and the keyed digest that
    /// is stored of it.
    ///
    /// # Errors
    /// [`AppError::Failed`] when the system gives no random bytes.
    pub fn new_code(
        &self,
        institution: InstitutionId,
        staff_number: &str,
    ) -> Result<(String, Vec<u8>), AppError> {
        let code = one_time_code()?;
        let stored = self.keys.code(institution, staff_number, &code);
        Ok((code, stored))
    }

    /// Who has the identity with that keyed digest already.
    ///
    /// # Errors
    /// [`AppError::Failed`].
    pub async fn known(
        &self,
        who: &Principal,
        identity: &str,
    ) -> Result<Option<PersonId>, AppError> {
        let (institution, identity) = (who.institution, identity.to_owned());
        let found = self
            .readers
            .point(move |conn| lookups::person_by_identity(conn, institution, &identity))
            .await?;
        Ok(found.map(|person| person.id))
    }

    /// A person of the institution that asks.
    ///
    /// # Errors
    /// [`Refusal::PersonUnknown`].
    pub async fn profile(&self, who: &Principal, person: PersonId) -> Result<Profile, AppError> {
        let institution = who.institution;
        let found = self
            .readers
            .point(move |conn| {
                let Some(found) = lookups::person(conn, institution, person)? else {
                    return Ok(None);
                };
                Ok(Some(Profile {
                    person: found,
                    has_badge: lookups::has_badge(conn, institution, person)?,
                    appointments: lookups::tenures(conn, institution, person)?,
                }))
            })
            .await?;
        Ok(found.ok_or(Refusal::PersonUnknown { person })?)
    }
}
