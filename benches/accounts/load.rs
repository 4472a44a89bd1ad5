//! Generates load and measures it: repeated operations with a given concurrency, and page requests.

use std::fmt;
use std::future::Future;
use std::process::Command;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, Version};
use futures::future::try_join_all;

use crate::server::Server;
use crate::{Outcome, millis};

/// The number of concurrent connections for page requests.
const CONNECTIONS: usize = 32;

/// Computes one password hash with Gatepost's parameters.
pub fn bare_hash() -> Outcome<[u8; 32]> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|e| e.to_string())?;
    let mut out = [0; 32];
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    hasher.hash_password_into(b"correct horse battery", b"sixteen bytes of", &mut out).map_err(|e| e.to_string())?;
    Ok(out)
}

/// The durations of repeated operations, sorted, and the total time.
pub struct Times {
    each: Vec<Duration>,
    all: Duration,
}

impl Times {
    pub fn of(mut each: Vec<Duration>, all: Duration) -> Self {
        each.sort();
        Times { each, all }
    }

    pub fn per_second(&self) -> f64 {
        self.each.len() as f64 / self.all.as_secs_f64()
    }

    pub fn quantile(&self, part: f64) -> Duration {
        let at = (part * self.each.len() as f64) as usize;
        self.each.get(at.min(self.each.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50, p99) = (millis(self.quantile(0.5)), millis(self.quantile(0.99)));
        write!(f, "{:.1}/s, p50 {p50}, p99 {p99} ({} operations)", self.per_second(), self.each.len())
    }
}

/// Runs `work` `count` times, `parallel` at a time.
pub async fn repeat<F: Future<Output = Outcome<()>>>(
    count: u32,
    parallel: usize,
    work: impl Fn(u32) -> F,
) -> Outcome<Times> {
    let started = Instant::now();
    let next = std::sync::atomic::AtomicU32::new(0);
    let worker = || async {
        let mut times = Vec::new();
        loop {
            let n = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if n >= count {
                return Outcome::Ok(times);
            }
            let begun = Instant::now();
            work(n).await?;
            times.push(begun.elapsed());
        }
    };
    let times = try_join_all((0..parallel).map(|_| worker())).await?;
    Ok(Times::of(times.into_iter().flatten().collect(), started.elapsed()))
}

/// The result of a page load test.
pub struct Pages {
    pub per_second: f64,
    pub count: f64,
    pub latency: String,
    pub by: &'static str,
}

/// Requests pages for `span`, with wrk if it is installed. Otherwise this process sends the requests, which uses more
/// CPU.
pub async fn pages(server: &Server, path: &str, cookie: &str, span: Duration) -> Outcome<Pages> {
    if let Some(pages) = wrk(&format!("{}{path}", server.http), cookie, span) {
        return Ok(pages);
    }
    let started = Instant::now();
    let worker = || async {
        let mut times = Vec::new();
        while started.elapsed() < span {
            let begun = Instant::now();
            server.page(path, cookie).await?;
            times.push(begun.elapsed());
        }
        Outcome::Ok(times)
    };
    let times = try_join_all((0..CONNECTIONS).map(|_| worker())).await?;
    let times = Times::of(times.into_iter().flatten().collect(), started.elapsed());
    let latency = format!("p50 {}, p99 {}", millis(times.quantile(0.5)), millis(times.quantile(0.99)));
    Ok(Pages { per_second: times.per_second(), count: times.each.len() as f64, latency, by: "this process" })
}

fn wrk(url: &str, cookie: &str, span: Duration) -> Option<Pages> {
    let mut command = Command::new("wrk");
    command.args(["-t2", &format!("-c{CONNECTIONS}"), &format!("-d{}s", span.as_secs().max(1)), "--latency"]);
    if !cookie.is_empty() {
        command.args(["-H", &format!("Cookie: {cookie}")]);
    }
    let output = String::from_utf8(command.arg(url).output().ok()?.stdout).ok()?;
    if output.contains("Non-2xx") {
        return None;
    }
    let after = |label: &str| {
        let line = output.lines().find(|line| line.trim_start().starts_with(label))?;
        line.split_whitespace().last().map(str::to_owned)
    };
    let requests = output.lines().find(|line| line.contains(" requests in "))?;
    Some(Pages {
        per_second: after("Requests/sec:")?.parse().ok()?,
        count: requests.split_whitespace().next()?.parse().ok()?,
        latency: format!("p50 {}, p99 {}", after("50%")?, after("99%")?),
        by: "wrk",
    })
}
