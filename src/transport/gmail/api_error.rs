//! Maps error answers of the Gmail API, by status and reason, to a failure kind and a message that says what to do.

use std::time::Duration;

use serde_json::Value;

use crate::clock::Time;
use crate::transport::interface::{Failure, FailureKind, FailureScope};

use super::http::HttpAnswer;
use super::redact::redact;

/// The pause after the daily limit is reached. The limit recovers over hours, so one attempt per hour is enough.
const DAILY_PAUSE: Duration = Duration::from_secs(3600);
/// Shorter waits are ignored; the outbox uses its own delays instead.
const MIN_RETRY_AFTER: Duration = Duration::from_secs(1);
/// Longer waits are cut to this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// An error answer.
#[derive(Debug, Default)]
pub(super) struct GmailApiError {
    pub status: u16,
    /// The unparsed Retry-After header.
    pub retry_after: Option<String>,
    /// The body, if it is JSON; holds Google's error object.
    pub body: Option<Value>,
}

impl From<&HttpAnswer> for GmailApiError {
    fn from(answer: &HttpAnswer) -> Self {
        GmailApiError {
            status: answer.status,
            retry_after: answer.retry_after().map(str::to_owned),
            body: serde_json::from_slice(&answer.body).ok(),
        }
    }
}

impl GmailApiError {
    /// The failure for this answer. `secrets` are redacted, in case Google's message repeats them.
    pub fn failure(&self, secrets: &[&str], now: Time) -> Failure {
        let message = self.error("message").and_then(Value::as_str).unwrap_or_default();
        let detail = redact(message, secrets);
        let detail = if detail.is_empty() { self.status.to_string() } else { format!("{}: {detail}", self.status) };
        let is_from_google = self.body.as_ref().is_some_and(|body| body.get("error").is_some_and(Value::is_object));
        let (class, sentence) = match self.status {
            // It says nothing about the message.
            400 if !is_from_google => {
                (FailureKind::Transient, "a proxy in between, and not Gmail, refused the request; try again later")
            }
            status => classify(status, &self.reasons()),
        };
        let header = self.retry_after.as_deref().and_then(|text| retry_after(text, now));
        // Only a limit says so in words; elsewhere they may repeat an address that somebody chose.
        let asked = header.or_else(|| retry_after_in(message, now).filter(|_| class == FailureKind::Rate));
        let daily =
            (class == FailureKind::Rate && self.reasons().contains(&"dailyLimitExceeded")).then_some(DAILY_PAUSE);
        let (code, retry_after) = (Some(self.status), asked.or(daily));
        let failure = Failure::new(class, format!("{sentence} ({detail})"));
        // Too large for Gmail.
        let scope = if self.status == 413 { FailureScope::Unsupported } else { failure.scope };
        Failure { code, retry_after, scope, ..failure }
    }

    fn error(&self, field: &str) -> Option<&Value> {
        self.body.as_ref()?.get("error")?.get(field)
    }

    /// `errors[].reason` of the older error format, `details[].reason` and `status` of the newer one.
    fn reasons(&self) -> Vec<&str> {
        let listed = ["errors", "details"].into_iter().filter_map(|field| self.error(field)?.as_array());
        let reasons = listed.flatten().filter_map(|entry| entry.get("reason")?.as_str());
        reasons.chain(self.error("status").and_then(Value::as_str)).collect()
    }
}

