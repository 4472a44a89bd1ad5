//! The socket of the stand-in: accepts, routes, and does what a [`Reply`] says.

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

/// A request whose body was read.
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: HashMap<String, String>,
    pub headers: hyper::HeaderMap,
    pub body: Vec<u8>,
}

impl Asked {
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

/// What a route says: an ordinary answer, or one that a test has asked for.
pub struct Said {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// 200 with half of the body.
    pub cut: bool,
}

impl Said {
    pub fn json(status: u16, body: serde_json::Value) -> Self {
        Said::new(status, vec![("content-type", "application/json; charset=UTF-8".to_owned())], body.to_string())
    }

    pub fn new(status: u16, headers: Vec<(&'static str, String)>, body: String) -> Self {
        Said { status, headers, body, cut: false }
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
    // A dropped connection is one of the answers, hence no word about errors.
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
        Some(Reply::Keeps(bytes, Then::Drop)) => beginning(body, bytes).await?,
        _ => body.collect().await.map_err(std::io::Error::other)?.to_bytes().to_vec(),
    };
    let query = parts.uri.query().unwrap_or_default();
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parts.headers,
        body,
    };
    let check = |keeps| check(&state, route, &asked, address, keeps);
    let said = match reply {
        Some(Reply::Status(status, headers, body)) => {
            let sent = state.lock().unwrap().sent.len();
            let done = (200..300).contains(&status);
            check(if done { usize::MAX } else { 0 });
            if !done {
                state.lock().unwrap().sent.truncate(sent);
            }
            Said::new(status, headers, body)
        }
        Some(Reply::Keeps(bytes, then)) => {
            let said = check(bytes);
            match then {
                Then::Drop => return Err(std::io::Error::other("as the test wants it")),
                Then::Incomplete => said,
                Then::Hang => std::future::pending().await,
                Then::Html(status) => {
                    let Reply::Status(status, headers, body) = html(status) else { unreachable!() };
                    Said::new(status, headers, body)
                }
            }
        }
        Some(Reply::HalfBody) => Said { cut: true, ..check(usize::MAX) },
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
    Ok(response(said))
}

/// So many bytes of a request that goes on after them.
async fn beginning(mut body: Incoming, bytes: usize) -> Result<Vec<u8>, std::io::Error> {
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

/// Judges the request whatever it is answered with; of a transfer `keeps` bytes are kept.
fn check(state: &Shared, route: Route, asked: &Asked, address: SocketAddr, keeps: usize) -> Said {
    let mut state = state.lock().unwrap();
    match route {
        Route::Consent => oauth::consent(&mut state, asked),
        Route::Token => oauth::token(&mut state, asked),
        Route::Revoke => oauth::revoke(&mut state, asked),
        Route::Upload => upload::upload(&mut state, asked, address),
        Route::Transfer => upload::transfer(&mut state, asked, keeps),
        Route::Unknown => {
            state.wrong(format!("{} {} is no address of Google's", asked.method, asked.path));
            Said::new(404, Vec::new(), String::new())
        }
    }
}

fn response(said: Said) -> Answer {
    let mut response = Response::builder().status(said.status);
    for (name, value) in said.headers {
        response = response.header(name, value);
    }
    if !said.cut {
        let body = Full::new(Bytes::from(said.body)).map_err(|e: Infallible| match e {});
        return response.body(body.boxed()).unwrap();
    }
    let half = Bytes::copy_from_slice(&said.body.as_bytes()[..said.body.len() / 2]);
    let frames = vec![Ok(Frame::data(half)), Err(std::io::Error::other("as the test wants it"))];
    let body = BodyExt::boxed(StreamBody::new(stream::iter(frames)));
    response.header("content-length", said.body.len()).body(body).unwrap()
}
