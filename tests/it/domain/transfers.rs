//! Entries of transfers that do not follow, whoever wrote them.

use std::collections::BTreeSet;

use hazledger::domain::container::{Identity, Standing, Status};
use hazledger::domain::facts::Facts;
use hazledger::domain::ids::{Generation, IncidentId, InstitutionId, Label, PlaceId, ProductId};
use hazledger::domain::ledger::apply::ApplyError;
use hazledger::domain::ledger::{Account, Act, ContainerLine, Draft, Posting, Prior, Record};
use hazledger::domain::merkle::{Frontier, Hash};
use hazledger::domain::policy::defaults;
use hazledger::domain::quantity::Dimension;
use hazledger::domain::substance::ControlClass;
use hazledger::domain::transfer::{
    Acceptance, AcceptedLine, Announcement, Carriage, Consignment, Reclamation, RefusedLine,
    SentContainer, SentProduct, TransferSettlement, Verdict,
};

mod missing;

use super::entries::{LEAF, checkout, receipt, try_seal};
use super::{hospital, known, now, seq, serial, standing};

/// The ledger of institution 1, in which each entry is sealed, whatever it says.
struct Written {
    frontier: Frontier,
    facts: Facts,
}

impl Written {
    fn new() -> Self {
        let (frontier, facts) = (Frontier::default(), known());
        Self { frontier, facts }
    }

    fn apply(&mut self, draft: Draft) -> Result<(), ApplyError> {
        let record: Record = try_seal(draft, &mut self.frontier).unwrap();
        self.facts.apply(&record, LEAF)
    }

    /// A bottle of ten has come, and is on the road to institution 2.
    fn sent() -> Self {
        let mut written = Self::new();
        written.apply(receipt()).unwrap();
        let sent = written.sending();
        written.apply(sent).unwrap();
        written
    }

    fn sending(&self) -> Draft {
        let container = self.facts.stock.containers.get(serial(1)).unwrap();
        let packed = self
            .facts
            .packed([container].into_iter(), now().china_day());
        let (products, containers) = packed.unwrap();
        let road = standing(Status::InTransit, 10);
        Draft {
            containers: vec![line(0, standing(Status::InStock, 10), road)],
            postings: vec![
                posting(Account::Container, -10),
                posting(Account::InTransit, 10),
            ],
            ..Draft::of(Act::Send(Consignment {
                to: other(),
                carriage: carriage(),
                products,
                containers,
            }))
        }
    }
}

fn other() -> InstitutionId {
    InstitutionId::try_from(2).unwrap()
}

fn carriage() -> Carriage {
    Carriage {
        carrier: "自提".to_owned(),
        vehicle: None,
        escorts: Vec::new(),
        seal: None,
        expected_at: now(),
    }
}

fn posting(account: Account, amount: i64) -> Posting {
    Posting {
        account,
        container: serial(1),
        product: ProductId::MIN,
        dimension: Dimension::Mass,
        place: (account == Account::Container).then_some(PlaceId::MIN),
        holder: None,
        checkout: None,
        amount,
    }
}

fn line(entry: i64, before: Standing, after: Standing) -> ContainerLine {
    ContainerLine {
        serial: serial(1),
        before: Some(Prior {
            entry: seq(entry),
            standing: before,
        }),
        identity: None,
        after,
    }
}

fn refused(at: i64, code: &str) -> Result<(), ApplyError> {
    Err(ApplyError::Transfer(seq(at), code.to_owned()))
}

/// What becomes of a sending that was changed.
fn sent_with(change: impl FnOnce(&mut Consignment)) -> Result<(), ApplyError> {
    let mut written = Written::new();
    written.apply(receipt()).unwrap();
    let mut draft = written.sending();
    let Act::Send(consignment) = &mut draft.act else {
        unreachable!()
    };
    change(consignment);
    written.apply(draft)
}

