//! Whether the account database takes writes, for `/readyz`: reads still work on a full disk, but no login does.

use std::time::Duration;

use tokio::sync::Mutex;

use crate::accounts::Accounts;
use crate::clock::Time;

/// Least time between two probes, whatever the number of requests.
const EVERY: Duration = Duration::from_secs(10);

/// The result of the last probe.
#[derive(Default)]
pub struct WriteProbe(Mutex<Option<(Time, Result<(), String>)>>);

impl WriteProbe {
    /// Writes a row if the last probe is too old.
    ///
    /// # Errors
    /// The reason why the database takes no writes.
    pub async fn check(&self, accounts: &Accounts, now: Time) -> Result<(), String> {
        let mut last = self.0.lock().await;
        if let Some((at, result)) = &*last
            && (*at + EVERY).is_pending(now, EVERY)
        {
            return result.clone();
        }
        let result = accounts.probe_write().await.map_err(|error| format!("no writes: {error}"));
        *last = Some((now, result.clone()));
        result
    }
}
