//! Who asks, and for what institution.

use crate::domain::{
    desk::SessionId,
    ids::{InstitutionId, PersonId},
    ledger::Actor,
    people::{Permission, Role},
};

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The institution.
    pub institution: InstitutionId,
    /// Whose rows are read: the own institution's, or those of one that a bureau oversees.
    pub reads: InstitutionId,
    /// Whether the request names that institution: a bureau that names none asks for its region.
    pub is_named: bool,
    /// The person.
    pub person: PersonId,
    /// The person's name.
    pub name: String,
    /// The roles held now.
    pub roles: Vec<Role>,
    /// The session.
    pub session: SessionId,
    /// The workstation.
    pub terminal: String,
}

impl Principal {
    /// Whether one of the roles carries the permission.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.roles.iter().any(|role| role.may(permission))
    }

    /// As entries name the actor.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            person: Some(self.person),
            name: self.name.clone(),
            terminal: (!self.terminal.is_empty()).then(|| self.terminal.clone()),
        }
    }
}
