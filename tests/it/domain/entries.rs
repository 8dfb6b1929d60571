//! Sealing and applying: what is no entry, and what does not follow.

use std::fmt::Write as _;

use hazledger::domain::container::{Identity, Status};
use hazledger::domain::ids::{PlaceId, ProductId, StocktakeId};
use hazledger::domain::ledger::apply::ApplyError;
use hazledger::domain::ledger::{
    Account, Act, Actor, ContainerLine, Draft, Log, Part, Posting, Prior, Record, Return, Reversal,
    Revocation, SealError, Seat, Stamp, seal,
};
use hazledger::domain::merkle::{Frontier, Hash};
use hazledger::domain::purchasing::Purchase;
use hazledger::domain::quantity::Dimension;
use hazledger::domain::stocktake::Settlement;

use super::{hospital, known, now, person, seq, serial, standing};

/// No release is applied here, so no leaf hash matters.
pub const LEAF: Hash = Hash([0; 32]);

pub fn posting(account: Account, amount: i64) -> Posting {
    Posting {
        account,
        container: serial(1),
        product: ProductId::MIN,
        dimension: Dimension::Mass,
        place: account.is_content().then_some(PlaceId::MIN),
        holder: None,
        checkout: None,
        amount,
    }
}

pub fn identity() -> Identity {
    Identity {
        product: ProductId::MIN,
        dimension: Dimension::Mass,
        lot: None,
        maker: None,
        supplier: None,
        expires_on: None,
        sds: None,
        tare_ug: None,
        density: None,
        parent: None,
        came_from: None,
        mixed: false,
    }
}

/// A bottle of ten arrives.
pub fn receipt() -> Draft {
    Draft {
        identities: vec![identity()],
        containers: vec![ContainerLine {
            serial: serial(1),
            before: None,
            identity: Some(0),
            after: standing(Status::InStock, 10),
        }],
        postings: vec![
            posting(Account::Supplier, -10),
            posting(Account::Container, 10),
        ],
        ..Draft::of(Act::Receive)
    }
}

/// Four of ten go to person 3.
pub fn checkout() -> Draft {
    let held = Posting {
        holder: Some(person(3)),
        ..posting(Account::Held, 4)
    };
    Draft {
        containers: vec![ContainerLine {
            serial: serial(1),
            before: Some(Prior {
                entry: seq(0),
                standing: standing(Status::InStock, 10),
            }),
            identity: None,
            after: standing(Status::InStock, 6),
        }],
        postings: vec![posting(Account::Container, -4), held],
        ..Draft::of(Act::Checkout)
    }
}

pub fn try_seal(draft: Draft, frontier: &mut Frontier) -> Result<Record, SealError> {
    let stamp = Stamp {
        institution: hospital(),
        log: Log::Ledger,
        recorded_at: now(),
        salt: [7; 16],
        actor: Actor {
            person: None,
            name: "test".to_owned(),
            terminal: None,
        },
        request: String::new(),
    };
    seal(draft, stamp, frontier).map(|sealed| sealed.entry.record().clone())
}

/// The receipt, and the checkout after it.
pub fn records() -> [Record; 2] {
    let mut frontier = Frontier::default();
    [receipt(), checkout()].map(|draft| try_seal(draft, &mut frontier).unwrap())
}

#[test]
fn seal_refuses_what_does_not_balance() {
    let mut draft = receipt();
    draft.postings[0].amount = -9;
    let refused = try_seal(draft, &mut Frontier::default()).unwrap_err();
    assert_eq!(
        refused,
        SealError::Unbalanced(ProductId::MIN, Dimension::Mass, 1)
    );
}

#[test]
fn seal_balances_each_product_and_dimension_alone() {
    let mut other_dimension = receipt();
    other_dimension.postings[0].dimension = Dimension::Volume;
    let mut other_product = receipt();
    other_product.postings[0].product = ProductId::try_from(2).unwrap();
    for draft in [other_dimension, other_product] {
        let refused = try_seal(draft, &mut Frontier::default()).unwrap_err();
        assert!(matches!(refused, SealError::Unbalanced(..)), "{refused}");
    }
}

