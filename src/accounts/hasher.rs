//! Hashing passwords without letting a crowd take the machine: a thread a core, a queue with an end, and memory that
//! is had once.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq as _;
use tokio::sync::oneshot;

use crate::secret::Entropy;

use super::{Error, Password};

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Bytes of a hash.
const OUTPUT: usize = 32;

/// Hashes passwords on threads of its own. Clones share them.
#[derive(Clone, Debug)]
pub struct Hasher {
    jobs: mpsc::Sender<Job>,
    load: Arc<Load>,
    /// Callers that may wait for a turn; those beyond get "busy" at once, not a place in a queue without end.
    max_waiting: usize,
    entropy: Entropy,
    /// Compared with when there is no account, so that its absence costs the same.
    decoy: Arc<str>,
}

#[derive(Debug, Default)]
struct Load {
    waiting: AtomicUsize,
    done: AtomicU64,
}

impl Hasher {
    pub fn new(entropy: Entropy, max_waiting: usize) -> Self {
        // A hash that no password has: random bytes under today's parameters.
        let decoy = phc(&entropy.bytes(), &entropy.bytes()).into();
        Hasher { jobs: workers(), load: Arc::default(), max_waiting, entropy, decoy }
    }

    /// The PHC string of a password.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait already.
    pub async fn hash(&self, password: &Password) -> Result<String, Error> {
        let (password, salt) = (password.clone(), self.entropy.bytes());
        self.turn(move |memory| hash(memory, password.bytes(), &salt)).await
    }

    /// Whether `password` is the one of `phc`; without one the same work is done and the answer is no.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait already.
    pub async fn verify(&self, password: &Password, phc: Option<&str>) -> Result<bool, Error> {
        let known = phc.is_some();
        let (password, phc) = (password.clone(), phc.unwrap_or(&self.decoy).to_owned());
        let equal = self.turn(move |memory| verify(memory, password.bytes(), &phc)).await?;
        Ok(equal && known)
    }

    /// Hashes made so far, of passwords set and of passwords compared.
    pub fn made(&self) -> u64 {
        self.load.done.load(Ordering::Relaxed)
    }

    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let place = Place::take(&self.load, self.max_waiting)?;
        let (answer, result) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            // Nobody waits any more: the client went away before its turn.
            if !answer.is_closed() {
                place.0.done.fetch_add(1, Ordering::Relaxed);
                let _ = answer.send(work(memory));
            }
        });
        self.jobs.send(job).map_err(|_| Error::Busy)?;
        result.await.map_err(|e| Error::Internal(Box::new(e)))?
    }
}

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// A thread a core; they end with the last [`Hasher`]. How many jobs wait is limited by [`Hasher::max_waiting`].
fn workers() -> mpsc::Sender<Job> {
    let (jobs, queue) = mpsc::channel::<Job>();
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
        let queue = queue.clone();
        std::thread::spawn(move || {
            let mut memory = Memory::default();
            loop {
                let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(job) = job else { return };
                // A panic ends its own job, not the thread: the caller sees the answer's channel close.
                drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(&mut memory))));
            }
        });
    }
    jobs
}

/// A place in the queue, held until the job is done or given up: also by a client that went away, whose job still
/// stands there.
struct Place(Arc<Load>);

impl Place {
    fn take(load: &Arc<Load>, max_waiting: usize) -> Result<Self, Error> {
        let before = load.waiting.fetch_add(1, Ordering::SeqCst);
        let place = Place(load.clone());
        if before < max_waiting { Ok(place) } else { Err(Error::Busy) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What one thread's hashes work in, had at its first hash and kept: 19 MiB from the system for each would cost
/// thousands of page faults. Not wiped between hashes, which would cost them, too: what stands there is as far from
/// the password as the stored hash is.
#[derive(Default)]
struct Memory(Vec<Block>);

impl Memory {
    /// Hashes with `argon2`; a stored hash that wants more than ours gets memory for this once.
    fn fill(&mut self, argon2: &Argon2<'_>, password: &[u8], salt: &[u8], out: &mut [u8]) -> Result<(), Error> {
        let (wanted, ours) = (argon2.params().block_count(), parameters()?.block_count());
        let done = if wanted > ours {
            argon2.hash_password_into_with_memory(password, salt, out, vec![Block::default(); wanted])
        } else {
            self.0.resize(ours, Block::default());
            argon2.hash_password_into_with_memory(password, salt, out, &mut self.0)
        };
        done.map_err(|e| Error::Internal(Box::new(e)))
    }
}

fn parameters() -> Result<Params, Error> {
    Params::new(MEMORY_KIB, PASSES, LANES, Some(OUTPUT)).map_err(|e| Error::Internal(Box::new(e)))
}

fn hash(memory: &mut Memory, password: &[u8], salt: &[u8; 16]) -> Result<String, Error> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters()?);
    let mut out = [0; OUTPUT];
    memory.fill(&argon2, password, salt, &mut out)?;
    Ok(phc(salt, &out))
}

fn phc(salt: &[u8; 16], output: &[u8; OUTPUT]) -> String {
    let (salt, output) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(output));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${output}")
}

