//! TLS errors, with their cures.

use rustls::{Error as TlsError, InvalidMessage};

use crate::transport::interface::{Failure, FailureKind};
use crate::transport::smtp::security::Security;
use crate::transport::smtp::settings::Settings;
use crate::transport::tls::{CertificateCures, certificate_fault};

const CURES: CertificateCures = CertificateCures {
    untrusted: "if it is your own server, set mail.smtp.ca_file to its root, or to this certificate itself",
    other_name: "set mail.smtp.host to the name in it",
};

/// Follows the error of a handshake that the server ended.
pub(super) const PORTS: &str = "Check mail.smtp.port and mail.smtp.security: \"tls\" belongs to port 465, \"starttls\" to \
                                port 587";

/// The failure for a TLS error; `otherwise` is its class if it is not about the configuration.
pub(super) fn failure(settings: &Settings, error: &TlsError, otherwise: FailureKind) -> Failure {
    let server = format!("{}:{}", settings.host, settings.port);
    let configuration = |reason| Failure::new(FailureKind::Configuration, reason);
    match error {
        TlsError::InvalidCertificate(fault) => configuration(certificate_fault(&settings.host, fault, &CURES)),
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType) if settings.security == Security::Tls => {
            configuration(format!(
                "{server} does not use TLS from the first byte: with port 587 or 25 set mail.smtp.security = \
                 \"starttls\", or use port 465"
            ))
        }
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType) => configuration(format!(
            "{server} sent plain text instead of TLS after STARTTLS: its TLS does not work, or something in between \
             changes the connection. Ask its administrator, or set mail.smtp.security = \"tls\" with port 465"
        )),
        TlsError::AlertReceived(alert) => configuration(format!("{server} refused TLS: {alert:?}")),
        TlsError::PeerIncompatible(why) => configuration(format!(
            "{server} supports no version or cipher of TLS that is secure today (TLS 1.2 is the oldest): {why:?}"
        )),
        other => Failure::new(otherwise, format!("TLS with {server} failed: {other}")),
    }
}
