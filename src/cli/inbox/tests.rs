//! Tests of `gatepost inbox …` and its output, with an inbox in a temporary file.

use clap::Parser;

use super::*;
use crate::clock::{Clock, Time};
use crate::inbox::{Damage, IncomingMessage, Settings};
use crate::random::Entropy;

mod import;

#[derive(Parser)]
struct ListLine {
    #[command(subcommand)]
    command: InboxCommand,
}

async fn inbox(folder: &tempfile::TempDir, name: &str) -> Inbox {
    let path = folder.path().join(name);
    let settings = Settings { path, max_message_size: 10_000, keep_messages: 0, keep_days: 0, keep_bytes: 0 };
    let clock = Clock::manual(Time::from_millis(1_795_232_040_000));
    Inbox::open(settings, clock, Entropy::seeded(1)).await.unwrap()
}

async fn run_inbox(inbox: &Inbox, arguments: &[&str]) -> (Result<(), String>, String, String) {
    let line = ListLine::try_parse_from([&["inbox"], arguments].concat()).unwrap();
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let done =
        run(line.command, inbox, &Interruption::default(), &mut out, &mut errors).await.map_err(|e| e.to_string());
    (done, String::from_utf8(out).unwrap(), String::from_utf8(errors).unwrap())
}

fn message(subject: &str, body: &str) -> IncomingMessage {
    let bytes = format!("From: a@b.c\r\nTo: kim@example.com\r\nSubject: {subject}\r\n\r\n{body}\r\n").into_bytes();
    IncomingMessage {
        envelope_from: "a@b.c".into(),
        envelope_to: vec!["kim@example.com".into()],
        bytes,
        ..IncomingMessage::default()
    }
}

#[tokio::test]
async fn an_export_in_every_format_can_be_imported_again() {
    let folder = tempfile::tempdir().unwrap();
    let full = inbox(&folder, "full.db").await;
    let first = message("first", "From here\r\n>From there");
    let id = full.store(first.clone()).await.unwrap();
    full.store(message("second", "body")).await.unwrap();
    full.set_read(&Selection::Ids(vec![id]), true).await.unwrap();
    for format in ["eml", "mbox", "maildir"] {
        let target = folder.path().join(format);
        let (done, out, _) = run_inbox(&full, &["export", target.to_str().unwrap(), "--format", format]).await;
        assert_eq!((done, out), (Ok(()), format!("exported 2 messages to {}\n", target.display())));
        let again = inbox(&folder, &format!("{format}.db")).await;
        let (done, out, errors) = run_inbox(&again, &["import", target.to_str().unwrap()]).await;
        assert_eq!((done, out.as_str(), errors.as_str()), (Ok(()), "imported 2 messages\n", ""));
        let found = again.latest(Query::parse("subject:first", &TimeZone::UTC).as_ref()).await.unwrap().unwrap();
        let message = again.message(found).await.unwrap().unwrap();
        assert_eq!(message.bytes, first.bytes, "{format}");
        assert_eq!(message.summary.read, format == "maildir");
        // A second export overwrites nothing.
        let (done, ..) = run_inbox(&full, &["export", target.to_str().unwrap(), "--format", format]).await;
        let why = done.unwrap_err();
        assert!(
            why.starts_with("export stopped: ")
                && why.ends_with(" exists and is not overwritten; choose an empty folder"),
            "{why}"
        );
    }
}

#[tokio::test]
async fn a_list_is_lines_or_a_json_array_and_contains_no_control_characters() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    let id = inbox.store(message("bad \u{1b}[2J", "x")).await.unwrap();
    inbox.store(message("other", "x")).await.unwrap();
    let (_, out, _) = run_inbox(&inbox, &["list", "--query", "subject:bad"]).await;
    assert_eq!(out, format!("{id} * 2026-11-21T03:34:00.000Z a@b.c -> kim@example.com  bad  [2J\n"));
    let (_, out, _) = run_inbox(&inbox, &["list", "--json"]).await;
    let array: Vec<serde_json::Value> = serde_json::from_str(&out).unwrap();
    assert_eq!(array[1]["id"], id.to_string());
    assert_eq!(array[1]["to"][0], "kim@example.com");
    let (_, out, _) = run_inbox(&inbox, &["clear"]).await;
    assert_eq!(out, "deleted 2 messages\n");
    assert_eq!(run_inbox(&inbox, &["list", "--json"]).await.1, "[]\n");
}

