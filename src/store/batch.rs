//! One batch, from the locks to the commit: everything within one transaction.

use std::collections::{BTreeMap, HashMap};

use crate::domain::{
    desk::DeskChange,
    facts::{Facts, Register},
    ids::{InstitutionId, PersonId},
    ledger::{Act, AuditOutcome, Draft, Head, Log, Sealed, Stamp, seal},
    policy::Policy,
    refusal::Refusal,
    time::Time,
    verb::{Context, Decision, Needs},
};

use super::{
    StoreError,
    append::{Rows, head_row},
    conn::{Db, write_tx},
    facts::{load, register},
    heads::{LogState, lock_heads},
    schema::{IdempotencyRow, InstitutionRow, LogHeadRow, PolicyRow},
    table::{Cell, select},
    writer::{Command, Done, Growth, Receipt, Reply},
};

/// What a writer keeps in memory between batches, each with the entry up to which it is current: the
/// head, read under its lock, tells whether it still is, so several servers stay correct.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    registers: HashMap<InstitutionId, (i64, Register)>,
    /// The policies of the system institution.
    defaults: Option<(i64, Vec<Policy>)>,
}

/// Carries out commands in one transaction; answers their replies and what it added.
pub(crate) fn carry_out(
    conn: &mut Db,
    copies: &mut Copies,
    commands: &[Command],
    now: Time,
) -> Result<(Vec<Reply>, Growth), StoreError> {
    let result: Result<_, StoreError> = write_tx(conn, |conn| {
        let mut works = open(conn, copies, commands)?;
        let mut rows = Rows::default();
        let replies = decide_all(conn, &mut works, &mut rows, commands, now)?;
        for work in works.values_mut() {
            let ledger = head_row(&work.facts, Log::Ledger, &work.ledger)?;
            rows.head(&mut work.ledger, ledger);
            let audit = head_row(&work.facts, Log::Audit, &work.audit)?;
            rows.head(&mut work.audit, audit);
            rows.facts(&mut work.facts)?;
        }
        rows.write(conn)?;
        Ok((works, replies))
    });
    if result.is_err() {
        // The copies in memory may hold what was rolled back.
        copies.registers.clear();
    }
    let (works, replies) = result?;
    let growth = Growth {
        institutions: works.keys().copied().collect(),
        crosses: works.values().any(|work| work.crosses),
    };
    for (institution, work) in works {
        let current = (work.ledger.register_seq, work.facts.register);
        copies.registers.insert(institution, current);
    }
    Ok((replies, growth))
}

/// One institution within a rows.
struct Work {
    facts: Facts,
    /// Whether a command of the batch refers to earlier entries: those of the batch are then kept.
    refers_back: bool,
    /// Whether another institution has to be told of what was written.
    crosses: bool,
    ledger: LogState,
    audit: LogState,
}

/// Locks the heads of the batch's institutions in order and loads what its commands need.
fn open(
    conn: &mut Db,
    copies: &mut Copies,
    commands: &[Command],
) -> Result<BTreeMap<InstitutionId, Work>, StoreError> {
    let mut needs: BTreeMap<InstitutionId, Needs> = BTreeMap::new();
    for command in commands {
        needs
            .entry(command.institution)
            .or_default()
            .extend(command.verb.needs());
    }
    default_policies(conn, &mut copies.defaults)?;
    let mut works = BTreeMap::new();
    let institutions: Vec<InstitutionId> = needs.keys().copied().collect();
    for (institution, heads) in lock_heads(conn, &institutions)? {
        let current = match copies.registers.remove(&institution) {
            Some((seq, register)) if seq == heads.ledger.register_seq => register,
            Some(_) | None => register(conn, institution)?,
        };
        let mut facts = Facts {
            register: current,
            ..Facts::of(institution)
        };
        facts.stock.last_serial = heads.last_serial;
        if let Some((_, policies)) = &copies.defaults {
            facts.default_policies.clone_from(policies);
        }
        works.insert(
            institution,
            Work {
                facts,
                refers_back: false,
                crosses: false,
                ledger: heads.ledger,
                audit: heads.audit,
            },
        );
    }
    for (institution, needs) in &needs {
        if let Some(work) = works.get_mut(institution) {
            load(conn, &mut work.facts, needs)?;
            work.refers_back = !needs.entries.is_empty();
        }
    }
    Ok(works)
}

/// Brings the copy of the default policies up to date.
fn default_policies(
    conn: &mut Db,
    copy: &mut Option<(i64, Vec<Policy>)>,
) -> Result<(), StoreError> {
    let system: Vec<LogHeadRow> = select(conn, "WHERE institution_id = 0 AND log = 0", &[])?;
    let current = system.first().map_or(-1, |head| head.register_seq);
    if copy.as_ref().is_none_or(|(seq, _)| *seq != current) {
        let stored: Vec<PolicyRow> = select(conn, "WHERE institution_id = 0 ORDER BY seq", &[])?;
        let policies = stored
            .into_iter()
            .map(|row| row.parse().map(|(_, policy)| policy));
        *copy = Some((current, policies.collect::<Result<_, _>>()?));
    }
    Ok(())
}

