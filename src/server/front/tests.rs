//! The front over real sockets, before a Rocket with a few routes, with limits of a fraction of a second.

mod limits;
mod passing;
mod refusals;
mod shutdown;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rocket::data::ToByteUnit as _;
use rocket::fairing::AdHoc;
use rocket::figment::providers::Serialized;
use rocket::http::ContentType;
use rocket::response::stream::{ByteStream, Event, EventStream};
use rocket::{Data, Rocket, State, get, post, routes};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::web::{ClientPeers, FrontCounters, FrontRefusal, RequestSource};

use super::{Admission, FrontContext, FrontLimits, FrontListener, LastAnswers, RefusalLog};

/// How long a test waits on a busy machine before it fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// A limit that a test waits for.
const SHORT: Duration = Duration::from_millis(250);
/// Size of the answer of `/large`. No pair of sockets buffers as much.
const LARGE: usize = 64 << 20;

/// What Rocket's routes share with the test.
#[derive(Clone, Default)]
struct Shared {
    requests: Arc<AtomicUsize>,
    /// Lets `/wait` answer.
    release: Arc<Notify>,
}

struct TestFront {
    address: SocketAddr,
    rocket: SocketAddr,
    counters: Arc<FrontCounters>,
    shared: Shared,
    shutdown: CancellationToken,
    rocket_stop: rocket::Shutdown,
    front: tokio::task::JoinHandle<()>,
}

#[get("/")]
fn hello() -> &'static str {
    "hello"
}

#[get("/ip")]
fn ip(peer: SocketAddr, from_front: &FromFront) -> String {
    format!("{peer} {}", from_front.0)
}

#[post("/upload", data = "<data>")]
async fn upload(data: Data<'_>) -> std::io::Result<String> {
    let mut stream = data.open(100.mebibytes());
    Ok(tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?.to_string())
}

/// Answers without reading the body.
#[post("/refuse")]
fn refuse() -> rocket::http::Status {
    rocket::http::Status::PayloadTooLarge
}

#[get("/large")]
fn large() -> (ContentType, ByteStream![Vec<u8>]) {
    (
        ContentType::Binary,
        ByteStream!(for _ in 0..LARGE / 65_536 {
            yield vec![b'x'; 65_536];
        }),
    )
}

#[get("/wait")]
async fn wait(shared: &State<Shared>) -> &'static str {
    shared.release.notified().await;
    "released"
}

/// One event at once, and one when released.
#[get("/events")]
fn events(shared: &State<Shared>) -> EventStream![Event + '_] {
    EventStream! {
        yield Event::data("first");
        shared.release.notified().await;
        yield Event::data("second");
    }
}

#[get("/echo")]
fn echo(socket: rocket_ws::WebSocket) -> rocket_ws::Stream!['static] {
    rocket_ws::Stream! { socket => for await message in socket { yield message?; } }
}

/// Whether the request came through the front.
struct FromFront(bool);

#[rocket::async_trait]
impl<'r> rocket::request::FromRequest<'r> for &'r FromFront {
    type Error = ();

    async fn from_request(request: &'r rocket::Request<'_>) -> rocket::request::Outcome<Self, ()> {
        rocket::request::Outcome::Success(request.local_cache(|| FromFront(false)))
    }
}

fn rocket(peers: ClientPeers, shared: Shared, listening: oneshot::Sender<SocketAddr>) -> Rocket<rocket::Build> {
    let figment = rocket::Config::figment()
        .merge(Serialized::global("port", 0))
        .merge(Serialized::global("log_level", "off"))
        .merge(Serialized::global("shutdown.ctrlc", false));
    let requests = shared.requests.clone();
    let listening = std::sync::Mutex::new(Some(listening));
    rocket::custom(figment)
        .attach(AdHoc::on_request("peers", move |request, _| {
            let is_from_front = peers.resolve(request) == RequestSource::Front;
            request.local_cache(|| FromFront(is_from_front));
            requests.fetch_add(1, Ordering::SeqCst);
            Box::pin(async {})
        }))
        .attach(AdHoc::on_liftoff("address", move |rocket| {
            let address = SocketAddr::new(rocket.config().address, rocket.config().port);
            listening.lock().unwrap().take().unwrap().send(address).unwrap();
            Box::pin(async {})
        }))
        .manage(shared)
        .mount("/", routes![hello, ip, upload, refuse, large, wait, events, echo])
}

