//! What decent servers do.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::server::{At, Does, EXTENSIONS, Plan, Server, mail};
use crate::transport::smtp::{Settings, Smtp};
use crate::transport::{About, Class, Transport as _};

const KIM: &[&str] = &["kim@example.org"];

#[tokio::test]
async fn mails_share_a_warm_connection_and_come_with_the_servers_queue_id() {
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
async fn a_connection_is_not_used_for_more_than_a_hundred_mails() {
    let server = Server::start(Plan::ordinary()).await;
    let smtp = server.transport();
    for _ in 0..101 {
        smtp.deliver(&mail(KIM)).await.unwrap();
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn the_last_mail_of_a_connection_is_sent_before_the_server_answers_the_goodbye() {
    let server = Server::start(Plan::ordinary().with(At::Quit, &[Does::Hang])).await;
    let smtp = server.transport();
    for _ in 0..99 {
        smtp.deliver(&mail(KIM)).await.unwrap();
    }
    let last = mail(KIM);
    tokio::select! {
        biased;
        receipt = smtp.deliver(&last) => drop(receipt.unwrap()),
        () = server.somebody_waits() => panic!("the goodbye held the receipt up"),
    }
    server.somebody_waits().await;
}

#[tokio::test]
async fn a_server_that_bears_one_connection_gets_all_mail_by_that_one() {
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
async fn a_server_that_turns_everybody_away_is_not_well() {
    let server = Server::start(Plan { at_once: Some(0), ..Plan::ordinary() }).await;
    let smtp = server.transport();
    let one = mail(KIM);
    let (a, b, c) = tokio::join!(smtp.deliver(&one), smtp.deliver(&one), smtp.deliver(&one));
    for failure in [a, b, c].map(Result::unwrap_err) {
        assert_eq!((failure.class, failure.code), (Class::Transient, Some(421)), "{failure}");
    }
}

#[tokio::test]
async fn a_server_without_extensions_is_asked_one_thing_at_a_time() {
    let server = Server::start(Plan::default()).await;
    server.transport().deliver(&mail(&["a@example.org", "b@example.org"])).await.unwrap();
    assert!(server.lines().contains(&"MAIL FROM:<no-reply@example.com>".to_owned()));
    let plan = Plan::default().with(At::Rcpt, &[Does::Say("550 5.1.1 nobody here")]);
    let server = Server::start(plan).await;
    let failure = server.transport().deliver(&mail(KIM)).await.unwrap_err();
    assert_eq!((failure.class, failure.code), (Class::Permanent, Some(550)));
    assert!(!server.lines().contains(&"DATA".to_owned()));
}

#[tokio::test]
async fn recipients_that_were_refused_are_told_from_those_that_were_not() {
    let plan = Plan::ordinary()
        .with(At::Rcpt, &[Does::Nothing, Does::Say("550 5.1.1 nobody here"), Does::Say("451 4.7.1 greylisted")]);
    let server = Server::start(plan).await;
    let to = ["a@example.org", "b@example.org", "c@example.org"];
    let receipt = server.transport().deliver(&mail(&to)).await.unwrap();
    let classes: Vec<_> = receipt.refused.iter().map(|r| (r.to.to_string(), r.class)).collect();
    assert_eq!(
        classes,
        [("b@example.org".to_owned(), Class::Permanent), ("c@example.org".to_owned(), Class::Transient)]
    );
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn recipients_beyond_what_a_server_takes_at_once_are_put_off_and_a_full_mailbox_is_not() {
    let replies = ["552 5.5.3 Too many recipients", "552 too many recipients", "552 5.2.2 mailbox full"];
    let does: Vec<_> = std::iter::once(Does::Nothing).chain(replies.map(Does::Say)).collect();
    let server = Server::start(Plan::ordinary().with(At::Rcpt, &does)).await;
    let to = ["a@example.org", "b@example.org", "c@example.org", "d@example.org"];
    let receipt = server.transport().deliver(&mail(&to)).await.unwrap();
    let classes: Vec<_> = receipt.refused.iter().map(|refusal| refusal.class).collect();
    assert_eq!(classes, [Class::Transient, Class::Transient, Class::Permanent]);
}

#[tokio::test]
async fn after_a_refusal_the_connection_is_used_for_the_next_mail() {
    let plan = Plan::ordinary()
        .with(At::Rcpt, &[Does::Say("450 4.2.1 later")])
        .with(At::Data, &[Does::Say("554 5.5.1 no valid recipients")]);
    let server = Server::start(plan).await;
    let smtp = server.transport();
    let failure = smtp.deliver(&mail(KIM)).await.unwrap_err();
    assert_eq!((failure.class, failure.code), (Class::Transient, Some(450)));
    smtp.deliver(&mail(KIM)).await.unwrap();
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_meanwhile_costs_no_attempt() {
    for greeting in [Does::Close, Does::Say("421 4.4.2 idle too long")] {
        let server = Server::start(Plan::ordinary().with(At::Mail, &[Does::Nothing, greeting])).await;
        let smtp = server.transport();
        smtp.deliver(&mail(KIM)).await.unwrap();
        smtp.deliver(&mail(KIM)).await.unwrap();
        assert_eq!((server.connections(), server.mails().len()), (2, 2));
    }
}

#[tokio::test]
async fn a_login_works_by_each_mechanism() {
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
async fn login_answers_name_and_password_whatever_it_is_asked_unless_the_password_comes_first() {
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
async fn a_wrong_password_is_a_configuration_fault_that_never_shows_the_password() {
    let echo = "535 5.7.8 bad AGtpbQBjb3JyZWN0IGhvcnNl and correct horse";
    let plan = Plan { extensions: vec!["AUTH PLAIN LOGIN"], ..Plan::default() };
    let server = Server::start(plan.with(At::Auth, &[Does::Say(echo)])).await;
    let smtp = Smtp::new(server.with_login());
    let failure = smtp.deliver(&mail(KIM)).await.unwrap_err();
    assert_eq!((failure.class, failure.code), (Class::Configuration, Some(535)));
    let shown = format!("{failure} {failure:?} {smtp:?}");
    assert!(!shown.contains("horse") && !shown.contains("AGtpbQ"), "{shown}");
    assert!(shown.contains("Check mail.smtp.username and password"));
    assert_eq!(server.lines().iter().filter(|line| line.starts_with("AUTH")).count(), 1, "not tried twice");
}

#[tokio::test]
async fn a_mail_too_large_for_the_server_or_beyond_its_letters_is_refused_before_anything_is_sent() {
    let server = Server::start(Plan { extensions: vec!["SIZE 100"], ..Plan::default() }).await;
    let smtp = server.transport();
    let mut large = mail(KIM);
    large.bytes = vec![b'a'; 101];
    let failure = smtp.deliver(&large).await.unwrap_err();
    assert_eq!(failure.class, Class::Permanent);
    assert!(failure.reason.contains("101 bytes"));
    let failure = smtp.deliver(&mail(&["길동@example.org"])).await.unwrap_err();
    assert_eq!(failure.class, Class::Permanent);
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
async fn nobody_listening_is_a_transient_failure() {
    let server = Server::start(Plan::ordinary()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let smtp = Smtp::new(Settings { port, ..server.settings() });
    assert_eq!(smtp.check().await.unwrap_err().class, Class::Transient);
}

#[tokio::test]
async fn a_refusal_that_may_mean_all_mail_is_no_verdict_on_its_recipient_whatever_was_taken_before() {
    let refusals = [
        "554 5.7.1 <kim@example.org>: Relay access denied",
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
        "504 5.5.2 <box>: Helo command rejected: need fully-qualified hostname",
        "553 5.7.1 <no-reply@example.com>: Sender address rejected: not owned by user kim",
    ];
    for extensions in [EXTENSIONS.to_vec(), Vec::new()] {
        let replies: Vec<_> = refusals.iter().flat_map(|words| [Does::Nothing, Does::Say(words)]).collect();
        let data = vec![[Does::Nothing, Does::Say("554 5.5.1 no valid recipients")]; refusals.len()].concat();
        let plan = Plan { extensions, ..Plan::default() }.with(At::Rcpt, &replies);
        let pipelining = !plan.extensions.is_empty();
        let server = Server::start(if pipelining { plan.with(At::Data, &data) } else { plan }).await;
        let smtp = server.transport();
        for words in refusals {
            smtp.deliver(&mail(KIM)).await.unwrap();
            let failure = smtp.deliver(&mail(KIM)).await.unwrap_err();
            assert_eq!((failure.class, failure.about), (Class::Configuration, About::Suspect), "{failure}");
            assert!(failure.reason.contains(words), "the operator reads all of it: {failure}");
        }
    }
}

#[tokio::test]
async fn a_refusal_that_repeats_a_chosen_address_ends_the_mail_to_that_address_alone() {
    for (to, words) in [
        ("root@localhost", "553 5.1.3 The recipient address <root@localhost> is not a valid RFC 5321 address."),
        ("relay@nowhere.test", "550 <RELAY@nowhere.test>: Recipient address rejected: User unknown"),
        ("authentication.required@x.test", "550 \"authentication required\" of x.test: User unknown"),
        ("5.7.1@x.test", "550 5.7.1 is not a user here"),
    ] {
        let server = Server::start(Plan::default().with(At::Rcpt, &[Does::Say(words)])).await;
        let failure = server.transport().deliver(&mail(&[to])).await.unwrap_err();
        assert_eq!((failure.class, failure.about), (Class::Permanent, About::Mail), "{failure}");
        assert!(failure.reason.contains(words), "{failure}");
    }
}
