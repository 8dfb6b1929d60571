//! The verbs: one file each, the whole rule from top to bottom, pure.
//!
//! A verb names what it needs, the store loads the facts, the verb decides a draft or a refusal.

mod accept;
mod announce;
mod appoint;
mod approve;
mod assign;
mod badge;
mod book;
mod checkout;
mod close_order;
mod close_stocktake;
mod code;
mod count;
mod countersign;
mod delegate;
mod department;
mod dispose;
mod end_incident;
mod enrol;
mod follow_up;
mod found;
mod giving_back;
mod hand_over;
mod identify;
mod import;
mod incident;
mod leave;
mod lines;
mod mix;
mod moving;
mod order;
mod permit;
mod place;
mod product;
mod pull;
mod purchase_policy;
mod receive;
mod reclaim;
mod release;
mod reprint;
mod request;
mod requisition;
mod reserved;
mod resolve;
mod reverse;
mod review;
mod revoke;
mod second;
mod send;
mod session;
mod settle;
mod sign;
mod split;
mod stocktake;
mod submit;
mod suspend;
mod unlock;
mod using;
mod variance;
mod vessel;
mod vessel_step;
mod waste;
mod withdraw;

use std::{cmp::Ordering, collections::BTreeSet, fmt, str::FromStr};

pub use accept::{Accept, Arrived};
pub use announce::Announce;
pub use appoint::Appoint;
pub use approve::Approve;
pub use assign::Assign;
pub use badge::SetBadge;
pub use book::{KeepBook, Look};
pub use checkout::{Checkout, Take};
pub use close_order::CloseOrder;
pub use close_stocktake::CloseStocktake;
pub use code::HandOutCode;
pub use count::Scan;
pub use countersign::Countersign;
pub use delegate::Delegate;
pub use department::SetDepartment;
pub use dispose::{Dispose, OnBalance, Witnessed};
pub use end_incident::EndIncident;
pub use enrol::Enrol;
pub use follow_up::FollowUp;
pub use found::{Found, Founder};
pub use giving_back::{GiveBack, Measure};
pub use hand_over::{HandOver, JointCount};
pub use identify::Identify;
pub use import::{AcceptImport, EndImport, KeepImport, UndoImport};
pub use incident::ReportIncident;
pub use leave::Leave;
pub use mix::{Input, Mix};
pub use moving::Move;
pub use order::PlaceOrder;
pub use permit::SetPermit;
pub use place::SetPlace;
pub use product::SetProduct;
pub use pull::{AcknowledgeHead, KeepHead};
pub use purchase_policy::SetPurchasePolicy;
pub use receive::{Lot, Open, Receive};
pub use reclaim::{Reclaim, Returned};
pub use release::Release;
pub use reprint::Reprint;
pub use request::Request;
pub use requisition::SetRequisition;
pub use resolve::Resolve;
pub use reverse::Reverse;
pub use review::ReviewSubmission;
pub use revoke::Revoke;
pub use second::Second;
pub use send::Consign;
pub use session::{
    ALARM_AT, CountAttempt, CountWrong, Forgive, RaiseAlarm, Refresh, SetSecret, SignIn, SignOut,
};
pub use settle::Settle;
pub use sign::{Sign, receivers, witnesses};
pub use split::Split;
pub use stocktake::BeginStocktake;
pub use submit::Submit;
pub use suspend::Suspend;
pub use unlock::Unlock;
pub use using::Use;
pub use variance::Variance;
pub use vessel::RegisterVessel;
pub use vessel_step::StepVessel;
pub use waste::{IntoVessel, Waste};
pub use withdraw::Withdraw;

use lines::{after, inside, line, outside, quantity_of, spendable, takeable};
use reserved::unreserved;
use serde::{Deserialize, Serialize};

use super::{
    container::{Container, Holding, Status},
    desk::{Claimant, DeskChange, SessionId},
    facts::Facts,
    happening::Happening,
    ids::{
        IdError, ImportId, InstitutionId, Label, PersonId, PlaceId, ProductId, RequestId, Seq,
        Serial,
    },
    incident::IncidentNeeds,
    ledger::{AuditLine, AuditOutcome, Draft, Head, Late, Signing},
    people::Permission,
    product::Product,
    purchasing::PurchaseNeeds,
    refusal::{Known, Refusal},
    stocktake::StocktakeNeeds,
    submission::Period,
    time::Time,
    vessel::VesselNeeds,
};

/// Most containers one command may touch.
pub const MOST_CONTAINERS: usize = 500;