fn classify(status: u16, reasons: &[&str]) -> (FailureKind, &'static str) {
    let has = |names: &[&str]| reasons.iter().any(|reason| names.contains(reason));
    match status {
        400 if has(&["failedPrecondition", "FAILED_PRECONDITION"]) => (
            FailureKind::Configuration,
            "this account cannot send through the Gmail API: it has no Gmail mailbox, or a service account is not allowed \
             to send as `mail.gmail.subject` (domain-wide delegation)",
        ),
        400 | 413 => (FailureKind::Permanent, "Gmail refuses this message as malformed or too large"),
        401 => (
            FailureKind::Configuration,
            "Gmail does not accept the renewed access token; run `gatepost gmail authorize`",
        ),
        403 => forbidden(reasons),
        404 => (
            FailureKind::Configuration,
            "mailbox or address unknown to Gmail; check `mail.gmail.user` and `mail.gmail.endpoint`",
        ),
        429 => (FailureKind::Rate, "Gmail's sending limit reached; try again later"),
        408 | 500.. => (FailureKind::Transient, "Gmail server error; try again later"),
        _ => (FailureKind::Configuration, "unexpected answer, probably not from Gmail; check `mail.gmail.endpoint`"),
    }
}

fn forbidden(reasons: &[&str]) -> (FailureKind, &'static str) {
    let has = |names: &[&str]| reasons.iter().any(|reason| names.contains(reason));
    if has(&["dailyLimitExceeded"]) {
        (FailureKind::Rate, "Gmail's daily sending limit reached; try again later")
    } else if has(&[
        "userRateLimitExceeded",
        "rateLimitExceeded",
        "quotaExceeded",
        "RATE_LIMIT_EXCEEDED",
        "RESOURCE_EXHAUSTED",
    ]) {
        (FailureKind::Rate, "Gmail's rate limit reached; try again later")
    } else if has(&["accessNotConfigured", "SERVICE_DISABLED"]) {
        (
            FailureKind::Configuration,
            "the Gmail API is not enabled in the Google Cloud project; enable it under APIs & Services, Library",
        )
    } else if has(&["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"]) {
        (
            FailureKind::Configuration,
            "the consent does not include sending mail; run `gatepost gmail authorize` and leave the box ticked",
        )
    } else if has(&["domainPolicy"]) {
        (
            FailureKind::Configuration,
            "the Workspace forbids this app to use Gmail; its administrator must allow it under Security, API controls",
        )
    } else {
        (
            FailureKind::Configuration,
            "Gmail forbids this app to send; see its message, and check `mail.gmail.user` and the Google Cloud project",
        )
    }
}

/// Parses the Retry-After header (RFC 9110 §10.2.3): seconds or an HTTP date.
pub(super) fn retry_after(header: &str, now: Time) -> Option<Duration> {
    let header = header.trim();
    let wait = match header.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = httpdate::parse_http_date(header).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
            Time::from_millis(i64::try_from(at.as_millis()).ok()?).since(now)
        }
    };
    bounded(wait)
}

/// Parses the time in Gmail's message: `User-rate limit exceeded.  Retry after 2026-11-21T04:00:00.000Z`.
fn retry_after_in(message: &str, now: Time) -> Option<Duration> {
    const MARK: &str = "retry after ";
    let at = message.to_ascii_lowercase().find(MARK)? + MARK.len();
    let time = message.get(at..)?.split_whitespace().next()?;
    let time = time.trim_end_matches(|c: char| ".,)".contains(c));
    bounded(Time::parse_rfc3339(time)?.since(now))
}

