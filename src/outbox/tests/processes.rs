//! Workers in separate processes: several at once, and killed at any stage.

use std::collections::{HashMap, HashSet};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::support::{Kind, ScriptedComposer, Stage};
use crate::clock::Clock;
use crate::db::Db;
use crate::outbox::{JobState, NewJob, OutboxEntry, Settings, TransportConfig, Worker, enqueue};
use crate::random::Entropy;
use crate::transport::smtp::tests::server::{At, Does, Plan, Server};
use crate::transport::smtp::{Security, Smtp, SmtpOptions};

/// Longer than a lease.
const LATER: Duration = Duration::from_secs(31);

fn route(port: u16) -> TransportConfig {
    let asked = SmtpOptions {
        host: "127.0.0.1".into(),
        port: Some(port),
        security: Some(Security::None),
        ..SmtpOptions::default()
    };
    let smtp = Smtp::new(crate::transport::smtp::Settings::new(asked).unwrap());
    TransportConfig { transport: Arc::new(smtp), from: "no-reply@example.com".parse().unwrap(), rate: None }
}

/// Not a test: the worker that the tests below start as a separate process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by other tests"]
async fn worker_process() {
    let Ok(url) = std::env::var("OUTBOX_DATABASE") else { return };
    let port = std::env::var("OUTBOX_PORT").unwrap().parse().unwrap();
    let db = Db::open(&url).await.unwrap();
    let clock = match std::env::var("OUTBOX_LATER").is_ok() {
        true => Clock::manual(Clock::system().now() + LATER),
        false => Clock::system(),
    };
    let composer = Arc::new(ScriptedComposer::default());
    let worker = Worker::new(db, clock, Entropy::system(), vec![route(port)], composer, Settings::default());
    match std::env::var("OUTBOX_LATER").is_ok() {
        true => worker.drain().await.unwrap(),
        false => worker.run(CancellationToken::new()).await,
    }
}

/// Killed when dropped.
struct Process(Child);

impl Process {
    fn start(stage: &Stage, server: &Server, later: bool) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "outbox::tests::processes::worker_process", "--ignored", "--test-threads=1"])
            .env("OUTBOX_DATABASE", &stage.url)
            .env("OUTBOX_PORT", server.port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if later {
            command.env("OUTBOX_LATER", "1");
        }
        Process(command.spawn().unwrap())
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn message_id(mail: &str) -> String {
    mail.split("Message-ID: <").nth(1).unwrap().split('>').next().unwrap().to_owned()
}

async fn enqueue_rows(stage: &Stage, count: usize, size: u64) -> Vec<String> {
    let now = Clock::system().now();
    let draft =
        NewJob { payload: json!({ "size": size }), expires_at: now + Duration::from_secs(24 * 3600), ..stage.draft() };
    let entropy = Entropy::system();
    let mut tx = stage.db.write().await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(enqueue(&mut tx, &draft, now, &entropy).await.unwrap());
    }
    tx.commit().await.unwrap();
    ids
}

async fn unfinished(stage: &Stage) -> i64 {
    crate::outbox::store::backlog(&mut stage.db.read().await.unwrap()).await.unwrap().0
}

both!(three_processes_deliver_each_of_three_thousand_messages_once);
async fn three_processes_deliver_each_of_three_thousand_messages_once(database: Kind) {
    const MESSAGES: usize = 3_000;
    let server = Server::start(Plan::ordinary()).await;
    let stage = Stage::new(database, vec![route(server.port)]).await;
    enqueue_rows(&stage, MESSAGES, 0).await;
    let _workers: Vec<_> = (0..3).map(|_| Process::start(&stage, &server, false)).collect();
    while unfinished(&stage).await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let ids: Vec<_> = server.mails().iter().map(|mail| message_id(mail)).collect();
    let distinct: HashSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (MESSAGES, MESSAGES));
}

/// Kills a worker at stage `at`, lets another worker finish, and checks what arrived.
async fn killed_at(database: Kind, at: At, size: u64) {
    // Without SIZE, so that a message may exceed the buffers of the connection.
    let plan = Plan { extensions: vec!["PIPELINING"], ..Plan::default() };
    let server = Server::start(plan.with(at, &[Does::Hang])).await;
    let stage = Stage::new(database, vec![route(server.port)]).await;
    let id = enqueue_rows(&stage, 1, size).await.remove(0);
    let mut worker = Process::start(&stage, &server, false);
    server.until_held().await;
    worker.kill();
    let mut successor = Process::start(&stage, &server, true);
    assert!(tokio::task::spawn_blocking(move || successor.0.wait().unwrap()).await.unwrap().success());
    let entry = stage.entry(&id).await;
    assert_eq!((entry.state, entry.attempts), (JobState::Sent, 2), "{at:?}");
    assert_eq!(stage.outcomes(&id).await, ["interrupted", "sent"]);
    assert_at_most_one_duplicate(&server, &entry, if at == At::Dot { 2 } else { 1 });
}

fn assert_at_most_one_duplicate(server: &Server, entry: &OutboxEntry, expected: usize) {
    let mut copies: HashMap<String, usize> = HashMap::new();
    for mail in server.mails() {
        *copies.entry(message_id(&mail)).or_default() += 1;
    }
    assert_eq!(copies, HashMap::from([(entry.message_id.clone().unwrap(), expected)]));
}

both!(a_worker_killed_at_any_stage_loses_no_message_and_causes_a_copy_only_after_the_dot);
async fn a_worker_killed_at_any_stage_loses_no_message_and_causes_a_copy_only_after_the_dot(database: Kind) {
    for _ in 0..3 {
        let stages = [At::Greeting, At::Hello, At::Mail, At::Data, At::Content, At::Dot];
        let runs = stages.map(|at| killed_at(database, at, if at == At::Content { 10_000_000 } else { 0 }));
        futures::future::join_all(runs).await;
    }
}

both!(a_worker_killed_before_it_records_the_250_causes_one_copy_with_the_same_message_id);
async fn a_worker_killed_before_it_records_the_250_causes_one_copy_with_the_same_message_id(database: Kind) {
    let gate = Arc::new(Notify::new());
    let server = Server::start(Plan::ordinary().with(At::Dot, &[Does::Wait(gate.clone())])).await;
    let stage = Stage::new(database, vec![route(server.port)]).await;
    let id = enqueue_rows(&stage, 1, 0).await.remove(0);
    let mut worker = Process::start(&stage, &server, false);
    server.until_held().await;
    // No worker can record anything while this transaction is open.
    let mut lock = stage.db.write().await.unwrap();
    if matches!(database, Kind::Postgres) {
        sqlx::query("lock table outbox in exclusive mode").execute(&mut *lock).await.unwrap();
    }
    gate.notify_one();
    server.until_released().await;
    worker.kill();
    drop(lock);
    assert_eq!(stage.entry(&id).await.state, JobState::Leased);
    let mut successor = Process::start(&stage, &server, true);
    assert!(tokio::task::spawn_blocking(move || successor.0.wait().unwrap()).await.unwrap().success());
    let entry = stage.entry(&id).await;
    assert_eq!(entry.state, JobState::Sent);
    assert_at_most_one_duplicate(&server, &entry, 2);
}
