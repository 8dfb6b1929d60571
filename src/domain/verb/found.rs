//! 建立单位: the first entry of an institution.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Verb, following};
use crate::domain::{
    desk::{DeskChange, OneTimeCode},
    facts::Facts,
    ids::PersonId,
    institution::Institution,
    ledger::{Act, Draft, Founding, Kind},
    people::{Appointment, Permission, Person, Role},
    refusal::Refusal,
};

/// One of the three first persons.
#[derive(Clone, Debug)]
pub struct Founder {
    /// Name.
    pub name: String,
    /// 工号.
    pub staff_number: String,
    /// Keyed digest of the identity number, hex.
    pub identity: String,
    /// What the person is, for the whole institution.
    pub roles: Vec<Role>,
    /// Keyed digest of the one-time code with which the person sets a secret.
    pub code_digest: Vec<u8>,
}

/// Founds an institution with its first three persons: an administrator and two who are not.
#[derive(Clone, Debug)]
pub struct Found {
    /// The institution.
    pub institution: Institution,
    /// Its first persons.
    pub founders: Vec<Founder>,
}

impl Verb for Found {
    fn name(&self) -> &'static str {
        Kind::Found.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        if facts.register.institution.is_some() {
            return Err(Refusal::AlreadyFounded {});
        }
        let distinct: BTreeSet<_> = self.founders.iter().map(|one| &one.identity).collect();
        let numbers: BTreeSet<_> = self.founders.iter().map(|one| &one.staff_number).collect();
        let administrators = self
            .founders
            .iter()
            .filter(|one| one.roles.contains(&Role::Administrator))
            .count();
        if self.founders.len() != 3
            || distinct.len() != 3
            || numbers.len() != 3
            || administrators != 1
            || self.founders.iter().any(|one| one.roles.is_empty())
        {
            return Err(Refusal::FoundersIncomplete {});
        }
        let mut founding = Founding {
            institution: self.institution.clone(),
            persons: Vec::new(),
            appointments: Vec::new(),
        };
        let mut desk = Vec::new();
        let mut last = None;
        for founder in &self.founders {
            check_roles(&founder.roles)?;
            let id: PersonId = following(last)?;
            last = Some(id.get());
            founding.persons.push(Person {
                id,
                name: founder.name.clone(),
                staff_number: founder.staff_number.clone(),
                identity: founder.identity.clone(),
                department: None,
                closed: false,
                suspended: false,
            });
            founding
                .appointments
                .extend(founder.roles.iter().map(|role| Appointment {
                    person: id,
                    role: *role,
                    place: None,
                    from: cx.now,
                    until: None,
                    stands_in_for: None,
                }));
            desk.push(DeskChange::Code(
                id,
                OneTimeCode::fresh(&founder.code_digest, cx.now),
            ));
        }
        Ok(Decision {
            draft: Some(Draft::of(Act::Found(founding))),
            desk,
        })
    }
}

fn check_roles(roles: &[Role]) -> Result<(), Refusal> {
    for (index, role) in roles.iter().enumerate() {
        if let Some(held) = roles.iter().take(index).find(|held| !held.goes_with(*role)) {
            return Err(Refusal::RolesConflict {
                role: *role,
                held: *held,
            });
        }
    }
    Ok(())
}
