//! Which act on which class needs which people: data, not code.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    disposal::WITNESSES,
    ledger::{Kind, Part, Signing},
    substance::ControlClass,
};

/// What one control class demands from a day on (管控策略).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a datum of its own in the policy entry"
)]
pub struct Policy {
    /// The class.
    pub class: ControlClass,
    /// First day.
    pub from: NaiveDate,
    /// Custodians of the place who sign a checkout, return or movement with their secrets.
    pub issuers: u32,
    /// Receivers who sign with their secrets.
    pub receivers: u32,
    /// Persons who accept a receipt (验收).
    pub acceptors: u32,
    /// Whether a receiver may also be an issuer.
    pub receiver_may_issue: bool,
    /// Most seconds between the signatures of one request.
    pub window_seconds: u32,
    /// Seconds a request lives.
    pub life_seconds: u32,
    /// Whether an emergency release with one signature is allowed.
    pub emergency: bool,
    /// Whether whoever keeps it hands it over, jointly counted, before they stop keeping it (保管交接).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub handover: bool,
    /// Whether two custodians each keep a book of their own, compared every day (双本账; RULES D3).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub two_books: bool,
    /// Where the rule is from.
    pub source: String,
}

/// What several classes together demand: the strictest of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the strictest of what policies say, each by itself"
)]
pub struct Requirement {
    /// See [`Policy::issuers`].
    pub issuers: usize,
    /// See [`Policy::receivers`].
    pub receivers: usize,
    /// See [`Policy::acceptors`].
    pub acceptors: usize,
    /// See [`Policy::receiver_may_issue`].
    pub receiver_may_issue: bool,
    /// See [`Policy::window_seconds`].
    pub window_seconds: u32,
    /// See [`Policy::life_seconds`].
    pub life_seconds: u32,
    /// See [`Policy::emergency`].
    pub emergency: bool,
    /// See [`Policy::handover`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub handover: bool,
    /// See [`Policy::two_books`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub two_books: bool,
}

impl Requirement {
    /// What a container without any controlled class needs: nobody's secret.
    pub const NONE: Self = Self {
        issuers: 0,
        receivers: 0,
        acceptors: 0,
        receiver_may_issue: true,
        window_seconds: 300,
        life_seconds: 86_400,
        emergency: true,
        handover: false,
        two_books: false,
    };

    /// Whether somebody has to sign.
    #[must_use]
    pub const fn is_controlled(&self) -> bool {
        self.issuers > 0 || self.receivers > 0
    }

    /// Whether whoever takes its place over counts it together with whoever kept it.
    #[must_use]
    pub const fn is_handed_over(&self) -> bool {
        self.handover || self.is_controlled()
    }

    /// How many sign in which part for an act of that kind.
    #[must_use]
    pub fn signers(&self, kind: Kind) -> [(Part, usize); 3] {
        let signing = kind.nature().signing;
        if signing == Signing::BothKeepers {
            return [
                (Part::HandsOver, 1),
                (Part::TakesOver, 1),
                (Part::Witness, 0),
            ];
        }
        let (keepers, receivers) = match signing {
            Signing::Nobody | Signing::BothKeepers => ((Part::Issuer, 0), 0),
            Signing::Acceptors => ((Part::Acceptor, self.acceptors), 0),
            Signing::Keepers | Signing::KeepersAndWitnesses => ((Part::Issuer, self.issuers), 0),
            Signing::KeepersAndReceivers => ((Part::Issuer, self.issuers), self.receivers),
            Signing::OneKeeper => ((Part::Issuer, self.issuers.min(1)), self.receivers),
            Signing::EveryKeeper => ((Part::Issuer, self.issuers.max(self.acceptors)), 0),
        };
        let watched = signing == Signing::KeepersAndWitnesses && self.is_controlled();
        let witnesses = if watched { WITNESSES } else { 0 };
        [
            keepers,
            (Part::Receiver, receivers),
            (Part::Witness, witnesses),
        ]
    }

    /// Whether somebody has to sign for an act of that kind.
    #[must_use]
    pub fn is_signed(&self, kind: Kind) -> bool {
        self.signers(kind).iter().any(|(_, needed)| *needed > 0)
    }

