//! A signing request is signed and completed. Always two steps: first the exact payload is shown (see
//! [`super::Request`]), then it is signed.

use std::collections::BTreeSet;

use super::{
    Authority, Context, Decision, Needs, Verb,
    request::{products, requirement},
};
use crate::domain::{
    canonical,
    desk::DeskChange,
    facts::Facts,
    ids::{PersonId, RequestId, Seq, Serial},
    ledger::{Draft, Part, Seat},
    merkle::Hash,
    people::Permission,
    refusal::Refusal,
    request::{Payload, Proposal, RequestState, Reservation, SigningRequest},
    signature::{
        Parties, Signature, SignatureKey, Signatures, Signed, Signer, Statement, Tier, allowed,
    },
};

/// Signs a request; makes the entry when nothing is missing any more.
#[derive(Clone, Debug)]
pub struct Sign {
    /// The request.
    pub request: RequestId,
    /// The hash that was signed.
    pub payload_hash: Hash,
    /// What the payload asks for, so that it can be loaded.
    pub proposal: Proposal,
    /// The entry that followed the head that the payload names, if the log has grown since.
    pub after_head: Option<Seq>,
    /// The new signatures.
    pub signatures: Vec<Signature>,
    /// Tells a signature from what somebody wrote into the database.
    pub key: SignatureKey,
}

impl Verb for Sign {
    fn name(&self) -> &'static str {
        "sign"
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        let mut needs = self.proposal.movement().needs();
        needs.requests.insert(self.request);
        needs.heads.extend(self.after_head);
        needs
    }

    fn weight(&self) -> usize {
        self.proposal.movement().weight()
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let id = self.request;
        let request = open_request(facts, cx, id)?;
        if request.payload_hash != self.payload_hash
            || canonical::sha256(request.payload.as_bytes()) != self.payload_hash
        {
            return Err(Refusal::RequestChanged { request: id });
        }
        let payload: Payload =
            canonical::parse(request.payload.as_bytes()).map_err(|_| Refusal::Inconsistent {
                what: "payload of a request",
            })?;
        former_head(facts, cx, id, &payload)?;
        let mut draft = proposed(facts, cx, id, &payload)?;
        let kind = draft.act.kind();
        let parties = Parties {
            kind,
            requirement: requirement(facts, cx, &draft, &products(facts, &draft)?)
                .and_requirement(&facts.act_requirement(&draft.act, cx.now)),
            custodians: &facts.custodians_of_all(&draft.act, &draft.containers, cx.now),
            receivers: &receivers(&draft.seats),
            witnesses: &witnesses(&draft.seats),
            handover: draft.act.hands_over(),
        };
        let signatures = self.together(facts, request, &parties)?;
        match Signatures::for_policy(signatures.clone(), &parties) {
            Ok(valid) => {
                for signature in &signatures {
                    let statement = signature.statement();
                    let person = statement.signer.person;
                    if !draft.seats.iter().any(|seat| seat.person == person) {
                        draft.seats.push(Seat {
                            person,
                            part: statement.part,
                        });
                    }
                }
                draft.signed = Some(Signed {
                    payload: request.payload.clone(),
                    signatures: valid.into_vec(),
                });
                let posted = SigningRequest {
                    signatures,
                    ..request.clone()
                };
                let mut desk = ended(facts, cx, id, &posted, RequestState::Posted);
                desk.extend(outdated(facts, cx, id, &draft));
                Ok(Decision {
                    draft: Some(draft),
                    desk,
                })
            }
            Err(Refusal::SignaturesMissing { .. }) => {
                let state = RequestState::SignedInPart;
                let signed = SigningRequest {
                    state,
                    signatures,
                    ..request.clone()
                };
                Ok(Decision {
                    draft: None,
                    desk: vec![DeskChange::Request(id, signed)],
                })
            }
            Err(refusal) => Err(refusal),
        }
    }
}

impl Sign {
    /// The new signatures after those that the request has and that still count: who signed longer ago
    /// than the window, has left, has set another secret or may not sign any more signs again.
    fn together(
        &self,
        facts: &Facts,
        request: &SigningRequest,
        parties: &Parties<'_>,
    ) -> Result<Vec<Signature>, Refusal> {
        let id = self.request;
        let all = || request.signatures.iter().chain(&self.signatures);
        if !all().all(|signature| self.key.made(signature)) {
            return Err(Refusal::SignatureForged { request: id });
        }
        let latest = all().map(|signature| signature.statement().signed_at).max();
        let window = i64::from(parties.requirement.window_seconds);
        let counts = |signature: &&Signature| {
            let statement = signature.statement();
            latest.is_none_or(|latest| latest <= statement.signed_at.plus_seconds(window))
                && facts.signs_now(statement).is_ok()
                && allowed(statement, parties).is_ok()
        };
        let mut signatures: Vec<_> = request.signatures.iter().filter(counts).cloned().collect();
        for signature in &self.signatures {
            let statement = signature.statement();
            let person = statement.signer.person;
            if statement.payload_hash != self.payload_hash {
                return Err(Refusal::RequestChanged { request: id });
            }
            if signatures
                .iter()
                .any(|one| one.statement().signer.person == person)
            {
                return Err(Refusal::AlreadySigned { person });
            }
            facts.signs_now(statement)?;
            signatures.push(signature.clone());
        }
        Ok(signatures)
    }
}

