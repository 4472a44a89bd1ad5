//! The token file: the tokens of a consent, readable only by its owner.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::private_files;
use crate::secret::Secret;
use crate::transport::interface::{Failure, FailureKind};

use super::credentials::read_small;

/// The only permission requested: sending, not reading.
pub const SCOPE: &str = "https://www.googleapis.com/auth/gmail.send";

/// A consent and its latest access token; serialised to the token file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredToken {
    /// The OAuth client that the consent is for; a token works only with its client.
    pub client_id: String,
    #[serde(rename = "refresh_token", with = "exposed")]
    pub refresh: Secret<String>,
    #[serde(flatten)]
    pub access: Option<Access>,
    /// The granted scopes, space-separated.
    pub scope: String,
    pub authorized_at: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refreshed_at: Option<Time>,
    /// The latest failure to refresh; cleared by the next success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<LastError>,
}

/// An access token, which authorizes a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Access {
    #[serde(rename = "access_token", with = "exposed")]
    pub token: Secret<String>,
    pub expires_at: Time,
}

/// A failure to refresh, as `gatepost gmail status` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    pub at: Time,
    pub reason: String,
}

/// Why no token can be used. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("no token file {}; run `gatepost gmail authorize`", path.display())]
    Missing { path: PathBuf },
    #[error("cannot read {}: {error}; make it readable for this user, or run `gatepost gmail authorize`", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("{} is damaged or was not written by Gatepost; run `gatepost gmail authorize`", path.display())]
    Damaged { path: PathBuf },
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Failure::new(FailureKind::Configuration, error.to_string())
    }
}

/// The tokens in clear, for the file alone.
mod exposed {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::secret::Secret;

    pub fn serialize<S: Serializer>(token: &Secret<String>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(token.expose())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

impl StoredToken {
    /// Reads the token file.
    ///
    /// # Errors
    /// When the file is missing, unreadable or damaged.
    pub async fn read(path: &Path) -> Result<Self, TokenError> {
        let bytes = read_small(path).await.map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => TokenError::Missing { path: path.to_owned() },
            _ => TokenError::Unreadable { path: path.to_owned(), error: e },
        })?;
        // A mounted file cannot be removed: `gatepost gmail revoke` empties it.
        if bytes.trim_ascii().is_empty() {
            return Err(TokenError::Missing { path: path.to_owned() });
        }
        let token: Option<StoredToken> = serde_json::from_slice(&bytes).ok();
        let token = token.filter(|token| !token.refresh.expose().is_empty());
        token.ok_or_else(|| TokenError::Damaged { path: path.to_owned() })
    }

    /// Replaces the file, as [`private_files::replace`] does.
    ///
    /// # Errors
    /// When it cannot be written; the old content stays in that case.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        private_files::replace(path, &json)
    }

    /// True if both tokens come from the same consent.
    pub(super) fn same_consent(&self, other: &StoredToken) -> bool {
        self.refresh == other.refresh
    }

    pub(super) fn may_send(&self) -> bool {
        may_send(&self.scope)
    }
}

/// True if the granted `scope` includes sending.
pub(super) fn may_send(scope: &str) -> bool {
    const WIDER: [&str; 3] = [
        "https://mail.google.com/",
        "https://www.googleapis.com/auth/gmail.modify",
        "https://www.googleapis.com/auth/gmail.compose",
    ];
    scope.split_ascii_whitespace().any(|s| s == SCOPE || WIDER.contains(&s))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn token() -> StoredToken {
        StoredToken {
            client_id: "id".to_owned(),
            refresh: Secret::new("1//refresh".to_owned()),
            access: Some(Access {
                token: Secret::new("ya29.access".to_owned()),
                expires_at: Time::from_millis(1_795_232_040_123),
            }),
            scope: SCOPE.to_owned(),
            authorized_at: Time::from_millis(1_795_232_040_000),
            refreshed_at: None,
            last_error: Some(LastError { at: Time::from_millis(1_795_232_041_000), reason: "no".to_owned() }),
        }
    }

    #[tokio::test]
    async fn a_token_is_read_as_it_was_written_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/token.json");
        token().write(&path).unwrap();
        token().write(&path).unwrap();
        let read = StoredToken::read(&path).await.unwrap();
        assert_eq!(read.refresh, token().refresh);
        assert_eq!(read.access.unwrap().expires_at, token().access.unwrap().expires_at);
        assert_eq!(read.last_error, token().last_error);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_token_file_truncated_anywhere_is_reported_as_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.json");
        assert!(matches!(StoredToken::read(&path).await, Err(TokenError::Missing { .. })));
        token().write(&path).unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, "").unwrap();
        assert!(matches!(StoredToken::read(&path).await, Err(TokenError::Missing { .. })), "emptied by `revoke`");
        for cut in 1..whole.trim_ascii_end().len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let error = StoredToken::read(&path).await.unwrap_err();
            assert!(matches!(error, TokenError::Damaged { .. }), "{cut}: {error}");
            assert!(error.to_string().contains("gatepost gmail authorize"));
        }
        fs::write(&path, vec![b' '; 1_000_000]).unwrap();
        assert!(matches!(StoredToken::read(&path).await, Err(TokenError::Unreadable { .. })));
    }

    #[test]
    fn a_failed_write_leaves_no_copy_of_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.json");
        fs::create_dir(&path).unwrap();
        assert!(token().write(&path).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn wider_scopes_include_sending() {
        assert!(may_send(&format!("openid {SCOPE}")));
        assert!(may_send("https://mail.google.com/"));
        assert!(!may_send("https://www.googleapis.com/auth/gmail.readonly"));
        assert!(!may_send(""));
    }
}
