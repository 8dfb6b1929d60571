//! A signing request is made: the exact thing is shown before anybody signs it.

use std::collections::BTreeSet;

use super::{Authority, Context, Decision, Lot, Movement, Needs, Verb, receivers, witnesses};
use crate::domain::{
    canonical,
    container::Standing,
    desk::DeskChange,
    facts::Facts,
    ids::{Label, PlaceId, RequestId},
    ledger::{Act, ContainerLine, Draft},
    people::Permission,
    policy::Requirement,
    product::Product,
    refusal::Refusal,
    request::{
        CONTEXT, NamedPlace, Payload, Proposal, RequestState, Reservation, SigningRequest,
        Substance, known,
    },
    signature::Signer,
    text::is_blank,
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
            Self::Split(verb) => verb,
            Self::Mix(verb) => verb,
            Self::Waste(verb) => verb,
            Self::StepVessel(verb) => verb,
            Self::Dispose(verb) => verb,
            Self::Send(verb) => verb,
            Self::Accept(verb) => verb,
            Self::Reclaim(verb) => verb,
            Self::Variance(verb) => verb,
            Self::EndIncident(verb) => verb,
            Self::Handover(verb) => verb,
        }
    }
}

/// The products that a draft moves, each once.
pub(super) fn products<'f>(facts: &'f Facts, draft: &Draft) -> Result<Vec<&'f Product>, Refusal> {
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
    // What leaves a waste container stands in no line.
    let posted = draft
        .postings
        .iter()
        .map(|posting| facts.product(posting.product));
    // What is lost for good may have been posted before.
    let lost = facts.written_off(&draft.act).into_iter();
    let lost = lost.map(|container| facts.product_of(container));
    for product in known.chain(new).chain(posted).chain(lost) {
        let product = product?;
        if products.iter().all(|other| other.id != product.id) {
            products.push(product);
        }
    }
    Ok(products)
}

/// What all products of a movement demand together.
pub(super) fn requirement(
    facts: &Facts,
    cx: &Context,
    draft: &Draft,
    products: &[&Product],
) -> Requirement {
    products
        .iter()
        .fold(Requirement::NONE, |strictest, product| {
            strictest.and_requirement(&facts.requirement_of(product, cx.now, draft.occurred_at))
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

/// The places that containers leave and come to, by name, each once.
fn places(facts: &Facts, act: &Act, lines: &[ContainerLine]) -> Vec<NamedPlace> {
    let before = lines.iter().filter_map(|line| line.before);
    let left = before.map(|prior| prior.standing.place);
    let places: BTreeSet<PlaceId> = left
        .chain(lines.iter().map(|line| line.after.place))
        .chain(facts.vessel_places(act))
        .chain(facts.loss_places(act))
        .collect();
    let named = places.into_iter().map(|place| {
        let mut names: Vec<&str> = facts
            .place_and_above(place)
            .map(|around| around.name.as_str())
            .collect();
        names.reverse();
        let name = names.join(" / ");
        NamedPlace { place, name }
    });
    named.collect()
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
        let requirement = requirement(facts, cx, &draft, &products)
            .and_requirement(&facts.act_requirement(&draft.act, cx.now));
        if !requirement.is_signed(draft.act.kind()) {
            return Err(Refusal::SigningNotNeeded {});
        }
        // Whoever signs says that the purpose was checked: there must be one.
        let kind = draft.act.kind();
        if kind.asks_purpose() && is_blank(&draft.reason) {
            return Err(Refusal::PurposeMissing {});
        }
        let applicant = facts.person(cx.actor.ok_or(Refusal::NotPermitted {})?)?;
        // What comes back may be of somebody whose account is blocked.
        let receivers = receivers(&draft.seats).into_iter();
        let receivers = receivers.map(|person| facts.account(person).map(Signer::of));
        let watching = witnesses(&draft.seats).into_iter();
        let watching = watching.map(|person| facts.person(person).map(Signer::of));
        let day = cx.now.china_day();
        // New containers get their serials when the entry is made.
        let (containers, postings) = known(&draft.containers, &draft.postings);
        let expires_at = cx.now.plus_seconds(i64::from(requirement.life_seconds));
        let payload = Payload {
            ctx: CONTEXT.to_owned(),
            institution: facts.institution,
            request: self.id,
            nonce: self.nonce.clone(),
            applicant: Signer::of(applicant),
            receivers: receivers.collect::<Result<_, _>>()?,
            witnesses: watching.collect::<Result<_, _>>()?,
            purpose: draft.reason.clone(),
            places: places(facts, &draft.act, &draft.containers),
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
            postings: postings.into_iter().cloned().collect(),
            containers: containers.into_iter().cloned().collect(),
            brings: Lot::of_draft(&draft)?,
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

/// What a movement takes out of reach: everything when the container itself goes or comes into another
/// state, else what leaves it.
fn held_back(before: &Standing, after: &Standing) -> i64 {
    let how = |standing: &Standing| (standing.place, standing.holder, standing.status);
    if how(before) == how(after) {
        before.amount.saturating_sub(after.amount)
    } else {
        before.amount
    }
}
