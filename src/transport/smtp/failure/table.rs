//! The meaning of replies as a table: the first row that matches decides. The comment of each row names its source: a
//! section of an RFC, or a server with such replies. Phrases are searched for only in what [`OwnText`] leaves of a reply.

use crate::transport::interface::{FailureKind, FailureScope};

use super::phrases::{
    ADDRESS, CLIENT, CONTENT, DENIED_RELAY, DOMAIN, HOST, LIMIT, LOGIN, NO_WORDS, RELAY, REQUIRED_LOGIN, TOO_MANY,
};
use super::said::OwnText;
use super::stage::Stage;

/// The cure that follows the reply in the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    Nothing,
    NoServer,
    Limit,
    Login,
    Relay,
    Address,
    Sender,
    /// SPF, DKIM and DMARC of the sender's domain.
    Domain,
    Client,
    StartTls,
}

#[derive(Clone, Copy, Debug)]
enum Status {
    Any,
    /// X.subject.X
    Subject(u16),
    Exact([u16; 3]),
    /// X.subject.detail, with any class.
    Detail(u16, &'static [u16]),
    /// X.subject.first to X.subject.last.
    Between(u16, u16, u16),
    /// 4.X.X, whatever the reply code.
    Later,
}

#[derive(Debug)]
struct Row {
    stages: &'static [Stage],
    /// Inclusive ranges of codes.
    codes: &'static [(u16, u16)],
    status: Status,
    /// The reply contains one of these phrases; empty: any text.
    words: &'static [&'static str],
    meaning: Meaning,
}

/// What a reply means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub class: FailureKind,
    pub about: FailureScope,
    pub hint: Hint,
}

const NO_SERVER: Meaning = meaning(Transient, FailureScope::Transport, Hint::NoServer);
const UNAVAILABLE: Meaning = meaning(Transient, FailureScope::Transport, Hint::Nothing);
const LIMITED: Meaning = meaning(Rate, FailureScope::Transport, Hint::Limit);
/// This message is not accepted now.
const DEFERRED: Meaning = meaning(Transient, FailureScope::Mail, Hint::Nothing);
/// This message is never accepted.
const REFUSED: Meaning = meaning(Permanent, FailureScope::Mail, Hint::Nothing);

/// This message exceeds a limit of this server, or needs an extension that it lacks.
const UNSUPPORTED: Meaning = meaning(Permanent, FailureScope::Unsupported, Hint::Nothing);

/// No message is accepted before the configuration changes.
const fn ours(hint: Hint) -> Meaning {
    meaning(Configuration, FailureScope::Transport, hint)
}

const fn sender(hint: Hint) -> Meaning {
    meaning(Configuration, FailureScope::Sender, hint)
}

const fn suspect(hint: Hint) -> Meaning {
    meaning(Configuration, FailureScope::Suspect, hint)
}

const fn meaning(class: FailureKind, about: FailureScope, hint: Hint) -> Meaning {
    Meaning { class, about, hint }
}

use FailureKind::{Configuration, Permanent, Rate, Transient};
use Stage::{Data, Greeting, Hello, Login, Recipient, Sender, StartTls, Verdict};

const EVERY: &[Stage] = &[Greeting, Hello, StartTls, Login, Sender, Recipient, Data, Verdict];
const BEFORE: &[Stage] = &[Greeting, Hello, StartTls];
/// Stages at which the server knows the recipients.
const KNOWN: &[Stage] = &[Recipient, Data, Verdict];
/// Stages before the content: a rejection here is about the sender, the client or the recipient.
const ENVELOPE: &[Stage] = &[Recipient, Data];

const LOW: &[(u16, u16)] = &[(0, 399)];
const ANY: &[(u16, u16)] = &[(400, u16::MAX)];
const NOT_NOW: &[(u16, u16)] = &[(400, 499)];
const NEVER: &[(u16, u16)] = &[(500, u16::MAX)];
const WANTS_LOGIN: &[(u16, u16)] = &[(530, 530), (534, 535), (538, 538)];

/// SPF, DKIM and DMARC: RFC 7372 §3, Gmail (5.7.27, 5.7.30 and 5.7.40), Microsoft 365 (5.7.509 and 5.7.515).
const DOMAIN_CHECKS: Status = Status::Detail(7, &[20, 21, 22, 23, 24, 26, 27, 30, 40, 509, 515]);
/// The address of the client: Microsoft 365, 550 5.7.606 Access denied, banned sending IP.
const BANNED_CLIENT: Status = Status::Between(7, 606, 649);
/// 550 5.7.25 no reverse DNS (RFC 7372 §3.3).
const NO_REVERSE_DNS: Status = Status::Detail(7, &[25]);

const fn row(
    stages: &'static [Stage],
    codes: &'static [(u16, u16)],
    status: Status,
    words: &'static [&'static str],
    meaning: Meaning,
) -> Row {
    Row { stages, codes, status, words, meaning }
}