/// Limits that no test reaches unless it lowers them.
fn generous() -> FrontLimits {
    FrontLimits { head: PATIENCE, idle: PATIENCE, idle_trusted: PATIENCE, window: PATIENCE, ..FrontLimits::default() }
}

impl TestFront {
    async fn start(limits: FrontLimits) -> Self {
        let (peers, shared, shutdown) = (ClientPeers::default(), Shared::default(), CancellationToken::new());
        let (listening, address) = oneshot::channel();
        let ignited = rocket(peers.clone(), shared.clone(), listening).ignite().await.unwrap();
        let rocket_stop = ignited.shutdown();
        tokio::spawn(ignited.launch());
        let rocket = address.await.unwrap();
        let counters = Arc::new(FrontCounters::default());
        let listener = FrontListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.address();
        let context = FrontContext {
            admission: Admission::new(&limits, Vec::new(), counters.clone(), shutdown.clone()),
            answers: LastAnswers::default(),
            log: Arc::new(RefusalLog::new(counters.clone())),
            limits: Arc::new(limits),
            shutdown: shutdown.clone(),
        };
        let front = tokio::spawn(listener.run(context, rocket, peers));
        TestFront { address, rocket, counters, shared, shutdown, rocket_stop, front }
    }

    async fn connect(&self) -> RawClient {
        RawClient(TcpStream::connect(self.address).await.unwrap())
    }

    /// Waits until the front has refused as many connections or requests for this reason.
    async fn refused(&self, refusal: FrontRefusal, count: u64) {
        until(|| self.counters.refused(refusal) >= count).await;
        assert_eq!(self.counters.refused(refusal), count, "{refusal:?}");
    }

    /// Waits until a connection without a request has been closed for being idle: the time of the idle limit.
    async fn idle_time(&self) {
        assert_eq!(self.connect().await.rest().await, "");
    }
}

impl Drop for TestFront {
    fn drop(&mut self) {
        self.shutdown.cancel();
        self.rocket_stop.clone().notify();
    }
}

async fn until(condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, wait).await.expect("the condition becomes true");
}

/// A client that sends the bytes that a test gives it.
struct RawClient(TcpStream);

impl RawClient {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Everything until the end of the connection.
    async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = timeout(PATIENCE, self.0.read_to_end(&mut bytes)).await.expect("the connection ends");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        read.unwrap_or_else(|error| panic!("{error} after {text:?}"));
        text
    }

    /// What arrives until it ends with `end`.
    async fn until(&mut self, end: &str) -> String {
        let mut text = String::new();
        let read = async {
            while !text.ends_with(end) {
                let byte = self.0.read_u8().await.unwrap_or_else(|error| panic!("{error} after {text:?}"));
                text.push(byte as char);
            }
        };
        if timeout(PATIENCE, read).await.is_err() {
            panic!("no {end:?} in {text:?}");
        }
        text
    }

    /// Sends a request and expects the answer `hello`.
    async fn hello(&mut self) {
        self.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(self.until("hello").await.starts_with("HTTP/1.1 200 "));
    }

    /// Sends `bytes` again and again, one byte at a time, until an answer arrives; returns it.
    async fn drip(&mut self, bytes: &[u8]) -> String {
        for byte in bytes.iter().cycle() {
            if self.0.write_all(std::slice::from_ref(byte)).await.is_err() {
                break;
            }
            if timeout(Duration::from_millis(10), self.0.readable()).await.is_ok() {
                break;
            }
        }
        self.rest().await
    }
}
