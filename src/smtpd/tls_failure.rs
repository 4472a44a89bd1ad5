//! Why a client disconnects during or right after the TLS handshake. Most clients do so when they do not trust the
//! server's certificate. Without an explanation, messages would be missing for no apparent reason.

use std::io;

use rustls::AlertDescription as Alert;

use super::tls::Tls;

/// The reason for a session that ended after the handshake without a command: some clients verify the certificate only
/// then.
pub(super) const LEFT_UNUSED: &str = "the client disconnected right after the TLS handshake; most likely it does not \
                                      trust the server's certificate";

/// The reason of a failed handshake. `None` if a client of the SMTPS port only disconnected, as port scanners and health
/// checks do.
pub(super) fn reason(implicit_tls: bool, tls: &Tls, error: &io::Error) -> Option<String> {
    let alert = match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::AlertReceived(alert)) => Some(*alert),
        _ => None,
    };
    let certificate = tls.certificate.display();
    Some(match alert {
        Some(alert) if is_about_certificate(alert) => {
            format!("the client does not trust the server's certificate {certificate} (TLS alert {alert:?})")
        }
        Some(alert) => format!("the TLS handshake failed (TLS alert {alert:?})"),
        None if is_disconnect(error) && implicit_tls => return None,
        None if is_disconnect(error) => format!(
            "the client disconnected during the TLS handshake; most likely it does not trust the server's certificate \
             {certificate}"
        ),
        None => format!("the TLS handshake failed ({error})"),
    })
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
