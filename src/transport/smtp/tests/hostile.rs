//! Servers that hang, close the connection, or send garbled replies.

use super::server::{At, Does, Plan, Server, mail};
use crate::transport::smtp::Smtp;
use crate::transport::{Failure, FailureKind, Transport as _};

const STAGES: [At; 6] = [At::Greeting, At::Hello, At::Mail, At::Rcpt, At::Data, At::Dot];

async fn failure(plan: Plan) -> Failure {
    let server = Server::start(plan).await;
    server.transport().deliver(&mail(&["kim@example.org"])).await.unwrap_err()
}

#[tokio::test]
async fn a_server_that_hangs_causes_a_timeout_that_is_ambiguous_only_after_the_dot() {
    for pipelining in [true, false] {
        for at in STAGES {
            let plan = if pipelining { Plan::ordinary() } else { Plan::default() };
            let failure = failure(plan.with(at, &[Does::Hang])).await;
            let expected = if at == At::Dot { FailureKind::Ambiguous } else { FailureKind::Transient };
            assert_eq!(failure.class, expected, "{at:?}: {failure}");
            assert!(failure.reason.contains("timed out"), "{failure}");
        }
    }
}

#[tokio::test]
async fn a_closed_connection_is_ambiguous_only_after_the_dot() {
    for at in STAGES {
        let failure = failure(Plan::ordinary().with(at, &[Does::Close, Does::Close])).await;
        let expected = if at == At::Dot { FailureKind::Ambiguous } else { FailureKind::Transient };
        assert_eq!(failure.class, expected, "{at:?}: {failure}");
    }
}

#[tokio::test]
async fn an_endless_or_garbled_reply_ends_the_attempt() {
    for at in STAGES {
        let flood = failure(Plan::ordinary().with(at, &[Does::Flood])).await;
        assert!(flood.reason.contains("more than 64 KiB"), "{at:?}: {flood}");
        let noise = failure(Plan::ordinary().with(at, &[Does::Say("HTTP/1.1 400 Bad Request")])).await;
        assert!(noise.reason.contains("not SMTP"), "{at:?}: {noise}");
    }
}

#[tokio::test]
async fn a_multiline_greeting_and_replies_byte_by_byte_are_parsed() {
    let plan = Plan { bytewise: true, ..Plan::ordinary() };
    let plan = plan.with(At::Greeting, &[Does::Say("220-hello\r\n220-there\r\n220 test")]);
    let server = Server::start(plan).await;
    server.transport().deliver(&mail(&["kim@example.org"])).await.unwrap();
}

#[tokio::test]
async fn a_server_that_shuts_down_causes_a_transient_failure_and_a_new_connection() {
    for at in STAGES {
        let server = Server::start(Plan::ordinary().with(at, &[Does::Say("421 4.3.2 shutting down")])).await;
        let smtp = server.transport();
        let failure = smtp.deliver(&mail(&["kim@example.org"])).await.unwrap_err();
        assert_eq!((failure.class, failure.code), (FailureKind::Transient, Some(421)), "{at:?}: {failure}");
        smtp.deliver(&mail(&["kim@example.org"])).await.unwrap();
        assert_eq!(server.connections(), 2, "{at:?}");
    }
}

#[tokio::test]
async fn a_server_that_replies_250_to_everything_receives_no_message() {
    let everything = Plan::default().with(At::Hello, &[Does::Say("250 ok")]).with(At::Data, &[Does::Say("250 ok")]);
    let failure = failure(everything).await;
    assert_eq!(failure.class, FailureKind::Transient);
    assert!(failure.reason.contains("is it a mail server?"), "{failure}");
    let plan = Plan { extensions: vec!["AUTH PLAIN"], ..Plan::default() };
    let server = Server::start(plan.with(At::Auth, &[Does::Say("250 ok")])).await;
    assert!(Smtp::new(server.with_login()).check().await.is_err());
}

#[tokio::test]
async fn a_rejected_recipient_before_a_354_does_not_cause_an_empty_message() {
    let plan = Plan::ordinary().with(At::Rcpt, &[Does::Say("550 5.1.1 nobody")]);
    let server = Server::start(plan).await;
    let smtp = server.transport();
    assert_eq!(smtp.deliver(&mail(&["kim@example.org"])).await.unwrap_err().class, FailureKind::Permanent);
    smtp.deliver(&mail(&["kim@example.org"])).await.unwrap();
    assert_eq!((server.mails().len(), server.connections()), (1, 2));
}

#[tokio::test]
async fn a_server_that_hangs_during_the_login_causes_a_timeout() {
    let plan = Plan { extensions: vec!["AUTH PLAIN"], ..Plan::default() };
    let server = Server::start(plan.with(At::Auth, &[Does::Hang])).await;
    assert_eq!(Smtp::new(server.with_login()).check().await.unwrap_err().class, FailureKind::Transient);
}
