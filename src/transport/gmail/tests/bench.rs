//! A Gmail transport that talks to the Google stub, with its files in a temporary folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::google::{Google, Reply};
use crate::clock::{Clock, Time};
use crate::mail::{Draft, Mailbox, Message};
use crate::random::Entropy;
use crate::transport::gmail::timeouts::GmailTimeouts;
use crate::transport::gmail::{Endpoint, Gmail, GmailUser, Settings};
use crate::transport::{Failure, Receipt, Transport};

/// A transport and its Google stub. Unless `is_valid`, the stored access token has expired.
pub struct Bench {
    pub google: Google,
    pub gmail: Gmail,
    pub folder: TempDir,
}

impl Bench {
    pub async fn new(is_valid: bool) -> Self {
        let google = Google::start().await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("google.json"), google.installed()).unwrap();
        std::fs::write(folder.path().join("token.json"), google.token_file(is_valid)).unwrap();
        let limits = GmailTimeouts { resume: Duration::from_millis(1), ..GmailTimeouts::default() };
        let gmail = with_limits(settings(&google, folder.path()), limits);
        Bench { google, gmail, folder }
    }

    pub fn settings(&self) -> Settings {
        settings(&self.google, self.folder.path())
    }

    /// The number of requests to the token endpoint.
    pub fn refreshes(&self) -> usize {
        self.google.requests().iter().filter(|r| *r == "POST /token").count()
    }

    pub fn token(&self) -> PathBuf {
        self.folder.path().join("token.json")
    }

    pub async fn deliver(&self, mail: &Message) -> Result<Receipt, Failure> {
        let outcome = self.gmail.deliver(mail).await;
        let output = format!("{outcome:?} {}", outcome.as_ref().err().map_or("", |e| &e.reason));
        assert!(!self.google.leaks(&output), "{output}");
        outcome
    }

    pub async fn fails(&self, reply: Reply) -> Failure {
        self.google.next_upload(reply);
        self.deliver(&email("hello")).await.unwrap_err()
    }
}

pub(super) fn with_limits(settings: Settings, limits: GmailTimeouts) -> Gmail {
    Gmail::with_limits(settings, Clock::system(), Entropy::seeded(1), limits)
}

pub fn settings(google: &Google, folder: &Path) -> Settings {
    Settings {
        credentials: folder.join("google.json"),
        token: folder.join("token.json"),
        user: GmailUser::parse("me").unwrap(),
        subject: None,
        endpoint: Endpoint::parse(&google.endpoint()).unwrap(),
    }
}

pub fn email(text: &str) -> Message {
    let to = vec!["김철수 <kim@example.com>".parse::<Mailbox>().unwrap()];
    let at = Time::from_millis(1_795_232_040_123);
    let mut message =
        Draft::new("Gatepost <post@example.com>".parse().unwrap(), to, "확인", text, at, "row.1@example.com");
    message.id = "row".to_owned();
    message.auto_submitted = true;
    message.build().unwrap()
}
