//! 离岗: an account is closed.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Second, Verb};
use crate::domain::{
    desk::{DeskChange, Session},
    facts::Facts,
    ids::PersonId,
    ledger::{Act, Draft, Kind, Whom},
    people::Permission,
    refusal::Refusal,
};

/// Closes the account of somebody who holds nothing any more, keeps nothing that must be handed over, and has
/// ended the stocktakes they began. Every appointment and session of the
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
            kept: true,
            ..Needs::default()
        };
        needs.stocktakes.open = true;
        Second::needs(self.second, &mut needs);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let person = facts.account(self.person)?.id;
        facts.holds_nothing(person)?;
        let open = facts.takings.stocktakes.iter();
        let open =
            open.filter(|(_, running)| running.closed.is_none() && running.begun.by == person);
        if let Some(stocktake) = open.map(|(stocktake, _)| *stocktake).min() {
            return Err(Refusal::StocktakeUnfinished { person, stocktake });
        }
        facts.spares_an_administrator(person, cx.now)?;
        facts.may_stop_keeping(person, |_| true, cx.now)?;
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
    /// Everything that the person took is used up or back. The facts must hold what they hold.
    ///
    /// # Errors
    /// [`Refusal::PersonHolds`].
    pub(in crate::domain) fn holds_nothing(&self, person: PersonId) -> Result<(), Refusal> {
        let parts = self
            .stock
            .holdings
            .iter()
            .filter(|(_, holding)| holding.holder == person && holding.amount > 0);
        let bottles = self
            .stock
            .containers
            .iter()
            .filter(|(_, container)| container.standing.holder == Some(person));
        match parts.count() + bottles.count() {
            0 => Ok(()),
            open => Err(Refusal::PersonHolds { person, open }),
        }
    }

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
