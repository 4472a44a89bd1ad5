//! The HTTP listeners: a front at each public address, and behind it a Rocket at a free port of loopback.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use ipnet::IpNet;
use rocket::fairing::AdHoc;
use rocket::{Build, Rocket};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::db::Db;
use crate::web::{ClientPeers, FrontCounters};

use super::file_limit::{self, ConnectionShares};
use super::front::{Admission, FrontContext, FrontLimits, FrontListener, LastAnswers, RefusalLog};
use super::passed_sockets::PassedSockets;
use super::running::Tasks;
use super::services::StartError;

/// What the HTTP listeners of a server share: limits, counts and tasks.
pub(super) struct WebListeners {
    context: FrontContext,
    counters: Arc<FrontCounters>,
    shares: ConnectionShares,
    tasks: Tasks,
}

impl WebListeners {
    /// Raises the limit of open files, since the number of connections depends on it.
    ///
    /// `smtp`: the most SMTP connections; `trusted`: proxies that speak for many clients.
    pub fn new(smtp: usize, trusted: Vec<IpNet>, tasks: Tasks) -> Self {
        let shares = file_limit::share_files(smtp);
        let limits = FrontLimits { connections: shares.http, ..FrontLimits::default() };
        let counters = Arc::new(FrontCounters::default());
        let context = FrontContext {
            admission: Admission::new(&limits, trusted, counters.clone(), tasks.shutdown()),
            answers: LastAnswers::default(),
            log: Arc::new(RefusalLog::new(counters.clone())),
            limits: Arc::new(limits),
            shutdown: tasks.shutdown(),
        };
        WebListeners { context, counters, shares, tasks }
    }

    /// The shutdown of the server.
    pub fn shutdown(&self) -> CancellationToken {
        self.tasks.shutdown()
    }

    /// The most SMTP connections.
    pub fn smtp_connections(&self) -> usize {
        self.shares.smtp
    }

    pub fn counters(&self) -> Arc<FrontCounters> {
        self.counters.clone()
    }

    /// Binds a public address, which `setting` sets, or takes the passed socket that has it.
    ///
    /// # Errors
    /// When it cannot be bound.
    pub fn bind(
        &self,
        address: SocketAddr,
        setting: &'static str,
        sockets: &mut PassedSockets,
    ) -> Result<FrontListener, StartError> {
        let front = match sockets.take(address) {
            Ok(Some(socket)) => FrontListener::on(socket),
            Ok(None) => FrontListener::bind(address),
            Err(error) => Err(error),
        };
        front.map_err(|error| StartError::Listen { at: address, setting, error })
    }

    /// Launches the Rocket that `build` makes behind `front`; returns the public address.
    ///
    /// # Errors
    /// When Rocket does not start.
    pub async fn serve(
        &self,
        front: FrontListener,
        db: Option<&Db>,
        build: impl FnOnce(ClientPeers) -> Rocket<Build>,
    ) -> Result<SocketAddr, StartError> {
        let public = front.address();
        let peers = ClientPeers::default();
        let (listening, inner) = oneshot::channel();
        let rocket = build(peers.clone()).attach(on_listening(listening));
        let ignited = match db {
            Some(db) => db.scope_into_rocket(rocket.ignite()).await,
            None => rocket.ignite().await,
        };
        let ignited = ignited.map_err(StartError::from)?;
        let stop = ignited.shutdown();
        self.tasks.spawn("the web server", async move {
            if let Err(error) = ignited.launch().await {
                tracing::error!(error = %error.kind(), "the web server stopped");
            }
        });
        let inner = inner.await.map_err(|_| StartError::Loopback)?;
        self.tasks.stop_with(stop);
        let context = self.context.clone();
        self.tasks.spawn("the HTTP front", front.run(context, inner, peers));
        Ok(public)
    }
}

/// A fairing that sends the address at which Rocket listens.
fn on_listening(listening: oneshot::Sender<SocketAddr>) -> AdHoc {
    let listening = Mutex::new(Some(listening));
    AdHoc::on_liftoff("address", move |rocket| {
        Box::pin(async move {
            let address = SocketAddr::new(rocket.config().address, rocket.config().port);
            if let Some(sender) = listening.lock().ok().and_then(|mut sender| sender.take()) {
                let _ = sender.send(address);
            }
        })
    })
}
