//! 验收入库 and 期初: containers come into the book.

use std::{collections::BTreeSet, ops::RangeInclusive};

use chrono::Datelike as _;
use serde::{Deserialize, Serialize};

use super::{Authority, Claim, Context, Decision, MOST_CONTAINERS, Movement, Needs, Verb};
use crate::domain::{
    container::{Identity, MOST_BOOKED, Standing, Status},
    facts::Facts,
    ids::{Generation, OrderId, PermitId, PersonId, PlaceId, Serial},
    ledger::{Account, Act, ContainerLine, Draft, Kind, Part, Posting, Seat},
    people::Permission,
    policy::Requirement,
    purchasing::{Arrival, Purchase},
    quantity::Quantity,
    refusal::Refusal,
    vessel::is_vessel,
};

/// The years in which something on a shelf can expire; another is a slip of the finger.
const EXPIRY_YEARS: RangeInclusive<i32> = 1950..=2199;

/// So many equal containers at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lot {
    /// What they are; the dimension must be the product's.
    pub identity: Identity,
    /// How many, 1 to 500.
    pub count: u32,
    /// What is in each.
    pub each: Quantity,
    /// Where they are put.
    pub place: PlaceId,
}

impl Lot {
    /// Whether these are the containers of the lots, whatever their serials.
    pub(in crate::domain) fn all_make<'l>(
        lots: &[Self],
        identities: &[Identity],
        containers: impl Iterator<Item = &'l ContainerLine>,
    ) -> bool {
        let promised = (0_u32..).zip(lots).flat_map(|(index, lot)| {
            let one = (None, Some(index), lot.standing());
            (0..lot.count).map(move |_| one)
        });
        let made = containers.map(|line| (line.before, line.identity, line.after));
        identities.iter().eq(lots.iter().map(|lot| &lot.identity)) && made.eq(promised)
    }

    /// The lots that a draft brings into the book, one an identity.
    pub(super) fn of_draft(draft: &Draft) -> Result<Vec<Self>, Refusal> {
        let new = |index: u32| {
            let lines = draft.containers.iter();
            lines.filter(move |line| line.before.is_none() && line.identity == Some(index))
        };
        let lots = (0_u32..).zip(&draft.identities).map(|(index, identity)| {
            let first = new(index).next()?;
            Some(Self {
                identity: identity.clone(),
                count: u32::try_from(new(index).count()).ok()?,
                each: Quantity::new(identity.dimension, first.after.amount).ok()?,
                place: first.after.place,
            })
        });
        lots.collect::<Option<_>>().ok_or(Refusal::Inconsistent {
            what: "identities of a draft",
        })
    }

    /// How each of them stands.
    const fn standing(&self) -> Standing {
        Standing {
            status: Status::InStock,
            place: self.place,
            holder: None,
            generation: Generation::MIN,
            amount: self.each.amount(),
        }
    }
}

/// 验收入库: N equal containers arrive from a supplier in one act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receive {
    /// What arrives.
    pub lot: Lot,
    /// 验收人: two for classes whose policy asks for it.
    pub acceptors: Vec<PersonId>,
    /// The permits and filings on which it was bought.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub permits: BTreeSet<PermitId>,
    /// The order that it fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// Delivery note, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Claim::is_now")]
    pub claim: Claim,
}

/// 期初: what was there when the book began, also what nobody has identified yet: it is there. It draws on
/// no permit, whatever the purchase policies ask: it was bought before there was a book to draw in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// What is there.
    pub lots: Vec<Lot>,
    /// 验收人: two for classes whose policy asks for it, as for a receipt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acceptors: Vec<PersonId>,
    /// Where the knowledge is from: a file and its rows.
    pub reason: String,
}

impl Receive {
    /// What it is against.
    fn purchase(&self) -> Option<Purchase> {
        let (permits, order) = (self.permits.clone(), self.order);
        (!permits.is_empty() || order.is_some()).then_some(Purchase { permits, order })
    }

    fn act(&self) -> Act {
        self.purchase().map_or(Act::Receive, Act::Purchase)
    }
}

impl Verb for Receive {
    fn name(&self) -> &'static str {
        self.act().kind().as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Receive)
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.purchases.permits.extend(&self.permits);
        needs.purchases.orders.extend(self.order);
        needs
    }

    fn weight(&self) -> usize {
        total(std::slice::from_ref(&self.lot))
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Receive {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let product = facts.product(self.lot.identity.product)?;
        product.identified(cx.now)?;
        let requirement = facts.requirement(product, cx.now);
        let came = self.claim.occurred_at.unwrap_or(cx.now).china_day();
        if let Some(expires_on) = self.lot.identity.expires_on
            && expires_on < came
        {
            return Err(Refusal::ExpiredOnArrival { expires_on });
        }
        let mut draft = Draft::of(self.act());
        seat(
            facts,
            cx,
            &mut draft,
            &self.acceptors,
            &requirement,
            authority,
        )?;
        bring_in(
            facts,
            cx,
            &mut draft,
            std::slice::from_ref(&self.lot),
            Some(Account::Supplier),
        )?;
        let arrival = Arrival::of(
            facts,
            &draft.identities,
            &draft.postings,
            cx.now,
            self.claim.occurred_at,
        )?;
        facts.drawing(self.purchase().as_ref(), &arrival)?;
        draft.reason.clone_from(&self.reason);
        self.claim.stamp(facts, cx, authority, &mut draft)?;
        Ok(draft)
    }
}

