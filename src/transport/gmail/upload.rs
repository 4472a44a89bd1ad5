//! Uploads a message: a small one in one multipart request through google-gmail1, a large one through `resumable`. Adds
//! what google-gmail1 lacks: timeouts, the status and headers of error responses, a guard against its constant
//! multipart boundary, and whether a message may have been sent if no response arrives.

use std::io::Cursor;
use std::sync::Arc;

use google_gmail1::Gmail;
use google_gmail1::api::{Message, Scope};
use google_gmail1::common::{Body, Delegate, Error, Response, Retry};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::RETRY_AFTER;
use serde_json::Value;

use crate::clock::Time;
use crate::random::Entropy;
use crate::secret::Secret;
use crate::transport::interface::{Failure, FailureKind};

use super::api_error::GmailApiError;
use super::connector::Connector;
use super::counting_stream::ByteCounter;
use super::http::{AGENT, Http, HttpConnection};
use super::http_error;
use super::message_id::{MAX_ANSWER, message_id, unconfirmed};
use super::resumable::ResumableUpload;
use super::settings::Settings;
use super::timeouts::GmailTimeouts;
use super::upload_session::UploadSessions;

/// The largest message that Gmail accepts, in bytes; google-gmail1 has the same limit.
pub(super) const MAX_MAIL: usize = 36_700_160;
/// From this size in bytes, Google recommends a resumable upload (developers.google.com, Gmail API, "Uploading
/// attachments").
const LARGE: usize = 5 * 1024 * 1024;
/// The boundary of every multipart upload of google-apis-common. A message that contains it would be truncated there.
const BOUNDARY: &[u8] = b"MDuXWGyeE33QFXGchb2VFWc4Z7945d";

/// A message to upload.
pub(super) struct UploadRequest<'a> {
    /// The id of the outbox row.
    pub id: &'a str,
    pub bytes: &'a [u8],
    pub bearer: &'a Secret<String>,
    pub now: Time,
}

impl UploadRequest<'_> {
    fn fits_multipart(&self) -> bool {
        memchr::memmem::find(self.bytes, BOUNDARY).is_none()
    }

    fn is_multipart(&self) -> bool {
        self.bytes.len() < LARGE && self.fits_multipart()
    }
}

/// Reusable connections that serve one upload at a time, so that their byte counts belong to that upload.
pub(super) struct Uploader {
    hub: Gmail<Connector>,
    counter: ByteCounter,
    line: HttpConnection<Full<Bytes>>,
    settings: Settings,
    limits: GmailTimeouts,
    entropy: Entropy,
    sessions: Arc<UploadSessions>,
}

impl Uploader {
    /// # Errors
    /// When no connection can be opened at all, for want of trusted certificates or of a usable proxy.
    pub fn new(
        http: &Http,
        settings: &Settings,
        entropy: &Entropy,
        sessions: &Arc<UploadSessions>,
    ) -> Result<Self, Failure> {
        let HttpConnection { client, counter } = http.line::<Body>()?;
        let mut hub = Gmail::new(client, String::new());
        hub.root_url(settings.endpoint.url().to_string());
        hub.base_url(settings.endpoint.url().to_string());
        hub.user_agent(AGENT.to_owned());
        let (settings, entropy, sessions) = (settings.clone(), entropy.clone(), sessions.clone());
        Ok(Uploader { hub, counter, line: http.line()?, settings, limits: http.limits, entropy, sessions })
    }

    /// Sends the bytes unchanged and returns Gmail's message id.
    ///
    /// # Errors
    /// The failure with its kind. After status 401 the caller renews the token.
    pub async fn send(&mut self, request: &UploadRequest<'_>) -> Result<String, Failure> {
        if request.is_multipart() { self.multipart(request).await } else { self.resumable(request).await }
    }

    /// Counts the bytes of [`Uploader::send`].
    pub fn counter_of(&self, request: &UploadRequest<'_>) -> ByteCounter {
        if request.is_multipart() { self.counter.clone() } else { self.line.counter.clone() }
    }

