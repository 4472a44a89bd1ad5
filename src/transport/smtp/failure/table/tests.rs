//! Tests of the table with replies of real servers, and with addresses chosen to look like such replies.

use super::*;
use crate::mail::Address;
use crate::transport::smtp::reply::SmtpReply;

fn said(text: &str, to: &str) -> OwnText {
    let mut enhanced = [0; 3];
    let status: Vec<_> = text[4..].split(' ').next().unwrap().split('.').map(str::parse::<u16>).collect();
    if let [Ok(a), Ok(b), Ok(c)] = status[..] {
        enhanced = [a, b, c];
    }
    let reply = SmtpReply { code: text[..3].parse().unwrap(), enhanced, text: text.into() };
    let (to, from) = (Address::parse(to).unwrap(), Address::parse("no-reply@example.com").unwrap());
    OwnText::new(&reply, &[&to, &from])
}

/// Stage and reply to mail for `kim@x.test`, and the expected class, scope and hint.
const KIM: &[(Stage, &str, FailureKind, FailureScope, Hint)] = &[
    (Data, "250 ok", Transient, FailureScope::Transport, Hint::NoServer),
    (Verdict, "550 5.4.5 Daily user sending limit exceeded", Rate, FailureScope::Transport, Hint::Limit),
    (Sender, "550 Sending limit exceeded", Rate, FailureScope::Transport, Hint::Limit),
    (Greeting, "421 busy", Transient, FailureScope::Transport, Hint::Nothing),
    (Recipient, "421 4.7.0 too many connections", Transient, FailureScope::Transport, Hint::Nothing),
    (Recipient, "452 4.3.1 disk full", Transient, FailureScope::Transport, Hint::Nothing),
    (Recipient, "451 4.7.1 greylisted", Transient, FailureScope::Mail, Hint::Nothing),
    (
        Recipient,
        "450 4.7.1 Client host rejected: cannot find your hostname",
        Transient,
        FailureScope::Mail,
        Hint::Nothing,
    ),
    (Recipient, "450 mailbox busy", Transient, FailureScope::Mail, Hint::Nothing),
    (Verdict, "451 try later", Transient, FailureScope::Mail, Hint::Nothing),
    (Sender, "452 disk full", Transient, FailureScope::Transport, Hint::Nothing),
    (StartTls, "454 TLS not available", Transient, FailureScope::Transport, Hint::Nothing),
    (Login, "454 4.7.0 temporary authentication failure", Transient, FailureScope::Transport, Hint::Nothing),
    (Greeting, "554 no service", Configuration, FailureScope::Transport, Hint::Nothing),
    (Login, "535 5.7.8 bad credentials", Configuration, FailureScope::Transport, Hint::Login),
    (Login, "534 5.7.9 Application-specific password required", Configuration, FailureScope::Transport, Hint::Login),
    (Recipient, "552 5.5.3 no more for now", Transient, FailureScope::Mail, Hint::Nothing),
    (Recipient, "552 Too many recipients", Transient, FailureScope::Mail, Hint::Nothing),
    (Sender, "530 5.7.0 Authentication required", Configuration, FailureScope::Transport, Hint::Login),
    (Recipient, "530 5.7.0 Authentication required", Configuration, FailureScope::Transport, Hint::Login),
    (Recipient, "535 5.7.8 Error", Configuration, FailureScope::Transport, Hint::Login),
    (Recipient, "538 5.7.11 Encryption required", Configuration, FailureScope::Transport, Hint::Login),
    (Sender, "550 authentication required", Configuration, FailureScope::Transport, Hint::Login),
    (Sender, "552 mail too big", Permanent, FailureScope::Mail, Hint::Nothing),
    (Sender, "554 5.3.4 mail too big", Permanent, FailureScope::Mail, Hint::Nothing),
    (Verdict, "554 5.2.3 mail too big", Permanent, FailureScope::Mail, Hint::Nothing),
    (Sender, "553 5.7.1 sender not allowed", Configuration, FailureScope::Sender, Hint::Address),
    (Sender, "550 5.1.8 bad sender", Configuration, FailureScope::Sender, Hint::Address),
    (
        Sender,
        "550 5.7.60 Client does not have permissions to send as this sender",
        Configuration,
        FailureScope::Sender,
        Hint::Address,
    ),
    (Sender, "554 5.7.1 spam", Configuration, FailureScope::Sender, Hint::Sender),
    (Recipient, "550 5.1.8 Access denied, bad outbound sender", Configuration, FailureScope::Suspect, Hint::Address),
    (Verdict, "550 5.1.8 Access denied, bad outbound sender", Configuration, FailureScope::Suspect, Hint::Address),
    (
        Recipient,
        "550 5.1.1 <kim@x.test>: Recipient address rejected: User unknown",
        Permanent,
        FailureScope::Mail,
        Hint::Nothing,
    ),
    (Recipient, "552 5.2.2 mailbox full", Permanent, FailureScope::Mail, Hint::Nothing),
    (
        Recipient,
        "553 5.7.1 <no-reply@example.com>: Sender address rejected: not logged in",
        Configuration,
        FailureScope::Suspect,
        Hint::Login,
    ),
    (Recipient, "550 authentication required", Configuration, FailureScope::Suspect, Hint::Login),
    (
        Recipient,
        "553 5.7.1 <no-reply@example.com>: Sender address rejected: not owned by user kim",
        Configuration,
        FailureScope::Suspect,
        Hint::Address,
    ),
    (Recipient, "554 5.7.1 <kim@x.test>: Relay access denied", Configuration, FailureScope::Suspect, Hint::Relay),
    (Recipient, "550 relay not permitted", Configuration, FailureScope::Suspect, Hint::Relay),
    (
        Recipient,
        "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
        Configuration,
        FailureScope::Suspect,
        Hint::Relay,
    ),
    (
        Recipient,
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
        Configuration,
        FailureScope::Suspect,
        Hint::Client,
    ),
    (
        Recipient,
        "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
        Configuration,
        FailureScope::Suspect,
        Hint::Client,
    ),
    (
        Recipient,
        "504 5.5.2 <box>: Helo command rejected: need fully-qualified hostname",
        Configuration,
        FailureScope::Suspect,
        Hint::Client,
    ),
    (Recipient, "550 5.7.25 no PTR record", Configuration, FailureScope::Suspect, Hint::Client),
    (Data, "554 5.7.1 <DATA>: Data command rejected", Configuration, FailureScope::Suspect, Hint::Client),
    (Recipient, "553 5.0.0 mailbox name not allowed", Permanent, FailureScope::Mail, Hint::Nothing),
    (Recipient, "550 no such user", Permanent, FailureScope::Mail, Hint::Nothing),
    (Recipient, "552 mailbox full", Permanent, FailureScope::Mail, Hint::Nothing),
    (Data, "554 5.5.1 no valid recipients", Permanent, FailureScope::Mail, Hint::Nothing),
    (Verdict, "550 5.7.1 spam", Permanent, FailureScope::Mail, Hint::Nothing),
    (Verdict, "550 5.7.1 relay blocked by authentication policy", Permanent, FailureScope::Mail, Hint::Nothing),
    (Verdict, "553 unwanted", Permanent, FailureScope::Mail, Hint::Nothing),
];

#[test]
fn each_reply_has_its_class_scope_and_hint() {
    for (stage, text, class, about, hint) in KIM {
        let row = find(*stage, &said(text, "kim@x.test"));
        assert_eq!((row.class, row.about, row.hint), (*class, *about, *hint), "{stage:?} {text}");
    }
}

#[test]
fn each_row_matches_a_reply_and_each_reply_matches_a_row() {
    let is_used =
        |row: &Row| KIM.iter().any(|(stage, text, ..)| std::ptr::eq(find(*stage, &said(text, "kim@x.test")), row));
    let unused: Vec<_> = ROWS.iter().enumerate().filter(|(_, row)| !is_used(row)).map(|(n, _)| n).collect();
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
            let row = find(stage, &said(text, to));
            assert_eq!((row.class, row.about), (Permanent, FailureScope::Mail), "{stage:?} {to}: {text}");
        }
    }
}
