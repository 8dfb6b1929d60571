//! 期初导入: proposals kept, accepted, shown and taken back. `importer` posts them.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;

use super::{App, AppError, Key, Principal, session::random};
use crate::{
    domain::{
        canonical,
        facts::{Facts, Stock},
        ids::{ImportId, RequestId, Seq},
        ledger::Head,
        merkle::Hash,
        opening::{Import, ImportState, Part, key_prefix},
        refusal::Refusal,
        request::{Payload, Proposal, RequestState},
        time::Time,
        verb::{
            AcceptImport, Authority, Context, KeepImport, Movement, Open, Reverse, UndoImport, Verb,
        },
    },
    store::{StoreError, conn::Db, lookups},
};

/// Bytes of parts that one command keeps at most, about: others' commands go on in between.
const MOST_KEPT: usize = 256 * 1024;

/// An import and how far it has come.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its number.
    pub id: ImportId,
    /// What was proposed, and where it stands.
    pub import: Import,
    /// The entries made so far.
    pub entries: Vec<OpeningEntry>,
    /// The signing requests of what comes in under signatures, the last of each part.
    pub requests: Vec<OpeningRequest>,
    /// How many of the entries were taken back so far.
    pub reversed: usize,
}

/// An entry that an import made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct OpeningEntry {
    /// The entry.
    pub seq: Seq,
    /// How many containers it brought in.
    pub containers: i64,
}

/// A signing request that an import made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpeningRequest {
    /// The request.
    pub request: RequestId,
    /// Where it stands.
    pub state: RequestState,
    /// Until when it can be signed.
    pub expires_at: Time,
    /// How many containers it is for.
    pub containers: i64,
    /// The entry, once it is posted.
    pub entry: Option<Seq>,
}

impl Imported {
    /// How many containers are in the book.
    #[must_use]
    pub fn containers(&self) -> i64 {
        let posted = self
            .requests
            .iter()
            .filter(|request| request.entry.is_some());
        let entries = self.entries.iter().map(|entry| entry.containers);
        entries
            .chain(posted.map(|request| request.containers))
            .sum()
    }

    /// Whether somebody still has to sign.
    #[must_use]
    pub fn awaits_signatures(&self) -> bool {
        self.import.state == ImportState::Imported
            && self.requests.iter().any(|request| request.entry.is_none())
    }

    /// Whether the job has come to its end, or stopped.
    #[must_use]
    pub const fn is_at_rest(&self) -> bool {
        match self.import.state {
            ImportState::Importing | ImportState::Undoing => !self.import.stopped.is_empty(),
            ImportState::Proposed | ImportState::Imported | ImportState::Undone => true,
        }
    }
}

impl App {
    /// The register of the institution as it is now.
    ///
    /// # Errors
    /// [`AppError::Failed`].
    pub async fn register(&self, who: &Principal) -> Result<Arc<Facts>, AppError> {
        let (institution, registers) = (who.institution, Arc::clone(&self.registers));
        let read = move |conn: &mut Db| registers.snapshot(conn, institution, false);
        Ok(self.readers.point(read).await?.facts)
    }

    /// The import that has taken a sheet of a file in, if there is one.
    ///
    /// # Errors
    /// [`AppError::Failed`].
    pub async fn import_of(
        &self,
        who: &Principal,
        file_sha256: &str,
        sheet: &str,
    ) -> Result<Option<ImportId>, AppError> {
        let institution = who.institution;
        let (file, sheet) = (file_sha256.to_owned(), sheet.to_owned());
        let read = move |conn: &mut Db| lookups::import_of(conn, institution, &file, &sheet);
        Ok(self.readers.point(read).await?)
    }

