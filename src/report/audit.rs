//! 审计日志: what was tried, refused and looked at, the latest first.

use serde::Serialize;

use super::{Page, Query, Scope};
use crate::{
    domain::{
        ids::{InstitutionId, PersonId, Seq},
        ledger::{Act, AuditLine, AuditOutcome, Entry, Look},
        time::Time,
    },
    store::{
        StoreError,
        conn::Db,
        schema::EntryRow,
        table::{Cell, select},
    },
};

/// Lines looked at for one page: what is rare in a long log must not be a long read.
const MOST_SCANNED: i64 = 5_000;
/// Lines read at a time.
const CHUNK: i64 = 500;

/// Asks for the audit log of the institution.
#[derive(Clone, Debug)]
pub struct AuditLog {
    /// Only looks of bureaus (督导查阅).
    pub looks: bool,
    /// Only what ended so.
    pub outcome: Option<AuditOutcome>,
    /// Only those before this line.
    pub before: Option<Seq>,
    /// Most lines.
    pub limit: usize,
}

/// A line of the audit log.
#[derive(Clone, Debug, Serialize)]
pub struct Audited {
    /// Its number in the audit log.
    pub seq: Seq,
    /// When it was written.
    pub recorded_at: Time,
    /// Who tried; a look says more of them.
    pub actor: String,
    /// Where they sat, where that is known.
    pub terminal: Option<String>,
    /// The identifier of the request, as in the logs of the server.
    pub request: String,
    /// What was tried: a kind of entry, or a route.
    pub command: String,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// The code of the refusal.
    pub code: Option<String>,
    /// The entry that came of it.
    pub entry: Option<Seq>,
    /// How many further lines like this one were left out since the last one.
    pub suppressed: Option<u64>,
    /// Who of which bureau looked, and what they asked.
    pub look: Option<Looked>,
}

/// A look of a bureau (督导查阅).
#[derive(Clone, Debug, Serialize)]
pub struct Looked {
    /// The bureau.
    pub institution: InstitutionId,
    /// Its name at that moment.
    pub bureau: String,
    /// The number of the person there.
    pub person: PersonId,
    /// The staff number (工号) there.
    pub staff_number: String,
    /// The name of the person.
    pub name: String,
    /// The whole query of the address; none when there was none.
    pub query: Option<String>,
}

impl Query for AuditLog {
    type Answer = Page<Audited>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        let mut end = self.before.map_or(i64::MAX, Seq::get);
        let mut scanned = 0;
        let mut items = Vec::new();
        let next = loop {
            let clause =
                "WHERE institution_id = ? AND log = 1 AND seq < ? ORDER BY seq DESC LIMIT ?";
            let key = [
                Cell::Int(&scope.institution.get()),
                Cell::Int(&end),
                Cell::Int(&CHUNK),
            ];
            let rows: Vec<EntryRow> = select(conn, clause, &key)?;
            for row in &rows {
                end = row.seq;
                let Some(line) = Audited::of(row)? else {
                    continue;
                };
                let is_of = self.outcome.is_none_or(|outcome| outcome == line.outcome);
                if is_of && (!self.looks || line.look.is_some()) {
                    items.push(line);
                    if items.len() == self.limit {
                        break;
                    }
                }
            }
            scanned += CHUNK;
            let is_over = rows.len() < usize::try_from(CHUNK).unwrap_or(usize::MAX);
            if items.len() == self.limit || (!is_over && scanned >= MOST_SCANNED) {
                break (end > 0).then(|| end.to_string());
            }
            if is_over {
                break None;
            }
        };
        Ok(Page {
            items,
            next,
            total: None,
            as_of_seq: None,
        })
    }
}

impl Looked {
    fn of(look: Look) -> Self {
        Self {
            institution: look.institution,
            bureau: look.bureau,
            person: look.person,
            staff_number: look.staff_number,
            name: look.name,
            query: look.query,
        }
    }
}

impl Audited {
    fn of(row: &EntryRow) -> Result<Option<Self>, StoreError> {
        let entry = Entry::parse(&row.bytes)?;
        let record = entry.record();
        let Act::Audit(line) = &record.act else {
            return Ok(None);
        };
        let AuditLine {
            command,
            outcome,
            code,
            entry,
            suppressed,
            look,
            claimed: _,
        } = line.clone();
        Ok(Some(Self {
            seq: record.seq,
            recorded_at: record.recorded_at,
            actor: record.actor.name.clone(),
            terminal: record.actor.terminal.clone(),
            request: record.request.clone(),
            command,
            outcome,
            code,
            entry,
            suppressed,
            look: look.map(Looked::of),
        }))
    }
}
