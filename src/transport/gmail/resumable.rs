//! Google's resumable upload, for large messages (developers.google.com, Gmail API, "Resumable upload"). It opens an
//! upload and sends the bytes; after an interruption it asks Gmail how many bytes arrived and sends the rest.
//! google-gmail1's own resumable upload is not used: it panics on the Range header that Google sends (`bytes=0-42`),
//! resumes at the last received byte instead of behind it, and takes a chunk as received whatever the answer says.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE};
use hyper::http::request;
use hyper::{Method, Request};
use tokio::time::Instant;
use url::Url;

use crate::clock::Time;
use crate::random::Entropy;
use crate::secret::Secret;
use crate::transport::interface::{Failure, FailureKind};

use super::api_error::GmailApiError;
use super::http::HttpConnection;
use super::message_id::{MAX_ANSWER, message_id, unconfirmed};
use super::settings::Settings;
use super::timeouts::GmailTimeouts;
use super::upload_progress::{MAX_STALLS, UploadFailure, UploadProgress, unexpected_range};
use super::upload_session::{BadAddress, UploadSession, received};

/// One attempt to upload one message.
pub(super) struct ResumableUpload<'a> {
    pub line: &'a HttpConnection<Full<Bytes>>,
    pub settings: &'a Settings,
    pub limits: GmailTimeouts,
    pub bearer: &'a Secret<String>,
    pub entropy: &'a Entropy,
    pub now: Time,
    pub mail: Bytes,
}

/// The result of one request.
enum UploadStep {
    Done(String),
    /// Gmail has received this many bytes and expects the rest.
    Received(usize),
    /// Gmail does not know the upload, or no longer knows it.
    Expired,
    /// No usable answer. [`FailureKind::Ambiguous`] if the message may have been sent.
    Unknown(Failure),
    /// A refusal of the upload, or an unexpected answer.
    Refused(Failure),
}

