//! Who may do what, and where.

use hazledger::domain::people::Role;

use super::act::{Act, Sent};
use super::reference::Hospital;

/// Who turns things into waste.
const DISCARDING: &[Role] = &[Role::Equipment, Role::Custodian, Role::Safety];

impl Hospital {
    /// Whether the sender may do it only where they keep something.
    pub fn is_bound(&self, sent: &Sent) -> bool {
        let moves = matches!(
            &sent.act,
            Act::Receive(_)
                | Act::Move(_)
                | Act::Reverse(_)
                | Act::Reprint(_)
                | Act::Send(_)
                | Act::Accept(_)
                | Act::Reclaim(_)
                | Act::Settle(_)
        );
        let discards = matches!(
            &sent.act,
            Act::Waste(_) | Act::Dispose(_) | Act::Register(_) | Act::StepVessel(_)
        );
        if !moves && !discards {
            return false;
        }
        let allowed = if discards {
            DISCARDING
        } else {
            &[Role::Equipment, Role::Custodian]
        };
        let roles = self.people.get(&sent.person).into_iter().flatten();
        let mut held = roles.filter(|(role, _)| allowed.contains(role));
        held.all(|(_, at)| at.is_some())
    }

    pub fn may(&self, person: i64, act: &Act) -> bool {
        let allowed: &[Role] = match act {
            Act::Found(_) | Act::Enrol(_) | Act::Secret(_) | Act::Appoint(_) => return true,
            Act::Place(_) | Act::Product(_) | Act::Open(_) | Act::Submit(_) => &[Role::Equipment],
            Act::Receive(_) | Act::Move(_) => &[Role::Equipment, Role::Custodian],
            Act::Send(_) | Act::Accept(_) | Act::Reclaim(_) => &[Role::Equipment, Role::Custodian],
            Act::Reverse(_) | Act::Reprint(_) => &[Role::Equipment, Role::Custodian],
            Act::Waste(_) | Act::Dispose(_) | Act::Register(_) | Act::StepVessel(_) => DISCARDING,
            Act::Begin(_) | Act::Scan(_) | Act::Close(_) | Act::Resolve(_) => DISCARDING,
            Act::Book(_) | Act::HandOver(_) => DISCARDING,
            Act::Settle(_) => &[Role::Equipment, Role::Custodian],
            Act::Checkout(_)
            | Act::Release(_)
            | Act::Split(_)
            | Act::Mix(_)
            | Act::Use(_)
            | Act::GiveBack(_) => &[Role::Staff, Role::Custodian, Role::Head],
            Act::Staff(_) => &[Role::Administrator],
            Act::Buy(act) => act.allowed(),
            Act::Case(act) => act.allowed(),
            Act::Ask(ask) => return self.may(person, &ask.what),
            // Whoever signs is looked at, not whoever brings the signatures.
            Act::Sign(_) | Act::Answer(_) => return true,
        };
        self.holds(person, allowed)
    }

    /// Whether a person has one of these roles.
    pub fn holds(&self, person: i64, wanted: &[Role]) -> bool {
        let roles = self.people.get(&person);
        roles.is_some_and(|roles| roles.iter().any(|(role, _)| wanted.contains(role)))
    }

    /// Whether somebody who is only custodian keeps every place that bottles are taken from or, new
    /// ones, come to.
    pub fn may_there(&self, person: i64, act: &Act, serials: &[i64]) -> bool {
        let roles = self.people.get(&person).into_iter().flatten();
        let discards = matches!(
            act,
            Act::Waste(_) | Act::Dispose(_) | Act::Register(_) | Act::StepVessel(_)
        );
        let allowed = if discards {
            DISCARDING
        } else {
            &[Role::Equipment, Role::Custodian]
        };
        let held: Vec<_> = roles.filter(|(role, _)| allowed.contains(role)).collect();
        let keeps = |serial: &i64| {
            let before = self.deed.before.iter().find(|(one, _)| one == serial);
            let now = usize::try_from(*serial - 1).ok();
            let now = now.and_then(|index| self.bottles.get(index));
            // What comes back comes to a place of theirs.
            let before = before.filter(|_| !matches!(act, Act::Reclaim(_)));
            let bottle = before.and_then(|(_, bottle)| bottle.as_ref()).or(now);
            let around = self.around(bottle.unwrap().place);
            held.iter()
                .any(|(_, at)| at.is_some_and(|at| around.contains(&at)))
        };
        let keeps_place = |place: &i64| {
            let around = self.around(*place);
            held.iter()
                .any(|(_, at)| at.is_some_and(|at| around.contains(&at)))
        };
        serials.iter().all(keeps) && self.deed.places.iter().all(keeps_place)
    }
}
