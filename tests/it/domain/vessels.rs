//! Waste containers and mixtures that are not what their verbs make, whoever wrote the entries.

use hazledger::domain::container::{Identity, Status};
use hazledger::domain::facts::Facts;
use hazledger::domain::ids::{IncidentId, PlaceId, Serial};
use hazledger::domain::ledger::apply::ApplyError;
use hazledger::domain::ledger::{
    Account, Act, ContainerLine, Discard, Disposal, Draft, Part, Posting, Prior, Reversal, Seat,
};
use hazledger::domain::merkle::Frontier;
use hazledger::domain::mixture::{Component, Mixture};
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::vessel::{Pour, Vessel, VesselEvent, VesselKind, VesselStep, WeighedVessel};

use super::entries::{LEAF, checkout, identity, posting, receipt, try_seal};
use super::{known, now, person, seq, serial, standing};

const CODE: &str = "900-402-06";

fn drum() -> Serial {
    serial(90_000_001)
}

fn registered() -> Vessel {
    Vessel {
        serial: drum(),
        place: PlaceId::MIN,
        code: CODE.parse().unwrap(),
        kind: VesselKind::Drum,
        capacity: Quantity::new(Dimension::Mass, 9).unwrap(),
        tare_ug: None,
        hazards: Vec::new(),
    }
}

/// Four of ten go into the drum.
fn poured() -> Draft {
    let mut draft = checkout();
    draft.act = Act::Waste(Discard {
        code: CODE.parse().unwrap(),
        into: Some(Pour {
            vessel: drum(),
            taken_up: None,
        }),
    });
    draft.postings[1] = Posting {
        place: None,
        ..posting(Account::Vessel, 4)
    };
    draft
}

fn closed() -> Draft {
    Draft::of(Act::VesselStep(VesselStep {
        serial: drum(),
        what: VesselEvent::Close,
    }))
}

/// The drum leaves before persons 4 and 5.
fn gone() -> Draft {
    let witness = |number| Seat {
        person: person(number),
        part: Part::Witness,
    };
    Draft {
        seats: vec![witness(4), witness(5)],
        postings: [(Account::Vessel, -4), (Account::Disposed, 4)]
            .map(|(account, amount)| Posting {
                place: None,
                ..posting(account, amount)
            })
            .to_vec(),
        ..Draft::of(Act::Dispose(Disposal {
            weighed: Vec::new(),
            handler: "处置中心".to_owned(),
            manifest: None,
            vessels: vec![WeighedVessel {
                serial: drum(),
                gross_ug: 20,
                tare_ug: Some(16),
                content_ug: Some(4),
            }],
        }))
    }
}

struct Written {
    facts: Facts,
    frontier: Frontier,
}

impl Written {
    fn of(drafts: Vec<Draft>) -> Self {
        let (facts, frontier) = (known(), Frontier::default());
        let mut written = Self { facts, frontier };
        for draft in drafts {
            written.apply(draft).unwrap();
        }
        written
    }

    fn apply(&mut self, draft: Draft) -> Result<(), ApplyError> {
        let record = try_seal(draft, &mut self.frontier).unwrap();
        self.facts.apply(&record, LEAF)
    }
}

/// What becomes of a draft after a receipt and a drum.
fn after(draft: Draft) -> Result<(), ApplyError> {
    let drum = Draft::of(Act::Vessel(registered()));
    Written::of(vec![drum, receipt()]).apply(behind(draft))
}

/// The same where the receipt is entry 1, behind that of the drum.
fn behind(mut draft: Draft) -> Draft {
    for line in &mut draft.containers {
        line.before = line.before.map(|prior| Prior {
            entry: seq(1),
            ..prior
        });
    }
    draft
}

fn wrong(entry: i64, what: &'static str) -> Result<(), ApplyError> {
    Err(ApplyError::Movement(seq(entry), what))
}

