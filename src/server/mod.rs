//! Composition: connects the modules and runs them. It depends on every module and has no logic of its own.

mod running;
mod services;
mod site;

pub use running::RunningServer;
pub use services::{Services, StartError, open_inbox, route, routes};
pub use site::settle_public_url;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::secret::Entropy;
use crate::smtpd;

use running::Tasks;

/// The Gatepost server.
pub struct Server;

impl Server {
    /// Binds all addresses and starts serving.
    ///
    /// # Errors
    /// When an address cannot be bound, or a file or database cannot be opened.
    pub async fn start(config: Config, clock: Clock, entropy: Entropy) -> Result<RunningServer, StartError> {
        crate::install_crypto();
        config.site.folder.open()?;
        let parts = Services::open(&config, clock, entropy).await?;
        let shutdown = CancellationToken::new();
        let tasks = Tasks::new(shutdown.clone());
        let capture = match &parts.inbox {
            Some(inbox) if config.inbox.enabled => Some(bind_smtp(&config, &parts, inbox).await?),
            _ => None,
        };
        let smtp = capture.as_ref().map(smtpd::SmtpServer::bound);

        let (bound, address) = oneshot::channel();
        let state =
            parts.inbox.as_ref().zip(smtp).map(|(inbox, smtp)| site::inbox_state(&config, &parts, inbox, smtp.smtp));
        let rocket = site::rocket(&config, &parts, state.clone(), bound);
        let ignited = parts.db.scope_into_rocket(rocket.ignite()).await.map_err(StartError::from)?;
        let stop = ignited.shutdown();
        tasks.spawn("web", async move {
            if let Err(e) = ignited.launch().await {
                site::log_end("the web server", &e);
            }
        });
        let http = address.await.map_err(|_| StartError::Listen(site::address(&config)))?;
        tasks.stop_with(stop);
        let inbox_http = match (config.inbox.http_address, state) {
            (Some(at), Some(state)) => Some(site::inbox_listener(&config, state, at, &tasks).await?),
            _ => None,
        };

        spawn_loops(&parts, capture, &tasks);
        Ok(RunningServer { http, inbox_http, smtp, parts, tasks })
    }
}

async fn bind_smtp(
    config: &Config,
    parts: &Services,
    inbox: &crate::inbox::Inbox,
) -> Result<smtpd::SmtpServer, StartError> {
    let (clock, entropy) = (parts.clock.clone(), parts.entropy.clone());
    let bound = smtpd::SmtpServer::bind(&config.inbox.smtpd, inbox.clone(), parts.faults.clone(), clock, entropy).await;
    Ok(bound?)
}

fn spawn_loops(parts: &Services, capture: Option<smtpd::SmtpServer>, tasks: &Tasks) {
    let shutdown = tasks.shutdown();
    let worker = parts.worker.clone();
    tasks.spawn("outbox", {
        let shutdown = shutdown.clone();
        async move { worker.run(shutdown).await }
    });
    let accounts = parts.accounts.clone();
    tasks.spawn("purge", {
        let shutdown = shutdown.clone();
        async move { accounts.run_purge(shutdown).await }
    });
    if let Some(inbox) = parts.inbox.clone() {
        let shutdown = shutdown.clone();
        tasks.spawn("inbox retention", async move { inbox.run(shutdown).await });
    }
    if let Some(capture) = capture {
        tasks.spawn("smtp", async move { capture.run(shutdown).await });
    }
}
