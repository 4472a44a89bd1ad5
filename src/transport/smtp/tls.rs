//! Certificate verification: the platform's roots and the certificates of `mail.smtp.ca_file` are trusted.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;
use tokio_rustls::TlsConnector;

use crate::transport::{Failure, FailureKind};

/// A TLS connector that trusts the platform's roots and `ca_file`.
///
/// # Errors
/// A configuration failure when `ca_file` is unusable or the platform has no roots.
pub(super) fn connector(ca_file: Option<&Path>) -> Result<TlsConnector, Failure> {
    let extra = match ca_file {
        None => Vec::new(),
        Some(path) => certificates(path)?,
    };
    let provider = Arc::new(ring::default_provider());
    let fault = |error: rustls::Error| fault(format!("cannot set up TLS: {error}"));
    let platform = Verifier::new_with_extra_roots(extra.clone(), provider.clone()).map_err(fault)?;
    let verifier = ExactCertificate { platform, named: extra };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(fault)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Verifies as the platform does, but accepts a certificate that is itself in `ca_file` if its name and validity match.
/// A self-signed certificate that is its own authority is accepted in no other way.
#[derive(Debug)]
struct ExactCertificate {
    platform: Verifier,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for ExactCertificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
        let result = self.platform.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        match result {
            // The platform checks the validity first.
            Err(Error::InvalidCertificate(
                Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. },
            )) => result,
            Err(_) if self.named.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.platform.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.platform.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.platform.supported_verify_schemes()
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let unreadable = |error| fault(format!("cannot read mail.smtp.ca_file {}: {error}", path.display()));
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(unreadable)?.collect();
    let found = found.map_err(unreadable)?;
    if found.is_empty() {
        return Err(fault(format!("no PEM certificate in mail.smtp.ca_file {}", path.display())));
    }
    Ok(found)
}

fn fault(reason: String) -> Failure {
    Failure::new(FailureKind::Configuration, reason)
}
