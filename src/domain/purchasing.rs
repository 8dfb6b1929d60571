//! 采购: on what a receipt draws. The one rule of it: the verb asks it before the entry is made, and
//! `apply` once more of every entry, whoever wrote it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    container::Identity,
    facts::{Facts, Table},
    ids::{OrderId, PermitId, PersonId, RequisitionId, Seq},
    ledger::{Account, Act, Kind, Part, Posting, Record, Seat},
    people::Role,
    permit::{Allowance, Permit, PermitDraw, PermitKind, PurchasePolicy},
    product::Product,
    quantity::{Density, Quantity},
    refusal::Refusal,
    requisition::{
        Approval, Decided, Delivery, Demand, Order, OrderDraw, Requisition, RequisitionEvent,
    },
    time::Time,
};

/// What a receipt is against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purchase {
    /// The permits and filings on which it was bought: what has several classes may need several.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub permits: BTreeSet<PermitId>,
    /// The order that it fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
}

/// What a receipt draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Off each permit.
    pub permits: Vec<PermitDraw>,
    /// Of an order.
    pub order: Option<OrderDraw>,
}

/// What was bought and on what, as far as it is loaded.
#[derive(Clone, Debug, Default)]
pub struct Purchasing {
    /// Permits.
    pub permits: Table<PermitId, Allowance>,
    /// The entries about each permit: the first, and its corrections.
    pub permit_entries: Table<(PermitId, Seq), ()>,
    /// What receipts drew, by their entries; a reversal gives it back.
    pub drawings: Table<Seq, Drawing>,
    /// Purchase requests.
    pub requests: Table<RequisitionId, Demand>,
    /// Orders.
    pub orders: Table<OrderId, Delivery>,
}

/// What a verb wants loaded of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PurchaseNeeds {
    /// Permits.
    pub permits: BTreeSet<PermitId>,
    /// Permits with one of these numbers, folded.
    pub permit_numbers: BTreeSet<String>,
    /// Purchase requests.
    pub requests: BTreeSet<RequisitionId>,
    /// Orders, with the purchase requests in them.
    pub orders: BTreeSet<OrderId>,
    /// Orders with one of these numbers, folded.
    pub order_numbers: BTreeSet<String>,
    /// The last permit, purchase request and order, for the next number.
    pub last: bool,
}

impl PurchaseNeeds {
    /// Adds what another command needs.
    pub fn extend(&mut self, other: Self) {
        self.permits.extend(other.permits);
        self.permit_numbers.extend(other.permit_numbers);
        self.order_numbers.extend(other.order_numbers);
        self.requests.extend(other.requests);
        self.orders.extend(other.orders);
        self.last |= other.last;
    }
}

/// What arrives in a receipt.
#[derive(Debug)]
pub struct Arrival<'f> {
    product: &'f Product,
    density: Option<Density>,
    amount: Quantity,
    /// The day on which it came.
    day: NaiveDate,
    /// The day on which that is recorded.
    recorded_on: NaiveDate,
}

impl<'f> Arrival<'f> {
    /// What a receipt with these parts, recorded now, brought then (now if absent); it is of one product.
    ///
    /// # Errors
    /// [`Refusal::ProductUnknown`], [`Refusal::Inconsistent`] when it is of several.
    pub fn of(
        facts: &'f Facts,
        identities: &[Identity],
        postings: &[Posting],
        now: Time,
        occurred_at: Option<Time>,
    ) -> Result<Self, Refusal> {
        let wrong = Refusal::Inconsistent {
            what: "what a receipt brings",
        };
        let [identity] = identities else {
            return Err(wrong);
        };
        let arrived = postings
            .iter()
            .filter(|posting| posting.account == Account::Container)
            .try_fold(0_i64, |sum, posting| sum.checked_add(posting.amount));
        let amount = arrived.and_then(|sum| Quantity::new(identity.dimension, sum).ok());
        Ok(Self {
            product: facts.product(identity.product)?,
            density: identity.density,
            amount: amount.ok_or(wrong)?,
            day: occurred_at.unwrap_or(now).china_day(),
            recorded_on: now.china_day(),
        })
    }
}

