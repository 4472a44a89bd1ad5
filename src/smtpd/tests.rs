//! The server over real sockets, on free ports.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::{BoundListeners, FaultRegistry, RecipientRules, Settings, SmtpLimits, SmtpServer};
use crate::clock::Clock;
use crate::inbox::{self, CapturedMessage, Inbox, PageRequest};
use crate::random::Entropy;
use crate::secret::Logins;

mod fuzz;
mod security;
mod sessions;
mod transcripts;

/// A running server with its own inbox.
pub(super) struct TestServer {
    pub bound: BoundListeners,
    pub inbox: Inbox,
    pub faults: FaultRegistry,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
    folder: tempfile::TempDir,
}

pub(super) fn settings() -> Settings {
    let any = "127.0.0.1:0".parse().unwrap();
    Settings {
        smtp_address: any,
        smtps_address: Some(any),
        lmtp_address: Some(any),
        hostname: "gatepost.test".into(),
        names: inbox::SettingNames::default(),
        implicit_tls: false,
        requires_tls: false,
        starttls: true,
        tls_certificate: None,
        tls_key: None,
        certificate_folder: std::path::PathBuf::new(),
        users: Logins::default(),
        recipients: RecipientRules::default(),
        strict_header: false,
        max_message_size: 1_000_000,
        chaos: true,
        limits: SmtpLimits { auth_pause: Duration::from_millis(1), ..SmtpLimits::default() },
    }
}

impl TestServer {
    pub async fn start(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_with(change, |_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Settings), store: impl FnOnce(&mut inbox::Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings();
        settings.certificate_folder = folder.path().to_owned();
        change(&mut settings);
        let (clock, entropy) = (Clock::system(), Entropy::seeded(7));
        let mut inbox = inbox::Settings {
            path: folder.path().join("inbox.db"),
            max_message_size: 0,
            keep_messages: 0,
            keep_days: 0,
            keep_bytes: 0,
        };
        store(&mut inbox);
        let inbox = Inbox::open(inbox, clock.clone(), entropy.clone()).await.unwrap();
        let faults = FaultRegistry::new(settings.chaos);
        let server = SmtpServer::bind(&settings, &mut |_| Ok(None), inbox.clone(), faults.clone(), clock, entropy)
            .await
            .unwrap();
        let (bound, stop) = (server.bound(), CancellationToken::new());
        let running = tokio::spawn(server.run(stop.clone()));
        TestServer { bound, inbox, faults, stop, running, folder }
    }

    /// The messages of the inbox, oldest first.
    pub async fn messages(&self) -> Vec<CapturedMessage> {
        let window = PageRequest { limit: None, ..PageRequest::default() };
        let found = self.inbox.list(&window).await.unwrap();
        let mut messages = Vec::new();
        for summary in found.iter().rev() {
            messages.push(self.inbox.message(summary.id).await.unwrap().unwrap());
        }
        messages
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap();
        drop(self.folder);
    }
}
