//! Expired messages in the log.

use std::time::{Duration, Instant};

use crate::support::port;
use crate::support::process::Folder;

const ENDED: &str = "message expired; given up";

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_message_is_logged_once_without_its_address_and_link() {
    let [closed] = port::free();
    let folder = Folder::new(&format!(
        "[default.outbox]\nmessage_ttl = \"2s\"\n[default.mail]\ntransport = \"smtp\"\n[default.mail.smtp]\n\
         host = \"127.0.0.1\"\nport = {closed}\nsecurity = \"none\"\n"
    ));
    let mut server = folder.command(&["serve"]);
    server.env("ROCKET_LOG_LEVEL", "debug").env("RUST_LOG", "trace");
    let server = crate::support::process::Process::start(server).unwrap_or_else(|said| panic!("{said}"));
    let started = Instant::now();
    // The second expires later, so that a repeated log line for the first would be seen.
    for (count, address) in [(1, "kim@example.org"), (2, "lee@example.org")] {
        assert_eq!(server.visitor().sign_up(address, "correct horse battery").await.status, 303);
        while server.printed().matches(ENDED).count() < count {
            assert!(started.elapsed() < Duration::from_secs(60), "{}", server.printed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let printed = server.printed();
    let logged: Vec<_> = printed.lines().filter(|line| line.contains(ENDED)).collect();
    assert_eq!(logged.len(), 2, "{printed}");
    for line in &logged {
        assert!(line.contains("WARN") && line.contains("kind=\"verification\"") && line.contains("reason="), "{line}");
    }
    let id = |line: &str| line.split("id=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().to_owned();
    assert_ne!(id(logged[0]), id(logged[1]));
    for secret in ["kim@example.org", "lee@example.org", "/verify/"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}