/// With the algorithm, version and parameters that the string itself names.
fn verify(memory: &mut Memory, password: &[u8], phc: &str) -> Result<bool, Error> {
    let broken = |e: argon2::password_hash::Error| Error::Internal(Box::new(e));
    let stored = PasswordHash::new(phc).map_err(|e| broken(e.into()))?;
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).map_err(broken)?;
    let version = stored.version.map(Version::try_from).transpose().map_err(|e| broken(e.into()))?;
    let params = Params::try_from(&stored).map_err(broken)?;
    let (Some(salt), Some(output)) = (stored.salt, stored.hash) else { return Ok(false) };
    let argon2 = Argon2::new(algorithm, version.unwrap_or_default(), params);
    let mut made = vec![0; output.len()];
    memory.fill(&argon2, password, &salt, &mut made)?;
    Ok(made.ct_eq(output.as_bytes()).into())
}

/// Whether a stored hash was made with other parameters than today's and should be renewed at login.
pub fn is_outdated(phc: &str) -> bool {
    !phc.starts_with(&format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"))
}

#[cfg(test)]
mod tests {
    use argon2::PasswordVerifier as _;
    use unicode_normalization::UnicodeNormalization as _;

    use super::*;

    fn hasher(max_waiting: usize) -> Hasher {
        Hasher::new(Entropy::seeded(1), max_waiting)
    }

    #[tokio::test]
    async fn a_hash_verifies_its_own_password_in_every_normal_form() {
        let hasher = hasher(8);
        let composed = Password::typed("비밀번호는 길게").unwrap();
        let decomposed = Password::typed(&"비밀번호는 길게".nfd().collect::<String>()).unwrap();
        let phc = hasher.hash(&composed).await.unwrap();
        assert!(!is_outdated(&phc), "{phc}");
        assert!(is_outdated("$argon2id$v=19$m=4096,t=3,p=1$c2FsdHNhbHQ$aGFzaA"));
        assert!(hasher.verify(&decomposed, Some(&phc)).await.unwrap());
        assert!(!hasher.verify(&Password::typed("비밀번호는 길게 ").unwrap(), Some(&phc)).await.unwrap());
        assert!(!hasher.verify(&composed, None).await.unwrap());
        assert_eq!(hasher.made(), 4, "the unknown account has cost one, too");
    }

    #[tokio::test]
    async fn hashes_are_those_of_every_other_argon2() {
        let password = Password::typed("correct horse battery").unwrap();
        let ours = hasher(8).hash(&password).await.unwrap();
        assert!(Argon2::default().verify_password(password.bytes(), ours.as_str()).is_ok(), "{ours}");
        assert!(Argon2::default().verify_password(b"another", ours.as_str()).is_err());
    }

    /// As imported ones would be, whose parameters were less or more than ours; they share a thread's memory.
    #[tokio::test]
    async fn hashes_with_other_parameters_are_compared_by_their_own() {
        let hasher = hasher(8);
        let password = Password::typed("correct horse battery").unwrap();
        for (memory, passes) in [(8, 1), (4_096, 3), (MEMORY_KIB * 2, 1), (MEMORY_KIB, PASSES)] {
            let params = Params::new(memory, passes, 1, Some(OUTPUT)).unwrap();
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let stored = argon2::PasswordHasher::hash_password_with_salt(&argon2, password.bytes(), &[7; 16]).unwrap();
            let stored: String = argon2::password_hash::phc::PasswordHash::to_string(&stored);
            assert!(hasher.verify(&password, Some(&stored)).await.unwrap(), "{stored}");
            assert!(!hasher.verify(&Password::typed("another").unwrap(), Some(&stored)).await.unwrap(), "{stored}");
        }
    }

    #[tokio::test]
    async fn a_crowd_beyond_the_queue_is_told_at_once() {
        let hasher = hasher(3);
        let places: Vec<_> = (0..3).map(|_| Place::take(&hasher.load, 3).unwrap()).collect();
        assert!(matches!(hasher.hash(&Password::typed("any").unwrap()).await, Err(Error::Busy)));
        drop(places);
        assert!(hasher.hash(&Password::typed("any").unwrap()).await.is_ok());
    }
}
