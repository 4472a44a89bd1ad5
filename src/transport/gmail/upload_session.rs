//! Open resumable uploads: their addresses, how many bytes Gmail has received, and the store of unfinished uploads.
//! No I/O; `resumable` makes the requests.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use url::Url;

use crate::clock::Time;
use crate::secret::Secret;

/// How long an unfinished upload is kept. Google keeps it for a week.
const LIFETIME: Duration = Duration::from_secs(6 * 24 * 3600);
/// The most unfinished uploads to keep. The oldest is dropped first; its message is uploaded from the start.
const MAX_STORED: usize = 64;

/// An open upload. Its address is a secret: anyone who knows it can write to the upload.
#[derive(Clone)]
pub(super) struct UploadSession {
    address: Secret<Url>,
    /// The bytes that Gmail has reported as received.
    pub had: usize,
    /// True if an earlier attempt opened it, so that `had` may be out of date.
    pub is_old: bool,
    opened: Time,
}

/// Why an upload address is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadAddress {
    Missing,
    /// The address is on another origin.
    Elsewhere,
}

impl UploadSession {
    /// Reads the Location header of the answer to `asked`, the request that opened the upload.
    pub fn open(location: Option<&str>, asked: &Url, now: Time) -> Result<Self, BadAddress> {
        let location = location.filter(|text| !text.is_empty()).ok_or(BadAddress::Missing)?;
        let address = asked.join(location).map_err(|_| BadAddress::Missing)?;
        let has_userinfo = !address.username().is_empty() || address.password().is_some();
        if address.origin() != asked.origin() || has_userinfo {
            return Err(BadAddress::Elsewhere);
        }
        Ok(UploadSession { address: Secret::new(address), had: 0, is_old: false, opened: now })
    }

    pub fn address(&self) -> &Url {
        self.address.expose()
    }
}

/// The number of bytes, of `total`, that Gmail has received according to the `Range` header of its 308: `bytes=0-42`, or
/// `0-42` as in its guide. No header means 0. `None` for any other value.
pub(super) fn received(range: Option<&str>, total: usize) -> Option<usize> {
    let Some(range) = range else { return Some(0) };
    let last = range.strip_prefix("bytes=").unwrap_or(range).strip_prefix("0-")?;
    let digits = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let had = last.parse::<usize>().ok().filter(|_| digits)?.checked_add(1)?;
    (had <= total).then_some(had)
}

/// The unfinished uploads of this process, each for one outbox row and for the bytes it was opened with.
#[derive(Default)]
pub(super) struct UploadSessions(Mutex<VecDeque<StoredSession>>);

struct StoredSession {
    id: String,
    digest: [u8; 32],
    session: UploadSession,
}

impl UploadSessions {
    /// Removes and returns the unfinished upload of this message, if Gmail may still know it.
    pub fn take(&self, id: &str, bytes: &[u8], now: Time) -> Option<UploadSession> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| now.since(one.session.opened) < LIFETIME);
        let at = all.iter().position(|one| one.id == id)?;
        let found = all.remove(at)?;
        drop(all);
        let same = found.digest == *Sha256::digest(bytes);
        same.then_some(UploadSession { is_old: true, ..found.session })
    }

    pub fn keep(&self, id: &str, bytes: &[u8], session: UploadSession) {
        let digest = Sha256::digest(bytes).into();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.id != id);
        if all.len() >= MAX_STORED {
            all.pop_front();
        }
        all.push_back(StoredSession { id: id.to_owned(), digest, session });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_millis(1_795_232_040_123);

    fn asked() -> Url {
        Url::parse("https://gmail.googleapis.com/upload/gmail/v1/users/me/messages/send?uploadType=resumable").unwrap()
    }

    fn session(name: &str) -> UploadSession {
        UploadSession::open(Some(&format!("/upload?upload_id={name}")), &asked(), NOW).unwrap()
    }

    #[test]
    fn an_upload_address_on_another_origin_is_rejected() {
        for good in ["https://gmail.googleapis.com/upload?upload_id=1", "/upload?upload_id=1"] {
            let session = UploadSession::open(Some(good), &asked(), NOW).unwrap();
            assert_eq!(session.address().as_str(), "https://gmail.googleapis.com/upload?upload_id=1");
        }
        for elsewhere in [
            "https://gmail.googleapis.com.example.net/upload",
            "https://gmail.googleapis.com:444/upload",
            "http://gmail.googleapis.com/upload",
            "//example.net/upload",
            "https://gmail.googleapis.com@example.net/",
            "https://user@gmail.googleapis.com/upload",
            "mailto:kim@example.org",
        ] {
            assert_eq!(
                UploadSession::open(Some(elsewhere), &asked(), NOW).err(),
                Some(BadAddress::Elsewhere),
                "{elsewhere}"
            );
        }
        for none in [None, Some(""), Some("https://")] {
            assert_eq!(UploadSession::open(none, &asked(), NOW).err(), Some(BadAddress::Missing), "{none:?}");
        }
    }

    #[test]
    fn the_range_header_gives_the_received_bytes_and_an_unexpected_value_is_rejected() {
        for (range, had) in [
            (None, Some(0)),
            (Some("bytes=0-0"), Some(1)),
            (Some("bytes=0-42"), Some(43)),
            (Some("0-42"), Some(43)),
            (Some("bytes=0-99"), Some(100)),
            (Some("bytes=0-100"), None),
            (Some("bytes=1-42"), None),
            (Some("bytes=0-"), None),
            (Some("bytes=0-+7"), None),
            (Some("bytes=0--7"), None),
            (Some("bytes=0-18446744073709551615"), None),
            (Some("bytes=0-99999999999999999999"), None),
            (Some("bytes=0-5,7-9"), None),
            (Some("bytes */100"), None),
            (Some(""), None),
        ] {
            assert_eq!(received(range, 100), had, "{range:?}");
        }
    }

    #[test]
    fn an_unfinished_upload_is_found_by_its_row_and_bytes_until_it_expires() {
        let sessions = UploadSessions::default();
        sessions.keep("row", b"mail", session("1"));
        assert!(sessions.take("other", b"mail", NOW).is_none());
        let found = sessions.take("row", b"mail", NOW).unwrap();
        assert!(found.is_old && found.address().query() == Some("upload_id=1"));
        assert!(sessions.take("row", b"mail", NOW).is_none(), "it is returned once");
        sessions.keep("row", b"mail", found);
        assert!(sessions.take("row", b"other bytes", NOW).is_none());
        sessions.keep("row", b"mail", session("2"));
        assert!(sessions.take("row", b"mail", NOW + LIFETIME).is_none());
    }

    #[test]
    fn only_the_latest_unfinished_uploads_are_kept() {
        let sessions = UploadSessions::default();
        for n in 0..=MAX_STORED {
            sessions.keep(&n.to_string(), b"mail", session("1"));
        }
        assert!(sessions.take("0", b"mail", NOW).is_none());
        assert!(sessions.take("1", b"mail", NOW).is_some());
        assert!(sessions.take(&MAX_STORED.to_string(), b"mail", NOW).is_some());
    }
}
