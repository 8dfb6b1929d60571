//! What is refused before it reaches the writer, so that it is in the audit log as well.

use std::cell::Cell;

use super::{App, AppError, Principal};
use crate::{
    domain::{
        facts::Facts,
        ids::{InstitutionId, Seq},
        ledger::{Actor, AuditLine, Outcome},
        people::Permission,
        refusal::Refusal,
        verb::{Context, Decision, Needs, Verb},
    },
    store::writer::Command,
};

tokio::task_local! {
    /// Whether the audit log has a refusal of the request being answered.
    static WRITTEN: Cell<bool>;
}

/// Runs the answering of a request; tells besides whether the writer has noted a refusal of it.
pub async fn refusal_written<F: Future>(answering: F) -> (F::Output, bool) {
    WRITTEN
        .scope(Cell::new(false), async {
            let answer = answering.await;
            (answer, WRITTEN.with(Cell::get))
        })
        .await
}

/// Notes that the audit log has a refusal of the request being answered.
pub(super) fn mark_written() {
    // Outside of a request there is nobody to tell.
    let _outside = WRITTEN.try_with(|written| written.set(true));
}

/// A request that was refused without a command.
#[derive(Clone, Debug)]
pub struct Denial {
    /// Method and route: `GET /containers/{label}`.
    pub route: String,
    /// The code of the problem answered.
    pub code: &'static str,
    /// How many denials of the same source were left out before this one.
    pub suppressed: u64,
}

impl Verb for Denial {
    fn name(&self) -> &'static str {
        "denial"
    }

    fn line(&self, _outcome: Outcome, _code: Option<String>, _entry: Option<Seq>) -> AuditLine {
        AuditLine {
            command: self.route.clone(),
            outcome: Outcome::Refused,
            code: Some(self.code.to_owned()),
            entry: None,
            claimed: None,
            suppressed: (self.suppressed > 0).then_some(self.suppressed),
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
    /// Writes a denial into the audit log of the person's institution, or of the system institution
    /// when nobody knows whose it is.
    ///
    /// # Errors
    /// [`AppError::Busy`], [`AppError::Failed`].
    pub async fn deny(
        &self,
        who: Option<&Principal>,
        terminal: String,
        request: String,
        denial: Denial,
    ) -> Result<(), AppError> {
        let actor = who.map_or_else(|| Actor::unknown(terminal), Principal::actor);
        let command = Command {
            institution: who.map_or(InstitutionId::MIN, |who| who.institution),
            actor,
            request,
            key: None,
            verb: Box::new(denial),
            answer: |_| String::new(),
        };
        self.submit(command).await.map(drop)
    }
}