impl Facts {
    /// What a receipt draws (RULES D8), if the documents that the purchase policies ask for are there.
    ///
    /// # Errors
    /// [`Refusal::PermitUnknown`], [`Refusal::PermitRequired`], and as [`Allowance::draw`] and
    /// [`Delivery::draw`].
    pub fn drawing(
        &self,
        purchase: Option<&Purchase>,
        arrival: &Arrival<'_>,
    ) -> Result<Drawing, Refusal> {
        let named = purchase.into_iter().flat_map(|purchase| &purchase.permits);
        let held = named.map(|permit| self.allowance(*permit));
        let held = held.collect::<Result<Vec<_>, _>>()?;
        // Whichever day asks for more: nobody chooses the day of the policy by what they claim.
        let of_both = [arrival.day, arrival.recorded_on].into_iter();
        for policy in of_both.flat_map(|day| self.purchase_policies(arrival.product, day)) {
            let is_enough = |held: &&Allowance| policy.permits.contains(&held.permit.kind);
            if !held.iter().any(is_enough) {
                return Err(Refusal::PermitRequired {
                    class: policy.class.name_zh(),
                    kinds: names(&policy.permits),
                });
            }
        }
        let drawn = held.into_iter().map(|held| {
            held.draw(
                arrival.product,
                arrival.density,
                arrival.amount,
                arrival.day,
            )
        });
        let order = purchase.and_then(|purchase| purchase.order);
        let filled = order.map(|order| self.delivery(order)?.draw(arrival.product, arrival.amount));
        Ok(Drawing {
            permits: drawn.collect::<Result<_, _>>()?,
            order: filled.transpose()?,
        })
    }

    /// The permit with what is left of it.
    ///
    /// # Errors
    /// [`Refusal::PermitUnknown`].
    pub fn allowance(&self, permit: PermitId) -> Result<&Allowance, Refusal> {
        let held = self.purchasing.permits.get(permit);
        held.ok_or(Refusal::PermitUnknown {})
    }

    /// The policies in force on a day that ask for a document for one of the product's classes: of two
    /// for one class the later one holds, of two from one day the one recorded later.
    fn purchase_policies(
        &self,
        product: &Product,
        day: NaiveDate,
    ) -> impl Iterator<Item = &PurchasePolicy> {
        let policies = &self.register.purchase_policies;
        let classes = if policies.is_empty() {
            Vec::new()
        } else {
            product.classes_on(day)
        };
        let in_force = classes.into_iter().filter_map(move |class| {
            let of_class = policies
                .iter()
                .filter(move |(_, policy)| policy.class == class && policy.from <= day);
            let latest = of_class.max_by_key(|(seq, policy)| (policy.from, **seq));
            latest.map(|(_, policy)| policy)
        });
        in_force.filter(|policy| !policy.permits.is_empty())
    }

    /// The purchase request with what has become of it.
    ///
    /// # Errors
    /// [`Refusal::PurchaseRequestUnknown`].
    pub fn demand(&self, request: RequisitionId) -> Result<&Demand, Refusal> {
        let demand = self.purchasing.requests.get(request);
        demand.ok_or(Refusal::PurchaseRequestUnknown {})
    }

    /// The order with what came of it.
    ///
    /// # Errors
    /// [`Refusal::OrderUnknown`].
    pub fn delivery(&self, order: OrderId) -> Result<&Delivery, Refusal> {
        let delivery = self.purchasing.orders.get(order);
        delivery.ok_or(Refusal::OrderUnknown {})
    }

    /// A purchase request as it stands when its applicant makes, changes or withdraws it.
    ///
    /// # Errors
    /// [`Refusal::DepartmentUnknown`], [`Refusal::DepartmentClosed`], [`Refusal::ProductUnknown`],
    /// [`Refusal::ProductDimension`], [`Refusal::AmountZero`], [`Refusal::NotTheApplicant`],
    /// [`Refusal::PurchaseRequestState`].
    pub fn requested(
        &self,
        requisition: &Requisition,
        by: Option<PersonId>,
        at: Time,
    ) -> Result<Demand, Refusal> {
        let before = self.purchasing.requests.get(requisition.id);
        let applicant = before.map_or(requisition.applicant, |one| one.requisition.applicant);
        if by != Some(applicant) || applicant != requisition.applicant {
            return Err(Refusal::NotTheApplicant { applicant });
        }
        if let Some(before) = before.filter(|_| requisition.withdrawn) {
            return Ok(Demand {
                requisition: requisition.clone(),
                ..before.after(RequisitionEvent::Withdraw, Kind::Requisition)?
            });
        }
        self.department(requisition.department)?;
        let product = self.product(requisition.product)?;
        if requisition.quantity.dimension() != product.dimension {
            return Err(Refusal::ProductDimension {
                product: product.id,
                given: requisition.quantity,
            });
        }
        if requisition.quantity.amount() == 0 {
            return Err(Refusal::AmountZero {});
        }
        if let Some(before) = before {
            before.after(RequisitionEvent::Change, Kind::Requisition)?;
        }
        let version = before.map_or(0, |before| before.requisition.version);
        if requisition.version != version.saturating_add(1) {
            return Err(Refusal::Inconsistent {
                what: "version of a purchase request",
            });
        }
        Ok(Demand::new(requisition.clone(), at))
    }

