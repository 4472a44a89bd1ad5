//! Checks the addresses of a server as a whole: no two listeners have the same one, and an inbox that others can reach
//! has a password. Commands that start no listener do without these checks.

use std::net::SocketAddr;

use super::error::ConfigError;
use super::inbox::{INBOX, InboxConfig};
use super::reader::SettingsReader;
use super::site::{self, SITE};

/// A setting and the address of its listener.
type Listener = (&'static str, SocketAddr);

/// # Errors
/// Names the setting of a listener that shares its address, or that others could reach without a password.
pub(super) fn check(source: &SettingsReader, inbox: &InboxConfig) -> Result<(), ConfigError> {
    if !inbox.enabled {
        return Ok(());
    }
    let site = site::address(source)?;
    refuse_shared_address(source, site, &listeners(inbox))?;
    check_exposure(source, site, inbox)
}

/// The listeners of the inbox.
fn listeners(inbox: &InboxConfig) -> Vec<Listener> {
    let smtp = &inbox.smtpd;
    let all = [
        (INBOX.http_address, inbox.http_address),
        (INBOX.smtp_address, Some(smtp.smtp_address)),
        (INBOX.smtps_address, smtp.smtps_address),
        (INBOX.lmtp_address, smtp.lmtp_address),
        (INBOX.pop3_address, inbox.pop3.as_ref().map(|pop3| pop3.address)),
    ];
    all.into_iter().filter_map(|(key, address)| Some((key, address?))).collect()
}

fn refuse_shared_address(source: &SettingsReader, site: SocketAddr, inbox: &[Listener]) -> Result<(), ConfigError> {
    let mut earlier = vec![(SITE.port, site)];
    for (key, address) in inbox {
        if let Some((other, _)) = earlier.iter().find(|(_, other)| overlap(*other, *address)) {
            let what = format!("{address} is the address of {other} too; choose another port for one of them");
            return Err(source.error(key, what));
        }
        earlier.push((key, *address));
    }
    Ok(())
}

/// True if one of the addresses cannot be bound beside the other. Port 0 stands for any free port.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let is_wildcard = one.ip().is_unspecified() || other.ip().is_unspecified();
    let same_ip = one.ip() == other.ip() || is_wildcard && one.is_ipv4() == other.is_ipv4();
    one.port() != 0 && one.port() == other.port() && same_ip
}

/// Rejects settings that expose the inbox without a password beyond localhost: captured messages contain links that
/// give access to accounts.
fn check_exposure(source: &SettingsReader, site: SocketAddr, inbox: &InboxConfig) -> Result<(), ConfigError> {
    if !inbox.logins.is_empty() || source.boolean(INBOX.open)? {
        return Ok(());
    }
    if !source.is_debug() {
        let what = "required with inbox.password outside the debug profile; inbox.open = true opens the inbox to \
                    everybody who reaches it";
        return Err(source.error(INBOX.username, what.to_owned()));
    }
    let mut all = [(SITE.address, site)].into_iter().chain(listeners(inbox));
    let Some((key, address)) = all.find(|(_, address)| !address.ip().is_loopback()) else { return Ok(()) };
    let what = match key == SITE.address || key == INBOX.http_address {
        true => format!(
            "{} is reachable by others: set inbox.username and inbox.password, or inbox.open = true to let everybody who \
             reaches it read the mail, or inbox.enabled = false",
            address.ip()
        ),
        false => "reachable by others: set inbox.username and inbox.password too, or inbox.open = true".to_owned(),
    };
    Err(source.error(key, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_overlap_at_one_port_of_one_address_or_of_all() {
        for (one, other, expected) in [
            ("127.0.0.1:8025", "127.0.0.1:8025", true),
            ("127.0.0.1:8025", "0.0.0.0:8025", true),
            ("[::]:8025", "[::1]:8025", true),
            ("127.0.0.1:8025", "127.0.0.1:8026", false),
            ("127.0.0.1:8025", "127.0.0.2:8025", false),
            ("0.0.0.0:8025", "[::1]:8025", false),
            ("127.0.0.1:0", "127.0.0.1:0", false),
        ] {
            let (one, other) = (one.parse().unwrap(), other.parse().unwrap());
            assert_eq!((overlap(one, other), overlap(other, one)), (expected, expected), "{one} {other}");
        }
    }
}
