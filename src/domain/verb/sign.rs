//! Signing requests: made, signed, completed, withdrawn. Always two steps: first the exact payload is
//! shown, then it is signed.

use std::collections::BTreeSet;

use super::{Authority, Context, Decision, Movement, Needs, Verb};
use crate::domain::{
    canonical,
    container::Standing,
    desk::DeskChange,
    facts::Facts,
    ids::{Label, PersonId, RequestId, Serial},
    ledger::{Draft, Kind, Part, Seat},
    merkle::Hash,
    people::Permission,
    policy::Requirement,
    product::Product,
    refusal::Refusal,
    request::{CONTEXT, Payload, Proposal, RequestState, Reservation, SigningRequest, Substance},
    signature::{Parties, Signature, Signatures, Signed, Signer},
};

impl Proposal {
    /// The verb that is proposed.
    #[must_use]
    pub fn movement(&self) -> &dyn Movement {
        match self {
            Self::Checkout(verb) => verb,
            Self::Receive(verb) => verb,
            Self::Move(verb) => verb,
            Self::Open(verb) => verb,
            Self::Use(verb) => verb,
            Self::GiveBack(verb) => verb,
            Self::Reverse(verb) => verb,
            Self::Release(verb) => verb,
        }
    }
}

/// The products that a draft moves, each once.
fn products<'f>(facts: &'f Facts, draft: &Draft) -> Result<Vec<&'f Product>, Refusal> {
    let mut products: Vec<&Product> = Vec::new();
    let known = draft
        .containers
        .iter()
        .filter_map(|line| facts.stock.containers.get(line.serial))
        .map(|container| facts.product_of(container));
    let new = draft
        .identities
        .iter()
        .map(|identity| facts.product(identity.product));
    for product in known.chain(new) {
        let product = product?;
        if products.iter().all(|other| other.id != product.id) {
            products.push(product);
        }
    }
    Ok(products)
}

/// What all products of a movement demand together.
fn requirement(facts: &Facts, cx: &Context, products: &[&Product]) -> Requirement {
    products
        .iter()
        .fold(Requirement::NONE, |strictest, product| {
            strictest.and_requirement(&facts.requirement(product, cx.now))
        })
}

/// The labels of the containers that a draft moves, as they are when it begins.
fn labels(facts: &Facts, draft: &Draft) -> Vec<Label> {
    let before = draft
        .containers
        .iter()
        .filter_map(|line| Some((line.serial, line.before?.standing.generation)));
    before
        .map(|(serial, generation)| Label::new(facts.institution, serial, generation))
        .collect()
}

/// Makes a request: decides the movement as it would be now, shows it, and holds the stock back.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its number: random.
    pub id: RequestId,
    /// What is asked for.
    pub proposal: Proposal,
    /// 128 random bits, hex.
    pub nonce: String,
}

impl Verb for Request {
    fn name(&self) -> &'static str {
        "signing_request"
    }

    fn permission(&self) -> Option<Permission> {
        self.proposal.movement().permission()
    }

    fn needs(&self) -> Needs {
        let mut needs = self.proposal.movement().needs();
        needs.requests.insert(self.id);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let authority = Authority::Request(self.id);
        let draft = self.proposal.movement().draft(facts, cx, authority)?;
        let products = products(facts, &draft)?;
        let requirement = requirement(facts, cx, &products);
        if !requirement.is_signed(draft.act.kind()) {
            return Err(Refusal::SigningNotNeeded {});
        }
        let applicant = receivers(&draft.seats).first().copied().or(cx.actor);
        let applicant = facts.person(applicant.ok_or(Refusal::NotPermitted {})?)?;
        let day = cx.now.china_day();
        let known: Vec<_> = draft
            .containers
            .iter()
            .filter(|line| line.before.is_some())
            .cloned()
            .collect();
        let expires_at = cx.now.plus_seconds(i64::from(requirement.life_seconds));
        let payload = Payload {
            ctx: CONTEXT.to_owned(),
            institution: facts.institution,
            request: self.id,
            nonce: self.nonce.clone(),
            applicant: Signer {
                person: applicant.id,
                name: applicant.name.clone(),
                staff_number: applicant.staff_number.clone(),
            },
            proposal: self.proposal.clone(),
            substances: products
                .iter()
                .map(|product| Substance {
                    product: product.id,
                    name: product.name.clone(),
                    qualifier: product.qualifier.clone(),
                    cas: product.cas.clone(),
                    classes: product.classes_on(day),
                })
                .collect(),
            act: draft.act.clone(),
            labels: labels(facts, &draft),
            // New containers get their serials when the entry is made.
            postings: if known.is_empty() {
                Vec::new()
            } else {
                draft.postings.clone()
            },
            containers: known,
            policy: requirement,
            head: cx.head,
            created_at: cx.now,
            expires_at,
        };
        let text = payload
            .to_text()
            .map_err(|_| Refusal::Inconsistent { what: "payload" })?;
        let request = SigningRequest {
            state: RequestState::Reserved,
            payload_hash: canonical::sha256(text.as_bytes()),
            payload: text,
            applicant: applicant.id,
            expires_at,
            signatures: Vec::new(),
        };
        let mut desk = vec![DeskChange::Request(self.id, request)];
        for line in &payload.containers {
            let before = line.before.map_or(line.after, |prior| prior.standing);
            let amount = held_back(&before, &line.after);
            if amount > 0 {
                let held = Reservation { amount, expires_at };
                desk.push(DeskChange::Reservation(self.id, line.serial, held));
            }
        }
        Ok(Decision { draft: None, desk })
    }
}

