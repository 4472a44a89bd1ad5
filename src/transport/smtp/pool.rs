//! The transport: a few warm connections, each with an age and a count of mails.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio_rustls::TlsConnector;

use crate::mail::Mail;
use crate::transport::{Class, Failure, Receipt, Transport};

use super::connect::connect;
use super::lanes::{Lanes, Turn};
use super::session::Session;
use super::settings::{Security, Settings};
use super::tls::connector;

/// How often unused connections are looked over.
const TIDY: Duration = Duration::from_secs(10);

/// Mail through a submission server.
pub struct Smtp {
    settings: Arc<Settings>,
    connector: Result<TlsConnector, Failure>,
    lanes: Lanes,
    idle: Arc<Idle>,
}

#[derive(Default)]
struct Idle {
    sessions: Mutex<Vec<Session>>,
    tidied: AtomicBool,
}

impl Smtp {
    /// Connects to nothing yet; a `ca_file` that cannot be used shows at the first delivery and in `check`.
    pub fn new(settings: Settings) -> Self {
        let connector = connector(settings.ca_file.as_deref());
        let lanes = Lanes::new();
        Smtp { settings: Arc::new(settings), connector, lanes, idle: Arc::default() }
    }

    async fn connect(&self) -> Result<Session, Failure> {
        let connector = self.connector.as_ref().map_err(Clone::clone)?;
        connect(&self.settings, connector).await
    }

    /// A warm session, or else a new one; with it, whether it is warm.
    async fn session(&self, turn: &mut Turn) -> Result<(Session, bool), Failure> {
        loop {
            if let Some(session) = self.idle.take() {
                return Ok((session, true));
            }
            match self.connect().await {
                // One connection too many says nothing against the others: this mail waits for one of theirs.
                Err(failure) if is_crowded(&failure) && self.lanes.narrow(turn) => *turn = self.lanes.turn().await,
                result => return Ok((result?, false)),
            }
        }
    }
}

/// A server that has no room for this connection now (421 and the like).
fn is_crowded(failure: &Failure) -> bool {
    failure.class == Class::Transient && failure.code.is_some_and(|code| (400..500).contains(&code))
}

#[async_trait]
impl Transport for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn deliver(&self, mail: &Mail) -> Result<Receipt, Failure> {
        let mut turn = self.lanes.turn().await;
        loop {
            let (mut session, warm) = self.session(&mut turn).await?;
            let trouble = match session.deliver(mail).await {
                Ok(receipt) => {
                    self.idle.put(session, turn);
                    return Ok(receipt);
                }
                // Closed behind our back before it answered anything: that is no attempt.
                Err(trouble) if warm && trouble.stale => continue,
                Err(trouble) => trouble,
            };
            if trouble.reusable {
                self.idle.put(session, turn);
            }
            return Err(trouble.failure);
        }
    }

    async fn check(&self) -> Result<String, Failure> {
        let _turn = self.lanes.turn().await;
        // Where few connections are allowed, unused ones must not be in the way of this.
        self.idle.close().await;
        let session = self.connect().await?;
        session.close().await;
        let settings = &self.settings;
        let tls = match settings.security {
            Security::Tls => "TLS",
            Security::StartTls => "STARTTLS",
            Security::None => "no TLS",
        };
        let login = match &settings.login {
            Some(login) => format!("logged in as {}", login.username),
            None => "no login".to_owned(),
        };
        Ok(format!("{}:{}, {tls}, {login}", settings.host, settings.port))
    }

    async fn close(&self) {
        self.idle.close().await;
    }
}

impl Idle {
    async fn close(&self) {
        let all = std::mem::take(&mut *self.sessions.lock().unwrap_or_else(PoisonError::into_inner));
        for session in all {
            session.close().await;
        }
    }

    fn take(&self) -> Option<Session> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(mut session) = sessions.pop() {
            if session.is_fresh() {
                return Some(session);
            }
        }
        None
    }

    /// Keeps a session for the next mail; one that has served its time takes leave, and with it goes the `turn`: its
    /// successor may be one too many for a server that still counts it. The mail's verdict does not wait for that.
    fn put(self: &Arc<Self>, mut session: Session, turn: Turn) {
        if !session.is_fresh() {
            tokio::spawn(async move {
                session.end().await;
                drop(turn);
            });
            return;
        }
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        if !self.tidied.swap(true, Ordering::SeqCst) {
            let idle = self.clone();
            tokio::spawn(async move { idle.tidy().await });
        }
    }

    /// Closes what nobody used in time, so that no server has to; ends when nothing is left.
    async fn tidy(&self) {
        loop {
            tokio::time::sleep(TIDY).await;
            let old: Vec<Session> = {
                let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
                let old = sessions.extract_if(.., |session| !session.is_fresh()).collect();
                if sessions.is_empty() {
                    self.tidied.store(false, Ordering::SeqCst);
                }
                old
            };
            for session in old {
                session.close().await;
            }
            if !self.tidied.load(Ordering::SeqCst) {
                return;
            }
        }
    }
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("settings", &self.settings).finish_non_exhaustive()
    }
}
