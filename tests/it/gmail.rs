//! Tests of `gatepost gmail …` against the Google stub, as used from a terminal and a browser.

use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::google::{Google, Reply, Then, html};
use crate::support::process::Folder;

pub const TOKEN: &str = "credentials/google-token.json";
/// Longer than any step takes on a loaded machine.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// A folder configured for Gmail, with the credentials of a desktop client and without a consent.
pub async fn site() -> (Google, Folder) {
    let google = Google::start().await;
    let toml = format!(
        "[default.mail]\ntransport = \"gmail\"\nfrom = \"Site <post@example.com>\"\n[default.mail.gmail]\nendpoint = \"{}\"\n",
        google.endpoint()
    );
    let folder = Folder::new(&toml);
    folder.write("credentials/google.json", &google.installed());
    (google, folder)
}

pub fn command(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::from(folder.command(arguments));
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Runs a command to its end and asserts that it prints no secret.
pub async fn run(google: &Google, folder: &Folder, arguments: &[&str]) -> (bool, String, String) {
    finish(google, command(folder, arguments).spawn().unwrap()).await
}

pub async fn finish(google: &Google, child: Child) -> (bool, String, String) {
    let output: Output = tokio::time::timeout(TIMEOUT, child.wait_with_output()).await.unwrap().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(!google.leaks(&out) && !google.leaks(&err), "{out}{err}");
    (output.status.success(), out, err)
}

/// Returns the URL that stands alone on a line of standard output. A task reads the rest of the output.
pub async fn address(child: &mut Child) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    loop {
        let line = tokio::time::timeout(TIMEOUT, lines.next_line()).await.unwrap().unwrap();
        let line = line.expect("a line with a URL");
        if line.starts_with("http://") {
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return line;
        }
    }
}

