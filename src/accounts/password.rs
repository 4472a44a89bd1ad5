//! Passwords: the policy, and hashing them without letting a crowd take the machine.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use subtle::ConstantTimeEq as _;
use tokio::sync::oneshot;
use unicode_normalization::UnicodeNormalization as _;

use crate::mail::Address;
use crate::secret::{Entropy, Secret};

use super::{Error, common};

/// The most code points a password may have.
pub const MAX_LENGTH: usize = 256;
/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Callers that may wait for a turn; those beyond get "busy" at once, not a place in a queue without end.
const MAX_WAITING: usize = 128;
/// Shorter parts of an address or site name are too common to hold against a password.
const MIN_CONTEXT: usize = 4;

/// A password as it is counted, compared and hashed: in NFC, so that a Hangul password typed on a Mac (NFD) is the
/// one typed elsewhere. Never trimmed, never cut.
#[derive(Clone, Debug)]
pub struct Password(Secret<String>);

/// Why a new password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("it is empty")]
    Empty,
    #[error("it has fewer than {0} characters")]
    TooShort(usize),
    #[error("it has more than {0} characters")]
    TooLong(usize),
    #[error("it is among the passwords that are guessed first")]
    Common,
    #[error("it holds the e-mail address")]
    HoldsAddress,
    #[error("it holds the site's name")]
    HoldsSiteName,
    #[error("it is the old one")]
    Unchanged,
}

impl Password {
    /// Takes what was typed at a login: any text that could have been accepted once.
    ///
    /// # Errors
    /// When it is empty or beyond [`MAX_LENGTH`].
    pub fn typed(text: &str) -> Result<Self, PasswordError> {
        if text.is_empty() {
            return Err(PasswordError::Empty);
        }
        // Before normalising, which costs time by length: NFC never grows a text threefold in code points.
        if text.chars().count() > 3 * MAX_LENGTH {
            return Err(PasswordError::TooLong(MAX_LENGTH));
        }
        let normal: String = text.nfc().collect();
        if normal.chars().count() > MAX_LENGTH {
            return Err(PasswordError::TooLong(MAX_LENGTH));
        }
        Ok(Password(Secret::new(normal)))
    }

    /// Takes a password to be: length and guessability count, classes of characters do not (NIST 800-63B, ASVS 6.2).
    /// Without an address, because what was typed as one is none, the other rules hold all the same.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn choose(
        text: &str,
        min_length: usize,
        address: Option<&Address>,
        site_name: &str,
    ) -> Result<Self, PasswordError> {
        let password = Password::typed(text)?;
        let chosen = password.0.expose();
        if chosen.chars().count() < min_length {
            return Err(PasswordError::TooShort(min_length));
        }
        let folded = chosen.to_lowercase();
        if common::is_common(&folded) {
            return Err(PasswordError::Common);
        }
        if address.is_some_and(|address| holds_address(&folded, address)) {
            return Err(PasswordError::HoldsAddress);
        }
        if is_mostly(&folded, &site_name.to_lowercase()) {
            return Err(PasswordError::HoldsSiteName);
        }
        Ok(password)
    }

    /// In constant time.
    pub fn equals(&self, other: &Password) -> bool {
        self.bytes().ct_eq(other.bytes()).into()
    }

    fn bytes(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

fn holds_address(folded: &str, address: &Address) -> bool {
    let whole = address.canonical();
    let local = address.local().to_lowercase();
    folded.contains(&whole) || is_mostly(folded, &local) || is_mostly(folded, address.domain())
}

/// Whether a password is a known word and little besides: what is left would not do as a password of its own.
fn is_mostly(folded: &str, word: &str) -> bool {
    const ENOUGH_BESIDES: usize = 8;
    word.chars().count() >= MIN_CONTEXT
        && folded.contains(word)
        && folded.replace(word, "").chars().filter(|c| c.is_alphabetic()).count() < ENOUGH_BESIDES
}

/// Hashes passwords on threads of its own, one a core: the allocator keeps each thread's 19 MiB, so that a pool of
/// hundreds of threads that take turns would end with hundreds of such blocks.
#[derive(Clone, Debug)]
pub struct Hasher {
    jobs: mpsc::Sender<Job>,
    waiting: Arc<AtomicUsize>,
    entropy: Entropy,
    /// Compared with when there is no account, so that its absence costs the same.
    decoy: Arc<str>,
}

impl Hasher {
    pub fn new(entropy: Entropy) -> Self {
        let decoy = decoy(&entropy).into();
        Hasher { jobs: workers(), waiting: Arc::default(), entropy, decoy }
    }

    /// The PHC string of a password.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait already.
    pub async fn hash(&self, password: &Password) -> Result<String, Error> {
        let (password, salt) = (password.clone(), self.entropy.bytes());
        self.turn(move || hash(password.bytes(), &salt)).await
    }

    /// Whether `password` is the one of `phc`; without one the same work is done and the answer is no.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait already.
    pub async fn verify(&self, password: &Password, phc: Option<&str>) -> Result<bool, Error> {
        let known = phc.is_some();
        let (password, phc) = (password.clone(), phc.unwrap_or(&self.decoy).to_owned());
        let equal = self.turn(move || Ok(verify(password.bytes(), &phc))).await?;
        Ok(equal && known)
    }

    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let _place = Place::take(&self.waiting)?;
        let (answer, result) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Nobody waits any more: the client went away before its turn.
            if !answer.is_closed() {
                let _ = answer.send(work());
            }
        });
        self.jobs.send(job).map_err(|_| Error::Busy)?;
        result.await.map_err(|e| Error::Internal(Box::new(e)))?
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// A thread a core; they end with the last [`Hasher`]. How many jobs wait is limited by [`MAX_WAITING`].
fn workers() -> mpsc::Sender<Job> {
    let (jobs, queue) = mpsc::channel::<Job>();
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
        let queue = queue.clone();
        std::thread::spawn(move || {
            loop {
                let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                match job {
                    // A panic ends its own job, not the thread: the caller sees the answer's channel close.
                    Ok(job) => drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(job))),
                    Err(mpsc::RecvError) => return,
                }
            }
        });
    }
    jobs
}

