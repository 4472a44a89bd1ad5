//! The log line for a client that leaves during or right after the TLS handshake, which most clients do when they do
//! not trust the server's certificate. It names the cure; without it, the mail is missing and nothing says why.

use std::io;
use std::net::SocketAddr;

use rustls::AlertDescription as Alert;

use super::tls::Tls;

const DISTRUST: &str = "the client does not trust the server's certificate";

/// Logs a handshake that failed. Port scanners and health checks connect to an `smtps_address` and leave again; of
/// those failures only the ones that the client explains are logged here.
pub(super) fn in_handshake(peer: SocketAddr, implicit_tls: bool, tls: &Tls, error: &io::Error) {
    let alert = match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::AlertReceived(alert)) => Some(*alert),
        _ => None,
    };
    let why = match alert {
        Some(alert) if is_about_certificate(alert) => format!("{DISTRUST} (TLS alert {alert:?})"),
        Some(alert) => format!("the TLS handshake failed (TLS alert {alert:?})"),
        None if implicit_tls => return,
        None if has_left(error) => format!("the client left during the TLS handshake; most likely {DISTRUST}"),
        None => format!("the TLS handshake failed ({error})"),
    };
    warn(peer, implicit_tls, tls, &why);
}

/// Logs a session that ended between the handshake and the first command. Some clients verify the certificate then.
pub(super) fn after_handshake(peer: SocketAddr, implicit_tls: bool, tls: &Tls) {
    warn(peer, implicit_tls, tls, &format!("the client left right after the TLS handshake; most likely {DISTRUST}"));
}

fn warn(peer: SocketAddr, implicit_tls: bool, tls: &Tls, why: &str) {
    let client = peer.ip().to_canonical();
    let certificate = tls.certificate.display();
    if implicit_tls {
        tracing::warn!(%client, "no mail by SMTPS: {why}: make the client trust the certificate in {certificate}");
    } else {
        tracing::warn!(
            %client,
            "no mail after STARTTLS: {why}: set inbox.starttls = false, or make the client trust the certificate in \
             {certificate}"
        );
    }
}

/// The alerts of RFC 8446 §6.2 that clients send about a certificate that they refuse.
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

fn has_left(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}
