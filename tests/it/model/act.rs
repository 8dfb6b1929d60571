//! What people ask, as data: a new verb is one variant and one arm here, one method of the reference
//! and one way to invent it.

use std::collections::BTreeSet;

use hazledger::domain::desk::{DeskChange, StoredSecret};
use hazledger::domain::facts::Facts;
use hazledger::domain::ids::PersonId;
use hazledger::domain::ledger::{self, Credential, Draft};
use hazledger::domain::people::{Appointment, Permission, Person};
use hazledger::domain::refusal::Refusal;
use hazledger::domain::verb::{
    Accept, BeginStocktake, Checkout, Claim, CloseStocktake, Consign, Context, Decision, Found,
    GiveBack, HandOver, KeepBook, Mix, Move, Needs, Open, Receive, Reclaim, RegisterVessel,
    Release, Reprint, Resolve, Reverse, Scan, SetPlace, SetProduct, Split, StepVessel, Submit, Use,
    Variance, Verb, Waste, Witnessed,
};
use sha2::{Digest, Sha256};

use super::cases::CaseAct;
use super::purchases::BuyAct;
use super::signing::{Answers, Ask, Signs};
use super::staff::StaffAct;

#[derive(Clone, Debug)]
pub enum Act {
    Found(Found),
    Enrol(Enrol),
    Secret(Secret),
    Appoint(Appoint),
    Place(SetPlace),
    Product(SetProduct),
    Receive(Receive),
    Open(Open),
    Checkout(Checkout),
    Move(Move),
    Split(Split),
    Mix(Mix),
    Register(RegisterVessel),
    StepVessel(StepVessel),
    Waste(Waste),
    Dispose(Witnessed),
    Send(Consign),
    Accept(Accept),
    Reclaim(Reclaim),
    Use(Use),
    GiveBack(GiveBack),
    Reverse(Reverse),
    Reprint(Reprint),
    Begin(BeginStocktake),
    Scan(Scan),
    Settle(Variance),
    Close(CloseStocktake),
    Book(KeepBook),
    HandOver(HandOver),
    Resolve(Resolve),
    /// Only ever proposed.
    Release(Release),
    Staff(StaffAct),
    Buy(BuyAct),
    Case(CaseAct),
    Submit(Submit),
    Ask(Ask),
    /// What the signers present is made where they sign: see `World`.
    Sign(Signs),
    Answer(Answers),
}

impl Act {
    pub fn verb(&self) -> Box<dyn Verb> {
        match self.clone() {
            Self::Found(verb) => Box::new(verb),
            Self::Enrol(verb) => Box::new(verb),
            Self::Secret(verb) => Box::new(verb),
            Self::Appoint(verb) => Box::new(verb),
            Self::Place(verb) => Box::new(verb),
            Self::Product(verb) => Box::new(verb),
            Self::Receive(verb) => Box::new(verb),
            Self::Open(verb) => Box::new(verb),
            Self::Checkout(verb) => Box::new(verb),
            Self::Move(verb) => Box::new(verb),
            Self::Split(verb) => Box::new(verb),
            Self::Mix(verb) => Box::new(verb),
            Self::Register(verb) => Box::new(verb),
            Self::StepVessel(verb) => Box::new(verb),
            Self::Waste(verb) => Box::new(verb),
            Self::Dispose(verb) => Box::new(verb),
            Self::Send(verb) => Box::new(verb),
            Self::Accept(verb) => Box::new(verb),
            Self::Reclaim(verb) => Box::new(verb),
            Self::Use(verb) => Box::new(verb),
            Self::GiveBack(verb) => Box::new(verb),
            Self::Reverse(verb) => Box::new(verb),
            Self::Reprint(verb) => Box::new(verb),
            Self::Begin(verb) => Box::new(verb),
            Self::Scan(verb) => Box::new(verb),
            Self::Settle(verb) => Box::new(verb),
            Self::Close(verb) => Box::new(verb),
            Self::Book(verb) => Box::new(verb),
            Self::HandOver(verb) => Box::new(verb),
            Self::Resolve(verb) => Box::new(verb),
            Self::Release(verb) => Box::new(verb),
            Self::Staff(act) => act.verb(),
            Self::Buy(act) => act.verb(),
            Self::Case(act) => act.verb(),
            Self::Submit(verb) => Box::new(verb),
            Self::Ask(ask) => ask.verb(),
            Self::Sign(_) | Self::Answer(_) => panic!("signatures are made where they are given"),
        }
    }

