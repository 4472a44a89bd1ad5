//! Fixtures of the outbox tests: a database per test, a manual clock and scripted transports.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::postgres::Database;
use crate::clock::{Clock, RateLimit, Time};
use crate::db::{Conn, Db};
use crate::mail::{Address, Envelope, Message};
use crate::outbox::{Composed, Composer, Job, NewJob, Outbox, OutboxEntry, Settings, TransportConfig, Worker, enqueue};
use crate::random::Entropy;
use crate::transport::{Failure, FailureKind, FailureScope, Receipt, Transport};

pub const START: Time = Time::from_millis(1_795_232_040_000);

/// A transport that returns the results of its script, then accepts everything.
pub struct Scripted {
    name: &'static str,
    script: Mutex<VecDeque<Result<Receipt, Failure>>>,
    pub checks: Mutex<VecDeque<Result<String, Failure>>>,
    pub taken: Mutex<Vec<Message>>,
}

impl Scripted {
    pub fn new(name: &'static str, script: Vec<Result<Receipt, Failure>>) -> Arc<Self> {
        let script = Mutex::new(script.into());
        Arc::new(Scripted { name, script, checks: Mutex::default(), taken: Mutex::default() })
    }

    pub fn count(&self) -> usize {
        self.taken.lock().unwrap().len()
    }

    pub fn route(self: &Arc<Self>, rate: Option<RateLimit>) -> TransportConfig {
        TransportConfig { transport: self.clone(), from: "Gatepost <no-reply@example.com>".parse().unwrap(), rate }
    }
}

#[async_trait]
impl Transport for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn deliver(&self, mail: &Message) -> Result<Receipt, Failure> {
        self.taken.lock().unwrap().push(mail.clone());
        tokio::task::yield_now().await;
        self.script.lock().unwrap().pop_front().unwrap_or_else(|| Ok(Receipt::new("250 ok", Some("q1".into()))))
    }

    async fn check(&self) -> Result<String, Failure> {
        self.checks.lock().unwrap().pop_front().unwrap_or_else(|| Ok("well".into()))
    }
}

pub fn fails(class: FailureKind, code: Option<u16>) -> Result<Receipt, Failure> {
    let only_this_message = code.is_some_and(|code| (400..500).contains(&code) && code != 421);
    let failure = Failure::new(class, "no");
    Err(Failure { code, scope: if only_this_message { FailureScope::Mail } else { failure.scope }, ..failure })
}

/// Composes every row unless its payload asks for a failure; records the ids of claimed rows.
#[derive(Default)]
pub struct ScriptedComposer {
    pub claims: Mutex<Vec<String>>,
}

#[async_trait]
impl Composer for ScriptedComposer {
    async fn before_delivery(&self, _conn: &mut Conn, row: &Job, _now: Time) -> Result<(), sqlx::Error> {
        self.claims.lock().unwrap().push(row.id.clone());
        Ok(())
    }

    async fn compose(&self, row: &Job) -> Result<Composed, Box<dyn std::error::Error + Send + Sync>> {
        if row.payload["skipped"] == json!(true) {
            return Ok(Composed::Skipped("already confirmed"));
        }
        if row.payload["broken"] == json!(true) {
            return Err("no such signup".into());
        }
        if row.payload["panics"] == json!(true) {
            panic!("a fault in the composer");
        }
        Ok(Composed::Mail(Message {
            id: row.id.clone(),
            purpose: Some(row.kind.clone()),
            envelope: Envelope { from: Some(row.from.address.clone()), to: row.to.clone() },
            message_id: row.message_id.clone(),
            bytes: bytes(row),
        }))
    }
}

/// A message of about the `size` in the payload.
fn bytes(row: &Job) -> Vec<u8> {
    let filling = "x".repeat(70) + "\r\n";
    let lines = usize::try_from(row.payload["size"].as_u64().unwrap_or(0)).unwrap() / filling.len();
    let (date, id) = (row.date.rfc5322(), &row.message_id);
    format!("Date: {date}\r\nMessage-ID: <{id}>\r\n\r\n{}", filling.repeat(lines)).into_bytes()
}

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// The storage of a database, removed on drop.
enum Storage {
    Folder(#[expect(dead_code, reason = "removed when dropped")] tempfile::TempDir),
    Server(#[expect(dead_code, reason = "removed when dropped")] Database),
}

pub struct Stage {
    pub clock: Clock,
    pub db: Db,
    pub worker: Worker,
    pub outbox: Outbox,
    pub composer: Arc<ScriptedComposer>,
    pub url: String,
    pub routes: Vec<TransportConfig>,
    _storage: Storage,
}

impl Stage {
    pub async fn new(kind: Kind, routes: Vec<TransportConfig>) -> Self {
        let (url, storage) = match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                (format!("sqlite:{}/gatepost.db", folder.path().display()), Storage::Folder(folder))
            }
            Kind::Postgres => {
                let database = Database::create().await;
                (database.url(), Storage::Server(database))
            }
        };
        let db = Db::open(&url).await.unwrap();
        let clock = Clock::manual(START);
        let composer = Arc::new(ScriptedComposer::default());
        let worker = Worker::new(
            db.clone(),
            clock.clone(),
            Entropy::seeded(7),
            routes.clone(),
            composer.clone(),
            Settings::default(),
        );
        let outbox = worker.outbox();
        Stage { clock, db, worker, outbox, composer, url, routes, _storage: storage }
    }

    /// A second worker over the same database, as another process would have.
    pub fn another_worker(&self) -> Worker {
        let entropy = Entropy::system();
        let routes = self.routes.clone();
        Worker::new(self.db.clone(), self.clock.clone(), entropy, routes, self.composer.clone(), Settings::default())
    }

    pub fn draft(&self) -> NewJob {
        NewJob {
            kind: "verify".into(),
            to: vec![Address::parse("kim@example.org").unwrap()],
            payload: json!({ "signup": "1" }),
            user_id: None,
            supersedes: None,
            expires_at: self.clock.now() + Duration::from_secs(2 * 24 * 3600),
        }
    }

    pub async fn enqueue(&self, draft: &NewJob) -> String {
        let mut tx = self.db.write().await.unwrap();
        let id = enqueue(&mut tx, draft, self.clock.now(), &Entropy::system()).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub async fn enqueue_one(&self) -> String {
        self.enqueue(&self.draft()).await
    }

    pub async fn drain(&self) {
        self.worker.drain().await.unwrap();
    }

    pub async fn pass(&self, span: Duration) {
        self.clock.advance(span);
        self.drain().await;
    }

    pub async fn entry(&self, id: &str) -> OutboxEntry {
        self.outbox.show(id).await.unwrap().unwrap().0
    }

    pub async fn outcomes(&self, id: &str) -> Vec<String> {
        self.outbox.show(id).await.unwrap().unwrap().1.into_iter().map(|attempt| attempt.outcome).collect()
    }
}
