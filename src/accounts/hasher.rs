//! Hashes passwords within fixed resources: one thread per core, a bounded queue, and memory that each thread reuses.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq as _;
use tokio::sync::oneshot;

use crate::random::Entropy;

use super::error::Error;
use super::password::Password;

/// OWASP's first recommendation for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const PARALLELISM: u32 = 1;
/// A thread without work for this long frees its memory. glibc returns it to the system the first time only.
const IDLE: Duration = Duration::from_secs(15);
/// Length of a hash in bytes.
const OUTPUT: usize = 32;

/// Hashes passwords on its own threads. Clones share them.
#[derive(Clone, Debug)]
pub struct Hasher {
    jobs: mpsc::Sender<HashJob>,
    load: Arc<Load>,
    /// How many calls may be queued or running. Further calls fail with [`Error::Busy`] at once.
    max_waiting: usize,
    entropy: Entropy,
    /// Compared with when there is no account, so that an unknown address costs the same.
    decoy: Arc<str>,
}

#[derive(Debug, Default)]
struct Load {
    waiting: AtomicUsize,
    done: AtomicU64,
}

impl Hasher {
    pub fn new(entropy: Entropy, max_waiting: usize) -> Self {
        // No password has this hash: random bytes under the current parameters.
        let decoy = phc(&entropy.bytes(), &entropy.bytes()).into();
        Hasher { jobs: workers(), load: Arc::default(), max_waiting, entropy, decoy }
    }

    /// Returns the PHC string of a password.
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue is full.
    pub async fn hash(&self, password: &Password) -> Result<String, Error> {
        self.hash_salted(password, self.entropy.bytes()).await
    }

    /// As [`Hasher::hash`], with a salt of the caller.
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue is full.
    pub async fn hash_salted(&self, password: &Password, salt: [u8; 16]) -> Result<String, Error> {
        let (slot, password) = (self.take_slot()?, password.clone());
        self.run(slot, move |memory| hash(memory, password.bytes(), &salt)).await
    }

    /// A slot in the queue, for [`Hasher::verify`].
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue is full.
    pub fn take_slot(&self) -> Result<QueueSlot, Error> {
        QueueSlot::take(&self.load, self.max_waiting)
    }

    /// True if `password` matches `phc`. Without `phc` the same work is done and the result is false.
    ///
    /// # Errors
    /// When `phc` cannot be parsed.
    pub async fn verify(&self, slot: QueueSlot, password: &Password, phc: Option<&str>) -> Result<bool, Error> {
        let known = phc.is_some();
        let (password, phc) = (password.clone(), phc.unwrap_or(&self.decoy).to_owned());
        let equal = self.run(slot, move |memory| verify(memory, password.bytes(), &phc)).await?;
        Ok(equal && known)
    }

    /// How many hashes were computed since the start, for new and for compared passwords.
    pub fn hash_count(&self) -> u64 {
        self.load.done.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(
        &self,
        slot: QueueSlot,
        work: impl FnOnce(&mut Memory) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, result) = oneshot::channel();
        let job: HashJob = Box::new(move |memory| {
            // If the receiver is closed, the client has disconnected and needs no hash.
            if !sender.is_closed() {
                slot.0.done.fetch_add(1, Ordering::Relaxed);
                let _ = sender.send(work(memory));
            }
        });
        self.jobs.send(job).map_err(|_| Error::Busy)?;
        result.await.map_err(|e| Error::Internal(Box::new(e)))?
    }
}

type HashJob = Box<dyn FnOnce(&mut Memory) + Send>;

/// Starts one thread per core. The threads end with the last [`Hasher`]. [`Hasher::max_waiting`] bounds the queue.
fn workers() -> mpsc::Sender<HashJob> {
    let (jobs, queue) = mpsc::channel::<HashJob>();
    let queue = Arc::new(Mutex::new(queue));
    for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
        let queue = queue.clone();
        std::thread::spawn(move || {
            let mut memory = Memory::default();
            loop {
                let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(IDLE);
                match job {
                    // A panic ends only its own job. The caller sees the channel close.
                    Ok(job) => drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(&mut memory)))),
                    Err(mpsc::RecvTimeoutError::Timeout) => memory = Memory::default(),
                    Err(mpsc::RecvTimeoutError::Disconnected) => return,
                }
            }
        });
    }
    jobs
}

/// A slot in the queue. It is held until the call returns or is dropped.
#[derive(Debug)]
pub struct QueueSlot(Arc<Load>);

impl QueueSlot {
    fn take(load: &Arc<Load>, max_waiting: usize) -> Result<Self, Error> {
        let before = load.waiting.fetch_add(1, Ordering::SeqCst);
        let slot = QueueSlot(load.clone());
        if before < max_waiting { Ok(slot) } else { Err(Error::Busy) }
    }
}

