//! What a server's refusal or silence means: its class, and a sentence with the cure.

use std::io;

use rustls::{CertificateError, Error as TlsError, InvalidMessage};

use crate::transport::{About, Class, Failure};

use super::settings::{Security, Settings};
use super::wire::{Broken, Reply};

/// Where in the dialogue it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Greeting,
    Hello,
    StartTls,
    Login,
    Sender,
    Recipient,
    /// The DATA command.
    Data,
    /// After the final dot.
    Verdict,
}

impl Stage {
    fn doing(self) -> &'static str {
        match self {
            Stage::Greeting => "waiting for the greeting",
            Stage::Hello => "saying EHLO",
            Stage::StartTls => "starting TLS",
            Stage::Login => "logging in",
            Stage::Sender => "naming the sender",
            Stage::Recipient => "naming the recipient",
            Stage::Data => "sending the mail",
            Stage::Verdict => "waiting for the verdict on the mail",
        }
    }
}

/// A reply that was not the one hoped for.
pub(super) fn refused(settings: &Settings, stage: Stage, reply: &Reply) -> Failure {
    let (class, hint) = classify(settings, stage, reply);
    let server = &settings.host;
    let words = &reply.words;
    let reason = match hint {
        Some(hint) => format!("{server} answered while {}: {words}. {hint}", stage.doing()),
        None => format!("{server} answered while {}: {words}", stage.doing()),
    };
    let failure = Failure::new(class, reason);
    Failure { code: Some(reply.code), about: about(class, stage, reply).unwrap_or(failure.about), ..failure }
}

/// Greylisting or a full mailbox says nothing about the next mail. X.3.Y is the server's own state (RFC 3463 §3.4), and
/// at MAIL it knows nothing of the mail but its sender yet.
fn about(class: Class, stage: Stage, reply: &Reply) -> Option<About> {
    let knows_recipient = matches!(stage, Stage::Recipient | Stage::Data | Stage::Verdict);
    match class {
        Class::Transient if knows_recipient && reply.code != 421 && reply.enhanced[1] != 3 => Some(About::Mail),
        Class::Configuration if matches!(stage, Stage::Sender | Stage::Recipient) => {
            is_about_sender(reply, &reply.words.to_lowercase()).then_some(About::Sender)
        }
        _ => None,
    }
}

fn classify(settings: &Settings, stage: Stage, reply: &Reply) -> (Class, Option<&'static str>) {
    let code = reply.code;
    let text = reply.words.to_lowercase();
    if code < 400 {
        return (Class::Transient, Some("That is not how SMTP goes on here; is it a mail server?"));
    }
    if reply.enhanced == [5, 4, 5] || text.contains("daily user sending") || text.contains("sending limit exceeded") {
        return (Class::Rate, Some("The account's sending limit is used up; it resumes by itself"));
    }
    if code < 500 {
        return (Class::Transient, None);
    }
    match stage {
        Stage::Greeting | Stage::Hello | Stage::StartTls => (Class::Configuration, None),
        Stage::Login => (Class::Configuration, Some(login_hint(settings, reply, &text))),
        Stage::Sender | Stage::Recipient | Stage::Data | Stage::Verdict => classify_mail(settings, stage, reply, &text),
    }
}

/// Whether a recipient is one too many for this transaction and may come in the next, whatever digit the refusal begins
/// with (RFC 5321 §4.5.3.1.10).
pub(super) fn is_one_too_many(reply: &Reply) -> bool {
    let text = reply.words.to_lowercase();
    let said = text.contains("too many recipients") || text.contains("too many rcpt");
    reply.enhanced == [5, 5, 3] || (reply.code == 552 && said)
}

