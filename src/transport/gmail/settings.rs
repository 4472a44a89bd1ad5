//! What the Gmail transport runs on, checked.

use std::fmt;
use std::path::PathBuf;

use url::Url;

use crate::mail::Address;

use super::http;

/// Google's own root of the Gmail API.
const GOOGLE: &str = "https://gmail.googleapis.com/";

/// `[mail.gmail]`, checked. The files are read when they are needed: either may appear, or be replaced, while the
/// server runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// As downloaded from Google: installed, web or service account, told apart by content.
    pub credentials: PathBuf,
    /// Written by `gatepost gmail authorize`; a service account needs none.
    pub token: PathBuf,
    pub user: User,
    /// Whom a service account sends as (domain-wide delegation).
    pub subject: Option<Address>,
    pub endpoint: Endpoint,
}

/// The mailbox that sends: `me`, the one who consented, or its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User(String);

/// Why a `user` was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected \"me\" or the address of the Gmail account")]
pub struct UserError;

impl User {
    /// # Errors
    /// When `text` is neither `me` nor an address that can stand in a path.
    pub fn parse(text: &str) -> Result<Self, UserError> {
        let address = || Address::parse(text).map(|a| a.to_string());
        let user = if text == "me" { text.to_owned() } else { address().map_err(|_| UserError)? };
        // The name becomes a segment of the request's path as it stands.
        let fine = user.chars().all(|c| c.is_ascii_alphanumeric() || ".-_+@".contains(c));
        if fine { Ok(User(user)) } else { Err(UserError) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address, when it was given; Google offers it first at the consent.
    pub(super) fn address(&self) -> Option<&str> {
        self.0.contains('@').then_some(&self.0)
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The root that the Gmail API's paths are put behind; ends in a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Url);

/// Why an `endpoint` was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error("expected an address such as {GOOGLE}, without user, query and fragment; empty for Google's own")]
    Shape,
    #[error("expected https://; plain http:// would show the token to the network and is for loopback addresses only")]
    Plain,
}

impl Endpoint {
    /// Reads an address; the empty text is Google's own.
    ///
    /// # Errors
    /// No address, or one that is plain http to another machine.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let text = if text.is_empty() { GOOGLE } else { text };
        let mut url = Url::parse(text).map_err(|_| EndpointError::Shape)?;
        let bare = url.username().is_empty() && url.password().is_none();
        if !bare || url.query().is_some() || url.fragment().is_some() || url.host_str().is_none() {
            return Err(EndpointError::Shape);
        }
        if !http::may_carry_secrets(&url) {
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
    fn the_user_is_me_or_an_address_that_cannot_bend_the_path() {
        assert_eq!(User::parse("me").unwrap().address(), None);
        assert_eq!(User::parse("post+a@example.com").unwrap().address(), Some("post+a@example.com"));
        for bad in ["", "you", "a/../../b@example.com", "a?b@example.com", "a%2fb@example.com", "길동@example.com"] {
            assert_eq!(User::parse(bad), Err(UserError), "{bad}");
        }
    }

    #[test]
    fn the_endpoint_is_googles_unless_set_and_never_plain_to_another_machine() {
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