    /// A purchase request after a decision over exactly this version of it, by the head of its
    /// department or who stands in for them, never by its applicant.
    ///
    /// # Errors
    /// [`Refusal::PurchaseRequestUnknown`], [`Refusal::NotHeadOfDepartment`],
    /// [`Refusal::OwnPurchaseRequest`], [`Refusal::PurchaseRequestChanged`],
    /// [`Refusal::PurchaseRequestState`].
    pub fn approved(
        &self,
        approval: Approval,
        by: Option<PersonId>,
        at: Time,
        reason: &str,
    ) -> Result<Demand, Refusal> {
        let demand = self.demand(approval.request)?;
        let requisition = &demand.requisition;
        let department = requisition.department;
        let of_department = |person: PersonId| {
            let person = self.register.persons.get(person);
            person.is_some_and(|person| person.department == Some(department))
        };
        let heads = |person: PersonId| {
            self.register.tenures.iter().any(|(_, tenure)| {
                let held = &tenure.appointment;
                (held.person, held.role) == (person, Role::Head)
                    && tenure.holds_at(at)
                    && of_department(held.stands_in_for.unwrap_or(person))
            })
        };
        let Some(by) = by.filter(|person| heads(*person)) else {
            return Err(Refusal::NotHeadOfDepartment { department });
        };
        if by == requisition.applicant {
            return Err(Refusal::OwnPurchaseRequest {});
        }
        if approval.version != requisition.version {
            return Err(Refusal::PurchaseRequestChanged {
                request: requisition.id,
                version: requisition.version,
            });
        }
        let event = if approval.approved {
            RequisitionEvent::Approve
        } else {
            RequisitionEvent::Refuse
        };
        let reason = reason.to_owned();
        Ok(Demand {
            decided: Some(Decided { by, at, reason }),
            ..demand.after(event, Kind::Approve)?
        })
    }

    /// An order with the purchase requests that it is against, as they stand when it is placed.
    ///
    /// # Errors
    /// [`Refusal::PurchaseRequestUnknown`], and as [`Demand::ordering`].
    pub fn ordered(&self, order: &Order, at: Time) -> Result<(Delivery, Vec<Demand>), Refusal> {
        let mut demands: Vec<Demand> = Vec::new();
        for line in &order.lines {
            let demand = self.demand(line.request)?;
            if demand.requisition.product != line.product {
                return Err(Refusal::Inconsistent {
                    what: "product of an order",
                });
            }
            // An order may have two lines for one request.
            let before = demands.extract_if(.., |one| one.requisition.id == line.request);
            let before = before.last().unwrap_or_else(|| demand.clone());
            demands.push(before.ordering(line.quantity)?);
        }
        Ok((Delivery::new(order.clone(), at), demands))
    }

    /// A closed order with its purchase requests.
    ///
    /// # Errors
    /// [`Refusal::OrderUnknown`], and as [`Delivery::closed`].
    pub fn closed(&self, order: OrderId, reason: &str) -> Result<(Delivery, Vec<Demand>), Refusal> {
        let demand = |id| self.purchasing.requests.get(id);
        self.delivery(order)?.closed(reason, demand)
    }

    /// Does what a step of a purchase says, if it follows.
    ///
    /// # Errors
    /// Why it does not.
    pub(super) fn step_purchase(&mut self, record: &Record) -> Result<(), Refusal> {
        let (by, at) = (record.actor.person, record.recorded_at);
        if let Act::Requisition(requisition) = &record.act {
            let demand = self.requested(requisition, by, at)?;
            self.purchasing.requests.put(requisition.id, demand);
        } else if let Act::Approve(approval) = &record.act {
            let demand = self.approved(*approval, by, at, &record.reason)?;
            self.purchasing.requests.put(approval.request, demand);
        } else if let Act::Order(order) = &record.act {
            let (delivery, demands) = self.ordered(order, at)?;
            self.purchasing.put(delivery, demands);
        } else if let Act::CloseOrder(closing) = &record.act {
            let (delivery, demands) = self.closed(closing.order, &record.reason)?;
            self.purchasing.put(delivery, demands);
        }
        Ok(())
    }

