//! The head signed last of every log, kept in files outside the database: an older database, or one whose
//! history was rewritten, shows against them.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::domain::{ids::InstitutionId, ledger::Log};

use super::StoreError;

/// The folder of the kept notes.
#[derive(Clone, Debug)]
pub struct Notes(PathBuf);

impl Notes {
    /// Those in the data folder.
    pub(crate) fn within(data: &Path) -> Self {
        Self(data.join("checkpoints"))
    }

    /// The file of a log.
    pub(crate) fn path(&self, institution: InstitutionId, log: Log) -> PathBuf {
        self.0.join(format!("{institution}-{log}.note"))
    }

    /// Keeps a signed note in the place of the former one. A crash leaves one of the two, whole.
    pub(crate) fn keep(
        &self,
        institution: InstitutionId,
        log: Log,
        note: &str,
    ) -> Result<(), StoreError> {
        let path = self.path(institution, log);
        let write = || {
            fs::create_dir_all(&self.0)?;
            let draft = path.with_extension("draft");
            let mut file = fs::File::create(&draft)?;
            file.write_all(note.as_bytes())?;
            file.sync_all()?;
            fs::rename(&draft, &path)
        };
        write().map_err(|error| StoreError::File(path.clone(), error))
    }

    /// The notes that are kept, each with its file.
    pub(crate) fn all(&self) -> Result<Vec<(PathBuf, String)>, StoreError> {
        let read = || -> io::Result<Vec<(PathBuf, String)>> {
            let mut notes = Vec::new();
            for entry in fs::read_dir(&self.0)? {
                let path = entry?.path();
                if path.extension().is_some_and(|ending| ending == "note") {
                    let note = fs::read_to_string(&path)?;
                    notes.push((path, note));
                }
            }
            notes.sort();
            Ok(notes)
        };
        match read() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            result => result.map_err(|error| StoreError::File(self.0.clone(), error)),
        }
    }
}