    /// The strictest of `self` and `policy` in every respect (RULES: union of duties).
    #[must_use]
    fn and(self, policy: &Policy) -> Self {
        let people = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        Self {
            issuers: self.issuers.max(people(policy.issuers)),
            receivers: self.receivers.max(people(policy.receivers)),
            acceptors: self.acceptors.max(people(policy.acceptors)),
            receiver_may_issue: self.receiver_may_issue && policy.receiver_may_issue,
            window_seconds: self.window_seconds.min(policy.window_seconds),
            life_seconds: self.life_seconds.min(policy.life_seconds),
            emergency: self.emergency && policy.emergency,
            handover: self.handover || policy.handover,
            two_books: self.two_books || policy.two_books,
        }
    }

    /// The strictest of both in every respect.
    #[must_use]
    pub fn and_requirement(self, other: &Self) -> Self {
        Self {
            issuers: self.issuers.max(other.issuers),
            receivers: self.receivers.max(other.receivers),
            acceptors: self.acceptors.max(other.acceptors),
            receiver_may_issue: self.receiver_may_issue && other.receiver_may_issue,
            window_seconds: self.window_seconds.min(other.window_seconds),
            life_seconds: self.life_seconds.min(other.life_seconds),
            emergency: self.emergency && other.emergency,
            handover: self.handover || other.handover,
            two_books: self.two_books || other.two_books,
        }
    }

    /// What `classes` demand on `day`. Each set is in the order in which its policies were recorded: of two
    /// from the same day the later one holds. The institution's own policy for a class, when one is in
    /// force, stands beside the default one: it can only add to what the law asks.
    #[must_use]
    pub fn of(classes: &[ControlClass], day: NaiveDate, sets: &[&[Policy]]) -> Self {
        let mut requirement = Self::NONE;
        for class in classes {
            for set in sets {
                let in_force = set
                    .iter()
                    .filter(|policy| policy.class == *class && policy.from <= day)
                    .max_by_key(|policy| policy.from);
                if let Some(policy) = in_force {
                    requirement = requirement.and(policy);
                }
            }
        }
        requirement
    }
}

/// The policies a new system begins with: two custodians sign for 剧毒 (HCL art. 41 双人收发、双人保管),
/// 易制爆 (MPS154 art. 30; DB11/T 1578-2025 5.4.5), first-class 易制毒 (MOH72 双人双锁) and
/// narcotics and first-class psychotropics (麻精条例, known practice). What two keep is handed over jointly
/// counted (USERS A.25), and 五双 asks for two books of 剧毒 and 易制爆 (DB11/T 1578-2025 5.4.5).
#[must_use]
pub fn defaults() -> Vec<Policy> {
    use ControlClass as C;
    let dual = |class: ControlClass, from: &str, emergency: bool, source: &str| Policy {
        class,
        from: from.parse().unwrap_or_default(),
        issuers: 2,
        receivers: 0,
        acceptors: 2,
        receiver_may_issue: false,
        window_seconds: 300,
        life_seconds: 86_400,
        emergency,
        handover: true,
        two_books: matches!(class, C::HighlyToxic | C::ExplosivePrecursor),
        source: source.to_owned(),
    };
    vec![
        dual(
            C::HighlyToxic,
            "2011-12-01",
            false,
            "危险化学品安全法第四十一条；危险化学品安全管理条例",
        ),
        dual(
            C::ExplosivePrecursor,
            "2019-08-10",
            false,
            "易制爆危险化学品治安管理办法第三十条；DB11/T 1578-2025 5.4.5",
        ),
        dual(
            C::DrugPrecursor1,
            "2005-11-01",
            true,
            "易制毒化学品管理条例（双人双锁，通行做法）",
        ),
        dual(
            C::DrugPrecursor1Medicinal,
            "2010-05-01",
            true,
            "药品类易制毒化学品管理办法",
        ),
        dual(
            C::Narcotic,
            "2005-11-01",
            true,
            "麻醉药品和精神药品管理条例（双人双锁，通行做法）",
        ),
        dual(
            C::Psychotropic1,
            "2005-11-01",
            true,
            "麻醉药品和精神药品管理条例（双人双锁，通行做法）",
        ),
    ]
}