/// Exim and others say 550 where a login is missing: that is no verdict on the recipient.
fn classify_mail(settings: &Settings, stage: Stage, reply: &Reply, text: &str) -> (Class, Option<&'static str>) {
    if stage == Stage::Recipient && is_one_too_many(reply) {
        return (Class::Transient, None);
    }
    let wants_login =
        matches!(reply.code, 530 | 534 | 535 | 538) || text.contains("authenticat") || text.contains("not logged in");
    if wants_login && stage != Stage::Verdict {
        return (Class::Configuration, Some(login_hint(settings, reply, text)));
    }
    if text.contains("relay") && stage == Stage::Recipient {
        let hint = "The server takes mail for other domains only after a login: set mail.smtp.username and password, \
                    or use the server your provider names for sending";
        return (Class::Configuration, Some(hint));
    }
    if reply.code == 552 || reply.enhanced == [5, 3, 4] || reply.enhanced == [5, 2, 3] {
        return (Class::Permanent, None);
    }
    if stage == Stage::Sender || is_about_sender(reply, text) {
        let hint = match is_about_sender(reply, text) {
            true => {
                "The account may not send as this address: set mail.smtp.from (or mail.from) to the account's own \
                 address, or to one the provider has confirmed"
            }
            // It knows nothing of the mail but its sender yet.
            false => "The server takes no mail from this sender: ask whoever runs it, or try another mail.smtp.from",
        };
        return (Class::Configuration, Some(hint));
    }
    (Class::Permanent, None)
}

fn is_about_sender(reply: &Reply, text: &str) -> bool {
    let said =
        ["sender address", "not owned by", "from address", "sender not allowed", "not allowed to send", "send as"];
    matches!(reply.enhanced, [5, 1, 7 | 8]) || reply.code == 553 || said.iter().any(|words| text.contains(words))
}

fn login_hint(settings: &Settings, reply: &Reply, text: &str) -> &'static str {
    let host = settings.host.to_ascii_lowercase();
    if host.ends_with("gmail.com") {
        return "Gmail wants an app password here (16 letters, from the Google account's security page, two-step \
                verification on), not the account's own";
    }
    if host.ends_with("naver.com") || host.ends_with("daum.net") || host.ends_with("kakao.com") {
        return "Switch on SMTP in the provider's mail settings and use an application password, with two-step \
                verification on";
    }
    if reply.code == 538 || text.contains("starttls") || text.contains("encryption required") {
        return "The server wants TLS before a login: set mail.smtp.security = \"starttls\", or \"tls\" with port 465";
    }
    if reply.code == 534 || text.contains("application-specific") || text.contains("app password") {
        return "The provider wants an app password instead of the account's own";
    }
    if settings.login.is_none() {
        return "The server wants a login: set mail.smtp.username and password";
    }
    "Check mail.smtp.username and password; many providers want an app password"
}

/// Silence, a closed connection or noise. After the final dot the mail may have been taken.
pub(super) fn broken(settings: &Settings, stage: Stage, broken: &Broken) -> Failure {
    let server = format!("{}:{}", settings.host, settings.port);
    let doing = stage.doing();
    let (class, after) = loss(stage);
    let reason = match broken {
        Broken::Timeout => format!("{server} did not answer in time while {doing}{after}"),
        Broken::Closed => format!("{server} closed the connection while {doing}{after}"),
        Broken::Io(error) => return io(settings, stage, error),
        Broken::Garbled(line) => {
            format!("{server} answered with something that is not SMTP while {doing}: {line}{after}")
        }
    };
    Failure::new(class, reason)
}

/// A port that spoke TLS when it was asked, and nothing before.
pub(super) fn wants_tls(settings: &Settings) -> Failure {
    let reason = format!(
        "{}:{} speaks TLS from the first byte: set mail.smtp.security = \"tls\", as with port 465, or use port 587",
        settings.host, settings.port
    );
    Failure::new(Class::Configuration, reason)
}

/// What a lost connection means for the mail, and what is said of it.
fn loss(stage: Stage) -> (Class, &'static str) {
    match stage {
        Stage::Verdict => (Class::Ambiguous, ". It had the whole mail by then and may have delivered it"),
        _ => (Class::Transient, ""),
    }
}

