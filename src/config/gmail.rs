//! Declares `[mail.gmail]` and reads it, except `from` and `rate`, which every transport has.

use crate::mail::Address;
use crate::transport::gmail::{Endpoint, GmailUser, Settings};

use super::error::ConfigError;
use super::keys::keys;
use super::reader::SettingsReader;

keys! {
    GMAIL: GmailKeys = "mail.gmail" {
        /// file that Google's console offers for download
        credentials = "credentials/google.json";
        /// file that `gatepost gmail authorize` writes
        token = "credentials/google-token.json";
        /// mailbox in the API's paths
        user = "me";
        /// sender for this transport instead of `mail.from`
        from = "";
        /// service account: the address to send as
        subject = "";
        /// root of the API instead of Google's, for tests and proxies
        endpoint = "";
        /// as `mail.smtp.rate`
        rate = "60/1m";
    }
}

pub(super) fn settings(source: &SettingsReader) -> Result<Settings, ConfigError> {
    let file = |key: &str| {
        source.optional_path(key)?.ok_or_else(|| source.error(key, "required; expected a path to a file".to_owned()))
    };
    Ok(Settings {
        credentials: file(GMAIL.credentials)?,
        token: file(GMAIL.token)?,
        user: source.parse(GMAIL.user, GmailUser::parse)?,
        subject: source.parse_optional(GMAIL.subject, Address::parse)?,
        endpoint: source.parse(GMAIL.endpoint, Endpoint::parse)?,
    })
}

#[cfg(test)]
mod tests {
    use figment::Figment;
    use figment::providers::{Format, Toml};

    use super::*;

    fn read(toml: &str) -> Result<Settings, String> {
        let figment = Figment::from(Toml::string(toml).nested());
        crate::config::checked_reader(figment).and_then(|source| settings(&source)).map_err(|e| e.to_string())
    }

    #[test]
    fn the_defaults_are_google_s_servers_and_the_credentials_folder() {
        let settings = read("").unwrap();
        assert_eq!(settings.credentials.to_str(), Some("credentials/google.json"));
        assert_eq!(settings.user.as_str(), "me");
        assert_eq!(settings.endpoint, Endpoint::parse("").unwrap());
    }

    #[test]
    fn a_bad_setting_names_its_key() {
        for (line, expected) in [
            ("user = 'you'", "mail.gmail.user"),
            ("subject = 'nobody'", "mail.gmail.subject"),
            ("endpoint = 'http://gmail.googleapis.com/'", "loopback"),
            ("credentials = ''", "mail.gmail.credentials"),
            ("tokens = 'x'", "unknown key"),
        ] {
            let error = read(&format!("[default.mail.gmail]\n{line}")).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
