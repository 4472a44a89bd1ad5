//! The one-time consent for an OAuth client: PKCE (RFC 7636), a state parameter that binds the response to the
//! request, and a redirect to loopback (RFC 8252 §7.3). Only a command starts it, never the server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use subtle::ConstantTimeEq;
use url::{Host, Url};

use crate::clock::Time;
use crate::private_files::{self, Replacement};
use crate::random::Entropy;
use crate::secret::{Secret, digest};
use crate::transport::interface::Failure;

use super::credentials::{self, CredentialKind, Credentials, CredentialsError, OAuthClient};
use super::http::Http;
use super::oauth;
use super::redact::redact;
use super::settings::{GmailUser, Settings};
use super::timeouts::GmailTimeouts;
use super::token_file::{Access, SCOPE, StoredToken, TokenError, may_send};

/// A pending authorization request.
#[derive(Debug)]
pub struct Consent {
    client: OAuthClient,
    redirect: Url,
    /// The redirect URI exactly as sent; Google compares it byte by byte.
    redirect_text: String,
    state: Secret<String>,
    verifier: Secret<String>,
}

/// Why authorizing or revoking failed. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    #[error("{0}")]
    Credentials(#[from] CredentialsError),
    #[error(
        "a service account needs no consent; set mail.gmail.subject, ask the Workspace administrator to grant the account \
         the scope {SCOPE}, and run `gatepost check`"
    )]
    ServiceAccount,
    #[error(
        "this \"web\" client has no loopback redirect URI; add http://127.0.0.1:8400/ to its authorised redirect URIs in \
         the Google Cloud console and download its JSON again, or create a client of type \"Desktop app\""
    )]
    NoLoopback,
    #[error("a \"web\" client redirects only to its registered port {0}; omit the port")]
    FixedPort(u16),
    #[error("consent denied: Google answered {0}; run the command again and allow access")]
    Denied(String),
    #[error("response to another request (its state differs); use the consent page that was opened last")]
    OtherState,
    #[error("neither the address that Google redirected to nor the code in it")]
    NoAnswer,
    #[error("{0}")]
    Refused(#[from] Failure),
    #[error("the consent does not include sending mail; run the command again and leave the box for sending ticked")]
    Narrowed,
    #[error(
        "no refresh token in Google's answer; remove the app at https://myaccount.google.com/permissions and run the \
         command again"
    )]
    NoRefresh,
    #[error("{0}")]
    Token(#[from] TokenError),
    #[error("cannot write {file}: {error}; make the file or its folder writable for this user")]
    Unwritable { file: String, error: std::io::Error },
}

/// The address that Google redirects to. It is bound before the consent page opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri {
    /// Port 0 means any free port.
    pub socket: SocketAddr,
    /// The registered redirect URI of a web client.
    registered: Option<String>,
}

/// Reads the OAuth client from the credentials file and returns the address that it may redirect to.
///
/// # Errors
/// When the file holds no OAuth client, or one that cannot redirect to localhost.
pub async fn redirect_uri(settings: &Settings, port: Option<u16>) -> Result<(OAuthClient, RedirectUri), ConsentError> {
    let Credentials::Client(client) = credentials::read(&settings.credentials).await? else {
        return Err(ConsentError::ServiceAccount);
    };
    let landing = match client.kind {
        CredentialKind::Installed => {
            RedirectUri { socket: (Ipv4Addr::LOCALHOST, port.unwrap_or(0)).into(), registered: None }
        }
        CredentialKind::Web => registered(&client.redirects, port)?,
    };
    Ok((client, landing))
}

fn registered(redirects: &[String], port: Option<u16>) -> Result<RedirectUri, ConsentError> {
    let socket = |text: &String| {
        let url = Url::parse(text).ok().filter(|url| url.scheme() == "http")?;
        let ip = match url.host()? {
            Host::Ipv4(ip) => IpAddr::from(ip),
            Host::Ipv6(ip) => IpAddr::from(ip),
            Host::Domain(name) if name.eq_ignore_ascii_case("localhost") => Ipv4Addr::LOCALHOST.into(),
            Host::Domain(_) => return None,
        };
        let port = url.port_or_known_default()?;
        ip.is_loopback().then(|| RedirectUri { socket: (ip, port).into(), registered: Some(text.clone()) })
    };
    let landings: Vec<RedirectUri> = redirects.iter().filter_map(socket).collect();
    let wanted = landings.iter().find(|landing| port.is_none_or(|port| port == landing.socket.port()));
    match (wanted, landings.first()) {
        (Some(landing), _) => Ok(landing.clone()),
        (None, Some(landing)) => Err(ConsentError::FixedPort(landing.socket.port())),
        (None, None) => Err(ConsentError::NoLoopback),
    }
}

impl Consent {
    /// Prepares a request whose response arrives at `bound`.
    ///
    /// # Errors
    /// When the redirect URI is not a valid URL.
    pub fn new(
        client: OAuthClient,
        landing: &RedirectUri,
        bound: SocketAddr,
        entropy: &Entropy,
    ) -> Result<Self, ConsentError> {
        let redirect_text = landing.registered.clone().unwrap_or_else(|| format!("http://{bound}/"));
        let redirect = Url::parse(&redirect_text).map_err(|_| ConsentError::NoLoopback)?;
        let (state, verifier) = (Secret::new(entropy.token()), Secret::new(entropy.token()));
        Ok(Consent { client, redirect, redirect_text, state, verifier })
    }

