//! The cures that follow a reply in the reason.

use super::super::settings::Settings;
use super::said::OwnText;
use super::table::Hint;

/// The cure for a reply.
pub(super) fn hint(settings: &Settings, hint: Hint, said: &OwnText) -> Option<&'static str> {
    Some(match hint {
        Hint::Nothing => return None,
        Hint::NoServer => "The reply is unexpected in SMTP; is it a mail server?",
        Hint::Limit => "The account's sending limit is used up; the provider resets it within a day",
        Hint::Login => login_hint(settings, said),
        Hint::Relay => {
            "The server accepts mail for other domains only after a login: set mail.smtp.username and password, or use \
             your provider's server for outgoing mail"
        }
        Hint::Address => {
            "The account may not send as this address: set mail.smtp.from (or mail.from) to the account's own address, \
             or to one the provider has confirmed"
        }
        // At this stage the server knows only the sender of the message.
        Hint::Sender => "The server rejects this sender: ask its administrator, or try another mail.smtp.from",
        Hint::Domain => {
            "The receiving server finds no valid SPF, DKIM or DMARC for the domain of the From: publish the records that \
             your provider names, or set mail.smtp.from (or mail.from) to an address that the provider sends for"
        }
        Hint::StartTls => {
            "The server does not start TLS although it announces STARTTLS: ask its administrator, or set \
             mail.smtp.security = \"tls\" with port 465"
        }
        Hint::Client => {
            "The server may reject this machine (its IP address, or its name in EHLO, which mail.smtp.hello sets): ask \
             its administrator"
        }
    })
}

fn login_hint(settings: &Settings, said: &OwnText) -> &'static str {
    let host = settings.host.to_ascii_lowercase();
    if host.ends_with("gmail.com") {
        return "Gmail requires an app password (16 characters, from the security page of the Google account, with \
                two-step verification on), not the account's own";
    }
    if host.ends_with("naver.com") || host.ends_with("daum.net") || host.ends_with("kakao.com") {
        return "Switch on SMTP in the provider's mail settings and use an application password, with two-step \
                verification on";
    }
    if said.code == 538 || said.has("starttls") || said.has("encryption required") {
        return "The server requires TLS before a login: set mail.smtp.security = \"starttls\", or \"tls\" with port \
                465";
    }
    if said.code == 534 || said.has("application-specific") || said.has("app password") {
        return "The provider requires an app password instead of the account's own";
    }
    if settings.login.is_none() {
        return "The server requires a login: set mail.smtp.username and password";
    }
    "Check mail.smtp.username and password; many providers require an app password"
}