/// What a verb wants loaded before it decides. The register is always there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Containers.
    pub containers: BTreeSet<Serial>,
    /// Containers whose open holdings are wanted.
    pub holdings: BTreeSet<Serial>,
    /// Containers of which it is wanted since when they are as they are.
    pub spans: BTreeSet<Serial>,
    /// Earlier entries, with what reversed them, the containers they touched and what has happened
    /// to these since.
    pub entries: BTreeSet<Seq>,
    /// Earlier entries of which only the head before them is wanted.
    pub heads: BTreeSet<Seq>,
    /// Sessions.
    pub sessions: BTreeSet<SessionId>,
    /// Persons whose stored secret and code are wanted.
    pub secrets: BTreeSet<PersonId>,
    /// Claimants whose tries are wanted.
    pub attempts: BTreeSet<Claimant>,
    /// Signing requests.
    pub requests: BTreeSet<RequestId>,
    /// Persons whose live sessions are wanted.
    pub sessions_of: BTreeSet<PersonId>,
    /// Persons whose tries at every workstation are wanted.
    pub attempts_of: BTreeSet<PersonId>,
    /// Subjects whose wrong secrets of the day are wanted.
    pub wrong_tries: BTreeSet<i64>,
    /// Persons of whom everything they hold is wanted.
    pub held_by: BTreeSet<PersonId>,
    /// Emergency releases, by their entries.
    pub emergencies: BTreeSet<Seq>,
    /// Imports, with every other import of the same file.
    pub imports: BTreeSet<ImportId>,
    /// Whether it is wanted which products stand at which places.
    pub standing: bool,
    /// Products of which it is wanted how much stands where.
    pub stock_of: BTreeSet<ProductId>,
    /// Places of which it is wanted what is in them and below.
    pub left_at: BTreeSet<PlaceId>,
    /// What was bought and on what.
    pub purchases: PurchaseNeeds,
    /// Consignments of this institution, by their entries.
    pub outgoing: BTreeSet<Seq>,
    /// Consignments that were announced to it, by their sender and its entry.
    pub incoming: BTreeSet<(InstitutionId, Seq)>,
    /// Other institutions.
    pub peers: BTreeSet<InstitutionId>,
    /// Institutions whose latest pull is wanted.
    pub pulls: BTreeSet<InstitutionId>,
    /// Stocktakes.
    pub stocktakes: StocktakeNeeds,
    /// Losses, thefts, leaks.
    pub incidents: IncidentNeeds,
    /// Waste containers.
    pub vessels: VesselNeeds,
    /// Periods of which the submissions are wanted.
    pub submissions: BTreeSet<Period>,
    /// Whether everything is wanted that belongs to a place and that a policy names.
    pub kept: bool,
    /// Containers of which the books of the last day, and what they differ by, are wanted.
    pub books: BTreeSet<Serial>,
}

/// When, and who asks.
#[derive(Clone, Debug)]
pub struct Context {
    /// The only clock.
    pub now: Time,
    /// The person who sent the command; absent for the program itself.
    pub actor: Option<PersonId>,
    /// The head of the ledger now.
    pub head: Head,
}

/// On what a movement rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// An acknowledgement only: enough for classes that nobody has to sign for.
    Unsigned,
    /// A signing request, being made or completed: its own reservations do not stand in its way.
    Request(RequestId),
}

impl Authority {
    /// Whether it is enough for what the classes of a container demand.
    ///
    /// # Errors
    /// [`Refusal::SignaturesRequired`].
    fn allows(
        self,
        facts: &Facts,
        container: &Container,
        label: Label,
        now: Time,
    ) -> Result<(), Refusal> {
        let requirement = facts.requirement(facts.product_of(container)?, now);
        if requirement.is_controlled() && self == Self::Unsigned {
            return Err(Refusal::SignaturesRequired {
                label,
                needed: requirement.issuers,
            });
        }
        Ok(())
    }
}

/// What a verb decided.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// The entry to make, if the ledger is concerned.
    pub draft: Option<Draft>,
    /// Changes of the desk.
    pub desk: Vec<DeskChange>,
}

