//! Who may use the inbox: whoever knows the password, when one is set, and no page of another site.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};
use subtle::ConstantTimeEq as _;

use super::super::inbox::Postroom;

/// A request that may see and change captured mail. Every route of pages and API takes one, but livez and readyz;
/// a test walks the route table.
pub struct Client {
    /// Who the request says it is from: proven when a password is set. Empty when it does not say.
    pub username: String,
}

/// Why it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// No or wrong credentials.
    Unauthorized,
    /// Another site's page asks.
    Foreign,
}

/// A request that no page of another site sent; it needs no password.
pub struct OwnPage;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for OwnPage {
    type Error = Stranger;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Stranger> {
        match own_origin(request.headers().get_one("Origin"), request.headers().get_one("Host")) {
            true => Outcome::Success(OwnPage),
            false => Outcome::Error((Status::Forbidden, Stranger::Foreign)),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Client {
    type Error = Stranger;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Stranger> {
        let Some(postroom) = request.rocket().state::<Postroom>() else {
            return Outcome::Forward(Status::NotFound);
        };
        if let Outcome::Error(stranger) = OwnPage::from_request(request).await {
            return Outcome::Error(stranger);
        }
        let settings = &postroom.settings;
        let given = request.headers().get_one("Authorization").and_then(credentials);
        let Some(password) = &settings.password else {
            return Outcome::Success(Client { username: given.map(|(name, _)| name).unwrap_or_default() });
        };
        let known = given.is_some_and(|(name, word)| {
            // Both are compared, so that the time tells nothing of which was wrong.
            same(&name, &settings.username) & same(&word, password.expose())
        });
        match known {
            true => Outcome::Success(Client { username: settings.username.clone() }),
            false => Outcome::Error((Status::Unauthorized, Stranger::Unauthorized)),
        }
    }
}

/// Equal hashes are compared, so that the time does not tell the length either.
fn same(given: &str, right: &str) -> bool {
    crate::secret::digest(given).as_bytes().ct_eq(crate::secret::digest(right).as_bytes()).into()
}

fn credentials(header: &str) -> Option<(String, String)> {
    let (scheme, value) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (name, word) = text.split_once(':')?;
    Some((name.to_owned(), word.to_owned()))
}

/// Mailpit's rule, reads included: an Origin, when there is one, names the host that was asked. Which hosts are
/// answered at all is decided before (a foreign Host gets 421), so that rebinding a name does not pass.
fn own_origin(origin: Option<&str>, host: Option<&str>) -> bool {
    let Some(origin) = origin else { return true };
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.zip(host).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_must_be_the_host_that_was_asked() {
        assert!(own_origin(None, Some("localhost:8000")));
        assert!(own_origin(Some("http://LOCALHOST:8000"), Some("localhost:8000")));
        for (origin, host) in [
            ("http://evil.example", Some("localhost:8000")),
            ("http://localhost:8001", Some("localhost:8000")),
            ("null", Some("localhost:8000")),
            ("", Some("localhost:8000")),
            ("http://localhost:8000", None),
            ("http://localhost:8000.evil.example", Some("localhost:8000")),
        ] {
            assert!(!own_origin(Some(origin), host), "{origin}");
        }
    }

    #[test]
    fn basic_credentials_are_read_and_nonsense_is_not() {
        assert_eq!(credentials("Basic dXNlcjpwYTpzcw=="), Some(("user".into(), "pa:ss".into())));
        for bad in ["", "Basic", "Basic %%%", "Bearer dXNlcjpwYQ==", "Basic dXNlcg=="] {
            assert_eq!(credentials(bad), None, "{bad}");
        }
    }
}