    async fn resumable(&mut self, request: &UploadRequest<'_>) -> Result<String, Failure> {
        let UploadRequest { id, bytes, bearer, now } = *request;
        let upload = ResumableUpload {
            line: &self.line,
            settings: &self.settings,
            limits: self.limits,
            bearer,
            entropy: &self.entropy,
            now,
            mail: Bytes::copy_from_slice(bytes),
        };
        let session = match self.sessions.take(id, bytes, now) {
            Some(session) => session,
            None => match upload.open().await {
                Ok(session) => session,
                // Byron/google-apis-rs#532: Gmail rejects some resumable uploads with 400. Nothing has been sent yet.
                Err(refused) if request.fits_multipart() && matches!(refused.code, Some(400 | 404 | 405)) => {
                    return self.multipart(request).await;
                }
                Err(failure) => return Err(failure),
            },
        };
        upload.finish(session).await.map_err(|missed| {
            missed.session.into_iter().for_each(|session| self.sessions.keep(id, bytes, *session));
            missed.failure
        })
    }

    async fn multipart(&mut self, request: &UploadRequest<'_>) -> Result<String, Failure> {
        let UploadRequest { bytes, bearer, now, .. } = *request;
        self.hub.auth = Box::new(bearer.expose().clone());
        self.counter.start(2 * MAX_ANSWER as u64);
        let mut recorder = FailureRecorder::default();
        let limit = self.limits.upload_of(bytes.len());
        let result = tokio::time::timeout(limit, self.call(bytes, &mut recorder)).await;
        let url = self.settings.endpoint.url();
        let sent = self.counter.written() >= bytes.len() as u64;
        match result {
            Ok(Ok((_, message))) => {
                message.id.filter(|id| !id.is_empty()).ok_or_else(|| unconfirmed("without a message id"))
            }
            _ if recorder.refusal.is_some() => {
                Err(recorder.refusal.take().unwrap_or_default().failure(&[bearer.expose()], now))
            }
            // google-gmail1 fails if any field has an unexpected type; the id may still be readable.
            Ok(Err(Error::JsonDecodeError(body, _))) => {
                message_id(body.as_bytes()).ok_or_else(|| unconfirmed("with an incomplete response"))
            }
            Ok(Err(error)) => Err(failure(&error, url, sent)),
            Err(_) => Err(http_error::timed_out(url, limit, sent)),
        }
    }

    async fn call(&self, bytes: &[u8], recorder: &mut FailureRecorder) -> Result<(Response, Message), Error> {
        let call = self.hub.users().messages_send(Message::default(), self.settings.user.as_str());
        #[expect(clippy::expect_used, reason = "a constant that parses")]
        let kind = "message/rfc822".parse().expect("a media type");
        call.add_scope(Scope::Send).delegate(recorder).upload(Cursor::new(bytes.to_vec()), kind).await
    }
}

fn failure(error: &Error, url: &url::Url, sent: bool) -> Failure {
    match error {
        Error::HttpError(e) => http_error::failure(url, e, sent),
        Error::UploadSizeLimitExceeded(..) => too_large(),
        other => Failure::new(
            FailureKind::Transient,
            format!("google-gmail1 failed: {}", super::redact::redact(&other.to_string(), &[])),
        ),
    }
}

pub(super) fn too_large() -> Failure {
    let mib = MAX_MAIL / (1024 * 1024);
    Failure::unsupported(format!(
        "the message is larger than the {mib} MiB that Gmail accepts; send smaller attachments"
    ))
}

/// Records the status, headers and body of an error response, which the errors of google-gmail1 omit.
#[derive(Default)]
struct FailureRecorder {
    refusal: Option<GmailApiError>,
}

impl Delegate for FailureRecorder {
    fn http_failure(&mut self, response: &Response, body: Option<&Value>) -> Retry {
        self.refusal = Some(GmailApiError {
            status: response.status().as_u16(),
            retry_after: response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()).map(str::to_owned),
            body: body.cloned(),
        });
        Retry::Abort
    }
}
