//! Addresses of PostgreSQL servers: which of them need TLS, and what a failed handshake means. sqlx alone would use
//! plain text silently when a server offers no TLS, and would not verify a certificate with `sslmode=require`.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use rustls::{CertificateError, Error as TlsError};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use super::open_error::OpenError;

/// A server's address, ready for sqlx.
pub struct PostgresUrl {
    pub url: String,
    /// Host, port and database, without the login.
    pub location: String,
}

impl PostgresUrl {
    /// Decides about TLS. A server that is not on this machine needs it, with a certificate for its name, unless the
    /// URL says otherwise by `sslmode`.
    ///
    /// # Errors
    /// When the URL is malformed, leaves it to the server whether TLS is used, or names a file that cannot be read.
    pub fn parse(text: &str) -> Result<Self, OpenError> {
        let mut url = Url::parse(text).map_err(|error| sqlx::Error::Configuration(Box::new(error)))?;
        let options = PgConnectOptions::from_str(text)?;
        let (host, port) = (options.get_host(), options.get_port());
        let location = format!("PostgreSQL {host}:{port}/{}", options.get_database().unwrap_or_default());
        check_files(&url)?;
        let named = parameter(&url, &["sslmode", "ssl-mode"]).is_some();
        let has_root = parameter(&url, &["sslrootcert", "ssl-root-cert", "ssl-ca"]).is_some();
        let is_local = options.get_socket().is_some() || is_loopback(host);
        if let Some(mode) = mode(options.get_ssl_mode(), named, has_root, is_local)? {
            url.query_pairs_mut().append_pair("sslmode", mode);
        }
        // sqlx keeps the brackets, which neither the resolver nor a certificate knows.
        if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            url.query_pairs_mut().append_pair("host", address);
        }
        Ok(PostgresUrl { url: url.into(), location })
    }
}

/// The mode to add to the URL; `None` if it stays as it is.
fn mode(given: PgSslMode, named: bool, has_root: bool, is_local: bool) -> Result<Option<&'static str>, OpenError> {
    match given {
        PgSslMode::VerifyFull | PgSslMode::VerifyCa => Ok(None),
        // As libpq: who names a root certificate wants it to be used.
        PgSslMode::Require => Ok(has_root.then_some("verify-ca")),
        PgSslMode::Disable if named || is_local => Ok(None),
        PgSslMode::Prefer | PgSslMode::Allow if !named && has_root => Ok(Some("verify-full")),
        PgSslMode::Prefer | PgSslMode::Allow if is_local => Ok(None),
        PgSslMode::Prefer if named => Err(OpenError::OptionalTls("prefer")),
        PgSslMode::Allow if named => Err(OpenError::OptionalTls("allow")),
        _ => Ok(Some("verify-full")),
    }
}

/// The last parameter with one of these names; sqlx uses the last one too.
fn parameter(url: &Url, names: &[&str]) -> Option<String> {
    url.query_pairs().filter(|(name, _)| names.contains(&&**name)).last().map(|(_, value)| value.into_owned())
}

