//! Classifies failures below HTTP: connection, proxy, TLS and timeout.

use std::error::Error as StdError;
use std::time::Duration;

use url::Url;

use crate::tls_client;
use crate::transport::interface::{Failure, FailureKind};
use crate::transport::tls::{CertificateCures, certificate_fault};

use super::connector::PlainRefused;
use super::proxy::ProxyError;

const CURES: CertificateCures = CertificateCures {
    untrusted: "if a proxy of yours is in between, add its authority to the system's trust store or set SSL_CERT_FILE",
    other_name: "check the address",
};

/// The failure for an error of the HTTP client. `sent` is true if the whole message was written, so that it may have
/// been sent.
pub(super) fn failure(url: &Url, error: &(dyn StdError + 'static), sent: bool) -> Failure {
    let host = host(url);
    let mut cause = error;
    loop {
        if cause.is::<PlainRefused>() {
            return Failure::new(
                FailureKind::Configuration,
                format!("plain http address {host}, which would expose tokens and messages on the network; use https"),
            );
        }
        if let Some(error) = cause.downcast_ref::<ProxyError>() {
            let is_refusal = matches!(error, ProxyError::Refused { .. });
            let class = if is_refusal { FailureKind::Transient } else { FailureKind::Configuration };
            return Failure::new(class, format!("no connection to {host}: {error}"));
        }
        if let Some(fault) = tls_client::error_in(cause) {
            return tls(&host, fault, sent);
        }
        match cause.source() {
            Some(next) => cause = next,
            None => break,
        }
    }
    if sent {
        let reason = format!(
            "connection to {host} lost after the whole message was written and before an answer ({cause}); delivery \
             status unknown"
        );
        return Failure::new(FailureKind::Ambiguous, reason);
    }
    Failure::new(FailureKind::Transient, format!("no answer from {host}: {cause}; try again later"))
}

pub(super) fn timed_out(url: &Url, limit: Duration, sent: bool) -> Failure {
    let (host, seconds) = (host(url), limit.as_secs());
    if sent {
        let reason =
            format!("{host} received the whole message but gave no answer within {seconds} s; delivery status unknown");
        return Failure::new(FailureKind::Ambiguous, reason);
    }
    Failure::new(FailureKind::Transient, format!("no answer from {host} within {seconds} s; try again later"))
}

pub(super) fn no_address(url: &Url) -> Failure {
    Failure::new(FailureKind::Configuration, format!("{} cannot be used as an address; check the setting", host(url)))
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or("the server");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn tls(host: &str, fault: &rustls::Error, sent: bool) -> Failure {
    use rustls::Error::{InvalidCertificate, InvalidMessage};
    let reason = match fault {
        InvalidCertificate(fault) => certificate_fault(host, fault, &CURES),
        InvalidMessage(_) => format!("{host} does not speak TLS; check the address and its port"),
        other if sent => {
            let reason = format!(
                "TLS connection to {host} failed after the whole message was written ({other}); delivery status unknown"
            );
            return Failure::new(FailureKind::Ambiguous, reason);
        }
        other => return Failure::new(FailureKind::Transient, format!("no TLS connection to {host}: {other}")),
    };
    Failure::new(FailureKind::Configuration, reason)
}

#[cfg(test)]
mod tests {
    use std::io;

    use rustls::CertificateError;

    use super::*;

    fn url() -> Url {
        Url::parse("https://gmail.googleapis.com/").unwrap()
    }

    #[test]
    fn an_invalid_certificate_is_a_configuration_failure() {
        for fault in [
            CertificateError::UnknownIssuer,
            CertificateError::NotValidForName,
            CertificateError::Expired,
            CertificateError::BadSignature,
        ] {
            let error = io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(fault)));
            let failure = failure(&url(), &error, false);
            assert_eq!(failure.class, FailureKind::Configuration, "{failure}");
            assert!(failure.reason.contains("gmail.googleapis.com"), "{failure}");
        }
    }

    #[test]
    fn a_lost_connection_is_ambiguous_only_after_the_whole_message_was_written() {
        let broken = io::Error::new(io::ErrorKind::ConnectionReset, "reset");
        assert_eq!(failure(&url(), &broken, false).class, FailureKind::Transient);
        assert_eq!(failure(&url(), &broken, true).class, FailureKind::Ambiguous);
        assert_eq!(timed_out(&url(), Duration::from_secs(1), false).class, FailureKind::Transient);
        assert_eq!(timed_out(&url(), Duration::from_secs(1), true).class, FailureKind::Ambiguous);
    }
}