    /// Books what an entry that brings containers in draws.
    ///
    /// # Errors
    /// Why it may not be received so.
    pub(super) fn book_purchase(
        &mut self,
        record: &Record,
        purchase: Option<&Purchase>,
    ) -> Result<(), Refusal> {
        if purchase.is_none() && self.register.purchase_policies.is_empty() {
            return Ok(());
        }
        let arrival = Arrival::of(
            self,
            &record.identities,
            &record.postings,
            record.recorded_at,
            record.occurred_at,
        )?;
        let drawing = self.drawing(purchase, &arrival)?;
        self.purchasing.book(&drawing, 1)?;
        if purchase.is_some() {
            self.purchasing.drawings.add(record.seq, drawing);
        }
        Ok(())
    }

    /// Whether what an entry drew can be given back.
    ///
    /// # Errors
    /// [`Refusal::PurchaseRequestState`] when its request was changed or withdrawn since.
    pub(super) fn can_give_purchase_back(&self, entry: Seq) -> Result<(), Refusal> {
        match self.purchasing.drawings.get(entry) {
            Some(drawing) => self.purchasing.clone().book(drawing, -1),
            None => Ok(()),
        }
    }

    /// Gives back what the reversed entry drew.
    ///
    /// # Errors
    /// [`Refusal::Inconsistent`] when what it was drawn off is not there.
    pub(super) fn give_purchase_back(&mut self, entry: Seq) -> Result<(), Refusal> {
        match self.purchasing.drawings.get(entry).cloned() {
            Some(drawing) => self.purchasing.book(&drawing, -1),
            None => Ok(()),
        }
    }

    /// Somebody who may confirm it sits in an entry beside its actor.
    fn is_confirmed(&self, record: &Record) -> Result<(), Refusal> {
        let approves = |seat: &Seat| {
            let mut roles = self.roles(seat.person, record.recorded_at);
            seat.part == Part::Approver
                && Some(seat.person) != record.actor.person
                && roles.any(|(role, _)| role.may_confirm())
        };
        if record.seats.iter().any(approves) {
            Ok(())
        } else {
            Err(Refusal::SecondPersonRequired {})
        }
    }

    /// Puts a purchase policy in, which two persons decide.
    ///
    /// # Errors
    /// [`Refusal::SecondPersonRequired`].
    pub(super) fn put_purchase_policy(
        &mut self,
        policy: &PurchasePolicy,
        record: &Record,
    ) -> Result<(), Refusal> {
        self.is_confirmed(record)?;
        let policies = &mut self.register.purchase_policies;
        policies.put(record.seq, policy.clone());
        Ok(())
    }

    /// Puts a permit in, or what its document says now. What was drawn on is corrected before a second
    /// person.
    ///
    /// # Errors
    /// [`Refusal::PermitQuantity`], [`Refusal::PermitFixed`], [`Refusal::PermitBelowDrawn`],
    /// [`Refusal::SecondPersonRequired`].
    pub(super) fn put_permit(&mut self, permit: &Permit, record: &Record) -> Result<(), Refusal> {
        permit.check()?;
        let held = match self.purchasing.permits.get(permit.id) {
            Some(held) => {
                let corrected = held.corrected(permit.clone())?;
                if held.needs_second(permit) {
                    self.is_confirmed(record)?;
                }
                corrected
            }
            None => Allowance::new(permit.clone()),
        };
        self.purchasing.permits.put(permit.id, held);
        self.purchasing
            .permit_entries
            .add((permit.id, record.seq), ());
        Ok(())
    }
}

impl Purchasing {
    /// Books a drawing, or (−1) gives it back.
    fn book(&mut self, drawing: &Drawing, sign: i64) -> Result<(), Refusal> {
        for draw in &drawing.permits {
            let held = self.permits.get(draw.permit);
            let booked = held.and_then(|held| held.booked(*draw, sign));
            let booked = booked.ok_or(Refusal::Inconsistent {
                what: "remainder of a permit",
            })?;
            self.permits.put(draw.permit, booked);
        }
        if let Some(draw) = &drawing.order {
            let delivery = self
                .orders
                .get(draw.order)
                .ok_or(Refusal::OrderUnknown {})?;
            let (booked, demands) = delivery.booked(draw, sign, |id| self.requests.get(id))?;
            self.put(booked, demands);
        }
        Ok(())
    }

    /// Puts an order in as it is now, with its purchase requests.
    fn put(&mut self, delivery: Delivery, demands: Vec<Demand>) {
        self.orders.put(delivery.order.id, delivery);
        for demand in demands {
            self.requests.put(demand.requisition.id, demand);
        }
    }
}

/// Kinds of documents as a sentence names them.
fn names(kinds: &[PermitKind]) -> String {
    let names: Vec<_> = kinds.iter().map(|kind| kind.name_zh()).collect();
    names.join("、")
}
