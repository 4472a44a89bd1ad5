//! Access tokens for a service account: yup-oauth2 exchanges a signed assertion (RFC 7523) for a token.

use std::time::Duration;

use url::Url;
use yup_oauth2::error::{AuthErrorCode, SendError};
use yup_oauth2::{CustomHyperClientBuilder, Error, ServiceAccountAuthenticator, ServiceAccountKey};

use crate::clock::Time;
use crate::mail::Address;
use crate::secret::Secret;
use crate::transport::interface::{Failure, FailureKind};

use super::http::Http;
use super::http_error;
use super::oauth::OAuthGrant;
use super::redact::redact;
use super::token_file::SCOPE;

/// The longest answer that is read, headers included, in bytes.
const MAX_ANSWER: u64 = 64 * 1024;

/// Fetches a token for the service account `key` to send as `subject`.
///
/// # Errors
/// Configuration when Google does not accept key, subject or delegation; Transient when Google does not answer.
pub(super) async fn fetch_token(
    http: &Http,
    key: &ServiceAccountKey,
    subject: Option<&Address>,
    now: Time,
) -> Result<OAuthGrant, Failure> {
    let Some(subject) = subject else {
        return Err(Failure::new(
            FailureKind::Configuration,
            "a service account has no mailbox; set mail.gmail.subject to the address it sends as",
        ));
    };
    let url = Url::parse(&key.token_uri).map_err(|_| {
        Failure::new(
            FailureKind::Configuration,
            "the service account's token_uri is not a URL; download its JSON again",
        )
    })?;
    let line = http.line::<String>()?;
    line.counter.start(MAX_ANSWER);
    let client = CustomHyperClientBuilder::from(line.client);
    let account =
        ServiceAccountAuthenticator::with_client(key.clone(), client).subject(subject.to_string()).build().await;
    let account = account.map_err(|_| {
        Failure::new(
            FailureKind::Configuration,
            "the service account's private key is damaged; download its JSON again",
        )
    })?;
    let token = tokio::time::timeout(http.limits.form, account.token(&[SCOPE])).await;
    let token = token
        .unwrap_or(Err(Error::HttpClientError(SendError::Timeout)))
        .map_err(|e| failure(&url, http.limits.form, &e))?;
    let access = token.token().ok_or_else(|| unreadable(&url))?.to_owned();
    let expires = token.expiration_time().map_or(0, |at| at.unix_timestamp().saturating_mul(1000));
    let life = Time::from_millis(expires).since(now);
    Ok(OAuthGrant { access: Secret::new(access), lifetime: life, refresh: None, scope: Some(SCOPE.to_owned()) })
}

fn failure(url: &Url, limit: Duration, error: &Error) -> Failure {
    match error {
        Error::HttpClientError(SendError::Timeout) => http_error::timed_out(url, limit, false),
        Error::HttpClientError(SendError::Hyper(e)) => http_error::failure(url, e, false),
        Error::HttpError(e) => http_error::failure(url, e, false),
        Error::AuthError(e) => {
            let detail = redact(e.error_description.as_deref().unwrap_or(e.error.as_str()), &[]);
            let (class, sentence) = classify(&e.error);
            Failure::new(class, format!("{sentence} ({detail})"))
        }
        Error::UserError(_) | Error::LowLevelError(_) => {
            Failure::new(FailureKind::Configuration, "the service account's key cannot sign; download its JSON again")
        }
        _ => unreadable(url),
    }
}

fn classify(code: &AuthErrorCode) -> (FailureKind, &'static str) {
    match code {
        AuthErrorCode::UnauthorizedClient | AuthErrorCode::AccessDenied | AuthErrorCode::InvalidScope => (
            FailureKind::Configuration,
            "the service account may not send as mail.gmail.subject; the Workspace administrator must grant its client id \
             the scope gmail.send (Admin console, Security, API controls, domain-wide delegation)",
        ),
        AuthErrorCode::InvalidGrant => (
            FailureKind::Configuration,
            "Google does not accept the service account's assertion; check mail.gmail.subject, this machine's clock, and \
             that the key still exists",
        ),
        AuthErrorCode::Other(code)
            if ["internal_failure", "server_error", "temporarily_unavailable"].contains(&code.as_str()) =>
        {
            (FailureKind::Transient, "Google server error; try again later")
        }
        _ => (FailureKind::Configuration, "Google does not accept the service account; download its JSON again"),
    }
}

fn unreadable(url: &Url) -> Failure {
    let host = url.host_str().unwrap_or("the token endpoint");
    Failure::new(FailureKind::Transient, format!("no readable token in the answer of {host}; try again later"))
}
