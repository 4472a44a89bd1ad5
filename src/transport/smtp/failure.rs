//! What a server's refusal or silence means: its class, and a sentence with the cure.

use std::io;

use rustls::{CertificateError, Error as TlsError, InvalidMessage};

use crate::mail::Address;
use crate::transport::{About, Class, Failure};

use self::said::Said;
use self::table::Hint;
use super::settings::{Security, Settings};
use super::wire::{Broken, Reply};

mod said;
mod table;

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

/// A reply that was not the one hoped for: the table decides what it means. The operator reads the server's words whole;
/// the table does not see what they repeat of `addresses`, those of the envelope.
pub(super) fn refused(settings: &Settings, stage: Stage, reply: &Reply, addresses: &[&Address]) -> Failure {
    let said = Said::new(reply, addresses);
    let row = table::find(stage, &said);
    let (server, words) = (&settings.host, &reply.words);
    let answer = format!("{server} answered while {}: {words}", stage.doing());
    let end = if row.about == About::Suspect { DOUBT } else { "" };
    let reason = match hint(settings, row.hint, &said) {
        Some(hint) => format!("{answer}. {hint}{end}"),
        None => answer,
    };
    Failure { code: Some(reply.code), about: row.about, ..Failure::new(row.class, reason) }
}

/// What follows the cure where it may not be needed.
const DOUBT: &str = ". If the server takes mail for other recipients, it refuses this one";

fn hint(settings: &Settings, hint: Hint, said: &Said) -> Option<&'static str> {
    Some(match hint {
        Hint::Nothing => return None,
        Hint::NoServer => "That is not how SMTP goes on here; is it a mail server?",
        Hint::Limit => "The account's sending limit is used up; it resumes by itself",
        Hint::Login => login_hint(settings, said),
        Hint::Relay => {
            "The server takes mail for other domains only after a login: set mail.smtp.username and password, or use the \
             server your provider names for sending"
        }
        Hint::Address => {
            "The account may not send as this address: set mail.smtp.from (or mail.from) to the account's own address, \
             or to one the provider has confirmed"
        }
        // The server knows nothing of the mail but its sender yet.
        Hint::Sender => "The server takes no mail from this sender: ask whoever runs it, or try another mail.smtp.from",
        Hint::Client => "The server may refuse this machine (its IP address, its name in EHLO): ask its administrator",
    })
}

fn login_hint(settings: &Settings, said: &Said) -> &'static str {
    let host = settings.host.to_ascii_lowercase();
    if host.ends_with("gmail.com") {
        return "Gmail wants an app password here (16 letters, from the Google account's security page, two-step \
                verification on), not the account's own";
    }
    if host.ends_with("naver.com") || host.ends_with("daum.net") || host.ends_with("kakao.com") {
        return "Switch on SMTP in the provider's mail settings and use an application password, with two-step \
                verification on";
    }
    if said.code == 538 || said.has("starttls") || said.has("encryption required") {
        return "The server wants TLS before a login: set mail.smtp.security = \"starttls\", or \"tls\" with port 465";
    }
    if said.code == 534 || said.has("application-specific") || said.has("app password") {
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

    #[test]
    fn the_cure_is_the_one_for_what_the_server_said() {
        let settings = Settings::new(Asked { host: "smtp.example.com".into(), ..Asked::default() }).unwrap();
        for (stage, words, enhanced, cure) in [
            (Stage::Sender, "554 5.7.1 spam", [5, 7, 1], "ask whoever runs it"),
            (Stage::Sender, "553 5.7.1 sender not allowed", [5, 7, 1], "account's own address"),
            (Stage::Recipient, "553 5.7.1 Sender address rejected: not logged in", [5, 7, 1], "wants a login"),
            (Stage::Recipient, "554 5.7.1 Relay access denied", [5, 7, 1], "only after a login"),
            (Stage::Recipient, "554 5.7.1 Relay access denied", [5, 7, 1], "it refuses this one"),
            (Stage::Recipient, "504 5.5.2 <x>: Helo command rejected", [5, 5, 2], "its name in EHLO"),
            (Stage::Login, "538 5.7.11 Encryption required", [5, 7, 11], "\"starttls\""),
            (Stage::Sender, "530 5.7.0 Must issue a STARTTLS command first", [5, 7, 0], "\"starttls\""),
        ] {
            let reply = Reply { code: words[..3].parse().unwrap(), enhanced, words: words.into(), raw: Vec::new() };
            let failure = refused(&settings, stage, &reply, &[]);
            assert_eq!(failure.class, Class::Configuration, "{failure}");
            assert!(failure.reason.contains(cure), "{failure}");
        }
    }

    #[test]
    fn gmail_and_naver_refusals_name_the_cure() {
        for (provider, cure) in [("gmail", "app password"), ("naver", "Switch on SMTP")] {
            let settings = Settings::new(Asked { provider: provider.into(), ..Asked::default() }).unwrap();
            let reply = Reply { code: 535, enhanced: [5, 7, 8], words: "535 5.7.8 no".into(), raw: Vec::new() };
            assert!(refused(&settings, Stage::Login, &reply, &[]).reason.contains(cure));
        }
    }
}
