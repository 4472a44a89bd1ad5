//! Whom we trust: the platform's roots, and the operator's own if told so.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::Verifier;
use tokio_rustls::TlsConnector;

use crate::transport::{Class, Failure};

/// # Errors
/// A configuration fault when `ca_file` cannot be used or the platform has no roots.
pub(super) fn connector(ca_file: Option<&Path>) -> Result<TlsConnector, Failure> {
    let extra = match ca_file {
        None => Vec::new(),
        Some(path) => certificates(path)?,
    };
    let provider = Arc::new(ring::default_provider());
    let fault = |error: rustls::Error| fault(format!("TLS cannot be set up: {error}"));
    let verifier = Verifier::new_with_extra_roots(extra, provider.clone()).map_err(fault)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(fault)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let unreadable = |error| fault(format!("mail.smtp.ca_file {} cannot be read: {error}", path.display()));
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(unreadable)?.collect();
    let found = found.map_err(unreadable)?;
    if found.is_empty() {
        return Err(fault(format!("mail.smtp.ca_file {} holds no certificate in PEM form", path.display())));
    }
    Ok(found)
}

fn fault(reason: String) -> Failure {
    Failure::new(Class::Configuration, reason)
}
