//! Servers that follow the standard: pooling, extensions, logins and rejections.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::server::{At, Does, EXTENSIONS, Plan, Server, mail};
use crate::transport::smtp::{Settings, Smtp};
use crate::transport::{FailureKind, FailureScope, Transport as _};

const KIM: &[&str] = &["kim@example.org"];

#[tokio::test]
async fn messages_share_a_connection_and_their_receipts_hold_the_queue_id() {
    let server = Server::start(Plan::ordinary()).await;
    let smtp = server.transport();
    for _ in 0..3 {
        let receipt = smtp.deliver(&mail(KIM)).await.unwrap();
        assert_eq!(receipt.remote_id.as_deref(), Some("4D2F11A"));
        assert_eq!(receipt.reply, "250 2.0.0 Ok: queued as 4D2F11A");
    }
    assert_eq!((server.connections(), server.mails().len()), (1, 3));
    assert_eq!(server.mails()[0], "Subject: hello\r\n\r\n..a line that begins with a dot\r\n.\r\n");
}

#[tokio::test]
async fn a_connection_is_used_for_at_most_a_hundred_messages() {
    let server = Server::start(Plan::ordinary()).await;
    let smtp = server.transport();
    for _ in 0..101 {
        smtp.deliver(&mail(KIM)).await.unwrap();
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn the_receipt_of_the_last_message_on_a_connection_does_not_wait_for_quit() {
    let server = Server::start(Plan::ordinary().with(At::Quit, &[Does::Hang])).await;
    let smtp = server.transport();
    for _ in 0..99 {
        smtp.deliver(&mail(KIM)).await.unwrap();
    }
    let last = mail(KIM);
    tokio::select! {
        biased;
        receipt = smtp.deliver(&last) => drop(receipt.unwrap()),
        () = server.until_held() => panic!("the receipt waited for QUIT"),
    }
    server.until_held().await;
}

#[tokio::test]
async fn a_server_that_accepts_one_connection_receives_all_messages_on_it() {
    let server = Server::start(Plan { at_once: Some(1), ..Plan::ordinary() }).await;
    let smtp = Arc::new(server.transport());
    let mut deliveries = JoinSet::new();
    for _ in 0..20 {
        let smtp = smtp.clone();
        deliveries.spawn(async move { smtp.deliver(&mail(KIM)).await });
    }
    while let Some(delivered) = deliveries.join_next().await {
        delivered.unwrap().unwrap();
    }
    assert_eq!(server.mails().len(), 20);
    assert!(server.connections() <= 4, "{} connections", server.connections());
}

#[tokio::test]
async fn a_server_that_rejects_all_connections_is_reported() {
    let server = Server::start(Plan { at_once: Some(0), ..Plan::ordinary() }).await;
    let smtp = server.transport();
    let one = mail(KIM);
    let (a, b, c) = tokio::join!(smtp.deliver(&one), smtp.deliver(&one), smtp.deliver(&one));
    for failure in [a, b, c].map(Result::unwrap_err) {
        assert_eq!((failure.class, failure.code), (FailureKind::Transient, Some(421)), "{failure}");
    }
}

#[tokio::test]
async fn a_server_without_pipelining_receives_one_command_at_a_time() {
    let server = Server::start(Plan::default()).await;
    server.transport().deliver(&mail(&["a@example.org", "b@example.org"])).await.unwrap();
    assert!(server.lines().contains(&"MAIL FROM:<no-reply@example.com>".to_owned()));
    let plan = Plan::default().with(At::Rcpt, &[Does::Say("550 5.1.1 nobody here")]);
    let server = Server::start(plan).await;
    let failure = server.transport().deliver(&mail(KIM)).await.unwrap_err();
    assert_eq!((failure.class, failure.code), (FailureKind::Permanent, Some(550)));
    assert!(!server.lines().contains(&"DATA".to_owned()));
}

#[tokio::test]
async fn the_receipt_lists_rejected_and_deferred_recipients() {
    let plan = Plan::ordinary()
        .with(At::Rcpt, &[Does::Nothing, Does::Say("550 5.1.1 nobody here"), Does::Say("451 4.7.1 greylisted")]);
    let server = Server::start(plan).await;
    let to = ["a@example.org", "b@example.org", "c@example.org"];
    let receipt = server.transport().deliver(&mail(&to)).await.unwrap();
    let classes: Vec<_> = receipt.refused.iter().map(|r| (r.to.to_string(), r.class)).collect();
    assert_eq!(
        classes,
        [("b@example.org".to_owned(), FailureKind::Permanent), ("c@example.org".to_owned(), FailureKind::Transient)]
    );
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn recipients_beyond_the_servers_limit_are_deferred_and_a_full_mailbox_is_rejected() {
    let replies = ["552 5.5.3 Too many recipients", "552 too many recipients", "552 5.2.2 mailbox full"];
    let does: Vec<_> = std::iter::once(Does::Nothing).chain(replies.map(Does::Say)).collect();
    let server = Server::start(Plan::ordinary().with(At::Rcpt, &does)).await;
    let to = ["a@example.org", "b@example.org", "c@example.org", "d@example.org"];
    let receipt = server.transport().deliver(&mail(&to)).await.unwrap();
    let classes: Vec<_> = receipt.refused.iter().map(|refusal| refusal.class).collect();
    assert_eq!(classes, [FailureKind::Transient, FailureKind::Transient, FailureKind::Permanent]);
}

#[tokio::test]
async fn a_rejected_message_leaves_its_connection_usable() {
    let plan = Plan::ordinary()
        .with(At::Rcpt, &[Does::Say("450 4.2.1 later")])
        .with(At::Data, &[Does::Say("554 5.5.1 no valid recipients")]);
    let server = Server::start(plan).await;
    let smtp = server.transport();
    let failure = smtp.deliver(&mail(KIM)).await.unwrap_err();
    assert_eq!((failure.class, failure.code), (FailureKind::Transient, Some(450)));
    smtp.deliver(&mail(KIM)).await.unwrap();
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_closed_idle_connection_is_replaced_within_the_attempt() {
    for greeting in [Does::Close, Does::Say("421 4.4.2 idle too long")] {
        let server = Server::start(Plan::ordinary().with(At::Mail, &[Does::Nothing, greeting])).await;
        let smtp = server.transport();
        smtp.deliver(&mail(KIM)).await.unwrap();
        smtp.deliver(&mail(KIM)).await.unwrap();
        assert_eq!((server.connections(), server.mails().len()), (2, 2));
    }
}

#[tokio::test]
async fn each_login_mechanism_works() {
    for (offered, wanted) in [
        ("AUTH PLAIN LOGIN", "AUTH PLAIN AGtpbQBjb3JyZWN0IGhvcnNl"),
        ("AUTH LOGIN", "AUTH LOGIN"),
        ("AUTH CRAM-MD5 PLAIN", "AUTH CRAM-MD5"),
    ] {
        let server = Server::start(Plan { extensions: vec![offered], ..Plan::default() }).await;
        let smtp = Smtp::new(server.with_login());
        assert!(smtp.check().await.unwrap().contains("logged in as kim"));
        smtp.deliver(&mail(KIM)).await.unwrap();
        assert!(server.lines().iter().any(|line| line == wanted), "{offered}: {:?}", server.lines());
    }
}

#[tokio::test]
async fn auth_login_sends_the_name_first_unless_the_prompt_asks_for_the_password() {
    let (name, password) = ("a2lt", "Y29ycmVjdCBob3JzZQ==");
    for (prompts, said) in [
        (["334", "334"], [name, password]),
        (["334 ", "334 "], [name, password]),
        (["334 Q29kZTo=", "334 not base64"], [name, password]),
        (["334 UGFzc3dvcmQ6", "334 VXNlcm5hbWU6"], [password, name]),
    ] {
        let plan = Plan { extensions: vec!["AUTH LOGIN"], prompts: Some(prompts), ..Plan::default() };
        let server = Server::start(plan).await;
        Smtp::new(server.with_login()).check().await.unwrap();
        let lines: Vec<_> = server.lines().into_iter().filter(|line| [name, password].contains(&&**line)).collect();
        assert_eq!(lines, said, "{prompts:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_a_configuration_failure_that_does_not_show_the_password() {
    let echo = "535 5.7.8 bad AGtpbQBjb3JyZWN0IGhvcnNl and correct horse";
    let plan = Plan { extensions: vec!["AUTH PLAIN LOGIN"], ..Plan::default() };
    let server = Server::start(plan.with(At::Auth, &[Does::Say(echo)])).await;
    let smtp = Smtp::new(server.with_login());
    let failure = smtp.deliver(&mail(KIM)).await.unwrap_err();
    assert_eq!((failure.class, failure.code), (FailureKind::Configuration, Some(535)));
    let shown = format!("{failure} {failure:?} {smtp:?}");
    assert!(!shown.contains("horse") && !shown.contains("AGtpbQ"), "{shown}");
    assert!(shown.contains("Check mail.smtp.username and password"));
    assert_eq!(server.lines().iter().filter(|line| line.starts_with("AUTH")).count(), 1, "one attempt");
}

#[tokio::test]
async fn a_message_beyond_the_servers_size_or_character_set_fails_before_it_is_sent() {
    let server = Server::start(Plan { extensions: vec!["SIZE 100"], ..Plan::default() }).await;
    let smtp = server.transport();
    let mut large = mail(KIM);
    large.bytes = vec![b'a'; 101];
    let failure = smtp.deliver(&large).await.unwrap_err();
    assert_eq!((failure.class, failure.scope), (FailureKind::Permanent, FailureScope::Unsupported));
    assert!(failure.reason.contains("101 bytes"));
    let failure = smtp.deliver(&mail(&["길동@example.org"])).await.unwrap_err();
    assert_eq!((failure.class, failure.scope), (FailureKind::Permanent, FailureScope::Unsupported));
    assert!(failure.reason.contains("SMTPUTF8"));
    assert!(!server.lines().iter().any(|line| line.starts_with("MAIL")));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn extensions_are_used_only_when_needed() {
    let server = Server::start(Plan { extensions: EXTENSIONS.to_vec(), ..Plan::default() }).await;
    let smtp = server.transport();
    smtp.deliver(&mail(KIM)).await.unwrap();
    smtp.deliver(&mail(&["길동@example.org"])).await.unwrap();
    let mut eight_bit = mail(KIM);
    eight_bit.bytes = "Subject: x\r\n\r\n안녕\r\n".as_bytes().to_vec();
    smtp.deliver(&eight_bit).await.unwrap();
    let senders: Vec<_> = server.lines().into_iter().filter(|line| line.starts_with("MAIL")).collect();
    assert!(senders[0].ends_with(&format!("SIZE={}", mail(KIM).bytes.len())), "{senders:?}");
    assert!(senders[1].ends_with("SMTPUTF8") && !senders[1].contains("BODY"), "{senders:?}");
    assert!(senders[2].ends_with("BODY=8BITMIME"), "{senders:?}");
}

#[tokio::test]
async fn a_closed_port_is_a_transient_failure() {
    let server = Server::start(Plan::ordinary()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let smtp = Smtp::new(Settings { port, ..server.settings() });
    assert_eq!(smtp.check().await.unwrap_err().class, FailureKind::Transient);
}

#[tokio::test]
async fn a_suspect_rejection_is_classified_alike_after_accepted_messages() {
    let refusals = [
        "554 5.7.1 <kim@example.org>: Relay access denied",
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
        "504 5.5.2 <box>: Helo command rejected: need fully-qualified hostname",
        "553 5.7.1 <no-reply@example.com>: Sender address rejected: not owned by user kim",
    ];
    for extensions in [EXTENSIONS.to_vec(), Vec::new()] {
        let replies: Vec<_> = refusals.iter().flat_map(|text| [Does::Nothing, Does::Say(text)]).collect();
        let data = vec![[Does::Nothing, Does::Say("554 5.5.1 no valid recipients")]; refusals.len()].concat();
        let plan = Plan { extensions, ..Plan::default() }.with(At::Rcpt, &replies);
        let pipelining = !plan.extensions.is_empty();
        let server = Server::start(if pipelining { plan.with(At::Data, &data) } else { plan }).await;
        let smtp = server.transport();
        for text in refusals {
            smtp.deliver(&mail(KIM)).await.unwrap();
            let failure = smtp.deliver(&mail(KIM)).await.unwrap_err();
            assert_eq!(
                (failure.class, failure.scope),
                (FailureKind::Configuration, FailureScope::Suspect),
                "{failure}"
            );
            assert!(failure.reason.contains(text), "the whole reply is shown: {failure}");
        }
    }
}

#[tokio::test]
async fn a_rejection_that_repeats_a_chosen_address_is_about_that_recipient_alone() {
    for (to, text) in [
        ("root@localhost", "553 5.1.3 The recipient address <root@localhost> is not a valid RFC 5321 address."),
        ("relay@nowhere.test", "550 <RELAY@nowhere.test>: Recipient address rejected: User unknown"),
        ("authentication.required@x.test", "550 \"authentication required\" of x.test: User unknown"),
        ("5.7.1@x.test", "550 5.7.1 is not a user here"),
    ] {
        let server = Server::start(Plan::default().with(At::Rcpt, &[Does::Say(text)])).await;
        let failure = server.transport().deliver(&mail(&[to])).await.unwrap_err();
        assert_eq!((failure.class, failure.scope), (FailureKind::Permanent, FailureScope::Mail), "{failure}");
        assert!(failure.reason.contains(text), "{failure}");
    }
}
