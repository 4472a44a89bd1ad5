//! `gatepost check`: the state of each transport, and the cure for each failure.

use std::time::{Duration, Instant};

use serde_json::json;

use super::site::{Site, Smtp};
use crate::support::authority::{Authority, Identity};
use crate::support::google::Google;
use crate::support::port;
use crate::support::process::Folder;
use crate::support::scripted::Scripted;

/// An aiosmtpd server with a certificate and a login.
fn server(identity: &Identity, tls: &str) -> Option<Scripted> {
    Scripted::aiosmtpd(&json!({
        "tls": tls, "certificate": identity.certificate, "key": identity.key, "login": ["kim", "secret"],
    }))
}

fn to(port: u16, security: &'static str) -> Smtp {
    Smtp { host: "localhost", security, ..Smtp::plain(port) }.login("kim", "secret")
}

#[test]
fn a_working_server_is_described() {
    let authority = Authority::new();
    for (tls, security, said) in [("starttls", "starttls", "STARTTLS"), ("implicit", "tls", "TLS")] {
        let Some(server) = server(&authority.identity("localhost"), tls) else { return };
        let site = Site::new(&to(server.port, security).with("ca_file", authority.root().to_str().unwrap()));
        let (well, line) = site.check();
        assert!(well, "{line}");
        for part in [&format!("localhost:{}", server.port), said, "logged in as kim", "From no-reply@example.com"] {
            assert!(line.contains(part), "{part} in {line}");
        }
    }
}

#[test]
fn each_kind_of_invalid_certificate_is_reported_with_its_cure() {
    let authority = Authority::new();
    let root = authority.root();
    let alone = authority.self_signed("localhost");
    for (identity, ca_file, cure) in [
        (authority.identity("localhost"), None, "set mail.smtp.ca_file to its root, or to this certificate itself"),
        (authority.identity("mail.example.com"), Some(&root), "another name than localhost: set mail.smtp.host"),
        (authority.expired("localhost"), Some(&root), "has expired: renew it"),
        (authority.self_signed("localhost"), None, "set mail.smtp.ca_file to its root, or to this certificate itself"),
        (authority.self_signed("localhost"), Some(&root), "or to this certificate itself"),
    ] {
        let Some(server) = server(&identity, "implicit") else { return };
        let mut smtp = to(server.port, "tls");
        if let Some(file) = ca_file {
            smtp = smtp.with("ca_file", file.to_str().unwrap());
        }
        let site = Site::new(&smtp);
        let (well, line) = site.check();
        assert!(!well && line.contains(cure), "{cure}: {line}");
        site.send(&["kim@example.org"], &[]);
        assert_eq!(site.outcome(), ("queued".into(), "configuration".into()), "{line}");
    }
    let Some(server) = server(&alone, "starttls") else { return };
    let site = Site::new(&to(server.port, "starttls").with("ca_file", alone.certificate.to_str().unwrap()));
    let (well, line) = site.check();
    assert!(well, "a certificate in ca_file is trusted: {line}");
    let elsewhere = Smtp { host: "127.0.0.1", ..to(server.port, "starttls") };
    let site = Site::new(&elsewhere.with("ca_file", alone.certificate.to_str().unwrap()));
    let (well, line) = site.check();
    assert!(!well && line.contains("another name than 127.0.0.1"), "its name must still match: {line}");
}

#[test]
fn wrong_ports_passwords_and_files_are_reported_with_their_setting() {
    let authority = Authority::new();
    let Some(starttls) = server(&authority.identity("localhost"), "starttls") else { return };
    let Some(implicit) = server(&authority.identity("localhost"), "implicit") else { return };
    let Some(plain) = Scripted::aiosmtpd(&json!({})) else { return };
    let [closed] = port::free();
    let root = authority.root();
    let trusted = |smtp: Smtp| smtp.with("ca_file", root.to_str().unwrap());
    let wrong = trusted(Smtp { host: "localhost", security: "starttls", ..Smtp::plain(starttls.port) });
    for (smtp, cure) in [
        (trusted(to(starttls.port, "tls")), "mail.smtp.security = \"starttls\""),
        // A server with implicit TLS sends no greeting, whatever its certificate.
        (trusted(to(implicit.port, "starttls")), "requires TLS from the first byte: set mail.smtp.security = \"tls\""),
        (to(implicit.port, "starttls"), "requires TLS from the first byte"),
        (trusted(to(plain.port, "starttls")), "offers no STARTTLS"),
        (trusted(to(closed, "starttls")), "cannot connect to"),
        (trusted(Smtp { host: "no-such-host.invalid", ..to(587, "starttls") }), "no-such-host.invalid"),
        (wrong.login("kim", "guess"), "Check mail.smtp.username and password"),
        (to(starttls.port, "starttls").with("ca_file", "/nowhere/root.pem"), "cannot read mail.smtp.ca_file /nowhere"),
    ] {
        let started = Instant::now();
        let (well, line) = Site::new(&smtp).check();
        assert!(!well && line.contains(cure), "{cure}: {line}");
        assert!(started.elapsed() < Duration::from_secs(25), "{cure}: the check must not wait for a timeout");
    }
}