    /// Keeps a proposal.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn propose_import(
        &self,
        who: &Principal,
        request: &str,
        import: Import,
        parts: &[Part],
    ) -> Result<ImportId, AppError> {
        let id =
            ImportId::try_from(i64::from_be_bytes(random()?) & i64::MAX).unwrap_or(ImportId::MAX);
        let (mut kept, mut bytes) = (Vec::new(), 0);
        for (number, part) in (0..).zip(parts) {
            let body = serde_json::to_string(part).map_err(|_| Refusal::Inconsistent {
                what: "part of an import",
            })?;
            bytes += body.len();
            kept.push((number, body));
            if bytes > MOST_KEPT {
                bytes = 0;
                let parts = std::mem::take(&mut kept);
                self.keep(who, request, id, parts, None).await?;
            }
        }
        self.keep(who, request, id, kept, Some(import)).await?;
        Ok(id)
    }

    async fn keep(
        &self,
        who: &Principal,
        request: &str,
        id: ImportId,
        parts: Vec<(u32, String)>,
        import: Option<Import>,
    ) -> Result<(), AppError> {
        let verb = KeepImport { id, parts, import };
        let answer = |_: super::Done<'_>| String::new();
        self.execute(who, request, None, Box::new(verb), answer)
            .await
            .map(drop)
    }

    /// Accepts a proposal: all of it can come into the book, or none of it does. What needs no
    /// signature is posted from now on; for the rest signing requests are made. The same sheet
    /// accepted before is answered instead.
    ///
    /// # Errors
    /// [`Refusal::ImportUnknown`], [`Refusal::ImportHasErrors`], [`Refusal::ImportClosed`], or what a
    /// part of it would be refused for.
    pub async fn accept_import(
        &self,
        who: &Principal,
        request: &str,
        key: Option<Key>,
        id: ImportId,
        acceptors: Vec<crate::domain::ids::PersonId>,
    ) -> Result<(Imported, bool), AppError> {
        let found = self.import(who, id).await?;
        if found.import.state == ImportState::Proposed && found.import.errors == 0 {
            let facts = self.register(who).await?;
            let (institution, cx) = (who.institution, self.context(who));
            let named = acceptors.clone();
            let checked = self.readers.long(move |conn| {
                let parts = lookups::import_parts(conn, institution, id)?;
                Ok(check(&facts, &cx, &parts, &named))
            });
            checked.await??;
        }
        let verb = Box::new(AcceptImport { id, acceptors });
        match self
            .execute(who, request, key, verb, |_| String::new())
            .await
        {
            Ok((_, replayed)) => {
                self.importer.run(who.institution, id);
                Ok((self.import(who, id).await?, replayed))
            }
            Err(AppError::Refused(Refusal::ImportedAlready { import })) => {
                Ok((self.import(who, import).await?, true))
            }
            Err(error) => Err(error),
        }
    }

    /// Takes an import back by reversing its entries. All or nothing: before the first is reversed it
    /// is checked that every one can be. What came in under signatures is reversed under signatures
    /// first; its requests that nobody has signed are withdrawn. Places and products stay.
    ///
    /// # Errors
    /// [`Refusal::ImportUnknown`], [`Refusal::ImportRunning`], [`Refusal::ImportClosed`],
    /// [`Refusal::LaterEntriesExist`] for containers that have moved on since,
    /// [`Refusal::SignaturesRequired`].
    pub async fn undo_import(
        &self,
        who: &Principal,
        request: &str,
        key: Option<Key>,
        id: ImportId,
        reason: String,
    ) -> Result<(Imported, bool), AppError> {
        let found = self.import(who, id).await?;
        let signed = found.requests.iter().filter_map(|request| request.entry);
        let entries: Vec<Seq> = found.entries.iter().map(|entry| entry.seq).collect();
        let entries: Vec<Seq> = entries.into_iter().chain(signed).collect();
        if found.is_at_rest() {
            let facts = self.register(who).await?;
            let cx = self.context(who);
            let checked = self
                .readers
                .long(move |conn| reversible(conn, (*facts).clone(), &cx, &entries));
            checked.await??;
        }
        let verb = Box::new(UndoImport { id, reason });
        let (_, replayed) = self
            .execute(who, request, key, verb, |_| String::new())
            .await?;
        self.importer.run(who.institution, id);
        Ok((self.import(who, id).await?, replayed))
    }

    /// An import of the institution.
    ///
    /// # Errors
    /// [`Refusal::ImportUnknown`].
    pub async fn import(&self, who: &Principal, id: ImportId) -> Result<Imported, AppError> {
        let institution = who.institution;
        let read = move |conn: &mut Db| {
            let Some(import) = lookups::import(conn, institution, id)? else {
                return Ok(None);
            };
            let prefix = key_prefix(id);
            let (mut entries, mut last) = (Vec::new(), BTreeMap::new());
            for (key, answer) in lookups::answers(conn, institution, import.person, &prefix)? {
                let name = key.get(prefix.len()..).unwrap_or_default();
                match name.split_once('-') {
                    None => entries.extend(serde_json::from_str::<OpeningEntry>(&answer)),
                    Some(("undo", _)) => {}
                    Some((part, _)) => {
                        last.insert(part.to_owned(), answer);
                    }
                }
            }
            let mut requests = Vec::new();
            for answer in last.values() {
                requests.extend(request_of(conn, institution, answer)?);
            }
            let reversed = match import.undone_by {
                Some(person) => {
                    let undone = format!("{prefix}undo-");
                    lookups::answers(conn, institution, person, &undone)?.len()
                }
                None => 0,
            };
            Ok(Some(Imported {
                id,
                import,
                entries,
                requests,
                reversed,
            }))
        };
        let found = self.readers.long(read).await?;
        Ok(found.ok_or(Refusal::ImportUnknown {})?)
    }

    /// What a decision taken for somebody now would see of the outside.
    #[must_use]
    pub fn context(&self, who: &Principal) -> Context {
        Context {
            now: self.now(),
            actor: Some(who.person),
            head: Head {
                size: 0,
                root: Hash([0; 32]),
            },
        }
    }
}