    /// The URL of the consent page.
    pub fn address(&self, user: &GmailUser) -> Url {
        let mut url = self.client.auth.clone();
        let challenge = digest(self.verifier.expose());
        url.query_pairs_mut()
            .append_pair("client_id", &self.client.id)
            .append_pair("redirect_uri", &self.redirect_text)
            .append_pair("response_type", "code")
            .append_pair("scope", SCOPE)
            .append_pair("state", self.state.expose())
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            // Without both, Google issues a refresh token only at the user's first consent.
            .append_pair("access_type", "offline")
            .append_pair("prompt", "consent");
        if let Some(address) = user.address() {
            url.query_pairs_mut().append_pair("login_hint", address);
        }
        url
    }

    /// The path of the redirect URI.
    pub fn path(&self) -> &str {
        self.redirect.path()
    }

    /// Returns the code in the query string of Google's redirect.
    ///
    /// # Errors
    /// When the response belongs to another request, or the user denied access.
    pub fn code(&self, query: &str) -> Result<Secret<String>, ConsentError> {
        let value = |name: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let state = value("state").ok_or(ConsentError::NoAnswer)?;
        if !bool::from(state.as_bytes().ct_eq(self.state.expose().as_bytes())) {
            return Err(ConsentError::OtherState);
        }
        match (value("error"), value("code").filter(|code| !code.is_empty())) {
            (Some(error), _) => Err(ConsentError::Denied(redact(&error, &[]))),
            (None, Some(code)) => Ok(Secret::new(code)),
            (None, None) => Err(ConsentError::NoAnswer),
        }
    }

    /// Returns the code in pasted text: the whole address, its query, or the code alone. A bare code carries no
    /// state; PKCE still binds it to this request.
    ///
    /// # Errors
    /// As [`Consent::code`].
    pub fn parse_pasted_redirect(&self, text: &str) -> Result<Secret<String>, ConsentError> {
        let text = text.trim();
        if let Ok(url) = Url::parse(text) {
            return self.code(url.query().unwrap_or_default());
        }
        if text.contains("code=") || text.contains("error=") {
            return self.code(text.trim_start_matches('?'));
        }
        let is_code_char = |c: char| c.is_ascii_alphanumeric() || "-_./~%".contains(c);
        if text.len() < 8 || !text.chars().all(is_code_char) {
            return Err(ConsentError::NoAnswer);
        }
        let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        Ok(Secret::new(decoded))
    }

    /// Exchanges the code for tokens.
    ///
    /// # Errors
    /// When Google refuses the code, or grants no permission to send or no refresh token.
    pub async fn redeem(&self, code: &Secret<String>, now: Time) -> Result<StoredToken, ConsentError> {
        let http = Http::new(GmailTimeouts::default());
        let grant = oauth::exchange(&http, &self.client, code, &self.verifier, &self.redirect_text, now).await?;
        let scope = grant.scope.unwrap_or_else(|| SCOPE.to_owned());
        if !may_send(&scope) {
            return Err(ConsentError::Narrowed);
        }
        Ok(StoredToken {
            client_id: self.client.id.clone(),
            refresh: grant.refresh.ok_or(ConsentError::NoRefresh)?,
            access: Some(Access { token: grant.access, expires_at: now + grant.lifetime }),
            scope,
            authorized_at: now,
            refreshed_at: None,
            last_error: None,
        })
    }
}

/// Revokes the stored consent at Google and removes the token file.
///
/// # Errors
/// When no consent is stored, or Google cannot be reached; the file stays in that case.
pub async fn revoke(settings: &Settings, now: Time) -> Result<(), ConsentError> {
    let Credentials::Client(client) = credentials::read(&settings.credentials).await? else {
        return Err(ConsentError::ServiceAccount);
    };
    let token = StoredToken::read(&settings.token).await?;
    oauth::revoke(&Http::new(GmailTimeouts::default()), &client, &token.refresh, now).await?;
    private_files::remove(&settings.token).map_err(|error| unwritable(&settings.token, error))
}

/// Writes the tokens of a consent to the token file.
///
/// # Errors
/// When the file is not writable.
pub fn store(settings: &Settings, token: &StoredToken) -> Result<(), ConsentError> {
    token.write(&settings.token).map_err(|error| unwritable(&settings.token, error))
}

/// How the token file would be written; asked before the user is asked to consent.
///
/// # Errors
/// When it is not writable.
pub fn check_writable(settings: &Settings) -> Result<Replacement, ConsentError> {
    private_files::replacement(&settings.token).map_err(|error| unwritable(&settings.token, error))
}

fn unwritable(path: &Path, error: std::io::Error) -> ConsentError {
    ConsentError::Unwritable { file: path.display().to_string(), error }
}

#[cfg(test)]
mod tests;
