//! Benchmarks accounts: signups compared with the bare password hash, logins, pages, memory, start-up time, and whether
//! times show who has an account.
//!
//! `cargo bench --bench accounts` (or `just bench-accounts`) starts the release build of this package on a free port
//! in a temporary folder, with the default settings except that rate limits are off, and loads it from this process.
//! `-- --quick` takes a fifth of the time, and `-- memory enumeration` measures only these parts; `load` is the third.
//! Ratios within one run are more reliable than absolute figures.

mod enumeration;
mod load;
mod memory;
mod server;

use std::error::Error;
use std::time::{Duration, Instant};

use load::repeat;
use server::{PASSWORD, Server};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The number of concurrent requests, as on a busy site.
const PARALLEL: usize = 8;

#[tokio::main]
async fn main() -> Outcome<()> {
    // `cargo bench` adds the argument --bench.
    let quick = std::env::args().any(|argument| argument == "--quick");
    let scale = if quick { 1 } else { 5 };
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    print("cores", std::thread::available_parallelism()?);
    let (alone, together) = hashes(scale)?;
    print("argon2id 19 MiB t=2 p=1, one thread", format!("{:.1} ms", alone.as_secs_f64() * 1e3));
    print("argon2id, one thread per core", format!("{together:.1}/s"));

    let (server, cold) = Server::start(None).await?;
    print("start to first page, new database", millis(cold));
    print("memory idle", memory::mib(server.memory()?));
    let member = server.member("member@example.com").await?;

    if is_wanted("load") {
        signups(&server, scale, together).await?;
        logins(&server, scale).await?;
        pages(&server, &member, scale).await?;
        print("memory after the load", memory::mib(server.memory()?));
    }
    if is_wanted("memory") {
        memory::measure(quick).await?;
    }
    // Reported at the end, after all figures.
    let enumeration = match is_wanted("enumeration") {
        true => enumeration::measure(&server, 200 * scale).await,
        false => Ok(()),
    };

    let (_again, warm) = Server::start(Some(server.stop())).await?;
    print("start to first page, same database", millis(warm));
    enumeration
}

fn print(what: &str, value: impl std::fmt::Display) {
    println!("{what:<44} {value}");
}

fn millis(span: Duration) -> String {
    format!("{:.1} ms", span.as_secs_f64() * 1e3)
}

/// The upper bound: the duration of one hash, and the hashes per second on all cores.
fn hashes(scale: u32) -> Outcome<(Duration, f64)> {
    let span = Duration::from_millis(400) * scale;
    let count = |until: Instant| {
        let mut hashes = 0_u32;
        while Instant::now() < until && load::bare_hash().is_ok() {
            hashes += 1;
        }
        hashes
    };
    let started = Instant::now();
    let hashes = count(started + span);
    let alone = started.elapsed() / hashes.max(1);
    let started = Instant::now();
    let cores = std::thread::available_parallelism()?.get();
    let threads: Vec<_> = (0..cores).map(|_| std::thread::spawn(move || count(started + span))).collect();
    let all: u32 = threads.into_iter().filter_map(|thread| thread.join().ok()).sum();
    Ok((alone, f64::from(all) / started.elapsed().as_secs_f64()))
}

async fn signups(server: &Server, scale: u32, ceiling: f64) -> Outcome<()> {
    let cpu = server.cpu()?;
    let count = 60 * scale;
    let many = repeat(count, PARALLEL, |n| server.sign_up(format!("many{n}@example.com"))).await?;
    print("signups, 8 at a time", &many);
    print("  share of the bare hash rate", format!("{:.0} %", many.per_second() / ceiling * 100.0));
    print("  server CPU each", millis((server.cpu()? - cpu) / count));
    print("signups, 1 at a time", repeat(8 * scale, 1, |n| server.sign_up(format!("one{n}@example.com"))).await?);
    Ok(())
}

async fn logins(server: &Server, scale: u32) -> Outcome<()> {
    // Not the member whose account page is measured: that page lists every session.
    server.member("guest@example.com").await?;
    let log_in = |_| server.log_in("guest@example.com", PASSWORD, 303);
    print("logins, 8 at a time", repeat(60 * scale, PARALLEL, log_in).await?);
    Ok(())
}

async fn pages(server: &Server, member: &str, scale: u32) -> Outcome<()> {
    for (what, path, cookie) in [("login page", "/login", ""), ("account page, signed in", "/account", member)] {
        let cpu = server.cpu()?;
        let load = load::pages(server, path, cookie, Duration::from_secs(u64::from(scale))).await?;
        print(what, format!("{:.0}/s, {} by {}", load.per_second, load.latency, load.by));
        print("  server CPU each", format!("{:.0} µs", (server.cpu()? - cpu).as_secs_f64() * 1e6 / load.count));
    }
    Ok(())
}
