//! The transport against a stand-in for Google: each answer ends in its class, with a sentence and without secrets.

#[path = "../../../tests/it/support/google/mod.rs"]
mod google;

use std::path::{Path, PathBuf};
use std::time::Duration;

use google::{Google, Reply, error, html, token_error};
use tempfile::TempDir;

use super::{Endpoint, Gmail, Settings, Token, User};
use crate::clock::Clock;
use crate::mail::{Mail, Mailbox, Message};
use crate::transport::{Class, Failure, Receipt, Transport};

/// A transport whose Google is the stand-in, with a token that must be refreshed first unless `fresh`.
struct Bench {
    google: Google,
    gmail: Gmail,
    folder: TempDir,
}

impl Bench {
    async fn new(fresh: bool) -> Self {
        let google = Google::start().await;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("google.json"), google.installed()).unwrap();
        std::fs::write(folder.path().join("token.json"), google.token_file(fresh)).unwrap();
        let gmail = Gmail::new(settings(&google, folder.path()), Clock::system());
        Bench { google, gmail, folder }
    }

    fn token(&self) -> PathBuf {
        self.folder.path().join("token.json")
    }

    async fn deliver(&self, mail: &Mail) -> Result<Receipt, Failure> {
        let outcome = self.gmail.deliver(mail).await;
        let shown = format!("{outcome:?} {}", outcome.as_ref().err().map_or("", |e| &e.reason));
        assert!(!self.google.leaks(&shown), "{shown}");
        outcome
    }

    async fn fails(&self, reply: Reply) -> Failure {
        self.google.next_upload(reply);
        self.deliver(&letter("hello")).await.unwrap_err()
    }
}

fn settings(google: &Google, folder: &Path) -> Settings {
    Settings {
        credentials: folder.join("google.json"),
        token: folder.join("token.json"),
        user: User::parse("me").unwrap(),
        subject: None,
        endpoint: Endpoint::parse(&google.endpoint()).unwrap(),
    }
}

fn letter(text: &str) -> Mail {
    let message = Message {
        id: "row".to_owned(),
        purpose: None,
        from: "Gatepost <post@example.com>".parse().unwrap(),
        reply_to: None,
        to: vec!["김철수 <kim@example.com>".parse::<Mailbox>().unwrap()],
        subject: "확인".to_owned(),
        text: text.to_owned(),
        html: None,
        date: crate::clock::Time::from_millis(1_795_232_040_123),
        message_id: "row.1@example.com".to_owned(),
        language: None,
        auto_submitted: true,
    };
    message.build().unwrap()
}

#[tokio::test]
async fn a_mail_goes_out_as_it_is_and_its_receipt_names_gmails_id() {
    let bench = Bench::new(true).await;
    let mail = letter("안녕하세요\n링크");
    let receipt = bench.deliver(&mail).await.unwrap();
    let sent = bench.google.sent();
    assert_eq!((sent.len(), sent[0].user.as_str(), sent[0].resumable), (1, "me", false));
    assert_eq!(sent[0].raw, mail.bytes);
    assert_eq!(receipt.remote_id.as_deref(), Some(sent[0].id.as_str()));
    assert!(receipt.reply.contains(&sent[0].id));
    assert_eq!(bench.google.requests(), ["POST /upload/gmail/v1/users/me/messages/send"]);
}

