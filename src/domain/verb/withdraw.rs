//! A signing request is taken back, or refused.

use std::collections::BTreeSet;

use super::{
    Context, Decision, Needs, Verb,
    sign::{ended, open_request},
};
use crate::domain::{
    facts::Facts, ids::RequestId, people::Permission, refusal::Refusal, request::RequestState,
};

/// Takes a request back, or refuses to sign it; the stock is free again.
#[derive(Clone, Debug)]
pub struct Withdraw {
    /// The request.
    pub request: RequestId,
    /// A custodian refuses; otherwise the applicant takes it back.
    pub refuse: bool,
}

impl Verb for Withdraw {
    fn name(&self) -> &'static str {
        if self.refuse {
            "refuse_request"
        } else {
            "withdraw_request"
        }
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ReadStock)
    }

    fn needs(&self) -> Needs {
        Needs {
            requests: BTreeSet::from([self.request]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let request = open_request(facts, cx, self.request)?;
        let actor = cx.actor.ok_or(Refusal::NotPermitted {})?;
        let custodian = facts
            .roles(actor, cx.now)
            .any(|(role, _)| role.may(Permission::Move));
        if !custodian && (self.refuse || actor != request.applicant) {
            return Err(Refusal::NotPermitted {});
        }
        let state = if self.refuse {
            RequestState::Refused
        } else {
            RequestState::Withdrawn
        };
        let desk = ended(facts, cx, self.request, request, state);
        Ok(Decision { draft: None, desk })
    }
}