/// GmailTimeouts the wait. `None` for a time that has passed already, for example because this machine's clock is ahead:
/// obeying it would repeat the request at once.
fn bounded(wait: Duration) -> Option<Duration> {
    (wait >= MIN_RETRY_AFTER).then(|| wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Time {
        Time::parse_rfc3339("2026-11-21T04:00:00Z").unwrap()
    }

    fn failure(status: u16, reason: &str) -> Failure {
        let body = json!({"error": {"code": status, "message": "said hunter2", "errors": [{"domain": "global", "reason": reason}]}});
        GmailApiError { status, retry_after: None, body: Some(body) }.failure(&["hunter2"], now())
    }

    #[test]
    fn each_answer_has_its_kind_and_says_what_to_do() {
        for (status, reason, class, cure) in [
            (400, "invalidArgument", FailureKind::Permanent, "malformed"),
            (400, "failedPrecondition", FailureKind::Configuration, "domain-wide delegation"),
            (401, "authError", FailureKind::Configuration, "gmail authorize"),
            (403, "userRateLimitExceeded", FailureKind::Rate, "rate limit"),
            (403, "rateLimitExceeded", FailureKind::Rate, "rate limit"),
            (403, "dailyLimitExceeded", FailureKind::Rate, "daily"),
            (403, "domainPolicy", FailureKind::Configuration, "administrator"),
            (403, "insufficientPermissions", FailureKind::Configuration, "gmail authorize"),
            (403, "accessNotConfigured", FailureKind::Configuration, "enable it"),
            (403, "forbidden", FailureKind::Configuration, "forbids"),
            (404, "notFound", FailureKind::Configuration, "mail.gmail.user"),
            (413, "uploadTooLarge", FailureKind::Permanent, "too large"),
            (429, "rateLimitExceeded", FailureKind::Rate, "limit"),
            (302, "", FailureKind::Configuration, "endpoint"),
            (500, "backendError", FailureKind::Transient, "later"),
            (503, "backendError", FailureKind::Transient, "later"),
        ] {
            let failure = failure(status, reason);
            assert_eq!((failure.class, failure.code), (class, Some(status)), "{status} {reason}");
            assert!(failure.reason.contains(cure), "{failure}");
            assert!(failure.reason.contains("said ***"), "{failure}");
        }
        for status in [400, 502] {
            for body in [None, Some(json!("Bad Request")), Some(json!({"error": "Bad Request"}))] {
                let html = GmailApiError { status, body, retry_after: None }.failure(&[], now());
                assert_eq!((html.class, html.retry_after), (FailureKind::Transient, None), "{html}");
            }
        }
    }

    #[test]
    fn words_that_repeat_an_address_decide_nothing() {
        let chosen = "Invalid To header: userRateLimitExceeded@x.test, domainPolicy@failedPrecondition.test. Retry after \
                      2026-11-21T05:30:00.000Z";
        for (status, class) in
            [(400, FailureKind::Permanent), (403, FailureKind::Configuration), (500, FailureKind::Transient)]
        {
            let reasons = json!([{"domain": "global", "reason": "invalidArgument", "message": chosen}]);
            let body = json!({"error": {"code": status, "message": chosen, "errors": reasons}});
            let failure = GmailApiError { status, retry_after: None, body: Some(body) }.failure(&[], now());
            assert_eq!((failure.class, failure.retry_after), (class, None), "{failure}");
        }
    }

    #[test]
    fn the_newer_error_format_is_read_too() {
        let body = json!({"error": {"code": 403, "message": "m", "status": "PERMISSION_DENIED",
            "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}]}});
        let failure = GmailApiError { status: 403, retry_after: None, body: Some(body) }.failure(&[], now());
        assert!(failure.reason.contains("enable it"), "{failure}");
    }

    #[test]
    fn the_wait_is_read_from_the_header_or_the_message_and_limited() {
        let seconds = |text| retry_after(text, now()).map(|d| d.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds("Sat, 21 Nov 2026 04:01:30 GMT"), Some(90));
        assert_eq!(seconds("Sat, 21 Nov 2020 04:01:30 GMT"), None);
        assert_eq!(seconds("0"), None);
        assert_eq!(seconds("99999999999"), Some(86_400));
        assert_eq!(seconds("soon"), None);
        let message = "User-rate limit exceeded.  Retry after 2026-11-21T05:30:00.000Z";
        assert_eq!(retry_after_in(message, now()), Some(Duration::from_secs(5400)));
        assert_eq!(retry_after_in("Retry after 2026-11-21T03:00:00Z", now()), None);
        assert_eq!(failure(403, "dailyLimitExceeded").retry_after, Some(DAILY_PAUSE));
    }
}
