//! The pure rules, each over everything it can be asked.

mod entries;
mod forged;
mod pulls;
mod purchases;
pub mod submissions;
mod transfers;
mod vessels;

use std::fmt::Write as _;

use hazledger::domain::container::{Event, Standing, Status};
use hazledger::domain::facts::Facts;
use hazledger::domain::happening::Happening;
use hazledger::domain::ids::{
    Generation, InstitutionId, Label, PersonId, PlaceId, ProductId, Seq, Serial,
};
use hazledger::domain::ledger::Late;
use hazledger::domain::people::{Appointment, Permission, Role, Tenure};
use hazledger::domain::place::{Place, PlaceKind};
use hazledger::domain::policy::{Policy, Requirement};
use hazledger::domain::product::Product;
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::refusal::{Known, Refusal};
use hazledger::domain::substance::ControlClass;
use hazledger::domain::time::Time;
use hazledger::domain::verb::{Context, Lot, Open, SetPlace, Verb};

const HOUR: i64 = 3_600_000;

fn now() -> Time {
    "2026-06-01T00:00:00.000Z".parse().unwrap()
}

fn hospital() -> InstitutionId {
    InstitutionId::try_from(1).unwrap()
}

fn serial(number: i64) -> Serial {
    Serial::try_from(number).unwrap()
}

fn seq(number: i64) -> Seq {
    Seq::try_from(number).unwrap()
}

fn person(number: i64) -> PersonId {
    PersonId::try_from(number).unwrap()
}

/// The program itself asks, now.
fn nobody() -> Context {
    Context {
        now: now(),
        actor: None,
        head: hazledger::domain::ledger::Head {
            size: 0,
            root: hazledger::domain::merkle::Hash([0; 32]),
        },
    }
}

fn standing(status: Status, amount: i64) -> Standing {
    Standing {
        status,
        place: PlaceId::MIN,
        holder: None,
        generation: Generation::MIN,
        amount,
    }
}

