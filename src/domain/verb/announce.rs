//! 到货预告: the program tells an institution what another one has sent to it.

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    facts::Facts,
    ids::Seq,
    ledger::{Act, Draft, Kind},
    people::Permission,
    refusal::Refusal,
    transfer::Announcement,
};

/// Writes what was sent into the ledger of its receiver, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announce {
    /// What was sent.
    pub announcement: Announcement,
    /// What for, as its sender wrote.
    pub purpose: String,
}

impl Verb for Announce {
    fn name(&self) -> &'static str {
        Kind::Announce.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        let (from, entry) = (self.announcement.from, self.announcement.entry);
        needs.incoming.insert((from, entry));
        needs
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        facts.announced(&self.announcement, Seq::MIN)?;
        let mut draft = Draft::of(Act::Announce(self.announcement.clone()));
        draft.reason.clone_from(&self.purpose);
        Ok(draft.into())
    }
}