#[test]
fn capture_is_reported_as_not_sending() {
    let output = Folder::new("").run(&["check"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("transport capture: mail is captured in the inbox"), "{said}");
    let output = Folder::new("[default.inbox]\nenabled = false\n").run(&["check"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("the inbox pages are off (inbox.enabled)"), "{said}");
}

/// Runs `gatepost check` with these files in credentials/; returns its success and its line about Gmail.
async fn gmail(google: &Google, more: &str, credentials: Option<&str>, token: Option<&str>) -> (bool, String) {
    let from = if more.contains("from") { "" } else { "from = \"Forum <you@example.com>\"\n" };
    let toml = format!(
        "[default.mail]\ntransport = \"gmail\"\n{from}[default.mail.gmail]\nendpoint = \"{}\"\n",
        google.endpoint()
    );
    let folder = Folder::new(&format!("{toml}{more}\n"));
    for (name, text) in [("google.json", credentials), ("google-token.json", token)] {
        text.iter().for_each(|text| folder.write(&format!("credentials/{name}"), text));
    }
    let output = tokio::task::block_in_place(|| folder.run(&["check"]));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = said.lines().find(|line| line.contains("transport gmail")).unwrap_or(&said).to_owned();
    (output.status.success(), line)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_google_file_is_recognised_and_each_wrong_one_is_reported_with_its_cure() {
    let google = Google::start().await;
    let folder = tempfile::tempdir().unwrap();
    let account = google.service_account(folder.path(), "post@example.com");
    let (installed, web) = (google.installed(), google.web(&["http://127.0.0.1:8400/".to_owned()]));
    let good = google.token_file(false);
    for (credentials, more, token, kind) in [
        (&installed, "", Some(&good), "installed"),
        (&web, "", Some(&good), "web"),
        (&account, "subject = \"post@example.com\"", None, "service_account"),
    ] {
        let (well, line) = gmail(&google, more, Some(credentials), token.map(String::as_str)).await;
        assert!(well && line.contains(kind) && line.contains("From you@example.com"), "{kind}: {line}");
    }
    for (credentials, more, token, cure) in [
        (None, "", Some(&good), "credentials/README.md"),
        (Some("<html>sign in</html>"), "", Some(&good), "a web page"),
        (Some("{}"), "", Some(&good), "download"),
        (Some(&*installed), "", None, "run `gatepost gmail authorize`"),
        (Some(&*account), "", None, "mail.gmail.subject"),
        (Some(&*installed), "from = \"Forum <no-reply@localhost>\"", Some(&good), "set mail.from"),
    ] {
        let (well, line) = gmail(&google, more, credentials, token.map(String::as_str)).await;
        assert!(!well && line.contains(cure), "{cure}: {line}");
    }
    google.forget_consent();
    let (well, line) = gmail(&google, "", Some(&installed), Some(&good)).await;
    assert!(!well && line.contains("run `gatepost gmail authorize`"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn readyz_reports_a_failing_transport_while_another_one_sends() {
    let [closed] = port::free();
    let smtp = format!("[default.mail.smtp]\nhost = \"127.0.0.1\"\nport = {closed}\nsecurity = \"none\"\n");
    let folder = Folder::new(&format!("[default.mail]\ntransport = [\"smtp\", \"capture\"]\n{smtp}"));
    let server = folder.serve();
    let visitor = server.visitor();
    visitor.sign_up("kim@example.org", "correct horse battery").await;
    let inbox = visitor.get("/dev/inbox/api/v1/wait?query=to:kim@example.org&timeout=60s").await;
    assert_eq!(inbox.status, 200, "the message used the other transport");
    let ready = visitor.get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["status"]), (200, &json!("degraded")), "{}", ready.text());
}
