//! The listener of the Google stub: accepts and routes requests, and gives the planned [`Reply`].

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::{Reply, State, Then, html, oauth, upload};

pub type Shared = Arc<Mutex<State>>;
type Answer = Response<BoxBody<Bytes, std::io::Error>>;

/// A request with its whole body.
pub struct StubRequest {
    pub method: String,
    pub path: String,
    pub query: HashMap<String, String>,
    pub headers: hyper::HeaderMap,
    pub body: Vec<u8>,
}

impl StubRequest {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    pub fn bearer(&self) -> Option<&str> {
        self.header("authorization").strip_prefix("Bearer ")
    }

    pub fn form(&self) -> HashMap<String, String> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

/// The answer of a route, normal or planned by a test.
pub struct StubAnswer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// True to send only half of the body.
    pub cut: bool,
}

impl StubAnswer {
    pub fn json(status: u16, body: serde_json::Value) -> Self {
        StubAnswer::new(status, vec![("content-type", "application/json; charset=UTF-8".to_owned())], body.to_string())
    }

    pub fn new(status: u16, headers: Vec<(&'static str, String)>, body: String) -> Self {
        StubAnswer { status, headers, body, cut: false }
    }
}

pub async fn start(state: Shared) -> (SocketAddr, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, mut stopped) = oneshot::channel();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = &mut stopped => break,
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { break };
                    tokio::spawn(serve(stream, Arc::clone(&state), address));
                }
            }
        }
    });
    (address, stop)
}

async fn serve(stream: TcpStream, state: Shared, address: SocketAddr) {
    let service = service_fn(move |request| answer(request, Arc::clone(&state), address));
    // Errors are ignored, since a dropped connection is one of the planned replies.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, state: Shared, address: SocketAddr) -> Result<Answer, std::io::Error> {
    let (parts, body) = request.into_parts();
    let route = route(parts.method.as_str(), parts.uri.path());
    state.lock().unwrap().requests.push(format!("{} {}", parts.method, parts.uri.path()));
    let reply = planned(&state, route);
    if matches!(reply, Some(Reply::DropEarly)) {
        return Err(std::io::Error::other("as the test wants it"));
    }
    let body = match reply {
        Some(Reply::Keeps(bytes, Then::Drop)) => read_prefix(body, bytes).await?,
        _ => body.collect().await.map_err(std::io::Error::other)?.to_bytes().to_vec(),
    };
    let query = parts.uri.query().unwrap_or_default();
    let request = StubRequest {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parts.headers,
        body,
    };
    let check = |keeps| check(&state, route, &request, address, keeps);
    let result = match reply {
        Some(Reply::Status(status, headers, body)) => {
            let sent = state.lock().unwrap().sent.len();
            let done = (200..300).contains(&status);
            check(if done { usize::MAX } else { 0 });
            if !done {
                state.lock().unwrap().sent.truncate(sent);
            }
            StubAnswer::new(status, headers, body)
        }
        Some(Reply::Keeps(bytes, then)) => {
            let result = check(bytes);
            match then {
                Then::Drop => return Err(std::io::Error::other("as the test wants it")),
                Then::Incomplete => result,
                Then::Hang => std::future::pending().await,
                Then::Html(status) => {
                    let Reply::Status(status, headers, body) = html(status) else { unreachable!() };
                    StubAnswer::new(status, headers, body)
                }
            }
        }
        Some(Reply::HalfBody) => StubAnswer { cut: true, ..check(usize::MAX) },
        Some(Reply::Drop) => {
            check(usize::MAX);
            return Err(std::io::Error::other("as the test wants it"));
        }
        Some(Reply::Hang) => {
            check(usize::MAX);
            std::future::pending().await
        }
        Some(Reply::DropEarly) | None => check(usize::MAX),
    };
    Ok(response(result))
}

/// Reads the first `bytes` bytes of a body.
async fn read_prefix(mut body: Incoming, bytes: usize) -> Result<Vec<u8>, std::io::Error> {
    let mut read = Vec::new();
    while read.len() < bytes {
        let Some(frame) = body.frame().await else { break };
        read.extend_from_slice(&frame.map_err(std::io::Error::other)?.into_data().unwrap_or_default());
    }
    read.truncate(bytes);
    Ok(read)
}

#[derive(Clone, Copy)]
enum Route {
    Consent,
    Token,
    Revoke,
    Upload,
    Transfer,
    Unknown,
}

fn route(method: &str, path: &str) -> Route {
    let upload = path.starts_with("/upload/gmail/v1/users/");
    match (method, path) {
        ("GET", "/o/oauth2/auth") => Route::Consent,
        ("POST", "/token") => Route::Token,
        ("POST", "/revoke") => Route::Revoke,
        ("POST", _) if upload && path.ends_with("/messages/send") => Route::Upload,
        ("PUT", _) if path.starts_with("/session/") => Route::Transfer,
        _ => Route::Unknown,
    }
}

fn planned(state: &Shared, route: Route) -> Option<Reply> {
    let mut state = state.lock().unwrap();
    match route {
        Route::Token => state.tokens.pop_front(),
        Route::Revoke => state.revocations.pop_front(),
        Route::Upload => state.uploads.pop_front(),
        Route::Transfer => state.sessions.pop_front(),
        Route::Consent | Route::Unknown => None,
    }
}

/// Checks and processes the request, whatever the reply will be; a transfer keeps at most `keeps` bytes.
fn check(state: &Shared, route: Route, request: &StubRequest, address: SocketAddr, keeps: usize) -> StubAnswer {
    let mut state = state.lock().unwrap();
    match route {
        Route::Consent => oauth::consent(&mut state, request),
        Route::Token => oauth::token(&mut state, request),
        Route::Revoke => oauth::revoke(&mut state, request),
        Route::Upload => upload::upload(&mut state, request, address),
        Route::Transfer => upload::transfer(&mut state, request, keeps),
        Route::Unknown => {
            state.wrong(format!("unknown endpoint {} {}", request.method, request.path));
            StubAnswer::new(404, Vec::new(), String::new())
        }
    }
}

fn response(result: StubAnswer) -> Answer {
    let mut response = Response::builder().status(result.status);
    for (name, value) in result.headers {
        response = response.header(name, value);
    }
    if !result.cut {
        let body = Full::new(Bytes::from(result.body)).map_err(|e: Infallible| match e {});
        return response.body(body.boxed()).unwrap();
    }
    let half = Bytes::copy_from_slice(&result.body.as_bytes()[..result.body.len() / 2]);
    let frames = vec![Ok(Frame::data(half)), Err(std::io::Error::other("as the test wants it"))];
    let body = BodyExt::boxed(StreamBody::new(stream::iter(frames)));
    response.header("content-length", result.body.len()).body(body).unwrap()
}
