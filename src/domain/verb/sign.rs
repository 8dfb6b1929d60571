//! Signing requests: made, signed, completed, withdrawn. Always two steps: first the exact payload is
//! shown, then it is signed.

use std::collections::BTreeSet;

use super::{Authority, Context, Decision, Needs, Verb};
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
    fn verb(&self) -> &dyn Verb {
        match self {
            Self::Checkout(verb) => verb,
            Self::Receive(verb) => verb,
            Self::Move(verb) => verb,
            Self::Open(verb) => verb,
        }
    }

    /// What the movement does.
    fn draft(&self, facts: &Facts, cx: &Context, request: RequestId) -> Result<Draft, Refusal> {
        let authority = Authority::Request(request);
        match self {
            Self::Checkout(verb) => verb.draft(facts, cx, authority),
            Self::Receive(verb) => verb.draft(facts, cx, authority),
            Self::Move(verb) => verb.draft(facts, cx, authority),
            Self::Open(verb) => verb.draft(facts, cx, authority),
        }
    }

    fn labels(&self) -> Vec<Label> {
        match self {
            Self::Checkout(verb) => vec![verb.label],
            Self::Receive(_) | Self::Open(_) => Vec::new(),
            Self::Move(verb) => verb.labels.clone(),
        }
    }

    /// Who receives (or accepts).
    fn receivers(&self) -> Vec<PersonId> {
        match self {
            Self::Checkout(verb) => vec![verb.receiver],
            Self::Receive(verb) => verb.acceptors.clone(),
            Self::Open(verb) => verb.acceptors.clone(),
            Self::Move(_) => Vec::new(),
        }
    }

    /// The products concerned.
    fn products<'f>(&self, facts: &'f Facts) -> Result<Vec<&'f Product>, Refusal> {
        match self {
            Self::Receive(verb) => Ok(vec![facts.product(verb.lot.identity.product)?]),
            Self::Open(verb) => {
                let products: BTreeSet<_> =
                    verb.lots.iter().map(|lot| lot.identity.product).collect();
                products.into_iter().map(|id| facts.product(id)).collect()
            }
            Self::Checkout(_) | Self::Move(_) => self
                .labels()
                .into_iter()
                .map(|label| facts.product_of(facts.container(label)?))
                .collect(),
        }
    }
}

/// What all products of a movement demand together.
fn requirement(facts: &Facts, cx: &Context, products: &[&Product]) -> Requirement {
    products
        .iter()
        .fold(Requirement::NONE, |strictest, product| {
            strictest.and_requirement(&facts.requirement(product, cx.now))
        })
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
        self.proposal.verb().permission()
    }

    fn needs(&self) -> Needs {
        let mut needs = self.proposal.verb().needs();
        needs.requests.insert(self.id);
        needs
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let draft = self.proposal.draft(facts, cx, self.id)?;
        let products = self.proposal.products(facts)?;
        let requirement = requirement(facts, cx, &products);
        if !requirement.is_controlled() && requirement.acceptors == 0 {
            return Err(Refusal::SigningNotNeeded {});
        }
        let applicant = self.proposal.receivers().first().copied().or(cx.actor);
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
            labels: self.proposal.labels(),
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
            let held = Reservation {
                amount: held_back(&before, &line.after),
                expires_at,
            };
            desk.push(DeskChange::Reservation(self.id, line.serial, held));
        }
        Ok(Decision { draft: None, desk })
    }
}

/// What a movement takes out of reach: the difference, or everything when the container itself goes.
const fn held_back(before: &Standing, after: &Standing) -> i64 {
    let difference = before.amount - after.amount;
    if difference > 0 {
        difference
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
        let mut needs = self.proposal.verb().needs();
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
        self.proposal.verb().weight()
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

        let mut draft = payload.proposal.draft(facts, cx, id).map_err(|refusal| {
            let moved_on = matches!(
                refusal,
                Refusal::ContainerState { .. }
                    | Refusal::NotEnough { .. }
                    | Refusal::LabelReplaced { .. }
            );
            if moved_on {
                Refusal::RequestOutdated { request: id }
            } else {
                refusal
            }
        })?;
        if !payload.containers.is_empty() && !payload.is_of(&draft) {
            return Err(Refusal::RequestOutdated { request: id });
        }
        let checked = check_policy(facts, cx, &payload.proposal, &draft, signatures.clone());
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
        facts.person(person)?;
        let version = facts.desk.secrets.get(person).map(|secret| secret.version);
        if version == Some(statement.secret_version) {
            Ok(())
        } else {
            Err(Refusal::SignInRefused {})
        }
    }
}

/// Checks signatures against what the policies in force ask for.
fn check_policy(
    facts: &Facts,
    cx: &Context,
    proposal: &Proposal,
    draft: &Draft,
    signatures: Vec<Signature>,
) -> Result<Signatures, Refusal> {
    let requirement = requirement(facts, cx, &proposal.products(facts)?);
    let receivers = proposal.receivers();
    let custodians = facts.custodians_of_all(&draft.containers, cx.now);
    Signatures::for_policy(
        signatures,
        &Parties {
            kind: draft.act.kind(),
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
