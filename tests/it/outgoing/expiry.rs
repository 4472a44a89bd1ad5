//! Letters whose time runs out: what the operator reads of them.

use std::time::{Duration, Instant};

use crate::support::port;
use crate::support::process::Folder;

const ENDED: &str = "mail given up, its time ran out";

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_expires_is_told_once_without_its_address_and_its_link() {
    let [closed] = port::free();
    let folder = Folder::new(&format!(
        "[default.outbox]\nletter_life = \"2s\"\n[default.mail]\ntransport = \"smtp\"\n[default.mail.smtp]\n\
         host = \"127.0.0.1\"\nport = {closed}\nsecurity = \"none\"\n"
    ));
    let mut server = folder.command(&["serve"]);
    server.env("ROCKET_LOG_LEVEL", "debug").env("RUST_LOG", "trace");
    let server = crate::support::process::Process::start(server).unwrap_or_else(|said| panic!("{said}"));
    let started = Instant::now();
    // The second ends after the first has had time to be told again.
    for (letters, address) in [(1, "kim@example.org"), (2, "lee@example.org")] {
        assert_eq!(server.visitor().sign_up(address, "correct horse battery").await.status, 303);
        while server.printed().matches(ENDED).count() < letters {
            assert!(started.elapsed() < Duration::from_secs(60), "{}", server.printed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let printed = server.printed();
    let told: Vec<_> = printed.lines().filter(|line| line.contains(ENDED)).collect();
    assert_eq!(told.len(), 2, "{printed}");
    for line in &told {
        assert!(line.contains("WARN") && line.contains("kind=\"verify\"") && line.contains("reason="), "{line}");
    }
    let id = |line: &str| line.split("id=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().to_owned();
    assert_ne!(id(told[0]), id(told[1]));
    for secret in ["kim@example.org", "lee@example.org", "/verify/"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}
