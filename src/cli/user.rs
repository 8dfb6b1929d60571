//! `user`: who there is, and a one-time code for somebody who forgot the secret.
//!
//! Whoever sits at the server is nobody in the ledger: here nobody can be appointed, no secret can be
//! set, and a code is handed out only by an administrator who proves it with their own secret.

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use anyhow::Context;

use super::Place;
use crate::{
    app::{
        App, Login, Secrets,
        roster::{Member, roster},
    },
    domain::{ids::InstitutionId, ledger::Actor, verb::HandOutCode},
};

/// List persons with roles and locks, or hand out a one-time code.
#[derive(Debug, clap::Args)]
pub struct User {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Hand out a one-time code: an administrator and a second person, each with their own secret.
    Code(Code),
}

#[derive(Debug, clap::Args)]
struct Code {
    /// The staff number (工号) of the person who forgot the secret.
    login: String,
    /// The number of the institution.
    #[arg(long)]
    institution: InstitutionId,
    /// The staff number of the administrator who hands it out.
    #[arg(long = "as", value_name = "LOGIN")]
    by: String,
    /// The staff number of the second person, who confirms who asks.
    #[arg(long = "with", value_name = "LOGIN")]
    second: String,
    /// Why; it stands in the ledger.
    #[arg(long, default_value = "")]
    reason: String,
}

impl User {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.place.settings(false)?;
        let members = roster(&settings)?;
        let Some(What::Code(asked)) = self.what else {
            list(&members);
            return Ok(ExitCode::SUCCESS);
        };
        let whose = members
            .iter()
            .find(|member| {
                member.institution.id == asked.institution
                    && member.person.staff_number == asked.login
            })
            .with_context(|| {
                format!(
                    "nobody in institution {} is {}",
                    asked.institution, asked.login
                )
            })?;
        let given = |login: String| {
            anyhow::Ok(Secrets {
                institution: asked.institution,
                secret: typed_secret(&login)?,
                login: Login::StaffNumber(login),
                asker: Actor::unknown("console".to_owned()),
            })
        };
        let (by, second) = (given(asked.by)?, given(asked.second)?);
        let (app, threads) = App::start(&settings)?;
        let done = actix_web::rt::System::new().block_on(async {
            let who = app.sign_in(by).await?.principal;
            let done = async {
                let (code, code_digest) =
                    app.new_code(asked.institution, &whose.person.staff_number)?;
                let verb = HandOutCode {
                    person: whose.person.id,
                    code_digest,
                    reason: asked.reason,
                    second: Some(app.second(second).await?),
                };
                app.execute(&who, "console", None, Box::new(verb), |_| String::new())
                    .await?;
                anyhow::Ok(code)
            };
            let done = done.await;
            app.sign_out(&who, who.session).await?;
            done
        });
        drop(app);
        threads.join();
        let code = done?;
        println!("{code}");
        eprintln!(
            "Valid once, for a week. {} sets a new secret with it; the old one holds until then.",
            whose.person.name
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// Somebody's secret: not shown while it is typed, or one line from a pipe.
fn typed_secret(login: &str) -> anyhow::Result<String> {
    if io::stdin().is_terminal() {
        eprint!("Secret of {login}: ");
        return Ok(console::Term::stderr().read_secure_line()?);
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn list(members: &[Member]) {
    let mut last = None;
    for member in members {
        let institution = &member.institution;
        if last != Some(institution.id) {
            last = Some(institution.id);
            let origin = institution.origin.name_zh();
            println!(
                "institution {} {} ({origin})",
                institution.id, institution.name
            );
        }
        let person = &member.person;
        let roles: Vec<&str> = member.roles.iter().map(|role| role.name_zh()).collect();
        let mut notes = Vec::new();
        if person.closed {
            notes.push("离岗 left".to_owned());
        } else if person.suspended {
            notes.push("停用 blocked".to_owned());
        } else if !member.has_secret {
            notes.push("未设密码 no secret yet".to_owned());
        }
        if let Some(until) = member.locked_until {
            notes.push(format!("锁定至 locked until {until}"));
        }
        println!(
            "  {}  {}  {}  {}",
            person.staff_number,
            person.name,
            roles.join("、"),
            notes.join(" ")
        );
    }
}
