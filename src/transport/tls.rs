//! TLS of every transport: what is wrong with a certificate that is not trusted. The platform's roots are trusted, and
//! the certificates of `mail.smtp.ca_file`.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, ClientConfig};

use crate::tls_client::{self, TrustedCertificates};

use super::interface::{Failure, FailureKind};

/// The settings of connections that trust the platform's roots and `ca_file`.
///
/// # Errors
/// A configuration failure when `ca_file` is unusable or the platform has no roots.
pub(super) fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, Failure> {
    let trusted = match ca_file {
        None => TrustedCertificates::Platform,
        Some(path) => TrustedCertificates::PlatformAnd(certificates(path)?),
    };
    let without = |error| fault(format!("cannot set up TLS: {error}; is the package ca-certificates installed?"));
    tls_client::config(trusted).map_err(without)
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

/// What the operator can do about a certificate, if the server's own operator cannot.
pub(super) struct CertificateCures {
    /// Nobody that is trusted signed it.
    pub untrusted: &'static str,
    /// It is for another name.
    pub other_name: &'static str,
}

/// What is wrong with the certificate of `host`, and the cure. Errors of webpki and of the platform's verifier are known
/// by their names only.
pub(super) fn certificate_fault(host: &str, fault: &CertificateError, cures: &CertificateCures) -> String {
    use CertificateError as Fault;
    match fault {
        Fault::UnknownIssuer => untrusted(host, cures),
        Fault::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => untrusted(host, cures),
        Fault::Other(other) if format!("{other:?}").contains("UnsupportedCertVersion") => format!(
            "the certificate of {host} has an old format (X.509 version 1), which cannot hold a host name: replace it \
             on the server by one with the name {host} in subjectAltName"
        ),
        Fault::Other(other) if format!("{other:?}").contains("EkuError") => not_for_servers(host),
        Fault::NotValidForNameContext { presented, .. } if presented.is_empty() => format!(
            "the certificate of {host} has no subjectAltName: its common name alone is not accepted (RFC 9525); \
             replace it on the server by one with the name {host} in subjectAltName"
        ),
        Fault::NotValidForNameContext { presented, .. } => {
            let cure = cures.other_name;
            format!("the certificate is for another name than {host}: {cure} ({})", names(presented))
        }
        Fault::NotValidForName => format!("the certificate is for another name than {host}: {}", cures.other_name),
        Fault::Expired | Fault::ExpiredContext { .. } => {
            format!("the certificate of {host} has expired: renew it on the server, or check this machine's clock")
        }
        Fault::NotValidYet | Fault::NotValidYetContext { .. } => {
            format!("the certificate of {host} is not valid yet: check this machine's clock")
        }
        Fault::InvalidPurpose | Fault::InvalidPurposeContext { .. } => not_for_servers(host),
        Fault::BadSignature
        | Fault::UnsupportedSignatureAlgorithmContext { .. }
        | Fault::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => format!(
            "the certificate of {host} has a damaged signature, or one that is too weak (SHA-1, or RSA below 2048 bits): \
             replace it on the server"
        ),
        Fault::Revoked => format!("the certificate of {host} was revoked: replace it on the server"),
        Fault::Other(other) => format!("the certificate of {host} is invalid: {other}"),
        other => format!("the certificate of {host} is invalid: {other}"),
    }
}

/// The names in a certificate; rustls writes them as `DnsName("…")`.
fn names(presented: &[String]) -> String {
    let names: Vec<_> = presented.iter().map(|name| name.split('"').nth(1).unwrap_or(name)).collect();
    crate::mail::short_line(&names.join(", "), 200)
}

/// `openssl req -x509` makes a certificate that is its own authority.
fn untrusted(host: &str, cures: &CertificateCures) -> String {
    format!("no trusted authority signed the certificate of {host} (it may be self-signed): {}", cures.untrusted)
}

fn not_for_servers(host: &str) -> String {
    format!(
        "the certificate of {host} is not for servers: replace it on the server by one with serverAuth in its extended \
         key usage"
    )
}
