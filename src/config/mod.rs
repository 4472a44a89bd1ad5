//! Settings: reads Rocket.toml and the environment ([`SettingsReader`]) and checks every value once, at startup.
//! An error names the key, the profile, the file or variable, and the values that are accepted. Each setting is declared
//! once, with `keys!`, in the file that reads it.

mod accounts;
mod dotenv;
mod error;
mod gmail;
mod inbox;
mod keys;
mod layers;
mod mail;
mod mailpit;
mod nearest;
mod reader;
mod resolved;
mod sample;
mod secrets;
mod site;
#[cfg(test)]
mod tests;
mod units;

use std::net::SocketAddr;

use figment::Figment;

use crate::accounts::Site;
use crate::secret::{Secret, SecretKey};
use crate::web;

pub use error::ConfigError;
pub use inbox::InboxConfig;
pub use layers::{Overrides, figment, figment_with, ignored_variables};
pub use mail::{MailConfig, TransportKind, TransportSettings};
use reader::SettingsReader;
pub use resolved::{ResolvedSetting, resolved};
pub use sample::{rocket_toml, settings_page};

/// All checked settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// `debug`, `release` or another name that the operator chose.
    pub profile: String,
    /// The figment from which Rocket reads its own settings. It holds every secret, so it must not be printed.
    pub rocket: Secret<Figment>,
    /// Secret because a PostgreSQL URL contains a password.
    pub database_url: Secret<String>,
    pub secret_key: SecretKey,
    pub site: Site,
    pub web: web::Settings,
    pub accounts: crate::accounts::Settings,
    pub mail: MailConfig,
    pub outbox: crate::outbox::Settings,
    pub inbox: InboxConfig,
}

impl Config {
    /// Reads and checks all settings of the figment's profile.
    ///
    /// # Errors
    /// Fails on the first setting that is unknown, invalid, missing or in conflict with another.
    pub fn from_figment(figment: Figment) -> Result<Self, ConfigError> {
        let source = SettingsReader::new(figment)?;
        // Ordered by importance, since the operator sees only the first error.
        let rocket = site::rocket(&source)?;
        let secret_key = site::secret_key(&source)?;
        let site = site::site(&source)?;
        let mail = mail::settings(&source)?;
        Ok(Config {
            profile: source.profile().to_string(),
            rocket: Secret::new(rocket),
            database_url: site::database_url(&source)?,
            secret_key,
            site,
            web: site::web(&source)?,
            accounts: accounts::settings(&source)?,
            outbox: mail::outbox(&source)?,
            inbox: inbox::inbox(&source, &mail)?,
            mail,
        })
    }

    /// The number of threads for tasks and for blocking work: Rocket's `workers` and `max_blocking`, each at least 1.
    pub fn threads(&self) -> (usize, usize) {
        let rocket = rocket::Config::try_from(self.rocket.expose()).unwrap_or_default();
        (rocket.workers.max(1), rocket.max_blocking.max(1))
    }
}

/// Name and password.
type Login = (String, Secret<String>);

/// The address of the capture server, and the first login that it accepts if it requires one. `sendmail` reads only
/// these settings, so that an error in another setting does not stop it.
///
/// # Errors
/// Fails if one of the two settings is invalid.
pub fn capture_server(figment: Figment) -> Result<(String, Option<Login>), ConfigError> {
    let source = SettingsReader::unchecked(figment);
    let login = inbox::smtp_users(&source)?.into_iter().next();
    Ok((inbox::smtp_address(&source)?.to_string(), login.map(|user| (user.name, user.password))))
}

/// The addresses of the site and of the inbox's own listener. `readyz` reads only these settings: it also asks a server
/// that needs no others, and one whose settings changed after its start.
///
/// # Errors
/// Fails if one of the settings is invalid.
pub fn http_addresses(figment: Figment) -> Result<(SocketAddr, Option<SocketAddr>), ConfigError> {
    let source = SettingsReader::unchecked(figment);
    Ok((site::address(&source)?, inbox::http_address(&source)?))
}

/// True in the `debug` profile. All others follow `release`, which rejects what is safe only on a developer's machine.
fn is_debug(source: &SettingsReader) -> bool {
    source.profile() == "debug"
}
