//! What an entry does to the state: the one definition of every projection.

use crate::domain::{
    canonical::{parse, sha256},
    container::{Container, Holding},
    facts::{Facts, KnownSecret},
    ids::{Seq, Serial},
    people::Tenure,
    policy::Requirement,
    request::Payload,
    signature::{Parties, Signatures},
    verb::{is_signed, receivers},
};

use super::{Account, Act, ContainerLine, Posting, Record};

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
    /// Somebody leaves who was never there.
    #[error("entry {0}: closes the account of nobody")]
    Leave(Seq),
    /// A number beyond what can be booked.
    #[error("entry {0}: a total overflows")]
    Overflow(Seq),
}

impl Facts {
    /// Applies an entry. The facts must hold everything it touches.
    ///
    /// # Errors
    /// [`ApplyError`] when the entry does not follow from the state; the facts are then spoiled and
    /// must be thrown away.
    pub fn apply(&mut self, record: &Record) -> Result<(), ApplyError> {
        for line in &record.containers {
            self.apply_line(record, line)?;
        }
        self.check_signed(record)?;
        for posting in &record.postings {
            self.apply_posting(record.seq, posting)?;
        }
        self.apply_act(record)
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
                .ok_or(ApplyError::Identity(seq, serial))?;
            let container = Container {
                serial,
                identity: identity.clone(),
                standing: line.after,
                last_entry: seq,
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
            let Some(place) = standing.counted_at() else {
                continue;
            };
            let total = self.stock.totals.entry((place, product)).or_default();
            total.containers += sign;
            total.amount = standing
                .amount
                .checked_mul(sign)
                .and_then(|amount| total.amount.checked_add(amount))
                .ok_or(ApplyError::Overflow(seq))?;
        }
        Ok(())
    }

    /// No controlled container moves with fewer valid signatures than the policies in force on that day
    /// asked for, whoever wrote the entry.
    fn check_signed(&self, record: &Record) -> Result<(), ApplyError> {
        let kind = record.act.kind();
        if !is_signed(kind) {
            return Ok(());
        }
        let wrong = |what: &str| ApplyError::Unsigned(record.seq, what.to_owned());
        let mut requirement = Requirement::NONE;
        for line in &record.containers {
            let container = self.stock.containers.get(line.serial);
            let product =
                container.and_then(|one| self.register.products.get(one.identity.product));
            let product = product.ok_or_else(|| wrong("a container without a product"))?;
            requirement =
                requirement.and_requirement(&self.requirement(product, record.recorded_at));
        }
        if !requirement.is_controlled() {
            return Ok(());
        }
        let signed = record
            .signed
            .as_ref()
            .ok_or_else(|| wrong("there are none"))?;
        let hash = sha256(signed.payload.as_bytes());
        if signed
            .signatures
            .iter()
            .any(|one| one.statement().payload_hash != hash)
        {
            return Err(wrong("they are over something else"));
        }
        let payload: Payload =
            parse(signed.payload.as_bytes()).map_err(|_| wrong("the payload cannot be read"))?;
        if payload.institution != record.institution
            || !payload.names_what_comes_in(&record.identities, &record.containers)
            || (!payload.containers.is_empty()
                && (payload.containers != record.containers || payload.postings != record.postings))
        {
            return Err(wrong("the entry does something else than was signed"));
        }
        let custodians = self.custodians_of_all(&record.containers, record.recorded_at);
        let receivers = receivers(&record.seats);
        let parties = Parties {
            kind,
            requirement,
            custodians: &custodians,
            receivers: &receivers,
        };
        Signatures::for_policy(signed.signatures.clone(), &parties)
            .map(drop)
            .map_err(|refusal| ApplyError::Unsigned(record.seq, refusal.code().to_owned()))
    }

    fn apply_posting(&mut self, seq: Seq, posting: &Posting) -> Result<(), ApplyError> {
        if posting.account != Account::Held {
            return Ok(());
        }
        let wrong = ApplyError::Held(seq, posting.container);
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
        self.stock.holdings.add(key, holding);
        Ok(())
    }

    fn apply_act(&mut self, record: &Record) -> Result<(), ApplyError> {
        let register = &mut self.register;
        match &record.act {
            Act::Found(founding) => {
                register.institution = Some(founding.institution.clone());
                for person in &founding.persons {
                    register.persons.put(person.id, person.clone());
                }
                for (line, appointment) in (0_u32..).zip(&founding.appointments) {
                    let tenure = Tenure {
                        appointment: appointment.clone(),
                        revoked_by: None,
                    };
                    register.tenures.put((record.seq, line), tenure);
                }
            }
            Act::Enrol(person) => register.persons.put(person.id, person.clone()),
            Act::Appoint(appointment) => {
                let tenure = Tenure {
                    appointment: appointment.clone(),
                    revoked_by: None,
                };
                register.tenures.put((record.seq, 0), tenure);
            }
            Act::Revoke(revocation) => {
                let tenure = register
                    .tenures
                    .change((revocation.entry, revocation.line))
                    .filter(|tenure| tenure.revoked_by.is_none())
                    .ok_or(ApplyError::Revocation(record.seq))?;
                tenure.revoked_by = Some(record.seq);
            }
            Act::Leave(whom) => {
                let person = register.persons.change(whom.person);
                person.ok_or(ApplyError::Leave(record.seq))?.closed = true;
                let held: Vec<_> = register
                    .tenures
                    .iter()
                    .filter(|(_, tenure)| {
                        tenure.appointment.person == whom.person && tenure.revoked_by.is_none()
                    })
                    .map(|(key, _)| *key)
                    .collect();
                for key in held {
                    if let Some(tenure) = register.tenures.change(key) {
                        tenure.revoked_by = Some(record.seq);
                    }
                }
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
            Act::Reverse(reversal) => {
                if !self.stock.reversals.add(reversal.entry, record.seq) {
                    return Err(ApplyError::Reversal(record.seq));
                }
            }
            Act::Opening
            | Act::Receive
            | Act::Move
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
}
