//! What never arrived, what never came back, and what is taken back otherwise than it left.

use hazledger::domain::ids::IncidentId;
use hazledger::domain::incident::{Affected, Incident, IncidentKind};
use hazledger::domain::product::ClassLine;

use super::*;

#[test]
fn apply_refuses_a_settlement_that_hides_what_is_lost_of_a_watched_class() {
    let lost = |change: fn(&mut TransferSettlement)| {
        let mut written = Written::sent();
        watch(&mut written);
        let mut draft = settlement(Some(4), Account::Lost);
        let Act::Settle(settled) = &mut draft.act else {
            unreachable!()
        };
        settled.incident = Some(Incident {
            id: IncidentId::try_from(1).unwrap(),
            kind: IncidentKind::SuspectedLoss,
            place: standing(Status::InStock, 10).place,
            discovered_at: now(),
            containers: vec![Affected {
                serial: serial(1),
                lost: 6,
            }],
        });
        change(settled);
        written.apply(draft)
    };
    assert_eq!(lost(|_| ()), Ok(()));
    let inconsistent = refused(2, "ledger_inconsistent");
    assert_eq!(lost(|settled| settled.incident = None), inconsistent);
    assert_eq!(
        lost(|settled| settled.incident.as_mut().unwrap().containers[0].lost = 5),
        inconsistent
    );
    assert_eq!(
        lost(|settled| settled.incident.as_mut().unwrap().kind = IncidentKind::Leak),
        inconsistent
    );
    let later = |settled: &mut TransferSettlement| {
        settled.incident.as_mut().unwrap().discovered_at = now().plus_millis(1);
    };
    assert_eq!(lost(later), refused(2, "occurred_in_future"));
}

/// What becomes of what was refused, taken back in another way.
fn taken_back(change: impl FnOnce(&mut Written, &mut Draft)) -> Result<(), ApplyError> {
    let mut written = Written::sent();
    written.apply(settlement(None, Account::Variance)).unwrap();
    let [road, back] = [Status::InTransit, Status::InStock].map(|status| standing(status, 10));
    let mut draft = Draft {
        containers: vec![line(2, road, back)],
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
    change(&mut written, &mut draft);
    written.apply(draft)
}

fn missing(draft: &mut Draft) {
    draft.containers[0].after = standing(Status::Lost, 0);
    draft.postings[1] = posting(Account::Variance, 10);
    let Act::Reclaim(reclamation) = &mut draft.act else {
        unreachable!()
    };
    reclamation.missing = vec![Label::new(hospital(), serial(1), Generation::MIN)];
}

#[test]
fn apply_takes_back_what_was_refused_as_it_left() {
    assert_eq!(taken_back(|_, _| ()), Ok(()));
    let inconsistent = refused(3, "ledger_inconsistent");
    let relabelled = taken_back(|_, draft| {
        draft.containers[0].after.generation = Generation::try_from(1).unwrap();
    });
    let label = ApplyError::Movement(seq(3), "a label changes without a new one");
    assert_eq!(relabelled, Err(label));
    // What never came back has nothing in it.
    assert_eq!(taken_back(|_, draft| missing(draft)), Ok(()));
    let unsaid = taken_back(|_, draft| {
        draft.containers[0].after = standing(Status::Lost, 0);
        draft.postings[1] = posting(Account::Variance, 10);
    });
    assert_eq!(unsaid, inconsistent);
    let watched = taken_back(|written, draft| {
        missing(draft);
        draft.postings[1].account = Account::Lost;
        watch(written);
    });
    assert_eq!(watched, refused(3, "loss_unreported"));
}

/// The product is of a watched class from today on, without anybody having to sign.
fn watch(written: &mut Written) {
    let products = &mut written.facts.register.products;
    products
        .change(ProductId::MIN)
        .unwrap()
        .classes
        .push(ClassLine {
            class: ControlClass::DrugPrecursor3,
            from: now().china_day(),
            until: None,
            source: "易制毒化学品目录".to_owned(),
        });
}

#[test]
fn apply_refuses_to_send_what_is_evidence() {
    let mut written = Written::new();
    written.apply(receipt()).unwrap();
    let draft = written.sending();
    let container = written.facts.stock.containers.change(serial(1)).unwrap();
    container.incident = IncidentId::try_from(1).ok();
    assert_eq!(written.apply(draft), refused(1, "container_in_incident"));
}

#[test]
fn apply_refuses_an_acceptance_that_puts_it_where_it_may_not_be_or_before_it_left() {
    let inconsistent = refused(1, "ledger_inconsistent");
    let relabelled = accepted_with(10, |draft| {
        draft.containers[0].after.generation = Generation::try_from(1).unwrap();
    });
    assert_eq!(relabelled, inconsistent);
    let nowhere = accepted_with(10, |draft| {
        let place = PlaceId::try_from(77).unwrap();
        draft.containers[0].after.place = place;
        draft.postings[1].place = Some(place);
    });
    assert_eq!(nowhere, refused(1, "place_unknown"));
    let early = accepted_with(10, |draft| draft.occurred_at = Some(now().plus_millis(-1)));
    assert_eq!(early, refused(1, "arrived_before_sent"));
}