/// What a movement takes out of reach: everything when the container itself goes, else what leaves it.
fn held_back(before: &Standing, after: &Standing) -> i64 {
    if (before.place, before.holder) == (after.place, after.holder) {
        before.amount.saturating_sub(after.amount)
    } else {
        before.amount
    }
}

/// Signs a request; makes the entry when nothing is missing any more.
#[derive(Clone, Debug)]
pub struct Sign {
    /// The request.
    pub request: RequestId,
    /// The hash that was signed.
    pub payload_hash: Hash,
    /// What the payload asks for, so that it can be loaded.
    pub proposal: Proposal,
    /// The seq after the head that the payload names, if the log has grown since.
    pub after_head: Option<crate::domain::ids::Seq>,
    /// The new signatures.
    pub signatures: Vec<Signature>,
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
        needs.entries.extend(self.after_head);
        let signers = self
            .signatures
            .iter()
            .map(|signature| signature.statement().signer.person);
        needs.secrets.extend(signers);
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
        let mut signatures = request.signatures.clone();
        for signature in &self.signatures {
            self.check(facts, &signatures, signature)?;
            signatures.push(signature.clone());
        }

        let mut draft = proposed(facts, cx, id, &payload)?;
        let checked = check_policy(facts, cx, &draft, signatures.clone());
        match checked {
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
                let mut desk = release(facts, id, cx);
                let posted = SigningRequest {
                    state: RequestState::Posted,
                    signatures,
                    ..request.clone()
                };
                desk.push(DeskChange::Request(id, posted));
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
    /// One new signature: over this payload, by somebody in office, with the secret in force.
    fn check(
        &self,
        facts: &Facts,
        earlier: &[Signature],
        signature: &Signature,
    ) -> Result<(), Refusal> {
        let statement = signature.statement();
        let person = statement.signer.person;
        if statement.payload_hash != self.payload_hash {
            return Err(Refusal::RequestChanged {
                request: self.request,
            });
        }
        if earlier
            .iter()
            .any(|one| one.statement().signer.person == person)
        {
            return Err(Refusal::AlreadySigned { person });
        }
        facts.signs_now(signature)
    }
}

impl Facts {
    /// Whoever signed is in office, and the secret that was checked is still the one in force.
    ///
    /// # Errors
    /// [`Refusal::PersonUnknown`], [`Refusal::PersonLeft`], [`Refusal::SignInRefused`].
    pub(super) fn signs_now(&self, signature: &Signature) -> Result<(), Refusal> {
        let statement = signature.statement();
        let person = self.person(statement.signer.person)?.id;
        let version = self.desk.secrets.get(person).map(|secret| secret.version);
        if version == Some(statement.secret_version) {
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
            | Refusal::AlreadyThere { .. },
        ) => Err(outdated),
        Err(refusal) => Err(refusal),
    }
}

/// Checks signatures against what the policies in force ask for.
fn check_policy(
    facts: &Facts,
    cx: &Context,
    draft: &Draft,
    signatures: Vec<Signature>,
) -> Result<Signatures, Refusal> {
    let kind = draft.act.kind();
    let requirement = requirement(facts, cx, &products(facts, draft)?);
    let receivers = receivers(&draft.seats);
    let custodians = facts.custodians_of_all(kind, &draft.containers, cx.now);
    Signatures::for_policy(
        signatures,
        &Parties {
            kind,
            requirement,
            custodians: &custodians,
            receivers: &receivers,
        },
    )
}

/// The request, if it can still be signed.
fn open_request<'f>(
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
        facts
            .stock
            .entries
            .values()
            .any(|record| record.prev == payload.head)
    };
    if former {
        Ok(())
    } else {
        Err(Refusal::RequestChanged { request: id })
    }
}

/// Lets go what a request held back.
fn release(facts: &Facts, id: RequestId, cx: &Context) -> Vec<DeskChange> {
    let own: BTreeSet<Serial> = facts
        .desk
        .reservations
        .iter()
        .filter(|((request, _), _)| *request == id)
        .map(|((_, serial), _)| *serial)
        .collect();
    let free = Reservation {
        amount: 0,
        expires_at: cx.now,
    };
    own.into_iter()
        .map(|serial| DeskChange::Reservation(id, serial, free))
        .collect()
}

/// Takes a request back, or refuses to sign it; the stock is free again.
#[derive(Clone, Debug)]
pub struct Withdraw {
    /// The request.
    pub request: RequestId,
    /// A custodian refuses; otherwise the applicant takes it back.
    pub refuse: bool,
}

impl Verb for Withdraw {
    fn name(&self) -> &'static str {
        if self.refuse {
            "refuse_request"
        } else {
            "withdraw_request"
        }
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::ReadStock)
    }

    fn needs(&self) -> Needs {
        Needs {
            requests: BTreeSet::from([self.request]),
            ..Needs::default()
        }
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let request = open_request(facts, cx, self.request)?;
        let actor = cx.actor.ok_or(Refusal::NotPermitted {})?;
        let custodian = facts
            .roles(actor, cx.now)
            .any(|(role, _)| role.may(Permission::Move));
        if !custodian && (self.refuse || actor != request.applicant) {
            return Err(Refusal::NotPermitted {});
        }
        let state = if self.refuse {
            RequestState::Refused
        } else {
            RequestState::Withdrawn
        };
        let mut desk = release(facts, self.request, cx);
        desk.push(DeskChange::Request(
            self.request,
            SigningRequest {
                state,
                ..request.clone()
            },
        ));
        Ok(Decision { draft: None, desk })
    }
}

/// The kinds of entry whose controlled containers must be signed for.
#[must_use]
pub const fn is_signed(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Opening
            | Kind::Receive
            | Kind::Move
            | Kind::Checkout
            | Kind::Use
            | Kind::GiveBack
            | Kind::Reverse
            | Kind::Release
    )
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
