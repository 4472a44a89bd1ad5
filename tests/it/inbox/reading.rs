//! Messages that real programs write in odd ways: each file of tests/mail goes in by SMTP and by import, and the API
//! must answer what `expect.json` says. The keys of a file there are fields of the answer, `From.Name` for one inside
//! another. `X~` contains, `X!` does not contain. `names` and `types` are the file names and types of Attachments and
//! Inline, `links` the URLs of Links, `codes` the Codes, and `warnings` the codes of Warnings. `page~` is in the
//! message's page as it first opens, and `view!` is not in the served HTML. Line ends at the end of a field do not count.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::support::app::{App, Engine};
use crate::support::source::ROOT;
use crate::support::visitor::Visitor;

fn folder() -> PathBuf {
    Path::new(ROOT).join("tests/mail")
}

/// Sends the bytes as one message by SMTP, and returns its id in the inbox.
async fn send(app: &App, bytes: &[u8]) -> String {
    let stream = TcpStream::connect(app.smtp()).await.unwrap();
    let (read, mut write) = stream.into_split();
    let mut replies = BufReader::new(read).lines();
    let text = String::from_utf8_lossy(bytes).contains('\u{fffd}');
    let body = if text { " BODY=8BITMIME" } else { "" };
    let mut last = String::new();
    for command in ["", "EHLO x.test", &format!("MAIL FROM:<a@x.test>{body}"), "RCPT TO:<r@x.test>", "DATA", "."] {
        if command == "." {
            write.write_all(&stuffed(bytes)).await.unwrap();
        }
        if !command.is_empty() {
            write.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        }
        loop {
            last = replies.next_line().await.unwrap().expect("a reply");
            if last.get(3..4) != Some("-") {
                break;
            }
        }
        assert!(last.starts_with(['2', '3']), "{command}: {last}");
    }
    last.rsplit(' ').next().unwrap_or_default().to_owned()
}

/// The bytes with CR LF, and with a second dot before those at the start of a line.
fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        match line.strip_suffix(b"\n") {
            Some(text) if !text.ends_with(b"\r") => out.extend([text, b"\r\n"].concat()),
            _ => out.extend_from_slice(line),
        }
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

struct Reading {
    message: Value,
    links: Vec<Value>,
    codes: Value,
    page: String,
    view: String,
    status: u16,
}

/// Reads a message by every route; `count` is the number of messages in the inbox.
async fn read(visitor: &Visitor, id: &str, count: usize) -> Reading {
    let base = "/dev/inbox";
    let message = visitor.get(&format!("{base}/api/v1/message/{id}")).await;
    let status = message.status;
    let page = visitor.get(&format!("{base}/view/{id}")).await.text();
    let view = visitor.get(&format!("{base}/view/{id}.html")).await.text();
    let waited = visitor.get(&format!("{base}/api/v1/wait?count={count}&timeout=1s")).await;
    let waited = if waited.status == 200 { waited.json() } else { Value::Null };
    let all = waited["messages"].as_array().cloned().unwrap_or_default();
    let waited = all.into_iter().find(|waited| waited["ID"] == id).unwrap_or_default();
    let links = waited["Links"].as_array().into_iter().flatten().map(|link| link["URL"].clone()).collect();
    let message = if status == 200 { message.json() } else { Value::Null };
    Reading { message, links, codes: waited["Codes"].clone(), page, view, status }
}

impl Reading {
    fn field(&self, path: &str) -> Value {
        let parts = |key: &str| {
            let lists =
                ["Attachments", "Inline"].map(|list| self.message[list].as_array().cloned().unwrap_or_default());
            Value::Array(lists.concat().iter().map(|part| part[key].clone()).collect())
        };
        match path {
            "names" => parts("FileName"),
            "types" => parts("ContentType"),
            "links" => Value::Array(self.links.clone()),
            "codes" => self.codes.clone(),
            "warnings" => {
                let warnings = self.message["Warnings"].as_array().into_iter().flatten();
                Value::Array(warnings.map(|warning| warning["code"].clone()).collect())
            }
            "page" => Value::from(self.page.as_str()),
            "view" => Value::from(self.view.as_str()),
            "status" => Value::from(self.status),
            path => path.split('.').fold(self.message.clone(), |value, key| value[key].clone()),
        }
    }