fn io(settings: &Settings, stage: Stage, error: &io::Error) -> Failure {
    let (class, after) = loss(stage);
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
    match tls {
        Some(tls) => self::tls(settings, tls, class),
        None => Failure::new(
            class,
            format!(
                "the connection to {}:{} broke while {}: {error}{after}",
                settings.host,
                settings.port,
                stage.doing()
            ),
        ),
    }
}

/// A failed handshake.
pub(super) fn handshake(settings: &Settings, error: &io::Error) -> Failure {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
        Some(tls) => self::tls(settings, tls, Class::Transient),
        None => Failure::new(
            Class::Transient,
            format!("the TLS handshake with {}:{} broke off: {error}", settings.host, settings.port),
        ),
    }
}

fn tls(settings: &Settings, error: &TlsError, otherwise: Class) -> Failure {
    let server = format!("{}:{}", settings.host, settings.port);
    let configuration = |reason| Failure::new(Class::Configuration, reason);
    match error {
        TlsError::InvalidCertificate(fault) => configuration(certificate(settings, fault)),
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType) if settings.security == Security::Tls => {
            configuration(format!(
                "{server} does not begin with TLS: with port 587 or 25 set mail.smtp.security = \"starttls\", or use \
                 port 465"
            ))
        }
        TlsError::AlertReceived(alert) => configuration(format!("{server} refused TLS: {alert:?}")),
        other => Failure::new(otherwise, format!("TLS with {server} failed: {other}")),
    }
}

/// `openssl req -x509` makes a certificate that is its own authority; that it may not be both is what rustls minds
/// first, in an error type of a crate below it.
fn is_untrusted(fault: &CertificateError) -> bool {
    match fault {
        CertificateError::UnknownIssuer => true,
        CertificateError::Other(other) => other.to_string().contains("CaUsedAsEndEntity"),
        _ => false,
    }
}