    /// Who accepts what comes into the book.
    pub fn acceptors(&self) -> &[PersonId] {
        if let Self::Receive(verb) = self {
            &verb.acceptors
        } else if let Self::Open(verb) = self {
            &verb.acceptors
        } else if let Self::Accept(verb) = self {
            &verb.acceptors
        } else {
            &[]
        }
    }

    /// Whether whoever counts sends it.
    pub fn is_counting(&self) -> bool {
        matches!(
            self,
            Self::Begin(_) | Self::Scan(_) | Self::Close(_) | Self::Book(_) | Self::Resolve(_)
        )
    }
}

impl Act {
    /// When it is said to have happened, by those acts that say it.
    pub fn claim(&self) -> Option<&Claim> {
        match self {
            Self::Receive(verb) => Some(&verb.claim),
            Self::Checkout(verb) => Some(&verb.claim),
            Self::Move(verb) => Some(&verb.claim),
            Self::Split(verb) => Some(&verb.claim),
            Self::Mix(verb) => Some(&verb.claim),
            Self::Waste(verb) => Some(&verb.claim),
            Self::Dispose(verb) => Some(&verb.disposal.claim),
            Self::Use(verb) => Some(&verb.claim),
            Self::GiveBack(verb) => Some(&verb.claim),
            Self::Send(verb) => Some(&verb.claim),
            Self::Accept(verb) => Some(&verb.claim),
            Self::Reclaim(verb) => Some(&verb.claim),
            Self::Release(verb) => Some(&verb.0.claim),
            Self::Found(_)
            | Self::Enrol(_)
            | Self::Secret(_)
            | Self::Appoint(_)
            | Self::Place(_)
            | Self::Product(_)
            | Self::Open(_)
            | Self::Register(_)
            | Self::StepVessel(_)
            | Self::Reverse(_)
            | Self::Reprint(_)
            | Self::Begin(_)
            | Self::Scan(_)
            | Self::Settle(_)
            | Self::Close(_)
            | Self::Book(_)
            | Self::Resolve(_)
            | Self::Staff(_)
            | Self::Buy(_)
            | Self::Case(_)
            | Self::Submit(_)
            | Self::Ask(_)
            | Self::Sign(_)
            | Self::Answer(_)
            | Self::HandOver(_) => None,
        }
    }
}

/// A command on its way: who sends what, under which key.
#[derive(Clone, Debug)]
pub struct Sent {
    pub institution: i64,
    pub person: i64,
    pub key: Option<u64>,
    pub act: Act,
}

/// One step of a history.
#[derive(Clone, Debug)]
pub enum Step {
    /// The clock is moved, back too.
    Pass { milliseconds: i64 },
    /// The program stops and starts again.
    Restart,
    /// The outbox carries what is waiting.
    Deliver,
    /// Commands sent in this order without waiting for answers.
    Together(Vec<Sent>),
}

pub fn newcomer(id: PersonId, institution: i64) -> Person {
    Person {
        id,
        name: format!("人员{id}"),
        staff_number: format!("M{id}"),
        identity: format!("{institution:032x}{:032x}", 900 + id.get()),
        department: None,
        closed: false,
        suspended: false,
    }
}

/// Somebody comes, without the rules about who may come.
#[derive(Clone, Debug)]
pub struct Enrol(pub PersonId);

impl Verb for Enrol {
    fn name(&self) -> &'static str {
        ledger::Kind::Enrol.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let person = newcomer(self.0, facts.institution.get());
        Ok(Draft::of(ledger::Act::Enrol(person)).into())
    }
}

/// A first secret without the code that leads to it: whoever witnesses has one.
#[derive(Clone, Debug)]
pub struct Secret(pub PersonId);

impl Verb for Secret {
    fn name(&self) -> &'static str {
        ledger::Kind::Secret.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs {
            secrets: BTreeSet::from([self.0]),
            ..Needs::default()
        }
    }

    fn decide(&self, _facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let (person, version) = (self.0, 1);
        let phc = format!("secret of {person}");
        let digest = Sha256::digest(&phc);
        let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let secret = ledger::Act::Secret(Credential {
            person,
            version,
            digest,
        });
        Ok(Decision {
            draft: Some(Draft::of(secret)),
            desk: vec![DeskChange::Secret(person, StoredSecret { version, phc })],
        })
    }
}

/// An appointment without the rules about who may be appointed: the histories need custodians.
#[derive(Clone, Debug)]
pub struct Appoint(pub Appointment);

impl Verb for Appoint {
    fn name(&self) -> &'static str {
        ledger::Kind::Appoint.as_str()
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        Ok(Draft::of(ledger::Act::Appoint(self.0.clone())).into())
    }
}
