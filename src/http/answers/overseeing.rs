//! What a bureau keeps of the institutions in its region.

use super::{Paging, Text, answers, described};
use crate::domain::{
    ids::{InstitutionId, PersonId, Seq},
    ledger::AuditOutcome,
    merkle::Hash,
    time::Time,
};

answers! {
    /// A part of the audit log.
    AuditLog {
        /// The latest first.
        items: Vec<Audited>,
        .. Paging,
    }
    /// A line of the audit log.
    Audited {
        /// Its number in the audit log.
        seq: Seq,
        /// When it was written.
        recorded_at: Time,
        /// Who tried; a look says more of them.
        actor: Text,
        /// Where they sat.
        terminal: Option<Text>,
        /// The identifier of the request, as in the logs of the server.
        request: Text,
        /// What was tried: a kind of entry, or a route.
        command: Text,
        /// How it ended.
        outcome: AuditOutcome,
        /// The code of the refusal.
        code: Option<Text>,
        /// The entry that came of it.
        entry: Option<Seq>,
        /// How many further lines like this one were left out since the last one.
        suppressed: Option<u64>,
        /// 督导查阅: who of which bureau looked, and what they asked.
        look: Option<Looked>,
    }
    /// A look of a bureau.
    Looked {
        /// The bureau.
        institution: InstitutionId,
        /// Its name at that moment.
        bureau: Text,
        /// The number of the person there.
        person: PersonId,
        /// The staff number (工号) there.
        staff_number: Text,
        /// The name of the person.
        name: Text,
        /// The whole query of the address; absent when there was none.
        query: Option<Text>,
    }
    /// How it stands with the heads of an institution that a bureau has pulled.
    PulledState {
        /// Whether the last one does not continue what was kept, and nobody has said why.
        is_red: bool,
        /// `kept`, `refused` or `acknowledged`.
        outcome: Text,
        /// Why it was not kept: `signature_wrong`, `older_than_kept`, `fork`, `rewritten` or
        /// `ledger_behind`.
        fault: Option<Text>,
        /// Entries under it.
        size: u64,
        /// When it was pulled; pulled again and not changed, it leaves nothing.
        at: Time,
    }
    /// The heads that a bureau has pulled.
    PulledHeads {
        /// By institution, or of one of them by number.
        items: Vec<PulledHead>,
        .. Paging,
    }
    /// A head that a bureau has pulled.
    PulledHead {
        /// Whose ledger.
        institution: InstitutionId,
        /// Which pull of it, from 1.
        pull: u32,
        /// `kept`, `refused` or `acknowledged`.
        outcome: Text,
        /// Why it was not kept.
        fault: Option<Text>,
        /// Entries under the head; where its signature does not hold, those of the head before it.
        size: u64,
        /// The root over them.
        root: Hash,
        /// The signed note (C2SP checkpoint).
        checkpoint: Text,
        /// The consistency proof from the head kept before (RFC 6962).
        proof: Vec<Hash>,
        /// What the person of the bureau said.
        reason: Option<Text>,
        /// When. A head that has not changed since leaves nothing.
        at: Time,
        /// The entry of the bureau's ledger that says so; null of pulls from before there were such entries.
        entry: Option<Seq>,
        /// Who asked for it; null when the program did.
        person: Option<PersonId>,
        /// The name of that person.
        person_name: Option<Text>,
    }
}
