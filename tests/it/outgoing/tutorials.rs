//! Runs the tutorials in docs/sending.md: their settings and their commands in order, with local servers in place of
//! the providers.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use mail_parser::{MessageParser, MimeHeaders as _};
use serde_json::json;

use super::parsers;
use crate::smtp::programs::{program, said, succeeds};
use crate::support::authority::Authority;
use crate::support::google::Google;
use crate::support::process::{Folder, Process};
use crate::support::scripted::Scripted;
use crate::support::source::ROOT;

const PASSWORD: &str = "ABCD1234EFGH";

/// One tutorial: its settings and its blocks of commands.
struct Tutorial {
    settings: String,
    blocks: Vec<String>,
}

impl Tutorial {
    fn read(number: usize) -> Self {
        let page = std::fs::read_to_string(format!("{ROOT}/docs/sending.md")).unwrap();
        let part = page.split("\n## ").nth(number).unwrap();
        let blocks = |kind: &str| -> Vec<String> {
            let fence = format!("```{kind}\n");
            part.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
        };
        Tutorial { settings: blocks("toml").concat(), blocks: blocks("sh") }
    }
}

/// A folder, and the environment variables that select the local servers.
struct Workspace {
    folder: Folder,
    environment: Vec<(&'static str, String)>,
}

impl Workspace {
    fn new(settings: &str, environment: Vec<(&'static str, String)>) -> Self {
        Workspace { folder: Folder::new(settings), environment }
    }

    /// Runs a block with sh; `input` is what the reader types.
    fn run(&self, block: &str, input: &str) -> Output {
        // The environment of a test command: clean, with free ports.
        let gatepost = self.folder.command(&[]);
        let mut shell = Command::new("sh");
        shell.args(["-e", "-u", "-c", block]).current_dir(self.folder.path()).stdin(Stdio::piped());
        for (name, value) in gatepost.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let programs = Path::new(env!("CARGO_BIN_EXE_gatepost")).parent().unwrap().display().to_string();
        let here = self.folder.path().join("bin").display().to_string();
        shell.env("PATH", format!("{here}:{programs}:{}", std::env::var("PATH").unwrap()));
        shell.env("HOME", self.folder.path()).env("DISPLAY", ":0").envs(self.environment.iter().cloned());
        let output = crate::smtp::programs::fed(&mut shell, input);
        assert!(output.status.success(), "{block}\n{}", said(&output));
        output
    }

    fn serve(&self) -> Process {
        let mut command = self.folder.command(&["serve"]);
        Process::start(command_with(&mut command, &self.environment)).unwrap_or_else(|said| panic!("{said}"))
    }

    fn script(&self, name: &str, text: &str) {
        self.folder.write(name, text);
        std::fs::set_permissions(self.folder.path().join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn command_with(command: &mut Command, environment: &[(&'static str, String)]) -> Command {
    command.envs(environment.iter().cloned());
    std::mem::replace(command, Command::new("true"))
}

/// A server in place of the provider: implicit TLS and a login. Returns the variables that select it.
fn provider(authority: &Authority) -> Option<(Scripted, Vec<(&'static str, String)>)> {
    let identity = authority.identity("localhost");
    let server = Scripted::aiosmtpd(&json!({
        "tls": "implicit", "certificate": identity.certificate, "key": identity.key, "login": ["you@naver.com", PASSWORD],
    }))?;
    let environment = vec![
        ("GATEPOST_MAIL__SMTP__HOST", "localhost".to_owned()),
        ("GATEPOST_MAIL__SMTP__PORT", server.port.to_string()),
        ("GATEPOST_MAIL__SMTP__CA_FILE", authority.root().display().to_string()),
    ];
    Some((server, environment))
}

#[test]
fn the_tutorial_sends_the_verification_email_by_smtp() {
    let authority = Authority::new();
    let Some((server, environment)) = provider(&authority) else { return };
    let Tutorial { settings, blocks } = Tutorial::read(1);
    let workspace = Workspace::new(&settings, environment);
    let [password, tries, serve, signup, list] = blocks.as_slice() else { panic!("{blocks:?}") };
    workspace.run(password, &format!("{PASSWORD}\n"));
    let tried = said(&workspace.run(tries, ""));
    assert!(tried.contains("logged in as you@naver.com") && tried.contains("queued as SCRIPT0001"), "{tried}");
    assert_eq!(serve, "gatepost serve\n");
    let site = workspace.serve();
    workspace.run(&signup.replace("http://127.0.0.1:8000", &site.http), "");
    let started = Instant::now();
    while !said(&workspace.run(list, "")).contains("queued as SCRIPT0002") {
        assert!(started.elapsed() < Duration::from_secs(30), "{}", said(&workspace.run(list, "")));
    }
    let messages = server.mail();
    assert!(messages.iter().any(|mail| text(mail).contains("/verify/")), "an email with a link");
    messages.iter().for_each(|mail| drop(parsers::read(mail)));
}

fn text(mail: &[u8]) -> String {
    MessageParser::default().parse(mail).and_then(|mail| mail.body_text(0).map(Into::into)).unwrap_or_default()
}

#[test]
fn the_tutorial_sends_the_welcome_email_with_the_library() {
    let authority = Authority::new();
    let Some((server, mut environment)) = provider(&authority) else { return };
    environment.push(("GATEPOST_MAIL__SMTP__PASSWORD_FILE", String::new()));
    environment.push(("GATEPOST_MAIL__SMTP__PASSWORD", PASSWORD.to_owned()));
    let workspace = Workspace::new(&Tutorial::read(1).settings, environment);
    let Tutorial { blocks, .. } = Tutorial::read(2);
    let [command, template, enqueue, example] = blocks.as_slice() else { panic!("{blocks:?}") };
    let receipt = said(&workspace.run(command, ""));
    assert!(receipt.contains("queued as SCRIPT0001"), "{receipt}");
    let Some(found) = parsers::read(&server.mail()[0]) else { return };
    assert_eq!((&found["subject"], found["to"].as_array().unwrap().len()), (&json!("환영합니다"), 2));
    assert!(found["html"].as_str().unwrap().contains("<strong>김철수</strong>"));

    let receipt = said(&workspace.run(template, ""));
    assert!(receipt.contains("queued as SCRIPT0002"), "{receipt}");
    congratulations(&server, 1);
    let site = workspace.serve();
    workspace.run(&enqueue.replace("cargo run --example enqueue --", &example_path("enqueue")), "");
    let started = Instant::now();
    while server.mail().len() < 3 {
        assert!(started.elapsed() < Duration::from_secs(30), "{}", site.printed());
    }
    congratulations(&server, 2);

    let Some(catcher) = Scripted::aiosmtpd(&json!({})) else { return };
    let example = example.replace("cargo run --example send --", &example_path("send"));
    let receipt = said(&workspace.run(&example.replace(" 1025 ", &format!(" {} ", catcher.port)), ""));
    assert!(receipt.contains("queued as SCRIPT0001"), "{receipt}");
    let Some(found) = parsers::read(&catcher.mail()[0]) else { return };
    assert_eq!(found["attachments"][0]["name"], "메모.txt");
}

/// The path of a built example.
fn example_path(name: &str) -> String {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_gatepost")).with_file_name("examples").join(name);
    built.display().to_string()
}

/// Checks that the server has `count` messages of the tutorial's template.
fn congratulations(server: &Scripted, count: usize) {
    let subject = |mail: &[u8]| MessageParser::default().parse(mail).and_then(|mail| mail.subject().map(str::to_owned));
    let is_one = |mail: &Vec<u8>| subject(mail).as_deref() == Some("김철수 님, 환영합니다");
    let found: Vec<_> = server.mail().into_iter().filter(is_one).collect();
    assert_eq!(found.len(), count);
    found.iter().for_each(|mail| is_congratulation(mail));
}

/// The message of the tutorial's template: both parts, with the variables.
fn is_congratulation(message: &[u8]) {
    let Some(found) = parsers::read(message) else { return };
    assert_eq!(found["subject"], "김철수 님, 환영합니다");
    let html = found["html"].as_str().unwrap();
    assert!(html.contains("<h1>환영합니다, 김철수 님.</h1>") && html.contains("kim@example.org"), "{html}");
    let text = text(message);
    assert!(text.contains("환영합니다, 김철수 님.") && text.contains("/login"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tutorial_sends_its_template_by_the_gmail_api() {
    let google = Google::start().await;
    let settings = Tutorial::read(3).settings;
    let Tutorial { blocks, .. } = Tutorial::read(2);
    let workspace = Workspace::new(&settings, vec![("GATEPOST_MAIL__GMAIL__ENDPOINT", google.endpoint())]);
    workspace.folder.write("credentials/google.json", &google.installed());
    workspace.folder.write("credentials/google-token.json", &google.token_file(true));
    let receipt = tokio::task::block_in_place(|| said(&workspace.run(&blocks[1], "")));
    let sent = google.sent();
    assert!(sent.len() == 1 && receipt.contains(&sent[0].id), "{receipt}");
    tokio::task::block_in_place(|| is_congratulation(&sent[0].raw));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tutorial_sends_attachments_by_the_gmail_api() {
    let google = Google::start().await;
    let Tutorial { settings, blocks } = Tutorial::read(3);
    let workspace = Workspace::new(&settings, vec![("GATEPOST_MAIL__GMAIL__ENDPOINT", google.endpoint())]);
    workspace.folder.write("Downloads/client_secret_1.apps.googleusercontent.com.json", &google.installed());
    // A script in place of the browser and the user's consent.
    workspace.script("bin/xdg-open", "#!/bin/sh\ncurl -sSL \"$1\" > consent.html\n");
    if program("curl").is_none() {
        return;
    }
    for name in ["메모.txt", "사진.png", "소리.mp3", "가이드.pdf", "무제"] {
        workspace.folder.write(name, "내용\n");
    }
    let [copy, consent, send, revoke] = blocks.as_slice() else { panic!("{blocks:?}") };
    let printed = tokio::task::block_in_place(|| {
        workspace.run(copy, "");
        said(&workspace.run(consent, ""))
    });
    assert!(printed.contains("gmail.send") && printed.contains("ok    transport gmail"), "{printed}");
    let receipt = tokio::task::block_in_place(|| said(&workspace.run(send, "")));
    let sent = google.sent();
    assert!(sent.len() == 1 && receipt.contains(&sent[0].id), "{receipt}");
    tokio::task::block_in_place(|| parsers::read(&sent[0].raw));
    let mail = MessageParser::default().parse(&sent[0].raw).unwrap();
    let kinds: Vec<_> = mail
        .attachments()
        .map(|part| part.content_type().map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or("-"))))
        .map(Option::unwrap)
        .collect();
    let expected = ["text/plain", "image/png", "audio/mpeg", "application/pdf", "application/octet-stream"];
    assert_eq!(kinds, expected);
    let output = tokio::task::block_in_place(|| workspace.run(revoke, ""));
    succeeds(&output);
    assert!(!workspace.folder.path().join("credentials/google-token.json").exists());
}
