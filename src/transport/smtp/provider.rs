//! Presets of known mail providers, and the providers that accept no passwords over SMTP.

use super::security::Security;

/// Host, port and security of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Preset {
    pub host: &'static str,
    pub port: u16,
    pub security: Security,
}

const fn tls(host: &'static str) -> Preset {
    Preset { host, port: 465, security: Security::Tls }
}

const fn starttls(host: &'static str) -> Preset {
    Preset { host, port: 587, security: Security::StartTls }
}

pub(super) const PRESETS: [(&str, Preset); 14] = [
    ("gmail", tls("smtp.gmail.com")),
    ("naver", tls("smtp.naver.com")),
    ("daum", tls("smtp.daum.net")),
    ("kakao", tls("smtp.kakao.com")),
    ("nate", tls("smtp.mail.nate.com")),
    ("yahoo", tls("smtp.mail.yahoo.com")),
    ("icloud", starttls("smtp.mail.me.com")),
    ("fastmail", tls("smtp.fastmail.com")),
    ("zoho", tls("smtp.zoho.com")),
    ("gmx", starttls("mail.gmx.com")),
    ("yandex", tls("smtp.yandex.com")),
    ("mailgun", starttls("smtp.mailgun.org")),
    ("sendgrid", starttls("smtp.sendgrid.net")),
    ("brevo", starttls("smtp-relay.brevo.com")),
];

/// Known providers without a preset, and what to use instead.
const REFUSED: [(&str, &str); 9] = [
    ("outlook", MICROSOFT),
    ("hotmail", MICROSOFT),
    ("live", MICROSOFT),
    ("msn", MICROSOFT),
    ("office365", MICROSOFT),
    ("microsoft", MICROSOFT),
    ("exchange", MICROSOFT),
    ("proton", PROTON),
    ("protonmail", PROTON),
];
const MICROSOFT: &str = "Microsoft's mail servers no longer accept passwords over SMTP; use another provider or your \
                         own relay, with mail.smtp.host";
const PROTON: &str = "Proton accepts mail only through its Bridge or with an SMTP token: set mail.smtp.host, port and \
                      security to what the Bridge or your Proton settings show";

/// The preset of a provider.
///
/// # Errors
/// A sentence on why there is no such preset, and what to do.
pub(super) fn preset(name: &str) -> Result<Preset, String> {
    let name = name.trim().to_ascii_lowercase();
    if let Some((_, preset)) = PRESETS.iter().find(|(known, _)| *known == name) {
        return Ok(*preset);
    }
    if let Some((_, why)) = REFUSED.iter().find(|(known, _)| *known == name) {
        return Err((*why).to_owned());
    }
    let known: Vec<_> = PRESETS.iter().map(|(known, _)| *known).collect();
    Err(format!("unknown provider; known are {}. For any other server set mail.smtp.host", known.join(", ")))
}
