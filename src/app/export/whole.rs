//! Whole lists as files: every page of a list over one instant of the database, written to a file on disk before
//! the first byte is sent, so that it is whole or not there at all, and noted with its hash.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Seek, Write},
};

use sha2::{Digest, Sha256};

use super::{Edition, Format, Sheet, SheetError, stamped};
use crate::{
    app::{App, AppError, Principal},
    domain::{
        facts::Facts,
        ids::Seq,
        ledger::{AuditLine, AuditOutcome, FileTaken},
        people::Permission,
        refusal::Refusal,
        verb::{Context, Decision, Needs, Verb},
    },
    report::{
        Page, Query, Scope,
        export::edition,
        ledger_lines::LedgerLines,
        lists::{Cell, List, Paged, Stamp, told},
    },
    store::{StoreError, conn::Db, writer::Command},
};

/// Items read at a time: this bounds the memory that a file takes.
const PAGE: usize = 1_000;

/// A file that was made.
#[derive(Debug)]
pub struct Made {
    /// What it is called.
    pub name: String,
    /// Bytes in it.
    pub length: u64,
    /// The file, from its beginning; it has no name on disk, and is gone when it is closed.
    pub file: File,
    /// Lines below the headings.
    lines: u64,
    /// SHA-256 of its bytes, hex.
    sha256: String,
}

/// Why no file was made.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// The list is refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be written.
    #[error(transparent)]
    File(SheetError),
}

impl From<SheetError> for NotMade {
    fn from(error: SheetError) -> Self {
        match error {
            SheetError::TooLong => Self::Refused(Refusal::SheetTooLong {
                most: SheetError::MOST_LINES,
            }),
            SheetError::File(_) => Self::File(error),
        }
    }
}

impl From<io::Error> for NotMade {
    fn from(error: io::Error) -> Self {
        Self::File(error.into())
    }
}

impl From<NotMade> for AppError {
    fn from(error: NotMade) -> Self {
        match error {
            NotMade::Refused(refusal) => Self::Refused(refusal),
            NotMade::Store(error) => Self::Failed(error),
            NotMade::File(error) => Self::Failed(StoreError::Row("export", error.to_string())),
        }
    }
}

/// A list for paper.
#[derive(Debug)]
pub struct Gathered {
    /// What a file of it is called, without its ending.
    pub name: String,
    /// Of which state of which ledger.
    pub of: Edition,
    /// The lines, of the list's columns.
    pub lines: Vec<GatheredLine>,
    /// What was asked of the list: heading and value.
    pub about: Vec<(String, String)>,
}

/// A line for paper.
#[derive(Debug)]
pub struct GatheredLine {
    /// The cells.
    pub cells: Vec<Cell<'static>>,
    /// Whether it corrects another.
    pub is_correction: bool,
}

/// Most lines that are printed at once.
const MOST_PRINTED: usize = 5_000;

/// Every page of a list, for paper.
#[derive(Clone)]
struct OnPaper<A>(Whole<A>, Vec<(String, String)>);

impl<A, Q> Query for OnPaper<A>
where
    A: Fn(Option<String>, usize) -> Option<Q> + Clone + Send + 'static,
    Q: Query,
    Q::Answer: Paged,
{
    type Answer = Result<Gathered, NotMade>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        match self.0.gather(conn, scope, &self.1) {
            Err(NotMade::Store(error)) => Err(error),
            gathered => Ok(gathered),
        }
    }
}

/// Every page of a list, as a file.
#[derive(Clone)]
struct Whole<A> {
    list: &'static List,
    format: Format,
    /// The query for the page behind a key.
    ask: A,
}

impl<A, Q> Query for Whole<A>
where
    A: Fn(Option<String>, usize) -> Option<Q> + Clone + Send + 'static,
    Q: Query,
    Q::Answer: Paged,
{
    type Answer = Result<Made, NotMade>;

    fn run(self, conn: &mut Db, scope: &Scope) -> Result<Self::Answer, StoreError> {
        match self.make(conn, scope) {
            // A connection that was lost is tried again, with another file.
            Err(NotMade::Store(error)) => Err(error),
            made => Ok(made),
        }
    }
}

impl<A> Whole<A> {
    fn make<Q>(&self, conn: &mut Db, scope: &Scope) -> Result<Made, NotMade>
    where
        A: Fn(Option<String>, usize) -> Option<Q>,
        Q: Query,
        Q::Answer: Paged,
    {
        let of: Edition = edition(conn, scope)?;
        let out = BufWriter::with_capacity(64 * 1024, tempfile::tempfile()?);
        let headings = self.list.headings();
        let sheet = Sheet::begin(self.format, self.list.title, &headings, scope.now, out)?;
        let (sheet, lines, stamp) = self.write(conn, scope, &of, sheet, &mut |_| {})?;
        let name = format!("{}.{}", self.name(stamp, &of, scope), self.format);
        Made::of(name, lines, sheet)
    }