impl ResumableUpload<'_> {
    /// Opens an upload. No byte of the message is sent yet.
    ///
    /// # Errors
    /// Gmail's refusal, or an answer without a usable upload address.
    pub async fn open(&self) -> Result<UploadSession, Failure> {
        let url = self.url()?;
        let request = self.authorized(Request::builder().method(Method::POST));
        let request = request
            .header(CONTENT_TYPE, "application/json; charset=UTF-8")
            .header("x-upload-content-type", "message/rfc822")
            .header("x-upload-content-length", self.mail.len());
        let limits = (MAX_ANSWER, self.limits.form);
        let answer = self.line.exchange(&url, request, Bytes::from_static(b"{}"), limits, None).await?;
        if answer.status != 200 {
            return Err(self.refusal(&GmailApiError::from(&answer)));
        }
        UploadSession::open(answer.header(LOCATION), &url, self.now).map_err(|why| unusable(why, &url))
    }

    /// Uploads the missing bytes, resuming as long as the upload advances; returns Gmail's message id.
    pub async fn finish(&self, session: UploadSession) -> Result<String, UploadFailure> {
        let mut is_query = session.is_old;
        let mut progress = UploadProgress::new(session, Instant::now() + self.limits.upload_of(self.mail.len()));
        loop {
            if !is_query && Instant::now() >= progress.deadline {
                return Err(progress.timed_out(self.mail.len()));
            }
            let step = if is_query { self.query_status(&progress).await } else { self.send_rest(&progress).await };
            match step {
                UploadStep::Done(id) => return Ok(id),
                UploadStep::Refused(failure) => return Err(progress.past_deadline(failure)),
                UploadStep::Expired => {
                    progress.gone()?;
                    progress.session = self.open().await.map_err(|failure| UploadFailure { failure, session: None })?;
                    is_query = false;
                }
                UploadStep::Received(had) => {
                    let has_progressed = progress.progressed(had, self.mail.len(), is_query)?;
                    is_query = had == self.mail.len();
                    if !has_progressed {
                        self.wait(&progress).await;
                    }
                }
                UploadStep::Unknown(failure) => {
                    let late = Instant::now() >= progress.deadline;
                    progress.ambiguous(failure, is_query && late)?;
                    is_query = true;
                    if !late {
                        self.wait(&progress).await;
                    }
                }
            }
        }
    }

    /// Sends the missing bytes.
    async fn send_rest(&self, progress: &UploadProgress) -> UploadStep {
        let (from, total) = (progress.session.had, self.mail.len());
        let rest = self.mail.slice(from..);
        let range = format!("bytes {from}-{}/{total}", total.saturating_sub(1));
        let limit = progress.deadline.saturating_duration_since(Instant::now());
        let length = rest.len();
        self.transfer(&progress.session, range, rest, limit, Some(length)).await
    }

    /// Asks how many bytes Gmail has received.
    async fn query_status(&self, progress: &UploadProgress) -> UploadStep {
        let range = format!("bytes */{}", self.mail.len());
        self.transfer(&progress.session, range, Bytes::new(), self.limits.form, None).await
    }

    async fn transfer(
        &self,
        session: &UploadSession,
        range: String,
        body: Bytes,
        limit: Duration,
        mail: Option<usize>,
    ) -> UploadStep {
        let request = self
            .authorized(Request::builder().method(Method::PUT))
            .header(CONTENT_TYPE, "message/rfc822")
            .header(CONTENT_RANGE, range);
        let answer = match self.line.exchange(session.address(), request, body, (MAX_ANSWER, limit), mail).await {
            Ok(answer) => answer,
            Err(failure) if failure.class == FailureKind::Configuration => return UploadStep::Refused(failure),
            Err(failure) => return UploadStep::Unknown(failure),
        };
        match answer.status {
            200 | 201 => message_id(&answer.body)
                .map_or_else(|| UploadStep::Unknown(unconfirmed("without a message id")), UploadStep::Done),
            308 if answer.headers.get_all(RANGE).iter().count() > 1 => UploadStep::Refused(unexpected_range()),
            308 => match (answer.headers.get(RANGE), answer.header(RANGE)) {
                // The header is not ASCII.
                (Some(_), None) => UploadStep::Refused(unexpected_range()),
                (_, range) => received(range, self.mail.len())
                    .map_or_else(|| UploadStep::Refused(unexpected_range()), UploadStep::Received),
            },
            404 | 410 => UploadStep::Expired,
            408 | 500.. => UploadStep::Unknown(self.refusal(&GmailApiError::from(&answer))),
            _ => UploadStep::Refused(self.refusal(&GmailApiError::from(&answer))),
        }
    }

    /// Waits with full jitter, longer after each consecutive interruption.
    async fn wait(&self, progress: &UploadProgress) {
        let longest = self.limits.resume.saturating_mul(1 << progress.stalls.saturating_sub(1).min(MAX_STALLS));
        tokio::time::sleep(longest.mul_f64(self.entropy.fraction())).await;
    }

    fn url(&self) -> Result<Url, Failure> {
        let endpoint = self.settings.endpoint.url();
        let path = format!("upload/gmail/v1/users/{}/messages/send?uploadType=resumable", self.settings.user);
        endpoint.join(&path).map_err(|_| super::http_error::no_address(endpoint))
    }

    fn authorized(&self, request: request::Builder) -> request::Builder {
        request.header(AUTHORIZATION, format!("Bearer {}", self.bearer.expose()))
    }

    fn refusal(&self, refusal: &GmailApiError) -> Failure {
        refusal.failure(&[self.bearer.expose()], self.now)
    }
}

fn unusable(why: BadAddress, url: &Url) -> Failure {
    let host = url.host_str().unwrap_or("the server");
    Failure::new(
        FailureKind::Transient,
        match why {
            BadAddress::Missing => format!("no usable address for a large upload in the answer of {host}"),
            BadAddress::Elsewhere => format!(
                "{host} redirects a large upload to another host, which must receive neither message nor token; check \
                 `mail.gmail.endpoint`"
            ),
        },
    )
}
