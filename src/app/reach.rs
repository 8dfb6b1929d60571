//! What a health bureau reads of the institutions in its region (卫健局督导): never without a trace.

use std::sync::Arc;

use super::{App, AppError, Principal};
use crate::{
    domain::{
        catalogue::Regions,
        facts::Facts,
        ids::{InstitutionId, Seq},
        institution::{Institution, InstitutionKind},
        ledger::{Actor, AuditLine, AuditOutcome, Look},
        people::{Permission, Role},
        refusal::Refusal,
        substance::ControlClass,
        verb::{Context, Decision, Needs, Verb},
    },
    store::{lookups, writer::Command},
};

/// What a bureau looks at, word for word.
#[derive(Clone, Debug)]
pub struct Looked {
    /// Method and address without the query.
    pub route: String,
    /// The whole query of the address.
    pub query: Option<String>,
}

impl Looked {
    /// Takes method, path and query of a request.
    #[must_use]
    pub fn of(method: &str, path: &str, query: &str) -> Self {
        Self {
            route: format!("{method} {}", plain(path)),
            query: (!query.is_empty()).then(|| plain(query)),
        }
    }
}

/// A piece of an address as entries keep it: what is no visible ASCII character in percent form.
fn plain(piece: &str) -> String {
    let bytes = piece.bytes();
    bytes
        .map(|byte| match byte {
            b'!'..=b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// The audit line of a look at single entries.
#[derive(Debug)]
struct Inspection {
    route: String,
    look: Look,
}

impl Verb for Inspection {
    fn name(&self) -> &'static str {
        "inspection"
    }

    fn line(&self, outcome: AuditOutcome, code: Option<String>, entry: Option<Seq>) -> AuditLine {
        AuditLine {
            look: Some(self.look.clone()),
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

impl Principal {
    /// The classes of which none of the person's roles has to know where they stand: every report leaves
    /// their positions out.
    #[must_use]
    pub fn withheld(&self) -> Vec<ControlClass> {
        let sees =
            |class: ControlClass| self.roles.iter().any(|role| role.sees_positions_of(class));
        let classes = ControlClass::ALL.into_iter();
        classes.filter(|class| !sees(*class)).collect()
    }
}

impl App {
    /// The same person as a reader of that institution: their own, or one that their bureau oversees.
    /// Writes still concern their own alone.
    ///
    /// # Errors
    /// [`Refusal::InstitutionUnknown`] alike for one that does not exist and one out of reach.
    pub async fn reaching(
        &self,
        who: &Principal,
        institution: InstitutionId,
    ) -> Result<Principal, AppError> {
        if institution != who.institution {
            let (own, other) = (
                self.institution(who.institution),
                self.institution(institution),
            );
            let (own, other) = (own.await?, other.await?);
            let (regions, today) = (self.catalogue.region_tree(), self.now().china_day());
            let oversees = own
                .is_some_and(|own| other.is_some_and(|other| own.oversees(&other, regions, today)));
            if !oversees || !who.roles.contains(&Role::Bureau) {
                return Err(Refusal::InstitutionUnknown { institution }.into());
            }
        }
        Ok(Principal {
            reads: institution,
            is_named: true,
            ..who.clone()
        })
    }

    /// The region that somebody asks for: an officer of a bureau who names no institution; nothing for
    /// everybody else, who asks for their own institution.
    ///
    /// # Errors
    /// [`AppError::Failed`].
    pub async fn region_of(&self, who: &Principal) -> Result<Option<Arc<Regions>>, AppError> {
        if who.is_named || !who.roles.contains(&Role::Bureau) {
            return Ok(None);
        }
        let own = self.institution(who.institution).await?;
        let is_bureau = own.is_some_and(|own| own.kind == InstitutionKind::Bureau);
        Ok(is_bureau.then(|| Arc::clone(self.catalogue.region_tree())))
    }

    /// Refuses what only an institution has to an officer of a bureau who names none: an empty list would say
    /// that there is nothing.
    ///
    /// # Errors
    /// [`Refusal::InstitutionNeeded`], [`AppError::Failed`].
    pub async fn of_one(&self, who: &Principal, parameter: &'static str) -> Result<(), AppError> {
        match self.region_of(who).await? {
            Some(_) => Err(Refusal::InstitutionNeeded { parameter }.into()),
            None => Ok(()),
        }
    }

    /// Leaves a line in the audit log of the institution that is read: who of which bureau looked, and
    /// what exactly they asked.
    ///
    /// # Errors
    /// [`AppError::Busy`], [`AppError::Failed`].
    pub async fn note_inspection(
        &self,
        who: &Principal,
        request: &str,
        looked: Looked,
    ) -> Result<(), AppError> {
        let (institution, person) = (who.institution, who.person);
        let known = self.readers.point(move |conn| {
            let own = lookups::institution(conn, institution)?;
            Ok((own, lookups::person(conn, institution, person)?))
        });
        let (own, person) = known.await?;
        let bureau = own.map(|own| own.name).unwrap_or_default();
        let actor = Actor {
            // The number of a person in another institution would be somebody else's here.
            person: None,
            name: format!("{bureau} {}", who.name),
            terminal: who.actor().terminal,
        };
        let look = Look {
            institution,
            bureau,
            person: who.person,
            staff_number: person.map(|one| one.staff_number).unwrap_or_default(),
            name: who.name.clone(),
            query: looked.query,
        };
        let command = Command {
            institution: who.reads,
            actor,
            request: request.to_owned(),
            key: None,
            verb: Box::new(Inspection {
                route: looked.route,
                look,
            }),
            answer: |_| String::new(),
        };
        self.submit(command).await.map(drop)
    }

    async fn institution(&self, id: InstitutionId) -> Result<Option<Institution>, AppError> {
        let found = self
            .readers
            .point(move |conn| lookups::institution(conn, id));
        Ok(found.await?)
    }
}
