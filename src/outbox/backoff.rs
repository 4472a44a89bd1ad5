//! How long a message waits after a failed attempt. Pure functions.

use std::time::Duration;

use crate::random::Entropy;

/// Upper bounds of the waits, in seconds; the last one repeats. On average the fourth wait ends eleven minutes after the
/// first failure; greylisting servers ask for five.
const STEPS: [u64; 5] = [15, 60, 5 * 60, 15 * 60, 3600];
/// Upper bounds after the second, third, … attempt with an unknown outcome. Each such attempt may have delivered a
/// copy, so the waits are long to keep duplicates few. Losing the message would be worse (RFC 5321 §4.5.3.2.6).
const STEPS_IN_DOUBT: [u64; 3] = [2 * 60, 15 * 60, 3600];
/// The longest wait, whatever the server asked for.
pub(super) const LONGEST: Duration = Duration::from_secs(3600);
/// The shortest wait.
const FLOOR: Duration = Duration::from_secs(1);

/// Full jitter: any time up to the bound, so that messages that failed together are not retried together.
pub(super) fn wait(failures: i64, entropy: &Entropy) -> Duration {
    let step = usize::try_from(failures.saturating_sub(1)).unwrap_or(0).min(STEPS.len() - 1);
    let bound = Duration::from_secs(STEPS.get(step).copied().unwrap_or(3600));
    bound.mul_f64(entropy.fraction()).max(FLOOR)
}

/// Between half of the bound and the bound, so that the transport has at least a minute to recover.
pub(super) fn in_doubt(ambiguous: i64, entropy: &Entropy) -> Duration {
    let step = usize::try_from(ambiguous.saturating_sub(2)).unwrap_or(0).min(STEPS_IN_DOUBT.len() - 1);
    let bound = Duration::from_secs(STEPS_IN_DOUBT.get(step).copied().unwrap_or(3600));
    bound.mul_f64(0.5 + entropy.fraction() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_spread_below_their_bound_and_end_hourly() {
        let entropy = Entropy::seeded(1);
        for (failures, bound) in [(1, 15), (2, 60), (3, 300), (4, 900), (5, 3600), (6, 3600), (1_000, 3600)] {
            let waits: Vec<_> = (0..200).map(|_| wait(failures, &entropy)).collect();
            assert!(waits.iter().all(|w| *w >= FLOOR && *w <= Duration::from_secs(bound)));
            assert!(*waits.iter().max().unwrap() > Duration::from_secs(bound) / 2);
        }
    }
}
