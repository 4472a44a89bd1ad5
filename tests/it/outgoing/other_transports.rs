//! What happens to a message that its server cannot take, or refuses in words about this machine: another transport
//! takes it, or it is kept with the cure.

use serde_json::json;

use crate::smtp::programs::said;
use crate::support::process::Folder;
use crate::support::scripted::Scripted;

/// A folder that sends by the server, and by `capture` if `several`.
fn folder(server: &Scripted, several: bool, from: &str) -> Folder {
    let transports = if several { "[\"smtp\", \"capture\"]" } else { "\"smtp\"" };
    let folder = Folder::new(&format!(
        "[default.mail]\ntransport = {transports}\nfrom = \"{from}\"\n[default.mail.smtp]\nhost = \"127.0.0.1\"\n\
         port = {}\nsecurity = \"none\"\n",
        server.port
    ));
    folder.write("text.txt", "hello\n");
    folder
}

/// Runs `gatepost mail send` to these recipients; returns its success and its output.
fn send(folder: &Folder, to: &[&str]) -> (bool, String) {
    let output = folder.run(&[&["mail", "send"], to, &["--subject", "S", "--text", "text.txt"]].concat());
    (output.status.success(), said(&output))
}

const KIM: &[&str] = &["kim@example.org"];
const FROM: &str = "no-reply@example.com";

#[test]
fn a_message_that_the_server_cannot_take_leaves_by_the_next_transport() {
    for (plan, to) in
        [(json!({ "size": 100 }), "kim@example.org"), (json!({ "smtputf8": false }), "\u{ae40}@example.org")]
    {
        let Some(server) = Scripted::aiosmtpd(&plan) else { return };
        let (sent, printed) = send(&folder(&server, true, FROM), &[to]);
        assert!(sent && printed.contains("sent by capture"), "{plan}: {printed}");
        let (sent, printed) = send(&folder(&server, false, FROM), &[to]);
        assert!(!sent && printed.contains("was not sent (dead)"), "{plan}: {printed}");
    }
}

#[test]
fn a_refusal_of_this_machine_after_the_content_is_kept_with_its_cure_or_leaves_by_the_next_transport() {
    for (reply, cure) in [
        ("554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org", "ask its administrator"),
        ("530 5.7.0 Authentication required", "set mail.smtp.username"),
        ("550 5.7.26 Your email has been blocked because the sender is unauthenticated", "SPF, DKIM or DMARC"),
    ] {
        let Some(server) = Scripted::aiosmtpd(&json!({ "judge": reply })) else { return };
        let (sent, printed) = send(&folder(&server, false, FROM), KIM);
        assert!(!sent && printed.contains("still in the outbox") && printed.contains(cure), "{printed}");
        let (sent, printed) = send(&folder(&server, true, FROM), KIM);
        assert!(sent && printed.contains("sent by capture"), "{printed}");
    }
    let Some(server) = Scripted::aiosmtpd(&json!({ "judge": "550 5.7.1 spam message content rejected" })) else {
        return;
    };
    let (sent, printed) = send(&folder(&server, true, FROM), KIM);
    assert!(!sent && printed.contains("was not sent (dead)"), "{printed}");
}

#[test]
fn a_recipient_that_is_blocked_while_another_is_taken_is_kept_or_leaves_by_the_next_transport() {
    let plan = json!({ "refuse": { "b@example.org": "550 5.7.1 Client host blocked" } });
    let Some(server) = Scripted::aiosmtpd(&plan) else { return };
    let to = ["a@example.org", "b@example.org"];
    let (sent, printed) = send(&folder(&server, false, FROM), &to);
    assert!(!sent && printed.contains("still in the outbox") && printed.contains("administrator"), "{printed}");
    let (sent, printed) = send(&folder(&server, true, FROM), &to);
    assert!(sent && printed.contains("sent by capture"), "{printed}");
    assert_eq!(server.mail().len(), 2);
}

#[test]
fn a_from_that_the_server_cannot_take_fails_the_check_and_keeps_the_message() {
    let Some(server) = Scripted::aiosmtpd(&json!({ "smtputf8": false })) else { return };
    let alone = folder(&server, false, "\u{d64d}@example.com");
    let output = alone.run(&["check"]);
    let printed = said(&output);
    assert!(!output.status.success() && printed.contains("set mail.smtp.from (or mail.from)"), "{printed}");
    let (sent, printed) = send(&alone, KIM);
    assert!(!sent && printed.contains("still in the outbox") && printed.contains("mail.smtp.from"), "{printed}");
}
