//! Mailpit's flags and variables: each does what it does there, or is named.

use serde_json::Value;

use crate::support::process::{Folder, Process};

use super::server::{MailpitServer, command, failure, on_free_ports, run};

/// Standard base64, for Basic authentication.
pub fn base64_of(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |n: usize| char::from(DIGITS[n & 63]);
    let group = |bytes: &[u8]| {
        let n = bytes.iter().chain([0, 0].iter()).take(3).fold(0, |n, byte| n << 8 | usize::from(*byte));
        let all: String = [n >> 18, n >> 12, n >> 6, n].map(digit).iter().take(bytes.len() + 1).collect();
        format!("{all:=<4}")
    };
    text.as_bytes().chunks(3).map(group).collect()
}

pub(super) async fn get(url: &str, headers: &[(&'static str, &str)]) -> (u16, String, reqwest::header::HeaderMap) {
    let mut request = reqwest::Client::new().get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, answer.text().await.expect("a text"), headers)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_needs_no_file_no_key_and_no_database_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut start = on_free_ports(&Folder::new(""), &[]);
    start.current_dir(folder.path());
    let server = Process::start(start).expect("it starts");
    server.prints("[http] accessible via http://127.0.0.1:", 1);
    let database = server.visitor().get("/api/v1/info").await;
    let info: Value = serde_json::from_slice(&database.body).expect("JSON");
    let path = info["Database"].as_str().expect("a path").to_owned();
    assert!(std::path::Path::new(&path).exists(), "{path}");
    let page = server.visitor().get("/").await;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    assert!(!page.contains("/outbox") && !page.contains("/previews"), "there is no site: {page}");
    for path in ["/outbox", "/previews", "/login", "/account", "/healthz"] {
        assert_eq!(server.visitor().get(path).await.status, 404, "{path}");
    }
    let (status, said) = server.terminate();
    assert!(status.success(), "{said}");
    assert!(!std::path::Path::new(&path).exists(), "the temporary file is removed");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_keeps_messages_over_a_restart_and_the_newest_are_kept() {
    let folder = Folder::new("");
    let server = MailpitServer::start_in(folder, &["--db-file", "mail.db", "--max", "2"], &[]);
    for subject in ["one", "two", "three"] {
        server.send("a@x.test", &format!("Subject: {subject}\r\n\r\nhi"));
    }
    let MailpitServer { folder, process } = server;
    process.terminate();
    let server = MailpitServer::start_in(folder, &["-d", "mail.db", "-m2"], &[("MP_MAX_MESSAGES", "500")]);
    for _ in 0..200 {
        if server.subjects().await.len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(server.subjects().await, ["three", "two"], "a flag wins over its variable");
}

#[test]
fn wrong_use_names_the_flag_and_contradictions_name_both() {
    let folder = Folder::new("");
    let (code, said) = failure(&run(&folder, &["--listn", ":1"]));
    assert_eq!((code, said.as_str()), (Some(2), "mailpit: unknown flag --listn; did you mean --listen?\n"));
    let (code, said) = failure(&run(&folder, &["--max", "many"]));
    assert_eq!(code, Some(2));
    assert!(said.contains("--max") && said.lines().count() == 1, "{said}");
    let (_, said) = failure(&run(&folder, &["--send-api-auth-accept-any", "--send-api-auth-file", "none"]));
    assert!(said.contains("--send-api-auth-file: cannot read none"), "{said}");
    let mut start = command(&folder, &["--smtp-require-tls", "--smtp-tls-cert", "c.pem"]);
    let (_, said) = failure(&start.env("MP_SMTP_REQUIRE_STARTTLS", "1").output().expect("it runs"));
    assert!(said.contains("--smtp-require-tls: contradicts --smtp-require-starttls"), "{said}");
}

#[test]
fn a_taken_port_names_the_flag_and_the_variable() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = taken.local_addr().expect("its address").to_string();
    let folder = Folder::new("");
    let (code, said) = failure(&run(&folder, &["--listen", &at, "--smtp", "127.0.0.1:0"]));
    assert_eq!(code, Some(1));
    assert!(said.contains(&at) && said.contains("--listen (MP_UI_BIND_ADDR)"), "{said}");
    let (_, said) = failure(&run(&folder, &["--listen", "127.0.0.1:0", "--smtp", &at]));
    assert!(said.contains(&at) && said.contains("--smtp (MP_SMTP_BIND_ADDR)"), "{said}");
}

#[test]
fn options_without_an_equal_are_named_once_at_the_start() {
    let variables = [
        ("MP_WEBHOOK_URL", "http://x.test"),
        ("MP_SMTP_RELAY_HOST", "mail.test"),
        ("MP_ENABLE_SPAMASSASSIN", "127.0.0.1:783"),
        ("MP_MAX_MESAGES", "5"),
        ("MP_TENANT_ID", "t"),
    ];
    let server = MailpitServer::start(&[], &variables);
    for words in ["MP_WEBHOOK_URL", "MP_SMTP_RELAY_HOST", "MP_ENABLE_SPAMASSASSIN"] {
        assert_eq!(server.process.prints(words, 1).len(), 1, "{words}");
    }
    server.process.prints("did you mean MP_MAX_MESSAGES?", 1);
    let (_, said) = server.process.terminate();
    assert!(!said.contains("MP_TENANT_ID"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webroot_moves_pages_api_probes_and_assets() {
    let server = MailpitServer::start(&["--webroot", "/mail/"], &[]);
    server.process.prints("[http] accessible via http://127.0.0.1:", 1);
    server.send("a@x.test", "Subject: hi\r\n\r\nhello");
    assert_eq!(server.status("/mail/livez").await, 200);
    assert_eq!(server.status("/mail/readyz").await, 200);
    for gone in ["/livez", "/readyz", "/api/v1/messages", "/"] {
        assert_eq!(server.status(gone).await, 404, "{gone}");
    }
    let (status, list) = server.api("/mail/api/v1/messages").await;
    assert_eq!((status, list["total"].as_u64()), (200, Some(1)));
    let (status, page, headers) = get(&format!("{}/mail/", server.process.http), &[]).await;
    assert_eq!(status, 200);
    let id = list["messages"][0]["ID"].as_str().expect("an id");
    assert!(page.contains(&format!("/mail/view/{id}")), "{page}");
    let asset = page.split("href=\"").find_map(|rest| rest.split('"').next().filter(|href| href.contains("inbox.css")));
    let asset = asset.expect("the stylesheet").to_owned();
    assert!(asset.starts_with("/mail/static/"), "{asset}");
    assert_eq!(server.status(&asset).await, 200);
    let policy = headers["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.contains(&format!("style-src {}/mail/static/;", server.http())), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_close_pages_and_api_and_send_has_its_own() {
    let folder = Folder::new("");
    // `htpasswd -nbB kim s3cret`, and a plain password.
    folder.write("logins", "# people\nann:plain\n");
    let variables = [("MP_SEND_API_AUTH", "app:token")];
    let server = MailpitServer::start_in(folder, &["--ui-auth-file", "logins"], &variables);
    let at = |path: &str| format!("{}{path}", server.process.http);
    let login = |text: &str| format!("Basic {}", base64_of(text));
    for closed in ["/", "/api/v1/messages", "/metrics"] {
        assert_eq!(get(&at(closed), &[]).await.0, 401, "{closed}");
        assert_eq!(get(&at(closed), &[("authorization", &login("ann:plain"))]).await.0, 200, "{closed}");
        assert_eq!(get(&at(closed), &[("authorization", &login("app:token"))]).await.0, 401, "{closed}");
    }
    assert_eq!((server.status("/livez").await, server.status("/readyz").await), (200, 200));
    let send = async |login: &str| {
        let body = r#"{"From":{"Email":"a@x.test"},"To":[{"Email":"b@x.test"}],"Subject":"s","Text":"t"}"#;
        let request =
            reqwest::Client::new().post(at("/api/v1/send")).body(body).header("content-type", "application/json");
        request.header("authorization", login).send().await.expect("an answer").status().as_u16()
    };
    assert_eq!((send(&login("ann:plain")).await, send(&login("app:token")).await), (401, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn chaos_label_cors_and_compression_are_set() {
    let flags =
        ["--enable-chaos", "--chaos-triggers", "Recipient:451:100", "--label", "QA", "--hide-delete-all-button"];
    let server = MailpitServer::start(&flags, &[("MP_API_CORS", "app.test"), ("MP_DISABLE_HTTP_COMPRESSION", "yes")]);
    let replies = server.smtp(&["EHLO me", "MAIL FROM:<a@x.test>", "RCPT TO:<a@x.test>"]);
    assert_eq!(replies[3], "451 Chaos recipient error");
    let (_, webui) = server.api("/api/v1/webui").await;
    assert_eq!(
        (&webui["Label"], &webui["ChaosEnabled"], &webui["HideDeleteAllButton"]),
        (&"QA".into(), &true.into(), &true.into())
    );
    let at = format!("{}/api/v1/info", server.process.http);
    let (status, _, headers) = get(&at, &[("origin", "https://app.test"), ("accept-encoding", "gzip")]).await;
    assert_eq!((status, headers["access-control-allow-origin"].to_str().ok()), (200, Some("https://app.test")));
    assert!(!headers.contains_key("content-encoding"));
    assert_eq!(get(&at, &[("origin", "https://evil.test")]).await.0, 403);
    let (_, page, _) = get(&format!("{}/", server.process.http), &[]).await;
    assert!(page.contains("(QA)</title>"), "{page}");
    let plain = MailpitServer::start(&[], &[]);
    assert_eq!(plain.status("/api/v1/chaos").await, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loopback_listener_answers_to_loopback_names_and_to_listed_hosts_only() {
    let server = MailpitServer::start(&[], &[("GATEPOST_HOSTS", "mail.ddev.site")]);
    let port = server.http().rsplit(':').next().expect("a port").to_owned();
    let at = format!("{}/api/v1/messages", server.process.http);
    let status = async |host: &str| get(&at, &[("host", host)]).await.0;
    for host in ["localhost", "LOCALHOST", "127.0.0.1", "[::1]", "app.localhost", "mail.ddev.site"] {
        assert_eq!(status(&format!("{host}:{port}")).await, 200, "{host}");
    }
    for host in [
        "evil.example",
        "evil.example.",
        "localhost.evil.example.",
        "localhost.",
        "mail.ddev.site.",
        "localhost.evil.example",
        "mailpit",
        "127.1",
        "0x7f000001",
        "2130706433",
        "mail.local",
    ] {
        let (status, said, _) = get(&at, &[("host", &format!("{host}:{port}"))]).await;
        assert_eq!(status, 421, "{host}");
        assert!(said.contains("GATEPOST_HOSTS"), "{said}");
    }
    let (_, page, _) = get(&server.process.http, &[("host", "evil.example"), ("accept", "text/html")]).await;
    assert!(page.contains("GATEPOST_HOSTS"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_an_address_of_their_own_if_asked() {
    let server = MailpitServer::start(&["--enable-prometheus", "127.0.0.1:0"], &[]);
    let line = server.process.prints("[prometheus] metrics at ", 1).remove(0);
    let url = line.rsplit(' ').next().expect("an address").to_owned();
    let (status, text, _) = get(&url, &[("host", "prometheus.example")]).await;
    assert_eq!(status, 200);
    assert!(text.contains("mailpit_messages 0"), "{text}");
    assert_eq!(get(&url.replace("/metrics", "/api/v1/messages"), &[]).await.0, 404, "nothing else is there");
}

#[test]
fn the_log_goes_to_a_file_and_quiet_and_verbose_change_it() {
    let folder = Folder::new("");
    let server = MailpitServer::start_in(folder, &["--log-file", "log", "-v"], &[]);
    server.send("a@x.test", "Subject: s\r\n\r\n");
    let MailpitServer { folder, process } = server;
    process.terminate();
    let log = std::fs::read_to_string(folder.path().join("log")).expect("the log");
    assert!(log.contains("a message was received by SMTP") && !log.contains('\u{1b}'), "{log}");
    let server = MailpitServer::start(&["--quiet"], &[]);
    let (_, said) = server.process.terminate();
    assert!(!said.contains("INFO"), "{said}");
}

#[test]
fn the_database_of_mailpit_itself_is_refused_and_not_changed() {
    let folder = Folder::new("");
    let made = std::process::Command::new("python3")
        .args([
            "-c",
            "import sqlite3; c = sqlite3.connect('old.db'); c.execute('create table mailbox (ID text)'); c.commit()",
        ])
        .current_dir(folder.path())
        .status();
    assert!(made.expect("python3 runs").success());
    let before = std::fs::read(folder.path().join("old.db")).expect("the file");
    let (code, said) =
        failure(&run(&folder, &["--database", "old.db", "--listen", "127.0.0.1:0", "--smtp", "127.0.0.1:0"]));
    assert_eq!(code, Some(1));
    assert!(said.contains("another program") && said.contains("mailpit dump"), "{said}");
    assert_eq!(std::fs::read(folder.path().join("old.db")).expect("the file").len(), before.len());
}