/// The address that the consent page redirects to, without following it.
async fn redirect(address: &str) -> String {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = client.get(address).send().await.unwrap();
    response.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_in_the_browser_writes_a_token_file_that_only_its_owner_can_read() {
    let (google, folder) = site().await;
    let mut child = command(&folder, &["gmail", "authorize"]).spawn().unwrap();
    let address = address(&mut child).await;
    let page = reqwest::Client::new().get(address).header("accept-language", "ko-KR,en;q=0.5").send().await.unwrap();
    assert!(page.status().is_success());
    assert!(page.text().await.unwrap().contains("응답을 받았습니다"));
    let (done, _, stderr) = finish(&google, child).await;
    assert!(done, "{stderr}");
    let mode = std::fs::metadata(folder.path().join(TOKEN)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let (done, table, _) = run(&google, &folder, &["gmail", "status"]).await;
    assert!(done);
    for part in ["installed", "me", "Site <post@example.com>", "gmail.send", "none yet"] {
        assert!(table.contains(part), "{part} in {table}");
    }
    let (_, json, _) = run(&google, &folder, &["gmail", "status", "--json"]).await;
    let status: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(status["scope"], crate::support::google::SCOPE);
    assert_eq!(status["last_error"], serde_json::Value::Null);
    assert!(status["expires_at"].as_str().unwrap().ends_with('Z'), "{json}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_opens_the_printed_address_except_with_no_browser() {
    let (google, folder) = site().await;
    folder.write("bin/xdg-open", "#!/bin/sh\necho \"$1\" > opened.part && mv opened.part opened\n");
    let opener = folder.path().join("bin/xdg-open");
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().join("bin").display(), std::env::var("PATH").unwrap());
    let opened = folder.path().join("opened");
    for (arguments, opens) in [(&["gmail", "authorize"][..], true), (&["gmail", "authorize", "--no-browser"], false)] {
        let _ = std::fs::remove_file(&opened);
        let mut child = command(&folder, arguments).env("PATH", &path).env("DISPLAY", ":0").spawn().unwrap();
        let address = address(&mut child).await;
        if opens {
            while !opened.exists() {
                tokio::task::yield_now().await;
            }
            assert_eq!(std::fs::read_to_string(&opened).unwrap().trim(), address);
        }
        reqwest::get(address).await.unwrap();
        assert!(finish(&google, child).await.0);
        assert_eq!(opened.exists(), opens);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_browser_the_response_can_be_pasted() {
    let (google, folder) = site().await;
    let mut child = command(&folder, &["gmail", "authorize", "--no-browser"]).stdin(Stdio::piped()).spawn().unwrap();
    let address = address(&mut child).await;
    let answer = redirect(&address).await;
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"\nwhat?\nhttp://127.0.0.1/?state=another&code=4/other\n").await.unwrap();
    input.write_all(format!("{answer}\n").as_bytes()).await.unwrap();
    let (done, _, stderr) = finish(&google, child).await;
    assert!(done, "{stderr}");
    assert!(stderr.contains("paste"), "{stderr}");
    assert!(folder.path().join(TOKEN).exists());
    drop(input);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denial_and_a_timeout_are_reported() {
    let (google, folder) = site().await;
    google.deny();
    let mut child = command(&folder, &["gmail", "authorize"]).spawn().unwrap();
    let address = address(&mut child).await;
    assert!(reqwest::get(address).await.unwrap().text().await.unwrap().contains("Access denied"));
    let (done, _, stderr) = finish(&google, child).await;
    assert!(!done && stderr.contains("consent denied"), "{stderr}");
    let (done, _, stderr) = run(&google, &folder, &["gmail", "authorize", "--timeout", "1"]).await;
    assert!(!done && stderr.contains("no response within 1 s"), "{stderr}");
    assert!(!folder.path().join(TOKEN).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_that_cannot_work_is_reported_before_the_consent() {
    let (google, folder) = site().await;
    let refused = async |file: &str, expected: &str| {
        folder.write("credentials/google.json", file);
        let (done, out, err) = run(&google, &folder, &["gmail", "authorize"]).await;
        assert!(!done && out.is_empty() && err.contains(expected), "{out}{err}");
        assert_eq!(err.trim_end().lines().count(), 1, "{err}");
    };
    refused("{}", "download").await;
    refused(&google.web(&["https://id.example.com/cb".to_owned()]), "http://127.0.0.1:8400/").await;
    let account = google.service_account(folder.path(), "post@example.com");
    refused(&account, "mail.gmail.subject").await;
    folder.write("credentials/google.json", &google.installed());
    std::fs::create_dir(folder.path().join(TOKEN)).unwrap();
    refused(&google.installed(), "cannot write").await;
    assert!(google.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_is_revoked_both_at_google_and_locally_or_not_at_all() {
    let (google, folder) = site().await;
    let (done, _, stderr) = run(&google, &folder, &["gmail", "status"]).await;
    assert!(!done && stderr.contains("run `gatepost gmail authorize`"), "{stderr}");
    folder.write(TOKEN, &google.token_file(true));
    google.next_revocation(html(503));
    let (done, _, stderr) = run(&google, &folder, &["gmail", "revoke"]).await;
    assert!(!done && stderr.contains("503"), "{stderr}");
    assert!(folder.path().join(TOKEN).exists());
    let (done, out, _) = run(&google, &folder, &["gmail", "revoke"]).await;
    assert!(done && out.contains("revoked"), "{out}");
    assert!(!folder.path().join(TOKEN).exists());
    let (done, ..) = run(&google, &folder, &["gmail", "revoke"]).await;
    assert!(!done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_with_attachments_is_sent_and_the_receipt_names_gmails_id() {
    let (google, folder) = site().await;
    folder.write(TOKEN, &google.token_file(false));
    folder.write("본문.txt", "안녕하세요\n");
    folder.write("본문.html", "<p>안녕하세요</p>");
    folder.write("메모.txt", "기억할 것\n");
    folder.write("소리.mp3", "ID3");
    let (done, out, err) = run(
        &google,
        &folder,
        &[
            "mail",
            "send",
            "kim@example.org",
            "이영희 <lee@example.org>",
            "--subject",
            "환영합니다",
            "--text",
            "본문.txt",
            "--html",
            "본문.html",
            "--attach",
            "메모.txt",
            "--attach",
            "소리.mp3",
        ],
    )
    .await;
    assert!(done, "{out}{err}");
    let sent = google.sent();
    assert!(sent.len() == 1 && out.contains(&sent[0].id), "{out}");
    let mail = mail_parser::MessageParser::default().parse(&sent[0].raw).unwrap();
    assert_eq!(mail.subject(), Some("환영합니다"));
    assert_eq!(mail.to().unwrap().iter().count(), 2);
    let names: Vec<_> = mail.attachments().filter_map(mail_parser::MimeHeaders::attachment_name).collect();
    assert_eq!(names, ["메모.txt", "소리.mp3"]);

    let (done, out, _) = run(&google, &folder, &["mail", "test", "kim@example.org"]).await;
    assert!(done && out.contains(&google.sent()[1].id), "{out}");
    let (done, out, _) = run(&google, &folder, &["check"]).await;
    assert!(done && out.contains("transport gmail"), "{out}");
    assert_eq!(google.sent().len(), 2, "a check sends nothing");
    let (_, table, _) = run(&google, &folder, &["gmail", "status"]).await;
    assert!(!table.contains("none yet"), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_reports_a_revoked_consent_and_the_message_stays_queued() {
    let (google, folder) = site().await;
    folder.write(TOKEN, &google.token_file(false));
    google.forget_consent();
    folder.write("text.txt", "hello\n");
    let remedy = "run `gatepost gmail authorize`";
    let send = ["mail", "send", "kim@example.org", "--subject", "s", "--text", "text.txt"];
    let (done, _, stderr) = run(&google, &folder, &send).await;
    assert!(!done && stderr.contains(remedy) && stderr.contains("still in the outbox"), "{stderr}");
    let (done, out, _) = run(&google, &folder, &["check"]).await;
    assert!(!done && out.contains(remedy), "{out}");
    let (done, table, _) = run(&google, &folder, &["gmail", "status"]).await;
    assert!(done && table.contains(remedy), "{table}");
    let (_, json, _) = run(&google, &folder, &["mail", "list", "--json"]).await;
    assert!(json.contains(remedy) && json.contains("queued"), "{json}");

    folder.write(TOKEN, &google.token_file(false));
    let (done, out, stderr) = run(&google, &folder, &["mail", "test", "kim@example.org"]).await;
    assert!(done && out.contains("Gmail message id"), "{out}{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_level_shows_a_token_a_secret_or_a_key() {
    let (google, folder) = site().await;
    let account = google.service_account(folder.path(), "post@example.com");
    for (credentials, subject) in [(google.installed(), ""), (account, "post@example.com")] {
        folder.write("credentials/google.json", &credentials);
        folder.write(TOKEN, &google.token_file(false));
        let mut command = command(&folder, &["mail", "test", "kim@example.org"]);
        command.env("RUST_LOG", "trace").env("ROCKET_LOG_LEVEL", "debug").env("GATEPOST_MAIL__GMAIL__SUBJECT", subject);
        let (done, out, stderr) = finish(&google, command.spawn().unwrap()).await;
        assert!(done, "{out}{stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_upload_resumes_and_no_output_shows_its_address() {
    let (google, folder) = site().await;
    folder.write(TOKEN, &google.token_file(true));
    folder.write("large.bin", &"x".repeat(5_000_000));
    google.next_transfer(Reply::Keeps(1_000_000, Then::Drop));
    google.next_transfer(html(503));
    let mut command = command(&folder, &["mail", "test", "kim@example.org", "--attach", "large.bin"]);
    command.env("RUST_LOG", "trace").env("ROCKET_LOG_LEVEL", "debug");
    let (done, out, stderr) = finish(&google, command.spawn().unwrap()).await;
    let sent = google.sent();
    assert!(done && sent.len() == 1 && out.contains(&sent[0].id), "{out}{stderr}");
    assert_eq!(google.transferred(), sent[0].raw.len(), "no byte is sent twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_upload_without_an_address_is_reported_on_one_line() {
    let (google, folder) = site().await;
    folder.write(TOKEN, &google.token_file(true));
    folder.write("large.bin", &"x".repeat(5_000_000));
    google.next_upload(Reply::Status(200, Vec::new(), String::new()));
    let (done, _, stderr) = run(&google, &folder, &["mail", "test", "kim@example.org", "--attach", "large.bin"]).await;
    assert!(!done && stderr.contains("no usable address for a large upload"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}
