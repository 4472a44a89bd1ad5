//! Reads `[accounts]` and `[accounts.limits]`.

use crate::accounts::{AccountLimits, HASH_QUEUE, RateLimit, Settings};

use super::reader::SettingsReader;
use super::{ConfigError, is_debug, units};

pub(super) fn settings(source: &SettingsReader) -> Result<Settings, ConfigError> {
    let duration = |key: &str| source.parse(key, units::duration);
    let settings = Settings {
        one_label_domains: is_debug(source),
        signups_open: source.choice("accounts.signups", &[("open", true), ("closed", false)])?,
        password_min_length: usize::try_from(source.number("accounts.password_min_length", 8..=64)?).unwrap_or(64),
        signup_ttl: duration("accounts.signup_ttl")?,
        verification_link_ttl: duration("accounts.verification_link_ttl")?,
        password_reset_link_ttl: duration("accounts.password_reset_link_ttl")?,
        invitation_link_ttl: duration("accounts.invitation_link_ttl")?,
        session_idle_timeout: duration("accounts.session_idle_timeout")?,
        session_lifetime: duration("accounts.session_lifetime")?,
        remember_idle_timeout: duration("accounts.remember_idle_timeout")?,
        remember_lifetime: duration("accounts.remember_lifetime")?,
        reveal_accounts: source.boolean("accounts.reveal_accounts")?,
        welcome_email: source.boolean("accounts.welcome_email")?,
        logout_redirect: source.parse("accounts.logout_redirect", local_path)?,
        limits: limits(source)?,
        hash_queue: HASH_QUEUE,
        message_ttl: duration("outbox.message_ttl")?,
    };
    Ok(settings)
}

fn limits(source: &SettingsReader) -> Result<AccountLimits, ConfigError> {
    let rates = |name: &str| rates(source, &format!("accounts.limits.{name}"));
    Ok(AccountLimits {
        login_failures: rates("login_failures")?,
        login_failures_per_address: rates("login_failures_per_address")?,
        login_failures_per_client: rates("login_failures_per_client")?,
        signups_per_client: rates("signups_per_client")?,
        emails_per_address_and_client: rates("emails_per_address_and_client")?,
        emails_per_address: rates("emails_per_address")?,
        emails_per_client: rates("emails_per_client")?,
    })
}

/// `"count/window"`, a list of them, or `"off"`.
fn rates(source: &SettingsReader, key: &str) -> Result<Vec<RateLimit>, ConfigError> {
    let texts = source.list(key)?;
    if texts == ["off"] {
        return Ok(Vec::new());
    }
    if texts.is_empty() {
        return Err(source.error(key, "expected count/window, a list of them, or \"off\"".to_owned()));
    }
    texts.iter().map(|text| units::rate(text).map_err(|e| source.error(key, format!("{text:?}: {e}")))).collect()
}

#[derive(Debug, thiserror::Error)]
#[error("expected a path on this site that begins with a single /")]
struct LocalPathError;

fn local_path(text: &str) -> Result<String, LocalPathError> {
    let valid =
        text.starts_with('/') && !text.starts_with("//") && !text.contains('\\') && !text.chars().any(char::is_control);
    if valid { Ok(text.to_owned()) } else { Err(LocalPathError) }
}
