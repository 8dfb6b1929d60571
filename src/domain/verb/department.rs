//! 科室: a department is made, renamed or closed.

use super::{Context, Decision, Needs, Verb, following};
use crate::domain::{
    facts::Facts,
    ids::DepartmentId,
    ledger::{Act, Draft, Kind},
    people::{Department, Permission},
    refusal::Refusal,
};

/// Makes a department, or changes one that exists.
#[derive(Clone, Debug)]
pub struct SetDepartment {
    /// The department to change; absent to make a new one.
    pub id: Option<DepartmentId>,
    /// Its name.
    pub name: String,
    /// Whether it is no longer there.
    pub closed: bool,
}

impl Verb for SetDepartment {
    fn name(&self) -> &'static str {
        Kind::Department.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePeople)
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let register = &facts.register;
        let id = match self.id {
            Some(id) => register
                .departments
                .get(id)
                .map(|department| department.id)
                .ok_or(Refusal::DepartmentUnknown { department: id })?,
            None => following(register.departments.last_key().map(DepartmentId::get))?,
        };
        let open = register.departments.iter().map(|(_, one)| one);
        let same = open
            .filter(|one| !one.closed && one.id != id)
            .find(|one| one.name == self.name);
        if let Some(same) = same {
            let department = same.id;
            return Err(Refusal::DepartmentExists { department });
        }
        if self.closed {
            let places = register.places.iter().map(|(_, place)| place);
            let places = places.filter(|place| !place.closed && place.department == Some(id));
            let people = register.persons.iter().map(|(_, person)| person);
            let people = people.filter(|person| !person.closed && person.department == Some(id));
            let (places, people) = (places.count(), people.count());
            if places + people > 0 {
                return Err(Refusal::DepartmentInUse {
                    department: id,
                    places,
                    people,
                });
            }
        }
        let department = Department {
            id,
            name: self.name.clone(),
            closed: self.closed,
        };
        Ok(Draft::of(Act::Department(department)).into())
    }
}