impl Facts {
    /// Whoever signed is in office under that name, and the secret that was checked is still the one in
    /// force.
    ///
    /// # Errors
    /// [`Refusal::PersonUnknown`], [`Refusal::PersonLeft`], [`Refusal::SignInRefused`].
    pub(in crate::domain) fn signs_now(&self, statement: &Statement) -> Result<(), Refusal> {
        let person = self.person(statement.signer.person)?;
        let known = self.register.secrets.get(person.id);
        let same = known.is_some_and(|secret| secret.version == statement.secret_version);
        if same && statement.signer == Signer::of(person) && statement.tier != Tier::C {
            Ok(())
        } else {
            Err(Refusal::SignInRefused {})
        }
    }
}

/// What the payload proposes, decided again over what is there now: it must come to the same. It is
/// the applicant's act, whoever brings the last signature.
///
/// # Errors
/// [`Refusal::RequestOutdated`] when the stock has moved on, or why it is not allowed any more.
fn proposed(
    facts: &Facts,
    cx: &Context,
    id: RequestId,
    payload: &Payload,
) -> Result<Draft, Refusal> {
    let outdated = Refusal::RequestOutdated { request: id };
    let applicant = Context {
        actor: Some(payload.applicant.person),
        ..cx.clone()
    };
    let movement = payload.proposal.movement();
    match movement.draft(facts, &applicant, Authority::Request(id)) {
        Ok(draft)
            if payload.is_of(
                &draft.act,
                &draft.identities,
                &draft.containers,
                &draft.postings,
            ) =>
        {
            Ok(draft)
        }
        Ok(_)
        | Err(
            Refusal::ContainerState { .. }
            | Refusal::NotEnough { .. }
            | Refusal::LabelReplaced { .. }
            | Refusal::NothingCheckedOut { .. }
            | Refusal::CheckoutAmbiguous { .. }
            | Refusal::ReturnedMoreThanHeld { .. }
            | Refusal::AlreadyReversed { .. }
            | Refusal::LaterEntriesExist { .. }
            | Refusal::AlreadyThere { .. }
            | Refusal::NotReturning { .. },
        ) => Err(outdated),
        Err(refusal) => Err(refusal),
    }
}

/// The request, if it can still be signed.
pub(super) fn open_request<'f>(
    facts: &'f Facts,
    cx: &Context,
    id: RequestId,
) -> Result<&'f SigningRequest, Refusal> {
    let request = facts
        .desk
        .requests
        .get(id)
        .ok_or(Refusal::RequestUnknown { request: id })?;
    if !request.state.is_open() {
        return Err(Refusal::RequestClosed {
            request: id,
            state: request.state,
        });
    }
    if cx.now >= request.expires_at {
        return Err(Refusal::RequestExpired {
            request: id,
            expired_at: request.expires_at,
        });
    }
    Ok(request)
}

/// The head in the payload must be, or have been, the head of this log.
fn former_head(
    facts: &Facts,
    cx: &Context,
    id: RequestId,
    payload: &Payload,
) -> Result<(), Refusal> {
    let former = if payload.head.size == cx.head.size {
        payload.head == cx.head
    } else {
        facts.stock.heads.values().any(|head| *head == payload.head)
    };
    if former {
        Ok(())
    } else {
        Err(Refusal::RequestChanged { request: id })
    }
}

/// A request comes to its end, and lets go what it held back.
pub(super) fn ended(
    facts: &Facts,
    cx: &Context,
    id: RequestId,
    request: &SigningRequest,
    state: RequestState,
) -> Vec<DeskChange> {
    let free = Reservation {
        amount: 0,
        expires_at: cx.now,
    };
    let reservations = facts.desk.reservations.iter();
    let own = reservations.filter(|((request, _), _)| *request == id);
    let ended = SigningRequest {
        state,
        ..request.clone()
    };
    std::iter::once(DeskChange::Request(id, ended))
        .chain(own.map(|((_, serial), _)| DeskChange::Reservation(id, *serial, free)))
        .collect()
}

/// The other requests that hold something of the containers moved: they were made over another state,
/// so that nothing can come of them any more.
fn outdated(facts: &Facts, cx: &Context, id: RequestId, draft: &Draft) -> Vec<DeskChange> {
    let moved = |serial: Serial| draft.containers.iter().any(|line| line.serial == serial);
    let reservations = facts.desk.reservations.iter();
    let others: BTreeSet<RequestId> = reservations
        .filter(|((request, serial), held)| *request != id && held.amount > 0 && moved(*serial))
        .map(|((request, _), _)| *request)
        .collect();
    let requests = &facts.desk.requests;
    let open = others
        .into_iter()
        .filter_map(|other| Some((other, requests.get(other)?)))
        .filter(|(_, request)| request.state.is_open());
    open.flat_map(|(other, request)| ended(facts, cx, other, request, RequestState::Expired))
        .collect()
}

/// The persons who watch.
#[must_use]
pub fn witnesses(seats: &[Seat]) -> Vec<PersonId> {
    let watch = seats.iter().filter(|seat| seat.part == Part::Witness);
    watch.map(|seat| seat.person).collect()
}

/// The persons whose part in an entry is that of receiver or acceptor.
#[must_use]
pub fn receivers(seats: &[Seat]) -> Vec<PersonId> {
    seats
        .iter()
        .filter(|seat| matches!(seat.part, Part::Receiver | Part::Acceptor))
        .map(|seat| seat.person)
        .collect()
}
