//! Signing requests (待签申请): the exact thing that is signed, before it is done.

use std::{collections::BTreeSet, slice};

use serde::{Deserialize, Serialize};

use super::{
    canonical::{CanonicalError, canonical_bytes},
    container::Identity,
    ids::{Cas, InstitutionId, Label, PersonId, PlaceId, ProductId, RequestId, Serial},
    ledger::{Act, ContainerLine, Head, Posting},
    merkle::Hash,
    policy::Requirement,
    signature::{Signature, Signer},
    substance::ControlClass,
    time::Time,
    verb::{
        Accept, Checkout, Consign, Dispose, EndIncident, GiveBack, HandOver, Lot, Mix, Move, Open,
        Receive, Reclaim, Release, Reverse, Split, StepVessel, Use, Variance, Waste,
    },
    words::words,
};

/// Names the form of the payload, so that nothing else can be taken for one.
pub const CONTEXT: &str = "hazledger/signing-request/v1";

words! {
    /// Where a signing request stands.
    RequestState {
        /// 待签: the stock is reserved, nobody has signed.
        Reserved = "reserved" "待签",
        /// 部分签名.
        SignedInPart = "signed_in_part" "部分签名",
        /// 已办结: the entry is made.
        Posted = "posted" "已办结",
        /// 已撤回.
        Withdrawn = "withdrawn" "已撤回",
        /// 已拒签.
        Refused = "refused" "已拒签",
        /// 已失效: its time is over, or the stock has moved on.
        Expired = "expired" "已失效",
    }
}

impl RequestState {
    /// Whether it can still be signed (unless it has expired).
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Reserved | Self::SignedInPart)
    }
}

/// What is asked for: a movement with all its particulars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proposal {
    /// 领用.
    #[serde(rename = "checkout")]
    Checkout(Checkout),
    /// 验收入库.
    #[serde(rename = "receive")]
    Receive(Receive),
    /// 移库.
    #[serde(rename = "move")]
    Move(Move),
    /// 期初.
    #[serde(rename = "opening")]
    Open(Open),
    /// 使用.
    #[serde(rename = "use")]
    Use(Use),
    /// 归还.
    #[serde(rename = "give_back")]
    GiveBack(GiveBack),
    /// 冲正.
    #[serde(rename = "reverse")]
    Reverse(Reverse),
    /// 应急发放.
    #[serde(rename = "release")]
    Release(Release),
    /// 分装.
    #[serde(rename = "split")]
    Split(Split),
    /// 配制.
    #[serde(rename = "mix")]
    Mix(Mix),
    /// 转废.
    #[serde(rename = "waste")]
    Waste(Waste),
    /// 废物容器变更.
    #[serde(rename = "waste_container_step")]
    StepVessel(StepVessel),
    /// 处置.
    #[serde(rename = "dispose")]
    Dispose(Dispose),
    /// 调出.
    #[serde(rename = "send")]
    Send(Consign),
    /// 调入验收.
    #[serde(rename = "accept")]
    Accept(Accept),
    /// 退回入库.
    #[serde(rename = "reclaim")]
    Reclaim(Reclaim),
    /// 盘盈盘亏.
    #[serde(rename = "variance")]
    Variance(Variance),
    /// 结案.
    #[serde(rename = "end_incident")]
    EndIncident(EndIncident),
    /// 保管交接.
    #[serde(rename = "handover")]
    Handover(HandOver),
}

/// A product as the signers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Substance {
    /// The product.
    pub product: ProductId,
    /// 品名.
    pub name: String,
    /// Concentration or form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
    /// CAS number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cas: Option<Cas>,
    /// Its control classes on the day.
    pub classes: Vec<ControlClass>,
}

/// A place as the signers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedPlace {
    /// The place.
    pub place: PlaceId,
    /// Its name after those of the places around it.
    pub name: String,
}