/// Reads the files with certificates and keys once, since sqlx's error would not name them.
fn check_files(url: &Url) -> Result<(), OpenError> {
    let names = ["sslrootcert", "ssl-root-cert", "ssl-ca", "sslcert", "ssl-cert", "sslkey", "ssl-key"];
    for (_, value) in url.query_pairs().filter(|(name, _)| names.contains(&&**name)) {
        // sqlx also takes the certificate itself.
        if !value.trim_start().starts_with("-----BEGIN") {
            let path = PathBuf::from(&*value);
            std::fs::read(&path).map_err(|error| OpenError::Certificate { path, error })?;
        }
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let name = host.trim_matches(['[', ']']);
    // An absolute path is the folder of a Unix socket.
    name.starts_with('/')
        || name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Adds the server's address to an error, and to a failed handshake what to do about it.
pub fn located(error: OpenError, location: &str) -> OpenError {
    let location = location.to_owned();
    match error {
        OpenError::Connect(error) => match tls_cure(&error) {
            Some(cure) => OpenError::Tls { location, error: format!("{}{cure}", tls_text(&error)) },
            None => OpenError::Server { location, error: error.to_string() },
        },
        error @ OpenError::Silent => OpenError::Server { location, error: error.to_string() },
        error => error,
    }
}

fn tls_error(error: &sqlx::Error) -> Option<&TlsError> {
    let source: &(dyn std::error::Error + 'static) = match error {
        sqlx::Error::Io(error) => error.get_ref()?,
        sqlx::Error::Tls(error) => &**error,
        _ => return None,
    };
    source.downcast_ref()
}

/// What TLS says, without the words that sqlx adds to every error of a connection.
fn tls_text(error: &sqlx::Error) -> String {
    match (tls_error(error), error) {
        (Some(error), _) => error.to_string(),
        (None, sqlx::Error::Tls(error)) => error.to_string(),
        (None, error) => error.to_string(),
    }
}

/// The end of the error line; `None` if TLS is not the cause.
fn tls_cure(error: &sqlx::Error) -> Option<&'static str> {
    match tls_error(error) {
        Some(TlsError::InvalidCertificate(reason)) => Some(match reason {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "; use the name of the certificate in databases.gatepost.url"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "",
            _ => "; name the file with the root certificate of the server by sslrootcert=… in databases.gatepost.url",
        }),
        Some(_) => Some(""),
        None if matches!(error, sqlx::Error::Tls(_)) => {
            Some("; enable TLS there, or allow plain text by sslmode=disable in databases.gatepost.url")
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mode with which sqlx would connect.
    fn resulting(url: &str) -> String {
        let parsed = PostgresUrl::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        let url = Url::parse(&parsed.url).unwrap();
        parameter(&url, &["sslmode", "ssl-mode"]).unwrap_or_default()
    }

    #[test]
    fn a_server_on_another_machine_needs_tls_unless_the_url_says_otherwise() {
        for (url, mode) in [
            ("postgres://u:p@db.example.com/x", "verify-full"),
            ("postgres://u@db.example.com/x?host=10.0.0.1", "verify-full"),
            ("postgres://u@localhost.example.com/x", "verify-full"),
            ("postgres://u@0.0.0.0/x", "verify-full"),
            ("postgres://u@db.example.com/x?sslmode=disable", "disable"),
            ("postgres://u@db.example.com/x?sslmode=require", "require"),
            ("postgres://u@db.example.com/x?sslmode=verify-ca", "verify-ca"),
            ("postgres://u@db.example.com/x?ssl-mode=VERIFY-FULL", "VERIFY-FULL"),
            ("postgres://u@localhost/x", ""),
            ("postgres://u@127.0.0.2/x", ""),
            ("postgres://u@[::1]/x", ""),
            ("postgres://u@localhost/x?sslmode=prefer", "prefer"),
            ("postgres://u@localhost/x?sslmode=verify-full", "verify-full"),
            ("postgres:///x?host=/run/postgresql", ""),
            ("postgres://u@%2Frun%2Fpostgresql/x", ""),
        ] {
            assert_eq!(resulting(url), mode, "{url}");
        }
    }

    #[test]
    fn a_mode_that_leaves_the_choice_to_a_server_elsewhere_is_refused() {
        for mode in ["prefer", "allow"] {
            let error = PostgresUrl::parse(&format!("postgres://u@db.example.com/x?sslmode={mode}")).err().unwrap();
            assert!(error.to_string().contains(mode), "{error}");
        }
        assert!(PostgresUrl::parse("postgres://u@db.example.com/x?sslmode=on").is_err());
    }

    #[test]
    fn a_root_certificate_is_verified_whatever_the_mode_and_the_host() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root.pem");
        let url = |rest: &str| format!("postgres://u@{rest}sslrootcert={}", root.display());
        assert!(PostgresUrl::parse(&url("localhost/x?")).err().unwrap().to_string().contains("root.pem"));
        std::fs::write(&root, "").unwrap();
        assert_eq!(resulting(&url("localhost/x?")), "verify-full");
        assert_eq!(resulting(&url("db.example.com/x?sslmode=require&")), "verify-ca");
        assert_eq!(resulting(&url("db.example.com/x?sslmode=verify-full&")), "verify-full");
    }

    #[test]
    fn the_location_of_a_server_shows_no_login_and_an_ipv6_address_loses_its_brackets() {
        let parsed = PostgresUrl::parse("postgres://u:secret@[fd00::1]:7000/x").unwrap();
        assert_eq!(parsed.location, "PostgreSQL [fd00::1]:7000/x");
        assert_eq!(PgConnectOptions::from_str(&parsed.url).unwrap().get_host(), "fd00::1");
    }
}
