//! The checked settings of the Gmail transport.

use std::fmt;
use std::path::PathBuf;

use url::Url;

use crate::mail::Address;

use super::connector::may_carry_secrets;

/// Google's root URL of the Gmail API.
const GOOGLE: &str = "https://gmail.googleapis.com/";

/// `[mail.gmail]`, checked. The files are read when they are needed, since either may be created or replaced while the
/// server runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The file as downloaded from Google: an installed client, a web client or a service account.
    pub credentials: PathBuf,
    /// The token file, written by `gatepost gmail authorize`; not used with a service account.
    pub token: PathBuf,
    pub user: GmailUser,
    /// The address that a service account sends as (domain-wide delegation).
    pub subject: Option<Address>,
    pub endpoint: Endpoint,
}

impl Settings {
    /// True if the credentials file exists: without it nothing was set up.
    pub fn is_set_up(&self) -> bool {
        self.credentials.exists()
    }
}

/// The mailbox that sends: its address, or `me` for the mailbox of the user who consented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GmailUser(String);

/// Why a `user` was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected \"me\" or the address of the Gmail account")]
pub struct UserError;

impl GmailUser {
    /// # Errors
    /// When `text` is neither `me` nor an address that is safe in a URL path.
    pub fn parse(text: &str) -> Result<Self, UserError> {
        let address = || Address::parse(text).map(|a| a.to_string());
        let user = if text == "me" { text.to_owned() } else { address().map_err(|_| UserError)? };
        // The text becomes a segment of the request path without escaping.
        let is_safe = user.chars().all(|c| c.is_ascii_alphanumeric() || ".-_+@".contains(c));
        if is_safe { Ok(GmailUser(user)) } else { Err(UserError) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address, if one is set; Google's consent page preselects it.
    pub(super) fn address(&self) -> Option<&str> {
        self.0.contains('@').then_some(&self.0)
    }
}

impl fmt::Display for GmailUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The root URL of the Gmail API; ends in a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why an `endpoint` was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error("expected a URL such as {GOOGLE}, without user, query and fragment; leave it empty for Google's own")]
    Shape,
    #[error("expected https://; plain http:// would expose the token on the network and is allowed to loopback only")]
    Plain,
}

impl Endpoint {
    /// Parses a URL; empty text means Google's.
    ///
    /// # Errors
    /// When `text` is not a URL, or is plain http to another machine than localhost.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let text = if text.is_empty() { GOOGLE } else { text };
        let mut url = Url::parse(text).map_err(|_| EndpointError::Shape)?;
        let has_userinfo = !url.username().is_empty() || url.password().is_some();
        if has_userinfo || url.query().is_some() || url.fragment().is_some() || url.host_str().is_none() {
            return Err(EndpointError::Shape);
        }
        if !may_carry_secrets(&url) {
            return Err(EndpointError::Plain);
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Endpoint(url))
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_me_or_an_address_that_cannot_change_the_path() {
        assert_eq!(GmailUser::parse("me").unwrap().address(), None);
        assert_eq!(GmailUser::parse("post+a@example.com").unwrap().address(), Some("post+a@example.com"));
        for bad in ["", "you", "a/../../b@example.com", "a?b@example.com", "a%2fb@example.com", "길동@example.com"] {
            assert_eq!(GmailUser::parse(bad), Err(UserError), "{bad}");
        }
    }

    #[test]
    fn the_default_endpoint_is_googles_and_plain_http_is_allowed_to_loopback_only() {
        assert_eq!(Endpoint::parse("").unwrap().url().as_str(), GOOGLE);
        assert_eq!(Endpoint::parse("http://127.0.0.1:8025").unwrap().url().as_str(), "http://127.0.0.1:8025/");
        assert_eq!(
            Endpoint::parse("https://proxy.example.com/gmail").unwrap().url().as_str(),
            "https://proxy.example.com/gmail/"
        );
        for (bad, why) in [
            ("http://gmail.googleapis.com/", EndpointError::Plain),
            ("http://127.0.0.1.example.com/", EndpointError::Plain),
            ("ftp://127.0.0.1/", EndpointError::Plain),
            ("https://user@example.com/", EndpointError::Shape),
            ("https://example.com/?a=b", EndpointError::Shape),
            ("example.com", EndpointError::Shape),
        ] {
            assert_eq!(Endpoint::parse(bad), Err(why), "{bad}");
        }
    }
}
