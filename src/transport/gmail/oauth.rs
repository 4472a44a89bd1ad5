//! Requests to the token endpoint (RFC 6749, RFC 7009): exchanging a code or a refresh token for an access token,
//! revoking, and classifying each refusal. yup-oauth2 is not used for them: it starts a new consent on any refusal.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::clock::Time;
use crate::secret::Secret;
use crate::transport::interface::{Failure, FailureKind};

use super::api_error::retry_after;
use super::credentials::OAuthClient;
use super::http::{Http, HttpAnswer};
use super::redact::redact;

/// Lifetime of a token without `expires_in`, which RFC 6749 §5.1 makes optional; Google's tokens are valid for an hour.
const DEFAULT_LIFE: Duration = Duration::from_secs(3600);
/// Upper bound on a token's lifetime, longer than any that Google issues.
const MAX_LIFE: Duration = Duration::from_secs(24 * 3600);

/// The tokens in an answer of the token endpoint.
#[derive(Debug)]
pub struct OAuthGrant {
    pub access: Secret<String>,
    pub lifetime: Duration,
    pub refresh: Option<Secret<String>>,
    pub scope: Option<String>,
}

#[derive(Deserialize)]
struct GrantBody {
    access_token: String,
    /// A number, or its digits as text: some proxies and emulators send text.
    expires_in: Option<Value>,
    refresh_token: Option<String>,
    scope: Option<String>,
    token_type: Option<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: String,
    error_description: Option<String>,
    /// Google's own.
    error_subtype: Option<String>,
}

impl ErrorBody {
    /// The error, or its more exact subtype if that has a cure of its own.
    fn code(&self) -> &str {
        self.error_subtype.as_deref().filter(|subtype| *subtype == "invalid_rapt").unwrap_or(&self.error)
    }
}

/// Exchanges a refresh token for an access token.
///
/// # Errors
/// Configuration when the consent or the client is no longer accepted, Transient when Google fails.
pub async fn refresh(
    http: &Http,
    client: &OAuthClient,
    token: &Secret<String>,
    now: Time,
) -> Result<OAuthGrant, Failure> {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token.expose())];
    grant(http, client, &fields, GrantPurpose::Refresh, now).await
}

/// Exchanges the code of a consent for tokens; `verifier` is the PKCE code verifier (RFC 7636).
///
/// # Errors
/// As [`refresh`].
pub async fn exchange(
    http: &Http,
    client: &OAuthClient,
    code: &Secret<String>,
    verifier: &Secret<String>,
    redirect: &str,
    now: Time,
) -> Result<OAuthGrant, Failure> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        ("code_verifier", verifier.expose()),
        ("redirect_uri", redirect),
    ];
    grant(http, client, &fields, GrantPurpose::Exchange, now).await
}

/// Revokes the consent at `/revoke` on the host of the token endpoint. A consent that is already revoked is no error.
///
/// # Errors
/// When Google cannot be reached or refuses the request.
pub async fn revoke(http: &Http, client: &OAuthClient, token: &Secret<String>, now: Time) -> Result<(), Failure> {
    let url = client.token.join("/revoke").map_err(|_| super::http_error::no_address(&client.token))?;
    let answer = http.post_form(&url, &[("token", token.expose())]).await?;
    let is_revoked = serde_json::from_slice(&answer.body).is_ok_and(|body: ErrorBody| body.error == "invalid_token");
    if answer.status == 200 || (answer.status == 400 && is_revoked) {
        return Ok(());
    }
    Err(refused(&url, &answer, GrantPurpose::Revoke, &[token.expose()], now))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum GrantPurpose {
    Refresh,
    Exchange,
    Revoke,
}

async fn grant(
    http: &Http,
    client: &OAuthClient,
    fields: &[(&str, &str)],
    purpose: GrantPurpose,
    now: Time,
) -> Result<OAuthGrant, Failure> {
    let mut form = vec![("client_id", client.id.as_str()), ("client_secret", client.secret.expose())];
    form.extend_from_slice(fields);
    let answer = http.post_form(&client.token, &form).await?;
    if answer.status != 200 {
        let secrets: Vec<&str> = form.iter().map(|(_, value)| *value).collect();
        return Err(refused(&client.token, &answer, purpose, &secrets, now));
    }
    let body: GrantBody = serde_json::from_slice(&answer.body).map_err(|_| garbled(&client.token))?;
    let bearer = body.token_type.as_deref().is_none_or(|t| t.eq_ignore_ascii_case("bearer"));
    if !bearer || body.access_token.is_empty() || !body.access_token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(garbled(&client.token));
    }
    Ok(OAuthGrant {
        access: Secret::new(body.access_token),
        lifetime: body.expires_in.as_ref().and_then(seconds).map_or(DEFAULT_LIFE, Duration::from_secs).min(MAX_LIFE),
        refresh: body.refresh_token.filter(|t| !t.is_empty()).map(Secret::new),
        scope: body.scope,
    })
}

fn seconds(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_f64().map(|seconds| seconds as u64))
        .or_else(|| value.as_str()?.trim().parse().ok())
}

fn garbled(url: &Url) -> Failure {
    let host = url.host_str().unwrap_or("the token endpoint");
    Failure::new(FailureKind::Transient, format!("no readable token in the answer of {host}; try again later"))
}