/// The payload that is shown, hashed and signed. Any change of it is another request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// [`CONTEXT`].
    pub ctx: String,
    /// Whose ledger.
    pub institution: InstitutionId,
    /// The request.
    pub request: RequestId,
    /// 128 random bits, hex: no two payloads are alike.
    pub nonce: String,
    /// Who asks.
    pub applicant: Signer,
    /// 领用人, or 验收人 of what comes in.
    pub receivers: Vec<Signer>,
    /// 见证人 of a disposal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<Signer>,
    /// 用途, or why.
    pub purpose: String,
    /// The places in `proposal` and `containers`, by name.
    pub places: Vec<NamedPlace>,
    /// What is asked for.
    pub proposal: Proposal,
    /// What the entry will say was done; for a return also how the amount was weighed.
    pub act: Act,
    /// What the containers hold.
    pub substances: Vec<Substance>,
    /// The labels, empty for a receipt.
    pub labels: Vec<Label>,
    /// Exactly what the entry will do to the containers that are in the book.
    pub containers: Vec<ContainerLine>,
    /// Exactly what the entry will post of them.
    pub postings: Vec<Posting>,
    /// What it will bring into the book.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub brings: Vec<Lot>,
    /// What the policies in force ask for.
    pub policy: Requirement,
    /// The head of the ledger when it was made.
    pub head: Head,
    /// When it was made.
    pub created_at: Time,
    /// Until when it can be signed.
    pub expires_at: Time,
}

impl Payload {
    /// The text that is shown and hashed.
    ///
    /// # Errors
    /// When a text in it has no canonical form.
    pub fn to_text(&self) -> Result<String, CanonicalError> {
        let bytes = canonical_bytes(self)?;
        // Canonical bytes are UTF-8 by construction.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What it will bring into the book. Payloads from before there were splits say it in their proposal
    /// only.
    fn promised(&self) -> &[Lot] {
        if let (Proposal::Receive(receipt), []) = (&self.proposal, self.brings.as_slice()) {
            slice::from_ref(&receipt.lot)
        } else if let (Proposal::Open(opening), []) = (&self.proposal, self.brings.as_slice()) {
            &opening.lots
        } else {
            &self.brings
        }
    }

    /// Whether an entry with these parts does exactly what this payload says. New containers have no
    /// serials yet when it is made: they are what its lots say.
    #[must_use]
    pub fn is_of(
        &self,
        act: &Act,
        identities: &[Identity],
        containers: &[ContainerLine],
        postings: &[Posting],
    ) -> bool {
        let (lines, posted) = known(containers, postings);
        let new = containers.iter().filter(|line| line.before.is_none());
        self.act == *act
            && lines.into_iter().eq(&self.containers)
            && posted.into_iter().eq(&self.postings)
            && Lot::all_make(self.promised(), identities, new)
    }
}

/// What of an act concerns containers that were in the book before.
pub(super) fn known<'a>(
    containers: &'a [ContainerLine],
    postings: &'a [Posting],
) -> (Vec<&'a ContainerLine>, Vec<&'a Posting>) {
    let (known, new): (Vec<_>, Vec<_>) = containers.iter().partition(|line| line.before.is_some());
    let new: BTreeSet<Serial> = new.into_iter().map(|line| line.serial).collect();
    let posted = postings.iter();
    let of_known = posted.filter(|posting| !new.contains(&posting.container));
    (known, of_known.collect())
}

/// A request on the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningRequest {
    /// Where it stands.
    pub state: RequestState,
    /// The payload, exactly as shown.
    pub payload: String,
    /// SHA-256 of it.
    pub payload_hash: Hash,
    /// Who may withdraw it.
    pub applicant: PersonId,
    /// Until when it can be signed.
    pub expires_at: Time,
    /// The signatures so far.
    pub signatures: Vec<Signature>,
}

impl SigningRequest {
    /// Where it stands at that moment: nobody has to say that its time is over.
    #[must_use]
    pub fn state_at(&self, now: Time) -> RequestState {
        if self.state.is_open() && now >= self.expires_at {
            RequestState::Expired
        } else {
            self.state
        }
    }
}

/// What a request holds back of a container until it expires: available = balance − reservations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Base units; the whole content when the container itself is asked for.
    pub amount: i64,
    /// Until when.
    pub expires_at: Time,
}

/// The hash as people compare it on two screens: six groups of four digits.
#[must_use]
pub fn spoken(hash: Hash) -> String {
    let (pairs, _) = hash.0.as_chunks::<2>();
    let groups = pairs
        .iter()
        .take(6)
        .map(|pair| format!("{:04}", u16::from_be_bytes(*pair) % 10_000));
    groups.collect::<Vec<_>>().join(" ")
}
