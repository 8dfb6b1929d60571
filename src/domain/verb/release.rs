//! 应急发放: a checkout that cannot wait for the second custodian.

use serde::{Deserialize, Serialize};

use super::{Authority, Checkout, Context, Decision, Movement, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
};

/// A checkout under one custodian's signature, where the policy of every class allows it; its purpose
/// is the reason. Two others countersign it: see [`super::Countersign`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Release(pub Checkout);

impl Verb for Release {
    fn name(&self) -> &'static str {
        Kind::Release.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        self.0.permission()
    }

    fn needs(&self) -> Needs {
        self.0.needs()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Release {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let draft = self.0.draft(facts, cx, authority)?;
        let container = facts.container(self.0.label)?;
        let requirement = facts.requirement(facts.product_of(container)?, cx.now);
        if !requirement.emergency {
            return Err(Refusal::EmergencyNotAllowed {});
        }
        Ok(Draft {
            act: Act::Release,
            ..draft
        })
    }
}
