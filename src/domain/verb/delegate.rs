//! 代理: a person stands in for another, for a while.

use super::{Context, Decision, Needs, Second, Verb, appoint::appoint};
use crate::domain::{
    facts::Facts,
    ids::{PersonId, PlaceId},
    people::{Appointment, Permission, Role},
    refusal::Refusal,
    time::Time,
};

/// Days that a delegation lasts at most.
const MOST_DAYS: i64 = 90;

/// Appoints a delegate beforehand, for the days on which the other is away.
#[derive(Clone, Debug)]
pub struct Delegate {
    /// Who stands in.
    pub person: PersonId,
    /// For whom.
    pub stands_in_for: PersonId,
    /// In which role.
    pub role: Role,
    /// At which place, for a custodian.
    pub place: Option<PlaceId>,
    /// From when.
    pub from: Time,
    /// Until when: at most 90 days later.
    pub until: Time,
    /// The second person, where one is needed.
    pub second: Option<Second>,
}

impl Verb for Delegate {
    fn name(&self) -> &'static str {
        "delegate"
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ManagePeople)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs {
            standing: true,
            ..Needs::default()
        };
        Second::needs(self.second, &mut needs);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let (absent, role) = (self.stands_in_for, self.role);
        facts.person(absent)?;
        if absent == self.person {
            return Err(Refusal::SamePersonTwice { person: absent });
        }
        if self.until > self.from.plus_seconds(MOST_DAYS * 24 * 3600) {
            return Err(Refusal::DelegationTooLong {
                most_days: MOST_DAYS,
            });
        }
        // Only who holds the role in their own right can be stood in for: a delegate has no delegate.
        let holds = facts.register.tenures.iter().any(|(_, tenure)| {
            let held = &tenure.appointment;
            held.person == absent
                && (held.role, held.place) == (role, self.place)
                && held.stands_in_for.is_none()
                && tenure.holds_at(self.from)
                && held.until.is_none_or(|end| self.until <= end)
        });
        if !holds {
            return Err(Refusal::NothingToStandInFor {
                person: absent,
                role,
            });
        }
        let appointment = Appointment {
            person: self.person,
            role,
            place: self.place,
            from: self.from,
            until: Some(self.until),
            stands_in_for: Some(absent),
        };
        appoint(appointment, self.second, facts, cx)
    }
}
