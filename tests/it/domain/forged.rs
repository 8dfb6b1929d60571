//! Movements that are not what their verbs make, whoever wrote the entries.

use hazledger::domain::container::{Identity, Status};
use hazledger::domain::ids::{Generation, PersonId, PlaceId};
use hazledger::domain::ledger::apply::ApplyError;
use hazledger::domain::ledger::{
    Account, Act, ContainerLine, Discard, Disposal, Draft, Part, Posting, Prior, Seat, Weighed,
    Whom,
};
use hazledger::domain::merkle::Frontier;

use super::entries::{LEAF, bent, checkout, identity, posting, receipt, try_seal};
use super::{known, now, person, seq, serial, standing};

#[test]
fn apply_refuses_a_posting_that_is_not_where_its_container_is() {
    let elsewhere = ApplyError::Movement(seq(1), "a posting is not where its container is");
    let other = PlaceId::try_from(2).unwrap();
    assert_eq!(
        bent(|record| record.postings[0].place = Some(other)),
        elsewhere
    );
    assert_eq!(
        bent(|record| record.postings[0].holder = Some(person(3))),
        elsewhere
    );
    assert_eq!(
        bent(|record| record.postings[0].account = Account::Waste),
        elsewhere
    );
}

/// The bottle of the receipt under its next label.
fn reprint() -> Draft {
    let mut draft = checkout();
    draft.act = Act::Reprint;
    draft.containers[0].after = standing(Status::InStock, 10);
    draft.containers[0].after.generation = Generation::try_from(Generation::MIN.get() + 1).unwrap();
    draft.postings.clear();
    draft
}

#[test]
fn apply_refuses_containers_in_an_act_that_touches_none() {
    let wrong = |what| Err(ApplyError::Movement(seq(1), what));
    let reprinted = |bend: &dyn Fn(&mut Draft)| {
        let mut draft = reprint();
        bend(&mut draft);
        after_receipt(receipt(), draft)
    };
    assert_eq!(reprinted(&|_| {}), Ok(()));
    let more = wrong("a new label changes more than the label");
    let bends: [fn(&mut Draft); 4] = [
        |draft| draft.containers[0].after = standing(Status::InStock, 10),
        |draft| {
            draft.containers[0].after.generation =
                Generation::try_from(Generation::MIN.get() + 2).unwrap()
        },
        |draft| draft.containers[0].after.place = PlaceId::try_from(2).unwrap(),
        |draft| draft.containers[0].after.holder = Some(person(3)),
    ];
    for bend in bends {
        assert_eq!(reprinted(&bend), more);
    }
    let none = reprinted(&|draft| draft.containers.clear());
    assert_eq!(none, wrong("a new label for other than one container"));
    // A code for somebody who forgot the secret is about no bottle, not even about one that stays as it is.
    let stray = |bend: &dyn Fn(&mut Draft)| {
        reprinted(&|draft| {
            draft.act = Act::Code(Whom {
                person: PersonId::MIN,
            });
            draft.containers[0].after = standing(Status::InStock, 10);
            bend(draft);
        })
    };
    let touched = wrong("a container in an act that touches none");
    assert_eq!(stray(&|_| {}), touched);
    let gone = |draft: &mut Draft| draft.containers[0].after.status = Status::Disposed;
    assert_eq!(stray(&gone), touched);
    assert_eq!(stray(&|draft| draft.containers.clear()), Ok(()));
    // Whatever moves leaves the label as it is.
    let mut relabelled = checkout();
    relabelled.containers[0].after.generation =
        Generation::try_from(Generation::MIN.get() + 1).unwrap();
    assert_eq!(
        after_receipt(receipt(), relabelled),
        wrong("a label changes without a new one")
    );
}

/// Four of ten are filled into another bottle.
fn split() -> Draft {
    let mut draft = checkout();
    draft.act = Act::Split;
    draft.identities = vec![Identity {
        parent: Some(serial(1)),
        ..identity()
    }];
    draft.containers.push(ContainerLine {
        serial: serial(2),
        before: None,
        identity: Some(0),
        after: standing(Status::InStock, 4),
    });
    draft.postings[1] = Posting {
        container: serial(2),
        ..posting(Account::Container, 4)
    };
    draft
}

/// What applying such a draft over a receipt answers.
fn after_receipt(receipt: Draft, draft: Draft) -> Result<(), ApplyError> {
    let mut frontier = Frontier::default();
    let mut facts = known();
    for draft in [receipt, draft] {
        facts.apply(&try_seal(draft, &mut frontier).unwrap(), LEAF)?;
    }
    Ok(())
}

