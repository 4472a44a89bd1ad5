//! Declares and reads `[accounts]` and `[accounts.limits]`.

use crate::accounts::{AccountLimits, HASH_QUEUE, Settings, is_local_path};
use crate::clock::RateLimit;

use super::error::ConfigError;
use super::keys::keys;
use super::mail::OUTBOX;
use super::reader::SettingsReader;
use super::units;

keys! {
    ACCOUNTS: AccountsKeys = "accounts" {
        /// `open` or `closed`; when closed, the signup page says so
        signups = "open";
        /// characters, 8 to 64; the longest password has 256 characters; no rule demands certain characters
        password_min_length = 12;
        /// duration after which an unconfirmed signup is deleted
        signup_ttl = "7d";
        /// lifetime of a verification link, from the latest attempt to deliver its email
        verification_link_ttl = "24h";
        /// lifetime of a password reset link, counted likewise
        password_reset_link_ttl = "30m";
        /// lifetime of the link that `gatepost users create` sends, counted likewise
        invitation_link_ttl = "7d";
        /// a session without "remember me" ends when it is unused for this duration
        session_idle_timeout = "12h";
        /// a session without "remember me" ends after this duration in any case
        session_lifetime = "24h";
        /// as `session_idle_timeout`, with "remember me"
        remember_idle_timeout = "14d";
        /// as `session_lifetime`, with "remember me"
        remember_lifetime = "30d";
        /// `true`: signup and resend say "not registered" and "already verified"
        reveal_accounts = false;
        /// send a welcome email after the confirmation
        welcome_email = true;
        /// path of this site that logging out leads to
        logout_redirect = "/";
    }

    /// Each value is a rate, a list of rates that all apply, or `"off"`. A client is an IPv4 address or an IPv6 /64
    /// network.
    LIMITS: LimitsKeys = "accounts.limits" {
        /// wrong passwords per address and client; a password that is being checked holds a slot, and the next attempt
        /// waits for its outcome
        login_failures = "5/5m";
        /// wrong passwords per address over all clients; past it, one attempt per interval (window / count) is allowed;
        /// a browser that has logged in before is exempt
        login_failures_per_address = "30/1h";
        /// wrong passwords per client
        login_failures_per_client = "10/1m";
        /// signups per client
        signups_per_client = ["20/1m", "200/1d"];
        /// emails that anybody can request (verification, already registered, password reset), per purpose, address and
        /// client
        emails_per_address_and_client = ["1/1m", "5/1h"];
        /// the same emails per purpose and address, over all clients; a browser that has logged in before is exempt,
        /// and the first requests of clients have a limit of their own, ten times as high
        emails_per_address = ["20/1d"];
        /// the same emails per client
        emails_per_client = ["30/1h"];
    }
}

pub(super) fn settings(source: &SettingsReader) -> Result<Settings, ConfigError> {
    let duration = |key: &str| source.parse(key, units::duration);
    let settings = Settings {
        one_label_domains: source.is_debug(),
        signups_open: source.choice(ACCOUNTS.signups, &[("open", true), ("closed", false)])?,
        password_min_length: usize::try_from(source.number(ACCOUNTS.password_min_length, 8..=64)?).unwrap_or(64),
        signup_ttl: duration(ACCOUNTS.signup_ttl)?,
        verification_link_ttl: duration(ACCOUNTS.verification_link_ttl)?,
        password_reset_link_ttl: duration(ACCOUNTS.password_reset_link_ttl)?,
        invitation_link_ttl: duration(ACCOUNTS.invitation_link_ttl)?,
        session_idle_timeout: duration(ACCOUNTS.session_idle_timeout)?,
        session_lifetime: duration(ACCOUNTS.session_lifetime)?,
        remember_idle_timeout: duration(ACCOUNTS.remember_idle_timeout)?,
        remember_lifetime: duration(ACCOUNTS.remember_lifetime)?,
        reveal_accounts: source.boolean(ACCOUNTS.reveal_accounts)?,
        welcome_email: source.boolean(ACCOUNTS.welcome_email)?,
        logout_redirect: source.parse(ACCOUNTS.logout_redirect, local_path)?,
        limits: limits(source)?,
        hash_queue: HASH_QUEUE,
        message_ttl: duration(OUTBOX.message_ttl)?,
    };
    Ok(settings)
}

fn limits(source: &SettingsReader) -> Result<AccountLimits, ConfigError> {
    let rates = |key: &str| rates(source, key);
    Ok(AccountLimits {
        login_failures: rates(LIMITS.login_failures)?,
        login_failures_per_address: rates(LIMITS.login_failures_per_address)?,
        login_failures_per_client: rates(LIMITS.login_failures_per_client)?,
        signups_per_client: rates(LIMITS.signups_per_client)?,
        emails_per_address_and_client: rates(LIMITS.emails_per_address_and_client)?,
        emails_per_address: rates(LIMITS.emails_per_address)?,
        emails_per_client: rates(LIMITS.emails_per_client)?,
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
#[error("expected a path on this site in ASCII that begins with a single /")]
struct LocalPathError;

fn local_path(text: &str) -> Result<String, LocalPathError> {
    if is_local_path(text) { Ok(text.to_owned()) } else { Err(LocalPathError) }
}
