//! The checked settings of the SMTP and POP3 servers of `gatepost mailpit`.

use std::path::PathBuf;

use crate::inbox::SettingNames;
use crate::pop3;
use crate::smtpd::{self, RecipientRules, SmtpLimits};

use super::certificates;
use super::option_reader::{MailpitError, OptionReader, error};

/// Mailpit's default of `--smtp-max-recipients`.
const MAX_RECIPIENTS: u64 = 100;
/// The most recipients that may be set.
const MOST_RECIPIENTS: u64 = 100_000;

/// The SMTP server.
pub(super) fn smtpd(options: &OptionReader<'_>, max_mb: u64) -> Result<smtpd::Settings, MailpitError> {
    let given = options.0;
    let certificate = certificates::SMTP.files(options)?;
    let (requires_starttls, implicit_tls) =
        (given.switch("MP_SMTP_REQUIRE_STARTTLS"), given.switch("MP_SMTP_REQUIRE_TLS"));
    for (variable, is_on) in [("MP_SMTP_REQUIRE_STARTTLS", requires_starttls), ("MP_SMTP_REQUIRE_TLS", implicit_tls)] {
        if is_on && certificate.is_none() {
            let what = "needs a certificate: give --smtp-tls-cert and --smtp-tls-key".to_owned();
            return Err(error(options.origin(variable), what));
        }
    }
    if requires_starttls && implicit_tls {
        let what = "contradicts --smtp-require-starttls; remove one of them".to_owned();
        return Err(error(options.origin("MP_SMTP_REQUIRE_TLS"), what));
    }
    certificates::SMTP.checked_files(options)?;
    let users = options.logins("MP_SMTP_AUTH", "MP_SMTP_AUTH_FILE")?;
    if given.switch("MP_SMTP_AUTH_ACCEPT_ANY") && !users.is_empty() {
        let what = "contradicts the logins of MP_SMTP_AUTH; remove one of them".to_owned();
        return Err(error(options.origin("MP_SMTP_AUTH_ACCEPT_ANY"), what));
    }
    let ignores = given.switch("MP_SMTP_IGNORE_REJECTED_RECIPIENTS");
    let recipients = options.parse("MP_SMTP_ALLOWED_RECIPIENTS", |text| RecipientRules::new(text, ignores))?;
    let limit = options.positive("MP_SMTP_MAX_RECIPIENTS", MAX_RECIPIENTS, MOST_RECIPIENTS)?;
    let (tls_certificate, tls_key) = certificate.unzip();
    Ok(smtpd::Settings {
        smtp_address: options.address("MP_SMTP_BIND_ADDR", 1025)?,
        smtps_address: None,
        lmtp_address: None,
        hostname: "mailpit".to_owned(),
        names: SettingNames::Mailpit,
        implicit_tls,
        requires_tls: requires_starttls,
        starttls: tls_certificate.is_some() && !implicit_tls,
        tls_certificate,
        tls_key: tls_key.flatten(),
        certificate_folder: PathBuf::new(),
        users,
        recipients: recipients.unwrap_or_default(),
        strict_header: given.switch("MP_SMTP_STRICT_RFC_HEADERS"),
        max_message_size: usize::try_from(max_mb << 20).unwrap_or(usize::MAX),
        chaos: given.switch("MP_ENABLE_CHAOS"),
        limits: SmtpLimits { recipients: usize::try_from(limit).unwrap_or(usize::MAX), ..SmtpLimits::default() },
    })
}

/// The POP3 server, which is on only when it has logins, as in Mailpit.
pub(super) fn pop3(options: &OptionReader<'_>) -> Result<Option<pop3::Settings>, MailpitError> {
    let (address, logins) =
        (options.address("MP_POP3_BIND_ADDR", 1110)?, options.logins("MP_POP3_AUTH", "MP_POP3_AUTH_FILE")?);
    let tls = certificates::POP3.checked_files(options)?;
    let tls = tls.map(|(certificate, key)| pop3::Pop3Tls { certificate, key, implicit: true });
    let settings = pop3::Settings { address, tls, limits: pop3::Pop3Limits::default(), logins };
    Ok(Some(settings).filter(|settings| !settings.logins.is_empty()))
}