fn certificate(settings: &Settings, fault: &CertificateError) -> String {
    let host = &settings.host;
    match fault {
        fault if is_untrusted(fault) => format!(
            "the certificate of {host} is signed by nobody this machine trusts (perhaps by itself): if it is your own \
             server, name its root, or this certificate itself, in mail.smtp.ca_file"
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("the certificate is for another name than {host}: set mail.smtp.host to the name it is for")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("the certificate of {host} has expired: renew it on the server, or check this machine's clock")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("the certificate of {host} is not valid yet: check this machine's clock")
        }
        other => format!("the certificate of {host} cannot be trusted: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::smtp::Asked;

    fn class(stage: Stage, words: &str) -> Class {
        let settings = Settings::new(Asked { host: "smtp.example.com".into(), ..Asked::default() }).unwrap();
        let mut enhanced = [0; 3];
        for (slot, n) in enhanced.iter_mut().zip(words.get(4..).unwrap().split([' ', '.'])) {
            *slot = n.parse().unwrap_or(0);
        }
        let reply = Reply { code: words[..3].parse().unwrap(), enhanced, words: words.into(), raw: Vec::new() };
        refused(&settings, stage, &reply).class
    }

    #[test]
    fn each_refusal_has_its_class() {
        use Class::{Configuration, Permanent, Rate, Transient};
        for (stage, words, expected) in [
            (Stage::Greeting, "554 no service", Configuration),
            (Stage::Greeting, "421 busy", Transient),
            (Stage::StartTls, "454 TLS not available", Transient),
            (Stage::Login, "535 5.7.8 bad credentials", Configuration),
            (Stage::Login, "534 5.7.9 Application-specific password required", Configuration),
            (Stage::Login, "454 4.7.0 temporary authentication failure", Transient),
            (Stage::Sender, "530 5.7.0 Authentication required", Configuration),
            (Stage::Sender, "553 5.7.1 sender not allowed", Configuration),
            (Stage::Sender, "554 5.7.1 spam", Configuration),
            (Stage::Sender, "552 5.3.4 message too big", Permanent),
            (Stage::Recipient, "550 5.1.1 no such user", Permanent),
            (Stage::Recipient, "550 authentication required", Configuration),
            (Stage::Recipient, "554 5.7.1 Relay access denied", Configuration),
            (Stage::Recipient, "553 5.7.1 Sender address rejected: not owned by user", Configuration),
            (Stage::Recipient, "451 4.7.1 greylisted", Transient),
            (Stage::Recipient, "552 5.2.2 mailbox full", Permanent),
            (Stage::Recipient, "552 5.5.3 no more for now", Transient),
            (Stage::Recipient, "552 Too many recipients", Transient),
            (Stage::Verdict, "550 5.7.1 spam", Permanent),
            (Stage::Verdict, "550 5.4.5 Daily user sending limit exceeded", Rate),
            (Stage::Data, "250 ok", Transient),
        ] {
            assert_eq!(class(stage, words), expected, "{stage:?} {words}");
        }
    }

    #[test]
    fn what_a_server_says_of_itself_is_told_from_what_it_says_of_a_mail() {
        let settings = Settings::new(Asked { host: "smtp.example.com".into(), ..Asked::default() }).unwrap();
        for (stage, words, enhanced, expected) in [
            (Stage::Recipient, "451 4.7.1 greylisted", [4, 7, 1], About::Mail),
            (Stage::Recipient, "450 mailbox busy", [0; 3], About::Mail),
            (Stage::Verdict, "451 try later", [0; 3], About::Mail),
            (Stage::Recipient, "452 4.3.1 disk full", [4, 3, 1], About::Transport),
            (Stage::Sender, "452 disk full", [0; 3], About::Transport),
            (Stage::Recipient, "421 4.7.0 too many connections", [4, 7, 0], About::Transport),
            (Stage::Sender, "553 5.7.1 sender not allowed", [5, 7, 1], About::Sender),
            (Stage::Sender, "530 5.7.0 Authentication required", [5, 7, 0], About::Transport),
            (Stage::Recipient, "550 5.1.1 no such user", [5, 1, 1], About::Mail),
        ] {
            let reply = Reply { code: words[..3].parse().unwrap(), enhanced, words: words.into(), raw: Vec::new() };
            assert_eq!(refused(&settings, stage, &reply).about, expected, "{stage:?} {words}");
        }
    }

    #[test]
    fn the_cure_is_the_one_for_what_the_server_said() {
        let settings = Settings::new(Asked { host: "smtp.example.com".into(), ..Asked::default() }).unwrap();
        for (stage, words, enhanced, cure) in [
            (Stage::Sender, "554 5.7.1 spam", [5, 7, 1], "ask whoever runs it"),
            (Stage::Sender, "553 5.7.1 sender not allowed", [5, 7, 1], "account's own address"),
            (Stage::Recipient, "553 5.7.1 Sender address rejected: not logged in", [5, 7, 1], "wants a login"),
            (Stage::Login, "538 5.7.11 Encryption required", [5, 7, 11], "\"starttls\""),
            (Stage::Sender, "530 5.7.0 Must issue a STARTTLS command first", [5, 7, 0], "\"starttls\""),
        ] {
            let reply = Reply { code: words[..3].parse().unwrap(), enhanced, words: words.into(), raw: Vec::new() };
            let failure = refused(&settings, stage, &reply);
            assert_eq!(failure.class, Class::Configuration, "{failure}");
            assert!(failure.reason.contains(cure), "{failure}");
        }
    }

    #[test]
    fn gmail_and_naver_refusals_name_the_cure() {
        for (provider, cure) in [("gmail", "app password"), ("naver", "Switch on SMTP")] {
            let settings = Settings::new(Asked { provider: provider.into(), ..Asked::default() }).unwrap();
            let reply = Reply { code: 535, enhanced: [5, 7, 8], words: "535 5.7.8 no".into(), raw: Vec::new() };
            assert!(refused(&settings, Stage::Login, &reply).reason.contains(cure));
        }
    }
}
