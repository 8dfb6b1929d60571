//! The shape of a record, and what its acts carry.

use serde::{Deserialize, Serialize};

use crate::domain::{
    container::{Identity, Standing},
    ids::{InstitutionId, PersonId, Seq, Serial},
    institution::Institution,
    merkle::Hash,
    people::{Appointment, Person},
    signature::Signed,
    time::Time,
    vessel::{Pour, WeighedVessel},
    waste::WasteCode,
    words::words,
};

use super::{act::Act, posting::Posting};

words! {
    /// The two logs of an institution: same code, separate heads.
    Log {
        /// Everything that moves stock or decides who may.
        Ledger = "ledger" "台账",
        /// One line for every command that was tried.
        Audit = "audit" "审计日志",
    }
}

impl Log {
    /// The number in the database: 0 ledger, 1 audit.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Ledger => 0,
            Self::Audit => 1,
        }
    }

    /// The log with that number.
    #[must_use]
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Ledger),
            1 => Some(Self::Audit),
            _ => None,
        }
    }
}

/// The head of a log: how many entries, and the root over them (RFC 6962).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Entries so far.
    pub size: u64,
    /// The Merkle root over them.
    pub root: Hash,
}

/// Who sent the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The person; absent when the program itself or somebody unknown acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The name as it was then, or what acted (`import`, `command line`).
    pub name: String,
    /// The workstation it came from, as far as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<String>,
}

impl Actor {
    /// Somebody who is not signed in, at a workstation.
    #[must_use]
    pub fn unknown(terminal: String) -> Self {
        Self {
            person: None,
            name: "unknown".to_owned(),
            terminal: Some(terminal),
        }
    }
}

/// A record made later than 24 hours after it happened (补录), from a pre-numbered paper form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// Why it is late.
    pub reason: String,
    /// The number of the paper form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<String>,
    /// SHA-256 of the scanned form, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_sha256: Option<String>,
}

words! {
    /// The part a person plays in an act.
    Part {
        /// 领用人.
        Receiver = "receiver" "领用人",
        /// 发放人: a custodian of the place.
        Issuer = "issuer" "发放人",
        /// 验收人.
        Acceptor = "acceptor" "验收人",
        /// 见证人: watches how waste is weighed and leaves.
        Witness = "witness" "见证人",
        /// 移交人: hands over what they kept, or what an absent custodian kept beside them.
        HandsOver = "hands_over" "移交人",
        /// 接收人: keeps it from then on.
        TakesOver = "takes_over" "接收人",
        /// 核准人: the second person, who proved who they are with their secret.
        Approver = "approver" "核准人",
    }
}

/// A person and the part played; acknowledged without a secret (tier C), except by an approver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// Who.
    pub person: PersonId,
    /// As what.
    pub part: Part,
}

/// A container before an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// The entry that had touched it last: the ledger is a linked list for each container.
    pub entry: Seq,
    /// How it stood.
    pub standing: Standing,
}

/// What an entry does to one container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContainerLine {
    /// Which container.
    pub serial: Serial,
    /// How it stood before; absent for a container that this entry brings into the book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Prior>,
    /// For a new container: which of the record's `identities` it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<u32>,
    /// How it stands after.
    pub after: Standing,
}

/// The founding of an institution: the first entry of its ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Founding {
    /// The institution.
    pub institution: Institution,
    /// Its first persons.
    pub persons: Vec<Person>,
    /// What they are appointed to be.
    pub appointments: Vec<Appointment>,
}

/// The end of an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The entry that appointed.
    pub entry: Seq,
    /// Which of its appointments, from 0.
    pub line: u32,
}

/// The person whom an act concerns, when there is nothing else to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whom {
    /// Who.
    pub person: PersonId,
}

/// A secret that was set: the ledger keeps its digest, so that a secret swapped in the database shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Whose.
    pub person: PersonId,
    /// 1 for the first, one more at each change.
    pub version: u32,
    /// SHA-256 of the stored password hash, hex.
    pub digest: String,
}

/// How a weight became an amount (DESIGN: the entry keeps gross, tare, density and its source).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weighing {
    /// Gross weight, µg.
    #[serde(with = "super::amount")]
    pub gross_ug: i64,
    /// Tare, µg.
    #[serde(with = "super::amount")]
    pub tare_ug: i64,
    /// Density used, as the density prints it, g/mL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub density: Option<String>,
    /// Where the density is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub density_source: Option<String>,
}

/// A return: how the amount was measured, beside the amounts in the postings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Return {
    /// The weighing; absent when the amount was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighing: Option<Weighing>,
}

/// Containers became waste.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discard {
    /// What waste they are.
    pub code: WasteCode,
    /// The waste container that takes what was in them, or was taken out of them; absent when they are
    /// waste themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<Pour>,
}

/// A container on the balance as it left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weighed {
    /// Which container.
    pub serial: Serial,
    /// Gross weight, µg.
    #[serde(with = "super::amount")]
    pub gross_ug: i64,
    /// Weight of the empty vessel, µg, where it was given with it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::amount::maybe"
    )]
    pub tare_ug: Option<i64>,
    /// What was in it by the balance, base units of its dimension; what the book said stands in its
    /// line. Absent where that could not be told.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "super::amount::maybe"
    )]
    pub content: Option<i64>,
}