#[tokio::test]
async fn a_query_with_a_term_that_is_not_understood_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    inbox.store(message("x", "x")).await.unwrap();
    let target = folder.path().join("out");
    for command in [&["list"][..], &["export", target.to_str().unwrap()]] {
        let (done, out, _) = run_inbox(&inbox, &[command, &["--query", "x is:bogus from:"]].concat()).await;
        assert_eq!((done, out), (Err("not understood in the query: is:bogus from:".into()), String::new()));
    }
    assert!(!target.exists());
}

#[tokio::test]
async fn a_missing_file_is_reported_on_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    let missing = folder.path().join("missing.eml");
    let (done, out, errors) = run_inbox(&inbox, &["import", missing.to_str().unwrap()]).await;
    assert_eq!((out.as_str(), errors.as_str()), ("imported 0 messages\n", ""));
    assert!(done.unwrap_err().starts_with(&format!("{}: ", missing.display())));
}

/// The subjects of an inbox, oldest first.
async fn subjects(inbox: &Inbox) -> Vec<String> {
    let messages = inbox.list(&PageRequest::default()).await.unwrap();
    messages.into_iter().rev().map(|summary| summary.subject).collect()
}

fn refused(subject: &str) -> IncomingMessage {
    let refusal = "550 5.1.1 No such user here, and nobody of that name was ever known here".to_owned();
    IncomingMessage { refusal: Some(refusal), ..message(subject, "x") }
}

#[tokio::test]
async fn a_list_shows_a_shortened_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    inbox.store(refused("never came")).await.unwrap();
    let (_, out, _) = run_inbox(&inbox, &["list"]).await;
    let mark = "[refused: 550 5.1.1 No such user here, and nobody of that na…]";
    assert!(out.ends_with(&format!("kim@example.com  {mark}  never came\n")), "{out}");
}

#[tokio::test]
async fn refused_messages_are_exported_on_request_to_files_named_refused() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    let came = inbox.store(message("came", "x")).await.unwrap();
    let never = inbox.store(refused("never came")).await.unwrap();
    for (format, names) in [
        ("eml", [format!("{came}.eml"), format!("{never}-refused.eml")]),
        ("mbox", ["inbox.mbox".into(), "refused.mbox".into()]),
        ("maildir", [format!("new/{came}"), format!("new/{never}-refused")]),
    ] {
        let without = folder.path().join(format);
        let command = ["export", without.to_str().unwrap(), "--format", format];
        let (done, out, errors) = run_inbox(&inbox, &command).await;
        assert_eq!((done, out), (Ok(()), format!("exported 1 messages to {}\n", without.display())));
        assert_eq!(errors, "skipped 1 refused messages; --refused exports them too\n");
        assert_eq!(names.each_ref().map(|name| without.join(name).is_file()), [true, false], "{format}");
        let with = folder.path().join(format!("{format}-refused"));
        let (_, out, errors) =
            run_inbox(&inbox, &[&["export", with.to_str().unwrap(), "--refused"], &command[2..]].concat()).await;
        assert_eq!((out, errors), (format!("exported 2 messages to {}\n", with.display()), String::new()));
        assert_eq!(names.each_ref().map(|name| with.join(name).is_file()), [true, true], "{format}");
    }
}

#[tokio::test]
async fn an_export_names_what_is_damaged_writes_the_rest_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = inbox(&folder, "inbox.db").await;
    let mut broken = Vec::new();
    for subject in ["first", "broken", "second", "broken too"] {
        let id = inbox.store(message(subject, "x")).await.unwrap();
        if subject.starts_with("broken") {
            broken.push(id);
        }
    }
    let export = async |format: &str, name: &str| {
        let target = folder.path().join(name);
        run_inbox(&inbox, &["export", target.to_str().unwrap(), "--format", format]).await
    };
    inbox.damage(broken[0], Damage::Bytes).await;
    for format in ["eml", "mbox", "maildir"] {
        let (done, out, errors) = export(format, &format!("one-{format}")).await;
        assert!(out.starts_with("exported 3 messages to "), "{out}");
        assert!(done.unwrap_err().starts_with(&format!("{}: a stored message cannot be read: ", broken[0])));
        assert_eq!(errors, "");
    }
    inbox.damage(broken[1], Damage::BytesMissing).await;
    let (done, out, errors) = export("mbox", "two").await;
    assert!(out.starts_with("exported 2 messages to "), "{out}");
    assert_eq!(done, Err("2 files or messages were left out (see above)".into()));
    assert!(broken.iter().all(|id| errors.contains(&id.to_string())), "{errors}");
    let (done, out, _) = run_inbox(&inbox, &["list"]).await;
    assert_eq!((done, out.lines().count()), (Ok(()), 4));
    assert_eq!(run_inbox(&inbox, &["clear"]).await.1, "deleted 4 messages\n");
}
