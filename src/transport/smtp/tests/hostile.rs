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
    assert_eq!((server.mails().len(), server.connections()), (1, 1), "a single dot ends the empty message");
}

#[tokio::test]
async fn a_connection_is_left_with_quit_after_a_rejection() {
    let plan = Plan { extensions: vec!["AUTH PLAIN"], ..Plan::default() };
    for (at, refusal) in [
        (At::Greeting, "554 5.7.1 your IP is blacklisted"),
        (At::Hello, "550 bad HELO"),
        (At::Auth, "535 5.7.8 bad credentials"),
    ] {
        let server = Server::start(plan.clone().with(at, &[Does::Say(refusal)])).await;
        let failure = Smtp::new(server.with_login()).check().await.unwrap_err();
        assert_eq!(failure.class, FailureKind::Configuration, "{at:?}: {failure}");
        assert_eq!(server.lines().last().map(String::as_str), Some("QUIT"), "{at:?}: {:?}", server.lines());
    }
    let server = Server::start(plan.with(At::Greeting, &[Does::Say("421 busy")])).await;
    Smtp::new(server.with_login()).check().await.unwrap_err();
    assert!(server.lines().is_empty(), "the server closes the connection itself");
}

#[tokio::test]
async fn after_421_to_a_recipient_a_server_without_pipelining_receives_no_further_command() {
    let plan = Plan::default().with(At::Rcpt, &[Does::Nothing, Does::Say("421 4.7.0 too many")]);
    let server = Server::start(plan).await;
    let to = ["a@example.org", "b@example.org", "c@example.org"];
    let failure = server.transport().deliver(&mail(&to)).await.unwrap_err();
    assert_eq!((failure.class, failure.code), (FailureKind::Transient, Some(421)), "{failure}");
    assert_eq!(server.lines().last().map(String::as_str), Some("RCPT TO:<b@example.org>"));
}

#[tokio::test]
async fn contradicting_lines_of_a_reply_are_shown_with_the_code_that_was_judged() {
    let failure = failure(Plan::ordinary().with(At::Dot, &[Does::Say("250-ok\r\n550 5.7.1 no")])).await;
    assert_eq!((failure.class, failure.code), (FailureKind::Permanent, Some(550)));
    assert!(failure.reason.ends_with("550 ok 5.7.1 no"), "{failure}");
}

#[tokio::test]
async fn a_server_that_hangs_during_the_login_causes_a_timeout() {
    let plan = Plan { extensions: vec!["AUTH PLAIN"], ..Plan::default() };
    let server = Server::start(plan.with(At::Auth, &[Does::Hang])).await;
    assert_eq!(Smtp::new(server.with_login()).check().await.unwrap_err().class, FailureKind::Transient);
}

#[tokio::test]
async fn a_reply_without_a_line_end_before_the_close_counts() {
    const NOBODY: [&[u8]; 4] =
        [b"550 5.1.1 nobody", b"550-5.1.1 nobody\r\n550", b"550-5.1.1 nobody\r\n", b"550-5.1.1 nobody\r\n55"];
    for plan in [Plan::ordinary(), Plan::default()] {
        for text in NOBODY {
            let failure = failure(plan.clone().with(At::Rcpt, &[Does::End(text)])).await;
            assert_eq!((failure.class, failure.code), (FailureKind::Permanent, Some(550)), "{text:?}: {failure}");
        }
        let failure = failure(plan.clone().with(At::Dot, &[Does::End(b"554 5.6.0 unwanted")])).await;
        assert_eq!((failure.class, failure.code), (FailureKind::Permanent, Some(554)), "{failure}");
        let server = Server::start(plan.with(At::Dot, &[Does::End(b"250 Ok: queued as 4D2F11A")])).await;
        server.transport().deliver(&mail(&["kim@example.org"])).await.unwrap();
    }
    let cut = failure(Plan::ordinary().with(At::Dot, &[Does::End(b"25")])).await;
    assert_eq!(cut.class, FailureKind::Ambiguous, "{cut}");
    let greeting = failure(Plan::ordinary().with(At::Greeting, &[Does::End(b"554 5.7.1 no service for you")])).await;
    assert_eq!((greeting.class, greeting.code), (FailureKind::Configuration, Some(554)), "{greeting}");
}