impl Needs {
    /// Adds what another command needs.
    pub fn extend(&mut self, other: Self) {
        self.containers.extend(other.containers);
        self.holdings.extend(other.holdings);
        self.spans.extend(other.spans);
        self.entries.extend(other.entries);
        self.heads.extend(other.heads);
        self.sessions.extend(other.sessions);
        self.secrets.extend(other.secrets);
        self.attempts.extend(other.attempts);
        self.requests.extend(other.requests);
        self.sessions_of.extend(other.sessions_of);
        self.attempts_of.extend(other.attempts_of);
        self.wrong_tries.extend(other.wrong_tries);
        self.held_by.extend(other.held_by);
        self.emergencies.extend(other.emergencies);
        self.imports.extend(other.imports);
        self.standing |= other.standing;
        self.stock_of.extend(other.stock_of);
        self.left_at.extend(other.left_at);
        self.purchases.extend(other.purchases);
        self.outgoing.extend(other.outgoing);
        self.incoming.extend(other.incoming);
        self.peers.extend(other.peers);
        self.pulls.extend(other.pulls);
        self.stocktakes.extend(other.stocktakes);
        self.incidents.extend(other.incidents);
        self.vessels.extend(other.vessels);
        self.submissions.extend(other.submissions);
        self.kept |= other.kept;
        self.books.extend(other.books);
    }
}

impl From<Draft> for Decision {
    fn from(draft: Draft) -> Self {
        Self {
            draft: Some(draft),
            desk: Vec::new(),
        }
    }
}

/// A command that the writer carries out.
pub trait Verb: fmt::Debug + Send + Sync {
    /// Its name in the audit log.
    fn name(&self) -> &'static str;
    /// Its line in the audit log.
    fn line(&self, outcome: AuditOutcome, code: Option<String>, entry: Option<Seq>) -> AuditLine {
        AuditLine {
            claimed: self.claimed(),
            ..AuditLine::of(self.name().to_owned(), outcome, code, entry)
        }
    }
    /// Whose secret is tried, for its line.
    fn claimed(&self) -> Option<PersonId> {
        None
    }
    /// What its actor must be allowed to do; the writer checks it again over the facts.
    fn permission(&self) -> Option<Permission>;
    /// What it wants loaded.
    fn needs(&self) -> Needs;
    /// How many containers it touches, about: batches are bounded by it.
    fn weight(&self) -> usize {
        1
    }
    /// The whole rule.
    ///
    /// # Errors
    /// The first [`Refusal`] that applies, in the order in which a person would check.
    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal>;
}

/// A movement of stock. What it does is the same whether it is acknowledged or signed for.
pub trait Movement: Verb {
    /// What the movement does, on somebody's authority.
    ///
    /// # Errors
    /// The first [`Refusal`] that applies.
    fn draft(&self, facts: &Facts, cx: &Context, authority: Authority) -> Result<Draft, Refusal>;
}

/// When a movement happened, as the person claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// At most 24 h back, later only with `late`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Time>,
    /// Why it is recorded late, and from which paper form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Late>,
}

impl Claim {
    /// Whether nothing is claimed: it happened when it is recorded.
    #[must_use]
    pub const fn is_now(&self) -> bool {
        self.occurred_at.is_none() && self.late.is_none()
    }

    /// The same needs, with what its check needs of the containers.
    fn needing(&self, needs: Needs) -> Needs {
        let spans = match self.occurred_at {
            Some(_) => needs.containers.clone(),
            None => BTreeSet::new(),
        };
        Needs { spans, ..needs }
    }

    /// Puts the claim into a draft whose lines and postings are complete. What had to be signed for on
    /// the day claimed is signed for, whatever holds today.
    ///
    /// # Errors
    /// As [`Facts::could_happen`]; [`Refusal::SignaturesRequired`], [`Refusal::AcceptanceUnsigned`].
    fn stamp(
        &self,
        facts: &Facts,
        cx: &Context,
        authority: Authority,
        draft: &mut Draft,
    ) -> Result<(), Refusal> {
        let happening = Happening {
            occurred_at: self.occurred_at,
            is_excused: self.late.is_some(),
            recorded_at: cx.now,
        };
        facts.could_happen(happening, &draft.containers, &draft.postings)?;
        draft.occurred_at = self.occurred_at;
        draft.late.clone_from(&self.late);
        let Some(then) = self
            .occurred_at
            .filter(|_| authority == Authority::Unsigned)
        else {
            return Ok(());
        };
        for identity in &draft.identities {
            let requirement = facts.requirement(facts.product(identity.product)?, then);
            let needed = requirement.acceptors;
            if draft.act.kind().nature().signing == Signing::Acceptors && needed > 0 {
                return Err(Refusal::AcceptanceUnsigned { needed });
            }
        }
        for line in &draft.containers {
            if let (Some(prior), Some(container)) =
                (line.before, facts.stock.containers.get(line.serial))
            {
                let label = Label::new(facts.institution, line.serial, prior.standing.generation);
                authority.allows(facts, container, label, then)?;
            }
        }
        Ok(())
    }
}