/// The signing request that a stored answer names.
fn request_of(
    conn: &mut Db,
    institution: crate::domain::ids::InstitutionId,
    answer: &str,
) -> Result<Option<OpeningRequest>, StoreError> {
    let Ok(id) = answer.parse() else {
        return Ok(None);
    };
    let Some(found) = lookups::signing_request(conn, institution, id)? else {
        return Ok(None);
    };
    let containers = match canonical::parse::<Payload>(found.payload.as_bytes()) {
        Ok(Payload {
            proposal: Proposal::Open(open),
            ..
        }) => open.lots.iter().map(|lot| i64::from(lot.count)).sum(),
        Ok(_) | Err(_) => 0,
    };
    let entry = if found.state == RequestState::Posted {
        lookups::signed_entry(conn, institution, found.payload_hash)?
    } else {
        None
    };
    Ok(Some(OpeningRequest {
        request: id,
        state: found.state,
        expires_at: found.expires_at,
        containers,
        entry,
    }))
}

/// Whether every part could be posted over this register, one after the other.
fn check(
    facts: &Facts,
    cx: &Context,
    parts: &[(u32, Part)],
    acceptors: &[crate::domain::ids::PersonId],
) -> Result<(), Refusal> {
    let mut facts = facts.clone();
    for (_, part) in parts {
        let (stock, authority, acceptors) = match part {
            Part::Place(place) => {
                facts.register.places.put(place.id, place.clone());
                continue;
            }
            Part::Product(product) => {
                facts.register.products.put(product.id, product.clone());
                continue;
            }
            Part::Stock(stock) => (stock, Authority::Unsigned, Vec::new()),
            Part::Signed(stock) => (
                stock,
                Authority::Request(RequestId::MIN),
                acceptors.to_vec(),
            ),
        };
        let open = Open {
            lots: stock.lots.clone(),
            acceptors,
            reason: String::new(),
        };
        open.draft(&facts, cx, authority)?;
    }
    Ok(())
}

/// Whether every entry could be reversed now, or is reversed already.
fn reversible(
    conn: &mut Db,
    mut facts: Facts,
    cx: &Context,
    entries: &[Seq],
) -> Result<Result<(), Refusal>, StoreError> {
    for entry in entries {
        let verb = Reverse {
            entry: *entry,
            reason: String::new(),
        };
        facts.stock = Stock::default();
        lookups::needed(conn, &mut facts, &verb.needs())?;
        match verb.decide(&facts, cx) {
            Ok(_) | Err(Refusal::AlreadyReversed { .. }) => {}
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    Ok(Ok(()))
}
