//! Secrets do not appear in any output, page or log line, neither plain nor in base64. The tests cover success and
//! every kind of failure, with the most verbose log.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use figment::providers::{Format as _, Toml};
use serde_json::{Value, json};

use super::site::{Site, Smtp};
use crate::smtp::programs::{program, said, succeeds};
use crate::support::google::{Google, Reply, error, html, token_error};
use crate::support::port;
use crate::support::process::{Folder, Process};
use crate::support::scripted::Scripted;
use crate::support::source::ROOT;

const PASSWORD: &str = "Xq7-korrekt-Pferd-Batterie+Heftklammer/9";
const SECRET_KEY: &str = "c2VjcmV0LWtleS1vZi1hLXRlc3QtMzItYnl0ZXMtbG8=";

/// Everything that Gatepost printed and served.
#[derive(Default)]
struct AllOutput(String);

impl AllOutput {
    fn command(&mut self, folder: &Folder, arguments: &[&str]) {
        self.0 += &said(&verbose(folder.command(arguments)).output().unwrap());
    }

    /// Runs a server that delivers the email of a signup, and reads all its pages about mail.
    async fn server(&mut self, folder: &Folder) {
        let server = Process::start(verbose(folder.command(&["serve"]))).unwrap_or_else(|said| panic!("{said}"));
        let visitor = server.visitor();
        visitor.sign_up("kim@example.org", "correct horse battery").await;
        let attempted = |printed: &str| printed.contains("message sent") || printed.contains("message not accepted");
        // A transport that failed for the commands before is paused.
        while !attempted(&server.printed()) && !visitor.get("/readyz").await.text().contains("degraded") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let pages = ["/readyz", "/metrics", "/dev/inbox", "/dev/inbox/outbox", "/dev/inbox/previews"];
        let api = ["info", "webui", "messages", "search?query=kim", "tags", "chaos", "faults", "openapi.json"];
        let api = api.map(|path| format!("/dev/inbox/api/v1/{path}"));
        let rows = ids(folder).into_iter().map(|id| format!("/dev/inbox/outbox/{id}"));
        for path in pages.map(str::to_owned).into_iter().chain(api).chain(rows) {
            for accept in ["text/html", "application/json"] {
                let page = server.visitor().with("accept", accept).get(&path).await;
                assert!(page.status == 200 || path.ends_with("chaos"), "{path}: {}", page.status);
                self.0 += &page.text();
            }
        }
        self.0 += &server.printed();
    }

    /// Shows each message of the outbox on the command line.
    fn rows(&mut self, folder: &Folder) {
        let ids = ids(folder);
        assert!(!ids.is_empty(), "at least one message");
        for id in ids {
            self.command(folder, &["mail", "show", &id]);
            self.command(folder, &["mail", "show", &id, "--json"]);
        }
    }

    fn assert_without(&self, secrets: &[String]) {
        for secret in secrets {
            for form in forms(secret) {
                let at = self.0.find(&form);
                let near = at.map(|at| self.0[..at].lines().last().unwrap_or_default().to_owned());
                assert!(at.is_none(), "{form} appears after {near:?}");
            }
        }
    }
}

/// The ids of all messages in the outbox.
fn ids(folder: &Folder) -> Vec<String> {
    let list = folder.run(&["mail", "list", "--json"]);
    let list: Vec<Value> = serde_json::from_slice(&list.stdout).unwrap_or_else(|_| panic!("{}", said(&list)));
    list.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn verbose(mut command: Command) -> Command {
    command.env("ROCKET_LOG_LEVEL", "debug").env("RUST_LOG", "trace").env("GATEPOST_SECRET_KEY", SECRET_KEY);
    command
}

/// The forms in which a secret could appear: plain, in base64 alone or inside other data, and URL-encoded.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned(), STANDARD.encode(secret), URL_SAFE_NO_PAD.encode(secret)];
    for before in 1..3 {
        let code = STANDARD_NO_PAD.encode([&b"\0"[..before.min(1)], &b"x"[..before - 1], secret.as_bytes()].concat());
        // The first and last characters also encode bits of the neighbours.
        forms.push(code[before + 1..code.len() - 3].to_owned());
    }
    forms.push(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect());
    forms
}