#[test]
fn apply_refuses_a_consignment_that_is_not_what_its_lines_say() {
    assert_eq!(sent_with(|_| ()), Ok(()));
    let other_amount = sent_with(|sent| sent.containers[0].amount = 9);
    assert_eq!(other_amount, refused(1, "ledger_inconsistent"));
    let other_name = sent_with(|sent| sent.products[0].name = "氯化钾".to_owned());
    assert_eq!(other_name, refused(1, "ledger_inconsistent"));
    assert_eq!(
        sent_with(|sent| sent.containers.clear()),
        refused(1, "ledger_inconsistent")
    );
    let to_self = sent_with(|sent| sent.to = hospital());
    assert_eq!(to_self, refused(1, "transfer_to_self"));
    let early = sent_with(|sent| sent.carriage.expected_at = now().plus_millis(-1));
    assert_eq!(early, refused(1, "expected_too_early"));

    let mut written = Written::new();
    written.apply(receipt()).unwrap();
    let mut draft = written.sending();
    draft.containers[0].after.status = Status::Waste;
    let nowhere = ApplyError::Movement(seq(1), "a posting is not where its container is");
    assert_eq!(written.apply(draft), Err(nowhere));
}

#[test]
fn apply_refuses_to_send_what_has_expired() {
    let mut written = Written::new();
    let mut came = receipt();
    came.identities[0].expires_on = Some("2026-05-31".parse().unwrap());
    written.apply(came).unwrap();
    let draft = written.sending();
    assert_eq!(written.apply(draft), refused(1, "container_expired"));
}

#[test]
fn apply_refuses_to_send_a_bottle_of_which_a_part_is_with_somebody() {
    let mut written = Written::new();
    written.apply(receipt()).unwrap();
    written.apply(checkout()).unwrap();
    let mut draft = written.sending();
    let [before, road] = [Status::InStock, Status::InTransit].map(|status| standing(status, 6));
    draft.containers = vec![line(1, before, road)];
    for (posting, amount) in draft.postings.iter_mut().zip([-6, 6]) {
        posting.amount = amount;
    }
    assert_eq!(written.apply(draft), refused(2, "part_with_person"));
}

#[test]
fn apply_refuses_to_send_what_an_open_incident_names() {
    let mut written = Written::new();
    written.apply(receipt()).unwrap();
    let draft = written.sending();
    let bottle = written.facts.stock.containers.change(serial(1)).unwrap();
    bottle.incident = IncidentId::try_from(1).ok();
    assert_eq!(written.apply(draft), refused(1, "container_in_incident"));
}

fn their_label() -> Label {
    Label::new(other(), serial(7), Generation::MIN)
}

/// Ten of what institution 1 knows, of some classes, sent by institution 2.
fn announcement(classes: Vec<ControlClass>) -> Announcement {
    Announcement {
        senders: BTreeSet::new(),
        from: other(),
        entry: seq(5),
        leaf_hash: Hash([5; 32]),
        sent_at: now(),
        consignment: Consignment {
            to: hospital(),
            carriage: carriage(),
            products: vec![SentProduct {
                name: "氯化钠".to_owned(),
                qualifier: None,
                cas: None,
                substance: None,
                dimension: Dimension::Mass,
                classes,
            }],
            containers: vec![SentContainer {
                label: their_label(),
                product: 0,
                amount: 10,
                lot: Some("20260501".to_owned()),
                maker: None,
                supplier: None,
                expires_on: None,
                sds: None,
                tare_ug: None,
                density: None,
            }],
        },
    }
}

/// So much of it is accepted as a new bottle.
fn acceptance(amount: i64) -> Draft {
    let mut draft = receipt();
    draft.identities[0] = Identity {
        lot: Some("20260501".to_owned()),
        came_from: Some(their_label()),
        mixed: false,
        ..draft.identities[0].clone()
    };
    draft.containers[0].after.amount = amount;
    draft.postings = vec![
        posting(Account::Peer, -amount),
        posting(Account::Container, amount),
    ];
    draft.act = Act::Accept(Acceptance {
        from: other(),
        entry: seq(5),
        leaf_hash: Hash([5; 32]),
        verdict: Verdict {
            accepted: vec![AcceptedLine {
                label: their_label(),
                amount,
            }],
            ..Verdict::default()
        },
    });
    draft
}

/// What becomes of an acceptance of what was announced, changed.
fn accepted_with(amount: i64, change: impl FnOnce(&mut Draft)) -> Result<(), ApplyError> {
    let mut written = Written::new();
    let announced = Act::Announce(announcement(Vec::new()));
    written.apply(Draft::of(announced)).unwrap();
    let mut draft = acceptance(amount);
    change(&mut draft);
    written.apply(draft)
}

