//! Ctrl-C while `gatepost mail send` waits for the server's reply.

use std::process::{Command, Stdio};

use serde_json::json;

use super::site::{Site, Smtp};
use crate::smtp::programs::{said, succeeds};
use crate::support::scripted::Scripted;

#[test]
fn an_interrupted_message_stays_in_the_outbox_without_a_lease_and_with_its_reason() {
    // The server keeps the message and never replies.
    let Some(server) = Scripted::aiosmtpd(&json!({ "reply_after": 600 })) else { return };
    let site = Site::new(&Smtp::plain(server.port));
    let mut send = site.folder.command(&["mail", "send", "kim@example.org", "--subject", "S", "--text", "text.txt"]);
    let mut child = send.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("gatepost runs");
    while server.mail().is_empty() {
        assert!(child.try_wait().expect("its state").is_none(), "it waits for the reply");
        std::thread::yield_now();
    }
    succeeds(&Command::new("kill").args(["-INT", &child.id().to_string()]).output().expect("kill"));
    let output = child.wait_with_output().expect("its end");
    let printed = said(&output);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("may have been delivered") && printed.lines().count() == 1, "{printed}");
    assert_eq!(site.outcome(), ("queued".into(), "interrupted".into()));
    let row = site.newest();
    assert!(row["last_error"].as_str().is_some_and(|text| text.contains("it may have arrived")), "{row}");
}
