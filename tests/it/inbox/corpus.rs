//! Stores every message of a folder, by SMTP and by import, and reads it by every route. `TEST_MAIL_CORPUS` names the
//! folder; without it, the project's own messages are used.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::app::{App, Engine};
use crate::support::source::ROOT;
use crate::support::visitor::{Page, Visitor};

/// The only recipient in the envelopes; it is in no message.
pub const RECIPIENT: &str = "recipient@corpus.test";
/// Maximum time of one request.
const LIMIT: Duration = Duration::from_secs(1);
/// Extensions of files with messages.
const EXTENSIONS: [&str; 7] = ["eml", "email", "mail", "msg", "raw", "txt", ""];
const API: &str = "/dev/inbox/api/v1";

/// A message of the corpus.
pub struct CorpusMail {
    /// The path below the corpus, with `_` for `/`.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The messages of the corpus, sorted by name. Empty files are left out, since they hold no message.
pub fn corpus() -> Vec<CorpusMail> {
    let folders = match std::env::var_os("TEST_MAIL_CORPUS") {
        Some(folder) => vec![PathBuf::from(folder)],
        None => ["corpus/mime", "mail"].map(|name| Path::new(ROOT).join("tests").join(name)).to_vec(),
    };
    let mut found = Vec::new();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        collect(folder, folder, &mut found);
    }
    found.sort_by(|a: &CorpusMail, b| a.name.cmp(&b.name));
    assert!(!found.is_empty(), "no messages in {folders:?}");
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<CorpusMail>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(root, &path, found);
            continue;
        }
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let bytes = std::fs::read(&path).expect("a file");
        if EXTENSIONS.contains(&extension.as_str()) && !bytes.is_empty() {
            let name = path.strip_prefix(root).expect("a path below the corpus").to_string_lossy().replace('/', "_");
            found.push(CorpusMail { name, bytes });
        }
    }
}

/// A server, and what its routes answered.
struct CorpusRun {
    app: App,
    visitor: Visitor,
    failures: Vec<String>,
}

impl CorpusRun {
    async fn get(&mut self, name: &str, path: &str) -> Page {
        let begin = Instant::now();
        let page = self.visitor.get(path).await;
        self.check_time(name, path, begin);
        self.check(page.status < 500, || format!("{name}: {path}: {}", page.status));
        page
    }

    fn check(&mut self, is_right: bool, failure: impl FnOnce() -> String) {
        if !is_right {
            self.failures.push(failure());
        }
    }

    fn check_time(&mut self, name: &str, what: &str, begin: Instant) {
        let took = begin.elapsed();
        self.check(took <= LIMIT, || format!("{name}: {what} took {took:?}"));
    }

    /// Sends the message by SMTP, with BDAT, which keeps its bytes. Returns its ID.
    async fn submit(&mut self, mail: &CorpusMail) -> Option<String> {
        let begin = Instant::now();
        let mut smtp = TcpStream::connect(self.app.smtp()).await.expect("a connection");
        let envelope =
            format!("EHLO corpus.test\r\nMAIL FROM:<sender@corpus.test> BODY=8BITMIME\r\nRCPT TO:<{RECIPIENT}>\r\n");
        let data = format!("BDAT {} LAST\r\n", mail.bytes.len());
        let dialogue = [envelope.as_bytes(), data.as_bytes(), &mail.bytes, b"QUIT\r\n"].concat();
        smtp.write_all(&dialogue).await.expect("written");
        let mut replies = String::new();
        smtp.read_to_string(&mut replies).await.expect("an end");
        self.check_time(&mail.name, "SMTP", begin);
        let id = replies.lines().find_map(|line| line.split_once("queued as ")).map(|(_, id)| id.trim().to_owned());
        self.check(id.is_some(), || format!("{}: {replies}", mail.name));
        id
    }

    /// Reads the message by every route. Returns the answer of `message`.
    async fn read(&mut self, mail: &CorpusMail, id: &str) -> Value {
        let name = mail.name.as_str();
        let message = self.get(name, &format!("{API}/message/{id}")).await;
        self.check(message.status == 200, || format!("{name}: message: {}", message.status));
        let message = if message.status == 200 { message.json() } else { Value::Null };
        let received = self.get(name, &format!("{API}/message/{id}/received")).await;
        self.check(received.body == mail.bytes, || format!("{name}: the received bytes differ"));
        for route in ["headers", "raw", "html-check", "lint"] {
            self.get(name, &format!("{API}/message/{id}/{route}")).await;
        }
        for view in
            ["", ".html", ".txt", "/frame", "?tab=text", "?tab=source", "?tab=headers", "?tab=raw", "?tab=checks"]
        {
            self.get(name, &format!("/dev/inbox/view/{id}{view}")).await;
        }
        for list in ["Attachments", "Inline"] {
            for part in message[list].as_array().into_iter().flatten() {
                self.read_part(name, id, part).await;
            }
        }
        self.find(name, id, &message).await;
        message
    }