#[test]
fn seal_lets_each_kind_use_its_own_accounts_only() {
    let mut table = String::new();
    let revoke = Act::Revoke(Revocation {
        entry: seq(0),
        line: 0,
    });
    let back = Act::GiveBack(Return { weighing: None });
    let reverse = Act::Reverse(Reversal { entry: seq(0) });
    let acts = [
        Act::Opening,
        Act::Receive,
        Act::Purchase(Purchase {
            permits: [].into(),
            order: None,
        }),
        Act::Move,
        Act::Checkout,
        Act::Use,
        back,
        reverse,
        Act::Variance(Settlement {
            stocktake: StocktakeId::MIN,
        }),
        Act::Reprint,
        revoke,
    ];
    for act in acts {
        let kind = act.kind();
        write!(table, "{kind}:").unwrap();
        for account in Account::ALL {
            let postings = vec![posting(*account, 0)];
            let draft = Draft {
                postings,
                ..Draft::of(act.clone())
            };
            let sealed = try_seal(draft, &mut Frontier::default());
            if sealed != Err(SealError::AccountNotAllowed(kind, *account)) {
                write!(table, " {account}").unwrap();
            }
        }
        table.push('\n');
    }
    insta::assert_snapshot!(table, @r"
    opening: opening container
    receive: supplier container
    purchase: supplier container
    move: container waste
    checkout: container held
    use: container held consumed
    give_back: container held consumed
    reverse: supplier opening container held consumed waste made disposed vessel variance lost in_transit peer
    variance: container waste variance
    reprint:
    revoke:
    ");
}

#[test]
fn seal_refuses_a_line_that_says_other_than_its_postings() {
    let mut line_differs = receipt();
    line_differs.containers[0].after.amount = 11;
    let mut no_line = receipt();
    no_line.containers.clear();
    let mut no_postings = receipt();
    no_postings.postings.clear();
    for (draft, by_line, by_postings) in [
        (line_differs, 11, 10),
        (no_line, 0, 10),
        (no_postings, 10, 0),
    ] {
        let refused = try_seal(draft, &mut Frontier::default()).unwrap_err();
        assert_eq!(
            refused,
            SealError::LineMismatch(serial(1), by_line, by_postings)
        );
    }
}

#[test]
fn seal_refuses_less_than_nothing_and_the_same_twice() {
    let mut negative = checkout();
    negative.containers[0].after.amount = -1;
    assert_eq!(
        try_seal(negative, &mut Frontier::default()),
        Err(SealError::Negative(serial(1)))
    );

    let mut twice = receipt();
    twice.containers.push(twice.containers[0].clone());
    assert_eq!(
        try_seal(twice, &mut Frontier::default()),
        Err(SealError::Twice(serial(1)))
    );

    let mut two_parts = checkout();
    for part in [Part::Receiver, Part::Issuer] {
        two_parts.seats.push(Seat {
            person: person(3),
            part,
        });
    }
    assert_eq!(
        try_seal(two_parts, &mut Frontier::default()),
        Err(SealError::TwoParts(person(3)))
    );
}

#[test]
fn seal_refuses_a_text_without_canonical_form_and_appends_nothing() {
    let mut frontier = Frontier::default();
    let mut draft = receipt();
    draft.reason = "e\u{301}".to_owned();
    let refused = try_seal(draft, &mut frontier).unwrap_err();
    assert!(matches!(refused, SealError::NotCanonical(_)), "{refused}");
    assert_eq!(frontier.size(), 0);
}

#[test]
fn entries_apply_to_the_state_they_were_made_over() {
    let mut facts = known();
    for record in records() {
        facts.apply(&record, LEAF).unwrap();
    }
    let container = facts.stock.containers.get(serial(1)).unwrap();
    assert_eq!(
        (container.standing.amount, container.last_entry),
        (6, seq(1))
    );
    let held = facts.stock.holdings.get((seq(1), serial(1))).unwrap();
    assert_eq!((held.amount, held.holder), (4, person(3)));
    let total = facts.stock.totals[&(PlaceId::MIN, ProductId::MIN)];
    assert_eq!((total.containers, total.amount), (1, 6));
}

/// What applying a record over the receipt answers, after the record was bent.
pub fn bent(bend: impl FnOnce(&mut Record)) -> ApplyError {
    let [receipt, mut checkout] = records();
    let mut facts = known();
    facts.apply(&receipt, LEAF).unwrap();
    bend(&mut checkout);
    facts.apply(&checkout, LEAF).unwrap_err()
}

#[test]
fn apply_refuses_a_container_that_is_new_and_known_or_neither() {
    let existence = ApplyError::Existence(seq(1), serial(1));
    let arrives_again = bent(|record| {
        record.identities = vec![identity()];
        record.containers[0].before = None;
        record.containers[0].identity = Some(0);
    });
    assert_eq!(arrives_again, existence);
    let mut facts = known();
    assert_eq!(facts.apply(&records()[1], LEAF), Err(existence));
}

#[test]
fn apply_refuses_an_entry_made_over_another_state() {
    let before = ApplyError::Before(seq(1), serial(1));
    let prior = |record: &mut Record| record.containers[0].before.unwrap();
    assert_eq!(
        bent(|record| record.containers[0].before = Some(Prior {
            entry: seq(5),
            ..prior(record)
        })),
        before
    );
    assert_eq!(
        bent(|record| record.containers[0]
            .before
            .as_mut()
            .unwrap()
            .standing
            .amount = 9),
        before
    );
}

#[test]
fn apply_refuses_a_moment_at_which_it_cannot_have_happened() {
    let claimed = |after: i64| bent(|record| record.occurred_at = Some(now().plus_millis(after)));
    let claim = |code| ApplyError::Claim(seq(1), code);
    assert_eq!(claimed(1), claim("occurred_in_future"));
    assert_eq!(claimed(-1), claim("occurred_too_early"));
    assert_eq!(claimed(-24 * 3_600_000 - 1), claim("late_reason_missing"));
}

#[test]
fn apply_refuses_an_identity_that_is_not_there() {
    let mut facts = known();
    let [mut receipt, _] = records();
    receipt.identities.clear();
    assert_eq!(
        facts.apply(&receipt, LEAF),
        Err(ApplyError::Identity(seq(0), serial(1)))
    );
    receipt.containers[0].identity = None;
    assert_eq!(
        facts.apply(&receipt, LEAF),
        Err(ApplyError::Identity(seq(0), serial(1)))
    );
}

#[test]
fn apply_refuses_an_amount_in_hand_from_nowhere_or_below_nothing() {
    let held = ApplyError::Held(seq(1), serial(1));
    assert_eq!(bent(|record| record.postings[1].holder = None), held);
    assert_eq!(bent(|record| record.postings[1].amount = -4), held);
    let more_back_than_held = bent(|record| {
        let back = Posting {
            checkout: Some(seq(1)),
            ..posting(Account::Held, -5)
        };
        record.postings.push(back);
    });
    assert_eq!(more_back_than_held, held);
}

#[test]
fn apply_refuses_to_revoke_what_does_not_hold_and_a_total_beyond_all_bounds() {
    let revoked = bent(|record| {
        record.containers.clear();
        record.postings.clear();
        record.act = Act::Revoke(Revocation {
            entry: seq(0),
            line: 0,
        });
    });
    assert_eq!(revoked, ApplyError::Revocation(seq(1)));
    let overflow = bent(|record| {
        record.identities = vec![identity()];
        record.containers[0] = ContainerLine {
            serial: serial(2),
            before: None,
            identity: Some(0),
            after: standing(Status::InStock, i64::MAX),
        };
    });
    assert_eq!(overflow, ApplyError::Overflow(seq(1)));
}

/// What is sealed balances; `verify` must not take the word of whoever wrote the bytes.
#[test]
fn apply_refuses_an_entry_that_does_not_balance() {
    let gone = bent(|record| record.postings[1].amount = 3);
    assert!(matches!(gone, ApplyError::Unbalanced(_, _)), "{gone}");
    let from_nowhere = bent(|record| record.postings.clear());
    assert!(
        matches!(from_nowhere, ApplyError::Unbalanced(_, _)),
        "{from_nowhere}"
    );
}

#[test]
fn apply_refuses_a_posting_of_what_the_container_does_not_hold() {
    let product = ApplyError::Product(seq(1), serial(1));
    let other = ProductId::try_from(2).unwrap();
    let relabelled = bent(|record| {
        record
            .postings
            .iter_mut()
            .for_each(|one| one.product = other)
    });
    assert_eq!(relabelled, product);
    let volume = |record: &mut Record| {
        record
            .postings
            .iter_mut()
            .for_each(|one| one.dimension = Dimension::Volume);
    };
    assert_eq!(bent(volume), product);
}
