//! What people ask, as data: a new verb is one variant and one arm here, one method of the reference
//! and one way to invent it.

use hazledger::domain::facts::Facts;
use hazledger::domain::ledger::{self, Draft};
use hazledger::domain::people::{Appointment, Permission};
use hazledger::domain::refusal::Refusal;
use hazledger::domain::verb::{
    Checkout, Claim, Context, Decision, Dispose, Found, GiveBack, Move, Needs, Open, Receive,
    Reprint, Reverse, SetPlace, SetProduct, Split, Use, Verb, Waste,
};

#[derive(Clone, Debug)]
pub enum Act {
    Found(Found),
    Appoint(Appoint),
    Place(SetPlace),
    Product(SetProduct),
    Receive(Receive),
    Open(Open),
    Checkout(Checkout),
    Move(Move),
    Split(Split),
    Waste(Waste),
    Dispose(Dispose),
    Use(Use),
    GiveBack(GiveBack),
    Reverse(Reverse),
    Reprint(Reprint),
}

impl Act {
    pub fn verb(&self) -> Box<dyn Verb> {
        match self.clone() {
            Self::Found(verb) => Box::new(verb),
            Self::Appoint(verb) => Box::new(verb),
            Self::Place(verb) => Box::new(verb),
            Self::Product(verb) => Box::new(verb),
            Self::Receive(verb) => Box::new(verb),
            Self::Open(verb) => Box::new(verb),
            Self::Checkout(verb) => Box::new(verb),
            Self::Move(verb) => Box::new(verb),
            Self::Split(verb) => Box::new(verb),
            Self::Waste(verb) => Box::new(verb),
            Self::Dispose(verb) => Box::new(verb),
            Self::Use(verb) => Box::new(verb),
            Self::GiveBack(verb) => Box::new(verb),
            Self::Reverse(verb) => Box::new(verb),
            Self::Reprint(verb) => Box::new(verb),
        }
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
            Self::Waste(verb) => Some(&verb.claim),
            Self::Dispose(verb) => Some(&verb.claim),
            Self::Use(verb) => Some(&verb.claim),
            Self::GiveBack(verb) => Some(&verb.claim),
            _ => None,
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
    /// Commands sent in this order without waiting for answers.
    Together(Vec<Sent>),
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
