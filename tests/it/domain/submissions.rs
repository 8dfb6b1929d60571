//! Submissions and reviews that do not follow, whoever wrote them.

use hazledger::domain::facts::Facts;
use hazledger::domain::institution::{Institution, InstitutionKind, Origin};
use hazledger::domain::ledger::apply::ApplyError;
use hazledger::domain::ledger::{Act, Draft};
use hazledger::domain::merkle::Frontier;
use hazledger::domain::submission::{Period, Review, Submission, Submitted};

use super::entries::{LEAF, try_seal};
use super::{hospital, known, now, person, seq};

pub fn applied(mut facts: Facts, act: Act, reason: &str) -> Result<(), ApplyError> {
    let draft = Draft {
        reason: reason.to_owned(),
        ..Draft::of(act)
    };
    let mut record = try_seal(draft, &mut Frontier::default()).unwrap();
    record.actor.person = Some(person(1));
    facts.apply(&record, LEAF)
}

pub fn of_kind(kind: InstitutionKind) -> Facts {
    let mut facts = known();
    facts.register.institution = Some(Institution {
        id: hospital(),
        name: "铁西区卫生健康局".to_owned(),
        uscc: String::new(),
        region: "220302".parse().unwrap(),
        kind,
        origin: Origin::Live,
    });
    facts.register.founded_at = Some("2020-01-15T00:00:00.000Z".parse().unwrap());
    facts
}

fn bureau() -> Facts {
    of_kind(InstitutionKind::Bureau)
}

fn submission(period: &str) -> Act {
    let period: Period = period.parse().unwrap();
    Act::Submit(Submission { period })
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
    let of = |period: &str| applied(of_kind(InstitutionKind::Hospital), submission(period), "");
    let month = now().china_day().format("%Y-%m").to_string();
    assert_eq!(of(&month), Err(ApplyError::Filing(seq(0))));
    assert_eq!(of("2020-01"), Ok(()));
    // Nor one of what was before the ledger.
    assert_eq!(of("2019-12"), Err(ApplyError::Filing(seq(0))));
}

#[test]
fn a_bureau_submits_nothing_and_nobody_submits_again_without_a_word() {
    assert_eq!(
        applied(bureau(), submission("2020-01"), ""),
        Err(ApplyError::Filing(seq(0)))
    );
    let again = |reason: &str| {
        let mut facts = of_kind(InstitutionKind::Hospital);
        let submitted = Submitted {
            period: "2020-01".parse().unwrap(),
            person: person(1),
            at: now(),
        };
        facts.filings.submissions.load(seq(7), submitted);
        applied(facts, submission("2020-01"), reason)
    };
    assert_eq!(again(" "), Err(ApplyError::Filing(seq(0))));
    assert_eq!(again("已补盘"), Ok(()));
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