#[test]
fn apply_refuses_what_does_not_go_into_a_waste_container() {
    assert_eq!(after(poured()), Ok(()));
    let bent = |bend: &dyn Fn(&mut Discard)| {
        let mut draft = poured();
        let Act::Waste(discard) = &mut draft.act else {
            unreachable!()
        };
        bend(discard);
        after(draft)
    };
    let other = bent(&|discard| discard.code = "900-404-06".parse().unwrap());
    assert_eq!(other, wrong(2, "waste_code_differs"));
    let said = |ug| {
        move |discard: &mut Discard| {
            discard.into = Some(Pour {
                vessel: drum(),
                taken_up: Some(ug),
            });
        }
    };
    assert_eq!(bent(&said(10)), wrong(2, "waste_container_full"));
    assert_eq!(bent(&said(9)), Ok(()));
    let unknown = bent(&|discard| {
        discard.into = Some(Pour {
            vessel: serial(90_000_002),
            taken_up: None,
        });
    });
    assert_eq!(unknown, wrong(2, "waste_container_unknown"));

    let odd = wrong(2, "ledger_inconsistent");
    let mut elsewhere = poured();
    elsewhere.postings[1].place = Some(PlaceId::MIN);
    assert_eq!(after(elsewhere), odd);
    let mut status = poured();
    status.containers[0].after.status = Status::Lost;
    assert_eq!(after(status), odd);
    let mut swapped = poured();
    swapped.postings.reverse();
    assert_eq!(after(swapped), odd);
    // What is waste itself goes into no drum, and nothing comes to a drum unnamed.
    let unnamed = bent(&|discard| discard.into = None);
    assert_eq!(unnamed, wrong(2, "what becomes waste comes from elsewhere"));
}

#[test]
fn apply_refuses_to_register_close_and_fill_a_waste_container_otherwise() {
    let twice = Written::of(vec![Draft::of(Act::Vessel(registered()))])
        .apply(Draft::of(Act::Vessel(registered())));
    assert_eq!(twice, wrong(1, "ledger_inconsistent"));
    let mut late = registered();
    late.serial = serial(90_000_003);
    let late = Written::of(vec![]).apply(Draft::of(Act::Vessel(late)));
    assert_eq!(late, wrong(0, "ledger_inconsistent"));
    let mut bottle = receipt();
    bottle.containers[0].serial = drum();
    for posting in &mut bottle.postings {
        posting.container = drum();
    }
    let bottle = Written::of(vec![]).apply(bottle);
    assert_eq!(bottle, Err(ApplyError::Identity(seq(0), drum())));

    let drum = Draft::of(Act::Vessel(registered()));
    let mut written = Written::of(vec![drum, receipt(), closed()]);
    assert_eq!(
        written.apply(behind(poured())),
        wrong(3, "waste_container_closed")
    );
    let drum = Draft::of(Act::Vessel(registered()));
    let again = Written::of(vec![drum, closed()]).apply(closed());
    assert_eq!(again, wrong(2, "waste_container_closed"));
}

#[test]
fn apply_refuses_a_waste_container_that_leaves_otherwise() {
    let filled = || {
        let drum = Draft::of(Act::Vessel(registered()));
        Written::of(vec![drum, receipt(), behind(poured())])
    };
    assert_eq!(filled().apply(gone()), Ok(()));
    let bent = |bend: &dyn Fn(&mut Draft, &mut Disposal)| {
        let mut draft = gone();
        let Act::Dispose(mut disposal) = draft.act.clone() else {
            unreachable!()
        };
        bend(&mut draft, &mut disposal);
        draft.act = Act::Dispose(disposal);
        filled().apply(draft)
    };
    let odd = wrong(3, "ledger_inconsistent");
    assert_eq!(bent(&|draft, _| draft.postings.clear()), odd);
    assert_eq!(bent(&|_, disposal| disposal.vessels.clear()), odd);
    assert_eq!(
        bent(&|_, disposal| disposal.vessels[0].content_ug = Some(5)),
        odd
    );
    let less = bent(&|draft, _| {
        draft.postings[0].amount = -3;
        draft.postings[1].amount = 3;
    });
    assert_eq!(less, odd);
    let light = bent(&|_, disposal| disposal.vessels[0].gross_ug = 15);
    assert_eq!(light, wrong(3, "weight_below_tare"));
    let alone = bent(&|draft, _| draft.seats.truncate(1));
    assert_eq!(alone, wrong(3, "witnesses_missing"));

    let mut left = filled();
    left.apply(gone()).unwrap();
    assert_eq!(left.apply(gone()), wrong(4, "waste_container_gone"));
    // What was poured does not come back out of what is gone.
    let back = Draft {
        containers: vec![ContainerLine {
            serial: serial(1),
            before: Some(Prior {
                entry: seq(2),
                standing: standing(Status::InStock, 6),
            }),
            identity: None,
            after: standing(Status::InStock, 10),
        }],
        postings: vec![
            posting(Account::Container, 4),
            Posting {
                place: None,
                ..posting(Account::Vessel, -4)
            },
        ],
        ..Draft::of(Act::Reverse(Reversal { entry: seq(2) }))
    };
    let mut left = filled();
    left.apply(gone()).unwrap();
    assert_eq!(left.apply(back.clone()), wrong(4, "waste_container_gone"));
    assert_eq!(filled().apply(back), Ok(()));
}

