//! 科室: the departments of an institution.

use serde::Serialize;

use super::{Page, Query, Scope};
use crate::{
    domain::ids::DepartmentId,
    store::{StoreError, conn::Db},
};

/// Asks for the departments.
#[derive(Clone, Debug)]
pub struct Departments {
    /// Only behind this department.
    pub after: Option<DepartmentId>,
    /// Most items.
    pub limit: usize,
}

/// A department.
#[derive(Clone, Debug, Serialize)]
pub struct DepartmentLine {
    /// Its number.
    pub department: DepartmentId,
    /// Its name.
    pub name: String,
    /// No longer there.
    pub closed: bool,
    /// How many people in office work in it.
    pub people: usize,
}

impl Query for Departments {
    type Answer = Page<DepartmentLine>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let snapshot = scope.snapshot(conn)?;
        let register = &snapshot.facts.register;
        let people = |id: DepartmentId| {
            let persons = register.persons.iter().map(|(_, person)| person);
            persons
                .filter(|person| !person.closed && person.department == Some(id))
                .count()
        };
        let departments = register.departments.iter();
        let mut lines: Vec<DepartmentLine> = departments
            .map(|(_, department)| DepartmentLine {
                department: department.id,
                name: department.name.clone(),
                closed: department.closed,
                people: people(department.id),
            })
            .collect();
        lines.sort_unstable_by_key(|line| line.department);
        Ok(Page::of(
            lines,
            |line| line.department,
            self.after.as_ref(),
            self.limit,
            Some(snapshot.as_of_seq),
        ))
    }
}
