//! 调岗: a person works in another department.

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ledger::{Act, Draft, Kind},
    people::{Assignment, Permission},
    refusal::Refusal,
};

/// Puts a person into a department, or into none.
#[derive(Clone, Copy, Debug)]
pub struct Assign(pub Assignment);

impl Verb for Assign {
    fn name(&self) -> &'static str {
        Kind::Assign.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePeople)
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let Self(assignment) = self;
        facts.person(assignment.person)?;
        if let Some(department) = assignment.department {
            facts.department(department)?;
        }
        Ok(Draft::of(Act::Assign(*assignment)).into())
    }
}
