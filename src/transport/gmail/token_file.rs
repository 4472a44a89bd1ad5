//! The token file: the tokens of a consent, readable only by its owner and replaced atomically.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::private_files;
use crate::secret::Secret;
use crate::transport::{Failure, FailureKind};

use super::credentials::read_small;

/// The only permission requested: sending, not reading.
pub const SCOPE: &str = "https://www.googleapis.com/auth/gmail.send";

/// A consent and its latest access token.
#[derive(Clone, Debug)]
pub struct StoredToken {
    /// The OAuth client that the consent is for; a token works only with its client.
    pub client_id: String,
    pub refresh: Secret<String>,
    pub access: Option<Access>,
    /// The granted scopes, space-separated.
    pub scope: String,
    pub authorized_at: Time,
    pub refreshed_at: Option<Time>,
    /// The latest failure to refresh; cleared by the next success.
    pub last_error: Option<LastError>,
}

/// An access token, which authorizes a request.
#[derive(Clone, Debug)]
pub struct Access {
    pub token: Secret<String>,
    pub expires_at: Time,
}

/// A failure to refresh, as `gatepost gmail status` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastError {
    #[serde(serialize_with = "rfc3339")]
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

/// The JSON of the token file.
#[derive(Serialize, Deserialize)]
struct TokenFile {
    client_id: String,
    refresh_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    scope: String,
    authorized_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refreshed_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_error: Option<FileError>,
}

#[derive(Serialize, Deserialize)]
struct FileError {
    at: String,
    reason: String,
}

fn rfc3339<S: serde::Serializer>(at: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.rfc3339())
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
        let file: Option<TokenFile> = serde_json::from_slice(&bytes).ok();
        file.and_then(StoredToken::from_file).ok_or_else(|| TokenError::Damaged { path: path.to_owned() })
    }

    fn from_file(file: TokenFile) -> Option<Self> {
        let time = |text: Option<String>| match text {
            Some(text) => Time::parse_rfc3339(&text).map(Some),
            None => Some(None),
        };
        let expires_at = time(file.expires_at)?;
        let last_error = match file.last_error {
            Some(e) => Some(LastError { at: Time::parse_rfc3339(&e.at)?, reason: e.reason }),
            None => None,
        };
        (!file.refresh_token.is_empty()).then_some(())?;
        Some(StoredToken {
            client_id: file.client_id,
            refresh: Secret::new(file.refresh_token),
            access: file
                .access_token
                .zip(expires_at)
                .map(|(token, expires_at)| Access { token: Secret::new(token), expires_at }),
            scope: file.scope,
            authorized_at: Time::parse_rfc3339(&file.authorized_at)?,
            refreshed_at: time(file.refreshed_at)?,
            last_error,
        })
    }

    fn to_file(&self) -> TokenFile {
        TokenFile {
            client_id: self.client_id.clone(),
            refresh_token: self.refresh.expose().clone(),
            access_token: self.access.as_ref().map(|a| a.token.expose().clone()),
            expires_at: self.access.as_ref().map(|a| a.expires_at.rfc3339()),
            scope: self.scope.clone(),
            authorized_at: self.authorized_at.rfc3339(),
            refreshed_at: self.refreshed_at.map(Time::rfc3339),
            last_error: self.last_error.as_ref().map(|e| FileError { at: e.at.rfc3339(), reason: e.reason.clone() }),
        }
    }

    /// Replaces the file atomically: a reader, or a restart after a crash, finds the old file or the new one. Creates
    /// the folder if it is missing.
    ///
    /// # Errors
    /// When the folder is not writable; the old file stays in that case.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let temporary = temporary_path(path)?;
        let written = private_file(&temporary).and_then(|mut file| {
            file.write_all(&serde_json::to_vec_pretty(&self.to_file())?)?;
            file.write_all(b"\n")?;
            file.sync_all()
        });
        let replaced = written.and_then(|()| fs::rename(&temporary, path));
        if replaced.is_err() {
            // The temporary file would hold the token. A failure to remove it would add nothing to the error.
            let _ = fs::remove_file(&temporary);
        }
        replaced
    }

    /// Creates and removes the temporary file of [`StoredToken::write`], to check that writing is possible.
    ///
    /// # Errors
    /// When the folder cannot be created or is not writable, or `path` is a folder.
    pub fn try_write(path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        let temporary = temporary_path(path)?;
        private_file(&temporary)?;
        fs::remove_file(&temporary)
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

/// The path of the temporary file for `path`, in the same folder, which is created if missing.
fn temporary_path(path: &Path) -> io::Result<PathBuf> {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    private_files::create_folder(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(folder.join(format!(".{name}.{}.tmp", std::process::id())))
}

/// Creates a file of mode 0600. A file left by an interrupted write is removed first, never followed or reused.
fn private_file(path: &Path) -> io::Result<fs::File> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    private_files::create_file(path)
}

#[cfg(test)]
mod tests {
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
        for cut in 0..whole.trim_ascii_end().len() {
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