/// A place among those waiting, given back when dropped, also by a client that went away.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>) -> Result<Self, Error> {
        let before = waiting.fetch_add(1, Ordering::SeqCst);
        let place = Place(waiting.clone());
        if before < MAX_WAITING { Ok(place) } else { Err(Error::Busy) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn argon2() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|e| Error::Internal(Box::new(e)))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &[u8], salt: &[u8; 16]) -> Result<String, Error> {
    let hash = argon2()?.hash_password_with_salt(password, salt).map_err(|e| Error::Internal(Box::new(e)))?;
    Ok(hash.to_string())
}

/// A hash that no password has: its bytes are random, its parameters today's, so that comparing costs the same.
fn decoy(entropy: &Entropy) -> String {
    use base64::Engine as _;
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes);
    let (salt, output) = (encode(&entropy.bytes::<16>()), encode(&entropy.bytes::<32>()));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${output}")
}

/// With the parameters the string itself names.
fn verify(password: &[u8], phc: &str) -> bool {
    let Ok(argon2) = argon2() else { return false };
    PasswordHash::new(phc).is_ok_and(|parsed| argon2.verify_password(password, &parsed).is_ok())
}

/// Whether a stored hash was made with other parameters than today's and should be renewed at login.
pub fn is_outdated(phc: &str) -> bool {
    !phc.starts_with(&format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(text: &str) -> Result<Password, PasswordError> {
        Password::choose(text, 12, Some(&"gildong@example.com".parse().unwrap()), "Gatepost")
    }

    #[test]
    fn length_is_counted_in_code_points_after_normalising() {
        assert_eq!(choose("eleven char").unwrap_err(), PasswordError::TooShort(12));
        assert!(choose("twelve chars").is_ok());
        assert!(choose("가나다라마바사아자차카타").is_ok());
        let decomposed: String = "가나다라마바사아자차카".nfd().collect();
        assert_eq!(choose(&decomposed).unwrap_err(), PasswordError::TooShort(12));
        assert!(choose(&"가".repeat(60).nfd().collect::<String>()).is_ok());
        assert!(choose(&"x y".repeat(85)).is_ok());
        assert_eq!(choose(&"xyz".repeat(86)).unwrap_err(), PasswordError::TooLong(256));
        assert_eq!(choose(&"x".repeat(1_000_000)).unwrap_err(), PasswordError::TooLong(256));
    }

    #[test]
    fn no_class_of_characters_is_asked_for() {
        for fine in [
            "aqzwsxedcrfvtgbyhnujmikolpaqzwsxedcrfvtgbyhnujmikolpaqzwsxedcrfv",
            "  three word phrase  ",
            "🐢🐢🐇 on the road",
        ] {
            assert!(choose(fine).is_ok(), "{fine}");
        }
    }

    #[test]
    fn guessable_passwords_are_refused_with_the_reason() {
        assert_eq!(choose("password1234").unwrap_err(), PasswordError::Common);
        assert_eq!(choose("Gildong@Example.com").unwrap_err(), PasswordError::HoldsAddress);
        assert_eq!(choose("gildong-12345!").unwrap_err(), PasswordError::HoldsAddress);
        assert_eq!(choose("Gatepost12345").unwrap_err(), PasswordError::HoldsSiteName);
        assert!(choose("gildong keeps turtles").is_ok());
    }

    #[tokio::test]
    async fn a_hash_verifies_its_own_password_in_every_normal_form() {
        let hasher = Hasher::new(Entropy::seeded(1));
        let composed = Password::typed("비밀번호는 길게").unwrap();
        let decomposed = Password::typed(&"비밀번호는 길게".nfd().collect::<String>()).unwrap();
        let phc = hasher.hash(&composed).await.unwrap();
        assert!(!is_outdated(&phc), "{phc}");
        assert!(is_outdated("$argon2id$v=19$m=4096,t=3,p=1$c2FsdHNhbHQ$aGFzaA"));
        assert!(hasher.verify(&decomposed, Some(&phc)).await.unwrap());
        assert!(!hasher.verify(&Password::typed("비밀번호는 길게 ").unwrap(), Some(&phc)).await.unwrap());
        assert!(!hasher.verify(&composed, None).await.unwrap());
        assert!(PasswordHash::new(&hasher.decoy).is_ok(), "{}", hasher.decoy);
    }

    #[tokio::test]
    async fn a_crowd_beyond_the_queue_is_told_at_once() {
        let hasher = Hasher::new(Entropy::seeded(1));
        let places: Vec<_> = (0..MAX_WAITING).map(|_| Place::take(&hasher.waiting).unwrap()).collect();
        assert!(matches!(hasher.hash(&Password::typed("any").unwrap()).await, Err(Error::Busy)));
        drop(places);
        assert!(hasher.hash(&Password::typed("any").unwrap()).await.is_ok());
    }
}
