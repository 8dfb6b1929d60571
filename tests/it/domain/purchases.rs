//! Entries about purchases that do not follow, whoever wrote them.

use hazledger::domain::facts::Facts;
use hazledger::domain::ids::{PermitId, ProductId, RequisitionId};
use hazledger::domain::ledger::apply::ApplyError;
use hazledger::domain::ledger::{Act, Draft, Record};
use hazledger::domain::merkle::Frontier;
use hazledger::domain::permit::{Goods, Permit, PermitKind, PermitLine};
use hazledger::domain::purchasing::Purchase;
use hazledger::domain::quantity::{Dimension, Quantity};
use hazledger::domain::requisition::Approval;

use super::entries::{LEAF, receipt, try_seal};
use super::{known, now, seq, serial};

/// A ledger of which each entry is sealed, whatever it says.
struct Written {
    frontier: Frontier,
    facts: Facts,
}

impl Written {
    fn new() -> Self {
        Self {
            frontier: Frontier::default(),
            facts: known(),
        }
    }

    fn apply(&mut self, draft: Draft) -> Result<(), ApplyError> {
        let record: Record = try_seal(draft, &mut self.frontier).unwrap();
        self.facts.apply(&record, LEAF)
    }
}

/// A permit for so many µg of the one product.
fn permit(amount: i64) -> Permit {
    Permit {
        id: PermitId::MIN,
        kind: PermitKind::Licence,
        number: "证-1".to_owned(),
        issuer: "公安局".to_owned(),
        from: now().china_day(),
        until: None,
        lines: vec![PermitLine {
            goods: Goods::Product(ProductId::MIN),
            quantity: Quantity::new(Dimension::Mass, amount).unwrap(),
        }],
        single_use: false,
        revoked: false,
    }
}

/// A bottle of ten arrives against the permit.
fn purchase(number: i64) -> Draft {
    let mut draft = Draft {
        act: Act::Purchase(Purchase {
            permits: [PermitId::MIN].into(),
            order: None,
        }),
        ..receipt()
    };
    draft.containers[0].serial = serial(number);
    draft
        .postings
        .iter_mut()
        .for_each(|posting| posting.container = serial(number));
    draft
}

fn refused(at: i64, code: &str) -> Result<(), ApplyError> {
    Err(ApplyError::Purchase(seq(at), code.to_owned()))
}

#[test]
fn apply_refuses_a_receipt_beyond_its_permit_and_a_permit_below_its_receipts() {
    let mut written = Written::new();
    assert_eq!(written.apply(purchase(1)), refused(0, "permit_unknown"));

    let mut written = Written::new();
    written.apply(Draft::of(Act::Permit(permit(15)))).unwrap();
    written.apply(purchase(1)).unwrap();
    let held = written.facts.allowance(PermitId::MIN).unwrap();
    assert_eq!((held.drawn.as_slice(), held.receipts), ([10].as_slice(), 1));
    let below = Draft::of(Act::Permit(permit(9)));
    assert_eq!(written.apply(below), refused(2, "permit_below_drawn"));
    let single = Permit {
        single_use: true,
        ..permit(15)
    };
    let other_kind = Draft::of(Act::Permit(single));
    assert_eq!(written.apply(other_kind), refused(3, "permit_fixed"));
    let alone = Draft::of(Act::Permit(permit(20)));
    assert_eq!(written.apply(alone), refused(4, "second_person_required"));
    let nothing = Draft::of(Act::Permit(permit(0)));
    assert_eq!(written.apply(nothing), refused(5, "permit_quantity"));
    assert_eq!(written.apply(purchase(2)), refused(6, "permit_exceeded"));
}

#[test]
fn apply_refuses_an_approval_of_nothing() {
    let approval = Approval {
        request: RequisitionId::MIN,
        version: 1,
        approved: true,
    };
    assert_eq!(
        Written::new().apply(Draft::of(Act::Approve(approval))),
        refused(0, "purchase_request_unknown")
    );
}
