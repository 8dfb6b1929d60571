//! Argon2 takes 19 MiB and a core for each try: no more at once than there are cores, and none on the
//! threads that answer requests.

use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{auth::secret::Cost, store::StoreError};

/// Who hashes secrets.
pub(super) struct Hasher {
    turns: Semaphore,
    cost: Cost,
}

impl Hasher {
    /// New secrets cost so much to try.
    pub(super) fn new(cost: Cost) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            turns: Semaphore::new(cores),
            cost,
        }
    }

    /// Does some hashing when it is its turn.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(Cost) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let _turn = self
            .turns
            .acquire()
            .await
            .map_err(|_| StoreError::Stopped)?;
        let cost = self.cost;
        let done = spawn_blocking(move || work(cost)).await;
        done.map_err(|_| StoreError::Stopped)
    }
}
