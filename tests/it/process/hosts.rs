//! The names that a listener answers to: on loopback, beyond it, in release, and through a mapped port.

use reqwest::Method;

use crate::support::process::{Folder, Process};
use crate::support::visitor::Visitor;

/// A process whose site and inbox listen on every address, open to everybody who reaches them.
fn open_everywhere() -> (Folder, Process) {
    let folder = Folder::new("[default.inbox]\nopen = true\nhttp_address = \"0.0.0.0:0\"");
    let mut command = folder.command(&["serve"]);
    command.env("ROCKET_ADDRESS", "0.0.0.0").env("GATEPOST_INBOX__SMTP_ADDRESS", "0.0.0.0:0");
    let server = Process::start(command).expect("it starts");
    server.prints("listening smtp", 1);
    (folder, server)
}

/// The site and the inbox's own listener, asked on loopback.
fn listeners(server: &Process) -> [(String, &'static str); 2] {
    let printed = server.printed();
    let mut ports = printed
        .lines()
        .filter_map(|line| line.strip_prefix("listening http://"))
        .filter_map(|address| address.rsplit(':').next())
        .map(|port| format!("http://127.0.0.1:{port}"));
    [(ports.next().expect("the site"), "/dev/inbox/"), (ports.next().expect("the inbox"), "/")]
}

async fn status(base: &str, path: &str, host: &str) -> u16 {
    let visitor = Visitor::new(base);
    visitor.send(visitor.request(Method::GET, path).header("host", host)).await.status
}

/// Names under which a page of another site could reach a server by DNS.
const FOREIGN: [&str; 10] = [
    "evil.example",
    "evil.example:8025",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "mailpit.evil.example",
    "evil.test.",
    "evil.internal.example",
    "0x7f000001",
    "2130706433",
    "127.0.0.1.",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_open_inbox_answers_to_names_that_only_its_network_resolves() {
    let (_folder, server) = open_everywhere();
    for (base, path) in listeners(&server) {
        for host in [
            "mailpit",
            "mailpit:8025",
            "MAILPIT",
            "mail_pit",
            "host.docker.internal:8025",
            "app.local",
            "app.test",
            "172.17.0.2:8025",
            "[fd00::2]:8025",
            "localhost",
            "127.0.0.1:9999",
        ] {
            assert_eq!(status(&base, path, host).await, 200, "{base}{path} as {host}");
        }
        for host in FOREIGN {
            assert_eq!(status(&base, path, host).await, 421, "{base}{path} as {host}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_on_loopback_answers_only_to_loopback_names_and_addresses() {
    let folder = Folder::new("[default.inbox]\nhttp_address = \"127.0.0.1:0\"");
    let server = folder.serve();
    server.prints("listening smtp", 1);
    for (base, path) in listeners(&server) {
        for host in ["localhost:8025", "LOCALHOST", "dev.localhost", "127.0.0.1:1", "[::1]:8025"] {
            assert_eq!(status(&base, path, host).await, 200, "{base}{path} as {host}");
        }
        for host in FOREIGN.into_iter().chain(["mailpit", "host.docker.internal", "app.local", "app.test"]) {
            assert_eq!(status(&base, path, host).await, 421, "{base}{path} as {host}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_through_a_mapped_port_loads_its_assets_from_there() {
    let (_folder, server) = open_everywhere();
    let [(site, _), _] = listeners(&server);
    let visitor = Visitor::new(&site);
    for (path, host) in
        [("/login", "localhost:9000"), ("/dev/inbox/", "127.0.0.1:9000"), ("/dev/inbox/", "gatepost:9000")]
    {
        let page = visitor.send(visitor.request(Method::GET, path).header("host", host)).await;
        assert_eq!(page.status, 200, "{host}{path}");
        let text = page.text();
        assert!(text.contains("href=\"/static/"), "{host}{path}: {text}");
        assert!(!text.contains("0.0.0.0") && !text.contains(&site), "{host}{path}: {text}");
        let policy = page.headers["content-security-policy"].to_str().expect("text").to_owned();
        assert!(policy.contains(&format!("script-src {host}/static/")), "{policy}");
    }
    let moved =
        visitor.send(visitor.request(Method::GET, "/login?next=/account").header("host", "127.0.0.1:9000")).await;
    assert_eq!(moved.headers["location"], "http://localhost:9000/login?next=/account");
    let posted = visitor.request(Method::POST, "/password/forgot").header("host", "localhost:9000");
    let posted = posted.header("origin", "http://localhost:9000").form(&[("email", "kim@example.com")]);
    assert_eq!(visitor.send(posted).await.status, 303);
    let crossed = visitor.request(Method::POST, "/password/forgot").header("host", "localhost:9000");
    let crossed = crossed.header("origin", "http://localhost:9001").form(&[("email", "kim@example.com")]);
    assert_eq!(visitor.send(crossed).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn emailed_links_of_a_wildcard_listener_begin_with_localhost() {
    let (_folder, server) = open_everywhere();
    let [(site, _), _] = listeners(&server);
    let visitor = Visitor::new(&site).with("host", "localhost");
    let asked = visitor.request(Method::POST, "/signup");
    let form = [("email", "kim@example.com"), ("password", "correct horse battery")];
    assert_eq!(visitor.send(asked.form(&form)).await.status, 303);
    let found = visitor.get("/dev/inbox/api/v1/wait?query=to:kim@example.com&timeout=30s").await;
    let port = site.rsplit(':').next().expect("a port");
    assert!(found.text().contains(&format!("http://localhost:{port}/verify/")), "{}", found.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn in_release_an_open_inbox_is_on_its_own_listener_only() {
    let folder = Folder::new(
        "[release]\nsecret_key = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"\n\
         public_url = \"https://id.example.com\"\n\
         [release.inbox]\nenabled = true\nopen = true\nhttp_address = \"0.0.0.0:0\"",
    );
    let mut command = folder.command(&["serve"]);
    command.env("ROCKET_PROFILE", "release").env("GATEPOST_INBOX__SMTP_ADDRESS", "0.0.0.0:0");
    let server = Process::start(command).expect("it starts");
    server.prints("listening smtp", 1);
    let [(site, _), (inbox, _)] = listeners(&server);
    assert_eq!(status(&site, "/dev/inbox", "id.example.com").await, 404);
    assert_eq!(status(&inbox, "/", "mailpit:8025").await, 200);
    assert_eq!(status(&inbox, "/", "evil.example").await, 421);
}

#[test]
fn an_inbox_beyond_loopback_needs_a_password_or_to_be_open() {
    for (name, address) in [
        ("ROCKET_ADDRESS", "0.0.0.0"),
        ("GATEPOST_INBOX__HTTP_ADDRESS", "0.0.0.0:0"),
        ("GATEPOST_INBOX__SMTP_ADDRESS", "[::]:0"),
    ] {
        let folder = Folder::new("");
        let output = folder.command(&["serve"]).env(name, address).output().expect("gatepost runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains("inbox.password") && said.contains("inbox.open"), "{name}: {said}");
    }
}