fn decide_all(
    conn: &mut Db,
    works: &mut BTreeMap<InstitutionId, Work>,
    rows: &mut Rows,
    commands: &[Command],
    now: Time,
) -> Result<Vec<Reply>, StoreError> {
    let mut salts = Salts::new(commands.len() * 2)?;
    let mut answers = stored_answers(conn, commands)?;
    let mut replies = Vec::with_capacity(commands.len());
    for command in commands {
        let work = works
            .get_mut(&command.institution)
            .ok_or(StoreError::Stopped)?;
        let person = command.actor.person.map_or(0, PersonId::get);
        let used = command
            .key
            .as_ref()
            .map(|key| (command.institution.get(), person, key.key.clone()));
        let earlier = used.as_ref().and_then(|used| answers.get(used));
        let (reply, entry) = match (earlier, &command.key) {
            (Some((fingerprint, answer)), Some(key)) if *fingerprint == key.fingerprint => (
                Reply::Accepted {
                    answer: answer.clone(),
                    replayed: true,
                },
                None,
            ),
            (Some(_), _) => (Reply::Refused(Refusal::IdempotencyKeyReused {}), None),
            (None, key) => {
                let (reply, entry) = work.carry_out(rows, command, now, salts.next()?)?;
                if let (Some(key), Some(used), Reply::Accepted { answer, .. }) = (key, used, &reply)
                {
                    answers.insert(used, (key.fingerprint.clone(), answer.clone()));
                    rows.idempotency.push(IdempotencyRow {
                        institution_id: command.institution.get(),
                        person_id: person,
                        key: key.key.clone(),
                        fingerprint: key.fingerprint.clone(),
                        answer: answer.clone(),
                    });
                }
                (reply, entry)
            }
        };
        work.audit(rows, command, &reply, entry, now, salts.next()?)?;
        replies.push(reply);
    }
    Ok(replies)
}

/// First answers by institution, person and key, each with the fingerprint of what was asked.
type Answers = HashMap<(i64, i64, String), (Vec<u8>, String)>;