fn refused(url: &Url, answer: &HttpAnswer, purpose: GrantPurpose, secrets: &[&str], now: Time) -> Failure {
    let error: Option<ErrorBody> = serde_json::from_slice(&answer.body).ok();
    let code = error.as_ref().map_or("", ErrorBody::code);
    let detail = error.as_ref().and_then(|e| e.error_description.as_deref()).unwrap_or(code);
    let mut failure = refusal(url, answer.status, code, &redact(detail, secrets), purpose);
    failure.code = Some(answer.status);
    failure.retry_after = answer.retry_after().and_then(|header| retry_after(header, now));
    failure
}

fn refusal(url: &Url, status: u16, code: &str, detail: &str, purpose: GrantPurpose) -> Failure {
    let host = url.host_str().unwrap_or("the token endpoint");
    let detail = if detail.is_empty() { format!("status {status}") } else { format!("{status}: {detail}") };
    let (class, reason) = match (status, code) {
        (429, _) | (_, "rate_limit_exceeded" | "slow_down") => {
            (FailureKind::Rate, format!("Google's rate limit reached ({detail})"))
        }
        (500.., _) | (408, _) => {
            (FailureKind::Transient, format!("server error at {host} ({detail}); try again later"))
        }
        _ => (FailureKind::Configuration, configuration_error(host, code, &detail, purpose)),
    };
    Failure::new(class, reason)
}

/// What is wrong with consent, client or settings, and the cure.
fn configuration_error(host: &str, code: &str, detail: &str, purpose: GrantPurpose) -> String {
    match code {
        "invalid_rapt" => format!(
            "the Workspace wants a new login every few hours ({detail}, invalid_rapt): its administrator can mark \
                 this app as trusted (Admin console, Security, API controls) and exempt trusted apps (Google Cloud \
                 session control); then run `gatepost gmail authorize`"
        ),
        "invalid_grant" if purpose == GrantPurpose::Refresh => format!(
            "Google no longer accepts the stored consent ({detail}): it was revoked, the password changed, it was \
             unused for six months, or the Google Cloud project is in testing, where a consent lasts seven days; \
             run `gatepost gmail authorize`"
        ),
        "invalid_grant" => format!("Google does not accept the code of this consent ({detail}); run the command again"),
        "invalid_client" | "deleted_client" | "unauthorized_client" | "disabled_client" => format!(
            "Google does not accept the OAuth client ({detail}): it was deleted or its secret was replaced; download \
                 the JSON with the new secret and run `gatepost gmail authorize`"
        ),
        "invalid_scope" | "admin_policy_enforced" | "org_internal" | "access_denied" => format!(
            "Google does not grant permission to send ({detail}); ask the Workspace administrator to allow the client"
        ),
        _ => format!(
            "{host} refused the request ({detail}); check token_uri in the credentials file, or download it again"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, body: &str) -> (FailureKind, String) {
        let url = Url::parse("https://oauth2.googleapis.com/token").unwrap();
        let headers = [(hyper::header::RETRY_AFTER, "7".parse().unwrap())].into_iter().collect();
        let answer = HttpAnswer { status, headers, body: body.as_bytes().to_vec() };
        let failure = refused(&url, &answer, GrantPurpose::Refresh, &["hunter2"], Time::from_millis(0));
        assert_eq!(failure.retry_after, Some(Duration::from_secs(7)));
        assert_eq!(failure.code, Some(status));
        (failure.class, failure.reason)
    }

    #[test]
    fn a_lifetime_is_a_number_or_its_digits_as_text() {
        let lifetime = |json: &str| seconds(&serde_json::from_str(json).unwrap());
        for json in ["3599", "\"3599\"", "\" 3599 \"", "3599.0"] {
            assert_eq!(lifetime(json), Some(3599), "{json}");
        }
        for json in ["null", "\"an hour\"", "-1", "\"\"", "[]"] {
            assert!(lifetime(json).is_none_or(|seconds| seconds == 0), "{json}");
        }
    }

    #[test]
    fn an_invalid_consent_an_outage_and_a_rate_limit_are_distinguished() {
        let json = |code: &str| format!(r#"{{"error":"{code}","error_description":"said hunter2"}}"#);
        for (status, body, expected, part) in [
            (400, json("invalid_grant"), FailureKind::Configuration, "gatepost gmail authorize"),
            (401, json("invalid_client"), FailureKind::Configuration, "new secret"),
            (401, json("unauthorized_client"), FailureKind::Configuration, "new secret"),
            (
                400,
                r#"{"error":"invalid_grant","error_subtype":"invalid_rapt","error_description":"reauth related error"}"#
                    .to_owned(),
                FailureKind::Configuration,
                "exempt trusted apps",
            ),
            (400, json("invalid_scope"), FailureKind::Configuration, "administrator"),
            (404, "<html>".to_owned(), FailureKind::Configuration, "token_uri"),
            (429, json("rate_limit_exceeded"), FailureKind::Rate, "rate limit"),
            (503, "<html>".to_owned(), FailureKind::Transient, "503"),
            (500, json("internal_failure"), FailureKind::Transient, "500"),
        ] {
            let (class, reason) = class(status, &body);
            assert_eq!(class, expected, "{status} {body}");
            assert!(reason.contains(part), "{reason}");
            assert!(!reason.contains("hunter2"), "{reason}");
        }
    }
}
