//! Benchmarks the outbox: messages per second to Postfix's smtp-sink over kept connections, the latency from enqueueing
//! to delivery when the worker is idle, and that of a message to a server 50 ms away.
//!
//! `cargo bench --bench outbox` (or `just bench-outbox`). `-- --count 500` makes it shorter. `-- --beside 'COMMAND'`,
//! which may be repeated, runs another sender against the same sink: the command reads SMTP_PORT and COUNT from its
//! environment, sends COUNT messages and prints the seconds that it took. Ratios within one run are more reliable than
//! absolute figures.

use std::error::Error;
use std::io::Write as _;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gatepost::bench::{
    Address, Composed, Composer, Db, Draft, Job, Mailbox, Message, OutboxSettings, Receipt, Security, Smtp,
    SmtpOptions, SmtpSettings, Transport, TransportConfig, TransportFailure, Worker,
};
use gatepost::clock::Clock;
use gatepost::random::Entropy;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Messages sent before the measurement, to open the connections.
const WARM_UP: usize = 200;
/// Messages enqueued one at a time while the worker is idle.
const SINGLE: usize = 50;
/// Milliseconds. A small write that waits for the acknowledgement of the one before takes at least 40 ms on Linux.
const DELAYED_ACKNOWLEDGEMENT: f64 = 35.0;
/// The distance of the far server.
const ROUND_TRIP: Duration = Duration::from_millis(50);

#[tokio::main]
async fn main() -> Outcome<()> {
    let (mut count, mut beside) = (2_000, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--count" => count = arguments.next().ok_or("--count needs a number")?.parse()?,
            "--beside" => beside.push(arguments.next().ok_or("--beside needs a command")?),
            _ => {}
        }
    }
    println!("{:<44} median {:.2} ms", "append and fsync on this disk", fsync_millis()?);
    let sink = Sink::start()?;
    let bench = Bench::new(sink.port).await?;
    bench.deliver_all(WARM_UP).await?;
    let mut best = 0.0_f64;
    for _ in 0..3 {
        let rate = bench.deliver_all(count).await?;
        println!("{:<44} {rate:.0}/s", format!("{count} messages, outbox to smtp-sink, warm"));
        best = best.max(rate);
    }
    bench.measure_idle_latency().await?;
    measure_distance(sink.port).await?;
    for command in beside {
        let seconds = other(&command, sink.port, count)?;
        let rate = count as f64 / seconds;
        println!("{:<44} {rate:.0}/s, Gatepost is {:.1} times as fast", command, best / rate);
    }
    Ok(())
}

/// The median time of an append and fsync, a lower bound for enqueueing or settling a message.
fn fsync_millis() -> Outcome<f64> {
    let mut file = tempfile::NamedTempFile::new()?;
    let mut spans = Vec::with_capacity(200);
    for _ in 0..200 {
        let start = Instant::now();
        file.write_all(&[0; 4096])?;
        file.as_file().sync_data()?;
        spans.push(start.elapsed());
    }
    spans.sort();
    Ok(spans.get(100).map_or(0.0, |span| span.as_secs_f64() * 1e3))
}

/// smtp-sink on a free port; stopped when dropped.
struct Sink {
    child: Child,
    port: u16,
}

impl Sink {
    fn start() -> Outcome<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        // As root, smtp-sink must be given another user; otherwise it runs as the current user.
        let root = std::process::Command::new("id").arg("-u").output()?.stdout.starts_with(b"0\n");
        let mut command = Command::new("smtp-sink");
        if root {
            command.args(["-u", "nobody"]);
        }
        let child = command.arg(format!("127.0.0.1:{port}")).arg("1000").stderr(Stdio::null()).spawn()?;
        let until = Instant::now() + Duration::from_secs(5);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > until {
                return Err("smtp-sink did not start; it is part of Debian's postfix".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Sink { child, port })
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Bench {
    worker: Worker,
    transport: Arc<RecordingSmtp>,
    body: Vec<u8>,
    to: Vec<Address>,
    _folder: tempfile::TempDir,
}

/// The SMTP transport, which also records the time of its last delivery.
struct RecordingSmtp {
    smtp: Smtp,
    at: Mutex<Option<Instant>>,
    delivered: tokio::sync::Notify,
}

#[async_trait::async_trait]
impl Transport for RecordingSmtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn deliver(&self, mail: &Message) -> Result<Receipt, TransportFailure> {
        let receipt = self.smtp.deliver(mail).await?;
        if let Ok(mut at) = self.at.lock() {
            *at = Some(Instant::now());
        }
        self.delivered.notify_one();
        Ok(receipt)
    }

    async fn check(&self) -> Result<String, TransportFailure> {
        self.smtp.check().await
    }
}

struct NoComposer;

#[async_trait::async_trait]
impl Composer for NoComposer {
    async fn compose(&self, _row: &Job) -> Result<Composed, Box<dyn Error + Send + Sync>> {
        Ok(Composed::Skipped("only stored messages"))
    }
}

impl Bench {
    async fn new(port: u16) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let db = Db::open(&format!("sqlite:{}/gatepost.db", folder.path().display())).await?;
        let smtp = smtp(port)?;
        let transport = Arc::new(RecordingSmtp { smtp, at: Mutex::default(), delivered: tokio::sync::Notify::new() });
        let from = from()?;
        let routes = vec![TransportConfig { transport: transport.clone(), from: from.clone(), rate: None }];
        let clock = Clock::system();
        let worker =
            Worker::new(db, clock.clone(), Entropy::system(), routes, Arc::new(NoComposer), OutboxSettings::default());
        let to = to()?;
        let text = "A line of a text that is about as long as lines of emails usually are.\n".repeat(28);
        let message = Draft::new(from, vec![to], "Confirm your address", &text, clock.now(), "b.1@example.com");
        Ok(Bench { worker, transport, body: message.build_body()?, to: message.recipients(), _folder: folder })
    }

