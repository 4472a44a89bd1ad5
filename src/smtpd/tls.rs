//! The server's certificate: the one in the settings, or a self-signed one that is generated once and kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::private_files;

use super::settings::Settings;

/// The file with the generated certificate and its key; only its owner can read it.
const FILE: &str = "smtp-tls.pem";

/// Why the server cannot offer TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("inbox.tls_certificate: {}", self.reason())]
    File { path: PathBuf, source: io::Error },
    #[error("inbox.tls_certificate: {}", self.reason())]
    Pem { path: PathBuf, reason: String },
    #[error("the generated certificate {path} is damaged ({reason}): delete the file to generate a new one")]
    Damaged { path: PathBuf, reason: String },
    #[error("cannot generate a certificate: {0}")]
    Generate(#[from] rcgen::Error),
}

impl TlsError {
    /// The error without the setting, for servers with other names for it.
    pub fn reason(&self) -> String {
        match self {
            TlsError::File { path, source } => format!("cannot read or write {}: {source}", path.display()),
            TlsError::Pem { path, reason } => {
                format!("{} is not a PEM file with a certificate and its private key: {reason}", path.display())
            }
            TlsError::Damaged { .. } | TlsError::Generate(_) => self.to_string(),
        }
    }
}

/// What a connection needs for TLS.
#[derive(Clone)]
pub(super) struct Tls {
    pub acceptor: TlsAcceptor,
    /// The file with the certificate that clients must trust.
    pub certificate: Arc<Path>,
}

/// Loads the certificate in the settings, or the generated one. `None` if no listener uses TLS and the settings name no
/// certificate.
///
/// # Errors
/// The certificate cannot be read, used or generated.
pub(super) fn load(settings: &Settings) -> Result<Option<Tls>, TlsError> {
    if !uses_certificate(settings) {
        return Ok(None);
    }
    let path = match &settings.tls_certificate {
        Some(path) => path.clone(),
        None => generated(&settings.certificate_folder, &settings.hostname)?,
    };
    let config = read_config(settings, &path)?;
    Ok(Some(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), certificate: path.into() }))
}

/// The file of the certificate, read as a start reads it. `None` if a start needs none, or will generate it.
///
/// # Errors
/// The certificate cannot be read or used.
pub fn check_certificate(settings: &Settings) -> Result<Option<PathBuf>, TlsError> {
    let generated = settings.certificate_folder.join(FILE);
    let path = match &settings.tls_certificate {
        _ if !uses_certificate(settings) => return Ok(None),
        Some(path) => path.clone(),
        None if !generated.exists() => return Ok(None),
        None => generated,
    };
    read_config(settings, &path).map(|_| Some(path))
}

fn uses_certificate(settings: &Settings) -> bool {
    let needed = settings.starttls || settings.implicit_tls || settings.smtps_address.is_some();
    needed || settings.tls_certificate.is_some()
}

fn read_config(settings: &Settings, path: &Path) -> Result<rustls::ServerConfig, TlsError> {
    let pem = read_pem(path, settings.tls_key.as_deref())?;
    let path = path.to_owned();
    server_config(&pem).map_err(|reason| match settings.tls_certificate {
        Some(_) => TlsError::Pem { path, reason },
        None => TlsError::Damaged { path, reason },
    })
}

/// Reads the certificate chain and its key, which may be in a file of its own.
fn read_pem(certificate: &Path, key: Option<&Path>) -> Result<Vec<u8>, TlsError> {
    let read = |path: &Path| fs::read(path).map_err(|source| TlsError::File { path: path.to_owned(), source });
    let mut pem = read(certificate)?;
    if let Some(key) = key {
        pem.push(b'\n');
        pem.extend(read(key)?);
    }
    Ok(pem)
}

/// The TLS of another listener of the inbox, from PEM files of the operator.
///
/// # Errors
/// A file cannot be read, or holds no certificate with its key.
pub fn acceptor(certificate: &Path, key: Option<&Path>) -> Result<TlsAcceptor, TlsError> {
    let pem = read_pem(certificate, key)?;
    let config = server_config(&pem).map_err(|reason| TlsError::Pem { path: certificate.to_owned(), reason })?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn server_config(pem: &[u8]) -> Result<rustls::ServerConfig, String> {
    let chain = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string())?;
    let key = PrivateKeyDer::from_pem_slice(pem).map_err(|e| e.to_string())?;
    // Not the default provider of the process, which a library could replace.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|e| e.to_string())?.with_no_client_auth();
    builder.with_single_cert(chain, key).map_err(|e| e.to_string())
}

/// Returns the path of the generated certificate; generates it if the file is missing.
fn generated(folder: &Path, hostname: &str) -> Result<PathBuf, TlsError> {
    let path = folder.join(FILE);
    private_files::tighten(&path);
    if !path.exists() {
        let failed = |source| TlsError::File { path: path.clone(), source };
        private_files::create_once(&path, generate(hostname)?.as_bytes()).map_err(failed)?;
    }
    Ok(path)
}

/// A new self-signed certificate for localhost and `hostname`, and its key, as PEM.
fn generate(hostname: &str) -> Result<String, TlsError> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !names.iter().any(|name| name == hostname) {
        names.push(hostname.to_owned());
    }
    let key = rcgen::KeyPair::generate()?;
    let mut params = rcgen::CertificateParams::new(names)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, "Gatepost inbox");
    let certificate = params.self_signed(&key)?;
    Ok(certificate.pem() + &key.serialize_pem())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_is_generated_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = generated(&folder.path().join("new"), "mail.test").unwrap();
        let first = fs::read(&path).unwrap();
        assert!(server_config(&first).is_ok());
        generated(&folder.path().join("new"), "mail.test").unwrap();
        assert_eq!(fs::read(&path).unwrap(), first);
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_without_key_or_certificate_is_rejected() {
        let pem = generate("localhost").unwrap();
        let (certificate, key) = pem.split_at(pem.find("-----BEGIN PRIVATE").unwrap());
        assert!(server_config(certificate.as_bytes()).is_err());
        assert!(server_config(key.as_bytes()).is_err());
        assert!(server_config(b"").is_err());
    }
}