/// Waste left for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disposal {
    /// What was weighed, in the order of the containers.
    pub weighed: Vec<Weighed>,
    /// 处置单位.
    pub handler: String,
    /// 联单编号.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// Waste containers that left with everything in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vessels: Vec<WeighedVessel>,
}

/// A correction (红字冲正): the postings of an earlier entry negated, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reversal {
    /// The entry reversed.
    pub entry: Seq,
}

/// 补签: others answer for an emergency release; what they signed names the hash of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Countersignature {
    /// The entry of the release.
    pub entry: Seq,
}

words! {
    /// How a command ended.
    AuditOutcome {
        /// It was carried out.
        Accepted = "accepted" "已执行",
        /// It was refused.
        Refused = "refused" "已拒绝",
        /// It had been carried out before; the first answer was given again.
        Replayed = "replayed" "重放",
    }
}

/// A look of a bureau at single entries or containers (督导查阅): who it was there, where they are not
/// known, and what exactly was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The institution that the person belongs to.
    pub institution: InstitutionId,
    /// Its name at that moment.
    pub bureau: String,
    /// The number of the person there.
    pub person: PersonId,
    /// The staff number (工号) there.
    pub staff_number: String,
    /// The name of the person.
    pub name: String,
    /// The whole query of the address as it was sent; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

/// A list that somebody took as a file: the file can be known again by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileTaken {
    /// The institution whose list it is; absent: the own one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution: Option<InstitutionId>,
    /// What it is called.
    pub name: String,
    /// Lines in it without the headings.
    pub lines: u64,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditLine {
    /// What was tried: a kind of entry, or a route.
    pub command: String,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// The code of the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The entry that came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Seq>,
    /// Whose secret was tried, when somebody claims to be them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<PersonId>,
    /// How many further lines like this one were left out since the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<u64>,
    /// Who of which bureau looked, and what they asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<Look>,
    /// Which file was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileTaken>,
}

impl AuditLine {
    /// What was tried, how it ended, the code of the refusal and the entry that came of it.
    #[must_use]
    pub const fn of(
        command: String,
        outcome: AuditOutcome,
        code: Option<String>,
        entry: Option<Seq>,
    ) -> Self {
        Self {
            command,
            outcome,
            code,
            entry,
            claimed: None,
            suppressed: None,
            look: None,
            file: None,
        }
    }
}

/// A record: what the canonical bytes of an entry say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The version of this shape: 1.
    pub v: u32,
    /// Whose log.
    pub institution: InstitutionId,
    /// Which log.
    pub log: Log,
    /// The position in the log, from 0: also the leaf index.
    pub seq: Seq,
    /// When the server wrote it; never decreases within a log.
    pub recorded_at: Time,
    /// When it happened, as a person claims; absent: at `recorded_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Time>,
    /// Why `occurred_at` lies more than 24 hours back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Late>,
    /// Who sent it.
    pub actor: Actor,
    /// The identifier of the request, as in the logs of the server.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request: String,
    /// 128 random bits, base64: sibling hashes in a proof do not give the content away.
    pub salt: String,
    /// The head before this entry.
    pub prev: Head,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The people of the act.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<Seat>,
    /// What new containers are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<Identity>,
    /// The containers it touches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<ContainerLine>,
    /// The balanced postings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub postings: Vec<Posting>,
    /// The request that was signed, and the signatures; absent where nobody had to sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
    /// What was done.
    pub act: Act,
}

impl Record {
    /// How a container stood before, if this touched it and it was there.
    #[must_use]
    pub fn before(&self, serial: Serial) -> Option<Prior> {
        let line = self.containers.iter().find(|line| line.serial == serial);
        line.and_then(|line| line.before)
    }
}

/// What an entry did to stock: the part of a record that is needed to walk back from the present.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Effects {
    v: u32,
    /// The containers it touched.
    #[serde(default)]
    pub containers: Vec<ContainerLine>,
    /// The balanced postings.
    #[serde(default)]
    pub postings: Vec<Posting>,
}

impl Effects {
    /// Reads stored bytes, passing over everything else that they say.
    ///
    /// # Errors
    /// As [`Entry::parse`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let effects: Self = crate::domain::canonical::parse(bytes)
            .map_err(|error| ParseError(error.to_string()))?;
        if effects.v == 1 {
            Ok(effects)
        } else {
            Err(ParseError(format!("version {} is not known", effects.v)))
        }
    }
}

/// A sealed record. Made by [`super::seal`] or read back from stored bytes, never otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry(Record);

/// Stored bytes that are no entry of this version.
#[derive(Debug, thiserror::Error)]
#[error("the stored bytes are no entry: {0}")]
pub struct ParseError(String);

impl Entry {
    pub(super) const fn new(record: Record) -> Self {
        Self(record)
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// When they are not JSON of the shape of [`Record`] version 1.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let record: Record = crate::domain::canonical::parse(bytes)
            .map_err(|error| ParseError(error.to_string()))?;
        if record.v == 1 {
            Ok(Self(record))
        } else {
            Err(ParseError(format!("version {} is not known", record.v)))
        }
    }

    /// What it says.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.0
    }
}
