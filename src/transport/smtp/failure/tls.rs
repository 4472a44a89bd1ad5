//! TLS errors, and what is wrong with a certificate.

use rustls::{CertificateError, Error as TlsError, InvalidMessage};

use crate::transport::smtp::settings::{Security, Settings};
use crate::transport::{Failure, FailureKind};

/// The failure for a TLS error; `otherwise` is its class if it is not about the configuration.
pub(super) fn failure(settings: &Settings, error: &TlsError, otherwise: FailureKind) -> Failure {
    let server = format!("{}:{}", settings.host, settings.port);
    let configuration = |reason| Failure::new(FailureKind::Configuration, reason);
    match error {
        TlsError::InvalidCertificate(fault) => configuration(certificate(&settings.host, fault)),
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType) if settings.security == Security::Tls => {
            configuration(format!(
                "{server} does not use TLS from the first byte: with port 587 or 25 set mail.smtp.security = \
                 \"starttls\", or use port 465"
            ))
        }
        TlsError::AlertReceived(alert) => configuration(format!("{server} refused TLS: {alert:?}")),
        TlsError::PeerIncompatible(why) => configuration(format!(
            "{server} supports no version or cipher of TLS that is secure today (TLS 1.2 is the oldest): {why:?}"
        )),
        other => Failure::new(otherwise, format!("TLS with {server} failed: {other}")),
    }
}

/// What is wrong with the certificate of `host`, and the cure. Errors of webpki and of the platform's verifier are known
/// by their names only.
fn certificate(host: &str, fault: &CertificateError) -> String {
    use CertificateError as Fault;
    match fault {
        Fault::UnknownIssuer => untrusted(host),
        Fault::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => untrusted(host),
        Fault::Other(other) if format!("{other:?}").contains("UnsupportedCertVersion") => format!(
            "the certificate of {host} has an old format (X.509 version 1), which cannot hold a host name: replace it \
             on the server by one with the name {host} in subjectAltName"
        ),
        Fault::Other(other) if format!("{other:?}").contains("EkuError") => not_for_servers(host),
        Fault::NotValidForNameContext { presented, .. } if presented.is_empty() => format!(
            "the certificate of {host} has no subjectAltName: its common name alone is not accepted (RFC 9525); \
             replace it on the server by one with the name {host} in subjectAltName"
        ),
        Fault::NotValidForNameContext { presented, .. } => format!(
            "the certificate is for another name than {host}: set mail.smtp.host to the name in it ({})",
            names(presented)
        ),
        Fault::NotValidForName => {
            format!("the certificate is for another name than {host}: set mail.smtp.host to the name in it")
        }
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
    crate::mail::one_line(&names.join(", ").chars().take(200).collect::<String>())
}

/// `openssl req -x509` makes a certificate that is its own authority.
fn untrusted(host: &str) -> String {
    format!(
        "no trusted authority signed the certificate of {host} (it may be self-signed): if it is your own server, set \
         mail.smtp.ca_file to its root, or to this certificate itself"
    )
}

fn not_for_servers(host: &str) -> String {
    format!(
        "the certificate of {host} is not for servers: replace it on the server by one with serverAuth in its extended \
         key usage"
    )
}
