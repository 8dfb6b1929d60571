//! 登记人员: a person gets an account, and a one-time code to set a secret with.

use super::{Context, Decision, Needs, Verb, following};
use crate::domain::{
    desk::{DeskChange, OneTimeCode},
    facts::Facts,
    ids::{DepartmentId, PersonId},
    ledger::{Act, Draft, Kind},
    people::{Permission, Person},
    refusal::Refusal,
};

/// Enrols a natural person; somebody who left and comes back gets the old account again.
#[derive(Clone, Debug)]
pub struct Enrol {
    /// Name.
    pub name: String,
    /// 工号.
    pub staff_number: String,
    /// Keyed digest of the identity number, hex.
    pub identity: String,
    /// The department they work in.
    pub department: Option<DepartmentId>,
    /// Keyed digest of the one-time code.
    pub code_digest: Vec<u8>,
    /// Who has this identity already, as far as the sender knows; only that account can be opened again.
    pub known: Option<PersonId>,
}

impl Verb for Enrol {
    fn name(&self) -> &'static str {
        Kind::Enrol.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePeople)
    }

    fn needs(&self) -> Needs {
        Needs {
            secrets: self.known.into_iter().collect(),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let persons = &facts.register.persons;
        let same = persons
            .iter()
            .map(|(_, person)| person)
            .find(|person| person.identity == self.identity);
        let id = match same {
            Some(person) if person.closed && self.known == Some(person.id) => person.id,
            Some(person) => return Err(Refusal::PersonExists { person: person.id }),
            None => following(persons.last_key().map(PersonId::get))?,
        };
        // E001 and e001 would be taken for each other.
        let number = self.staff_number.to_lowercase();
        let taken = persons
            .iter()
            .any(|(_, person)| person.staff_number.to_lowercase() == number && person.id != id);
        if taken {
            let staff_number = self.staff_number.clone();
            return Err(Refusal::StaffNumberTaken { staff_number });
        }
        if let Some(department) = self.department {
            facts.department(department)?;
        }
        let person = Person {
            id,
            name: self.name.clone(),
            staff_number: self.staff_number.clone(),
            identity: self.identity.clone(),
            department: self.department,
            closed: false,
            suspended: false,
        };
        let code = OneTimeCode::fresh(&self.code_digest, cx.now);
        Ok(Decision {
            draft: Some(Draft::of(Act::Enrol(person))),
            desk: vec![DeskChange::Code(id, code)],
        })
    }
}