/// Four of ten become four of another bottle.
fn mixed() -> Draft {
    let made = |account, amount| Posting {
        container: serial(2),
        ..posting(account, amount)
    };
    let mut draft = checkout();
    let four = Quantity::new(Dimension::Mass, 4).unwrap();
    draft.act = Act::Mix(Mixture {
        components: vec![Component {
            serial: serial(1),
            product: identity().product,
            amount: four,
            mass_ug: Some(4),
            fraction_ppb: Some(1_000_000_000),
            ug_per_l: None,
        }],
        solvent: None,
    });
    draft.identities = vec![Identity {
        mixed: true,
        expires_on: Some(now().china_day()),
        ..identity()
    }];
    draft.containers.push(ContainerLine {
        serial: serial(2),
        before: None,
        identity: Some(0),
        after: standing(Status::InStock, 4),
    });
    let nowhere = |posting: Posting| Posting {
        place: None,
        ..posting
    };
    draft.postings = vec![
        posting(Account::Container, -4),
        nowhere(posting(Account::Made, 4)),
        nowhere(made(Account::Made, -4)),
        made(Account::Container, 4),
    ];
    draft
}

#[test]
fn apply_refuses_a_mixture_that_is_not_what_it_says() {
    let after = |draft: Draft| Written::of(vec![receipt()]).apply(draft);
    assert_eq!(after(mixed()), Ok(()));
    let bent = |bend: &dyn Fn(&mut Draft, &mut Mixture)| {
        let mut draft = mixed();
        let Act::Mix(mut mixture) = draft.act.clone() else {
            unreachable!()
        };
        bend(&mut draft, &mut mixture);
        draft.act = Act::Mix(mixture);
        after(draft)
    };
    let odd = wrong(1, "ledger_inconsistent");
    assert_eq!(
        bent(&|_, mixture| mixture.components[0].fraction_ppb = Some(1)),
        odd
    );
    assert_eq!(
        bent(&|_, mixture| mixture.components[0].mass_ug = None),
        odd
    );
    assert_eq!(bent(&|_, mixture| mixture.components.clear()), odd);
    assert_eq!(bent(&|draft, _| draft.identities[0].expires_on = None), odd);
    assert_eq!(bent(&|draft, _| draft.postings.swap(0, 1)), odd);
    assert_eq!(bent(&|draft, _| draft.identities[0].mixed = false), odd);
    let mut claimed = receipt();
    claimed.identities[0].mixed = true;
    let stray = Written::of(vec![]).apply(claimed);
    assert_eq!(stray, wrong(0, "a container that was not mixed says so"));
}

#[test]
fn apply_refuses_to_pour_or_mix_out_of_evidence() {
    let evidence = |draft: Draft| {
        let drum = Draft::of(Act::Vessel(registered()));
        let mut written = Written::of(vec![drum, receipt()]);
        let containers = &mut written.facts.stock.containers;
        let mut bottle = containers.get(serial(1)).unwrap().clone();
        bottle.incident = Some(IncidentId::MIN);
        containers.put(serial(1), bottle);
        written.apply(behind(draft))
    };
    let taken = wrong(2, "something was taken out of evidence");
    assert_eq!(evidence(poured()), taken);
    assert_eq!(evidence(mixed()), taken);
}
