//! Reads `[mail.gmail]`, except `from` and `rate`, which every transport has.

use crate::mail::Address;
use crate::transport::gmail::{Endpoint, GmailUser, Settings};

use super::ConfigError;
use super::reader::SettingsReader;

pub(super) fn settings(source: &SettingsReader) -> Result<Settings, ConfigError> {
    let file = |key: &str| {
        let set = source.optional_text(key)?;
        set.map(Into::into).ok_or_else(|| source.error(key, "required; expected a path to a file".to_owned()))
    };
    Ok(Settings {
        credentials: file("mail.gmail.credentials")?,
        token: file("mail.gmail.token")?,
        user: source.parse("mail.gmail.user", GmailUser::parse)?,
        subject: source.parse_optional("mail.gmail.subject", Address::parse)?,
        endpoint: source.parse("mail.gmail.endpoint", Endpoint::parse)?,
    })
}

#[cfg(test)]
mod tests {
    use figment::Figment;
    use figment::providers::{Format, Toml};

    use super::*;

    fn read(toml: &str) -> Result<Settings, String> {
        let figment = Figment::from(Toml::string(toml).nested());
        SettingsReader::new(figment).and_then(|source| settings(&source)).map_err(|e| e.to_string())
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
