//! One upload through google-gmail1, with what that crate leaves open: time limits, the status and headers of a
//! refusal, its constant multipart boundary, and whether a mail whose answer is missing can have been sent.

use std::io::Cursor;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use google_gmail1::Gmail;
use google_gmail1::api::{Message, Scope};
use google_gmail1::common::{Body, ContentRange, Delegate, Error, Response, Retry};
use hyper::header::RETRY_AFTER;
use serde_json::Value;

use crate::clock::Time;
use crate::secret::Secret;
use crate::transport::{Class, Failure};

use super::http::{AGENT, Connector, Http};
use super::limits::Limits;
use super::meter::Meter;
use super::network;
use super::refusal::Refusal;
use super::settings::Settings;

/// What Gmail takes, in bytes; google-gmail1 knows the same number.
pub(super) const MAX_MAIL: usize = 36_700_160;
/// From here on Google recommends a resumable upload (developers.google.com, Gmail API, "Uploading attachments").
const LARGE: usize = 5 * 1024 * 1024;
/// The boundary of every multipart upload of google-apis-common. A mail that holds it would be cut there.
const BOUNDARY: &[u8] = b"MDuXWGyeE33QFXGchb2VFWc4Z7945d";
/// Longest answer that is read, heads included, in bytes; real ones are below 2,000.
const MAX_ANSWER: u64 = 1024 * 1024;

/// One warm connection. A lane serves one upload at a time, so that its meter speaks of that one.
pub(super) struct Lane {
    hub: Gmail<Connector>,
    meter: Meter,
    limits: Limits,
}

impl Lane {
    pub fn new(http: &Http, settings: &Settings) -> Self {
        let line = http.line::<Body>();
        let mut hub = Gmail::new(line.client, String::new());
        hub.root_url(settings.endpoint.url().to_string());
        hub.base_url(settings.endpoint.url().to_string());
        hub.user_agent(AGENT.to_owned());
        Lane { hub, meter: line.meter, limits: http.limits }
    }

    /// Sends `bytes` as they are; answers with Gmail's id of the message.
    ///
    /// # Errors
    /// What went wrong, classed; status 401 is left to the caller, who has a token to renew.
    pub async fn send(
        &mut self,
        settings: &Settings,
        bytes: &[u8],
        bearer: &Secret<String>,
        now: Time,
    ) -> Result<String, Failure> {
        self.hub.auth = Box::new(bearer.expose().clone());
        let whole = || !bytes.windows(BOUNDARY.len()).any(|window| window == BOUNDARY);
        if bytes.len() < LARGE && whole() {
            return self.attempt(settings, bytes, bearer, now, Form::Multipart).await.map_err(|missed| missed.failure);
        }
        match self.attempt(settings, bytes, bearer, now, Form::Resumable).await {
            // Byron/google-apis-rs#532: some were refused a resumable upload with 400. Nothing was handed over then.
            Err(missed) if !missed.begun && matches!(missed.failure.code, Some(400 | 404 | 405)) && whole() => {
                self.attempt(settings, bytes, bearer, now, Form::Multipart).await.map_err(|missed| missed.failure)
            }
            other => other.map_err(|missed| missed.failure),
        }
    }

    async fn attempt(
        &mut self,
        settings: &Settings,
        bytes: &[u8],
        bearer: &Secret<String>,
        now: Time,
        form: Form,
    ) -> Result<String, Missed> {
        self.meter.start(MAX_ANSWER);
        let mut witness = Witness::default();
        let limit = self.limits.upload_of(bytes.len());
        let answer = tokio::time::timeout(limit, self.call(settings, bytes, form, &mut witness)).await;
        let url = settings.endpoint.url();
        let sent = self.meter.written() >= bytes.len() as u64;
        let failure = match answer {
            Ok(Ok(Ok((_, message)))) => match message.id {
                Some(id) => return Ok(id),
                None => unconfirmed("without a message id"),
            },
            _ if witness.refusal.is_some() => {
                witness.refusal.take().unwrap_or_default().failure(&[bearer.expose()], now)
            }
            Ok(Ok(Err(error))) => failure(&error, url, sent),
            Ok(Err(_)) => Failure::new(Class::Transient, "Gmail offered no usable address for a large upload"),
            Err(_) => network::timed_out(url, limit, sent),
        };
        Err(Missed { failure, begun: witness.begun })
    }