    /// Writes every line; `progress` is told how many there are so far.
    fn write<Q, W: Write>(
        &self,
        conn: &mut Db,
        scope: &Scope,
        of: &Edition,
        mut sheet: Sheet<W>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(Sheet<W>, u64, Option<Stamp>), NotMade>
    where
        A: Fn(Option<String>, usize) -> Option<Q>,
        Q: Query,
        Q::Answer: Paged,
    {
        let snapshot = scope.snapshot(conn)?;
        let list = self.list;
        let (mut lines, origin) = (0, of.origin.name_zh());
        let stamp = self.each(conn, scope, |page| {
            let mut cells = Vec::new();
            for item in &page.items {
                if sheet.takes_json() {
                    lines += 1;
                    sheet.json(&serde_json::to_vec(item).map_err(io::Error::other)?)?;
                    continue;
                }
                cells.clear();
                cells.push(Cell::Text(origin.into()));
                if Q::Answer::cells(item, &mut cells) {
                    lines += 1;
                    sheet.line(&cells)?;
                    continue;
                }
                let item = serde_json::to_value(item).map_err(io::Error::other)?;
                for line in list.lines(&item, origin, &snapshot.facts) {
                    lines += 1;
                    sheet.line(&line)?;
                }
            }
            progress(lines);
            Ok(())
        })?;
        Ok((sheet, lines, stamp))
    }

    /// The lines for paper.
    fn gather<Q>(
        &self,
        conn: &mut Db,
        scope: &Scope,
        asked: &[(String, String)],
    ) -> Result<Gathered, NotMade>
    where
        A: Fn(Option<String>, usize) -> Option<Q>,
        Q: Query,
        Q::Answer: Paged,
    {
        let snapshot = scope.snapshot(conn)?;
        let mut of: Edition = edition(conn, scope)?;
        let (mut lines, origin) = (Vec::new(), of.origin.name_zh());
        let stamp = self.each(conn, scope, |page| {
            for item in &page.items {
                let item = serde_json::to_value(item).map_err(io::Error::other)?;
                let is_correction = item.get("is_correction") == Some(&true.into());
                for cells in self.list.lines(&item, origin, &snapshot.facts) {
                    lines.push(GatheredLine {
                        cells,
                        is_correction,
                    });
                }
            }
            if lines.len() > MOST_PRINTED {
                let most = u32::try_from(MOST_PRINTED).unwrap_or(u32::MAX);
                return Err(Refusal::PrintTooLong { most }.into());
            }
            Ok(())
        })?;
        let name = self.name(stamp.clone(), &of, scope);
        if let Some(Stamp::Period(_, head)) = stamp {
            of.head = head;
        }
        Ok(Gathered {
            name,
            of,
            lines,
            about: told(self.list, asked, &snapshot.facts),
        })
    }

    /// Hands over every page, and answers of which state the first one is.
    fn each<Q>(
        &self,
        conn: &mut Db,
        scope: &Scope,
        mut sink: impl FnMut(Page<<Q::Answer as Paged>::Item>) -> Result<(), NotMade>,
    ) -> Result<Option<Stamp>, NotMade>
    where
        A: Fn(Option<String>, usize) -> Option<Q>,
        Q: Query,
        Q::Answer: Paged,
    {
        let (mut stamp, mut after) = (None, None);
        loop {
            let key = || StoreError::Row("export", "a list does not know its own key".to_owned());
            let ask = (self.ask)(after.take(), PAGE).ok_or_else(key)?;
            let answer = ask.run(conn, scope)?;
            stamp = stamp.or_else(|| answer.stamp());
            let mut page = answer.page()?;
            after = page.next.take();
            sink(page)?;
            if after.is_none() {
                return Ok(stamp);
            }
        }
    }

    /// The list, whose it is, of which period, and the head of the ledger that it was made from.
    fn name(&self, stamp: Option<Stamp>, of: &Edition, scope: &Scope) -> String {
        let list = self.list.name;
        let what = format!("{list}-{}", scope.institution);
        match stamp {
            None => stamped(&what, of),
            Some(Stamp::Period(period, head)) => {
                let then = Edition { head, ..of.clone() };
                stamped(&format!("{what}-{period}"), &then)
            }
            Some(Stamp::Region(region)) => {
                let demo = of.origin.mark();
                format!("{demo}{list}-region-{region}")
            }
        }
    }
}

/// Writes the whole ledger line by line (流水), without a server.
pub(super) fn write_lines<W: Write>(
    conn: &mut Db,
    scope: &Scope,
    format: Format,
    of: &Edition,
    out: W,
    progress: &mut dyn FnMut(u64),
) -> Result<W, NotMade> {
    let list = List::of("/ledger-lines");
    let none = || StoreError::Row("export", "no such list".to_owned());
    let list = list.ok_or_else(none)?;
    let ask = |after: Option<String>, limit: usize| {
        let after = after.map(|after| after.parse()).transpose().ok()?;
        Some(LedgerLines {
            from: None,
            to: None,
            after,
            limit,
        })
    };
    let whole = Whole { list, format, ask };
    let sheet = Sheet::begin(format, list.title, &list.headings(), scope.now, out)?;
    let (sheet, ..) = whole.write(conn, scope, of, sheet, progress)?;
    Ok(sheet.finish()?)
}

impl Made {
    fn of(name: String, lines: u64, sheet: Sheet<BufWriter<File>>) -> Result<Self, NotMade> {
        let written = sheet.finish()?;
        let mut file = written
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 64 * 1024];
        let mut length = 0;
        loop {
            let read = file.read(&mut buffer)?;
            let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
                break;
            };
            hash.update(piece);
            length += u64::try_from(read).unwrap_or_default();
        }
        file.rewind()?;
        let sha256 = hex(&hash.finalize());
        Ok(Self {
            name,
            length,
            file,
            lines,
            sha256,
        })
    }
}

