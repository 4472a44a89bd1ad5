//! Names, attributes and lifetimes of all cookies. Names begin with `__Host-` under https (RFC 6265bis §4.1.3.2) but
//! not under http, where browsers reject the prefix.

use std::time::Duration;

use rocket::http::{Cookie, CookieJar, SameSite};

use crate::accounts::PublicUrl;

/// The purpose of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieName {
    /// The session token.
    Session,
    /// Binds a signup to the browser that made it.
    Signup,
    /// The address that this browser last signed up with or confirmed.
    Address,
    /// Proves that this browser has logged in with an address before.
    Known,
    Flash,
    Language,
    /// What a reader has chosen for the pages of the inbox.
    Inbox,
}

/// All values are shorter. A longer one was planted and is ignored.
pub const MAX_VALUE: usize = 512;

impl CookieName {
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            CookieName::Session => ("gatepost-session", "__Host-gatepost-session"),
            CookieName::Signup => ("gatepost-signup", "__Host-gatepost-signup"),
            CookieName::Address => ("gatepost-address", "__Host-gatepost-address"),
            CookieName::Known => ("gatepost-known", "__Host-gatepost-known"),
            CookieName::Flash => ("gatepost-flash", "__Host-gatepost-flash"),
            CookieName::Language => ("gatepost-language", "__Host-gatepost-language"),
            CookieName::Inbox => ("gatepost-inbox", "__Host-gatepost-inbox"),
        }
    }

    fn name(self, url: &PublicUrl) -> &'static str {
        let (plain, host) = self.names();
        if url.is_https() { host } else { plain }
    }
}

/// Returns the value that the browser sent.
pub fn read<'r>(jar: &'r CookieJar<'_>, url: &PublicUrl, kind: CookieName) -> Option<&'r str> {
    jar.get(kind.name(url)).map(Cookie::value).filter(|value| !value.is_empty() && value.len() <= MAX_VALUE)
}

/// Sets a cookie. Without `max_age` it ends with the browser session.
pub fn write(jar: &CookieJar<'_>, url: &PublicUrl, kind: CookieName, value: String, max_age: Option<Duration>) {
    let mut cookie = base(url, kind, value);
    if let Some(max_age) = max_age {
        let seconds = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
        cookie.set_max_age(rocket::time::Duration::seconds(seconds));
    }
    jar.add(cookie);
}

pub fn remove(jar: &CookieJar<'_>, url: &PublicUrl, kind: CookieName) {
    let mut cookie = base(url, kind, String::new());
    cookie.make_removal();
    jar.add(cookie);
}

/// SameSite=Lax: a click on a link in webmail sends the session, a form of another site does not.
fn base(url: &PublicUrl, kind: CookieName, value: String) -> Cookie<'static> {
    Cookie::build((kind.name(url), value))
        .path("/")
        .http_only(true)
        .secure(url.is_https())
        .same_site(SameSite::Lax)
        .build()
}