    /// The outer error is a panic: google-gmail1 has one for a resumable upload whose answer names no address,
    /// before anything of the mail is sent. It must not end the worker.
    async fn call(
        &self,
        settings: &Settings,
        bytes: &[u8],
        form: Form,
        witness: &mut Witness,
    ) -> Result<Result<(Response, Message), Error>, Box<dyn std::any::Any + Send>> {
        let call = self.hub.users().messages_send(Message::default(), settings.user.as_str());
        let call = call.add_scope(Scope::Send).delegate(witness);
        let media = Cursor::new(bytes.to_vec());
        #[expect(clippy::expect_used, reason = "a constant that parses")]
        let kind = "message/rfc822".parse().expect("a media type");
        match form {
            Form::Multipart => AssertUnwindSafe(call.upload(media, kind)).catch_unwind().await,
            Form::Resumable => AssertUnwindSafe(call.upload_resumable(media, kind)).catch_unwind().await,
        }
    }
}

#[derive(Clone, Copy)]
enum Form {
    Multipart,
    Resumable,
}

struct Missed {
    failure: Failure,
    /// Whether Gmail had opened a resumable upload.
    begun: bool,
}

fn failure(error: &Error, url: &url::Url, sent: bool) -> Failure {
    match error {
        Error::HttpError(e) => network::failure(url, e, sent),
        Error::JsonDecodeError(..) => unconfirmed("with an answer that breaks off"),
        Error::UploadSizeLimitExceeded(..) => too_large(),
        // 308 is "incomplete" (developers.google.com, Gmail API, "Resumable upload"): nothing was sent.
        Error::Cancelled => {
            Failure::new(Class::Transient, "Gmail had not received the whole mail yet; all of it is uploaded again")
        }
        other => Failure::new(
            Class::Transient,
            format!("google-gmail1 gave up: {}", super::words::words(&other.to_string(), &[])),
        ),
    }
}

fn unconfirmed(how: &str) -> Failure {
    let mut failure =
        Failure::new(Class::Ambiguous, format!("Gmail took the mail but answered {how}; it may have been sent"));
    failure.code = Some(200);
    failure
}

pub(super) fn too_large() -> Failure {
    let mib = MAX_MAIL / (1024 * 1024);
    Failure::new(
        Class::Permanent,
        format!("the mail is larger than the {mib} MiB that Gmail takes; send smaller attachments"),
    )
}

/// Sees what google-gmail1's errors leave out.
#[derive(Default)]
struct Witness {
    refusal: Option<Refusal>,
    begun: bool,
}

impl Delegate for Witness {
    fn http_failure(&mut self, response: &Response, body: Option<&Value>) -> Retry {
        self.refusal = Some(Refusal {
            status: response.status().as_u16(),
            retry_after: response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()).map(str::to_owned),
            body: body.cloned(),
        });
        Retry::Abort
    }

    fn store_upload_url(&mut self, url: Option<&str>) {
        self.begun |= url.is_some();
    }

    /// The whole mail in one: the crate does not read how much of a chunk was taken, and goes on regardless.
    fn chunk_size(&mut self) -> u64 {
        1 << 26
    }

    /// A 308 after the last byte would have the crate ask for an empty chunk, again and again.
    fn cancel_chunk_upload(&mut self, chunk: &ContentRange) -> bool {
        chunk.range.as_ref().is_some_and(|range| range.first > range.last)
    }
}
