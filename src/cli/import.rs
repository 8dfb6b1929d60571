//! `import`: opening stock from a sheet, by the same way as over HTTP.

use std::{
    fs,
    io::{BufRead as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::de::DeserializeOwned;

use super::Place;
use crate::{
    app::{App, Imported, Login, Principal, Secrets},
    domain::{
        ids::{ImportId, InstitutionId, PersonId},
        ledger::Actor,
        opening::ImportState,
    },
    import::{Choices, DryRun, Limits, Outcome, Severity, Upload, dry_run},
};

/// How often the progress is asked for.
const EVERY: Duration = Duration::from_millis(100);

/// Take in opening stock from a sheet; without --accept only a dry run. On `SQLite` the server must be
/// stopped.
#[derive(Debug, clap::Args)]
pub struct Import {
    #[command(flatten)]
    place: Place,
    /// The sheet: .xlsx, .ods or .csv.
    file: PathBuf,
    /// The number of the institution.
    #[arg(long)]
    institution: InstitutionId,
    /// Staff number of somebody of the equipment department (设备科). The secret is taken from
    /// `HAZLEDGER_SECRET` or asked for.
    #[arg(long)]
    login: String,
    /// The sheet of a workbook.
    #[arg(long)]
    sheet: Option<String>,
    /// Columns assigned by hand, counted from 0: {"name": 0, "quantity": 3}.
    #[arg(long, value_name = "JSON")]
    mapping: Option<String>,
    /// Places by the name in the sheet: {"危化品库": "3"}.
    #[arg(long, value_name = "JSON")]
    places: Option<String>,
    /// Products by the name in the sheet: {"硝酸（GR）": "12"}.
    #[arg(long, value_name = "JSON")]
    products: Option<String>,
    /// Substances meant, by the name in the sheet, where the catalogue has several.
    #[arg(long, value_name = "JSON")]
    substances: Option<String>,
    /// Make places that are not known.
    #[arg(long)]
    make_places: bool,
    /// Who accepts what comes in under signatures: the number of a person, several times.
    #[arg(long, value_name = "PERSON")]
    acceptor: Vec<PersonId>,
    /// Take it in when nothing is wrong.
    #[arg(long)]
    accept: bool,
}

impl Import {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let upload = self.upload()?;
        let secret = secret()?;
        let (app, threads) = App::start(&self.place.settings(false)?)?;
        let done = actix_web::rt::System::new().block_on(self.carry_out(&app, secret, upload));
        drop(app);
        threads.join();
        done
    }

    fn upload(&self) -> anyhow::Result<Upload> {
        let name = self.file.display().to_string();
        let size = fs::metadata(&self.file)
            .with_context(|| format!("cannot read {name}"))?
            .len();
        let most = Limits::default().bytes;
        if size > most {
            bail!("{name} is larger than {} MB; split it", most / 1_048_576);
        }
        Ok(Upload {
            bytes: fs::read(&self.file).with_context(|| format!("cannot read {name}"))?,
            name,
            sheet: self.sheet.clone(),
            mapping: json(self.mapping.as_deref(), "--mapping")?,
            choices: Choices {
                places: json(self.places.as_deref(), "--places")?.unwrap_or_default(),
                products: json(self.products.as_deref(), "--products")?.unwrap_or_default(),
                substances: json(self.substances.as_deref(), "--substances")?.unwrap_or_default(),
                make_places: self.make_places,
            },
        })
    }

    async fn carry_out(
        &self,
        app: &App,
        secret: String,
        upload: Upload,
    ) -> anyhow::Result<ExitCode> {
        let given = Secrets {
            institution: self.institution,
            login: Login::StaffNumber(self.login.clone()),
            secret,
            asker: Actor::unknown("command line".to_owned()),
        };
        let who = app.sign_in(given).await?.principal;
        let done = self.carry_out_as(app, &who, upload).await;
        app.sign_out(&who, who.session).await?;
        done
    }

    async fn carry_out_as(
        &self,
        app: &App,
        who: &Principal,
        upload: Upload,
    ) -> anyhow::Result<ExitCode> {
        let id = match dry_run(app, who, "", upload).await? {
            Outcome::TakenIn(id) => {
                println!("同一文件已由第 {id} 号导入办理。");
                id
            }
            Outcome::Proposed(proposed) => {
                print(&proposed);
                if !proposed.acceptable {
                    return Ok(ExitCode::FAILURE);
                }
                if !self.accept {
                    println!("未导入任何内容。确认无误后加 --accept 导入。");
                    return Ok(ExitCode::SUCCESS);
                }
                // Without a key: accepted twice, an import is posted once.
                let acceptors = self.acceptor.clone();
                let accepted = app
                    .accept_import(who, "", None, proposed.import, acceptors)
                    .await?;
                accepted.0.id
            }
        };
        let taken = watch(app, who, id).await?;
        println!(
            "{}：{} / {} 个容器已入账。",
            taken.import.state.name_zh(),
            taken.containers(),
            taken.import.containers
        );
        for request in taken
            .requests
            .iter()
            .filter(|request| request.entry.is_none())
        {
            println!(
                "待签申请 {}：{} 个管控类容器，须由验收人签名后入账。",
                request.request, request.containers
            );
        }
        if taken.import.stopped.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        println!("已中断：{}", taken.import.stopped);
        Ok(ExitCode::FAILURE)
    }
}

/// Shows the progress until the job is at rest.
async fn watch(app: &App, who: &Principal, id: ImportId) -> anyhow::Result<Imported> {
    // Drawn only where standard error is a terminal.
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(
        "{wide_bar} {human_pos}/{human_len} 个容器，剩余 {eta}",
    )?);
    loop {
        let taken = app.import(who, id).await?;
        bar.set_length(u64::try_from(taken.import.containers).unwrap_or(0));
        bar.set_position(u64::try_from(taken.containers()).unwrap_or(0));
        if taken.is_at_rest() && taken.import.state != ImportState::Proposed {
            bar.finish_and_clear();
            return Ok(taken);
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// The dry run as a table: what is wrong first.
fn print(proposed: &DryRun) {
    let wrong = &proposed.plan.errors;
    if !wrong.is_empty() {
        println!("单元格\t内容\t问题");
    }
    for error in wrong {
        let mark = if error.severity == Severity::Error {
            ""
        } else {
            "（提醒）"
        };
        println!("{}\t{}\t{mark}{}", error.cell, error.value, error.detail_zh);
    }
    for note in &proposed.plan.notes {
        println!(
            "第{}行\t{}\t（说明）{}",
            note.row, note.value, note.detail_zh
        );
    }
    println!(
        "{}：{} 行，{} 个容器，其中 {} 个须签名验收。SHA-256 {}",
        proposed.file,
        proposed.rows,
        proposed.containers,
        proposed.plan.signed,
        proposed.file_sha256
    );
}

fn json<T: DeserializeOwned>(text: Option<&str>, argument: &str) -> anyhow::Result<Option<T>> {
    text.map(serde_json::from_str)
        .transpose()
        .with_context(|| format!("{argument} is no JSON of that form"))
}

/// The secret: of the environment, or typed.
fn secret() -> anyhow::Result<String> {
    if let Ok(secret) = std::env::var("HAZLEDGER_SECRET") {
        return Ok(secret);
    }
    eprint!("secret: ");
    std::io::stderr().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