static ROWS: &[Row] = &[
    // Only 4yz and 5yz reject (RFC 5321 §4.2.1).
    row(EVERY, LOW, Status::Any, NO_WORDS, NO_SERVER),
    // Gmail, "SMTP errors and codes": 550 5.4.5 Daily user sending limit exceeded.
    row(EVERY, ANY, Status::Exact([5, 4, 5]), NO_WORDS, LIMITED),
    // The same from servers without enhanced status codes.
    row(EVERY, ANY, Status::Any, LIMIT, LIMITED),
    // The server shuts down (RFC 5321 §3.8).
    row(EVERY, &[(421, 421)], Status::Any, NO_WORDS, UNAVAILABLE),
    // The state of the server: 452 4.3.1 disk full (RFC 3463 §3.4).
    row(EVERY, NOT_NOW, Status::Subject(3), NO_WORDS, UNAVAILABLE),
    // Greylisting (RFC 6647 §2.1), a full mailbox: not about the next message.
    row(KNOWN, NOT_NOW, Status::Any, NO_WORDS, DEFERRED),
    // At earlier stages the server knows only the sender (RFC 5321 §4.2.1).
    row(EVERY, NOT_NOW, Status::Any, NO_WORDS, UNAVAILABLE),
    // At the greeting the server knows only the client: 554 5.7.1 your IP is blacklisted.
    row(&[Greeting], NEVER, Status::Subject(7), NO_WORDS, ours(Hint::Client)),
    row(&[Greeting], NEVER, Status::Any, CLIENT, ours(Hint::Client)),
    row(&[Hello], NEVER, Status::Any, HOST, ours(Hint::Client)),
    // 502 no STARTTLS, although EHLO announced it.
    row(&[StartTls], NEVER, Status::Any, NO_WORDS, ours(Hint::StartTls)),
    // 554 no service (RFC 5321 §3.1).
    row(BEFORE, NEVER, Status::Any, NO_WORDS, ours(Hint::Nothing)),
    // 535 5.7.8 (RFC 4954 §6).
    row(&[Login], NEVER, Status::Any, NO_WORDS, ours(Hint::Login)),
    // Old servers send 552 for 452; they accept the recipient in the next transaction (RFC 5321 §4.5.3.1.10).
    row(&[Recipient], NEVER, Status::Exact([5, 5, 3]), NO_WORDS, DEFERRED),
    row(&[Recipient], &[(552, 552)], Status::Any, TOO_MANY, DEFERRED),
    // "Authentication required", "mechanism too weak", "encryption required" (RFC 4954 §6): codes without other
    // meanings. After the content a rejection may depend on the message.
    row(&[Sender, Recipient, Data], WANTS_LOGIN, Status::Any, NO_WORDS, ours(Hint::Login)),
    row(&[Verdict], WANTS_LOGIN, Status::Any, NO_WORDS, suspect(Hint::Login)),
    // Gmail: 550 5.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC policy.
    row(&[Sender], NEVER, DOMAIN_CHECKS, NO_WORDS, sender(Hint::Domain)),
    row(&[Sender], NEVER, Status::Any, DOMAIN, sender(Hint::Domain)),
    row(KNOWN, NEVER, DOMAIN_CHECKS, NO_WORDS, suspect(Hint::Domain)),
    row(KNOWN, NEVER, BANNED_CLIENT, NO_WORDS, suspect(Hint::Client)),
    row(KNOWN, NEVER, NO_REVERSE_DNS, NO_WORDS, suspect(Hint::Client)),
    // Exim: 550 authentication required. The reply to MAIL does not depend on the recipient.
    row(&[Sender], NEVER, Status::Any, LOGIN, ours(Hint::Login)),
    // The message is too large (RFC 1870 §6, RFC 3463 §3.4 and §3.3).
    row(&[Sender], &[(552, 552)], Status::Any, NO_WORDS, UNSUPPORTED),
    row(&[Sender, Data, Verdict], NEVER, Status::Detail(3, &[4]), NO_WORDS, UNSUPPORTED),
    row(&[Sender, Data, Verdict], NEVER, Status::Detail(2, &[3]), NO_WORDS, UNSUPPORTED),
    // No conversion of 8-bit text (RFC 3463 §3.7), no SMTPUTF8 (RFC 6531 §4.1).
    row(&[Sender, Recipient, Data, Verdict], NEVER, Status::Detail(6, &[3, 7, 9]), NO_WORDS, UNSUPPORTED),
    // A rejection of the client in the reply to MAIL: 550 5.7.1 Your IP is blocked.
    row(&[Sender], NEVER, BANNED_CLIENT, NO_WORDS, ours(Hint::Client)),
    row(&[Sender], NEVER, Status::Any, HOST, ours(Hint::Client)),
    // 553 (RFC 5321 §4.2.3), X.1.7 and X.1.8 (RFC 3463 §3.2), phrases of Naver and Postfix.
    row(&[Sender], &[(553, 553)], Status::Any, NO_WORDS, sender(Hint::Address)),
    row(&[Sender], NEVER, Status::Detail(1, &[7, 8]), NO_WORDS, sender(Hint::Address)),
    row(&[Sender], NEVER, Status::Any, ADDRESS, sender(Hint::Address)),
    row(&[Sender], NEVER, Status::Any, NO_WORDS, sender(Hint::Sender)),
    // Microsoft 365: 550 5.1.8 Access denied, bad outbound sender. Bad sender address (RFC 3463 §3.2).
    row(KNOWN, NEVER, Status::Detail(1, &[7, 8]), NO_WORDS, suspect(Hint::Address)),
    // Gmail: 553 5.1.3 The recipient address is not a valid RFC 5321 address; 550 5.1.1 (RFC 3463 §3.2).
    row(KNOWN, NEVER, Status::Subject(1), NO_WORDS, REFUSED),
    // 552 5.2.2 mailbox full, 550 5.2.1 disabled (RFC 3463 §3.3).
    row(KNOWN, NEVER, Status::Subject(2), NO_WORDS, REFUSED),
    // The same from servers without enhanced status codes.
    row(KNOWN, NEVER, Status::Any, DOMAIN, suspect(Hint::Domain)),
    // After the content: 554 5.7.1 spam message content rejected, 550 5.7.0 a URL is on a blacklist.
    row(&[Verdict], NEVER, Status::Any, CONTENT, REFUSED),
    // Postfix rejects the sender in its reply to RCPT: 553 5.7.1 Sender address rejected: not logged in.
    row(ENVELOPE, NEVER, Status::Any, LOGIN, suspect(Hint::Login)),
    // Postfix's reject_sender_login_mismatch: 553 5.7.1 Sender address rejected: not owned by user.
    row(KNOWN, NEVER, Status::Any, ADDRESS, suspect(Hint::Address)),
    // Postfix: 554 5.7.1 Relay access denied; qmail: 553 sorry, that domain isn't in my list of allowed rcpthosts.
    row(ENVELOPE, NEVER, Status::Any, RELAY, suspect(Hint::Relay)),
    // Postfix's smtpd_delay_reject: 554 5.7.1 Service unavailable; Client host [..] blocked using zen.spamhaus.org,
    // 504 5.5.2 Helo command rejected: need fully-qualified hostname. Exim: 550 Administrative prohibition.
    row(ENVELOPE, NEVER, Status::Any, CLIENT, suspect(Hint::Client)),
    // Servers that judge the client only after the content. Its words are fewer, since a reply to the content may be
    // about the content.
    row(&[Verdict], NEVER, Status::Any, REQUIRED_LOGIN, suspect(Hint::Login)),
    row(&[Verdict], NEVER, Status::Any, DENIED_RELAY, suspect(Hint::Relay)),
    row(&[Verdict], NEVER, Status::Any, HOST, suspect(Hint::Client)),
    // 550 4.7.1 try later: the status code is the more precise one (RFC 3463 §2).
    row(KNOWN, NEVER, Status::Later, NO_WORDS, DEFERRED),
    // Security or policy (RFC 3463 §3.8).
    row(ENVELOPE, NEVER, Status::Subject(7), NO_WORDS, suspect(Hint::Client)),
    // "Mailbox name not allowed" (RFC 5321 §4.2.3), about this recipient.
    row(&[Recipient], &[(553, 553)], Status::Any, NO_WORDS, REFUSED),
    // 550 no such user, 551 not local; after the content 550 5.7.1 spam (RFC 5321 §4.2.2).
    row(KNOWN, NEVER, Status::Any, NO_WORDS, REFUSED),
];

/// The meaning in the first row that matches; the tests show that one always does.
pub(super) fn find(stage: Stage, said: &OwnText) -> Meaning {
    ROWS.iter().find(|row| row.matches(stage, said)).map_or(DEFERRED, |row| row.meaning)
}

impl Row {
    fn matches(&self, stage: Stage, said: &OwnText) -> bool {
        let [class, subject, detail] = said.enhanced;
        self.stages.contains(&stage)
            && self.codes.iter().any(|(first, last)| (*first..=*last).contains(&said.code))
            && match self.status {
                Status::Any => true,
                Status::Subject(wanted) => class > 0 && subject == wanted,
                Status::Exact(wanted) => said.enhanced == wanted,
                Status::Later => class == 4,
                Status::Between(wanted, first, last) => {
                    class > 0 && subject == wanted && (first..=last).contains(&detail)
                }
                Status::Detail(wanted, details) => class > 0 && subject == wanted && details.contains(&detail),
            }
            && (self.words.is_empty() || self.words.iter().any(|phrase| said.has(phrase)))
    }
}

#[cfg(test)]
mod tests;
