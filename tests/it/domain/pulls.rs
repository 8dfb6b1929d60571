//! Heads that a bureau cannot have kept so, whoever wrote the entry.

use hazledger::domain::institution::InstitutionKind;
use hazledger::domain::ledger::Act;
use hazledger::domain::ledger::apply::ApplyError;
use hazledger::domain::merkle::Hash;
use hazledger::domain::pull::{KeptHead, Pull, PullFault, PullOutcome};
use hazledger::domain::time::Time;

use super::submissions::{applied, of_kind};
use super::{hospital, seq};

fn pull(outcome: PullOutcome, fault: Option<PullFault>, size: u64) -> Pull {
    Pull {
        outcome,
        fault,
        size,
        root: Hash([1; 32]),
        note: "x".to_owned(),
        proof: Vec::new(),
        reason: String::new(),
        at: Time::default(),
        person: None,
        entry: None,
    }
}

/// What comes of an entry that says this pull is the `number`th, after `last`.
fn says(last: Option<Pull>, number: u32, next: &Pull, reason: &str) -> Result<(), ApplyError> {
    let mut facts = of_kind(InstitutionKind::Bureau);
    if let Some(last) = last {
        facts.pulls.load(hospital(), 1, last);
    }
    let kept = KeptHead::of(hospital(), number, next);
    applied(facts, Act::KeepHead(kept), reason)
}

#[test]
fn a_head_that_does_not_continue_what_was_kept_is_no_entry() {
    use PullFault::{Fork, SignatureWrong};
    use PullOutcome::{Acknowledged, Kept, Refused};
    let wrong = Err(ApplyError::Filing(seq(0)));
    let kept = || Some(pull(Kept, None, 5));
    let refused = || Some(pull(Refused, Some(Fork), 5));
    assert_eq!(says(None, 1, &pull(Kept, None, 5), ""), Ok(()));
    assert_eq!(says(kept(), 2, &pull(Kept, None, 5), ""), Ok(()));
    // Shorter, without a proof, out of turn, over what is open, good and yet at fault.
    assert_eq!(says(kept(), 2, &pull(Kept, None, 4), ""), wrong);
    assert_eq!(says(kept(), 2, &pull(Kept, None, 6), ""), wrong);
    assert_eq!(says(kept(), 3, &pull(Kept, None, 5), ""), wrong);
    assert_eq!(says(kept(), 1, &pull(Kept, None, 5), ""), wrong);
    assert_eq!(says(refused(), 2, &pull(Kept, None, 5), ""), wrong);
    assert_eq!(says(kept(), 2, &pull(Kept, Some(Fork), 5), ""), wrong);
    // What cannot be read leaves the head before it.
    assert_eq!(
        says(kept(), 2, &pull(Refused, Some(SignatureWrong), 5), ""),
        Ok(())
    );
    assert_eq!(
        says(kept(), 2, &pull(Refused, Some(SignatureWrong), 0), ""),
        wrong
    );
    assert_eq!(says(kept(), 2, &pull(Refused, None, 4), ""), wrong);
    // Somebody explains what was refused, and nothing else.
    let said = pull(Acknowledged, Some(Fork), 5);
    assert_eq!(says(refused(), 2, &said, "查明"), Ok(()));
    assert_eq!(says(refused(), 2, &said, " "), wrong);
    assert_eq!(says(kept(), 2, &said, "查明"), wrong);
    assert_eq!(
        says(refused(), 2, &pull(Acknowledged, Some(Fork), 0), "查明"),
        wrong
    );
    // Only a bureau keeps heads.
    let kept = KeptHead::of(hospital(), 1, &pull(Kept, None, 5));
    assert_eq!(
        applied(of_kind(InstitutionKind::Hospital), Act::KeepHead(kept), ""),
        wrong
    );
}