#[tokio::test]
async fn a_rejection_before_the_close_decides_and_not_the_close() {
    for (at, plan) in [(At::Mail, Plan::ordinary()), (At::Rcpt, Plan::ordinary()), (At::Rcpt, Plan::default())] {
        let failure = failure(plan.with(at, &[Does::End(b"552 5.3.4 too large\r\n")])).await;
        assert_eq!((failure.class, failure.code), (FailureKind::Permanent, Some(552)), "{at:?}: {failure}");
    }
    let plan = Plan::ordinary().with(At::Rcpt, &[Does::Say("550 5.1.1 nobody")]);
    let failure = failure(plan.with(At::Data, &[Does::Say("421 4.7.0 bye")])).await;
    assert_eq!((failure.class, failure.code), (FailureKind::Permanent, Some(550)), "{failure}");
}

#[tokio::test]
async fn a_message_that_is_rejected_while_it_is_sent_is_not_sent_again() {
    let plan = Plan { extensions: vec!["PIPELINING"], ..Plan::default() };
    let server = Server::start(plan.with(At::Content, &[Does::Cut(b"552 5.3.4 too large\r\n")])).await;
    let mut large = mail(&["kim@example.org"]);
    large.bytes = b"0123456789\r\n".repeat(2_000_000);
    let failure = server.transport().deliver(&large).await.unwrap_err();
    assert_eq!((failure.class, failure.code), (FailureKind::Permanent, Some(552)), "{failure}");
}

#[tokio::test]
async fn a_reply_is_bounded_in_all_its_lines_and_read_up_to_the_bound() {
    let line = "220-0123456789\r\n";
    let most = line.repeat(64 * 1024 / line.len() - 1);
    let plan = |text: String| Plan::ordinary().with(At::Greeting, &[Does::Send(text.leak().as_bytes())]);
    let server = Server::start(plan(format!("{most}220 ready\r\n"))).await;
    server.transport().deliver(&mail(&["kim@example.org"])).await.unwrap();
    let flood = failure(plan(line.repeat(64 * 1024 / line.len() + 2))).await;
    assert!(flood.reason.contains("more than 64 KiB"), "{flood}");
}

#[tokio::test]
async fn the_words_of_a_server_are_shown_in_its_charset() {
    let korean = b"550 5.1.1 \xb9\xde\xb4\xc2 \xbb\xe7\xb6\xf7\xc0\xcc \xbe\xf8\xbd\xc0\xb4\xcf\xb4\xd9\r\n";
    for (text, shown) in
        [(&korean[..], "받는 사람이 없습니다"), (b"550 Empf\xe4nger unbekannt\r\n", "Empfänger unbekannt")]
    {
        let failure = failure(Plan::ordinary().with(At::Rcpt, &[Does::Send(text)])).await;
        assert_eq!(failure.class, FailureKind::Permanent);
        assert!(failure.reason.contains(shown), "{failure}");
    }
}

#[tokio::test]
async fn a_refusal_of_our_name_names_its_setting() {
    let refusals = ["421 4.7.0 Try again later, closing connection. (EHLO)", "501 5.5.2 invalid name", "550 bad HELO"];
    for refusal in refusals {
        let server = Server::start(Plan::ordinary().with(At::Hello, &[Does::Say(refusal)])).await;
        let mut settings = server.settings();
        settings.hello = Some("mail.example.com".into());
        let failure = Smtp::new(settings).check().await.unwrap_err();
        assert!(failure.reason.contains("used the name mail.example.com"), "{failure}");
        assert!(failure.reason.contains("mail.smtp.hello"), "{failure}");
        assert_eq!(server.lines()[0], "EHLO mail.example.com");
    }
    let down = Server::start(Plan::ordinary().with(At::Hello, &[Does::Say("421 4.3.2 shutting down")])).await;
    let failure = down.transport().check().await.unwrap_err();
    assert!(!failure.reason.contains("mail.smtp.hello"), "{failure}");
}

#[tokio::test]
async fn a_server_that_shuts_down_before_tls_or_at_the_login_causes_a_transient_failure() {
    let bye = [Does::Say("421 4.3.2 shutting down")];
    let plan = Plan { extensions: vec!["AUTH LOGIN"], ..Plan::default() };
    for at in [At::Greeting, At::Hello, At::Auth] {
        let server = Server::start(plan.clone().with(at, &bye)).await;
        let failure = Smtp::new(server.with_login()).check().await.unwrap_err();
        assert_eq!((failure.class, failure.code), (FailureKind::Transient, Some(421)), "{at:?}: {failure}");
    }
}
