//! A large mail by Google's resumable upload (developers.google.com, Gmail API, "Resumable upload"): an upload is
//! opened, the mail is put into it, and after anything but a verdict Gmail is asked how much it has. google-gmail1 has
//! such an upload too, but begins at the wrong byte after an interruption, reads no range of an answer and panics
//! where one is missing.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE};
use hyper::http::request;
use hyper::{Method, Request};
use tokio::time::Instant;
use url::Url;

use crate::clock::Time;
use crate::secret::{Entropy, Secret};
use crate::transport::{Class, Failure};

use super::course::{Course, MAX_STALLS, Missed, nonsense};
use super::http::Line;
use super::limits::Limits;
use super::message_id::message_id;
use super::refusal::Refusal;
use super::session::{BadAddress, Session, received};
use super::settings::Settings;
use super::upload::{MAX_ANSWER, unconfirmed};

/// One attempt to upload one mail.
pub(super) struct Upload<'a> {
    pub line: &'a Line<Full<Bytes>>,
    pub settings: &'a Settings,
    pub limits: Limits,
    pub bearer: &'a Secret<String>,
    pub entropy: &'a Entropy,
    pub now: Time,
    pub mail: Bytes,
}

/// What one request came to.
enum Step {
    Done(String),
    /// Gmail has so many bytes and wants the rest.
    Has(usize),
    /// Gmail does not know the upload (any more).
    Gone,
    /// No verdict. [`Class::Ambiguous`] when the mail may have been sent.
    Unsure(Failure),
    /// A verdict on the upload, or an answer that makes no sense.
    Over(Failure),
}

impl Upload<'_> {
    /// # Errors
    /// Gmail's refusal, or an answer that names no address of its own. Nothing of the mail is handed over by then.
    pub async fn open(&self) -> Result<Session, Failure> {
        let url = self.url()?;
        let request = self.signed(Request::builder().method(Method::POST));
        let request = request
            .header(CONTENT_TYPE, "application/json; charset=UTF-8")
            .header("x-upload-content-type", "message/rfc822")
            .header("x-upload-content-length", self.mail.len());
        let limits = (MAX_ANSWER, self.limits.form);
        let answer = self.line.exchange(&url, request, Bytes::from_static(b"{}"), limits, None).await?;
        if answer.status != 200 {
            return Err(self.refusal(&Refusal::from(&answer)));
        }
        Session::open(answer.header(LOCATION), &url, self.now).map_err(|why| unusable(why, &url))
    }

    /// Uploads what Gmail does not have yet, as often as it takes while that moves on; answers with Gmail's id.
    pub async fn finish(&self, session: Session) -> Result<String, Missed> {
        let mut asking = session.is_old;
        let mut course = Course::new(session, Instant::now() + self.limits.upload_of(self.mail.len()));
        loop {
            if !asking && Instant::now() >= course.deadline {
                return Err(course.late(self.mail.len()));
            }
            let step = if asking { self.ask(&course).await } else { self.put(&course).await };
            match step {
                Step::Done(id) => return Ok(id),
                Step::Over(failure) => return Err(course.over(failure)),
                Step::Gone => {
                    course.gone()?;
                    course.session = self.open().await.map_err(|failure| Missed { failure, session: None })?;
                    asking = false;
                }
                Step::Has(had) => {
                    let moved = course.moved(had, self.mail.len(), asking)?;
                    asking = had == self.mail.len();
                    if !moved {
                        self.wait(&course).await;
                    }
                }
                Step::Unsure(failure) => {
                    let late = Instant::now() >= course.deadline;
                    course.unsure(failure, asking && late)?;
                    asking = true;
                    if !late {
                        self.wait(&course).await;
                    }
                }
            }
        }
    }

    /// The rest of the mail.
    async fn put(&self, course: &Course) -> Step {
        let (from, total) = (course.session.had, self.mail.len());
        let rest = self.mail.slice(from..);
        let range = format!("bytes {from}-{}/{total}", total.saturating_sub(1));
        let limit = course.deadline.saturating_duration_since(Instant::now());
        let length = rest.len();
        self.transfer(&course.session, range, rest, limit, Some(length)).await
    }

    /// How much Gmail has.
    async fn ask(&self, course: &Course) -> Step {
        let range = format!("bytes */{}", self.mail.len());
        self.transfer(&course.session, range, Bytes::new(), self.limits.form, None).await
    }

    async fn transfer(
        &self,
        session: &Session,
        range: String,
        body: Bytes,
        limit: Duration,
        mail: Option<usize>,
    ) -> Step {
        let request = self
            .signed(Request::builder().method(Method::PUT))
            .header(CONTENT_TYPE, "message/rfc822")
            .header(CONTENT_RANGE, range);
        let answer = match self.line.exchange(session.address(), request, body, (MAX_ANSWER, limit), mail).await {
            Ok(answer) => answer,
            Err(failure) if failure.class == Class::Configuration => return Step::Over(failure),
            Err(failure) => return Step::Unsure(failure),
        };
        match answer.status {
            200 | 201 => {
                message_id(&answer.body).map_or_else(|| Step::Unsure(unconfirmed("without a message id")), Step::Done)
            }
            308 if answer.headers.get_all(RANGE).iter().count() > 1 => Step::Over(nonsense()),
            308 => match (answer.headers.get(RANGE), answer.header(RANGE)) {
                // A header that is no text.
                (Some(_), None) => Step::Over(nonsense()),
                (_, range) => received(range, self.mail.len()).map_or_else(|| Step::Over(nonsense()), Step::Has),
            },
            404 | 410 => Step::Gone,
            408 | 500.. => Step::Unsure(self.refusal(&Refusal::from(&answer))),
            _ => Step::Over(self.refusal(&Refusal::from(&answer))),
        }
    }

    /// Full jitter, longer with each interruption in a row.
    async fn wait(&self, course: &Course) {
        let longest = self.limits.resume.saturating_mul(1 << course.stalls.saturating_sub(1).min(MAX_STALLS));
        tokio::time::sleep(longest.mul_f64(self.entropy.fraction())).await;
    }

    fn url(&self) -> Result<Url, Failure> {
        let endpoint = self.settings.endpoint.url();
        let path = format!("upload/gmail/v1/users/{}/messages/send?uploadType=resumable", self.settings.user);
        endpoint.join(&path).map_err(|_| super::network::no_address(endpoint))
    }

    fn signed(&self, request: request::Builder) -> request::Builder {
        request.header(AUTHORIZATION, format!("Bearer {}", self.bearer.expose()))
    }

    fn refusal(&self, refusal: &Refusal) -> Failure {
        refusal.failure(&[self.bearer.expose()], self.now)
    }
}

fn unusable(why: BadAddress, url: &Url) -> Failure {
    let host = url.host_str().unwrap_or("the server");
    Failure::new(
        Class::Transient,
        match why {
            BadAddress::Missing => format!("{host} offered no usable address for a large upload"),
            BadAddress::Elsewhere => format!(
                "{host} sends a large upload to another host, where neither mail nor token may go; check \
                 `mail.gmail.endpoint`"
            ),
        },
    )
}
