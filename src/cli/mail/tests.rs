//! Tests of `gatepost mail …` with a fake transport: output, outbox rows and errors.

use std::sync::Arc;

use async_trait::async_trait;
use clap::Parser;

use super::*;
use crate::accounts::emails::EmailContext;
use crate::clock::{Clock, Time};
use crate::db::Db;
use crate::i18n::Locale;
use crate::mail::Message;
use crate::outbox::{Composed, Composer, Job, Settings, TransportConfig, Worker};
use crate::random::Entropy;
use crate::transport::{Failure, FailureKind, Receipt, Transport};

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: MailCommand,
}

/// A transport that always gives the same result.
struct Fake(Result<(), FailureKind>);

#[async_trait]
impl Transport for Fake {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn deliver(&self, mail: &Message) -> Result<Receipt, Failure> {
        let size = mail.bytes.len();
        let answer = || Receipt::new(format!("250 Ok: queued as {size}"), Some("4D2F".into()));
        self.0.map(|()| answer()).map_err(|class| Failure::new(class, "no such user"))
    }

    async fn check(&self) -> Result<String, Failure> {
        Ok("reachable".into())
    }
}

struct NoComposer;

#[async_trait]
impl Composer for NoComposer {
    async fn compose(&self, _row: &Job) -> Result<Composed, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Composed::Skipped("not used"))
    }
}

async fn context(folder: &tempfile::TempDir, answer: Result<(), FailureKind>) -> MailContext {
    let db = Db::open(&format!("sqlite:{}/gatepost.db", folder.path().display())).await.unwrap();
    let clock = Clock::manual(Time::from_millis(1_795_232_040_000));
    let from = "Gatepost <no-reply@example.com>".parse().unwrap();
    let routes = vec![TransportConfig { transport: Arc::new(Fake(answer)), from, rate: None }];
    let entropy = Entropy::system();
    let worker =
        Worker::new(db, clock.clone(), entropy.clone(), routes.clone(), Arc::new(NoComposer), Settings::default());
    let email_context = EmailContext {
        locale: Locale::Ko,
        site_name: "Gatepost".into(),
        public_url: "https://id.example.com".into(),
        content: Arc::default(),
    };
    MailContext { routes, worker, reply_to: None, email_context, clock, entropy }
}

async fn run_mail(context: &MailContext, arguments: &[&str]) -> Result<String, String> {
    let line = Line::try_parse_from([&["mail"], arguments].concat()).map_err(|e| e.to_string())?;
    let mut out = Vec::new();
    let done = run(line.command, context, &mut out).await;
    done.map(|()| String::from_utf8(out).unwrap()).map_err(|e| e.to_string())
}

#[tokio::test]
async fn a_test_email_is_sent_at_once_and_its_receipt_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let context = context(&folder, Ok(())).await;
    let file = folder.path().join("메모.txt");
    std::fs::write(&file, "안녕").unwrap();
    let answer = run_mail(&context, &["test", "kim@example.org", "--attach", file.to_str().unwrap()]).await.unwrap();
    assert!(answer.starts_with("sent by smtp: 250 Ok: queued as"), "{answer}");
    assert_eq!(run_mail(&context, &["list", "--json"]).await.unwrap(), "[]\n");
    let unknown = run_mail(&context, &["test", "kim@example.org", "--transport", "gmail"]).await.unwrap_err();
    assert!(
        unknown.contains("\"gmail\" is not set up") && unknown.contains("configured transports: smtp"),
        "{unknown}"
    );
    assert!(unknown.contains("gatepost gmail authorize"), "{unknown}");
    assert!(run_mail(&context, &["test", "no address"]).await.is_err());
}

#[tokio::test]
async fn a_test_email_from_an_address_that_no_server_accepts_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    for (from, is_sent) in [("a@localhost", false), ("a@box.localhost", false), ("a@localhost.example.com", true)] {
        let mut context = context(&folder, Ok(())).await;
        context.routes[0].from = from.parse().unwrap();
        let answer = run_mail(&context, &["test", "kim@example.org"]).await;
        assert_eq!(answer.is_ok(), is_sent, "{answer:?}");
        assert!(is_sent || answer.unwrap_err().contains("set mail.from (or mail.smtp.from)"));
    }
}

