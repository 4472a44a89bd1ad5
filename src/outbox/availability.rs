//! Whether the transports work, as far as everybody may know: by checks at fixed times. The circuits learn it from
//! messages, so their state would show whether a request has sent one, and thereby who has an account.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::mail::Address;
use crate::transport::Transport;

use super::health::HealthStatus;
use super::settings::TransportConfig;

/// The first check comes after the messages of the start.
const FIRST: Duration = Duration::from_secs(30);
/// Rare enough that no mail server takes the logins for an attack.
const EVERY: Duration = Duration::from_secs(5 * 60);
/// A check that takes longer has failed.
const LONGEST: Duration = Duration::from_secs(60);

/// The results of the latest checks. Clones share them.
#[derive(Clone)]
pub struct Availability(Arc<Vec<CheckedTransport>>);

struct CheckedTransport {
    transport: Arc<dyn Transport>,
    from: Address,
    works: AtomicBool,
}

impl Availability {
    /// Every transport counts as ready until its first check.
    pub fn new(routes: &[TransportConfig]) -> Self {
        let checked = |route: &TransportConfig| CheckedTransport {
            transport: route.transport.clone(),
            from: route.from.address.clone(),
            works: AtomicBool::new(true),
        };
        Availability(Arc::new(routes.iter().map(checked).collect()))
    }

    /// Checks the transports until `shutdown`, whether or not there is anything to send.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut wait = FIRST;
        while shutdown.run_until_cancelled(tokio::time::sleep(wait)).await.is_some() {
            if shutdown.run_until_cancelled(self.check()).await.is_none() {
                return;
            }
            wait = EVERY;
        }
    }

    /// Connects to each transport and logs in.
    pub async fn check(&self) {
        for checked in self.0.iter() {
            let result = tokio::time::timeout(LONGEST, checked.transport.check_from(&checked.from)).await;
            checked.works.store(matches!(result, Ok(Ok(_))), Ordering::Relaxed);
        }
    }

    /// Name and status of each transport, in order of preference.
    pub fn transports(&self) -> impl Iterator<Item = (&'static str, HealthStatus)> {
        let status = |works| if works { HealthStatus::Ready } else { HealthStatus::Degraded };
        self.0.iter().map(move |checked| (checked.transport.name(), status(checked.works.load(Ordering::Relaxed))))
    }
}