#[test]
fn every_state_takes_exactly_the_events_of_the_table() {
    let mut table = String::new();
    for status in Status::ALL {
        for event in Event::ALL {
            let next = status.after(*event).map_or("-", Status::as_str);
            writeln!(table, "{status} {event} {next}").unwrap();
        }
    }
    insta::assert_snapshot!(table, @r"
    in_stock take_part in_stock
    in_stock take_whole checked_out
    in_stock settle in_stock
    in_stock put_back in_stock
    in_stock consume in_stock
    in_stock bring_back -
    in_stock move in_stock
    in_stock reprint in_stock
    in_stock pour_away in_stock
    in_stock discard waste
    in_stock dispose -
    in_stock send in_transit
    in_stock deliver -
    in_stock reclaim -
    in_stock miss -
    in_stock adjust in_stock
    in_stock lose lost
    in_stock find_again -
    in_stock find_waste -
    in_stock annul void
    checked_out take_part -
    checked_out take_whole -
    checked_out settle checked_out
    checked_out put_back -
    checked_out consume checked_out
    checked_out bring_back in_stock
    checked_out move -
    checked_out reprint checked_out
    checked_out pour_away checked_out
    checked_out discard -
    checked_out dispose -
    checked_out send -
    checked_out deliver -
    checked_out reclaim -
    checked_out miss -
    checked_out adjust -
    checked_out lose lost
    checked_out find_again -
    checked_out find_waste -
    checked_out annul -
    empty take_part -
    empty take_whole -
    empty settle empty
    empty put_back empty
    empty consume -
    empty bring_back -
    empty move -
    empty reprint -
    empty pour_away -
    empty discard waste
    empty dispose -
    empty send -
    empty deliver -
    empty reclaim -
    empty miss -
    empty adjust empty
    empty lose -
    empty find_again -
    empty find_waste -
    empty annul -
    waste take_part -
    waste take_whole -
    waste settle waste
    waste put_back -
    waste consume -
    waste bring_back -
    waste move waste
    waste reprint waste
    waste pour_away -
    waste discard -
    waste dispose disposed
    waste send -
    waste deliver -
    waste reclaim -
    waste miss -
    waste adjust waste
    waste lose lost
    waste find_again -
    waste find_waste -
    waste annul -
    disposed take_part -
    disposed take_whole -
    disposed settle disposed
    disposed put_back -
    disposed consume -
    disposed bring_back -
    disposed move -
    disposed reprint -
    disposed pour_away -
    disposed discard -
    disposed dispose -
    disposed send -
    disposed deliver -
    disposed reclaim -
    disposed miss -
    disposed adjust -
    disposed lose -
    disposed find_again -
    disposed find_waste waste
    disposed annul -
    in_transit take_part -
    in_transit take_whole -
    in_transit settle -
    in_transit put_back -
    in_transit consume -
    in_transit bring_back -
    in_transit move -
    in_transit reprint -
    in_transit pour_away -
    in_transit discard -
    in_transit dispose -
    in_transit send -
    in_transit deliver sent
    in_transit reclaim in_stock
    in_transit miss lost
    in_transit adjust -
    in_transit lose -
    in_transit find_again -
    in_transit find_waste -
    in_transit annul -
    sent take_part -
    sent take_whole -
    sent settle -
    sent put_back -
    sent consume -
    sent bring_back -
    sent move -
    sent reprint -
    sent pour_away -
    sent discard -
    sent dispose -
    sent send -
    sent deliver -
    sent reclaim -
    sent miss -
    sent adjust -
    sent lose -
    sent find_again in_stock
    sent find_waste -
    sent annul -
    lost take_part -
    lost take_whole -
    lost settle lost
    lost put_back -
    lost consume -
    lost bring_back -
    lost move -
    lost reprint -
    lost pour_away -
    lost discard -
    lost dispose -
    lost send -
    lost deliver -
    lost reclaim -
    lost miss -
    lost adjust -
    lost lose -
    lost find_again in_stock
    lost find_waste waste
    lost annul -
    void take_part -
    void take_whole -
    void settle -
    void put_back -
    void consume -
    void bring_back -
    void move -
    void reprint -
    void pour_away -
    void discard -
    void dispose -
    void send -
    void deliver -
    void reclaim -
    void miss -
    void adjust -
    void lose -
    void find_again -
    void find_waste -
    void annul -
    ");
}

#[test]
fn an_empty_container_is_empty_and_a_filled_one_in_stock() {
    let settled = |status, amount| standing(status, amount).settled().status;
    assert_eq!(settled(Status::InStock, 0), Status::Empty);
    assert_eq!(settled(Status::InStock, 1), Status::InStock);
    assert_eq!(settled(Status::Empty, 1), Status::InStock);
    assert_eq!(settled(Status::Empty, 0), Status::Empty);
    assert_eq!(settled(Status::CheckedOut, 0), Status::CheckedOut);
    assert_eq!(settled(Status::Void, 0), Status::Void);
}

#[test]
fn every_role_may_exactly_what_the_table_says() {
    let mut table = String::new();
    for role in Role::ALL {
        let allowed = Permission::ALL
            .iter()
            .filter(|permission| role.may(**permission));
        let allowed: Vec<_> = allowed.map(|permission| permission.as_str()).collect();
        writeln!(table, "{role}: {}", allowed.join(" ")).unwrap();
    }
    insta::assert_snapshot!(table, @r"
    staff: read_stock checkout request_purchases report_incidents
    custodian: read_stock read_ledger read_people receive move checkout waste reverse request_purchases stocktake adjust report_incidents
    head: read_stock read_ledger read_people checkout request_purchases approve_purchases report_incidents
    equipment: read_stock read_ledger read_people import receive move waste reverse manage_places request_purchases manage_purchases stocktake adjust report_incidents end_incidents submit manage_policy
    safety: read_stock read_ledger read_audit read_people waste stocktake report_incidents end_incidents manage_policy
    bureau: read_stock read_ledger review pull_checkpoints
    auditor: read_stock read_ledger read_audit read_people
    administrator: read_people manage_people
    ");
}

#[test]
fn administrators_auditors_and_the_bureau_hold_nothing_else() {
    for one in Role::ALL {
        for other in Role::ALL {
            let apart = [Role::Administrator, Role::Auditor, Role::Bureau];
            let expected = one == other || !(apart.contains(one) || apart.contains(other));
            assert_eq!(one.goes_with(*other), expected, "{one} and {other}");
        }
    }
}

#[test]
fn a_tenure_holds_from_its_first_to_before_its_last_millisecond() {
    let tenure = |revoked_by| Tenure {
        appointment: Appointment {
            person: person(1),
            role: Role::Custodian,
            place: None,
            from: now(),
            until: Some(now().plus_millis(HOUR)),
            stands_in_for: None,
        },
        revoked_by,
    };
    let held = [-1, 0, HOUR - 1, HOUR].map(|after| tenure(None).holds_at(now().plus_millis(after)));
    assert_eq!(held, [false, true, true, false]);
    assert!(!tenure(Some(seq(9))).holds_at(now()));
}

#[test]
fn a_claim_reaches_back_24_hours_to_the_millisecond() {
    let stamp = |back: i64, late: Option<Late>| {
        let occurred_at = Some(now().plus_millis(-back));
        let happening = Happening {
            occurred_at,
            is_excused: late.is_some(),
            recorded_at: now(),
        };
        let could = Facts::of(hospital()).could_happen(happening, &[], &[]);
        could.map(|()| occurred_at)
    };
    let day = 24 * HOUR;
    let reason = || Late {
        reason: "停电".to_owned(),
        form: None,
        scan_sha256: None,
    };
    assert_eq!(stamp(0, None), Ok(Some(now())));
    assert_eq!(stamp(day, None), Ok(Some(now().plus_millis(-day))));
    let occurred_at = now().plus_millis(-day - 1);
    assert_eq!(
        stamp(day + 1, None),
        Err(Refusal::LateReasonMissing { occurred_at })
    );
    assert_eq!(stamp(day + 1, Some(reason())), Ok(Some(occurred_at)));
    let occurred_at = now().plus_millis(1);
    let future = Refusal::OccurredInFuture {
        occurred_at,
        now: now(),
    };
    assert_eq!(stamp(-1, None), Err(future.clone()));
    assert_eq!(stamp(-1, Some(reason())), Err(future));
}

/// A hospital that knows the product of the entries: common salt.
fn known() -> Facts {
    let mut facts = Facts::of(hospital());
    let product = Product {
        id: ProductId::MIN,
        name: "氯化钠".to_owned(),
        qualifier: None,
        cas: None,
        substance: None,
        dimension: Dimension::Mass,
        density: None,
        classes: vec![],
        aliases: Vec::new(),
    };
    facts.register.products.load(product.id, product);
    facts.register.places.load(PlaceId::MIN, place(1, None));
    facts
}

#[test]
fn a_label_is_good_in_its_own_generation_only() {
    let mut facts = known();
    facts.apply(&entries::records()[0], entries::LEAF).unwrap();
    let generation = |number: i64| Generation::try_from(number).unwrap();
    facts
        .stock
        .containers
        .change(serial(1))
        .unwrap()
        .standing
        .generation = generation(2);
    let label = |number| Label::new(hospital(), serial(1), generation(number));
    let seen = |label| facts.container(label).map(|container| container.serial);
    assert_eq!(seen(label(2)), Ok(serial(1)));
    for old in [0, 1] {
        let replaced = Refusal::LabelReplaced {
            label: label(old),
            current: label(2),
            on: Known(None),
            by: Known(None),
        };
        assert_eq!(seen(label(old)), Err(replaced));
    }
    let unknown = [
        label(3),
        Label::new(hospital(), serial(2), generation(2)),
        Label::new(
            InstitutionId::try_from(2).unwrap(),
            serial(1),
            generation(2),
        ),
        Label::new(
            InstitutionId::try_from(2).unwrap(),
            serial(1),
            generation(0),
        ),
    ];
    for label in unknown {
        assert_eq!(seen(label), Err(Refusal::LabelUnknown {}));
    }
}

fn policy(class: ControlClass, from: &str) -> Policy {
    Policy {
        class,
        from: from.parse().unwrap(),
        issuers: 0,
        receivers: 0,
        acceptors: 0,
        receiver_may_issue: true,
        window_seconds: 300,
        life_seconds: 86_400,
        emergency: true,
        handover: false,
        two_books: false,
        source: "test".to_owned(),
    }
}

#[test]
fn several_classes_demand_the_strictest_of_each() {
    use ControlClass as C;
    let toxic = Policy {
        issuers: 2,
        life_seconds: 3_600,
        emergency: false,
        handover: true,
        ..policy(C::HighlyToxic, "2020-01-01")
    };
    let narcotic = Policy {
        receivers: 1,
        acceptors: 2,
        receiver_may_issue: false,
        window_seconds: 60,
        two_books: true,
        ..policy(C::Narcotic, "2020-01-01")
    };
    let own = Policy {
        issuers: 1,
        acceptors: 3,
        ..policy(C::HighlyToxic, "2020-01-01")
    };
    let day = now().china_day();
    let law = [toxic, narcotic];
    let strictest = Requirement {
        issuers: 2,
        receivers: 1,
        acceptors: 3,
        receiver_may_issue: false,
        window_seconds: 60,
        life_seconds: 3_600,
        emergency: false,
        handover: true,
        two_books: true,
    };
    for classes in [[C::HighlyToxic, C::Narcotic], [C::Narcotic, C::HighlyToxic]] {
        assert_eq!(
            Requirement::of(&classes, day, &[&law, std::slice::from_ref(&own)]),
            strictest
        );
        assert_eq!(
            Requirement::of(&classes, day, &[std::slice::from_ref(&own), &law]),
            strictest
        );
    }
    assert_eq!(
        Requirement::of(&[C::Hazardous], day, &[&law]),
        Requirement::NONE
    );
    assert!(!Requirement::NONE.is_controlled());
    assert!(
        Requirement {
            receivers: 1,
            ..Requirement::NONE
        }
        .is_controlled()
    );
}

#[test]
fn a_policy_holds_from_its_day_until_the_next_one() {
    let class = ControlClass::HighlyToxic;
    let policies = [
        Policy {
            issuers: 2,
            ..policy(class, "2026-06-02")
        },
        Policy {
            issuers: 1,
            ..policy(class, "2026-06-05")
        },
    ];
    let issuers = |day: &str| Requirement::of(&[class], day.parse().unwrap(), &[&policies]).issuers;
    let days = [
        "2026-06-01",
        "2026-06-02",
        "2026-06-04",
        "2026-06-05",
        "2027-01-01",
    ];
    assert_eq!(days.map(issuers), [0, 2, 2, 1, 1]);
}

fn place(number: i64, parent: Option<i64>) -> Place {
    Place {
        id: PlaceId::try_from(number).unwrap(),
        parent: parent.map(|up| PlaceId::try_from(up).unwrap()),
        kind: PlaceKind::Cabinet,
        name: format!("柜{number}"),
        permitted: vec![],
        longitude_udeg: None,
        latitude_udeg: None,
        department: None,
        closed: false,
    }
}

#[test]
fn a_place_cannot_lie_in_itself_however_deep() {
    let mut facts = Facts::of(hospital());
    for number in 1..=60 {
        let made = place(number, (number > 1).then_some(number - 1));
        facts.register.places.load(made.id, made);
    }
    for deep in [1, 2, 32, 33, 60] {
        let set = SetPlace {
            id: Some(PlaceId::MIN),
            place: place(1, Some(deep)),
            second: None,
        };
        let refused = set.decide(&facts, &nobody()).unwrap_err();
        let itself = Refusal::PlaceInsideItself {
            place: PlaceId::MIN,
        };
        assert_eq!(refused, itself);
    }
}

#[test]
fn one_act_books_a_thousand_tonnes_and_no_more() {
    let mut facts = known();
    facts.register.places.load(PlaceId::MIN, place(1, None));
    let open = |lots: &[(u32, i64)]| {
        let lots = lots.iter().map(|(count, each)| Lot {
            identity: entries::identity(),
            count: *count,
            each: Quantity::new(Dimension::Mass, *each).unwrap(),
            place: PlaceId::MIN,
        });
        let verb = Open {
            lots: lots.collect(),
            acceptors: Vec::new(),
            reason: String::new(),
        };
        verb.decide(&facts, &nobody()).map(drop)
    };
    let tonne = 1_000_000_000_000;
    assert_eq!(open(&[(400, tonne), (1, 600 * tonne)]), Ok(()));
    for too_much in [
        vec![(1, 1_000 * tonne + 1)],
        vec![(400, tonne), (1, 600 * tonne), (1, 1)],
        vec![(2, i64::MAX)],
        vec![(1, i64::MAX), (1, i64::MAX)],
    ] {
        assert_eq!(open(&too_much), Err(Refusal::AmountOverflow {}));
    }
}
