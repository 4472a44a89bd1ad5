//! Access to the inbox: a request needs the password, if one is set, and must not come from a page of another origin.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};

use crate::secret::Logins;

use super::super::inbox::{InboxState, SendAccess};
use super::super::origin_check::was_listed_origin;

/// A request that may read and change captured messages. Every route of the pages and the API requires it, except
/// livez and readyz; a test checks all routes.
pub struct ApiAuth {
    /// The user name of the request, empty without one. It is verified only if a password is set.
    pub username: String,
}

/// Why a request has no access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unauthorized {
    /// Missing or wrong credentials.
    Unauthorized,
    /// The request comes from a page of another origin.
    OtherOrigin,
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

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ApiAuth {
    type Error = Unauthorized;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Unauthorized> {
        let Some(state) = request.rocket().state::<InboxState>() else {
            return Outcome::Forward(Status::NotFound);
        };
        if let Outcome::Error(error) = SameOrigin::from_request(request).await {
            return Outcome::Error(error);
        }
        grant(request, &state.settings.logins)
    }
}

/// A request that may store messages with `POST /send`.
pub struct SendAuth {
    /// As in [`ApiAuth`].
    pub username: String,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SendAuth {
    type Error = Unauthorized;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Unauthorized> {
        let Some(state) = request.rocket().state::<InboxState>() else {
            return Outcome::Forward(Status::NotFound);
        };
        if let Outcome::Error(error) = SameOrigin::from_request(request).await {
            return Outcome::Error(error);
        }
        let granted = match &state.settings.send {
            SendAccess::AsApi => grant(request, &state.settings.logins),
            SendAccess::Open => grant(request, &Logins::default()),
            SendAccess::Logins(logins) => grant(request, logins),
        };
        granted.map(|ApiAuth { username }| SendAuth { username })
    }
}

/// Checks the request's name and password. Without logins, everybody has access.
fn grant(request: &Request<'_>, logins: &Logins) -> Outcome<ApiAuth, Unauthorized> {
    let given = request.headers().get_one("Authorization").and_then(credentials);
    match given {
        given if logins.is_empty() => {
            Outcome::Success(ApiAuth { username: given.map(|(name, _)| name).unwrap_or_default() })
        }
        Some((username, password)) if logins.verify(&username, &password) => Outcome::Success(ApiAuth { username }),
        Some(_) | None => Outcome::Error((Status::Unauthorized, Unauthorized::Unauthorized)),
    }
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
