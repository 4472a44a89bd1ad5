//! Whom we trust: the platform's roots, and the operator's own if told so.

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
    let platform = Verifier::new_with_extra_roots(extra.clone(), provider.clone()).map_err(fault)?;
    let verifier = Own { platform, named: extra };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(fault)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The platform's judgement, but for a server whose very certificate the operator named: then its name and time are
/// all that can be wrong. A self-signed one, which is its own authority, passes no other way.
#[derive(Debug)]
struct Own {
    platform: Verifier,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Own {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
        let judged = self.platform.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        match judged {
            // Time is looked at before everything else.
            Err(Error::InvalidCertificate(
                Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. },
            )) => judged,
            Err(_) if self.named.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            judged => judged,
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
