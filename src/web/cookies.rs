//! Our cookies: their names, attributes and lives. `__Host-` under https (RFC 6265bis §4.1.3.2), plain names on
//! http, where a browser would refuse the prefix.

use std::time::Duration;

use rocket::http::{Cookie, CookieJar, SameSite};

use crate::accounts::PublicUrl;

/// What each cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The session token.
    Session,
    /// Binds a signup to the browser that made it.
    Signup,
    /// Says that this browser has logged in before, with which address.
    Known,
    Flash,
    Language,
}

/// No value of ours is longer; a longer one was planted and is not looked at.
const MAX_VALUE: usize = 512;

impl Kind {
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Kind::Session => ("gatepost-session", "__Host-gatepost-session"),
            Kind::Signup => ("gatepost-signup", "__Host-gatepost-signup"),
            Kind::Known => ("gatepost-known", "__Host-gatepost-known"),
            Kind::Flash => ("gatepost-flash", "__Host-gatepost-flash"),
            Kind::Language => ("gatepost-language", "__Host-gatepost-language"),
        }
    }

    fn name(self, url: &PublicUrl) -> &'static str {
        let (plain, host) = self.names();
        if url.is_https() { host } else { plain }
    }
}

/// The value the browser sent.
pub fn read<'r>(jar: &'r CookieJar<'_>, url: &PublicUrl, kind: Kind) -> Option<&'r str> {
    jar.get(kind.name(url)).map(Cookie::value).filter(|value| !value.is_empty() && value.len() <= MAX_VALUE)
}

/// Sets a cookie; without `life` it ends with the browser session.
pub fn write(jar: &CookieJar<'_>, url: &PublicUrl, kind: Kind, value: String, life: Option<Duration>) {
    let mut cookie = base(url, kind, value);
    if let Some(life) = life {
        let seconds = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
        cookie.set_max_age(rocket::time::Duration::seconds(seconds));
    }
    jar.add(cookie);
}

pub fn remove(jar: &CookieJar<'_>, url: &PublicUrl, kind: Kind) {
    let mut cookie = base(url, kind, String::new());
    cookie.make_removal();
    jar.add(cookie);
}

/// Lax: a click in webmail arrives with the session; a form from another site does not.
fn base(url: &PublicUrl, kind: Kind, value: String) -> Cookie<'static> {
    Cookie::build((kind.name(url), value))
        .path("/")
        .http_only(true)
        .secure(url.is_https())
        .same_site(SameSite::Lax)
        .build()
}
