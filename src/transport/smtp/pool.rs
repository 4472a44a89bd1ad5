//! The transport: a few warm connections, each with an age and a count of mails.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;

use crate::mail::Mail;
use crate::transport::{Failure, Receipt, Transport};

use super::connect::connect;
use super::session::{Proof, Session};
use super::settings::{Security, Settings};
use super::tls::connector;

/// Connections at once; providers count them, and four already outrun any of their limits.
const MAX_CONNECTIONS: usize = 4;
/// How often unused connections are looked over.
const TIDY: Duration = Duration::from_secs(10);

/// Mail through a submission server.
pub struct Smtp {
    settings: Arc<Settings>,
    connector: Result<TlsConnector, Failure>,
    turns: Semaphore,
    idle: Arc<Idle>,
    proof: Arc<Proof>,
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
        let turns = Semaphore::new(MAX_CONNECTIONS);
        Smtp { settings: Arc::new(settings), connector, turns, idle: Arc::default(), proof: Arc::default() }
    }

    async fn connect(&self) -> Result<Session, Failure> {
        let connector = self.connector.as_ref().map_err(Clone::clone)?;
        let mut session = connect(&self.settings, connector).await?;
        session.proof = self.proof.clone();
        Ok(session)
    }
}

#[async_trait]
impl Transport for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn deliver(&self, mail: &Mail) -> Result<Receipt, Failure> {
        let _turn = self.turns.acquire().await;
        if let Some(mut session) = self.idle.take() {
            match session.deliver(mail).await {
                Ok(receipt) => {
                    self.idle.put(session);
                    return Ok(receipt);
                }
                // Closed behind our back before it answered anything: that is no attempt.
                Err(trouble) if trouble.stale => {}
                Err(trouble) => {
                    if trouble.reusable {
                        self.idle.put(session);
                    }
                    return Err(trouble.failure);
                }
            }
        }
        let mut session = self.connect().await?;
        let result = session.deliver(mail).await;
        let reusable = result.as_ref().map_or_else(|trouble| trouble.reusable, |_| true);
        if reusable {
            self.idle.put(session);
        }
        result.map_err(|trouble| trouble.failure)
    }

    async fn check(&self) -> Result<String, Failure> {
        let _turn = self.turns.acquire().await;
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

    fn put(self: &Arc<Self>, mut session: Session) {
        if !session.is_fresh() {
            tokio::spawn(session.close());
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
