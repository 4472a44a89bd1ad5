//! Whether the time of an answer, or of the next one, shows who has an account: interleaved requests for known and
//! unknown addresses, and the area under the curve (AUC) of distinguishing them by time. 0.5 is a guess.

use std::time::{Duration, Instant};

use crate::server::{PASSWORD, Server};
use crate::{Outcome, print};

/// Further from 0.5 than chance explains: with 1,000 pairs the standard error is 0.013.
const BOUNDS: std::ops::RangeInclusive<f64> = 0.45..=0.55;
const KNOWN: &str = "member@example.com";
/// The path, the password and the status of each form.
const FORMS: [(&str, &str, u16); 4] = [
    ("/signup", PASSWORD, 303),
    ("/login", "wrong horse battery", 422),
    ("/password/forgot", "", 303),
    ("/verify/resend", "", 303),
];

/// Measures every form with this many pairs and prints a line for each channel.
///
/// # Errors
/// When an AUC is out of bounds.
pub async fn measure(server: &Server, pairs: u32) -> Outcome<()> {
    let mut beyond = Vec::new();
    for (path, password, status) in FORMS {
        let mut times: [[Vec<Duration>; 2]; 2] = Default::default();
        // One address of each kind: a second request for an address does other work than the first.
        let unknown = format!("ghost{}@example.com", path.replace('/', "-"));
        for pair in 0..pairs {
            // The order alternates, so that neither always follows the other.
            for known in [pair % 2 == 0, pair % 2 != 0] {
                let address = if known { KNOWN } else { &unknown };
                let started = Instant::now();
                server.form(path, &[("email", address), ("password", password)], status).await?;
                let answered = Instant::now();
                server.page("/verify", "").await?;
                times[0][usize::from(known)].push(answered - started);
                times[1][usize::from(known)].push(answered.elapsed());
            }
        }
        for (what, [unknown, known]) in ["this answer", "the next answer"].into_iter().zip(&times) {
            let auc = area(unknown, known);
            print(&format!("{path}, {what}: AUC of {pairs} pairs"), format!("{auc:.3}"));
            if !BOUNDS.contains(&auc) {
                beyond.push(format!("{path}, {what}: {auc:.3}"));
            }
        }
    }
    if beyond.is_empty() { Ok(()) } else { Err(format!("time shows which addresses are known: {beyond:?}").into()) }
}

/// The probability that a known address takes longer than an unknown one (Mann and Whitney's U).
fn area(unknown: &[Duration], known: &[Duration]) -> f64 {
    let mut sorted = unknown.to_vec();
    sorted.sort();
    let below = |time: &Duration| {
        let (less, not_more) = (sorted.partition_point(|t| t < time), sorted.partition_point(|t| t <= time));
        (less + not_more) as f64 / 2.0
    };
    known.iter().map(below).sum::<f64>() / (known.len() * unknown.len()).max(1) as f64
}