impl Verb for Open {
    fn name(&self) -> &'static str {
        Kind::Opening.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Import)
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn weight(&self) -> usize {
        total(&self.lots)
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        self.draft(facts, cx, Authority::Unsigned).map(Into::into)
    }
}

impl Movement for Open {
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal> {
        let mut requirement = Requirement::NONE;
        for lot in &self.lots {
            let product = facts.product(lot.identity.product)?;
            requirement = requirement.and_requirement(&facts.requirement(product, cx.now));
        }
        let mut draft = Draft::of(Act::Opening);
        seat(
            facts,
            cx,
            &mut draft,
            &self.acceptors,
            &requirement,
            authority,
        )?;
        bring_in(facts, cx, &mut draft, &self.lots, Some(Account::Opening))?;
        draft.reason.clone_from(&self.reason);
        Ok(draft)
    }
}

impl Lot {
    /// Whether one container of it could come into the book, signatures apart.
    ///
    /// # Errors
    /// The first [`Refusal`] that applies.
    pub fn check(&self, facts: &Facts, cx: &Context) -> Result<(), Refusal> {
        let one = Self {
            count: 1,
            ..self.clone()
        };
        bring_in(
            facts,
            cx,
            &mut Draft::of(Act::Opening),
            &[one],
            Some(Account::Opening),
        )
    }
}

/// Seats those who accept what comes in; what the policies ask acceptors for comes in under their
/// signatures only.
pub(super) fn seat(
    facts: &Facts,
    cx: &Context,
    draft: &mut Draft,
    acceptors: &[PersonId],
    requirement: &Requirement,
    authority: Authority,
) -> Result<(), Refusal> {
    let needed = requirement.acceptors;
    if (needed > 0 || requirement.is_controlled()) && authority == Authority::Unsigned {
        return Err(Refusal::AcceptanceUnsigned { needed });
    }
    for person in acceptors {
        facts.takes_part(*person, Part::Acceptor, cx.now)?;
        if draft.seats.iter().any(|seat| seat.person == *person) {
            return Err(Refusal::SamePersonTwice { person: *person });
        }
        draft.seats.push(Seat {
            person: *person,
            part: Part::Acceptor,
        });
    }
    let named = draft.seats.len();
    if named < needed {
        return Err(Refusal::AcceptorsMissing { needed, named });
    }
    Ok(())
}

/// How many containers.
fn total(lots: &[Lot]) -> usize {
    lots.iter().fold(0, |sum, lot| {
        sum.saturating_add(usize::try_from(lot.count).unwrap_or(usize::MAX))
    })
}

/// Adds the lines and postings of new containers, numbering them on from the last serial, and the
/// postings on the account that they come from, unless what is in them was in another container.
pub(super) fn bring_in(
    facts: &Facts,
    cx: &Context,
    draft: &mut Draft,
    lots: &[Lot],
    from: Option<Account>,
) -> Result<(), Refusal> {
    let count = total(lots);
    if count == 0 {
        return Err(Refusal::AmountZero {});
    }
    if count > MOST_CONTAINERS {
        return Err(Refusal::TooManyContainers {
            most: MOST_CONTAINERS,
        });
    }
    let mut last = facts.stock.last_serial;
    let mut booked = 0_i64;
    for (index, lot) in (0_u32..).zip(lots) {
        let product = facts.product(lot.identity.product)?;
        let place = facts.place(lot.place)?;
        facts.permits(place, product, cx.now)?;
        if lot.each.dimension() != product.dimension || lot.identity.dimension != product.dimension
        {
            return Err(Refusal::ProductDimension {
                product: product.id,
                given: lot.each,
            });
        }
        if let Some(expires_on) = lot.identity.expires_on
            && !EXPIRY_YEARS.contains(&expires_on.year())
        {
            return Err(Refusal::ExpiryImplausible { expires_on });
        }
        let amount = lot.each.amount();
        if amount == 0 {
            return Err(Refusal::AmountZero {});
        }
        booked = amount
            .checked_mul(i64::from(lot.count))
            .and_then(|lot| booked.checked_add(lot))
            .filter(|booked| *booked <= MOST_BOOKED)
            .ok_or(Refusal::AmountOverflow {})?;
        draft.identities.push(lot.identity.clone());
        for _ in 0..lot.count {
            last += 1;
            let serial = Serial::try_from(last).ok();
            let serial = serial.filter(|serial| !is_vessel(*serial));
            let serial = serial.ok_or(Refusal::SerialsUsedUp {
                last: facts.stock.last_serial,
            })?;
            draft.containers.push(ContainerLine {
                serial,
                before: None,
                identity: Some(index),
                after: lot.standing(),
            });
            let posting = Posting {
                account: Account::Container,
                container: serial,
                product: product.id,
                dimension: product.dimension,
                place: Some(lot.place),
                holder: None,
                checkout: None,
                amount,
            };
            draft.postings.extend(from.map(|account| Posting {
                account,
                place: None,
                amount: -amount,
                ..posting.clone()
            }));
            draft.postings.push(posting);
        }
    }
    Ok(())
}
