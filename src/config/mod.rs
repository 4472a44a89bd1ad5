//! Settings: reads Rocket.toml and the environment (`SettingsReader`) and checks every value once, at startup.
//! An error names the key, the profile, the file or variable, and the values that are accepted. Each setting is declared
//! once, with `keys!`, in the file that reads it.

mod accounts;
mod dotenv;
mod error;
mod gmail;
mod inbox;
mod keys;
mod layers;
mod listeners;
mod mail;
pub mod mailpit;
mod nearest;
mod reader;
mod resolved;
mod sample;
mod secrets;
mod site;
mod tables;
#[cfg(test)]
mod tests;
mod units;
mod unknown_keys;

use std::net::SocketAddr;

use figment::Figment;

use crate::accounts::Site;
use crate::secret::{Secret, SecretKey};
use crate::web;

pub use error::ConfigError;
pub use inbox::InboxConfig;
pub use layers::{Overrides, check_variables, figment, figment_with, ignored_variables};
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
    /// Reads and checks all settings of the figment's profile, for a server.
    ///
    /// # Errors
    /// Fails on the first setting that is unknown, invalid, missing or in conflict with another.
    pub fn from_figment(figment: Figment) -> Result<Self, ConfigError> {
        let source = checked_reader(figment)?;
        let config = Config::read(&source)?;
        listeners::check(&source, &config.inbox)?;
        Ok(config)
    }

    /// As [`Config::from_figment`], for a command that starts no listener: who could reach one does not matter.
    ///
    /// # Errors
    /// Those of [`Config::from_figment`], except conflicts of addresses.
    pub fn for_command(figment: Figment) -> Result<Self, ConfigError> {
        Config::read(&checked_reader(figment)?)
    }

    fn read(source: &SettingsReader) -> Result<Self, ConfigError> {
        // Ordered by importance, since the operator sees only the first error.
        let rocket = site::rocket(source)?;
        let secret_key = site::secret_key(source)?;
        let site = site::site(source)?;
        let mail = mail::settings(source)?;
        Ok(Config {
            profile: source.profile().to_string(),
            rocket: Secret::new(rocket),
            database_url: site::database_url(source)?,
            secret_key,
            site,
            web: site::web(source)?,
            accounts: accounts::settings(source)?,
            outbox: mail::outbox(source)?,
            inbox: inbox::inbox(source, &mail)?,
            mail,
        })
    }

    /// The number of threads for tasks and for blocking work: Rocket's `workers` and `max_blocking`, each at least 1.
    pub fn threads(&self) -> (usize, usize) {
        let rocket = rocket::Config::try_from(self.rocket.expose()).unwrap_or_default();
        (rocket.workers.max(1), rocket.max_blocking.max(1))
    }
}

/// Where the data is. `backup`, `restore` and `inbox` read only these settings: they need no key and start no listener,
/// and work in a container that runs the inbox alone.
#[derive(Clone, Debug)]
pub struct DataSettings {
    /// Secret because a PostgreSQL URL contains a password.
    pub database_url: Secret<String>,
    pub inbox: crate::inbox::Settings,
}

impl DataSettings {
    /// # Errors
    /// A key is unknown, or one of the settings is invalid.
    pub fn from_figment(figment: Figment) -> Result<Self, ConfigError> {
        let source = checked_reader(figment)?;
        Ok(DataSettings { database_url: site::database_url(&source)?, inbox: inbox::store(&source)? })
    }
}

/// Reads the figment's profile after a check of its keys.
fn checked_reader(figment: Figment) -> Result<SettingsReader, ConfigError> {
    let source = SettingsReader::new(sample::with_defaults(figment));
    unknown_keys::refuse_unknown_keys(&source)?;
    Ok(source)
}

/// Name and password.
type Login = (String, Secret<String>);

/// The address of the capture server, and the first login that it accepts if it requires one. `sendmail` reads only
/// these settings, so that an error in another setting does not stop it.
///
/// # Errors
/// Fails if one of the two settings is invalid.
pub fn capture_server(figment: Figment) -> Result<(String, Option<Login>), ConfigError> {
    let source = SettingsReader::new(sample::with_defaults(figment));
    let users = inbox::smtp_users(&source)?;
    let login = users.first_plain().map(|(name, password)| (name.to_owned(), Secret::new(password.to_owned())));
    Ok((inbox::smtp_address(&source)?.to_string(), login))
}

/// The address of the site. `readyz` reads only these settings: health checks must not fail for others.
///
/// # Errors
/// Fails if one of the settings is invalid.
pub fn site_address(figment: Figment) -> Result<SocketAddr, ConfigError> {
    let source = SettingsReader::new(sample::with_defaults(figment));
    site::address(&source)
}
