//! Access to the inbox: a request needs the password, if one is set, and must not come from a page of another origin.
//! A client that sends many wrong passwords is refused for a while.

use std::ops::Deref;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rocket::http::Status;
use rocket::outcome::try_outcome;
use rocket::request::{FromRequest, Outcome, Request};

use crate::secret::Logins;

use super::super::client_ip;
use super::super::inbox::state::{InboxState, SendAccess, Settings};
use super::super::origin_check::was_listed_origin;

/// The state of the inbox, for a request that may read and change captured messages. Every route of the pages and the
/// API requires it, except livez and readyz; a test checks all routes.
pub struct ApiAuth<'r>(&'r InboxState);

impl Deref for ApiAuth<'_> {
    type Target = InboxState;

    fn deref(&self) -> &InboxState {
        self.0
    }
}

impl<'r> ApiAuth<'r> {
    pub fn state(&self) -> &'r InboxState {
        self.0
    }
}

/// Why a request has no access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unauthorized {
    /// Missing or wrong credentials.
    WrongCredentials,
    /// The request comes from a page of another origin.
    OtherOrigin,
    /// The client sent too many wrong passwords.
    TooManyFailures,
}

/// A request that no page of another origin sent; it needs no password.
pub struct SameOrigin;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SameOrigin {
    type Error = Unauthorized;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Unauthorized> {
        let origin = request.headers().get_one("Origin");
        match was_listed_origin(request) || is_same_origin(origin, request.headers().get_one("Host")) {
            true => Outcome::Success(SameOrigin),
            false => Outcome::Error((Status::Forbidden, Unauthorized::OtherOrigin)),
        }
    }
}

/// A request that no page of another site caused, as the browser says by `Sec-Fetch-Site` (W3C Fetch Metadata). Routes
/// that mark a message read or start a check require it: a picture on any page could else do so.
pub struct NotCrossSite;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for NotCrossSite {
    type Error = Unauthorized;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Unauthorized> {
        match is_cross_site(request) {
            false => Outcome::Success(NotCrossSite),
            true => Outcome::Error((Status::Forbidden, Unauthorized::OtherOrigin)),
        }
    }
}

/// True if a page of another site caused the request.
pub fn is_cross_site(request: &Request<'_>) -> bool {
    request.headers().get_one("Sec-Fetch-Site").is_some_and(|site| site.eq_ignore_ascii_case("cross-site"))
}

/// Marks a request whose wrong password has been counted.
struct FailureRecorded;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ApiAuth<'r> {
    type Error = Unauthorized;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Unauthorized> {
        authorize(request, |settings| settings.logins.clone()).await.map(|(state, _)| ApiAuth(state))
    }
}

/// A request that may store messages with `POST /send`.
pub struct SendAuth<'r> {
    pub state: &'r InboxState,
    /// The user name of the request, empty without one. It is verified only if there are logins.
    pub username: String,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SendAuth<'r> {
    type Error = Unauthorized;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Unauthorized> {
        let logins = |settings: &Settings| match &settings.send {
            SendAccess::AsApi => settings.logins.clone(),
            SendAccess::Open => Logins::default(),
            SendAccess::Logins(logins) => logins.clone(),
        };
        authorize(request, logins).await.map(|(state, username)| SendAuth { state, username })
    }
}

/// Checks origin, name and password of the request; returns the state and the name. Without logins, everybody has
/// access.
async fn authorize<'r>(
    request: &'r Request<'_>,
    logins: impl FnOnce(&Settings) -> Logins,
) -> Outcome<(&'r InboxState, String), Unauthorized> {
    let Some(state) = request.rocket().state::<InboxState>() else {
        return Outcome::Forward(Status::NotFound);
    };
    try_outcome!(SameOrigin::from_request(request).await);
    let settings = &state.settings;
    let logins = logins(settings);
    let given = request.headers().get_one("Authorization").and_then(credentials);
    if logins.is_empty() {
        return Outcome::Success((state, given.map(|(name, _)| name).unwrap_or_default()));
    }
    // A browser's first request has no password, and is no try.
    let Some((name, password)) = given else {
        return Outcome::Error((Status::Unauthorized, Unauthorized::WrongCredentials));
    };
    let (client, now) = (client_ip::client(request, &settings.trusted_proxies), state.clock.now());
    if state.failed_logins.wait(&client, &name, now).is_some() {
        return Outcome::Error((Status::TooManyRequests, Unauthorized::TooManyFailures));
    }
    if logins.verify(&name, &password) {
        return Outcome::Success((state, name));
    }
    // A page sends several requests, and each may ask for this guard more than once.
    request.local_cache(|| {
        state.failed_logins.record(&client, &name, "the inbox", now);
        FailureRecorded
    });
    Outcome::Error((Status::Unauthorized, Unauthorized::WrongCredentials))
}

/// User name and password of a Basic `Authorization` header (RFC 7617).
fn credentials(header: &str) -> Option<(String, String)> {
    let (scheme, value) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// Mailpit's rule, also for reads: an Origin header, if present, names the host of the request. The host itself has
/// been checked before (a wrong Host gets 421), so that DNS rebinding does not pass.
fn is_same_origin(origin: Option<&str>, host: Option<&str>) -> bool {
    let Some(origin) = origin else { return true };
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.zip(host).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_must_name_the_host_of_the_request() {
        assert!(is_same_origin(None, Some("localhost:8000")));
        assert!(is_same_origin(Some("http://LOCALHOST:8000"), Some("localhost:8000")));
        for (origin, host) in [
            ("http://evil.example", Some("localhost:8000")),
            ("http://localhost:8001", Some("localhost:8000")),
            ("null", Some("localhost:8000")),
            ("", Some("localhost:8000")),
            ("http://localhost:8000", None),
            ("http://localhost:8000.evil.example", Some("localhost:8000")),
        ] {
            assert!(!is_same_origin(Some(origin), host), "{origin}");
        }
    }

    #[test]
    fn only_valid_basic_credentials_are_read() {
        assert_eq!(credentials("Basic dXNlcjpwYTpzcw=="), Some(("user".into(), "pa:ss".into())));
        for bad in ["", "Basic", "Basic %%%", "Bearer dXNlcjpwYQ==", "Basic dXNlcg=="] {
            assert_eq!(credentials(bad), None, "{bad}");
        }
    }
}
