//! The credentials file from Google: detects its kind by content, and describes a file that is something else.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use url::Url;
use yup_oauth2::{ApplicationSecret, ServiceAccountKey};

use crate::secret::Secret;
use crate::transport::interface::{Failure, FailureKind};

use super::connector::may_carry_secrets;

/// The longest credentials or token file that is read, in bytes.
pub(super) const MAX_FILE: u64 = 64 * 1024;

/// An identity that can request tokens from Google.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a process holds one or two of them")]
pub enum Credentials {
    /// Acts for the user who consented.
    Client(OAuthClient),
    /// Acts for the `subject` that the Workspace administrator allowed; needs no consent.
    ServiceAccount(Secret<Box<ServiceAccountKey>>),
}

/// An OAuth client.
#[derive(Clone, Debug)]
pub struct OAuthClient {
    pub kind: CredentialKind,
    pub id: String,
    pub secret: Secret<String>,
    /// The URL of the consent page.
    pub auth: Url,
    /// The token endpoint, which exchanges codes and refresh tokens.
    pub token: Url,
    /// The registered redirect URIs; Google checks them only for `web` clients.
    pub redirects: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// A "Desktop app", which may redirect to any loopback address.
    Installed,
    /// A "Web application", which may redirect only to its registered addresses.
    Web,
}

impl Credentials {
    /// The kind as Google's file names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Credentials::Client(OAuthClient { kind: CredentialKind::Installed, .. }) => "installed",
            Credentials::Client(OAuthClient { kind: CredentialKind::Web, .. }) => "web",
            Credentials::ServiceAccount(_) => "service_account",
        }
    }
}

/// Why the file cannot be used. Each message says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{} {what}", path.display())]
pub struct CredentialsError {
    path: PathBuf,
    what: CredentialsDamage,
}

#[derive(Debug, thiserror::Error)]
enum CredentialsDamage {
    #[error(
        "does not exist; download the OAuth client's JSON from the Google Cloud console and save it there (see \
         credentials/README.md), then run `gatepost gmail authorize`"
    )]
    Missing,
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    #[error(
        "is {0}, not credentials; download the JSON of an OAuth client or service account (see credentials/README.md)"
    )]
    NotCredentials(&'static str),
    #[error(
        "describes an Android, iOS or other client without a secret; create an OAuth client of type \"Desktop app\" and \
         download its JSON"
    )]
    NoSecret,
    #[error("is damaged ({0}); download it again (see credentials/README.md)")]
    Damaged(String),
    #[error("has a plain http {0}, which would expose the secret on the network; download the file again")]
    Plain(&'static str),
}

impl From<CredentialsError> for Failure {
    fn from(error: CredentialsError) -> Self {
        Failure::new(FailureKind::Configuration, error.to_string())
    }
}

/// Reads a credentials file as downloaded from Google.
///
/// # Errors
/// When the file holds no usable credentials.
pub async fn read(path: &Path) -> Result<Credentials, CredentialsError> {
    let parsed = match read_small(path).await {
        Ok(bytes) => parse(&bytes),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(CredentialsDamage::Missing),
        Err(e) => Err(CredentialsDamage::Unreadable(e)),
    };
    parsed.map_err(|what| CredentialsError { path: path.to_owned(), what })
}

/// Reads a file of at most [`MAX_FILE`] bytes.
pub(super) async fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    let length = tokio::fs::metadata(path).await?.len();
    if length > MAX_FILE {
        return Err(io::Error::other(format!("too large: {length} bytes, at most {MAX_FILE} expected")));
    }
    tokio::fs::read(path).await
}

fn parse(bytes: &[u8]) -> Result<Credentials, CredentialsDamage> {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return Err(CredentialsDamage::NotCredentials(not_json(bytes)));
    };
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if let Some(web) = value.get("web") {
        return client(CredentialKind::Web, web, bytes);
    }
    if let Some(installed) = value.get("installed") {
        return client(CredentialKind::Installed, installed, bytes);
    }
    match text("type") {
        Some("service_account") => service_account(bytes),
        Some("authorized_user") => Err(CredentialsDamage::NotCredentials("a login of the gcloud command")),
        Some("external_account") => Err(CredentialsDamage::NotCredentials("a workload identity's configuration")),
        _ if text("access_token").is_some() || text("refresh_token").is_some() => {
            Err(CredentialsDamage::NotCredentials("a token file (for the setting `token`)"))
        }
        _ => Err(CredentialsDamage::NotCredentials("some other JSON")),
    }
}

