//! A word for the next page: one code out of a closed list, signed, at most 60 s old, never text or an address.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::Time;
use crate::secret::SecretKey;

use super::page::FLASHES;

pub const LIFE: Duration = Duration::from_secs(60);

/// `code.millis.signature`.
pub fn seal(key: &SecretKey, code: &'static str, now: Time) -> String {
    let at = now.millis().to_string();
    let signature = URL_SAFE_NO_PAD.encode(key.sign("flash", &[code.as_bytes(), at.as_bytes()]));
    format!("{code}.{at}.{signature}")
}

/// The code of a cookie that we sealed within the last minute.
pub fn open(key: &SecretKey, value: &str, now: Time) -> Option<&'static str> {
    let mut parts = value.splitn(3, '.');
    let (code, at, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    if !key.verify("flash", &[code.as_bytes(), at.as_bytes()], &signature) {
        return None;
    }
    let sealed = Time::from_millis(at.parse().ok()?);
    let fresh = sealed <= now && now.since(sealed) <= LIFE;
    FLASHES.into_iter().find(|known| fresh && *known == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Entropy;

    #[test]
    fn a_flash_opens_for_a_minute_and_only_as_it_was_sealed() {
        let key = SecretKey::generate(&Entropy::seeded(1));
        let now = Time::from_millis(1_000_000);
        let sealed = seal(&key, "verified", now);
        assert_eq!(open(&key, &sealed, now + LIFE), Some("verified"));
        assert_eq!(open(&key, &sealed, now + LIFE + Duration::from_millis(1)), None);
        assert_eq!(open(&key, &sealed.replace("verified", "logged-out"), now), None);
        assert_eq!(open(&key, "verified.1.", now), None);
        assert_eq!(open(&key, "", now), None);
    }
}
