//! The loopback listener that receives Google's redirect after a consent.

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

/// The most concurrent connections; browsers open a few in advance.
const MAX_CONNECTIONS: usize = 8;
/// The timeout for a whole connection.
const CONNECTION: Duration = Duration::from_secs(10);
/// The longest request head, in bytes; Google's redirect has about 500.
const MAX_HEAD: usize = 16 * 1024;

/// The page that the browser shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackPage {
    Allowed,
    Denied,
    /// The request is not the expected redirect.
    Other,
}

/// Renders a page in the best language for an Accept-Language header.
pub type Render = fn(CallbackPage, &str) -> String;

type CallbackResult = Result<Secret<String>, ConsentError>;

/// A bound listener.
pub struct LoopbackRedirect {
    listener: TcpListener,
}

impl LoopbackRedirect {
    /// # Errors
    /// When the port is in use.
    pub async fn bind(socket: SocketAddr) -> std::io::Result<Self> {
        Ok(LoopbackRedirect { listener: TcpListener::bind(socket).await? })
    }

    /// # Errors
    /// When the system cannot report the address.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Waits without a timeout for the response to `consent`; returns after its page is sent.
    ///
    /// # Errors
    /// When the user denied access.
    pub async fn answer(&self, consent: &Arc<Consent>, render: Render) -> CallbackResult {
        let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let (sender, mut results) = mpsc::channel(1);
        loop {
            tokio::select! {
                Some(result) = results.recv() => return result,
                Ok((stream, _)) = self.listener.accept() => {
                    let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else { continue };
                    let (consent, sender) = (Arc::clone(consent), sender.clone());
                    tokio::spawn(async move {
                        if let Some(result) = serve(stream, consent, render).await {
                            // Fails only if an earlier response has ended the wait.
                            let _ = sender.send(result).await;
                        }
                        drop(slot);
                    });
                }
            }
        }
    }
}

/// Serves one request; returns its result after the page is sent.
async fn serve(stream: TcpStream, consent: Arc<Consent>, render: Render) -> Option<CallbackResult> {
    let result = Arc::new(Mutex::new(None));
    let shared = Arc::clone(&result);
    let service = service_fn(move |request| {
        let (page, found) = callback_result(&request, &consent);
        if found.is_some() {
            *shared.lock().unwrap_or_else(PoisonError::into_inner) = found;
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
    // An error of the connection does not matter: a response that was read is valid.
    let _ = tokio::time::timeout(CONNECTION, connection).await;
    result.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn callback_result(request: &Request<Incoming>, consent: &Consent) -> (CallbackPage, Option<CallbackResult>) {
    if request.method() != Method::GET || request.uri().path() != consent.path() {
        return (CallbackPage::Other, None);
    }
    match consent.code(request.uri().query().unwrap_or_default()) {
        Ok(code) => (CallbackPage::Allowed, Some(Ok(code))),
        Err(denied @ ConsentError::Denied(_)) => (CallbackPage::Denied, Some(Err(denied))),
        // Any local process can connect; only a response with the right state ends the wait.
        Err(_) => (CallbackPage::Other, None),
    }
}

fn response(page: CallbackPage, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    if page == CallbackPage::Other {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        // This page's address holds the code.
        (REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, hyper::header::HeaderValue::from_static(value));
    }
    response
}
