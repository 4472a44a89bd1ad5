//! TLS of the connections that Gatepost opens, to mail servers, to Google and to other servers: which certificates are
//! trusted.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

/// Which certificates of servers are trusted.
pub enum TrustedCertificates {
    /// Those that the platform trusts.
    Platform,
    /// Those too that these authorities signed, and these certificates themselves.
    PlatformAnd(Vec<CertificateDer<'static>>),
    /// Every certificate: for servers on this machine alone.
    Any,
}

/// The settings of connections that trust these certificates.
///
/// # Errors
/// The platform has no trusted authorities.
pub fn config(trusted: TrustedCertificates) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let named = match trusted {
        TrustedCertificates::Any => None,
        TrustedCertificates::Platform => Some(Vec::new()),
        TrustedCertificates::PlatformAnd(named) => Some(named),
    };
    let with_platform = |named: Vec<CertificateDer<'static>>| {
        Ok::<_, Error>((Verifier::new_with_extra_roots(named.clone(), provider.clone())?, named))
    };
    let verifier = CertificateVerifier { provider: provider.clone(), trusted: named.map(with_platform).transpose()? };
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(versions.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

/// Verifies as the platform does, but accepts a named certificate whose name and validity match: one that is its own
/// authority is accepted in no other way.
#[derive(Debug)]
struct CertificateVerifier {
    provider: Arc<CryptoProvider>,
    /// The platform's verifier and the named certificates; `None`: every certificate is accepted.
    trusted: Option<(Verifier, Vec<CertificateDer<'static>>)>,
}

impl ServerCertVerifier for CertificateVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
        let Some((platform, named)) = &self.trusted else { return Ok(ServerCertVerified::assertion()) };
        let result = platform.verify_server_cert(end_entity, intermediates, name, ocsp, now);
        match result {
            // The platform checks the validity first.
            Err(Error::InvalidCertificate(
                Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. },
            )) => result,
            Err(_) if named.contains(end_entity) => {
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
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Finds a TLS error inside an `io::Error`, whose `source` skips its inner error.
pub fn error_in<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e Error> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => error_in(inner),
        None => error.downcast_ref(),
    }
}
