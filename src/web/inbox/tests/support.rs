//! The fixture of these tests: a Rocket instance with the inbox only, and requests to it.

use std::path::Path;
use std::sync::Arc;

use rocket::http::{ContentType, Header, Status};
use rocket::local::asynchronous::{Client, LocalRequest, LocalResponse};
use rocket::{Build, Rocket};
use serde_json::Value;
use tempfile::TempDir;

use crate::accounts::emails::AccountEmails;
use crate::accounts::{PublicUrl, Site};
use crate::clock::{Clock, Time};
use crate::db::Db;
use crate::i18n::Locale;
use crate::inbox::{self, Inbox, IncomingMessage};
use crate::link_check::{self, LinkCheck};
use crate::outbox::{self, Outbox, Pattern, Release, ReleaseQueue};
use crate::random::Entropy;
use crate::secret::Logins;
use crate::site_folder::SiteFolder;
use crate::smtpd::{FailedLogins, FaultRegistry, MemoryBudget};

use super::super::{InboxState, Mount, RequestLimits, Settings, mount};

pub const BASE: &str = "/dev/inbox";
/// The memory of the messages that are being received, in bytes.
pub const MEMORY: usize = 4 * 1024 * 1024;

/// The settings that differ between tests.
pub struct Plan {
    pub base: &'static str,
    pub password: Option<&'static str>,
    pub chaos: bool,
    pub internal_links: bool,
    pub transports: Vec<&'static str>,
    pub release_to: Vec<&'static str>,
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            base: BASE,
            password: None,
            chaos: true,
            internal_links: false,
            transports: vec!["capture"],
            release_to: vec![],
        }
    }
}

pub struct InboxFixture {
    pub client: Client,
    pub inbox: Inbox,
    pub clock: Clock,
    pub outbox: Outbox,
    base: &'static str,
    _folder: TempDir,
}

impl InboxFixture {
    pub async fn new() -> Self {
        InboxFixture::with(Plan::default()).await
    }

    pub async fn with(plan: Plan) -> Self {
        let base = plan.base;
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(Time::parse_rfc3339("2026-11-21T03:34:00.123Z").unwrap());
        let (rocket, inbox, outbox) = build(plan, &folder, clock.clone(), Entropy::seeded(7)).await;
        let client = Client::untracked(rocket).await.unwrap();
        InboxFixture { client, inbox, clock, outbox, base, _folder: folder }
    }

    /// Stores a message from app@example.com to `to` and returns its id.
    pub async fn mail(&self, to: &str, head: &str, body: &str) -> String {
        let bytes = format!("From: App <app@example.com>\r\nTo: {to}\r\n{head}\r\n\r\n{body}\r\n").into_bytes();
        let arrival = IncomingMessage {
            envelope_from: "app@example.com".into(),
            envelope_to: vec![to.into()],
            bytes,
            ..IncomingMessage::default()
        };
        self.store(arrival).await
    }

    pub async fn store(&self, arrival: IncomingMessage) -> String {
        self.clock.advance(std::time::Duration::from_millis(10));
        self.inbox.store(arrival).await.unwrap().to_string()
    }

    pub async fn get(&self, path: &str) -> LocalResponse<'_> {
        self.client.get(self.path(path)).dispatch().await
    }

    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), Status::Ok, "{path}");
        assert_eq!(response.content_type(), Some(ContentType::JSON), "{path}");
        serde_json::from_str(&response.into_string().await.unwrap()).unwrap()
    }

    /// Sends a request with a body; returns status and text of the response.
    pub async fn send(&self, request: LocalRequest<'_>, body: &str) -> (u16, String) {
        let response = request.body(body).dispatch().await;
        (response.status().code, response.into_string().await.unwrap_or_default())
    }

    pub async fn put(&self, path: &str, body: &str) -> (u16, String) {
        self.send(self.client.put(self.path(path)), body).await
    }

    pub async fn post(&self, path: &str, body: &str) -> (u16, String) {
        self.send(self.client.post(self.path(path)), body).await
    }

    pub async fn delete(&self, path: &str, body: &str) -> (u16, String) {
        self.send(self.client.delete(self.path(path)), body).await
    }

    pub async fn form(&self, path: &str, body: &str) -> (u16, String) {
        let response = self.client.post(self.path(path)).header(ContentType::Form).body(body).dispatch().await;
        (response.status().code, response.headers().get_one("Location").unwrap_or_default().to_owned())
    }

    /// The number of messages in the inbox.
    pub async fn total(&self) -> u64 {
        self.inbox.counts().await.unwrap().messages
    }
}

pub fn origin(value: &'static str) -> Header<'static> {
    Header::new("Origin", value)
}

pub async fn build(plan: Plan, folder: &TempDir, clock: Clock, entropy: Entropy) -> (Rocket<Build>, Inbox, Outbox) {
    let settings = inbox::Settings {
        path: folder.path().join("inbox.db"),
        max_message_size: 1024 * 1024,
        keep_messages: 0,
        keep_days: 0,
        keep_bytes: 0,
    };
    let inbox = Inbox::open(settings, clock.clone(), entropy.clone()).await.unwrap();
    let db = Db::open(&format!("sqlite:{}", folder.path().join("accounts.db").display())).await.unwrap();
    let outbox = Outbox::new(db.clone(), clock.clone(), outbox::Settings::default(), &plan.transports);
    let release = Release {
        allowed: plan.release_to.iter().map(|text| Pattern::new(text)).collect(),
        transports: plan.transports.clone(),
        queue: Some(ReleaseQueue { db, outbox: outbox.clone() }),
        clock: clock.clone(),
        entropy: entropy.clone(),
    };
    let links = LinkCheck::new(link_check::Settings { internal: plan.internal_links, user_agent: "Mailpit/v1".into() });
    let state = InboxState {
        inbox: inbox.clone(),
        links: Arc::new(links),
        faults: FaultRegistry::new(plan.chaos),
        memory: MemoryBudget::new(MEMORY),
        failed_logins: FailedLogins::default(),
        release,
        settings: Settings {
            logins: plan.password.map(|text| Logins::plain(&[("dev", text)])).unwrap_or_default(),
            max_message_size: 1024 * 1024,
            database: "inbox.db".into(),
            smtp_address: "127.0.0.1:1025".into(),
            ..Settings::default()
        },
        site: Site {
            name: "Gatepost".into(),
            public_url: PublicUrl::parse("https://id.example.com").unwrap(),
            default_locale: Locale::En,
            folder: SiteFolder::new("no-folder".into(), false, "Gatepost", &AccountEmails),
        },
        limits: RequestLimits::new(Path::new("inbox.db")),
        started: clock.now(),
        clock,
        entropy,
    };
    let figment = rocket::Config::figment().merge(("log_level", "off")).merge(("cli_colors", false));
    let location =
        Mount { base: plan.base.into(), assets: String::new(), is_alone: false, origin: PublicUrl::pending() };
    (mount(rocket::custom(figment), location, state), inbox, outbox)
}

/// The keys of a JSON object.
pub fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}