/// A server that repeats each command in its rejection, both raw and decoded.
fn echo_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let say = |text: &str| (&stream).write_all(format!("{text}\r\n").as_bytes()).is_ok();
            say("220 parrot");
            while let Some(Ok(line)) = lines.next() {
                let decoded = line.split(' ').next_back().and_then(|word| STANDARD.decode(word).ok());
                let decoded = decoded.map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " "));
                let answer = match line.get(..4).unwrap_or_default() {
                    "EHLO" => "250-parrot\r\n250 AUTH PLAIN LOGIN".to_owned(),
                    "AUTH" => format!("535 5.7.8 no such login: {line} ({})", decoded.unwrap_or_default()),
                    _ => "221 bye".to_owned(),
                };
                if !say(&answer) {
                    break;
                }
            }
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn the_smtp_password_and_the_secret_key_appear_nowhere() {
    let login = json!(["kim", PASSWORD]);
    let plan = |mechanism: &str| json!({ "login": login, "mechanisms": [mechanism], "auth_in_clear": true });
    let wrong = json!({ "login": ["kim", "another"], "auth_in_clear": true });
    let plans = [plan("PLAIN"), plan("LOGIN"), plan("CRAM-MD5"), wrong, json!({ "login": login }), json!({})];
    let mut servers = Vec::new();
    for plan in &plans {
        let Some(server) = Scripted::aiosmtpd(plan) else { return };
        servers.push(server);
    }
    let [closed] = port::free();
    let ports = servers.iter().map(|server| server.port).chain([echo_server(), closed]);
    for port in ports {
        let smtp = Smtp::plain(port).login("kim", PASSWORD);
        let site = Site::new(&smtp);
        let mut output = AllOutput::default();
        for arguments in [
            &["check"][..],
            &["mail", "test", "kim@example.org"],
            &["mail", "send", "kim@example.org", "--subject", "s", "--text", "text.txt"],
            &["mail", "list"],
            &["mail", "list", "--json"],
        ] {
            output.command(&site.folder, arguments);
        }
        output.server(&site.folder).await;
        output.rows(&site.folder);
        output.assert_without(&[PASSWORD.to_owned(), SECRET_KEY.to_owned()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn googles_tokens_and_client_secret_appear_nowhere() {
    let answers = [
        (None, None),
        (None, Some(error(401, "authError", "Invalid Credentials"))),
        (None, Some(error(403, "accessNotConfigured", "not enabled"))),
        (None, Some(error(429, "userRateLimitExceeded", "slow down"))),
        (None, Some(html(502))),
        (None, Some(Reply::HalfBody)),
        (None, Some(Reply::Drop)),
        (Some(token_error(400, "invalid_grant")), None),
        (Some(token_error(401, "invalid_client")), None),
        (Some(html(503)), None),
    ];
    for (token, upload) in answers {
        let google = Google::start().await;
        let toml = format!(
            "[default.mail]\ntransport = \"gmail\"\n[default.mail.gmail]\nendpoint = \"{}\"\n",
            google.endpoint()
        );
        let folder = Folder::new(&toml);
        folder.write("credentials/google.json", &google.installed());
        folder.write("credentials/google-token.json", &google.token_file(false));
        folder.write("text.txt", "hello\n");
        let mut output = AllOutput::default();
        for arguments in [
            &["mail", "test", "kim@example.org"][..],
            &["mail", "send", "kim@example.org", "--subject", "s", "--text", "text.txt"],
            &["check"],
            &["gmail", "status", "--json"],
            &["mail", "list"],
            &["mail", "list", "--json"],
        ] {
            token.iter().for_each(|reply| google.next_token(reply.clone()));
            upload.iter().for_each(|reply| google.next_upload(reply.clone()));
            output.command(&folder, arguments);
        }
        token.iter().for_each(|reply| google.next_token(reply.clone()));
        upload.iter().for_each(|reply| google.next_upload(reply.clone()));
        output.server(&folder).await;
        output.rows(&folder);
        output.command(&folder, &["gmail", "revoke"]);
        output.assert_without(&google.secrets());
    }
}

/// Runs git with the ignore files of the project in a folder with the files of an installation.
#[test]
fn the_ignore_files_of_the_project_exclude_every_secret() {
    let Some(mut git) = program("git") else { return };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "secret").unwrap();
    };
    for rules in [".gitignore", "credentials/.gitignore"] {
        write(rules);
        std::fs::copy(format!("{ROOT}/{rules}"), folder.path().join(rules)).unwrap();
    }
    let secrets =
        ["google.json", "google-token.json", ".google-token.json.1.tmp", "smtp-password", "secret_key", "ops-token"];
    secrets.iter().for_each(|name| write(&format!("credentials/{name}")));
    for name in [".env", "data/gatepost.db", "data/secret_key", "credentials/README.md"] {
        write(name);
    }
    succeeds(&git.args(["init", "-q"]).current_dir(&folder).output().unwrap());
    let status = Command::new("git").args(["status", "--porcelain", "-uall"]).current_dir(&folder).output().unwrap();
    let seen = String::from_utf8(status.stdout).unwrap();
    assert_eq!(seen, "?? .gitignore\n?? credentials/.gitignore\n?? credentials/README.md\n");
}

#[test]
fn settings_show_no_secret_when_printed_whole() {
    let toml = format!(
        "[default]\nsecret_key = \"{SECRET_KEY}\"\n[default.mail]\ntransport = \"smtp\"\n[default.mail.smtp]\n\
         host = \"127.0.0.1\"\nusername = \"kim\"\npassword = \"{PASSWORD}\"\n[default.inbox]\nusername = \"dev\"\n\
         password = \"{PASSWORD}\"\n[default.ops]\ntoken = \"{PASSWORD}\"\n"
    );
    let figment = figment::Figment::from(rocket::Config::default()).merge(Toml::string(&toml).nested()).select("debug");
    let config = gatepost::config::Config::from_figment(figment).unwrap_or_else(|problem| panic!("{problem}"));
    let printed = AllOutput(format!("{config:?} {config:#?}"));
    assert!(printed.0.contains("127.0.0.1"), "the settings are printed");
    printed.assert_without(&[PASSWORD.to_owned(), SECRET_KEY.to_owned()]);
}
