//! What is done beside the tests.

use std::sync::mpsc;

use super::{Cluster, lock, random_hex};

/// Both take a second of a disk that others write to.
pub enum Chore {
    /// Drops a database that nobody needs any more.
    Drop(String),
    /// Makes another copy of a template, so that the next test finds one.
    Copy(String),
    /// Says when everything before it is done.
    Tell(mpsc::Sender<()>),
}

impl Cluster {
    pub(super) fn later(&self, chore: Chore) {
        lock(&self.housekeeper).send(chore).unwrap();
    }

    pub(super) fn keep_house(&'static self, chores: &mpsc::Receiver<Chore>) {
        for chore in chores {
            match chore {
                Chore::Drop(name) => {
                    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
                    self.admin("postgres", &drop);
                }
                Chore::Copy(template) if lock(&self.spare).contains_key(&template) => {}
                Chore::Copy(template) => {
                    let mut copy = self.create(&format!("t_{}", random_hex()), &template);
                    copy.keep = true;
                    lock(&self.spare).insert(template, copy.name.clone());
                }
                Chore::Tell(whom) => whom.send(()).unwrap_or_default(),
            }
        }
    }

    /// Waits until every database that was given up before is gone.
    pub(super) fn tidied(&self) {
        let (done, wait) = mpsc::channel();
        self.later(Chore::Tell(done));
        wait.recv().unwrap();
    }
}