/// The audit line of a file that was taken.
#[derive(Debug)]
struct Taking {
    route: String,
    taken: FileTaken,
}

impl Verb for Taking {
    fn name(&self) -> &'static str {
        "export"
    }

    fn line(&self, outcome: AuditOutcome, code: Option<String>, entry: Option<Seq>) -> AuditLine {
        AuditLine {
            file: Some(self.taken.clone()),
            ..AuditLine::of(self.route.clone(), outcome, code, entry)
        }
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        Ok(Decision::default())
    }
}

impl App {
    /// Makes a file of a whole list, and leaves a line of it in the audit log of whoever takes it.
    ///
    /// # Errors
    /// What the list is refused for, [`Refusal::SheetTooLong`], [`AppError::Busy`], [`AppError::Failed`].
    pub(crate) async fn take<Q>(
        &self,
        who: &Principal,
        request: &str,
        route: String,
        (list, format): (&'static List, Format),
        ask: impl Fn(Option<String>, usize) -> Option<Q> + Clone + Send + 'static,
    ) -> Result<Made, AppError>
    where
        Q: Query,
        Q::Answer: Paged,
    {
        let turn = self.exports.acquire().await;
        let turn = turn.map_err(|_| AppError::Busy)?;
        let made = self.read(who, Whole { list, format, ask }).await??;
        drop(turn);
        let taken = FileTaken {
            institution: (who.reads != who.institution).then_some(who.reads),
            name: made.name.clone(),
            lines: made.lines,
            sha256: made.sha256.clone(),
        };
        self.note_taken(who, request, route, taken).await?;
        Ok(made)
    }

    /// Reads a whole list for paper.
    ///
    /// # Errors
    /// What the list is refused for, [`Refusal::PrintTooLong`], [`AppError::Failed`].
    pub(crate) async fn gather<Q>(
        &self,
        who: &Principal,
        (list, asked): (&'static List, Vec<(String, String)>),
        ask: impl Fn(Option<String>, usize) -> Option<Q> + Clone + Send + 'static,
    ) -> Result<Gathered, AppError>
    where
        Q: Query,
        Q::Answer: Paged,
    {
        let turn = self.exports.acquire().await;
        let turn = turn.map_err(|_| AppError::Busy)?;
        let whole = Whole {
            list,
            format: Format::Csv,
            ask,
        };
        let gathered = self.read(who, OnPaper(whole, asked)).await??;
        drop(turn);
        Ok(gathered)
    }

    /// Leaves a line of paper that was printed in the audit log of whoever prints it.
    ///
    /// # Errors
    /// [`AppError::Busy`], [`AppError::Failed`].
    pub(crate) async fn note_printed(
        &self,
        who: &Principal,
        request: &str,
        route: String,
        (name, lines, paper): (String, usize, &[u8]),
    ) -> Result<(), AppError> {
        let taken = FileTaken {
            institution: (who.reads != who.institution).then_some(who.reads),
            name,
            lines: u64::try_from(lines).unwrap_or(u64::MAX),
            sha256: hex(&Sha256::digest(paper)),
        };
        self.note_taken(who, request, route, taken).await
    }

    async fn note_taken(
        &self,
        who: &Principal,
        request: &str,
        route: String,
        taken: FileTaken,
    ) -> Result<(), AppError> {
        let command = Command {
            institution: who.institution,
            actor: who.actor(),
            request: request.to_owned(),
            key: None,
            verb: Box::new(Taking { route, taken }),
            answer: |_| String::new(),
        };
        self.submit(command).await.map(drop)
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    let digits = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    digits.collect()
}
