//! 调拨: containers go from one institution to another. Each writes its own half: the sender that they left
//! and what became of them, the receiver that they are coming and what arrived. Each entry names the leaf
//! hash of the one before it in the other ledger, so that neither half can be changed alone.

mod missing;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    canonical::sha256,
    container::{Container, Identity, Standing},
    facts::{Facts, Table},
    ids::{Cas, IncidentId, InstitutionId, Label, PersonId, Seq, Serial},
    incident::Incident,
    institution::Institution,
    ledger::amount,
    merkle::Hash,
    policy::Requirement,
    product::Product,
    quantity::{Density, Dimension, Quantity},
    refusal::Refusal,
    search,
    substance::ControlClass,
    time::Time,
    words::words,
};

words! {
    /// Where a transfer stands.
    TransferState {
        /// 已发出: the receiver does not know of it yet.
        Sent = "sent" "已发出",
        /// 已预告: the receiver knows that it is coming.
        Announced = "announced" "已预告",
        /// 已验收: the sender does not know of it yet.
        Accepted = "accepted" "已验收",
        /// 已结清.
        Settled = "settled" "已结清",
        /// 退回途中: something was refused and has not come back yet.
        Returning = "returning" "退回途中",
    }
}

words! {
    /// What became of one container of a transfer.
    Outcome {
        /// 在途.
        OnTheRoad = "on_the_road" "在途",
        /// 已接收, all of it or less.
        Accepted = "accepted" "已接收",
        /// 拒收: on its way back.
        Refused = "refused" "拒收",
        /// 已退回入库.
        Reclaimed = "reclaimed" "已退回入库",
        /// 未到货: it never arrived, or never came back.
        Missing = "missing" "未到货",
    }
}

const DAY_MILLIS: i64 = 24 * 3_600_000;
/// What is expected later than this would never be overdue. Road permits of 剧毒 name one run
/// (剧毒化学品公路运输通行证); a month is more than any of them.
const LONGEST_ROAD_MILLIS: i64 = 31 * DAY_MILLIS;

/// A product as the sender knows it: everything by which the receiver can tell that theirs is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentProduct {
    /// 品名.
    pub name: String,
    /// Concentration or form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
    /// CAS number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cas: Option<Cas>,
    /// The catalogue substance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substance: Option<String>,
    /// What its containers are booked in.
    pub dimension: Dimension,
    /// Its control classes on the day, strictest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ControlClass>,
}

/// A container as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentContainer {
    /// The label that it bears.
    pub label: Label,
    /// Which of the consignment's `products` is in it, from 0.
    pub product: u32,
    /// How much, base units (µg, nL, pieces).
    #[serde(with = "amount")]
    pub amount: i64,
    /// 批号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// 生产厂家.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<String>,
    /// 供货单位.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// 有效期至.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<NaiveDate>,
    /// Reference to the safety data sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sds: Option<String>,
    /// The weight of the empty container (皮重), µg.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "amount::maybe"
    )]
    pub tare_ug: Option<i64>,
    /// The density of this lot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub density: Option<Density>,
}

/// How a consignment travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carriage {
    /// 承运单位, or who carries it.
    pub carrier: String,
    /// 车牌号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<String>,
    /// 押运人员 by name; one at least with what is signed for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escorts: Vec<String>,
    /// 封签号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
    /// 预计到达.
    pub expected_at: Time,
}

/// 调出: a consignment, as its sender wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consignment {
    /// To whom.
    pub to: InstitutionId,
    /// How it travels.
    pub carriage: Carriage,
    /// What is in the containers, each once.
    pub products: Vec<SentProduct>,
    /// The containers, in the order of the entry's lines.
    pub containers: Vec<SentContainer>,
}

/// 到货预告: what another institution has sent, word for word. Written by the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    /// Who sent it.
    pub from: InstitutionId,
    /// The entry of its ledger.
    pub entry: Seq,
    /// The leaf hash of that entry.
    pub leaf_hash: Hash,
    /// When it was recorded there.
    pub sent_at: Time,
    /// What it says.
    pub consignment: Consignment,
    /// Who sent it and signed for it there, so that they can be known again and nothing else of them: SHA-256 of
    /// the keyed digest of each identity number (`Person::identity`), a colon and the leaf hash in hex. None
    /// in entries written before this was asked.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub senders: BTreeSet<Hash>,
}

/// A container that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedLine {
    /// The label that it bears from its sender.
    pub label: Label,
    /// What was in it, base units; less than was sent is short.
    #[serde(with = "amount")]
    pub amount: i64,
}

/// A container that was not, or that was not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedLine {
    /// The label that it bears from its sender.
    pub label: Label,
    /// Why.
    pub reason: String,
}

/// What became of a consignment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// What was accepted, in the order of the new containers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<AcceptedLine>,
    /// What was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedLine>,
    /// What did not arrive (未到货).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<RefusedLine>,
}

/// 调入验收: every container of the consignment accepted, refused or missed, in one act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// Who sent it.
    pub from: InstitutionId,
    /// The entry of the sender's ledger.
    pub entry: Seq,
    /// The leaf hash of that entry.
    pub leaf_hash: Hash,
    /// Container by container.
    pub verdict: Verdict,
}