impl Drop for QueueSlot {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Working memory of one thread, allocated at its first hash and reused until the thread is idle: 19 MiB from the system for each hash would
/// cost thousands of page faults. It is not wiped between hashes, for the same reason: recovering a password from it is
/// as hard as from the stored hash.
#[derive(Default)]
struct Memory(Vec<Block>);

impl Memory {
    /// Hashes with `argon2`. A stored hash whose parameters need more memory gets a temporary allocation.
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
    Params::new(MEMORY_KIB, PASSES, PARALLELISM, Some(OUTPUT)).map_err(|e| Error::Internal(Box::new(e)))
}

fn hash(memory: &mut Memory, password: &[u8], salt: &[u8; 16]) -> Result<String, Error> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters()?);
    let mut out = [0; OUTPUT];
    memory.fill(&argon2, password, salt, &mut out)?;
    Ok(phc(salt, &out))
}

fn phc(salt: &[u8; 16], output: &[u8; OUTPUT]) -> String {
    let (salt, output) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(output));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={PARALLELISM}${salt}${output}")
}

/// Compares with the algorithm, version and parameters that the PHC string names.
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

/// True if a stored hash is cheaper to guess than one with the current parameters, and should be renewed at login. A
/// stronger one stays.
pub fn is_outdated(phc: &str) -> bool {
    let Ok(stored) = PasswordHash::new(phc) else { return true };
    let Ok(params) = Params::try_from(&stored) else { return true };
    // Memory times passes: what a guess costs.
    let stored = u64::from(params.m_cost()) * u64::from(params.t_cost());
    let current = u64::from(MEMORY_KIB) * u64::from(PASSES);
    let prefix = format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={PARALLELISM}$");
    stored < current || (stored == current && !phc.starts_with(&prefix))
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
        let composed = Password::parse("비밀번호는 길게").unwrap();
        let decomposed = Password::parse(&"비밀번호는 길게".nfd().collect::<String>()).unwrap();
        let phc = hasher.hash(&composed).await.unwrap();
        assert!(!is_outdated(&phc), "{phc}");
        let with = |kind: &str, cost: &str| format!("${kind}$v=19${cost},p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo");
        for (kind, cost, outdated) in [
            ("argon2id", "m=4096,t=3", true),
            ("argon2id", "m=19456,t=1", true),
            ("argon2i", "m=19456,t=2", true),
            ("argon2id", "m=47104,t=1", false),
            ("argon2id", "m=65536,t=3", false),
            ("argon2i", "m=65536,t=3", false),
            ("argon2id", "m=19456,t=2", false),
        ] {
            assert_eq!(is_outdated(&with(kind, cost)), outdated, "{kind} {cost}");
        }
        assert!(hasher.verify(hasher.take_slot().unwrap(), &decomposed, Some(&phc)).await.unwrap());
        assert!(
            !hasher
                .verify(hasher.take_slot().unwrap(), &Password::parse("비밀번호는 길게 ").unwrap(), Some(&phc))
                .await
                .unwrap()
        );
        assert!(!hasher.verify(hasher.take_slot().unwrap(), &composed, None).await.unwrap());
        assert_eq!(hasher.hash_count(), 4, "the unknown account cost a hash too");
    }

    #[tokio::test]
    async fn hashes_are_compatible_with_other_argon2_implementations() {
        let password = Password::parse("correct horse battery").unwrap();
        let ours = hasher(8).hash(&password).await.unwrap();
        assert!(Argon2::default().verify_password(password.bytes(), ours.as_str()).is_ok(), "{ours}");
        assert!(Argon2::default().verify_password(b"another", ours.as_str()).is_err());
    }

    /// Imported hashes may have smaller or larger parameters. They share a thread's memory.
    #[tokio::test]
    async fn a_stored_hash_is_compared_with_its_own_parameters() {
        let hasher = hasher(8);
        let password = Password::parse("correct horse battery").unwrap();
        for (memory, passes) in [(8, 1), (4_096, 3), (MEMORY_KIB * 2, 1), (MEMORY_KIB, PASSES)] {
            let params = Params::new(memory, passes, 1, Some(OUTPUT)).unwrap();
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let stored = argon2::PasswordHasher::hash_password_with_salt(&argon2, password.bytes(), &[7; 16]).unwrap();
            let stored: String = argon2::password_hash::phc::PasswordHash::to_string(&stored);
            assert!(hasher.verify(hasher.take_slot().unwrap(), &password, Some(&stored)).await.unwrap(), "{stored}");
            assert!(
                !hasher
                    .verify(hasher.take_slot().unwrap(), &Password::parse("another").unwrap(), Some(&stored))
                    .await
                    .unwrap(),
                "{stored}"
            );
        }
    }

    #[tokio::test]
    async fn calls_beyond_the_queue_fail_at_once() {
        let hasher = hasher(3);
        let slots: Vec<_> = (0..3).map(|_| QueueSlot::take(&hasher.load, 3).unwrap()).collect();
        assert!(matches!(hasher.hash(&Password::parse("any").unwrap()).await, Err(Error::Busy)));
        drop(slots);
        assert!(hasher.hash(&Password::parse("any").unwrap()).await.is_ok());
    }
}
