//! Classifies rejections, lost connections and TLS errors, and describes each with its cure.

use std::io;

use rustls::Error as TlsError;

use crate::transport::interface::{Failure, FailureKind, FailureScope};

use self::hint::hint;
use self::said::OwnText;
pub(super) use self::said::Repeatable;
pub(super) use self::stage::Stage;
use super::reply::SmtpReply;
use super::settings::Settings;
use super::stream::StreamError;

mod hint;
mod phrases;
mod said;
mod stage;
mod table;
mod tls;

/// The failure for a reply other than the expected one, classified by the table. The reason shows the whole reply
/// without secrets; the table ignores what the reply repeats of the message.
pub(super) fn reply_failure(
    settings: &Settings,
    stage: Stage,
    reply: &SmtpReply,
    repeatable: Repeatable<'_>,
) -> Failure {
    let said = OwnText::new(reply, repeatable);
    let meaning = table::find(stage, &said);
    let (server, text) = (&settings.host, settings.without_secrets(&reply.text));
    let mut reason = format!("{server} replied while {}: {text}", stage.activity());
    if let Some(hint) = hint(settings, meaning.hint, &said) {
        let end = if meaning.about == FailureScope::Suspect { DOUBT } else { "" };
        reason.push_str(&format!(". {hint}{end}"));
    }
    Failure { code: Some(reply.code), scope: meaning.about, ..Failure::new(meaning.class, reason) }
}

/// Follows the cure if the rejection may be about the recipient.
const DOUBT: &str = ". If the server accepts mail for other recipients, it rejects this one";

/// The failure for a timeout, a closed connection or a garbled reply. After the content the message may have been
/// accepted.
pub(super) fn broken(settings: &Settings, stage: Stage, broken: &StreamError) -> Failure {
    let server = format!("{}:{}", settings.host, settings.port);
    let doing = stage.activity();
    let (class, after) = lost_connection(stage);
    let reason = match broken {
        StreamError::Timeout => format!("{server} timed out while {doing}{after}"),
        StreamError::Closed => format!("{server} closed the connection while {doing}{after}"),
        StreamError::Io(error) => return io(settings, stage, error),
        StreamError::Garbled(line) => {
            let line = settings.without_secrets(line);
            format!("{server} sent a reply that is not SMTP while {doing}: {line}{after}")
        }
    };
    Failure::new(class, reason)
}

/// The failure for a port with implicit TLS that is used without it.
pub(super) fn wants_tls(settings: &Settings) -> Failure {
    let reason = format!(
        "{}:{} requires TLS from the first byte: set mail.smtp.security = \"tls\", as with port 465, or use port 587",
        settings.host, settings.port
    );
    Failure::new(FailureKind::Configuration, reason)
}

/// The class of a lost connection, and a sentence on what it means for the message.
fn lost_connection(stage: Stage) -> (FailureKind, &'static str) {
    match stage {
        Stage::Verdict => (FailureKind::Ambiguous, ". The server has the whole message and may have delivered it"),
        _ => (FailureKind::Transient, ""),
    }
}

fn io(settings: &Settings, stage: Stage, error: &io::Error) -> Failure {
    let (class, after) = lost_connection(stage);
    match error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) {
        Some(fault) => tls::failure(settings, fault, class),
        None => Failure::new(
            class,
            format!(
                "lost the connection to {}:{} while {}: {error}{after}",
                settings.host,
                settings.port,
                stage.activity()
            ),
        ),
    }
}

/// The failure for an unsuccessful TLS handshake.
pub(super) fn handshake(settings: &Settings, error: mail_send::Error) -> Failure {
    match error {
        mail_send::Error::Tls(fault) => tls::failure(settings, &fault, FailureKind::Transient),
        mail_send::Error::InvalidTLSName => Failure::new(
            FailureKind::Configuration,
            format!("mail.smtp.host {} cannot be in a certificate", settings.host),
        ),
        mail_send::Error::Io(error) => Failure::new(
            FailureKind::Transient,
            format!("the TLS handshake with {}:{} failed: {error}. {}", settings.host, settings.port, tls::PORTS),
        ),
        other => broken(settings, Stage::StartTls, &other.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use crate::transport::smtp::SmtpOptions;

    #[test]
    fn each_rejection_is_reported_with_its_cure() {
        let settings =
            Settings::new(SmtpOptions { host: "smtp.example.com".into(), ..SmtpOptions::default() }).unwrap();
        for (stage, words, enhanced, cure) in [
            (Stage::Sender, "554 5.7.1 spam", [5, 7, 1], "ask its administrator"),
            (Stage::Sender, "550 5.7.1 Your IP is blocked", [5, 7, 1], "reject this machine"),
            (Stage::Greeting, "554 5.7.1 your IP is blacklisted", [5, 7, 1], "reject this machine"),
            (Stage::StartTls, "502 no", [0; 3], "mail.smtp.security = \"tls\""),
            (Stage::Recipient, "550 5.7.26 Unauthenticated email, DMARC policy", [5, 7, 26], "SPF, DKIM or DMARC"),
            (Stage::Verdict, "550 5.7.509 does not pass DMARC verification", [5, 7, 509], "SPF, DKIM or DMARC"),
            (Stage::Verdict, "530 5.7.0 Authentication required", [5, 7, 0], "requires a login"),
            (Stage::Verdict, "554 5.7.1 Client host [192.0.2.1] blocked", [5, 7, 1], "reject this machine"),
            (Stage::Sender, "553 5.7.1 sender not allowed", [5, 7, 1], "account's own address"),
            (Stage::Recipient, "553 5.7.1 Sender address rejected: not logged in", [5, 7, 1], "requires a login"),
            (Stage::Recipient, "554 5.7.1 Relay access denied", [5, 7, 1], "only after a login"),
            (Stage::Recipient, "554 5.7.1 Relay access denied", [5, 7, 1], "it rejects this one"),
            (Stage::Recipient, "504 5.5.2 <x>: Helo command rejected", [5, 5, 2], "mail.smtp.hello"),
            (Stage::Login, "538 5.7.11 Encryption required", [5, 7, 11], "\"starttls\""),
            (Stage::Sender, "530 5.7.0 Must issue a STARTTLS command first", [5, 7, 0], "\"starttls\""),
        ] {
            let reply = SmtpReply { code: words[..3].parse().unwrap(), enhanced, text: words.into() };
            let failure = reply_failure(&settings, stage, &reply, Repeatable::default());
            assert_eq!(failure.class, FailureKind::Configuration, "{failure}");
            assert!(failure.reason.contains(cure), "{failure}");
        }
    }

    #[test]
    fn login_failures_at_gmail_and_naver_are_reported_with_their_cure() {
        for (provider, cure) in [("gmail", "app password"), ("naver", "Switch on SMTP")] {
            let login = SmtpOptions { username: "kim".into(), password: Secret::new("p".into()), ..Default::default() };
            let settings = Settings::new(SmtpOptions { provider: provider.into(), ..login }).unwrap();
            let reply = SmtpReply { code: 535, enhanced: [5, 7, 8], text: "535 5.7.8 no".into() };
            assert!(reply_failure(&settings, Stage::Login, &reply, Repeatable::default()).reason.contains(cure));
        }
    }
}
