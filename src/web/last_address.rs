//! The address that a browser last signed up with or confirmed, in a signed cookie. The page that waits for a
//! confirmation is made from it alone: whatever happens to a signup or an account, the page cannot show it. The login
//! form is filled from it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::Time;
use crate::mail::Address;
use crate::secret::SecretKey;

/// What the cookie holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAddress {
    pub address: Address,
    /// When this browser requested the latest email to it; `None` if the address is confirmed.
    pub requested_at: Option<Time>,
}

/// How long the login form is filled after a confirmation.
pub const CONFIRMED_TTL: Duration = Duration::from_secs(3_600);

impl LastAddress {
    /// `address.millis.signature`, or `address..signature` after the confirmation.
    pub fn seal(&self, key: &SecretKey) -> String {
        let address = URL_SAFE_NO_PAD.encode(self.address.to_string());
        let at = self.requested_at.map(|at| at.millis().to_string()).unwrap_or_default();
        let signature = URL_SAFE_NO_PAD.encode(key.sign("last-address", &[address.as_bytes(), at.as_bytes()]));
        format!("{address}.{at}.{signature}")
    }

    /// Reads a sealed cookie; `None` if it is not one.
    pub fn open(key: &SecretKey, value: &str) -> Option<Self> {
        let mut parts = value.splitn(3, '.');
        let (address, at, signature) = (parts.next()?, parts.next()?, parts.next()?);
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !key.verify("last-address", &[address.as_bytes(), at.as_bytes()], &signature) {
            return None;
        }
        let address = String::from_utf8(URL_SAFE_NO_PAD.decode(address).ok()?).ok()?.parse().ok()?;
        let requested_at = if at.is_empty() { None } else { Some(Time::from_millis(at.parse().ok()?)) };
        Some(LastAddress { address, requested_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Entropy;

    #[test]
    fn a_sealed_address_is_read_only_unchanged() {
        let key = SecretKey::generate(&Entropy::seeded(1));
        for requested_at in [None, Some(Time::from_millis(1_700_000_000_000))] {
            let last = LastAddress { address: "kim@example.com".parse().unwrap(), requested_at };
            let sealed = last.seal(&key);
            assert_eq!(LastAddress::open(&key, &sealed), Some(last));
            for bad in [&sealed[1..], &sealed.replace('.', ".1"), "", "..", "a.1.b"] {
                assert_eq!(LastAddress::open(&key, bad), None, "{bad}");
            }
        }
    }

    #[test]
    fn the_longest_address_fits_a_cookie() {
        let key = SecretKey::generate(&Entropy::seeded(1));
        let domain = format!("{}.{}.{}.com", "b".repeat(61), "c".repeat(61), "d".repeat(60));
        let address: Address = format!("{}@{domain}", "a".repeat(64)).parse().unwrap();
        assert_eq!(address.to_string().len(), 253);
        let sealed = LastAddress { address, requested_at: Some(Time::from_millis(i64::MAX)) }.seal(&key);
        assert!(sealed.len() <= crate::web::cookies::MAX_VALUE, "{}", sealed.len());
    }
}