#[tokio::test]
async fn a_token_that_is_over_is_refreshed_once_and_kept_in_the_file() {
    let bench = Bench::new(false).await;
    for _ in 0..3 {
        bench.deliver(&letter("hello")).await.unwrap();
    }
    assert_eq!(bench.google.requests().iter().filter(|r| *r == "POST /token").count(), 1);
    let token = Token::read(&bench.token()).await.unwrap();
    assert!(token.refreshed_at.is_some());
    let second = Gmail::new(settings(&bench.google, bench.folder.path()), Clock::system());
    second.deliver(&letter("hello")).await.unwrap();
    assert_eq!(bench.google.requests().iter().filter(|r| *r == "POST /token").count(), 1);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_mail_repeated_once() {
    let bench = Bench::new(true).await;
    bench.google.forget_access();
    bench.deliver(&letter("hello")).await.unwrap();
    assert_eq!(bench.google.sent().len(), 1);
    for _ in 0..2 {
        bench.google.next_upload(error(401, "authError", "Invalid Credentials"));
    }
    let failure = bench.deliver(&letter("hello")).await.unwrap_err();
    assert_eq!((failure.class, failure.code), (Class::Configuration, Some(401)));
    assert!(failure.reason.contains("gatepost gmail authorize"), "{failure}");
}

#[tokio::test]
async fn each_answer_to_an_upload_ends_in_its_class() {
    let bench = Bench::new(true).await;
    for (reply, class) in [
        (error(400, "invalidArgument", "Invalid To header"), Class::Permanent),
        (error(403, "userRateLimitExceeded", "slow"), Class::Rate),
        (error(403, "rateLimitExceeded", "slow"), Class::Rate),
        (error(403, "dailyLimitExceeded", "enough"), Class::Rate),
        (error(403, "domainPolicy", "no"), Class::Configuration),
        (error(403, "insufficientPermissions", "no"), Class::Configuration),
        (error(403, "accessNotConfigured", "no"), Class::Configuration),
        (error(404, "notFound", "no"), Class::Configuration),
        (error(500, "backendError", "oops"), Class::Transient),
        (html(502), Class::Transient),
        (html(503), Class::Transient),
        (Reply::HalfBody, Class::Ambiguous),
        (Reply::Status(200, Vec::new(), "{}".to_owned()), Class::Ambiguous),
        (Reply::Status(200, Vec::new(), "<html>".to_owned()), Class::Ambiguous),
        (Reply::Drop, Class::Ambiguous),
    ] {
        let failure = bench.fails(reply.clone()).await;
        assert_eq!(failure.class, class, "{reply:?}: {failure}");
        assert!(failure.reason.len() > 30, "{failure}");
    }
}

#[tokio::test]
async fn the_wait_that_gmail_asks_for_is_handed_on() {
    let bench = Bench::new(true).await;
    let Reply::Status(status, mut headers, body) = error(429, "rateLimitExceeded", "slow") else { unreachable!() };
    headers.push(("retry-after", "120".to_owned()));
    let failure = bench.fails(Reply::Status(status, headers, body)).await;
    assert_eq!((failure.class, failure.retry_after), (Class::Rate, Some(Duration::from_secs(120))));
    let later = crate::clock::Clock::system().now() + Duration::from_secs(1800);
    let words = format!("User-rate limit exceeded.  Retry after {}", later.rfc3339());
    let failure = bench.fails(error(429, "rateLimitExceeded", &words)).await;
    assert!(failure.retry_after.unwrap() > Duration::from_secs(1700), "{failure:?}");
}

#[tokio::test]
async fn a_large_mail_goes_by_resumable_upload() {
    let bench = Bench::new(true).await;
    let mail = letter(&"0123456789 ".repeat(600_000));
    bench.deliver(&mail).await.unwrap();
    let sent = bench.google.sent();
    assert!(sent[0].resumable);
    assert_eq!(sent[0].raw, mail.bytes);
}

#[tokio::test]
async fn a_resumable_upload_that_is_refused_at_its_opening_goes_in_one_piece() {
    let bench = Bench::new(true).await;
    bench.google.next_upload(error(400, "badRequest", "Bad Request"));
    bench.deliver(&letter(&"0123456789 ".repeat(600_000))).await.unwrap();
    assert!(!bench.google.sent()[0].resumable);
}

#[tokio::test]
async fn the_failures_of_a_resumable_upload_are_classed_as_those_of_any_other() {
    let bench = Bench::new(true).await;
    let mail = letter(&"0123456789 ".repeat(600_000));
    for (reply, class) in [
        (error(403, "rateLimitExceeded", "slow"), Class::Rate),
        (error(400, "invalidArgument", "bad"), Class::Permanent),
        (html(503), Class::Transient),
        (Reply::HalfBody, Class::Ambiguous),
        (Reply::Drop, Class::Ambiguous),
        (Reply::DropEarly, Class::Transient),
        (Reply::Status(308, vec![("range", "bytes=0-9".to_owned())], String::new()), Class::Ambiguous),
    ] {
        bench.google.next_transfer(reply.clone());
        let failure = bench.deliver(&mail).await.unwrap_err();
        assert_eq!(failure.class, class, "{reply:?}: {failure}");
    }
    bench.google.next_upload(Reply::Status(200, Vec::new(), String::new()));
    assert_eq!(bench.deliver(&mail).await.unwrap_err().class, Class::Transient);
}

#[tokio::test]
async fn a_mail_that_holds_the_crates_boundary_arrives_whole() {
    let bench = Bench::new(true).await;
    let mail = letter("see\r\n--MDuXWGyeE33QFXGchb2VFWc4Z7945d\r\nContent-Type: text/plain\r\n\r\nsmuggled\r\n");
    assert!(String::from_utf8_lossy(&mail.bytes).contains("\r\n--MDuXWGyeE33QFXGchb2VFWc4Z7945d"));
    bench.deliver(&mail).await.unwrap();
    assert_eq!(bench.google.sent()[0].raw, mail.bytes);
}

#[tokio::test]
async fn a_mail_larger_than_gmail_takes_is_refused_before_anything_is_sent() {
    let bench = Bench::new(true).await;
    let mut mail = letter("hello");
    mail.bytes.resize(36_700_161, b'a');
    assert_eq!(bench.deliver(&mail).await.unwrap_err().class, Class::Permanent);
    assert!(bench.google.requests().is_empty());
}

#[tokio::test]
async fn a_withdrawn_consent_names_its_cure_and_heals_by_a_new_one() {
    let bench = Bench::new(false).await;
    bench.google.forget_consent();
    for _ in 0..2 {
        let failure = bench.deliver(&letter("hello")).await.unwrap_err();
        assert_eq!(failure.class, Class::Configuration);
        assert!(failure.reason.contains("run `gatepost gmail authorize`"), "{failure}");
    }
    let stored = Token::read(&bench.token()).await.unwrap();
    assert!(stored.last_error.unwrap().reason.contains("gatepost gmail authorize"));
    std::fs::write(bench.token(), bench.google.token_file(false)).unwrap();
    bench.deliver(&letter("hello")).await.unwrap();
    assert!(Token::read(&bench.token()).await.unwrap().last_error.is_none());
}

#[tokio::test]
async fn each_answer_of_the_token_address_ends_in_its_class() {
    let bench = Bench::new(false).await;
    for (reply, class) in [
        (html(503), Class::Transient),
        (Reply::HalfBody, Class::Transient),
        (Reply::Drop, Class::Transient),
        (Reply::Status(200, Vec::new(), "{}".to_owned()), Class::Transient),
        (Reply::Status(200, Vec::new(), "x".repeat(1_000_000)), Class::Transient),
        (token_error(429, "rate_limit_exceeded"), Class::Rate),
        (token_error(400, "invalid_grant"), Class::Configuration),
        (token_error(401, "invalid_client"), Class::Configuration),
        (token_error(401, "deleted_client"), Class::Configuration),
        (html(404), Class::Configuration),
    ] {
        bench.google.next_token(reply.clone());
        let failure = bench.deliver(&letter("hello")).await.unwrap_err();
        assert_eq!(failure.class, class, "{reply:?}: {failure}");
    }
    assert!(bench.google.sent().is_empty());
}

#[tokio::test]
async fn missing_damaged_and_foreign_files_are_faults_of_the_setup() {
    let bench = Bench::new(true).await;
    let fails = async |file: &str, text: Option<&str>, said: &str| {
        let path = bench.folder.path().join(file);
        let kept = std::fs::read(&path).unwrap();
        match text {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let failure = bench.deliver(&letter("hello")).await.unwrap_err();
        assert_eq!(failure.class, Class::Configuration, "{failure}");
        assert!(failure.reason.contains(said), "{failure}");
        std::fs::write(&path, kept).unwrap();
    };
    fails("token.json", None, "gatepost gmail authorize").await;
    fails("token.json", Some("{\"client_id\":"), "damaged").await;
    fails("google.json", None, "credentials/README.md").await;
    fails("google.json", Some("<html>"), "a web page").await;
    let other = bench.google.token_file(true).replace(google::CLIENT_ID, "another-client");
    fails("token.json", Some(&other), "another OAuth client").await;
    let narrow = bench.google.token_file(true).replace("gmail.send", "gmail.readonly");
    fails("token.json", Some(&narrow), "does not include sending").await;
    bench.deliver(&letter("hello")).await.unwrap();
}

#[tokio::test]
async fn a_token_file_that_cannot_be_written_stops_no_mail() {
    let bench = Bench::new(false).await;
    let text = std::fs::read(bench.token()).unwrap();
    std::fs::remove_file(bench.token()).unwrap();
    let elsewhere = bench.folder.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let real = elsewhere.join("token.json");
    std::fs::write(&real, text).unwrap();
    // Root may write anywhere, so the refusal comes from a folder that is in the way of the temporary file.
    std::fs::create_dir(elsewhere.join(format!(".token.json.{}.tmp", std::process::id()))).unwrap();
    let gmail = Gmail::new(Settings { token: real, ..settings(&bench.google, bench.folder.path()) }, Clock::system());
    gmail.deliver(&letter("hello")).await.unwrap();
    gmail.deliver(&letter("hello")).await.unwrap();
    assert_eq!(bench.google.requests().iter().filter(|r| *r == "POST /token").count(), 1);
}

#[tokio::test]
async fn a_consent_given_during_a_refresh_is_not_overwritten() {
    let bench = Bench::new(false).await;
    let fresh = bench.google.token_file(true);
    let old = Token::read(&bench.token()).await.unwrap();
    std::fs::write(bench.token(), &fresh).unwrap();
    let new = Token::read(&bench.token()).await.unwrap();
    assert!(!old.same_consent(&new));
    bench.deliver(&letter("hello")).await.unwrap();
    assert!(Token::read(&bench.token()).await.unwrap().same_consent(&new));
}

#[tokio::test]
async fn the_check_renews_the_token_and_sends_nothing() {
    let bench = Bench::new(true).await;
    let said = bench.gmail.check().await.unwrap();
    assert!(said.contains("installed"), "{said}");
    assert_eq!(bench.google.requests(), ["POST /token"]);
    bench.google.forget_consent();
    let failure = bench.gmail.check().await.unwrap_err();
    assert_eq!(failure.class, Class::Configuration);
}

#[tokio::test]
async fn nobody_listening_is_transient() {
    let bench = Bench::new(true).await;
    let settings = Settings {
        endpoint: Endpoint::parse("http://127.0.0.1:1/").unwrap(),
        ..settings(&bench.google, bench.folder.path())
    };
    let failure = Gmail::new(settings, Clock::system()).deliver(&letter("hello")).await.unwrap_err();
    assert_eq!(failure.class, Class::Transient);
    assert!(failure.reason.contains("127.0.0.1:1"), "{failure}");
}