#[test]
fn apply_refuses_a_split_of_something_else() {
    let wrong = |what| Err(ApplyError::Movement(seq(1), what));
    assert_eq!(after_receipt(receipt(), split()), Ok(()));
    let day = |back: i64| Some(now().plus_millis(-back * 24 * 3_600_000).china_day());
    let not_of_it = wrong("what is filled is not of what it is filled from");
    let bends: [fn(&mut Identity); 4] = [
        |filled| filled.parent = None,
        |filled| filled.parent = Some(serial(9)),
        |filled| filled.lot = Some("L9".to_owned()),
        |filled| filled.sds = Some("SDS-9".to_owned()),
    ];
    for bend in bends {
        let mut forged = split();
        bend(&mut forged.identities[0]);
        assert_eq!(after_receipt(receipt(), forged), not_of_it);
    }
    let lasting = |source, filled| {
        let (mut came, mut forged) = (receipt(), split());
        came.identities[0].expires_on = source;
        forged.identities[0].expires_on = filled;
        after_receipt(came, forged)
    };
    assert_eq!(lasting(day(-9), day(-9)), Ok(()));
    for filled in [day(-10), None, day(1)] {
        assert_eq!(lasting(day(-9), filled), not_of_it);
    }
    assert_eq!(
        lasting(day(1), day(1)),
        wrong("a split of what had expired")
    );
    let mut parented = receipt();
    parented.identities[0].parent = Some(serial(9));
    let stray = "a container that was not filled from another names one";
    assert_eq!(
        after_receipt(parented, split()),
        Err(ApplyError::Movement(seq(0), stray))
    );
}

/// The whole bottle becomes waste.
fn waste() -> Draft {
    let mut draft = checkout();
    draft.act = Act::Waste(Discard {
        code: "900-999-49".parse().unwrap(),
        into: None,
    });
    draft.containers[0].after = standing(Status::Waste, 10);
    draft.postings = vec![
        posting(Account::Container, -10),
        posting(Account::Waste, 10),
    ];
    draft
}

#[test]
fn apply_refuses_waste_of_which_a_part_is_out_and_waste_that_changes_otherwise() {
    assert_eq!(after_receipt(receipt(), waste()), Ok(()));
    let mut moved = waste();
    moved.containers[0].after.place = PlaceId::try_from(2).unwrap();
    moved.postings[1].place = PlaceId::try_from(2).ok();
    let otherwise = ApplyError::Movement(seq(1), "what becomes waste changes otherwise");
    assert_eq!(after_receipt(receipt(), moved), Err(otherwise));

    let mut facts = known();
    let mut frontier = Frontier::default();
    for draft in [receipt(), checkout()] {
        facts
            .apply(&try_seal(draft, &mut frontier).unwrap(), LEAF)
            .unwrap();
    }
    let mut forged = waste();
    forged.containers[0].before = Some(Prior {
        entry: seq(1),
        standing: standing(Status::InStock, 6),
    });
    forged.containers[0].after.amount = 6;
    for (posting, amount) in forged.postings.iter_mut().zip([-6, 6]) {
        posting.amount = amount;
    }
    let refused = facts.apply(&try_seal(forged, &mut frontier).unwrap(), LEAF);
    assert_eq!(refused, Err(ApplyError::Movement(seq(2), "part_still_out")));
}

/// The waste is disposed of before persons 4 and 5.
fn disposal() -> Draft {
    let witness = |number| Seat {
        person: person(number),
        part: Part::Witness,
    };
    let mut draft = waste();
    draft.act = Act::Dispose(Disposal {
        weighed: vec![Weighed {
            serial: serial(1),
            gross_ug: 20,
            tare_ug: Some(10),
            content: Some(10),
        }],
        handler: "处置中心".to_owned(),
        manifest: None,
        vessels: Vec::new(),
    });
    draft.seats = vec![witness(4), witness(5)];
    draft.containers[0].before = Some(Prior {
        entry: seq(1),
        standing: standing(Status::Waste, 10),
    });
    draft.containers[0].after = standing(Status::Disposed, 0);
    draft.postings = vec![posting(Account::Waste, -10), posting(Account::Disposed, 10)];
    draft
}

#[test]
fn apply_refuses_a_disposal_that_nobody_watched_or_that_weighs_otherwise() {
    let forged = |bend: &dyn Fn(&mut Draft, &mut Weighed)| {
        let mut draft = disposal();
        let Act::Dispose(disposal) = draft.act.clone() else {
            unreachable!()
        };
        let mut weighed = disposal.weighed[0];
        bend(&mut draft, &mut weighed);
        draft.act = Act::Dispose(Disposal {
            weighed: vec![weighed],
            ..disposal
        });
        let mut facts = known();
        let mut frontier = Frontier::default();
        for draft in [receipt(), waste()] {
            facts
                .apply(&try_seal(draft, &mut frontier).unwrap(), LEAF)
                .unwrap();
        }
        facts.apply(&try_seal(draft, &mut frontier).unwrap(), LEAF)
    };
    let wrong = |what| Err(ApplyError::Movement(seq(2), what));
    assert_eq!(forged(&|_, _| {}), Ok(()));
    assert_eq!(
        forged(&|draft, _| draft.seats.truncate(1)),
        wrong("witnesses_missing")
    );
    assert_eq!(
        forged(&|_, weighed| weighed.serial = serial(2)),
        wrong("ledger_inconsistent")
    );
    assert_eq!(
        forged(&|_, weighed| weighed.content = Some(11)),
        wrong("ledger_inconsistent")
    );
    assert_eq!(
        forged(&|_, weighed| weighed.gross_ug = 9),
        wrong("weight_below_tare")
    );
    let heavy = |weighed: &mut Weighed| {
        weighed.gross_ug = 200_000;
        weighed.content = Some(199_990);
    };
    assert_eq!(
        forged(&|_, weighed| heavy(weighed)),
        wrong("weight_differs")
    );
    let excused = |draft: &mut Draft, weighed: &mut Weighed| {
        heavy(weighed);
        draft.reason = "吸潮".to_owned();
    };
    assert_eq!(forged(&excused), Ok(()));
}