/// Which content is meant when it is used or comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// What is in the container itself.
    Container,
    /// What was taken out of it by that checkout.
    Checkout(Seq),
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        match source {
            Source::Container => "container".to_owned(),
            Source::Checkout(seq) => seq.to_string(),
        }
    }
}

impl TryFrom<String> for Source {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl FromStr for Source {
    type Err = IdError;

    /// `container`, or the number of the checkout's entry.
    fn from_str(text: &str) -> Result<Self, IdError> {
        match text {
            "container" => Ok(Self::Container),
            _ => text.parse().map(Self::Checkout),
        }
    }
}

impl Facts {
    /// What is meant: a part that a checkout took out, or (nothing) the container itself. Without a
    /// word about it, the one thing that is out; the container itself when nothing is.
    ///
    /// # Errors
    /// [`Refusal::NothingCheckedOut`], [`Refusal::CheckoutAmbiguous`].
    fn meant(
        &self,
        container: &Container,
        label: Label,
        source: Option<Source>,
    ) -> Result<Option<(Seq, &Holding)>, Refusal> {
        let parts = self.stock.open_checkouts(container.serial);
        let whole = container.standing.status == Status::CheckedOut;
        match (source, parts.as_slice()) {
            (Some(Source::Container), _) | (None, []) => Ok(None),
            (Some(Source::Checkout(seq)), _) => parts
                .into_iter()
                .find(|(checkout, _)| *checkout == seq)
                .map(Some)
                .ok_or(Refusal::NothingCheckedOut { label }),
            (None, [one]) if !whole => Ok(Some(*one)),
            (None, _) => Err(Refusal::CheckoutAmbiguous {
                label,
                open: parts.len() + usize::from(whole),
            }),
        }
    }

    /// The container with this label: known here, and the label not replaced.
    ///
    /// # Errors
    /// [`Refusal::LabelUnknown`] for unknown and foreign labels alike, [`Refusal::LabelReplaced`].
    pub fn container(&self, label: Label) -> Result<&Container, Refusal> {
        if label.institution() != self.institution {
            return Err(Refusal::LabelUnknown {});
        }
        let container = self
            .stock
            .containers
            .get(label.serial())
            .ok_or(Refusal::LabelUnknown {})?;
        let current = container.standing.generation;
        match label.generation().cmp(&current) {
            Ordering::Equal => Ok(container),
            Ordering::Less => {
                let current = Label::new(label.institution(), label.serial(), current);
                Err(Refusal::LabelReplaced {
                    label,
                    current,
                    on: Known(None),
                    by: Known(None),
                })
            }
            Ordering::Greater => Err(Refusal::LabelUnknown {}),
        }
    }

    /// The containers behind labels, each named once.
    ///
    /// # Errors
    /// [`Refusal::AmountZero`] for none, [`Refusal::TooManyContainers`],
    /// [`Refusal::ContainerNamedTwice`], and as [`Facts::container`].
    fn containers(
        &self,
        labels: impl ExactSizeIterator<Item = Label>,
    ) -> Result<Vec<(Label, &Container)>, Refusal> {
        if labels.len() > MOST_CONTAINERS {
            return Err(Refusal::TooManyContainers {
                most: MOST_CONTAINERS,
            });
        }
        if labels.len() == 0 {
            return Err(Refusal::AmountZero {});
        }
        let mut named = BTreeSet::new();
        let once = labels.map(|label| {
            let container = self.container(label)?;
            if named.insert(container.serial) {
                Ok((label, container))
            } else {
                Err(Refusal::ContainerNamedTwice { label })
            }
        });
        once.collect()
    }

    /// The product of a container.
    ///
    /// # Errors
    /// [`Refusal::Inconsistent`]: every container's product is in the register.
    pub fn product_of(&self, container: &Container) -> Result<&Product, Refusal> {
        self.register
            .products
            .get(container.identity.product)
            .ok_or(Refusal::Inconsistent {
                what: "product of a container",
            })
    }
}

/// The number after the last one given, 1 if there is none.
fn following<T: TryFrom<i64>>(last: Option<i64>) -> Result<T, Refusal> {
    last.unwrap_or(0)
        .checked_add(1)
        .and_then(|next| T::try_from(next).ok())
        .ok_or(Refusal::Inconsistent {
            what: "numbers used up",
        })
}
