//! What replies mean for a message, its recipients and its sender, and that they show no secret.

use super::server::{At, Does, EXTENSIONS, Plan, Server, mail};
use crate::mail::Address;
use crate::transport::smtp::Smtp;
use crate::transport::{FailureKind, FailureScope, Transport as _};

const KIM: &[&str] = &["kim@example.org"];

#[tokio::test]
async fn a_password_that_a_server_repeats_after_the_login_is_not_shown() {
    let echo = "correct horse AGtpbQBjb3JyZWN0IGhvcnNl";
    for (at, refused) in [(At::Mail, true), (At::Rcpt, true), (At::Dot, true), (At::Dot, false)] {
        let text: &str = format!("{} {echo}", if refused { "550 5.1.1 no" } else { "250 queued as 4D2F11A" }).leak();
        let plan = Plan { extensions: vec!["AUTH PLAIN"], ..Plan::default() }.with(at, &[Does::Say(text)]);
        let server = Server::start(plan).await;
        let shown = match Smtp::new(server.with_login()).deliver(&mail(KIM)).await {
            Ok(receipt) => receipt.reply,
            Err(failure) => failure.reason,
        };
        assert!(shown.contains("*** ***") && !shown.contains("horse") && !shown.contains("AGtp"), "{shown}");
    }
    let plan = Plan { extensions: vec!["AUTH PLAIN"], ..Plan::default() }
        .with(At::Rcpt, &[Does::Nothing, Does::Say("550 5.1.1 no correct horse")]);
    let server = Server::start(plan).await;
    let to = ["a@example.org", "b@example.org"];
    let receipt = Smtp::new(server.with_login()).deliver(&mail(&to)).await.unwrap();
    assert_eq!(receipt.refused[0].reply, "550 5.1.1 no ***");
}

#[tokio::test]
async fn a_sender_that_the_server_cannot_take_is_reported_by_the_check_and_keeps_the_message() {
    let server = Server::start(Plan { extensions: vec!["8BITMIME"], ..Plan::default() }).await;
    let smtp = server.transport();
    let from = Address::parse("홍@example.com").unwrap();
    let mut message = mail(KIM);
    message.envelope.from = Some(from.clone());
    for failure in [smtp.check_from(&from).await.unwrap_err(), smtp.deliver(&message).await.unwrap_err()] {
        assert_eq!((failure.class, failure.scope), (FailureKind::Configuration, FailureScope::Sender), "{failure}");
        assert!(failure.reason.contains("set mail.smtp.from (or mail.from)"), "{failure}");
    }
    let able = Server::start(Plan::ordinary()).await.transport();
    able.check_from(&from).await.unwrap();
    smtp.check_from(&Address::parse("hong@홍.example").unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_suspect_rejection_of_one_recipient_is_listed_with_its_cure() {
    for extensions in [EXTENSIONS.to_vec(), Vec::new()] {
        let does = [Does::Nothing, Does::Say("550 5.7.1 Client host [192.0.2.1] blocked"), Does::Nothing];
        let server = Server::start(Plan { extensions, ..Plan::default() }.with(At::Rcpt, &does)).await;
        let to = ["a@example.org", "b@example.org", "c@example.org"];
        let receipt = server.transport().deliver(&mail(&to)).await.unwrap();
        let [refused] = &receipt.refused[..] else { panic!("{receipt:?}") };
        assert_eq!((refused.to.to_string().as_str(), refused.class), ("b@example.org", FailureKind::Configuration));
        assert!(refused.reply.contains("ask its administrator"), "{}", refused.reply);
    }
}

#[tokio::test]
async fn a_rejection_of_this_machine_after_the_content_keeps_the_message_and_one_of_the_content_does_not() {
    for (text, class, scope) in [
        ("554 5.7.1 Client host [192.0.2.1] blocked", FailureKind::Configuration, FailureScope::Suspect),
        ("530 5.7.0 Authentication required", FailureKind::Configuration, FailureScope::Suspect),
        ("550 5.7.1 message rejected due to content", FailureKind::Permanent, FailureScope::Mail),
        // The subject of the message is "hello".
        ("550 5.7.1 hello, your ip", FailureKind::Configuration, FailureScope::Suspect),
        ("552 5.3.4 too large", FailureKind::Permanent, FailureScope::Unsupported),
    ] {
        let server = Server::start(Plan::ordinary().with(At::Dot, &[Does::Say(text)])).await;
        let failure = server.transport().deliver(&mail(KIM)).await.unwrap_err();
        assert_eq!((failure.class, failure.scope), (class, scope), "{failure}");
    }
    let server = Server::start(Plan::ordinary().with(At::Dot, &[Does::Say("550 5.7.1 Hello your IP, no")])).await;
    let mut named = mail(KIM);
    named.bytes = b"Subject: x\r\n\r\nHello your IP\r\n".to_vec();
    let failure = server.transport().deliver(&named).await.unwrap_err();
    assert_eq!(failure.scope, FailureScope::Mail, "the phrase is in the message: {failure}");
}