/// 调拨结清: what the receiver wrote, word for word. Written by the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferSettlement {
    /// The entry that sent it.
    pub consignment: Seq,
    /// Who accepted it.
    pub by: InstitutionId,
    /// The entry of the receiver's ledger.
    pub entry: Seq,
    /// The leaf hash of that entry.
    pub leaf_hash: Hash,
    /// Container by container.
    pub verdict: Verdict,
    /// 疑似丢失: what did not arrive of watched classes opens an incident (RULES D7), discovered when the
    /// receiver recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<Incident>,
}

/// 退回入库: containers that the receiver refused are back, or have gone missing on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reclamation {
    /// The entry that sent them.
    pub consignment: Seq,
    /// What did not come back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Label>,
    /// The incident in which what is missing of watched classes was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// What came back with less in it than was sent, and how much.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub short: Vec<AcceptedLine>,
}

/// A consignment as its sender has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// To whom.
    pub to: InstitutionId,
    /// When it was recorded.
    pub sent_at: Time,
    /// 预计到达.
    pub expected_at: Time,
    /// The entry that settled it.
    pub settled_by: Option<Seq>,
    /// The containers that are on the road: all of them until it is settled, then those refused.
    pub on_the_road: BTreeSet<Serial>,
    /// Those refused that never came back.
    pub gone: BTreeSet<Serial>,
}

/// A consignment as its receiver has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// The entry that announced it.
    pub announced_by: Seq,
    /// What that says.
    pub announcement: Announcement,
    /// The entry that accepted or refused it.
    pub accepted_by: Option<Seq>,
}

/// Transfers, as far as they are loaded.
#[derive(Clone, Debug, Default)]
pub struct Transfers {
    /// What was sent, by its entry.
    pub outgoing: Table<Seq, Outgoing>,
    /// What was announced, by its sender and the sender's entry.
    pub incoming: Table<(InstitutionId, Seq), Incoming>,
    /// Other institutions on this server that a command names.
    pub peers: BTreeMap<InstitutionId, Institution>,
}

impl SentProduct {
    fn of(product: &Product, day: NaiveDate) -> Self {
        Self {
            name: product.name.clone(),
            qualifier: product.qualifier.clone(),
            cas: product.cas.clone(),
            substance: product.substance.clone(),
            dimension: product.dimension,
            classes: product.classes_on(day),
        }
    }

    /// Whether a product is the same thing, whatever it is called: substance, concentration or form, and
    /// what it is booked in. Without a CAS number and a catalogue substance the name decides.
    fn is_same(&self, product: &Product) -> bool {
        let folded = |text: &Option<String>| text.as_deref().map(search::fold);
        let by_number = self.cas == product.cas && self.substance == product.substance;
        let is_numbered = self.cas.is_some() || self.substance.is_some();
        by_number
            && (is_numbered || search::fold(&self.name) == search::fold(&product.name))
            && folded(&self.qualifier) == folded(&product.qualifier)
            && self.dimension == product.dimension
    }

    /// The first class that it has at its sender and that a product lacks.
    fn uncovered(&self, product: &Product, day: NaiveDate) -> Option<ControlClass> {
        let classes = product.classes_on(day);
        let mut own = self.classes.iter();
        own.find(|class| !classes.contains(class)).copied()
    }

    fn quantity(&self, amount: i64) -> Result<Quantity, Refusal> {
        Quantity::new(self.dimension, amount).map_err(|_| Refusal::Inconsistent {
            what: "amount in a consignment",
        })
    }
}

impl SentContainer {
    fn of(institution: InstitutionId, container: &Container, product: u32) -> Self {
        let Identity {
            lot,
            maker,
            supplier,
            expires_on,
            sds,
            tare_ug,
            density,
            ..
        } = container.identity.clone();
        let Standing {
            generation, amount, ..
        } = container.standing;
        Self {
            label: Label::new(institution, container.serial, generation),
            product,
            amount,
            lot,
            maker,
            supplier,
            expires_on,
            sds,
            tare_ug,
            density,
        }
    }

    /// What it is in the book of its receiver, where it is that product.
    #[must_use]
    pub fn identity(&self, product: &Product) -> Identity {
        Identity {
            product: product.id,
            dimension: product.dimension,
            lot: self.lot.clone(),
            maker: self.maker.clone(),
            supplier: self.supplier.clone(),
            expires_on: self.expires_on,
            sds: self.sds.clone(),
            tare_ug: self.tare_ug,
            density: self.density,
            parent: None,
            came_from: Some(self.label),
            mixed: false,
        }
    }
}

impl Announcement {
    /// How a natural person is known again who had a part in what the leaf hash names.
    #[must_use]
    pub fn sender(identity: &str, leaf_hash: Hash) -> Hash {
        sha256(format!("{identity}:{}", leaf_hash.to_hex()).as_bytes())
    }

