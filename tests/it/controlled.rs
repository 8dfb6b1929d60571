//! A container of a controlled class moves under signatures only, whatever the verb.

use hazledger::domain::container::{Container, Identity, Standing, Status};
use hazledger::domain::facts::Facts;
use hazledger::domain::ids::{
    Generation, InstitutionId, Label, PersonId, PlaceId, ProductId, Seq, Serial,
};
use hazledger::domain::ledger::{Act, Actor, ContainerLine, Head, Log, Prior, Record};
use hazledger::domain::merkle::Hash;
use hazledger::domain::policy;
use hazledger::domain::product::{ClassLine, Product};
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::refusal::Refusal;
use hazledger::domain::substance::ControlClass;
use hazledger::domain::time::Time;
use hazledger::domain::verb::{
    Checkout, Claim, Context, GiveBack, Lot, Measure, Open, Release, Reverse, Split, Take, Use,
    Verb,
};

const INSTITUTION: i64 = 7;
const CHECKOUT: i64 = 5;

/// A bottle of potassium cyanide that was checked out whole by entry 5.
fn cyanide() -> (Facts, Label) {
    let mut facts = Facts::of(INSTITUTION.try_into().unwrap());
    facts.default_policies = policy::defaults();
    let product = Product {
        id: ProductId::MIN,
        name: "氰化钾".to_owned(),
        qualifier: None,
        cas: None,
        substance: None,
        dimension: Dimension::Mass,
        density: None,
        classes: vec![ClassLine {
            class: ControlClass::HighlyToxic,
            from: "2015-05-01".parse().unwrap(),
            until: None,
            source: "test".to_owned(),
        }],
        aliases: Vec::new(),
    };
    facts.register.products.load(product.id, product);
    let inside = Standing {
        status: Status::InStock,
        place: PlaceId::MIN,
        holder: None,
        generation: Generation::MIN,
        amount: 500,
    };
    let outside = Standing {
        status: Status::CheckedOut,
        holder: Some(PersonId::MIN),
        ..inside
    };
    let entry: Seq = CHECKOUT.try_into().unwrap();
    let container = Container {
        serial: Serial::MIN,
        identity: Identity {
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
        },
        standing: outside,
        last_entry: entry,
        verified_at: None,
        incident: None,
    };
    facts.stock.containers.load(container.serial, container);
    let line = ContainerLine {
        serial: Serial::MIN,
        before: Some(Prior {
            entry: 4.try_into().unwrap(),
            standing: inside,
        }),
        identity: None,
        after: outside,
    };
    facts
        .stock
        .entries
        .insert(entry, record(facts.institution, entry, line));
    let label = Label::new(facts.institution, Serial::MIN, Generation::MIN);
    (facts, label)
}

fn record(institution: InstitutionId, seq: Seq, line: ContainerLine) -> Record {
    Record {
        v: 1,
        institution,
        log: Log::Ledger,
        seq,
        recorded_at: Time::default(),
        occurred_at: None,
        late: None,
        actor: Actor {
            person: None,
            name: "test".to_owned(),
            terminal: None,
        },
        request: String::new(),
        salt: String::new(),
        prev: Head {
            size: 5,
            root: Hash([0; 32]),
        },
        reason: String::new(),
        seats: Vec::new(),
        identities: Vec::new(),
        containers: vec![line],
        postings: Vec::new(),
        signed: None,
        act: Act::Checkout,
    }
}

#[test]
fn no_verb_moves_a_controlled_container_without_signatures() {
    let (facts, label) = cyanide();
    let amount = Quantity::new(Dimension::Mass, 1).unwrap();
    let (reason, claim) = (String::new(), Claim::default());
    let checkout = Checkout {
        label,
        take: Take::Whole,
        receiver: PersonId::MIN,
        purpose: reason.clone(),
        claim: claim.clone(),
    };
    let verbs: [Box<dyn Verb>; 6] = [
        Box::new(Release(checkout.clone())),
        Box::new(checkout),
        Box::new(Use {
            label,
            source: None,
            amount,
            purpose: reason.clone(),
            claim: claim.clone(),
        }),
        Box::new(GiveBack {
            label,
            source: None,
            measure: Measure::Amount(amount),
            place: None,
            reason: reason.clone(),
            claim: claim.clone(),
        }),
        Box::new(Split {
            label,
            count: 1,
            each: amount,
            place: None,
            expires_on: None,
            tare_ug: None,
            reason: reason.clone(),
            claim: claim.clone(),
        }),
        Box::new(Reverse {
            entry: CHECKOUT.try_into().unwrap(),
            reason: reason.clone(),
        }),
    ];
    let cx = Context {
        now: "2026-06-01T00:00:00.000Z".parse().unwrap(),
        actor: Some(PersonId::MIN),
        head: Head {
            size: 0,
            root: Hash([0; 32]),
        },
    };
    for verb in verbs {
        let refusal = verb.decide(&facts, &cx).unwrap_err();
        assert_eq!(
            refusal,
            Refusal::SignaturesRequired { label, needed: 2 },
            "{}",
            verb.name()
        );
    }
}

/// An opening of one bottle of potassium cyanide.
fn opening() -> Open {
    let (facts, _) = cyanide();
    let (_, bottle) = facts.stock.containers.iter().next().unwrap();
    Open {
        lots: vec![Lot {
            identity: bottle.identity.clone(),
            count: 1,
            each: Quantity::new(Dimension::Mass, 500).unwrap(),
            place: PlaceId::MIN,
        }],
        acceptors: vec![PersonId::MIN, 2.try_into().unwrap()],
        reason: String::new(),
    }
}

#[test]
fn no_controlled_container_is_opened_without_signatures() {
    let (facts, _) = cyanide();
    let cx = Context {
        now: "2026-06-01T00:00:00.000Z".parse().unwrap(),
        actor: Some(PersonId::MIN),
        head: Head {
            size: 0,
            root: Hash([0; 32]),
        },
    };
    let refusal = opening().decide(&facts, &cx).unwrap_err();
    assert_eq!(refusal, Refusal::AcceptanceUnsigned { needed: 2 });
}

#[test]
fn an_opening_entry_of_a_controlled_container_without_signatures_does_not_apply() {
    let (mut facts, _) = cyanide();
    let (_, bottle) = facts.stock.containers.iter().next().unwrap();
    let (identity, standing) = (bottle.identity.clone(), bottle.standing);
    let line = ContainerLine {
        serial: 2.try_into().unwrap(),
        before: None,
        identity: Some(0),
        after: standing,
    };
    let entry = Record {
        identities: vec![identity],
        act: Act::Opening,
        recorded_at: "2026-06-01T00:00:00.000Z".parse().unwrap(),
        ..record(facts.institution, 6.try_into().unwrap(), line)
    };
    let wrong = facts.apply(&entry, Hash([7; 32])).unwrap_err().to_string();
    assert!(wrong.contains("there are none"), "{wrong}");
}