    /// Why the expectation is not met.
    fn failure(&self, key: &str, expected: &Value) -> Option<String> {
        let path = key.trim_end_matches(['~', '!']);
        let found = self.field(path);
        let (text, wanted) = (found.as_str().unwrap_or_default(), expected.as_str().unwrap_or_default());
        let plain = |text: &str| text.replace("\r\n", "\n");
        let is_met = match key.strip_prefix(path) {
            Some("~") => plain(text).contains(&plain(wanted)),
            Some("!") => !plain(text).contains(&plain(wanted)),
            _ if expected.is_string() => text.trim_end_matches(['\r', '\n']) == wanted.trim_end_matches(['\r', '\n']),
            _ => found == *expected,
        };
        let shown: String = found.to_string().chars().take(300).collect();
        (!is_met).then(|| format!("{key}: expected {expected}, found {shown}"))
    }
}

/// The failures of one way into the inbox; `ids` are the messages by the name of their file.
async fn failures(app: &App, ids: &[(String, String)], expected: &Value) -> Vec<String> {
    let visitor = app.visitor();
    let mut failures = Vec::new();
    for (name, id) in ids {
        let reading = read(&visitor, id, ids.len()).await;
        let wanted = expected[name]["expect"].as_object().expect("an entry in expect.json");
        let found = wanted.iter().filter_map(|(key, value)| reading.failure(key, value));
        failures.extend(found.map(|failure| format!("{name}: {failure}")));
    }
    failures
}

fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let mut names: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_reads_as_its_sender_meant_it() {
    let expected: Value = serde_json::from_slice(&std::fs::read(folder().join("expect.json")).unwrap()).unwrap();
    let names = names();
    assert_eq!(names.len(), expected.as_object().unwrap().len());

    let app = App::start(Engine::Sqlite).await;
    let mut sent = Vec::new();
    for name in &names {
        let bytes = std::fs::read(folder().join(format!("{name}.eml"))).unwrap();
        sent.push((name.clone(), send(&app, &bytes).await));
    }
    assert_eq!(failures(&app, &sent, &expected).await, [""; 0], "by SMTP");

    let app = App::start(Engine::Sqlite).await;
    let mut imported = Vec::new();
    for name in &names {
        let path = folder().join(format!("{name}.eml"));
        let output = app.command(&["inbox", "import", &path.to_string_lossy()]);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let list = app.visitor().get("/dev/inbox/api/v1/messages?limit=1").await.json();
        imported.push((name.clone(), list["messages"][0]["ID"].as_str().unwrap().to_owned()));
    }
    assert_eq!(failures(&app, &imported, &expected).await, [""; 0], "by import");
}

/// A repair is shown and given by the API; a message without one has no further key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repairs_are_named_on_the_page_and_in_the_api() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    let head = "From: a@x.test\r\nTo: r@x.test\r\nSubject: s\r\nDate: Mon, 02 Nov 2026 10:00:00 +0900\r\n";
    let clean = send(&app, format!("{head}\r\nhello\r\n").as_bytes()).await;
    let odd =
        send(&app, format!("{head}odd line\r\nContent-Type: text/plain; charset=x\r\n\r\nhello\r\n").as_bytes()).await;
    assert!(read(&visitor, &clean, 2).await.message.get("Warnings").is_none());
    let reading = read(&visitor, &odd, 2).await;
    assert_eq!(
        reading.message["Warnings"],
        serde_json::json!([
            { "code": "line_not_indented", "where": "Date" },
            { "code": "charset_unknown", "where": "0" },
        ])
    );
    assert!(reading.page.contains("A line of a header field is not indented. <code>Date</code>"), "{}", reading.page);
}