    /// Enqueues `count` messages, then delivers them all; returns the deliveries per second.
    async fn deliver_all(&self, count: usize) -> Outcome<f64> {
        let (outbox, entropy) = (self.worker.outbox(), Entropy::system());
        for _ in 0..count {
            outbox.enqueue(self.to.clone(), &self.body, &entropy).await?;
        }
        let start = Instant::now();
        self.worker.drain().await?;
        let seconds = start.elapsed().as_secs_f64();
        let left = outbox.health().await?.queued;
        if left > 0 {
            return Err(format!("{left} messages were not delivered").into());
        }
        Ok(count as f64 / seconds)
    }

    /// Measures the time from the commit of an enqueued message to the server's 250, with an idle worker.
    async fn measure_idle_latency(&self) -> Outcome<()> {
        let stop = tokio_util::sync::CancellationToken::new();
        let (worker, until) = (self.worker.clone(), stop.clone());
        let running = tokio::spawn(async move { worker.run(until).await });
        let (outbox, entropy) = (self.worker.outbox(), Entropy::system());
        let mut spans = Vec::with_capacity(SINGLE);
        self.transport.delivered.notify_one();
        self.transport.delivered.notified().await;
        for _ in 0..SINGLE {
            tokio::time::sleep(Duration::from_millis(30)).await;
            outbox.enqueue(self.to.clone(), &self.body, &entropy).await?;
            let start = Instant::now();
            self.transport.delivered.notified().await;
            spans.push(start.elapsed());
        }
        stop.cancel();
        running.await?;
        spans.sort();
        let millis = |n: usize| spans.get(n).map_or(0.0, |span| span.as_secs_f64() * 1e3);
        let (median, p95) = (millis(SINGLE / 2), millis(SINGLE * 95 / 100));
        println!("{:<44} median {median:.2} ms, p95 {p95:.2} ms", "idle: from commit to delivery");
        let has_nagle = median > DELAYED_ACKNOWLEDGEMENT;
        println!("{:<44} {}", "small writes wait for acknowledgements (44 ms)", if has_nagle { "YES" } else { "no" });
        if has_nagle { Err("Nagle's algorithm is on".into()) } else { Ok(()) }
    }
}

/// The latency of a message on a kept connection to a server that is [`ROUND_TRIP`] away.
async fn measure_distance(port: u16) -> Outcome<()> {
    let relay = TcpListener::bind("127.0.0.1:0")?;
    relay.set_nonblocking(true)?;
    let relay = tokio::net::TcpListener::from_std(relay)?;
    let smtp = smtp(relay.local_addr()?.port())?;
    tokio::spawn(async move {
        while let Ok((near, _)) = relay.accept().await {
            let Ok(far) = tokio::net::TcpStream::connect(("127.0.0.1", port)).await else { break };
            if near.set_nodelay(true).and(far.set_nodelay(true)).is_err() {
                break;
            }
            let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
            tokio::spawn(delayed(from_near, to_far));
            tokio::spawn(delayed(from_far, to_near));
        }
    });
    let message =
        Draft::new(from()?, vec![to()?], "Confirm", "Hello\n", Clock::system().now(), "d.1@example.com").build()?;
    let mut spans = Vec::new();
    for _ in 0..=10 {
        let start = Instant::now();
        smtp.deliver(&message).await?;
        spans.push(start.elapsed());
    }
    // The first one opened the connection.
    spans.remove(0);
    spans.sort();
    let median = spans.get(spans.len() / 2).map_or(0.0, Duration::as_secs_f64);
    let trips = median / ROUND_TRIP.as_secs_f64();
    println!("{:<44} median {:.1} ms, {trips:.1} round trips", "50 ms away, warm", median * 1e3);
    Ok(())
}

/// Passes bytes on, each half a round trip after it came, without holding back those behind it.
async fn delayed(mut from: tokio::net::tcp::OwnedReadHalf, mut to: tokio::net::tcp::OwnedWriteHalf) -> Outcome<()> {
    let (sender, mut pieces) = tokio::sync::mpsc::unbounded_channel::<(tokio::time::Instant, Vec<u8>)>();
    tokio::spawn(async move {
        while let Some((due, piece)) = pieces.recv().await {
            tokio::time::sleep_until(due).await;
            to.write_all(&piece).await?;
        }
        Ok::<_, std::io::Error>(())
    });
    let mut piece = vec![0; 64 * 1024];
    loop {
        let size = from.read(&mut piece).await?;
        let bytes = piece.get(..size).filter(|bytes| !bytes.is_empty()).ok_or("closed")?;
        sender.send((tokio::time::Instant::now() + ROUND_TRIP / 2, bytes.to_vec()))?;
    }
}

fn smtp(port: u16) -> Outcome<Smtp> {
    let options = SmtpOptions {
        host: "127.0.0.1".into(),
        port: Some(port),
        security: Some(Security::None),
        ..SmtpOptions::default()
    };
    Ok(Smtp::new(SmtpSettings::new(options)?))
}

fn from() -> Outcome<Mailbox> {
    Ok("Gatepost <no-reply@example.com>".parse()?)
}

fn to() -> Outcome<Mailbox> {
    Ok("kim@example.org".parse()?)
}

fn other(command: &str, port: u16, count: usize) -> Outcome<f64> {
    let output = Command::new("sh")
        .args(["-c", command])
        .env("SMTP_PORT", port.to_string())
        .env("COUNT", count.to_string())
        .stderr(Stdio::inherit())
        .output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}
