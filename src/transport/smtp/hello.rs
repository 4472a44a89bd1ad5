//! The name in EHLO (RFC 5321 §4.1.1.1): `mail.smtp.hello`, else the machine's full name, else its address.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;

use tokio::net::TcpStream;

/// Where short names have their full name, beside the DNS.
const HOSTS: &str = "/etc/hosts";

/// The name for EHLO on this connection; `setting` is `mail.smtp.hello`.
pub(super) fn name(setting: Option<&String>, stream: &TcpStream) -> String {
    static FULL_NAME: OnceLock<Option<String>> = OnceLock::new();
    let full_name = || {
        let short = gethostname::gethostname();
        full_name(&short.to_string_lossy(), &std::fs::read_to_string(HOSTS).unwrap_or_default())
    };
    let name = setting.or_else(|| FULL_NAME.get_or_init(full_name).as_ref());
    name.cloned().unwrap_or_else(|| literal(stream.local_addr().ok()))
}

/// True for a full host name, or an address literal: `mail.example.com`, `[192.0.2.1]`, `[IPv6:2001:db8::1]`.
pub(super) fn is_valid(name: &str) -> bool {
    match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(literal) => match literal.strip_prefix("IPv6:") {
            Some(six) => six.parse::<std::net::Ipv6Addr>().is_ok(),
            None => literal.parse::<std::net::Ipv4Addr>().is_ok(),
        },
        None => is_host_name(name),
    }
}

/// RFC 1123 §2.1.
fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253
        && name.split('.').all(is_label)
        && !name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// The full name of the machine: its own name if it has a domain, else the one that `hosts` lists beside it.
fn full_name(name: &str, hosts: &str) -> Option<String> {
    let is_full = |name: &str| is_host_name(name) && name.contains('.') && !name.starts_with("localhost.");
    if is_full(name) {
        return Some(name.to_owned());
    }
    let names = hosts.lines().map(|line| line.split('#').next().unwrap_or_default().split_whitespace().skip(1));
    let mut ours = names.filter(|names| names.clone().any(|other| other.eq_ignore_ascii_case(name))).flatten();
    ours.find(|name| is_full(name)).map(str::to_owned)
}

/// An address literal (RFC 5321 §4.1.3): correct without a name.
fn literal(address: Option<SocketAddr>) -> String {
    match address.map(|address| address.ip()) {
        Some(IpAddr::V4(ip)) => format!("[{ip}]"),
        Some(IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
        None => "localhost".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_full_name_of_the_machine_is_its_own_or_the_one_beside_it_in_hosts() {
        let hosts = "127.0.0.1 localhost\n127.0.1.1\tbox.example.com box # box.wrong.test\n::1 localhost.localdomain\n";
        assert_eq!(full_name("mail.example.com", ""), Some("mail.example.com".into()));
        assert_eq!(full_name("BOX", hosts), Some("box.example.com".into()));
        for name in ["other", "localhost", "localhost.localdomain", "box_1.example.com", "10.0.0.1", ""] {
            assert_eq!(full_name(name, hosts), None, "{name}");
        }
    }

    #[test]
    fn a_name_for_ehlo_is_a_host_name_or_an_address_literal() {
        for name in ["mail.example.com", "box", "[192.0.2.1]", "[IPv6:2001:db8::1]", "1and1.example"] {
            assert!(is_valid(name), "{name}");
        }
        let long = "a.".repeat(130);
        for name in ["", "a b", "a\r\nRSET", "-a.test", "192.0.2.1", "[192.0.2]", "[::1]", "a..b", "a.", &long] {
            assert!(!is_valid(name), "{name}");
        }
    }
}
