//! Random test input that a seed reproduces: test rounds and mutations of a small corpus. A normal test run takes a few
//! seconds with a fixed seed. `just fuzz TARGET MINUTES` runs longer with a new seed. A failure prints the seed, and
//! `GATEPOST_FUZZ_SEED` repeats the run.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;
use std::time::{Duration, Instant};

use crate::random::Entropy;

/// Rounds of a normal test run.
const ROUNDS: u64 = 400;
/// Maximum size of a mutated input in bytes.
const MAX_INPUT: usize = 200_000;

/// Pseudo-random numbers from a seed (xorshift64*), good enough to choose mutations.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64, round: u64) -> Self {
        Dice(u64::from_be_bytes(Entropy::seeded(seed ^ (round << 20)).bytes()) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit.max(1)
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// A member of `corpus` with some of `pieces` inserted and with bytes changed, copied, cut and joined.
    pub fn mutate(&mut self, corpus: &[Vec<u8>], pieces: &[&[u8]]) -> Vec<u8> {
        let mut bytes = corpus[self.below(corpus.len())].clone();
        for _ in 0..self.below(12) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(20)).min(bytes.len());
            match self.below(6) {
                0 => drop(bytes.drain(at..end)),
                1 => drop(bytes.splice(at..at, self.pick(pieces).iter().copied())),
                2 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = self.below(256) as u8),
                3 => {
                    let copy = bytes[at..end].repeat(1 + self.below(300));
                    drop(bytes.splice(at..at, copy));
                }
                4 => drop(bytes.splice(at..end, corpus[self.below(corpus.len())].iter().copied())),
                _ => bytes.truncate(bytes.len().saturating_sub(self.below(10))),
            }
        }
        bytes.truncate(MAX_INPUT);
        bytes
    }
}

thread_local! {
    static PANICS: Cell<u64> = const { Cell::new(0) };
}

/// Counts the panics of each thread, so that panics which the tested code catches fail the test too.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.with(|count| count.set(count.get() + 1));
            before(info);
        }));
    });
}

/// Runs `round` [`ROUNDS`] times, or for `GATEPOST_FUZZ_SECONDS` if set. Returns the number of rounds.
pub fn rounds(mut round: impl FnMut(&mut Dice)) -> u64 {
    count_panics();
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect(name));
    let seconds = number("GATEPOST_FUZZ_SECONDS");
    let default_seed = if seconds.is_some() { u64::from_be_bytes(Entropy::system().bytes()) >> 16 } else { 1 };
    let seed = number("GATEPOST_FUZZ_SEED").unwrap_or(default_seed);
    let (began, mut count) = (Instant::now(), 0);
    while seconds.map_or(count < ROUNDS, |seconds| began.elapsed() < Duration::from_secs(seconds)) {
        // A stack overflow ends the process before anything else can name the round.
        if seconds.is_some() && count.is_multiple_of(100) {
            eprintln!("seed {seed}, round {count}");
        }
        let mut dice = Dice::new(seed, count);
        let before = PANICS.get();
        let result = catch_unwind(AssertUnwindSafe(|| round(&mut dice)));
        assert!(result.is_ok() && PANICS.get() == before, "seed {seed}, round {count}");
        count += 1;
    }
    println!("seed {seed}: {count} rounds in {:?}", began.elapsed());
    count
}

/// The contents of the files in a folder below tests/, sorted by file name.
pub fn corpus(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}
