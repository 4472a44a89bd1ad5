//! A message for the next page: a signed code from a fixed list, valid for 60 s. It never contains text or an address.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::Time;
use crate::secret::SecretKey;

use super::page::FLASHES;

/// How long a flash is valid.
pub const TTL: Duration = Duration::from_secs(60);

/// `code.millis.signature`.
pub fn seal(key: &SecretKey, code: &'static str, now: Time) -> String {
    let at = now.millis().to_string();
    let signature = URL_SAFE_NO_PAD.encode(key.sign("flash", &[code.as_bytes(), at.as_bytes()]));
    format!("{code}.{at}.{signature}")
}

/// Returns the code of a sealed cookie that is at most a minute old.
pub fn open(key: &SecretKey, value: &str, now: Time) -> Option<&'static str> {
    let mut parts = value.splitn(3, '.');
    let (code, at, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    if !key.verify("flash", &[code.as_bytes(), at.as_bytes()], &signature) {
        return None;
    }
    let sealed = Time::from_millis(at.parse().ok()?);
    let valid = sealed <= now && now.since(sealed) <= TTL;
    FLASHES.into_iter().find(|known| valid && *known == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Entropy;

    #[test]
    fn a_flash_is_valid_for_a_minute_and_only_unchanged() {
        let key = SecretKey::generate(&Entropy::seeded(1));
        let now = Time::from_millis(1_000_000);
        let sealed = seal(&key, "verified", now);
        assert_eq!(open(&key, &sealed, now + TTL), Some("verified"));
        assert_eq!(open(&key, &sealed, now + TTL + Duration::from_millis(1)), None);
        assert_eq!(open(&key, &sealed.replace("verified", "logged-out"), now), None);
        assert_eq!(open(&key, "verified.1.", now), None);
        assert_eq!(open(&key, "", now), None);
    }
}
