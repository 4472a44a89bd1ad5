//! The SMTP transport and its pool of idle connections.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio_rustls::TlsConnector;

use crate::mail::{Address, Message};
use crate::transport::interface::{Failure, FailureKind, Receipt, Transport};
use crate::transport::tls::client_config;

use super::adaptive_limit::{AdaptiveLimit, ConnectionPermit};
use super::connect::connect;
use super::connection::SmtpConnection;
use super::security::Security;
use super::settings::Settings;

/// How often idle connections are checked.
const TIDY: Duration = Duration::from_secs(10);

/// Sends mail through a submission server.
pub struct Smtp {
    settings: Arc<Settings>,
    connector: Result<TlsConnector, Failure>,
    limit: AdaptiveLimit,
    idle: Arc<Idle>,
}

#[derive(Default)]
struct Idle {
    sessions: Mutex<Vec<SmtpConnection>>,
    tidied: AtomicBool,
}

impl Smtp {
    /// Does not connect yet. An unusable `ca_file` is reported by the first delivery and by `check`.
    pub fn new(settings: Settings) -> Self {
        let config = client_config(settings.ca_file.as_deref());
        let connector = config.map(|config| TlsConnector::from(Arc::new(config)));
        let limit = AdaptiveLimit::new();
        Smtp { settings: Arc::new(settings), connector, limit, idle: Arc::default() }
    }

    async fn connect(&self) -> Result<SmtpConnection, Failure> {
        let connector = self.connector.as_ref().map_err(Clone::clone)?;
        connect(&self.settings, connector).await
    }

    /// An idle connection or a new one, and whether it was idle.
    async fn session(&self, permit: &mut ConnectionPermit) -> Result<(SmtpConnection, bool), Failure> {
        loop {
            if let Some(session) = self.idle.take() {
                return Ok((session, true));
            }
            match self.connect().await {
                // The server accepts no further connection: this message waits for one of those in use.
                Err(failure) if is_crowded(&failure) && self.limit.narrow(permit) => {
                    *permit = self.limit.acquire().await
                }
                result => return Ok((result?, false)),
            }
        }
    }
}

/// True if the server cannot accept another connection now (421 and the like).
fn is_crowded(failure: &Failure) -> bool {
    failure.class == FailureKind::Transient && failure.code.is_some_and(|code| (400..500).contains(&code))
}

#[async_trait]
impl Transport for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn deliver(&self, mail: &Message) -> Result<Receipt, Failure> {
        let mut permit = self.limit.acquire().await;
        loop {
            let (mut session, was_idle) = self.session(&mut permit).await?;
            let error = match session.deliver(mail).await {
                Ok(receipt) => {
                    self.idle.put(session, permit);
                    return Ok(receipt);
                }
                // The server closed the idle connection before it answered: this does not count as an attempt.
                Err(error) if was_idle && error.stale => continue,
                Err(error) => error,
            };
            if error.reusable {
                self.idle.put(session, permit);
            }
            return Err(error.failure);
        }
    }

    async fn check(&self) -> Result<String, Failure> {
        self.check_session(None).await
    }

    async fn check_from(&self, from: &Address) -> Result<String, Failure> {
        self.check_session(Some(from)).await
    }

    async fn close(&self) {
        self.idle.close().await;
    }
}

impl Smtp {
    async fn check_session(&self, from: Option<&Address>) -> Result<String, Failure> {
        let mut permit = self.limit.acquire().await;
        // If the server allows few connections, idle ones must not block this one.
        self.idle.close().await;
        let (session, _) = self.session(&mut permit).await?;
        let sender = from.map_or(Ok(()), |from| session.check_sender(from));
        session.close().await;
        sender?;
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
}

impl Idle {
    async fn close(&self) {
        let all = std::mem::take(&mut *self.sessions.lock().unwrap_or_else(PoisonError::into_inner));
        for session in all {
            session.close().await;
        }
    }

    fn take(&self) -> Option<SmtpConnection> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(mut session) = sessions.pop() {
            if session.is_fresh() {
                return Some(session);
            }
        }
        None
    }

    /// Keeps a connection for the next message. A connection that is too old is closed in the background, so that the
    /// receipt does not wait for it. Its permit is released after the close, since the server may count the connection
    /// until then.
    fn put(self: &Arc<Self>, mut session: SmtpConnection, permit: ConnectionPermit) {
        if !session.is_fresh() {
            tokio::spawn(async move {
                session.end().await;
                drop(permit);
            });
            return;
        }
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        if !self.tidied.swap(true, Ordering::SeqCst) {
            let idle = self.clone();
            tokio::spawn(async move { idle.tidy().await });
        }
    }

    /// Closes connections before the server does; ends when the pool is empty.
    async fn tidy(&self) {
        loop {
            tokio::time::sleep(TIDY).await;
            let old: Vec<SmtpConnection> = {
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
