//! Settings: the raw shape of Rocket.toml and environment ([`Source`]), then checked settings, once, at start.
//! Every error names key, profile, file and what would be accepted.

mod accounts;
mod gmail;
mod inbox;
mod mail;
mod problem;
mod site;
mod source;
mod units;

use figment::Figment;

use crate::accounts::Site;
use crate::secret::{Secret, SecretKey};
use crate::web;

pub use inbox::Inbox;
pub use mail::{Mail, Outlet, Way};
pub use problem::Problem;
use source::Source;
pub use source::figment;

/// Everything Gatepost runs on, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// `debug`, `release` or an operator's own.
    pub profile: String,
    /// All settings as Rocket reads its own of them; it holds every secret, hence not to be printed.
    pub rocket: Secret<Figment>,
    /// Contains a password when it names PostgreSQL.
    pub database_url: Secret<String>,
    pub secret_key: SecretKey,
    pub site: Site,
    pub web: web::Settings,
    pub accounts: crate::accounts::Settings,
    pub mail: Mail,
    pub outbox: crate::outbox::Settings,
    pub inbox: Inbox,
}

impl Config {
    /// Reads and checks all settings of the figment's profile.
    ///
    /// # Errors
    /// The first setting that is unknown, malformed, missing or in contradiction with another.
    pub fn from_figment(figment: Figment) -> Result<Self, Problem> {
        let source = Source::new(figment)?;
        // In the order in which an operator should meet them: what nothing works without comes first.
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

    /// Threads for tasks and for blocking work: Rocket's `workers` and `max_blocking`, each at least one.
    pub fn threads(&self) -> (usize, usize) {
        let rocket = rocket::Config::try_from(self.rocket.expose()).unwrap_or_default();
        (rocket.workers.max(1), rocket.max_blocking.max(1))
    }
}

/// The release profile must not start on what is fine on a developer's machine; every profile but `debug` is held
/// to release's rules.
fn is_debug(source: &Source) -> bool {
    source.profile() == "debug"
}

#[cfg(test)]
#[expect(clippy::result_large_err, reason = "figment's jail takes closures that return its error")]
mod tests {
    use figment::Jail;

    use super::*;

    /// Loads a Rocket.toml of this text in an empty folder; `figment`'s jail keeps environment and folder apart.
    fn load(toml: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let mut outcome = Err(String::new());
        Jail::expect_with(|jail| {
            jail.clear_env();
            jail.create_file("Rocket.toml", toml)?;
            for (name, value) in variables {
                jail.set_env(name, value);
            }
            outcome = super::figment().and_then(Config::from_figment).map_err(|e| e.to_string());
            Ok(())
        });
        outcome
    }

    #[test]
    fn nothing_configured_is_a_working_debug_profile() {
        let config = load("", &[("ROCKET_PROFILE", "debug")]).unwrap();
        assert_eq!(config.database_url.expose(), "sqlite:data/gatepost.db");
        assert!(!config.site.public_url.is_settled());
        assert_eq!(config.accounts.limits.letters_per_address_and_client.len(), 2);
    }

    #[test]
    fn a_bad_setting_is_one_line_that_names_key_profile_and_origin() {
        let debug = ("ROCKET_PROFILE", "debug");
        for (toml, variable, expected) in [
            ("[default]\nsite_nam = 'x'", debug, ["site_nam", "Rocket.toml", "unknown key"]),
            ("[default.accounts]\nsignup_life = 7", debug, ["accounts.signup_life", "Rocket.toml", "30s"]),
            ("[debug.accounts]\nsignups = 'maybe'", debug, ["accounts.signups", "profile debug", "open, closed"]),
            (
                "[default.accounts.limits]\nlogin_failure = '1/1m'",
                debug,
                ["accounts.limits.login_failure", "Rocket.toml", "unknown"],
            ),
            ("[default]\nport = 'many'", debug, ["port", "Rocket.toml", "0 to 65535"]),
            ("[default]\nnot toml", debug, ["Rocket.toml", "profile debug", "TOML"]),
            (
                "",
                ("GATEPOST_ACCOUNTS__PASSWORD_MIN_LENGTH", "3"),
                ["accounts.password_min_length", "GATEPOST_ACCOUNTS__PASSWORD_MIN_LENGTH", "8 to 64"],
            ),
            ("[default]\nip_header = 'X-Real-IP'", debug, ["ip_header", "Rocket.toml", "trusted_proxies"]),
            ("", ("GATEPOST_NO_SUCH", "3"), ["no_such", "GATEPOST_NO_SUCH", "unknown key"]),
        ] {
            let line = load(toml, &[debug, variable]).unwrap_err();
            for part in expected {
                assert!(line.contains(part), "{toml}: {line}");
            }
            assert!(!line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn release_refuses_what_is_only_fine_on_a_developers_machine() {
        let release = ("ROCKET_PROFILE", "release");
        let key = ("GATEPOST_SECRET_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
        let url = ("GATEPOST_PUBLIC_URL", "https://id.example.com");
        assert!(load("", &[release, url]).unwrap_err().contains("secret_key"));
        assert!(load("", &[release, key]).unwrap_err().contains("public_url"));
        assert!(load("", &[release, key, url]).unwrap_err().contains("mail.transport"));
        let smtp = "[default.mail]\ntransport = 'smtp'\nsmtp.host = 'mail.example.com'";
        let http = ("GATEPOST_PUBLIC_URL", "http://id.example.com");
        assert!(load(smtp, &[release, key, http]).unwrap_err().contains("https://"));
        assert!(load(smtp, &[release, key, http, ("GATEPOST_ALLOW_HTTP", "true")]).is_ok());
    }

    #[test]
    fn the_environment_wins_over_dotenv_and_dotenv_over_the_file() {
        Jail::expect_with(|jail| {
            jail.clear_env();
            jail.create_file("Rocket.toml", "[default]\nsite_name = 'file'\n[default.ops]\ntoken = 'file'")?;
            jail.create_file(
                ".env",
                "GATEPOST_SITE_NAME='from dotenv'\nGATEPOST_OPS__TOKEN='0123 4567'\nROCKET_PROFILE=debug\n",
            )?;
            jail.set_env("GATEPOST_OPS__TOKEN", "0123");
            let config = super::figment().and_then(Config::from_figment).unwrap();
            assert_eq!(config.site.name, "from dotenv");
            assert_eq!(config.web.ops_token.unwrap().expose(), "0123");
            Ok(())
        });
    }
}