/// What was answered to the keys of a batch before: a point read each on SQLite, one query on
/// PostgreSQL. Under the heads' locks, so that no other writer answers one of them meanwhile.
fn stored_answers(conn: &mut Db, commands: &[Command]) -> Result<Answers, StoreError> {
    #[cfg(sabotage = "no_idempotency_lookup")]
    return Ok(Answers::new());
    #[cfg(not(sabotage = "no_idempotency_lookup"))]
    {
        let (mut institutions, mut persons, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for command in commands {
            if let Some(key) = &command.key {
                institutions.push(command.institution.get());
                persons.push(command.actor.person.map_or(0, PersonId::get));
                keys.push(key.key.clone());
            }
        }
        let mut rows: Vec<IdempotencyRow> = Vec::new();
        if matches!(conn, Db::Sqlite(_)) {
            let one = "WHERE institution_id = ? AND person_id = ? AND key = ?";
            for ((institution, person), key) in institutions.iter().zip(&persons).zip(&keys) {
                let parameters = [Cell::Int(institution), Cell::Int(person), Cell::Text(key)];
                rows.extend(select::<IdempotencyRow>(conn, one, &parameters)?);
            }
        } else if !keys.is_empty() {
            let many = "WHERE (institution_id, person_id, key) IN (SELECT * FROM UNNEST(?, ?, ?))";
            let parameters = [
                Cell::Ints(&institutions),
                Cell::Ints(&persons),
                Cell::Texts(&keys),
            ];
            rows = select(conn, many, &parameters)?;
        }
        Ok(rows
            .into_iter()
            .map(|row| {
                let used = (row.institution_id, row.person_id, row.key);
                (used, (row.fingerprint, row.answer))
            })
            .collect())
    }
}

impl Work {
    /// Decides one command; seals and applies its entry.
    fn carry_out(
        &mut self,
        rows: &mut Rows,
        command: &Command,
        now: Time,
        salt: [u8; 16],
    ) -> Result<(Reply, Option<Receipt>), StoreError> {
        let now = now.max(self.ledger.recorded_at);
        let decision = match self.decide(command, now) {
            Ok(decision) => decision,
            Err(refusal) => return Ok((Reply::Refused(refusal), None)),
        };
        let request = decision.desk.iter().find_map(|change| match change {
            DeskChange::Request(id, _) => Some(*id),
            DeskChange::Session(..)
            | DeskChange::Secret(..)
            | DeskChange::Code(..)
            | DeskChange::Attempts(..)
            | DeskChange::WrongTries(..)
            | DeskChange::Import(..)
            | DeskChange::ImportPart(..)
            | DeskChange::Reservation(..) => None,
        });
        for change in decision.desk {
            self.facts.desk.apply(change);
        }
        let Some(draft) = decision.draft else {
            let answer = (command.answer)(Done {
                entry: None,
                request,
            });
            return Ok((
                Reply::Accepted {
                    answer,
                    replayed: false,
                },
                None,
            ));
        };
        let sealed = self.seal(draft, command, Log::Ledger, now, salt)?;
        let record = sealed.entry.record();
        self.facts.apply(record, sealed.leaf_hash)?;
        self.facts.stock.heads.insert(record.seq, record.prev);
        if self.refers_back {
            let entries = &mut self.facts.stock.entries;
            entries.insert(record.seq, record.clone());
        }
        let nature = record.act.kind().nature();
        if nature.changes_register {
            self.ledger.register_seq = record.seq.get();
        }
        self.crosses |= nature.crosses;
        if let Act::Found(founding) = &record.act {
            rows.founded(InstitutionRow::of(&founding.institution));
        }
        rows.entry(&sealed);
        let receipt = Receipt {
            institution: record.institution,
            seq: record.prev.size,
            leaf_hash: sealed.leaf_hash,
            size: self.ledger.frontier.size(),
            root: self.ledger.frontier.root(),
        };
        let answer = (command.answer)(Done {
            entry: Some((&sealed.entry, receipt)),
            request,
        });
        Ok((
            Reply::Accepted {
                answer,
                replayed: false,
            },
            Some(receipt),
        ))
    }

    fn decide(&self, command: &Command, now: Time) -> Result<Decision, Refusal> {
        let actor = command.actor.person;
        if let (Some(permission), Some(person)) = (command.verb.permission(), actor)
            && !self
                .facts
                .roles(person, now)
                .any(|(role, _)| role.may(permission))
        {
            return Err(Refusal::NotPermitted {});
        }
        let frontier = &self.ledger.frontier;
        let head = Head {
            size: frontier.size(),
            root: frontier.root(),
        };
        let context = Context { now, actor, head };
        let decision = command.verb.decide(&self.facts, &context)?;
        if let (Some(permission), Some(person), Some(draft)) =
            (command.verb.permission(), actor, &decision.draft)
            && !self.facts.may_there(person, permission, draft, now)
        {
            return Err(Refusal::NotPermitted {});
        }
        Ok(decision)
    }

    fn seal(
        &mut self,
        draft: Draft,
        command: &Command,
        log: Log,
        now: Time,
        salt: [u8; 16],
    ) -> Result<Sealed, StoreError> {
        let state = match log {
            Log::Ledger => &mut self.ledger,
            Log::Audit => &mut self.audit,
        };
        state.recorded_at = state.recorded_at.max(now);
        let stamp = Stamp {
            institution: self.facts.institution,
            log,
            recorded_at: state.recorded_at,
            salt,
            actor: command.actor.clone(),
            request: command.request.clone(),
        };
        Ok(seal(draft, stamp, &mut state.frontier)?)
    }

    /// The audit line of a command: exactly one, whatever came of it.
    fn audit(
        &mut self,
        rows: &mut Rows,
        command: &Command,
        reply: &Reply,
        receipt: Option<Receipt>,
        now: Time,
        salt: [u8; 16],
    ) -> Result<(), StoreError> {
        let (outcome, code) = match reply {
            Reply::Accepted {
                replayed: false, ..
            } => (AuditOutcome::Accepted, None),
            Reply::Accepted { replayed: true, .. } => (AuditOutcome::Replayed, None),
            Reply::Refused(refusal) => (AuditOutcome::Refused, Some(refusal.code().to_owned())),
        };
        let entry = receipt
            .and_then(|receipt| i64::try_from(receipt.seq).ok())
            .and_then(|seq| seq.try_into().ok());
        let line = command.verb.line(outcome, code, entry);
        let sealed = self.seal(Draft::of(Act::Audit(line)), command, Log::Audit, now, salt)?;
        rows.entry(&sealed);
        Ok(())
    }
}

/// Random salts for a rows, asked of the system at once.
struct Salts(Vec<u8>);

impl Salts {
    fn new(count: usize) -> Result<Self, StoreError> {
        let mut bytes = vec![0; count * 16];
        getrandom::fill(&mut bytes).map_err(|_| StoreError::Randomness)?;
        Ok(Self(bytes))
    }

    fn next(&mut self) -> Result<[u8; 16], StoreError> {
        let at = self.0.len().checked_sub(16).ok_or(StoreError::Randomness)?;
        self.0
            .split_off(at)
            .try_into()
            .map_err(|_| StoreError::Randomness)
    }
}
