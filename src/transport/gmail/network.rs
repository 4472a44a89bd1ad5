//! What a failed connection means: the classes of everything that goes wrong below HTTP.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use rustls::CertificateError;
use url::Url;

use super::http::PlainRefused;
use crate::transport::{Class, Failure};

/// `sent`: the whole mail had been written, so that it may have gone out.
pub(super) fn failure(url: &Url, error: &(dyn StdError + 'static), sent: bool) -> Failure {
    let host = host(url);
    let mut cause = error;
    loop {
        if cause.is::<PlainRefused>() {
            return Failure::new(
                Class::Configuration,
                format!(
                    "{host} is asked for over plain http, which would show tokens and mail to the network; use https"
                ),
            );
        }
        if let Some(fault) = rustls_error(cause) {
            return tls(&host, fault, sent);
        }
        match cause.source() {
            Some(next) => cause = next,
            None => break,
        }
    }
    if sent {
        let reason = format!(
            "the connection to {host} ended after the whole mail was handed over and before an answer came ({cause}); \
             it may have been sent"
        );
        return Failure::new(Class::Ambiguous, reason);
    }
    Failure::new(Class::Transient, format!("no answer from {host}: {cause}; will be tried again"))
}

pub(super) fn timed_out(url: &Url, limit: Duration, sent: bool) -> Failure {
    let (host, seconds) = (host(url), limit.as_secs());
    if sent {
        let reason = format!("{host} took the whole mail but gave no answer within {seconds} s; it may have been sent");
        return Failure::new(Class::Ambiguous, reason);
    }
    Failure::new(Class::Transient, format!("no answer from {host} within {seconds} s; will be tried again"))
}

pub(super) fn no_address(url: &Url) -> Failure {
    Failure::new(Class::Configuration, format!("{} is no address that can be asked", host(url)))
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or("the server");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// An `io::Error` names its inner error only through `get_ref`, not as its source.
fn rustls_error<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e rustls::Error> {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    match inner {
        Some(inner) => rustls_error(inner),
        None => error.downcast_ref(),
    }
}

fn tls(host: &str, fault: &rustls::Error, sent: bool) -> Failure {
    use rustls::Error::{InvalidCertificate, InvalidMessage};
    let reason = match fault {
        InvalidCertificate(CertificateError::UnknownIssuer) => format!(
            "the certificate of {host} comes from an authority this system does not trust; add it to the system's \
             trust store, or point SSL_CERT_FILE at it, if a proxy of yours stands in between"
        ),
        InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => {
            format!("the certificate of {host} is for another name; check the address")
        }
        InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => format!("the certificate of {host} is not valid at this time; check this machine's clock"),
        InvalidCertificate(other) => format!("the certificate of {host} is not accepted ({other})"),
        InvalidMessage(_) => format!("{host} does not speak TLS; check the address and its port"),
        other if sent => {
            let reason = format!(
                "the connection to {host} broke after the mail was handed over ({other}); it may have been sent"
            );
            return Failure::new(Class::Ambiguous, reason);
        }
        other => return Failure::new(Class::Transient, format!("no secure connection to {host}: {other}")),
    };
    Failure::new(Class::Configuration, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> Url {
        Url::parse("https://gmail.googleapis.com/").unwrap()
    }

    #[test]
    fn a_certificate_nobody_vouches_for_is_a_fault_of_the_setup() {
        for fault in [
            CertificateError::UnknownIssuer,
            CertificateError::NotValidForName,
            CertificateError::Expired,
            CertificateError::BadSignature,
        ] {
            let error = io::Error::other(io::Error::other(rustls::Error::InvalidCertificate(fault)));
            let failure = failure(&url(), &error, false);
            assert_eq!(failure.class, Class::Configuration, "{failure}");
            assert!(failure.reason.contains("gmail.googleapis.com"), "{failure}");
        }
    }

    #[test]
    fn a_broken_connection_is_ambiguous_only_when_the_whole_mail_was_out() {
        let broken = io::Error::new(io::ErrorKind::ConnectionReset, "reset");
        assert_eq!(failure(&url(), &broken, false).class, Class::Transient);
        assert_eq!(failure(&url(), &broken, true).class, Class::Ambiguous);
        assert_eq!(timed_out(&url(), Duration::from_secs(1), false).class, Class::Transient);
        assert_eq!(timed_out(&url(), Duration::from_secs(1), true).class, Class::Ambiguous);
    }
}
