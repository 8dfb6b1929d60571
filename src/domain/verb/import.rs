//! 期初导入: a sheet is proposed, accepted, ended and taken back. The stock itself comes in by
//! [`super::Open`], which the job of the import posts part by part.

use std::collections::BTreeSet;

use super::{Context, Decision, Needs, Verb};
use crate::domain::{
    desk::DeskChange,
    facts::Facts,
    ids::{ImportId, PersonId},
    opening::{Import, ImportState},
    people::Permission,
    refusal::Refusal,
};

/// Keeps a proposal: parts first, several commands if there are many, then the import itself.
#[derive(Clone, Debug)]
pub struct KeepImport {
    /// Its number: random.
    pub id: ImportId,
    /// Parts with their numbers, as JSON.
    pub parts: Vec<(u32, String)>,
    /// The import, with the last of the parts.
    pub import: Option<Import>,
}

impl Verb for KeepImport {
    fn name(&self) -> &'static str {
        "propose_import"
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Import)
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn decide(&self, _facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let parts = self.parts.iter();
        let mut desk: Vec<_> = parts
            .map(|(part, body)| DeskChange::ImportPart(self.id, *part, body.clone()))
            .collect();
        desk.extend(
            self.import
                .clone()
                .map(|import| DeskChange::Import(self.id, import)),
        );
        Ok(Decision { draft: None, desk })
    }
}

/// Accepts a proposal as a whole; again, after it stopped, lets it go on.
#[derive(Clone, Debug)]
pub struct AcceptImport {
    /// Which.
    pub id: ImportId,
    /// 验收人 of what comes in under signatures.
    pub acceptors: Vec<PersonId>,
}

impl Verb for AcceptImport {
    fn name(&self) -> &'static str {
        "accept_import"
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Import)
    }

    fn needs(&self) -> Needs {
        of(self.id)
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let import = found(facts, self.id)?;
        if import.errors > 0 {
            return Err(Refusal::ImportHasErrors {
                wrong_cells: import.errors,
            });
        }
        // The loader brought every import of the same file along.
        let earlier = facts.desk.imports.iter().find(|(id, other)| {
            **id != self.id && other.is_taken_in() && other.is_of_the_same_sheet(import)
        });
        if let Some((earlier, _)) = earlier {
            return Err(Refusal::ImportedAlready { import: *earlier });
        }
        let accepted = match import.state {
            ImportState::Proposed => Import {
                person: cx.actor.ok_or(Refusal::NotPermitted {})?,
                acceptors: self.acceptors.clone(),
                ..import.clone()
            },
            // In the name of the first: the derived keys are that person's.
            ImportState::Importing | ImportState::Imported => import.clone(),
            ImportState::Undoing | ImportState::Undone => {
                let state = import.state;
                return Err(Refusal::ImportClosed { state });
            }
        };
        let accepted = Import {
            state: ImportState::Importing,
            stopped: String::new(),
            ..accepted
        };
        Ok(put(self.id, accepted))
    }
}

/// Takes an import back: its entries are reversed by the job.
#[derive(Clone, Debug)]
pub struct UndoImport {
    /// Which.
    pub id: ImportId,
    /// What was wrong with it.
    pub reason: String,
}

impl Verb for UndoImport {
    fn name(&self) -> &'static str {
        "undo_import"
    }

    fn permission(&self) -> Option<Permission> {
        Some(Permission::Import)
    }

    fn needs(&self) -> Needs {
        of(self.id)
    }

    fn decide(&self, facts: &Facts, cx: &Context) -> Result<Decision, Refusal> {
        let import = found(facts, self.id)?;
        let state = import.state;
        let undone = match state {
            ImportState::Importing if import.stopped.is_empty() => {
                return Err(Refusal::ImportRunning {});
            }
            ImportState::Importing | ImportState::Imported => Import {
                undone_by: Some(cx.actor.ok_or(Refusal::NotPermitted {})?),
                reason: self.reason.clone(),
                ..import.clone()
            },
            ImportState::Undoing => import.clone(),
            ImportState::Proposed | ImportState::Undone => {
                return Err(Refusal::ImportClosed { state });
            }
        };
        let undone = Import {
            state: ImportState::Undoing,
            stopped: String::new(),
            ..undone
        };
        Ok(put(self.id, undone))
    }
}

/// The job of an import has come to its end, or was refused something.
#[derive(Clone, Debug)]
pub struct EndImport {
    /// Which.
    pub id: ImportId,
    /// What it was doing.
    pub was: ImportState,
    /// Why it stopped; absent when it is done.
    pub stopped: Option<String>,
}

impl Verb for EndImport {
    fn name(&self) -> &'static str {
        "end_import"
    }

    fn permission(&self) -> Option<Permission> {
        None
    }

    fn needs(&self) -> Needs {
        of(self.id)
    }

    fn decide(&self, facts: &Facts, _cx: &Context) -> Result<Decision, Refusal> {
        let import = found(facts, self.id)?;
        // Another server may have ended it, and somebody may have begun to take it back.
        if import.state != self.was {
            return Ok(Decision::default());
        }
        let state = match (&self.stopped, import.state) {
            (Some(_), state) => state,
            (None, ImportState::Undoing) => ImportState::Undone,
            (
                None,
                ImportState::Importing
                | ImportState::Imported
                | ImportState::Proposed
                | ImportState::Undone,
            ) => ImportState::Imported,
        };
        let ended = Import {
            state,
            stopped: self.stopped.clone().unwrap_or_default(),
            ..import.clone()
        };
        Ok(put(self.id, ended))
    }
}

fn of(id: ImportId) -> Needs {
    Needs {
        imports: BTreeSet::from([id]),
        ..Needs::default()
    }
}

fn found(facts: &Facts, id: ImportId) -> Result<&Import, Refusal> {
    facts.desk.imports.get(id).ok_or(Refusal::ImportUnknown {})
}

fn put(id: ImportId, import: Import) -> Decision {
    Decision {
        draft: None,
        desk: vec![DeskChange::Import(id, import)],
    }
}