fn act(draft: &mut Draft) -> &mut Acceptance {
    let Act::Accept(acceptance) = &mut draft.act else {
        unreachable!()
    };
    acceptance
}

#[test]
fn apply_refuses_an_announcement_that_is_not_for_here_or_comes_twice() {
    let mut written = Written::new();
    let announced = announcement(Vec::new());
    written
        .apply(Draft::of(Act::Announce(announced.clone())))
        .unwrap();
    assert_eq!(
        written.apply(Draft::of(Act::Announce(announced.clone()))),
        refused(1, "transfer_announced")
    );
    let elsewhere = |change: fn(&mut Announcement)| {
        let mut announced = announced.clone();
        change(&mut announced);
        Written::new().apply(Draft::of(Act::Announce(announced)))
    };
    let unknown = refused(0, "transfer_unknown");
    assert_eq!(elsewhere(|one| one.consignment.to = other()), unknown);
    assert_eq!(elsewhere(|one| one.from = hospital()), unknown);
}

#[test]
fn apply_refuses_an_acceptance_of_something_else_than_was_announced() {
    assert_eq!(accepted_with(10, |_| ()), Ok(()));
    assert_eq!(accepted_with(9, |_| ()), Ok(()));
    assert_eq!(accepted_with(11, |_| ()), refused(1, "more_than_sent"));
    let inconsistent = refused(1, "ledger_inconsistent");
    let leaf = accepted_with(10, |draft| act(draft).leaf_hash = Hash([6; 32]));
    assert_eq!(leaf, inconsistent);
    let lot = accepted_with(10, |draft| draft.identities[0].lot = None);
    assert_eq!(lot, inconsistent);
    let origin = accepted_with(10, |draft| draft.identities[0].came_from = None);
    assert_eq!(origin, inconsistent);
    let less = accepted_with(10, |draft| act(draft).verdict.accepted[0].amount = 9);
    assert_eq!(less, inconsistent);
    let nothing = accepted_with(10, |draft| act(draft).verdict.accepted.clear());
    assert_eq!(nothing, refused(1, "consignment_incomplete"));
    let another = accepted_with(10, |draft| act(draft).entry = seq(6));
    assert_eq!(another, refused(1, "transfer_unknown"));
    let both = accepted_with(10, |draft| {
        act(draft).verdict.refused.push(RefusedLine {
            label: their_label(),
            reason: "破损".to_owned(),
        });
    });
    assert_eq!(both, refused(1, "container_named_twice"));
}

#[test]
fn apply_refuses_to_accept_twice_and_to_make_something_ordinary_of_a_class() {
    let mut written = Written::new();
    let announced = Act::Announce(announcement(Vec::new()));
    written.apply(Draft::of(announced)).unwrap();
    written.apply(acceptance(10)).unwrap();
    let mut again = acceptance(10);
    again.containers[0].serial = serial(2);
    again
        .postings
        .iter_mut()
        .for_each(|posting| posting.container = serial(2));
    assert_eq!(written.apply(again), refused(2, "transfer_accepted"));

    let mut written = Written::new();
    let listed = announcement(vec![ControlClass::DrugPrecursor3]);
    written.apply(Draft::of(Act::Announce(listed))).unwrap();
    assert_eq!(
        written.apply(acceptance(10)),
        refused(1, "class_not_covered")
    );
}

#[test]
fn apply_refuses_to_refuse_what_is_controlled_without_signatures() {
    let mut written = Written::new();
    written.facts.default_policies = defaults();
    let listed = announcement(vec![ControlClass::HighlyToxic]);
    written.apply(Draft::of(Act::Announce(listed))).unwrap();
    let mut draft = acceptance(10);
    let taken = &mut act(&mut draft).verdict;
    taken.accepted.clear();
    taken.refused.push(RefusedLine {
        label: their_label(),
        reason: "破损".to_owned(),
    });
    let refusal = Draft::of(draft.act);
    let unsigned = ApplyError::Unsigned(seq(1), "there are none".to_owned());
    assert_eq!(written.apply(refusal), Err(unsigned));
}

