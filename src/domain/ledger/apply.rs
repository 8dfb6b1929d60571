//! What an entry does to the state: the one definition of every projection.

use crate::domain::{
    canonical::{parse, sha256},
    container::{Container, Holding},
    emergency::{COUNTERSIGNERS, Emergency},
    facts::{Facts, KnownSecret, Total},
    happening::Happening,
    ids::{Seq, Serial},
    merkle::Hash,
    people::{Appointment, Tenure},
    refusal::Refusal,
    request::{CONTEXT, Payload},
    signature::{Parties, Signature, Signatures, Signed},
    text::is_blank,
    verb::{receivers, witnesses},
    vessel::is_vessel,
};

use super::{
    Account, Act, ContainerLine, Founding, Kind, Posting, Record, Revocation, Signing, seal::check,
};

/// An entry that does not fit the state it is applied to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// A container that should be new is known, or the reverse.
    #[error("entry {0}: container {1} is new in the entry and known to the state, or the reverse")]
    Existence(Seq, Serial),
    /// The entry was made over another state of the container.
    #[error("entry {0}: container {1} stood otherwise before it than the entry says")]
    Before(Seq, Serial),
    /// An identity that the record does not carry.
    #[error("entry {0}: container {1} names an identity that the record does not carry")]
    Identity(Seq, Serial),
    /// An act that does not balance.
    #[error("entry {0}: {1}")]
    Unbalanced(Seq, String),
    /// A posting of something else than the container holds.
    #[error("entry {0}: posts to container {1} what it does not hold")]
    Product(Seq, Serial),
    /// An amount with a person below zero, or from nowhere.
    #[error("entry {0}: what is held of container {1} does not follow")]
    Held(Seq, Serial),
    /// A revocation of nothing.
    #[error("entry {0}: revokes an appointment that does not hold")]
    Revocation(Seq),
    /// A controlled container moved without the signatures that the policies asked for.
    #[error("entry {0}: the signatures do not satisfy the policy: {1}")]
    Unsigned(Seq, String),
    /// A second reversal of one entry.
    #[error("entry {0}: reverses an entry that is reversed already")]
    Reversal(Seq),
    /// Somebody leaves or moves who was never there.
    #[error("entry {0}: concerns the account of nobody")]
    Nobody(Seq),
    /// A receipt beyond its permit or order, or a step of a purchase that does not follow.
    #[error("entry {0}: it may not be bought so: {1}")]
    Purchase(Seq, String),
    /// A step of a transfer that does not follow.
    #[error("entry {0}: it may not be sent, accepted or settled so: {1}")]
    Transfer(Seq, String),
    /// A moment at which it cannot have happened.
    #[error("entry {0}: it cannot have happened then: {1}")]
    Claim(Seq, &'static str),
    /// A movement that says other than its containers do, or that its rule forbids.
    #[error("entry {0}: {1}")]
    Movement(Seq, &'static str),
    /// A count, a variance or a step of an incident that does not follow.
    #[error("entry {0}: the stocktake or incident does not follow: {1}")]
    Stocktake(Seq, String),
    /// A handover, an end of an appointment, a blocked account or a book that does not follow.
    #[error("entry {0}: it may not be handed over, ended or booked so: {1}")]
    Custody(Seq, String),
    /// A submission that could not be made, a review by nobody or by no bureau, a head kept that does not
    /// follow.
    #[error("entry {0}: it could not be submitted, reviewed or kept so")]
    Filing(Seq),
    /// A number beyond what can be booked.
    #[error("entry {0}: a total overflows")]
    Overflow(Seq),
}

fn begun(appointment: &Appointment) -> Tenure {
    Tenure {
        appointment: appointment.clone(),
        revoked_by: None,
    }
}

fn bought(record: &Record, refusal: &Refusal) -> ApplyError {
    ApplyError::Purchase(record.seq, refusal.code().to_owned())
}

fn transferred(record: &Record, refusal: &Refusal) -> ApplyError {
    ApplyError::Transfer(record.seq, refusal.code().to_owned())
}

fn counted(record: &Record, refusal: &Refusal) -> ApplyError {
    ApplyError::Stocktake(record.seq, refusal.code().to_owned())
}

impl Facts {
    /// Applies an entry with that leaf hash. The facts must hold everything it touches.
    ///
    /// # Errors
    /// [`ApplyError`] when the entry does not follow from the state; the facts are then spoiled and
    /// must be thrown away.
    pub fn apply(&mut self, record: &Record, leaf_hash: Hash) -> Result<(), ApplyError> {
        self.could_happen(
            Happening {
                occurred_at: record.occurred_at,
                is_excused: record.late.is_some(),
                recorded_at: record.recorded_at,
            },
            &record.containers,
            &record.postings,
        )
        .map_err(|refusal| ApplyError::Claim(record.seq, refusal.code()))?;
        for line in &record.containers {
            self.apply_line(record, line)?;
        }
        self.follow_spans(record);
        self.check_signed(record)?;
        for posting in &record.postings {
            let container = self.stock.containers.get(posting.container);
            let identity = container.map(|container| &container.identity);
            if identity.is_some_and(|identity| {
                identity.product != posting.product || identity.dimension != posting.dimension
            }) {
                return Err(ApplyError::Product(record.seq, posting.container));
            }
            self.apply_posting(record.seq, posting)?;
        }
        self.check_movement(record)
            .map_err(|what| ApplyError::Movement(record.seq, what))?;
        self.takings.note(record);
        self.apply_act(record, leaf_hash)?;
        self.step_vessels(record)
            .map_err(|refusal| ApplyError::Movement(record.seq, refusal.code()))?;
        self.note_late(record);
        check(
            record.act.kind(),
            &record.postings,
            &record.containers,
            &record.seats,
        )
        .map_err(|error| ApplyError::Unbalanced(record.seq, error.to_string()))
    }

    fn apply_line(&mut self, record: &Record, line: &ContainerLine) -> Result<(), ApplyError> {
        let (seq, serial) = (record.seq, line.serial);
        let product = if let Some(prior) = line.before {
            let container = self
                .stock
                .containers
                .change(serial)
                .ok_or(ApplyError::Existence(seq, serial))?;
            if container.last_entry != prior.entry || container.standing != prior.standing {
                return Err(ApplyError::Before(seq, serial));
            }
            container.standing = line.after;
            container.last_entry = seq;
            container.identity.product
        } else {
            let identity = line
                .identity
                .and_then(|index| usize::try_from(index).ok())
                .and_then(|index| record.identities.get(index))
                .filter(|_| !is_vessel(serial))
                .ok_or(ApplyError::Identity(seq, serial))?;
            let container = Container {
                serial,
                identity: identity.clone(),
                standing: line.after,
                last_entry: seq,
                verified_at: None,
                incident: None,
            };
            if !self.stock.containers.add(serial, container) {
                return Err(ApplyError::Existence(seq, serial));
            }
            self.stock.last_serial = self.stock.last_serial.max(serial.get());
            identity.product
        };
        let sides = [
            (line.before.map(|prior| prior.standing), -1),
            (Some(line.after), 1),
        ];
        for (standing, sign) in sides {
            let Some(standing) = standing else { continue };
            if standing.is_left() {
                *self.stock.left.entry(standing.place).or_default() += sign;
            }
            let whole = self.stock.product_totals.entry(product).or_default();
            let add = |total: &mut Total| {
                let amount = standing.amount.checked_mul(sign);
                let sum = amount.and_then(|amount| total.amount.checked_add(amount));
                total.containers += sign;
                total.amount = sum.ok_or(ApplyError::Overflow(seq))?;
                Ok(())
            };
            if let Some(place) = standing.counted_at() {
                add(self.stock.totals.entry((place, product)).or_default())?;
                add(&mut whole.at_places)?;
            } else if standing.is_out() {
                add(&mut whole.with_persons)?;
            }
        }
        Ok(())
    }

    /// No controlled container moves with fewer valid signatures than the policies in force on that day
    /// asked for, whoever wrote the entry.
    fn check_signed(&mut self, record: &Record) -> Result<(), ApplyError> {
        let (kind, now) = (record.act.kind(), record.recorded_at);
        if kind.nature().signing == Signing::Nobody {
            return Ok(());
        }
        let wrong = |what: &str| ApplyError::Unsigned(record.seq, what.to_owned());
        let mut requirement = self.act_requirement(&record.act, now);
        for line in &record.containers {
            let container = self.stock.containers.get(line.serial);
            let product =
                container.and_then(|one| self.register.products.get(one.identity.product));
            let product = product.ok_or_else(|| wrong("a container without a product"))?;
            requirement =
                requirement.and_requirement(&self.requirement_of(product, now, record.occurred_at));
        }
        if !requirement.is_signed(kind) {
            return Ok(());
        }
        let signed = record
            .signed
            .as_ref()
            .ok_or_else(|| wrong("there are none"))?;
        self.check_payload(record, signed).map_err(wrong)?;
        let refused = |refusal: Refusal| wrong(refusal.code());
        for signature in &signed.signatures {
            self.signs_now(signature.statement()).map_err(refused)?;
        }
        // What comes back may be of somebody whose role has ended since.
        if !matches!(kind, Kind::Use | Kind::GiveBack | Kind::Reverse) {
            for seat in &record.seats {
                self.takes_part(seat.person, seat.part, now)
                    .map_err(refused)?;
            }
        }
        let parties = Parties {
            kind,
            requirement,
            custodians: &self.custodians_of_all(&record.act, &record.containers, now),
            receivers: &receivers(&record.seats),
            witnesses: &witnesses(&record.seats),
            handover: record.act.hands_over(),
        };
        Signatures::for_policy(signed.signatures.clone(), &parties)
            .map(drop)
            .map_err(refused)
    }

    /// What was signed is a request of this institution that was open then, asked for exactly what was
    /// done, and was not posted before; else what is wrong with it.
    fn check_payload(&mut self, record: &Record, signed: &Signed) -> Result<(), &'static str> {
        let hash = sha256(signed.payload.as_bytes());
        let over = |one: &Signature| one.statement().payload_hash == hash;
        if !signed.signatures.iter().all(over) {
            return Err("they are over something else");
        }
        let payload: Payload =
            parse(signed.payload.as_bytes()).map_err(|_| "the payload cannot be read")?;
        let proposed = payload.proposal.movement().name();
        let named = payload.receivers.iter().map(|receiver| receiver.person);
        let watching = payload.witnesses.iter().map(|witness| witness.person);
        let does = payload.is_of(
            &record.act,
            &record.identities,
            &record.containers,
            &record.postings,
        );
        let same = payload.institution == record.institution
            && proposed == record.act.kind().as_str()
            && payload.purpose == record.reason
            && named.eq(receivers(&record.seats))
            && watching.eq(witnesses(&record.seats))
            && does;
        if payload.ctx != CONTEXT {
            Err("the payload is no signing request")
        } else if !same {
            Err("the entry does something else than was signed")
        } else if record.act.kind().asks_purpose() && is_blank(&record.reason) {
            Err("no purpose was signed")
        } else if record.recorded_at >= payload.expires_at {
            Err("the request had expired")
        } else if payload.head.size > record.prev.size {
            Err("the request was made over a later ledger")
        } else if !self.stock.posted.insert(payload.request) {
            Err("the request was posted before")
        } else {
            Ok(())
        }
    }

    fn apply_posting(&mut self, seq: Seq, posting: &Posting) -> Result<(), ApplyError> {
        if posting.account != Account::Held {
            return Ok(());
        }
        let held = self
            .stock
            .product_totals
            .entry(posting.product)
            .or_default();
        let held = &mut held.with_persons.amount;
        let sum = held.checked_add(posting.amount);
        *held = sum.ok_or(ApplyError::Overflow(seq))?;
        let wrong = ApplyError::Held(seq, posting.container);
        let out = self.stock.parts_out.entry(posting.container).or_default();
        *out = out.saturating_add(posting.amount);
        if *out == 0 {
            self.stock.parts_out.remove(&posting.container);
        }
        let key = (posting.checkout.unwrap_or(seq), posting.container);
        if let Some(holding) = self.stock.holdings.change(key) {
            let left = holding
                .amount
                .checked_add(posting.amount)
                .filter(|left| *left >= 0);
            holding.amount = left.ok_or(wrong)?;
            return Ok(());
        }
        let (Some(holder), true) = (posting.holder, posting.amount >= 0) else {
            return Err(wrong);
        };
        let holding = Holding {
            serial: posting.container,
            holder,
            product: posting.product,
            dimension: posting.dimension,
            amount: posting.amount,
        };
        self.stock.add_holding(key, holding);
        Ok(())
    }

    fn apply_act(&mut self, record: &Record, leaf_hash: Hash) -> Result<(), ApplyError> {
        let register = &mut self.register;
        match &record.act {
            Act::Found(founding) => self.found(record, founding),
            Act::Enrol(person) => register.persons.put(person.id, person.clone()),
            Act::Appoint(appointment) => {
                register.tenures.put((record.seq, 0), begun(appointment));
            }
            Act::Revoke(_)
            | Act::Suspend(_)
            | Act::Leave(_)
            | Act::Handover(_)
            | Act::BookCount(_) => self.step_custody(record)?,
            Act::Department(department) => {
                register.departments.put(department.id, department.clone());
            }
            Act::Assign(assignment) => {
                let person = register.persons.change(assignment.person);
                let person = person.ok_or(ApplyError::Nobody(record.seq))?;
                person.department = assignment.department;
            }
            Act::Badge(badge) => register.badges.put(badge.person, badge.digest.clone()),
            Act::Secret(secret) => register.secrets.put(
                secret.person,
                KnownSecret {
                    version: secret.version,
                    digest: secret.digest.clone(),
                },
            ),
            Act::Place(place) => register.places.put(place.id, place.clone()),
            Act::Product(product) => register.products.put(product.id, product.clone()),
            Act::Policy(policy) => register.policies.put(record.seq, policy.clone()),
            Act::PurchasePolicy(policy) => self
                .put_purchase_policy(policy, record)
                .map_err(|refusal| bought(record, &refusal))?,
            Act::Permit(permit) => self
                .put_permit(permit, record)
                .map_err(|refusal| bought(record, &refusal))?,
            Act::Requisition(_) | Act::Approve(_) | Act::Order(_) | Act::CloseOrder(_) => self
                .step_purchase(record)
                .map_err(|refusal| bought(record, &refusal))?,
            Act::Receive => self
                .book_purchase(record, None)
                .map_err(|refusal| bought(record, &refusal))?,
            Act::Purchase(purchase) => self
                .book_purchase(record, Some(purchase))
                .map_err(|refusal| bought(record, &refusal))?,
            Act::Reverse(reversal) => {
                if !self.stock.reversals.add(reversal.entry, record.seq) {
                    return Err(ApplyError::Reversal(record.seq));
                }
                self.give_purchase_back(reversal.entry)
                    .map_err(|refusal| bought(record, &refusal))?;
            }
            Act::Send(_) | Act::Announce(_) | Act::Accept(_) | Act::Settle(_) | Act::Reclaim(_) => {
                self.step_transfer(record)
                    .map_err(|refusal| transferred(record, &refusal))?;
            }
            Act::Stocktake(_)
            | Act::Count(_)
            | Act::Resolve(_)
            | Act::Variance(_)
            | Act::Loss(_)
            | Act::CloseStocktake(_) => self
                .step_stocktake(record)
                .map_err(|refusal| counted(record, &refusal))?,
            Act::Incident(_) | Act::FollowUp(_) | Act::EndIncident(_) => self
                .step_incident(record)
                .map_err(|refusal| counted(record, &refusal))?,
            Act::Release => self.release(record, leaf_hash),
            Act::Countersign(countersignature) => {
                self.countersign(record, countersignature.entry)?;
            }
            Act::Submit(submission) => self.file_submission(record, *submission)?,
            Act::Review(review) => self.file_review(record, review)?,
            Act::KeepHead(kept) => self.keep_head(record, kept)?,
            Act::Opening
            | Act::Move
            | Act::Split
            | Act::Mix(_)
            | Act::Vessel(_)
            | Act::VesselStep(_)
            | Act::Waste(_)
            | Act::Dispose(_)
            | Act::Checkout
            | Act::Use
            | Act::GiveBack(_)
            | Act::Reprint
            | Act::Code(_)
            | Act::Unlock(_)
            | Act::Audit(_) => {}
        }
        Ok(())
    }

    fn found(&mut self, record: &Record, founding: &Founding) {
        let register = &mut self.register;
        register.institution = Some(founding.institution.clone());
        register.founded_at = Some(record.recorded_at);
        for person in &founding.persons {
            register.persons.put(person.id, person.clone());
        }
        for (line, appointment) in (0_u32..).zip(&founding.appointments) {
            register.tenures.put((record.seq, line), begun(appointment));
        }
    }

    pub(super) fn revoke(&mut self, by: Seq, revocation: Revocation) -> Result<(), ApplyError> {
        let tenures = &mut self.register.tenures;
        let tenure = tenures
            .change((revocation.entry, revocation.line))
            .filter(|tenure| tenure.revoked_by.is_none())
            .ok_or(ApplyError::Revocation(by))?;
        tenure.revoked_by = Some(by);
        let ended = tenure.appointment.clone();
        // Nobody stands in for an appointment that is no more.
        self.end_tenures(by, |held| {
            held.stands_in_for == Some(ended.person)
                && (held.role, held.place) == (ended.role, ended.place)
        });
        Ok(())
    }

    pub(super) fn end_tenures(&mut self, by: Seq, which: impl Fn(&Appointment) -> bool) {
        let tenures = &mut self.register.tenures;
        let ending: Vec<_> = tenures
            .iter()
            .filter(|(_, tenure)| tenure.revoked_by.is_none() && which(&tenure.appointment))
            .map(|(key, _)| *key)
            .collect();
        for key in ending {
            if let Some(tenure) = tenures.change(key) {
                tenure.revoked_by = Some(by);
            }
        }
    }

    fn release(&mut self, record: &Record, leaf_hash: Hash) {
        let mut lines = record.containers.iter();
        let Some(place) = lines.find_map(|line| Some(line.before?.standing.place)) else {
            return;
        };
        let emergency = Emergency {
            leaf_hash,
            place,
            released_at: record.recorded_at,
            parties: record.seats.iter().map(|seat| seat.person).collect(),
            countersigners: std::collections::BTreeSet::new(),
            countersigned_at: None,
        };
        self.stock.emergencies.put(record.seq, emergency);
    }

    /// Nobody answers for a release who may not, whoever wrote the entry.
    fn countersign(&mut self, record: &Record, entry: Seq) -> Result<(), ApplyError> {
        let wrong = |what: &str| ApplyError::Unsigned(record.seq, what.to_owned());
        let signed = record
            .signed
            .as_ref()
            .ok_or_else(|| wrong("there are none"))?;
        let payload = self
            .countersigned(entry, &signed.signatures, record.recorded_at)
            .map_err(|refusal| wrong(refusal.code()))?;
        for signature in &signed.signatures {
            self.signs_now(signature.statement())
                .map_err(|refusal| wrong(refusal.code()))?;
        }
        let emergency = self.stock.emergencies.change(entry);
        let emergency = emergency.ok_or_else(|| wrong("there is no such release"))?;
        if payload != signed.payload {
            return Err(wrong("they are over something else"));
        }
        let signers = signed.signatures.iter();
        let persons = signers.map(|signature| signature.statement().signer.person);
        emergency.countersigners.extend(persons);
        if emergency.countersigners.len() >= COUNTERSIGNERS {
            emergency.countersigned_at = Some(record.recorded_at);
        }
        Ok(())
    }
}
