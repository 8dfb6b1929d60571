//! 核存: a bureau pulls the signed heads of the institutions in its region and keeps each with the proof that
//! it continues the one kept before.

use std::{
    sync::{Arc, Weak, mpsc::RecvTimeoutError},
    thread::JoinHandle,
    time::Duration,
};

use super::{App, AppError, Principal};
use crate::{
    domain::{
        ids::{InstitutionId, PersonId},
        institution::{Institution, InstitutionKind},
        ledger::{Actor, Log},
        refusal::Refusal,
        verb::KeepHead,
    },
    store::{StoreError, pulls, signer, writer::Command},
};

/// How often the program pulls by itself.
const EVERY: Duration = Duration::from_mins(10);

impl App {
    /// Pulls the head of one institution, or of every one in the region of a bureau.
    ///
    /// # Errors
    /// [`Refusal::InstitutionUnknown`] for one out of reach, [`AppError::Busy`], [`AppError::Failed`]. A head
    /// that is not kept is no error: it is noted.
    pub async fn pull(
        &self,
        who: &Principal,
        request: &str,
        site: Option<InstitutionId>,
    ) -> Result<(), AppError> {
        let sites = match site {
            Some(site) if site == who.institution => {
                return Err(Refusal::InstitutionUnknown { institution: site }.into());
            }
            Some(site) => vec![self.reaching(who, site).await?.reads],
            None => self.overseen(&self.institutions().await?, who.institution),
        };
        for site in sites {
            let by = (who.actor(), Some(who.person), request);
            self.pull_one(who.institution, site, by).await?;
        }
        Ok(())
    }

    /// Pulls for every bureau what has grown; the program does so by itself. A ledger that cannot be read does
    /// not stand in the way of the others: it is tried again.
    ///
    /// # Errors
    /// [`AppError::Busy`], and [`AppError::Failed`] when the institutions cannot be read.
    pub async fn pull_all(&self) -> Result<(), AppError> {
        let all = self.institutions().await?;
        let bureaus = all
            .iter()
            .filter(|one| one.kind == InstitutionKind::Bureau)
            .map(|one| one.id);
        for bureau in bureaus {
            for site in self.overseen(&all, bureau) {
                let program = Actor {
                    person: None,
                    name: "hazledger".to_owned(),
                    terminal: None,
                };
                match self.pull_one(bureau, site, (program, None, "")).await {
                    Ok(()) => {}
                    Err(AppError::Busy) => return Err(AppError::Busy),
                    Err(error) => {
                        tracing::error!(%error, %bureau, %site, "a head was not pulled; it is tried again");
                    }
                }
            }
        }
        Ok(())
    }

    /// The institutions in the region of a bureau.
    fn overseen(&self, all: &[Institution], bureau: InstitutionId) -> Vec<InstitutionId> {
        let (regions, today) = (self.catalogue.region_tree(), self.now().china_day());
        let own = all.iter().find(|one| one.id == bureau);
        let oversees =
            |one: &&Institution| own.is_some_and(|own| own.oversees(one, regions, today));
        all.iter().filter(oversees).map(|one| one.id).collect()
    }

    async fn pull_one(
        &self,
        bureau: InstitutionId,
        site: InstitutionId,
        (actor, person, request): (Actor, Option<PersonId>, &str),
    ) -> Result<(), AppError> {
        let key = self.keys.log_key(&self.name).map_err(StoreError::from)?;
        let key = key.verifier().clone();
        let found = self
            .readers
            .long(move |conn| pulls::found(conn, bureau, site, &key))
            .await?;
        let Some((last, found)) = found else {
            return Ok(());
        };
        // What nobody has explained stays as it is.
        if last.as_ref().is_some_and(|(_, last)| last.is_open()) {
            return Ok(());
        }
        let key = self.keys.log_key(&self.name).map_err(StoreError::from)?;
        let origin = signer::origin(&self.name, site, Log::Ledger);
        let before = last.as_ref().map(|(_, last)| last);
        let judged = found.judged(before, &origin, key.verifier(), (self.now(), person));
        let Some(pull) = judged else { return Ok(()) };
        let command = Command {
            institution: bureau,
            actor,
            request: request.to_owned(),
            key: None,
            verb: Box::new(KeepHead {
                site,
                after: last.map_or(0, |(number, _)| number),
                pull,
            }),
            answer: |_| String::new(),
        };
        match self.submit(command).await {
            // Somebody else has just pulled the same.
            Err(AppError::Refused(Refusal::PullOvertaken { .. })) => Ok(()),
            done => done.map(drop),
        }
    }
}

/// The thread that pulls.
pub(super) struct Puller {
    stop: std::sync::mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Puller {
    /// Begins; it ends when the program does.
    pub(super) fn start(app: &Arc<App>) -> Result<Self, StoreError> {
        let (stop, stopped) = std::sync::mpsc::channel();
        let app: Weak<App> = Arc::downgrade(app);
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let Ok(runtime) = runtime else {
                tracing::error!("heads are not pulled: no runtime");
                return;
            };
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let Some(app) = app.upgrade() else { return };
                if let Err(error) = runtime.block_on(app.pull_all()) {
                    tracing::warn!(%error, "heads were not pulled; it is tried again");
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("puller".to_owned())
            .spawn(run)
            .map_err(|_| StoreError::Stopped)?;
        Ok(Self { stop, thread })
    }

    /// Waits for the end.
    pub(super) fn join(self) {
        drop(self.stop);
        // A panic in it was logged by the panic hook.
        drop(self.thread.join());
    }
}