/// What the other institution accepted of the bottle of ten, and what is booked of it here.
fn settlement(accepted: Option<i64>, missing: Account) -> Draft {
    let label = Label::new(hospital(), serial(1), Generation::MIN);
    let verdict = match accepted {
        Some(amount) => Verdict {
            accepted: vec![AcceptedLine { label, amount }],
            ..Verdict::default()
        },
        None => Verdict {
            refused: vec![RefusedLine {
                label,
                reason: "破损".to_owned(),
            }],
            ..Verdict::default()
        },
    };
    let mut draft = Draft::of(Act::Settle(TransferSettlement {
        consignment: seq(1),
        by: other(),
        entry: seq(3),
        leaf_hash: Hash([3; 32]),
        verdict,
        incident: None,
    }));
    let road = standing(Status::InTransit, 10);
    let after = accepted.map_or(road, |_| standing(Status::Sent, 0));
    draft.containers = vec![line(1, road, after)];
    if let Some(accepted) = accepted {
        draft.postings = vec![
            posting(Account::InTransit, -10),
            posting(Account::Peer, accepted),
        ];
        if accepted != 10 {
            draft.postings.push(posting(missing, 10 - accepted));
        }
    }
    draft
}

#[test]
fn apply_refuses_a_settlement_that_books_something_else() {
    let ordinary = Account::Variance;
    for accepted in [Some(10), Some(4), None] {
        assert_eq!(
            Written::sent().apply(settlement(accepted, ordinary)),
            Ok(())
        );
    }
    let inconsistent = refused(2, "ledger_inconsistent");
    // What is short of something ordinary is a difference, and nobody books more than was sent.
    assert_eq!(
        Written::sent().apply(settlement(Some(4), Account::Lost)),
        inconsistent
    );
    assert_eq!(
        Written::sent().apply(settlement(Some(12), ordinary)),
        inconsistent
    );
    let with = |change: fn(&mut TransferSettlement)| {
        let mut draft = settlement(Some(10), ordinary);
        let Act::Settle(settled) = &mut draft.act else {
            unreachable!()
        };
        change(settled);
        Written::sent().apply(draft)
    };
    assert_eq!(with(|settled| settled.by = hospital()), inconsistent);
    assert_eq!(
        with(|settled| settled.verdict.accepted[0].amount = 9),
        inconsistent
    );
    assert_eq!(
        with(|settled| settled.consignment = seq(0)),
        refused(2, "transfer_unknown")
    );
    let mut written = Written::sent();
    written.apply(settlement(None, ordinary)).unwrap();
    let mut again = settlement(Some(10), ordinary);
    again.containers[0].before.as_mut().unwrap().entry = seq(2);
    assert_eq!(written.apply(again), refused(3, "transfer_settled"));
}

#[test]
fn apply_refuses_to_take_back_what_was_not_refused() {
    let reclaim = |entry: i64| Draft {
        containers: vec![line(
            entry,
            standing(Status::InTransit, 10),
            standing(Status::InStock, 10),
        )],
        postings: vec![
            posting(Account::InTransit, -10),
            posting(Account::Container, 10),
        ],
        ..Draft::of(Act::Reclaim(Reclamation {
            consignment: seq(1),
            missing: Vec::new(),
            incident: None,
            short: Vec::new(),
        }))
    };
    assert_eq!(
        Written::sent().apply(reclaim(1)),
        refused(2, "ledger_inconsistent")
    );
    let mut written = Written::sent();
    written.apply(settlement(None, Account::Variance)).unwrap();
    let mut elsewhere = reclaim(2);
    elsewhere.act = Act::Reclaim(Reclamation {
        consignment: seq(0),
        missing: Vec::new(),
        incident: None,
        short: Vec::new(),
    });
    assert_eq!(written.apply(elsewhere), refused(3, "transfer_unknown"));

    let mut written = Written::sent();
    written.apply(settlement(None, Account::Variance)).unwrap();
    written.apply(reclaim(2)).unwrap();
    assert!(
        written
            .facts
            .outgoing(seq(1))
            .unwrap()
            .on_the_road
            .is_empty()
    );
}