    /// Nobody takes at one institution what the same natural person sent from another: two at least know
    /// what went from hand to hand.
    ///
    /// # Errors
    /// [`Refusal::SenderAccepts`].
    pub fn not_sent_by(&self, facts: &Facts, person: PersonId) -> Result<(), Refusal> {
        let known = facts.register.persons.get(person);
        let known = known.map(|one| Self::sender(&one.identity, self.leaf_hash));
        if known.is_some_and(|known| self.senders.contains(&known)) {
            return Err(Refusal::SenderAccepts { person });
        }
        Ok(())
    }

    /// Nothing arrives before it left.
    ///
    /// # Errors
    /// [`Refusal::ArrivedBeforeSent`].
    pub fn had_left(&self, came: Time) -> Result<(), Refusal> {
        if came < self.sent_at {
            return Err(Refusal::ArrivedBeforeSent {
                occurred_at: came,
                sent_at: self.sent_at,
            });
        }
        Ok(())
    }
}

impl Consignment {
    /// What is in one of its containers.
    ///
    /// # Errors
    /// [`Refusal::Inconsistent`]: every container names one of the products.
    pub fn product_of(&self, container: &SentContainer) -> Result<&SentProduct, Refusal> {
        let index = usize::try_from(container.product).ok();
        let product = index.and_then(|index| self.products.get(index));
        product.ok_or(Refusal::Inconsistent {
            what: "product of a consignment",
        })
    }

    /// The container with a label.
    ///
    /// # Errors
    /// [`Refusal::NotInConsignment`].
    pub fn container(&self, label: Label) -> Result<&SentContainer, Refusal> {
        let mut containers = self.containers.iter();
        let found = containers.find(|one| one.label == label);
        found.ok_or(Refusal::NotInConsignment { label })
    }

    /// Every container is named in the verdict once, with no more than was sent (RULES: 调入验收).
    ///
    /// # Errors
    /// [`Refusal::NotInConsignment`], [`Refusal::ContainerNamedTwice`], [`Refusal::AmountZero`],
    /// [`Refusal::MoreThanSent`], [`Refusal::ConsignmentIncomplete`].
    pub fn judged(&self, verdict: &Verdict) -> Result<(), Refusal> {
        let mut open: BTreeMap<Label, &SentContainer> =
            self.containers.iter().map(|one| (one.label, one)).collect();
        let known: BTreeSet<Label> = open.keys().copied().collect();
        let mut take = |label: Label| {
            if !known.contains(&label) {
                return Err(Refusal::NotInConsignment { label });
            }
            open.remove(&label)
                .ok_or(Refusal::ContainerNamedTwice { label })
        };
        for AcceptedLine { label, amount } in &verdict.accepted {
            let sent = take(*label)?;
            if *amount <= 0 {
                return Err(Refusal::AmountZero {});
            }
            if *amount > sent.amount {
                let product = self.product_of(sent)?;
                return Err(Refusal::MoreThanSent {
                    label: *label,
                    sent: product.quantity(sent.amount)?,
                    given: product.quantity(*amount)?,
                });
            }
        }
        for RefusedLine { label, .. } in verdict.refused.iter().chain(&verdict.missing) {
            take(*label)?;
        }
        match open.keys().next() {
            Some(label) => Err(Refusal::ConsignmentIncomplete {
                label: *label,
                missing: open.len(),
            }),
            None => Ok(()),
        }
    }
}

impl SentContainer {
    /// What has expired is no goods any more: it is waste where it stands.
    fn is_fit(&self, day: NaiveDate) -> Result<(), Refusal> {
        match self.expires_on.filter(|expires_on| *expires_on < day) {
            Some(expires_on) => Err(Refusal::ContainerExpired {
                label: self.label,
                expires_on,
            }),
            None => Ok(()),
        }
    }

    /// Nobody accepts what has expired.
    ///
    /// # Errors
    /// [`Refusal::ExpiredOnArrival`].
    pub fn has_not_expired(&self, came: NaiveDate) -> Result<(), Refusal> {
        match self.expires_on.filter(|expires_on| *expires_on < came) {
            Some(expires_on) => Err(Refusal::ExpiredOnArrival { expires_on }),
            None => Ok(()),
        }
    }
}

impl Carriage {
    /// Whether what demands so much may travel like this, leaving at that moment.
    ///
    /// # Errors
    /// [`Refusal::ExpectedTooEarly`], [`Refusal::ExpectedTooLate`], [`Refusal::EscortMissing`].
    pub fn allows(&self, requirement: &Requirement, left: Time) -> Result<(), Refusal> {
        if self.expected_at < left {
            return Err(Refusal::ExpectedTooEarly {
                expected_at: self.expected_at,
            });
        }
        if self.expected_at > left.plus_millis(LONGEST_ROAD_MILLIS) {
            return Err(Refusal::ExpectedTooLate {
                expected_at: self.expected_at,
                days: LONGEST_ROAD_MILLIS / DAY_MILLIS,
            });
        }
        if requirement.is_controlled() && self.escorts.is_empty() {
            return Err(Refusal::EscortMissing {});
        }
        Ok(())
    }
}
