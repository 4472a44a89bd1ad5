//! What each answer of the Gmail API means: the table from status and reason to class and cure.

use std::time::Duration;

use serde_json::Value;

use crate::clock::Time;
use crate::transport::{Class, Failure};

use super::http::Answer;
use super::words::words;

/// A daily limit frees up over hours; asking every hour finds it without hammering.
const DAILY_PAUSE: Duration = Duration::from_secs(3600);
/// Shorter waits are left to the outbox's own pauses.
const MIN_RETRY_AFTER: Duration = Duration::from_secs(1);
/// Nobody is believed who asks to come back later than this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// An answer that is no success.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    pub status: u16,
    /// The header, as it came.
    pub retry_after: Option<String>,
    /// Google's error object, when the body was JSON.
    pub body: Option<Value>,
}

impl From<&Answer> for Refusal {
    fn from(answer: &Answer) -> Self {
        Refusal {
            status: answer.status,
            retry_after: answer.retry_after().map(str::to_owned),
            body: serde_json::from_slice(&answer.body).ok(),
        }
    }
}

impl Refusal {
    /// `secrets` are kept out of the sentence should the other side repeat them.
    pub fn failure(&self, secrets: &[&str], now: Time) -> Failure {
        let message = self.error("message").and_then(Value::as_str).unwrap_or_default();
        let said = words(message, secrets);
        let said = if said.is_empty() { self.status.to_string() } else { format!("{}: {said}", self.status) };
        let (class, sentence) = verdict(self.status, &self.reasons());
        let header = self.retry_after.as_deref().and_then(|text| retry_after(text, now));
        // Only a limit says so in words; elsewhere they may repeat an address that somebody chose.
        let asked = header.or_else(|| retry_after_in(message, now).filter(|_| class == Class::Rate));
        let daily = (class == Class::Rate && self.reasons().contains(&"dailyLimitExceeded")).then_some(DAILY_PAUSE);
        let (code, retry_after) = (Some(self.status), asked.or(daily));
        Failure { code, retry_after, ..Failure::new(class, format!("{sentence} ({said})")) }
    }

    fn error(&self, field: &str) -> Option<&Value> {
        self.body.as_ref()?.get("error")?.get(field)
    }

    /// `errors[].reason` of the older form, `details[].reason` and `status` of the newer.
    fn reasons(&self) -> Vec<&str> {
        let listed = ["errors", "details"].into_iter().filter_map(|field| self.error(field)?.as_array());
        let reasons = listed.flatten().filter_map(|entry| entry.get("reason")?.as_str());
        reasons.chain(self.error("status").and_then(Value::as_str)).collect()
    }
}

fn verdict(status: u16, reasons: &[&str]) -> (Class, &'static str) {
    let has = |names: &[&str]| reasons.iter().any(|reason| names.contains(reason));
    match status {
        400 if has(&["failedPrecondition", "FAILED_PRECONDITION"]) => (
            Class::Configuration,
            "this account cannot send through the Gmail API: it has no Gmail mailbox, or a service account is not allowed \
             to send as `mail.gmail.subject` (domain-wide delegation)",
        ),
        400 | 413 => (Class::Permanent, "Gmail refuses this mail as malformed or too large"),
        401 => (
            Class::Configuration,
            "Gmail does not accept the access token, though it was just renewed; run `gatepost gmail authorize`",
        ),
        403 => forbidden(reasons),
        404 => (
            Class::Configuration,
            "Gmail knows no such mailbox or address; check `mail.gmail.user` and `mail.gmail.endpoint`",
        ),
        429 => (Class::Rate, "Gmail's sending limit is reached; the mail waits"),
        408 | 500.. => (Class::Transient, "Gmail has a fault of its own; will be tried again"),
        _ => (Class::Configuration, "this is no answer of Gmail's; check `mail.gmail.endpoint`"),
    }
}

fn forbidden(reasons: &[&str]) -> (Class, &'static str) {
    let has = |names: &[&str]| reasons.iter().any(|reason| names.contains(reason));
    if has(&["dailyLimitExceeded"]) {
        (Class::Rate, "Gmail's daily sending limit is reached; the mail waits until it frees up")
    } else if has(&[
        "userRateLimitExceeded",
        "rateLimitExceeded",
        "quotaExceeded",
        "RATE_LIMIT_EXCEEDED",
        "RESOURCE_EXHAUSTED",
    ]) {
        (Class::Rate, "Gmail asks to slow down; the mail waits")
    } else if has(&["accessNotConfigured", "SERVICE_DISABLED"]) {
        (
            Class::Configuration,
            "the Gmail API is not enabled in the Google Cloud project; enable it under APIs & Services, Library",
        )
    } else if has(&["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"]) {
        (
            Class::Configuration,
            "the consent does not include sending mail; run `gatepost gmail authorize` and leave the box ticked",
        )
    } else if has(&["domainPolicy"]) {
        (
            Class::Configuration,
            "the Workspace does not let this app use Gmail; its administrator must allow it under Security, API controls",
        )
    } else {
        (
            Class::Configuration,
            "Gmail forbids this app to send; see its words, and check `mail.gmail.user` and the Google Cloud project",
        )
    }
}

