//! 离岗: an account is closed.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Second, Verb};
use crate::domain::{
    desk::{DeskChange, Session},
    facts::Facts,
    ids::PersonId,
    ledger::{Act, Draft, Kind, Whom},
    people::{Permission, Role},
    refusal::Refusal,
};

/// Closes the account of somebody who holds nothing any more. Every appointment and session of the
/// person ends; the entries made stay under the name. A second person confirms it of somebody who may
/// confirm what others do, as for the end of such an appointment.
#[derive(Clone, Debug)]
pub struct Leave {
    /// Who leaves.
    pub person: PersonId,
    /// Why.
    pub reason: String,
    /// The second person, where one is needed.
    pub second: Option<Second>,
}

impl Verb for Leave {
    fn name(&self) -> &'static str {
        Kind::Leave.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePeople)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs {
            held_by: BTreeSet::from([self.person]),
            sessions_of: BTreeSet::from([self.person]),
            ..Needs::default()
        };
        Second::needs(self.second, &mut needs);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let person = facts.person(self.person)?.id;
        let parts = facts
            .stock
            .holdings
            .iter()
            .filter(|(_, holding)| holding.holder == person && holding.amount > 0);
        let bottles = facts
            .stock
            .containers
            .iter()
            .filter(|(_, container)| container.standing.holder == Some(person));
        let open = parts.count() + bottles.count();
        if open > 0 {
            return Err(Refusal::PersonHolds { person, open });
        }
        if facts
            .roles(person, cx.now)
            .any(|(role, _)| role == Role::Administrator)
        {
            facts.someone_else_administers(person, cx.now)?;
        }
        let mut draft = Draft::of(Act::Leave(Whom { person }));
        let confirms = facts.register.tenures.iter().any(|(_, tenure)| {
            let held = &tenure.appointment;
            held.person == person && held.role.may_confirm() && tenure.meets(cx.now, None)
        });
        if confirms || self.second.is_some() {
            let concerned = BTreeSet::from([person]);
            draft
                .seats
                .push(Second::seat(self.second, &concerned, facts, cx)?);
        }
        draft.reason.clone_from(&self.reason);
        Ok(Decision {
            draft: Some(draft),
            desk: facts.end_sessions(person),
        })
    }
}

impl Facts {
    /// The ends of every live session of a person.
    pub(super) fn end_sessions(&self, person: PersonId) -> Vec<DeskChange> {
        self.desk
            .sessions
            .iter()
            .filter(|(_, session)| session.person == person && !session.revoked)
            .map(|(id, session)| {
                let ended = Session {
                    revoked: true,
                    ..session.clone()
                };
                DeskChange::Session(*id, ended)
            })
            .collect()
    }
}
