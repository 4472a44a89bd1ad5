//! Tests of the table with replies of real servers, and with addresses chosen to look like such replies.

use super::*;
use crate::transport::smtp::failure::Repeatable;
use crate::transport::smtp::reply::SmtpReply;
use crate::transport::smtp::tests::server::mail;

fn said(text: &str, to: &str) -> OwnText {
    let mut enhanced = [0; 3];
    let status: Vec<_> = text[4..].split(' ').next().unwrap().split('.').map(str::parse::<u16>).collect();
    if let [Ok(a), Ok(b), Ok(c)] = status[..] {
        enhanced = [a, b, c];
    }
    let reply = SmtpReply { code: text[..3].parse().unwrap(), enhanced, text: text.into() };
    OwnText::new(&reply, Repeatable { message: Some(&mail(&[to])), with_content: false })
}

/// Stage and reply to mail for `kim@x.test`, and the expected meaning.
const KIM: &[(Stage, &str, Meaning)] = &[
    (Data, "250 ok", NO_SERVER),
    (Verdict, "550 5.4.5 Daily user sending limit exceeded", LIMITED),
    (Sender, "550 Sending limit exceeded", LIMITED),
    (Greeting, "421 busy", UNAVAILABLE),
    (Recipient, "421 4.7.0 too many connections", UNAVAILABLE),
    (Recipient, "452 4.3.1 disk full", UNAVAILABLE),
    (Recipient, "451 4.7.1 greylisted", DEFERRED),
    (Recipient, "450 4.7.1 Client host rejected: cannot find your hostname", DEFERRED),
    (Recipient, "450 mailbox busy", DEFERRED),
    (Verdict, "451 try later", DEFERRED),
    (Sender, "452 disk full", UNAVAILABLE),
    (StartTls, "454 TLS not available", UNAVAILABLE),
    (Login, "454 4.7.0 temporary authentication failure", UNAVAILABLE),
    (Greeting, "554 no service", ours(Hint::Nothing)),
    (Greeting, "554 5.7.1 no", ours(Hint::Client)),
    (Greeting, "554 your address is on a blacklist", ours(Hint::Client)),
    (Hello, "550 your IP is blocked", ours(Hint::Client)),
    (Hello, "550 bad name", ours(Hint::Nothing)),
    (StartTls, "502 no", ours(Hint::StartTls)),
    (Login, "535 5.7.8 bad credentials", ours(Hint::Login)),
    (Login, "534 5.7.9 Application-specific password required", ours(Hint::Login)),
    (Recipient, "552 5.5.3 no more for now", DEFERRED),
    (Recipient, "552 Too many recipients", DEFERRED),
    (Sender, "530 5.7.0 Authentication required", ours(Hint::Login)),
    (Recipient, "530 5.7.0 Authentication required", ours(Hint::Login)),
    (Recipient, "535 5.7.8 Error", ours(Hint::Login)),
    (Recipient, "538 5.7.11 Encryption required", ours(Hint::Login)),
    (Sender, "550 authentication required", ours(Hint::Login)),
    (Sender, "552 mail too big", UNSUPPORTED),
    (Sender, "554 5.3.4 mail too big", UNSUPPORTED),
    (Verdict, "554 5.2.3 mail too big", UNSUPPORTED),
    (Recipient, "553 5.6.7 address needs SMTPUTF8", UNSUPPORTED),
    (Sender, "550 5.7.26 Unauthenticated email from example.com", sender(Hint::Domain)),
    (Sender, "550 SPF check failed", sender(Hint::Domain)),
    (Sender, "550 5.7.1 Your IP is blocked", ours(Hint::Client)),
    (Sender, "550 5.7.606 Access denied, banned sending IP [192.0.2.1]", ours(Hint::Client)),
    (Sender, "553 5.7.1 sender not allowed", sender(Hint::Address)),
    (Sender, "550 5.1.8 bad sender", sender(Hint::Address)),
    (Sender, "550 5.7.60 Client does not have permissions to send as this sender", sender(Hint::Address)),
    (Sender, "554 5.7.1 spam", sender(Hint::Sender)),
    (Recipient, "550 5.1.8 Access denied, bad outbound sender", suspect(Hint::Address)),
    (Verdict, "550 5.1.8 Access denied, bad outbound sender", suspect(Hint::Address)),
    (Recipient, "550 5.1.1 <kim@x.test>: Recipient address rejected: User unknown", REFUSED),
    (Recipient, "552 5.2.2 mailbox full", REFUSED),
    (Recipient, "553 5.7.1 <no-reply@example.com>: Sender address rejected: not logged in", suspect(Hint::Login)),
    (Recipient, "550 authentication required", suspect(Hint::Login)),
    (
        Recipient,
        "553 5.7.1 <no-reply@example.com>: Sender address rejected: not owned by user kim",
        suspect(Hint::Address),
    ),
    (Recipient, "554 5.7.1 <kim@x.test>: Relay access denied", suspect(Hint::Relay)),
    (Recipient, "550 relay not permitted", suspect(Hint::Relay)),
    (Recipient, "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", suspect(Hint::Relay)),
    (
        Recipient,
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
        suspect(Hint::Client),
    ),
    (Recipient, "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied", suspect(Hint::Client)),
    (Recipient, "504 5.5.2 <box>: Helo command rejected: need fully-qualified hostname", suspect(Hint::Client)),
    (Recipient, "550 5.7.25 no PTR record", suspect(Hint::Client)),
    (Data, "554 5.7.1 <DATA>: Data command rejected", suspect(Hint::Client)),
    (Recipient, "553 5.0.0 mailbox name not allowed", REFUSED),
    (Recipient, "550 no such user", REFUSED),
    (Recipient, "552 mailbox full", REFUSED),
    (Data, "554 5.5.1 no valid recipients", REFUSED),
    (
        Recipient,
        "550 5.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC policy",
        suspect(Hint::Domain),
    ),
    (Recipient, "550 5.7.606 Access denied, banned sending IP [192.0.2.1]", suspect(Hint::Client)),
    (Recipient, "550 4.7.1 try later greylist", DEFERRED),
    (Recipient, "554 4.7.1 Client host rejected: cannot find your hostname", suspect(Hint::Client)),
    (Verdict, "530 5.7.0 Authentication required", suspect(Hint::Login)),
    (Verdict, "554 5.7.0 Authentication required", suspect(Hint::Login)),
    (Verdict, "550 5.7.64 TenantAttribution; Relay Access Denied", suspect(Hint::Relay)),
    (Verdict, "550 5.7.26 This mail has been blocked because the sender is unauthenticated.", suspect(Hint::Domain)),
    (Verdict, "550 This mail has been blocked because the sender is unauthenticated.", suspect(Hint::Domain)),
    (Verdict, "550 5.7.509 Access denied, sending domain EXAMPLE.COM does not pass DMARC", suspect(Hint::Domain)),
    (Verdict, "550 5.7.606 Access denied, banned sending IP [192.0.2.1]", suspect(Hint::Client)),
    (Verdict, "550 5.7.25 no PTR record", suspect(Hint::Client)),
    (Verdict, "554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org", suspect(Hint::Client)),
    (Verdict, "554 Your IP address is on our block list", suspect(Hint::Client)),
    (Verdict, "550 4.7.1 try later", DEFERRED),
    (Verdict, "550 5.7.1 spam message content rejected", REFUSED),
    (Verdict, "550 5.7.1 message rejected due to content", REFUSED),
    (Verdict, "552 5.7.0 This message was blocked because its content presents a potential security issue", REFUSED),
    (Verdict, "554 5.7.1 virus Eicar found; see our blacklist", REFUSED),
    (Verdict, "554 5.7.0 Reject, BANNED: .exe", REFUSED),
    (Verdict, "550 5.7.1 spam", REFUSED),
    (Verdict, "550 5.7.1 relay blocked by authentication policy", REFUSED),
    (Verdict, "553 unwanted", REFUSED),
];