/// The Retry-After header (RFC 9110 §10.2.3): seconds or an HTTP date.
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

/// Gmail also writes it into the message: `User-rate limit exceeded.  Retry after 2026-11-21T04:00:00.000Z`.
fn retry_after_in(message: &str, now: Time) -> Option<Duration> {
    const MARK: &str = "retry after ";
    let at = message.to_ascii_lowercase().find(MARK)? + MARK.len();
    let time = message.get(at..)?.split_whitespace().next()?;
    let time = time.trim_end_matches(|c: char| ".,)".contains(c));
    bounded(Time::parse_rfc3339(time)?.since(now))
}

/// A time that is over, or was never to come (a clock that goes ahead), is no wish at all: taken by its word, the
/// transport would ask again at once, and again.
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
        Refusal { status, retry_after: None, body: Some(body) }.failure(&["hunter2"], now())
    }

    #[test]
    fn each_answer_has_its_class_and_its_cure() {
        for (status, reason, class, cure) in [
            (400, "invalidArgument", Class::Permanent, "malformed"),
            (400, "failedPrecondition", Class::Configuration, "domain-wide delegation"),
            (401, "authError", Class::Configuration, "gmail authorize"),
            (403, "userRateLimitExceeded", Class::Rate, "slow down"),
            (403, "rateLimitExceeded", Class::Rate, "slow down"),
            (403, "dailyLimitExceeded", Class::Rate, "daily"),
            (403, "domainPolicy", Class::Configuration, "administrator"),
            (403, "insufficientPermissions", Class::Configuration, "gmail authorize"),
            (403, "accessNotConfigured", Class::Configuration, "enable it"),
            (403, "forbidden", Class::Configuration, "forbids"),
            (404, "notFound", Class::Configuration, "mail.gmail.user"),
            (413, "uploadTooLarge", Class::Permanent, "too large"),
            (429, "rateLimitExceeded", Class::Rate, "limit"),
            (302, "", Class::Configuration, "endpoint"),
            (500, "backendError", Class::Transient, "again"),
            (503, "backendError", Class::Transient, "again"),
        ] {
            let failure = failure(status, reason);
            assert_eq!((failure.class, failure.code), (class, Some(status)), "{status} {reason}");
            assert!(failure.reason.contains(cure), "{failure}");
            assert!(failure.reason.contains("said ***"), "{failure}");
        }
        let html = Refusal { status: 502, ..Refusal::default() }.failure(&[], now());
        assert_eq!((html.class, html.retry_after), (Class::Transient, None));
    }

    #[test]
    fn words_that_repeat_an_address_decide_nothing() {
        let chosen = "Invalid To header: userRateLimitExceeded@x.test, domainPolicy@failedPrecondition.test. Retry after \
                      2026-11-21T05:30:00.000Z";
        for (status, class) in [(400, Class::Permanent), (403, Class::Configuration), (500, Class::Transient)] {
            let reasons = json!([{"domain": "global", "reason": "invalidArgument", "message": chosen}]);
            let body = json!({"error": {"code": status, "message": chosen, "errors": reasons}});
            let failure = Refusal { status, retry_after: None, body: Some(body) }.failure(&[], now());
            assert_eq!((failure.class, failure.retry_after), (class, None), "{failure}");
        }
    }

    #[test]
    fn the_newer_error_form_is_read_too() {
        let body = json!({"error": {"code": 403, "message": "m", "status": "PERMISSION_DENIED",
            "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}]}});
        let failure = Refusal { status: 403, retry_after: None, body: Some(body) }.failure(&[], now());
        assert!(failure.reason.contains("enable it"), "{failure}");
    }

    #[test]
    fn the_wait_is_read_from_header_or_words_and_bounded() {
        let seconds = |text| retry_after(text, now()).map(|d| d.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds("Sat, 21 Nov 2026 04:01:30 GMT"), Some(90));
        assert_eq!(seconds("Sat, 21 Nov 2020 04:01:30 GMT"), None);
        assert_eq!(seconds("0"), None);
        assert_eq!(seconds("99999999999"), Some(86_400));
        assert_eq!(seconds("soon"), None);
        let words = "User-rate limit exceeded.  Retry after 2026-11-21T05:30:00.000Z";
        assert_eq!(retry_after_in(words, now()), Some(Duration::from_secs(5400)));
        assert_eq!(retry_after_in("Retry after 2026-11-21T03:00:00Z", now()), None);
        assert_eq!(failure(403, "dailyLimitExceeded").retry_after, Some(DAILY_PAUSE));
    }
}