    async fn read_part(&mut self, name: &str, id: &str, part: &Value) {
        let path = format!("{API}/message/{id}/part/{}", part["PartID"].as_str().expect("a part's id"));
        let content = self.get(name, &path).await;
        let sum: String = Sha256::digest(&content.body).iter().map(|byte| format!("{byte:02x}")).collect();
        let is_listed = part["Checksums"]["SHA256"] == sum && part["Size"] == content.body.len();
        self.check(is_listed, || format!("{name}: {path}: other bytes than the list says"));
        self.get(name, &format!("{path}/thumb")).await;
    }

    /// Finds the message by a word of its subject: in the list, in a search and by waiting.
    async fn find(&mut self, name: &str, id: &str, message: &Value) {
        let subject = message["Subject"].as_str().unwrap_or_default();
        let is_word = |word: &&str| word.chars().count() > 2 && word.chars().all(char::is_alphanumeric);
        let word = subject.split_whitespace().find(is_word);
        let query =
            percent_encoding::utf8_percent_encode(word.unwrap_or("is:unread"), percent_encoding::NON_ALPHANUMERIC);
        for path in [
            format!("{API}/messages?limit=1"),
            format!("{API}/search?limit=1&query={query}"),
            format!("{API}/wait?timeout=0&query={query}"),
            format!("/dev/inbox/?q={query}"),
        ] {
            let found = self.get(name, &path).await;
            // Without a word, the search is for unread messages, and this one has been read.
            let is_expected = word.is_some() || path.contains("limit=1") && !path.contains("query");
            self.check(!is_expected || found.text().contains(id), || format!("{name}: not found by {path}"));
        }
    }

    /// Imports all messages and compares what is stored, then exports all and compares the files.
    async fn import_and_export(&mut self, mails: &[CorpusMail]) {
        let (from, to) = (self.app.folder().join("import"), self.app.folder().join("export"));
        std::fs::create_dir(&from).expect("a folder");
        for (number, mail) in mails.iter().enumerate() {
            std::fs::write(from.join(format!("{number:06}.eml")), &mail.bytes).expect("a file");
        }
        let output = self.app.command(&["inbox", "import", &from.to_string_lossy()]);
        let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        self.check(out == format!("imported {} messages\n", mails.len()), || format!("import: {out}{errors}"));
        let list = self.get("import", &format!("{API}/messages?limit={}", mails.len())).await.json();
        let mut expected = BTreeMap::new();
        for (summary, mail) in list["messages"].as_array().expect("a list").iter().rev().zip(mails) {
            let id = summary["ID"].as_str().expect("an id").to_owned();
            let received = self.get(&mail.name, &format!("{API}/message/{id}/received")).await.body;
            // The separator of an mbox file is not part of the message.
            let is_whole =
                mail.bytes == received || mail.bytes.starts_with(b"From ") && mail.bytes.ends_with(&received);
            self.check(is_whole, || format!("{}: the imported bytes differ", mail.name));
            expected.insert(id, received);
        }
        let output = self.app.command(&["inbox", "export", &to.to_string_lossy()]);
        self.check(output.status.success(), || format!("export: {}", String::from_utf8_lossy(&output.stderr)));
        for (id, bytes) in expected {
            let exported = std::fs::read(to.join(format!("{id}.eml"))).unwrap_or_default();
            self.check(exported == bytes, || format!("{id}: the exported bytes differ"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_of_the_corpus_comes_back_byte_for_byte_by_every_route() {
    let mails = corpus();
    let app = App::on(Engine::Sqlite)
        .settings("[default.inbox]\nkeep_messages = 0\nkeep_bytes = 0")
        .real_time()
        .start()
        .await;
    let mut run = CorpusRun { visitor: app.visitor(), app, failures: Vec::new() };
    let mut read = BTreeMap::new();
    for mail in &mails {
        if let Some(id) = run.submit(mail).await {
            read.insert(mail.name.clone(), run.read(mail, &id).await);
        }
    }
    run.import_and_export(&mails).await;
    run.failures.extend(super::readers::differences(&mails, &read));
    assert!(
        run.failures.is_empty(),
        "{} failures in {} messages:\n{}",
        run.failures.len(),
        mails.len(),
        run.failures.join("\n")
    );
}
