//! Parses the values of Mailpit's options.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

use crate::smtpd::{ChaosTriggers, Trigger};

/// Why a value is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ValueError {
    #[error("expected an address and a port, such as 127.0.0.1:8025 or :8025")]
    Address,
    #[error("Unix sockets come later; give an address and a port")]
    UnixSocket,
    #[error("expected a whole number")]
    Number,
    #[error("expected a number of hours or days, such as 12h or 3d")]
    Age,
    #[error("a path may contain ASCII alphanumeric characters and _ . - / @")]
    Webroot,
    #[error(
        "expected triggers such as Recipient:451:100, of Sender, Recipient and Authentication, separated by blanks: {0}"
    )]
    Chaos(String),
    #[error("expected plus-addresses, x-tags or both, separated by a comma")]
    TagsDisable,
}

/// Longest age, in hours: a hundred years.
const MAX_AGE_HOURS: u64 = 100 * 365 * 24;

/// `[::]:8025`, `0.0.0.0:8025`, `:8025`, `localhost:8025`.
pub(super) fn address(text: &str) -> Result<SocketAddr, ValueError> {
    if text.starts_with("unix:") {
        return Err(ValueError::UnixSocket);
    }
    let (host, port) = text.rsplit_once(':').ok_or(ValueError::Address)?;
    let port: u16 = port.parse().map_err(|_| ValueError::Address)?;
    let name = host.trim_start_matches('[').trim_end_matches(']');
    match name {
        "" => Ok(SocketAddr::new(any_address(), port)),
        "localhost" => Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)),
        name => match name.parse::<IpAddr>() {
            Ok(ip) => Ok(SocketAddr::new(ip, port)),
            Err(_) => (name, port).to_socket_addrs().ok().and_then(|mut all| all.next()).ok_or(ValueError::Address),
        },
    }
}

/// Every address of the machine: IPv6 with IPv4, or IPv4 alone if the system has no IPv6.
fn any_address() -> IpAddr {
    match std::net::TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)) {
        Ok(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        Err(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    }
}

pub(super) fn number(text: &str) -> Result<u64, ValueError> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).ok_or(ValueError::Number)
}

/// `3d` or `12h`.
pub(super) fn age(text: &str) -> Result<Duration, ValueError> {
    let hours = |unit: char, factor: u64| number(text.strip_suffix(unit)?).ok()?.checked_mul(factor);
    let hours = hours('h', 1).or_else(|| hours('d', 24)).filter(|hours| (1..=MAX_AGE_HOURS).contains(hours));
    hours.map(|hours| Duration::from_secs(hours * 3_600)).ok_or(ValueError::Age)
}

/// A path without a slash at the end: `/mail`; empty for the root.
pub(super) fn webroot(text: &str) -> Result<String, ValueError> {
    let is_valid = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-/@".contains(&b));
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    if !is_valid || parts.iter().any(|part| matches!(*part, "." | "..")) {
        return Err(ValueError::Webroot);
    }
    Ok(parts.iter().map(|part| format!("/{part}")).collect())
}

/// `Sender:451:10 Recipient:550:100`.
pub(super) fn chaos(text: &str) -> Result<ChaosTriggers, ValueError> {
    let mut triggers = ChaosTriggers::default();
    let invalid = |word: &str| ValueError::Chaos(word.to_owned());
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let mut parts = word.split(':');
        let (name, code, probability) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let trigger = Trigger {
            error_code: code.and_then(|code| code.parse().ok()).ok_or_else(|| invalid(word))?,
            probability: probability.and_then(|text| text.parse().ok()).ok_or_else(|| invalid(word))?,
        };
        let target = match name.to_ascii_lowercase().as_str() {
            "sender" => &mut triggers.sender,
            "recipient" => &mut triggers.recipient,
            "authentication" => &mut triggers.authentication,
            _ => return Err(invalid(word)),
        };
        *target = trigger;
        if parts.next().is_some() {
            return Err(invalid(word));
        }
    }
    triggers.check().map_err(|e| ValueError::Chaos(e.to_string()))?;
    Ok(triggers)
}

/// Whether plus-addresses and X-Tags give tags.
pub(super) fn tag_sources(disabled: &str) -> Result<(bool, bool), ValueError> {
    let (mut addresses, mut header) = (true, true);
    for word in disabled.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match word.to_ascii_lowercase().as_str() {
            "plus-addresses" => addresses = false,
            "x-tags" => header = false,
            _ => return Err(ValueError::TagsDisable),
        }
    }
    Ok((addresses, header))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_mailpits_forms() {
        assert_eq!(address("127.0.0.1:1025").unwrap().to_string(), "127.0.0.1:1025");
        assert_eq!(address("localhost:8025").unwrap().to_string(), "127.0.0.1:8025");
        assert_eq!(address("[::1]:8025").unwrap().to_string(), "[::1]:8025");
        assert!(address(":8025").unwrap().ip().is_unspecified() && address("[::]:8025").unwrap().ip().is_unspecified());
        assert_eq!(address("unix:/run/x.sock"), Err(ValueError::UnixSocket));
        for bad in ["", "8025", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999"] {
            assert_eq!(address(bad), Err(ValueError::Address), "{bad}");
        }
    }

    #[test]
    fn ages_and_numbers_have_limits() {
        assert_eq!((age("12h"), age("3d")), (Ok(Duration::from_secs(43_200)), Ok(Duration::from_secs(259_200))));
        for bad in ["", "3", "d", "0d", "-1d", "3w", "99999999999999d"] {
            assert_eq!(age(bad), Err(ValueError::Age), "{bad}");
        }
        assert_eq!(
            (number("500"), number("+5"), number("")),
            (Ok(500), Err(ValueError::Number), Err(ValueError::Number))
        );
    }

    #[test]
    fn a_webroot_is_a_clean_path() {
        for (text, expected) in [("", ""), ("/", ""), ("mail", "/mail"), ("/a//b-c/", "/a/b-c")] {
            assert_eq!(webroot(text).as_deref(), Ok(expected), "{text}");
        }
        for bad in ["/a b", "/<x>", "/a/../b", "/ü", "/a?b"] {
            assert_eq!(webroot(bad), Err(ValueError::Webroot), "{bad}");
        }
    }

    #[test]
    fn chaos_triggers_are_read_and_checked() {
        let triggers = chaos("Recipient:451:100, sender:550:5").unwrap();
        assert_eq!((triggers.recipient.probability, triggers.sender.error_code), (100, 550));
        for bad in ["Recipient", "Recipient:451", "Nobody:451:1", "Sender:200:1", "Sender:451:101", "Sender:451:1:1"] {
            assert!(chaos(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sources_of_tags_can_be_turned_off() {
        assert_eq!(tag_sources("plus-addresses"), Ok((false, true)));
        assert_eq!(tag_sources("X-Tags, plus-addresses"), Ok((false, false)));
        assert_eq!(tag_sources("all"), Err(ValueError::TagsDisable));
    }
}
