//! The warning about a client that disconnects during or right after the TLS handshake. Most clients do so when they do
//! not trust the server's certificate. Without the warning, messages would be missing for no apparent reason.

use std::io;
use std::net::SocketAddr;

use rustls::AlertDescription as Alert;

use super::tls::Tls;

const DISTRUST: &str = "the client does not trust the server's certificate";

/// Logs a failed handshake. With implicit TLS only failures with a TLS alert are logged, since port scanners and health
/// checks also connect and disconnect.
pub(super) fn log_failed_handshake(peer: SocketAddr, implicit_tls: bool, tls: &Tls, error: &io::Error) {
    let alert = match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::AlertReceived(alert)) => Some(*alert),
        _ => None,
    };
    let cause = match alert {
        Some(alert) if is_about_certificate(alert) => format!("{DISTRUST} (TLS alert {alert:?})"),
        Some(alert) => format!("the TLS handshake failed (TLS alert {alert:?})"),
        None if implicit_tls => return,
        None if is_disconnect(error) => {
            format!("the client disconnected during the TLS handshake; most likely {DISTRUST}")
        }
        None => format!("the TLS handshake failed ({error})"),
    };
    warn(peer, implicit_tls, tls, &cause);
}

/// Logs a session that ended after the handshake without a command: some clients verify the certificate only then.
pub(super) fn log_unused_session(peer: SocketAddr, implicit_tls: bool, tls: &Tls) {
    let cause = format!("the client disconnected right after the TLS handshake; most likely {DISTRUST}");
    warn(peer, implicit_tls, tls, &cause);
}

fn warn(peer: SocketAddr, implicit_tls: bool, tls: &Tls, cause: &str) {
    let client = peer.ip().to_canonical();
    let certificate = tls.certificate.display();
    if implicit_tls {
        tracing::warn!(%client, "no mail by SMTPS: {cause}: make the client trust the certificate in {certificate}");
    } else {
        tracing::warn!(
            %client,
            "no mail after STARTTLS: {cause}: set inbox.starttls = false, or make the client trust the certificate in \
             {certificate}"
        );
    }
}

/// True for the alerts of RFC 8446 §6.2 that clients send when they reject a certificate.
fn is_about_certificate(alert: Alert) -> bool {
    matches!(
        alert,
        Alert::UnknownCA
            | Alert::BadCertificate
            | Alert::CertificateUnknown
            | Alert::CertificateExpired
            | Alert::CertificateRevoked
            | Alert::UnsupportedCertificate
            | Alert::AccessDenied
            | Alert::BadCertificateStatusResponse
    )
}

fn is_disconnect(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}