fn not_json(bytes: &[u8]) -> &'static str {
    let start = bytes.trim_ascii_start();
    match start.first() {
        None => "empty",
        Some(b'{') => "truncated or malformed JSON",
        Some(b'<') => "a web page",
        Some(_) => "not JSON",
    }
}

fn client(kind: CredentialKind, inner: &Value, bytes: &[u8]) -> Result<Credentials, CredentialsDamage> {
    if inner.get("client_id").is_some() && inner.get("client_secret").is_none() {
        return Err(CredentialsDamage::NoSecret);
    }
    // Google omits the list from a web client without redirect URIs; yup-oauth2 requires it.
    let secret = if inner.get("redirect_uris").is_some() {
        yup_oauth2::parse_application_secret(bytes).map_err(|e| damage(&e))?
    } else {
        let mut inner = inner.clone();
        if let Some(fields) = inner.as_object_mut() {
            fields.insert("redirect_uris".to_owned(), Value::Array(Vec::new()));
        }
        serde_json::from_value::<ApplicationSecret>(inner).map_err(|e| damage(&io::Error::other(e)))?
    };
    Ok(Credentials::Client(OAuthClient {
        kind,
        id: secret.client_id,
        secret: Secret::new(secret.client_secret),
        auth: address("auth_uri", &secret.auth_uri)?,
        token: address("token_uri", &secret.token_uri)?,
        redirects: secret.redirect_uris,
    }))
}

fn service_account(bytes: &[u8]) -> Result<Credentials, CredentialsDamage> {
    let key = yup_oauth2::parse_service_account_key(bytes).map_err(|e| damage(&e))?;
    address("token_uri", &key.token_uri)?;
    Ok(Credentials::ServiceAccount(Secret::new(Box::new(key))))
}

/// Keeps only the name of a missing field: for a malformed field serde quotes the value, which may be the secret.
fn damage(error: &io::Error) -> CredentialsDamage {
    let text = error.to_string();
    let what = text.find("missing field").and_then(|at| text.get(at..)).and_then(|t| t.split(" at ").next());
    CredentialsDamage::Damaged(what.unwrap_or("a field is malformed").to_owned())
}

fn address(field: &'static str, text: &str) -> Result<Url, CredentialsDamage> {
    let url = Url::parse(text).map_err(|_| CredentialsDamage::Damaged(format!("{field} is not a URL")))?;
    if may_carry_secrets(&url) { Ok(url) } else { Err(CredentialsDamage::Plain(field)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Result<&'static str, String> {
        parse(text.as_bytes()).map(|c| c.kind()).map_err(|e| e.to_string())
    }

    const CLIENT: &str = r#""client_id":"id","client_secret":"hunter2","auth_uri":"https://a.example/auth","token_uri":"https://a.example/token""#;

    #[test]
    fn the_kind_is_detected_by_content() {
        assert_eq!(
            kind(&format!(r#"{{"installed":{{{CLIENT},"redirect_uris":["http://localhost"]}}}}"#)),
            Ok("installed")
        );
        assert_eq!(kind(&format!(r#"{{"web":{{{CLIENT}}}}}"#)), Ok("web"));
        let key = r#"{"type":"service_account","client_email":"a@b.example","private_key":"k","token_uri":"https://a.example/t"}"#;
        assert_eq!(kind(key), Ok("service_account"));
    }

    #[test]
    fn a_wrong_file_is_explained() {
        for (text, expected) in [
            ("", "empty"),
            ("{\"installed\":", "truncated"),
            ("<html>", "a web page"),
            ("ya29.token", "not JSON"),
            ("{}", "some other JSON"),
            (r#"{"refresh_token":"r","access_token":"a"}"#, "a token file"),
            (r#"{"type":"authorized_user","refresh_token":"r"}"#, "gcloud"),
            (r#"{"installed":{"client_id":"id"}}"#, "Desktop app"),
            (r#"{"installed":{"client_id":"id","client_secret":"hunter2"}}"#, "missing field"),
            (r#"{"type":"service_account","private_key":7}"#, "damaged"),
        ] {
            let error = kind(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
        let plain = CLIENT.replace("https://a.example/token", "http://a.example/token");
        assert!(kind(&format!(r#"{{"web":{{{plain}}}}}"#)).unwrap_err().contains("plain http"));
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let text = format!(r#"{{"web":{{{CLIENT}}}}}"#);
        assert!(!format!("{:?}", parse(text.as_bytes()).unwrap()).contains("hunter2"));
        let key = r#"{"type":"service_account","client_email":"a@b.example","private_key":"hunter2","token_uri":"https://a.example/t"}"#;
        assert!(!format!("{:?}", parse(key.as_bytes()).unwrap()).contains("hunter2"));
    }
}
