//! How long a row waits after a failure. Pure.

use std::time::Duration;

use crate::secret::Entropy;

/// Upper bounds of the waits in seconds, then the last for ever: the third already outlasts the five minutes that
/// greylisting servers ask for.
const STEPS: [u64; 6] = [15, 60, 5 * 60, 15 * 60, 3600, 3600];
/// The same after a second, third, … hand-over without a verdict: each may have been a delivery, and who gets copies
/// should get few. Losing the letter would be worse (RFC 5321 §4.5.3.2.6).
const STEPS_IN_DOUBT: [u64; 3] = [2 * 60, 15 * 60, 3600];
/// Nothing is tried again sooner.
const FLOOR: Duration = Duration::from_secs(1);

/// Full jitter: anything up to the step, so that mails that failed together do not come back together.
pub(super) fn wait(failures: i64, entropy: &Entropy) -> Duration {
    let step = usize::try_from(failures.saturating_sub(1)).unwrap_or(0).min(STEPS.len() - 1);
    let bound = Duration::from_secs(STEPS.get(step).copied().unwrap_or(3600));
    bound.mul_f64(entropy.fraction()).max(FLOOR)
}

/// Half of the step at least, so that a transport has had its minute to come back.
pub(super) fn in_doubt(ambiguous: i64, entropy: &Entropy) -> Duration {
    let step = usize::try_from(ambiguous.saturating_sub(2)).unwrap_or(0).min(STEPS_IN_DOUBT.len() - 1);
    let bound = Duration::from_secs(STEPS_IN_DOUBT.get(step).copied().unwrap_or(3600));
    bound.mul_f64(0.5 + entropy.fraction() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_spread_below_their_step_and_end_hourly() {
        let entropy = Entropy::seeded(1);
        for (failures, bound) in [(1, 15), (2, 60), (3, 300), (4, 900), (5, 3600), (6, 3600), (1_000, 3600)] {
            let waits: Vec<_> = (0..200).map(|_| wait(failures, &entropy)).collect();
            assert!(waits.iter().all(|w| *w >= FLOOR && *w <= Duration::from_secs(bound)));
            assert!(*waits.iter().max().unwrap() > Duration::from_secs(bound) / 2);
        }
    }
}
