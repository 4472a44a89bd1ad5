//! Benchmarks the inbox's store alone: how fast it stores messages, and how fast it lists and searches them as it
//! grows. bench/capture measures the same over SMTP and HTTP.
//!
//! `cargo bench --bench capture_store [-- [store|find] [seconds] [messages…]]`. Run nothing else meanwhile: the result
//! depends mostly on the disk's fsync, which is printed first.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use gatepost::bench::{Inbox, IncomingMessage, PageRequest, Query, Settings};
use gatepost::clock::Clock;
use gatepost::random::Entropy;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let part = arguments.first().map_or("", String::as_str);
    let seconds: u64 = arguments.get(1).map_or(Ok(3), |a| a.parse())?;
    let folder = tempfile::tempdir_in(std::env::current_dir()?)?;
    println!("fsync of 4 KiB: {:.3} ms (median of 200)", fsync(folder.path())?);
    if part != "find" {
        for size in [2_000, 50_000] {
            for writers in [1, 10, 50] {
                store(folder.path(), writers, size, Duration::from_secs(seconds)).await?;
            }
        }
    }
    if part != "store" {
        let counts: Vec<usize> = arguments.iter().skip(2).map(|a| a.parse()).collect::<Result<_, _>>()?;
        for messages in if counts.is_empty() { vec![1_000, 20_000, 100_000] } else { counts } {
            find(folder.path(), messages).await?;
        }
    }
    Ok(())
}

fn fsync(folder: &Path) -> Outcome<f64> {
    let mut file = std::fs::File::create(folder.join("fsync"))?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        file.write_all(&[7; 4_096])?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok(times.get(100).map_or(0.0, Duration::as_secs_f64) * 1e3)
}

async fn inbox(folder: &Path, name: &str) -> Outcome<Inbox> {
    let path = folder.join(name);
    let settings = Settings { path, max_message_size: 0, keep_messages: 0, keep_days: 0, keep_bytes: 0 };
    Ok(Inbox::open(settings, Clock::system(), Entropy::system()).await?)
}

/// A message that contains its number and words that repeat across the mailbox, as in real mail.
fn message(number: usize, size: usize) -> IncomingMessage {
    let mut text = format!(
        "From: Shop {} <shop@example.com>\r\nTo: User {number} <user{number}@example.org>\r\nSubject: Order {number} is on \
         its way\r\nMessage-ID: <{number}.bench@example.com>\r\nDate: Sat, 21 Nov 2026 12:34:00 +0900\r\n\r\nOrder \
         {number}: https://shop.example/track?order={number}\r\n",
        number % 50
    );
    let mut state = number as u64;
    while text.len() < size {
        for _ in 0..10 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let word = (state >> 33) % 5_000;
            text.push_str(&format!("w{:x}ord{} ", word * 7_919, word % 17));
        }
        text.push_str("\r\n");
    }
    let (from, to) = ("shop@example.com".to_owned(), vec![format!("user{number}@example.org")]);
    IncomingMessage { envelope_from: from, envelope_to: to, bytes: text.into_bytes(), ..IncomingMessage::default() }
}

async fn store(folder: &Path, writers: usize, size: usize, span: Duration) -> Outcome<()> {
    let inbox = inbox(folder, &format!("{writers}-{size}.db")).await?;
    let cpu = cpu();
    let start = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let inbox = inbox.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                while start.elapsed() < span {
                    let message = message(writer * 1_000_000 + times.len(), size);
                    let begin = Instant::now();
                    if inbox.store(message).await.is_err() {
                        break;
                    }
                    times.push(begin.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await?);
    }
    let took = start.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).map_or(0.0, Duration::as_secs_f64) * 1e3;
    println!(
        "store {size:>6} B, {writers:>2} at once: {:>7.0}/s  p50 {:.2} ms  p99 {:.2} ms  {:.0} us CPU each (with building the message)",
        times.len() as f64 / took,
        at(50),
        at(99),
        (cpu_since(cpu)) * 1e6 / times.len() as f64
    );
    Ok(())
}

/// The CPU time of this process so far, in seconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |n: usize| fields.get(n).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn cpu_since(start: f64) -> f64 {
    cpu() - start
}

async fn find(folder: &Path, messages: usize) -> Outcome<()> {
    let inbox = inbox(folder, &format!("find-{messages}.db")).await?;
    let start = Instant::now();
    for first in (0..messages).step_by(500) {
        let batch = (first..messages.min(first + 500)).map(|n| inbox.store(message(n, 2_000)));
        futures::future::try_join_all(batch).await?;
    }
    println!(
        "{messages} messages stored in {:.1} s, {} MB",
        start.elapsed().as_secs_f64(),
        inbox.file_size().await? >> 20
    );
    // Before indexing, a search reads the text of the unindexed messages.
    time(&inbox, "search, nothing indexed", "user77").await?;
    let start = Instant::now();
    while inbox.index().await? > 0 {}
    println!("  indexed in {:.1} s, {} MB", start.elapsed().as_secs_f64(), inbox.file_size().await? >> 20);
    let page = PageRequest::default();
    let mut times = Vec::new();
    for _ in 0..50 {
        let begin = Instant::now();
        inbox.list(&page).await?;
        inbox.counts().await?;
        times.push(begin.elapsed());
    }
    report("list of 50 and counts", &mut times, 50);
    let deep = PageRequest { start: (messages / 2) as u64, ..PageRequest::default() };
    let begin = Instant::now();
    inbox.list(&deep).await?;
    report("list in the middle by offset", &mut [begin.elapsed()], 50);
    for query in [
        "to:user77@example.org",
        "subject:\"order 77\"",
        "bench@example.com",
        "track?order=77",
        "w1eefword",
        "nowhere-to-be-found",
        "order",
        "is:unread",
        "larger:1k -order",
        "or",
        "가",
        "e",
    ] {
        time(&inbox, "search", query).await?;
    }
    Ok(())
}

async fn time(inbox: &Inbox, what: &str, text: &str) -> Outcome<()> {
    let query = Query::parse(text, &jiff::tz::TimeZone::UTC).ok_or("a query")?;
    let mut times = Vec::new();
    let mut total = 0;
    for _ in 0..7 {
        let begin = Instant::now();
        total = inbox.search(&query, &PageRequest::default()).await?.total;
        times.push(begin.elapsed());
    }
    report(&format!("{what} {text}"), &mut times, total);
    Ok(())
}

fn report(what: &str, times: &mut [Duration], found: u64) {
    times.sort_unstable();
    let median = times.get(times.len() / 2).map_or(0.0, Duration::as_secs_f64) * 1e3;
    println!("  {median:>8.2} ms  {what} ({found})");
}
