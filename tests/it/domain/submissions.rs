//! Submissions and reviews that do not follow, whoever wrote them.

use hazledger::domain::facts::Facts;
use hazledger::domain::institution::{Institution, InstitutionKind, Origin};
use hazledger::domain::ledger::apply::ApplyError;
use hazledger::domain::ledger::{Act, Draft};
use hazledger::domain::merkle::Frontier;
use hazledger::domain::submission::{Period, Review, Submission};

use super::entries::{LEAF, try_seal};
use super::{hospital, known, now, person, seq};

fn applied(mut facts: Facts, act: Act, reason: &str) -> Result<(), ApplyError> {
    let draft = Draft {
        reason: reason.to_owned(),
        ..Draft::of(act)
    };
    let mut record = try_seal(draft, &mut Frontier::default()).unwrap();
    record.actor.person = Some(person(1));
    facts.apply(&record, LEAF)
}

fn bureau() -> Facts {
    let mut facts = known();
    facts.register.institution = Some(Institution {
        id: hospital(),
        name: "铁西区卫生健康局".to_owned(),
        uscc: String::new(),
        region: "220302".parse().unwrap(),
        kind: InstitutionKind::Bureau,
        origin: Origin::Live,
    });
    facts
}

fn review(accepted: bool) -> Act {
    Act::Review(Review {
        institution: hospital(),
        period: "2020-01".parse().unwrap(),
        entry: seq(0),
        leaf_hash: LEAF,
        accepted,
    })
}

#[test]
fn a_submission_of_what_was_not_over_is_no_entry() {
    let of = |period: Period| applied(known(), Act::Submit(Submission { period }), "");
    let month = now().china_day().format("%Y-%m").to_string();
    assert_eq!(of(month.parse().unwrap()), Err(ApplyError::Filing(seq(0))));
    assert_eq!(of("2020-01".parse().unwrap()), Ok(()));
}

#[test]
fn only_a_bureau_reviews_and_says_why_it_returns() {
    assert_eq!(
        applied(known(), review(true), ""),
        Err(ApplyError::Filing(seq(0)))
    );
    assert_eq!(applied(bureau(), review(true), ""), Ok(()));
    assert_eq!(
        applied(bureau(), review(false), ""),
        Err(ApplyError::Filing(seq(0)))
    );
    assert_eq!(applied(bureau(), review(false), "数量不符"), Ok(()));
}