#[tokio::test]
async fn a_message_is_sent_through_the_outbox_and_listed_there() {
    let folder = tempfile::tempdir().unwrap();
    let context = context(&folder, Ok(())).await;
    let text = folder.path().join("text");
    std::fs::write(&text, "안녕하세요").unwrap();
    let text = text.to_str().unwrap();
    let arguments = ["send", "Kim <kim@example.org>", "lee@example.org", "--subject", "인사", "--text", text];
    let answer = run_mail(&context, &arguments).await.unwrap();
    assert!(answer.contains("sent by smtp: 250 Ok") && answer.contains("remote id: 4D2F"), "{answer}");
    let list: serde_json::Value =
        serde_json::from_str(&run_mail(&context, &["list", "--json"]).await.unwrap()).unwrap();
    let entry = &list[0];
    assert_eq!(entry["to"], serde_json::json!(["kim@example.org", "lee@example.org"]));
    assert_eq!((entry["state"].as_str(), entry["attempts"].as_i64()), (Some("sent"), Some(1)));
    for key in ["id", "kind", "transport", "next_at", "last_error", "message_id"] {
        assert!(entry.get(key).is_some(), "{key}");
    }
    let id = entry["id"].as_str().unwrap();
    let shown = run_mail(&context, &["show", id]).await.unwrap();
    assert!(shown.contains("attempt 1") && shown.contains("250 Ok"), "{shown}");
    assert!(run_mail(&context, &["requeue", id]).await.unwrap_err().contains("that is sent"));
    assert_eq!(run_mail(&context, &["list", "--state", "queued"]).await.unwrap(), "");
    assert!(run_mail(&context, &["list", "--state", "lost"]).await.is_err());
}

#[tokio::test]
async fn a_message_that_was_not_sent_is_reported_and_can_be_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let failing = context(&folder, Err(FailureKind::Transient)).await;
    let text = folder.path().join("text");
    std::fs::write(&text, "hello").unwrap();
    let arguments = ["send", "kim@example.org", "--subject", "x", "--text", text.to_str().unwrap()];
    let error = run_mail(&failing, &arguments).await.unwrap_err();
    assert!(error.contains("still in the outbox") && error.contains("no such user"), "{error}");
    let list: serde_json::Value =
        serde_json::from_str(&run_mail(&failing, &["list", "--json"]).await.unwrap()).unwrap();
    let id = list[0]["id"].as_str().unwrap();
    run_mail(&failing, &["cancel", id]).await.unwrap();
    run_mail(&failing, &["requeue", id]).await.unwrap();
    let refused = context(&folder, Err(FailureKind::Permanent)).await;
    assert!(run_mail(&refused, &arguments).await.unwrap_err().contains("was not sent (dead)"));
    let unknown = run_mail(&refused, &["show", "018f"]).await.unwrap_err();
    assert!(unknown.contains("no message with this id"), "{unknown}");
}

#[tokio::test]
async fn unusable_files_are_reported_before_anything_is_queued() {
    let folder = tempfile::tempdir().unwrap();
    let context = context(&folder, Ok(())).await;
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("text"), "hello").unwrap();
    std::fs::write(path("latin"), b"\xe9t\xe9").unwrap();
    std::fs::File::create(path("huge")).unwrap().set_len(40_000_000).unwrap();
    let send = |text: &str, attach: &str| {
        ["send", "kim@example.org", "--subject", "x", "--text", text, "--attach", attach].map(str::to_owned)
    };
    for (text, attach, expected) in [
        ("text", "missing", "cannot read"),
        ("missing", "text", "cannot read"),
        ("latin", "text", "not UTF-8"),
        ("text", "huge", "40000000 bytes"),
        ("text", ".", "not a regular file"),
    ] {
        let arguments = send(&path(text), &path(attach));
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let error = run_mail(&context, &arguments).await.unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(run_mail(&context, &["list"]).await.unwrap(), "");
}