#[test]
fn each_reply_has_its_class_scope_and_hint() {
    for (stage, text, expected) in KIM {
        assert_eq!(find(*stage, &said(text, "kim@x.test")), *expected, "{stage:?} {text}");
    }
}

#[test]
fn each_row_matches_a_reply_and_each_reply_matches_a_row() {
    let used = |(stage, text, _): &(Stage, &str, Meaning)| {
        ROWS.iter().position(|row| row.matches(*stage, &said(text, "kim@x.test")))
    };
    let used: Vec<_> = KIM.iter().filter_map(used).collect();
    let unused: Vec<_> = (0..ROWS.len()).filter(|row| !used.contains(row)).collect();
    assert!(unused.is_empty(), "{unused:?}");
    for stage in EVERY {
        for code in [200, 354, 400, 499, 500, 550, 599] {
            let said = said(&format!("{code} x"), "kim@x.test");
            assert!(ROWS.iter().any(|row| row.matches(*stage, &said)), "{stage:?} {code}");
        }
    }
}

/// Addresses that anyone can sign up with, and how servers repeat them.
#[test]
fn a_chosen_address_does_not_make_the_rejection_of_one_recipient_look_like_one_of_all_mail() {
    for (to, text) in [
        ("root@localhost", "553 5.1.3 The recipient address <root@localhost> is not a valid RFC 5321 address."),
        ("root@localhost", "553 The recipient address <root@localhost> is not valid"),
        ("relay@nowhere.test", "550 5.1.1 <relay@nowhere.test>: Recipient address rejected: User unknown"),
        ("relay@nowhere.test", "550 <RELAY@nowhere.test>: no such user"),
        ("authentication.required@x.test", "550 <authentication.required@x.test>: unknown"),
        ("authentication.required@x.test", "550 authentication required at x.test: unknown"),
        ("sender.address@x.test", "550 sender address: no such user"),
        ("5.7.1@x.test", "550 5.7.1 is not a user here"),
        ("5.7.1@x.test", "550 5.7.1@x.test is not a user here"),
        ("kim@blocked.test", "550 no such domain: blocked.test"),
        ("kim@client-host.test", "550 client host.test: no such domain"),
        ("helo@x.test", "550 helo is not a user here"),
        ("access.denied@x.test", "550 \"access denied\"@x.test: unknown"),
        ("daily.user.sending@x.test", "550 daily user sending: unknown"),
        ("kim@x.test", "550 5.1.1 undeliverable address: host mx.x.test said: 530 5.7.0 Relay authentication required"),
        ("kim@x.test", "550 undeliverable address: host mx.x.test said: 554 5.7.1 Client host blocked by relay"),
    ] {
        for stage in [Recipient, Data] {
            assert_eq!(find(stage, &said(text, to)), REFUSED, "{stage:?} {to}: {text}");
        }
    }
}

#[test]
fn text_of_a_visitor_that_a_reply_to_the_content_repeats_does_not_decide() {
    for name in ["client host", "Your IP", "authentication required", "blacklist", "dmarc", "daily user sending"] {
        let mut message = mail(&["kim@x.test"]);
        message.bytes = format!("Subject: Hello {name}\r\n\r\nHello {name}\r\n").into_bytes();
        let reply = SmtpReply::new(format!("550 5.7.1 rejected: Hello {name}\r\n").as_bytes());
        let repeatable = Repeatable { message: Some(&message), with_content: true };
        assert_eq!(find(Verdict, &OwnText::new(&reply, repeatable)), REFUSED, "{name}");
    }
}
