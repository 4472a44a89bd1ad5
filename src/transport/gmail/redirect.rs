//! The listener that a consent is redirected to: loopback, a handful of short requests, then gone.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};

use crate::secret::Secret;

use super::consent::{Consent, ConsentError};

/// Connections at a time; browsers open a few in advance.
const MAX_CONNECTIONS: usize = 8;
/// A whole connection.
const CONNECTION: Duration = Duration::from_secs(10);
/// Longest request head, in bytes; Google's redirect has about 500.
const MAX_HEAD: usize = 16 * 1024;

/// What the person at the browser is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    Allowed,
    Denied,
    /// Not the answer that is awaited.
    Other,
}

/// Renders a page in the best language for an Accept-Language header.
pub type Render = fn(Page, &str) -> String;

type Verdict = Result<Secret<String>, ConsentError>;

/// A bound listener.
pub struct Redirect {
    listener: TcpListener,
}

impl Redirect {
    /// # Errors
    /// When the port is taken.
    pub async fn bind(socket: SocketAddr) -> std::io::Result<Self> {
        Ok(Redirect { listener: TcpListener::bind(socket).await? })
    }

    /// # Errors
    /// When the system does not know.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Waits for the answer to `consent`, however long it takes; its page is delivered first.
    ///
    /// # Errors
    /// The denial, if the answer is one.
    pub async fn answer(&self, consent: &Arc<Consent>, render: Render) -> Verdict {
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let (tell, mut told) = mpsc::channel(1);
        loop {
            tokio::select! {
                Some(verdict) = told.recv() => return verdict,
                Ok((stream, _)) = self.listener.accept() => {
                    let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
                    let (consent, tell) = (Arc::clone(consent), tell.clone());
                    tokio::spawn(async move {
                        if let Some(verdict) = serve(stream, consent, render).await {
                            // A second answer has nobody waiting for it.
                            let _ = tell.send(verdict).await;
                        }
                        drop(place);
                    });
                }
            }
        }
    }
}

/// Serves one request; the verdict is kept back until its page is out.
async fn serve(stream: TcpStream, consent: Arc<Consent>, render: Render) -> Option<Verdict> {
    let verdict = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&verdict);
    let service = service_fn(move |request| {
        let (page, found) = judge(&request, &consent);
        if found.is_some() {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = found;
        }
        let language = request.headers().get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let body = render(page, language);
        async move { Ok::<_, Infallible>(response(page, body)) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(CONNECTION)
        .max_buf_size(MAX_HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // How the connection ends is of no matter: a verdict that was heard counts.
    let _ = tokio::time::timeout(CONNECTION, connection).await;
    verdict.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn judge(request: &Request<Incoming>, consent: &Consent) -> (Page, Option<Verdict>) {
    if request.method() != Method::GET || request.uri().path() != consent.path() {
        return (Page::Other, None);
    }
    match consent.code(request.uri().query().unwrap_or_default()) {
        Ok(code) => (Page::Allowed, Some(Ok(code))),
        Err(denied @ ConsentError::Denied(_)) => (Page::Denied, Some(Err(denied))),
        // Anybody on this machine can ask; only an answer with the right state ends the wait.
        Err(_) => (Page::Other, None),
    }
}

fn response(page: Page, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    if page == Page::Other {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        // The code stands in this page's address.
        (REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, hyper::header::HeaderValue::from_static(value));
    }
    response
}
