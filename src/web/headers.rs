//! The security headers of every response. Handlers may set their own values.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Header, Status};
use rocket::{Request, Response};

use crate::accounts::PublicUrl;

use super::inbox::state::Mount;
use super::{fallback, origin_check};

/// One year, as browsers' preload lists require (ASVS 3.4.1).
const HSTS: &str = "max-age=31536000";

/// Sets the security headers, and `Allow` on a 405.
pub struct Headers {
    pub public_url: PublicUrl,
}

#[rocket::async_trait]
impl Fairing for Headers {
    fn info(&self) -> Info {
        Info { name: "headers", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        secure(request, &self.public_url, response);
        sort_cookies(response);
        if response.status() == Status::MethodNotAllowed {
            fallback::add_allow(request, response);
        }
    }
}

/// Sets the security headers that the response lacks. Rocket runs no fairing for a request that it cannot parse, so the
/// error page of such a request calls this function itself.
pub fn secure(request: &Request<'_>, public_url: &PublicUrl, response: &mut Response<'_>) {
    let mut set_default = |name: &'static str, value: &str| {
        if !response.headers().contains(name) {
            response.set_header(Header::new(name, value.to_owned()));
        }
    };
    set_default("Content-Security-Policy", &policy(&asset_source(request, public_url)));
    set_default("X-Content-Type-Options", "nosniff");
    set_default("X-Frame-Options", "DENY");
    set_default("Cross-Origin-Opener-Policy", "same-origin");
    set_default("Permissions-Policy", "interest-cohort=(), camera=(), microphone=(), geolocation=()");
    // Not `no-referrer`: the browser would then send `Origin: null` with the forms of token pages.
    set_default("Referrer-Policy", "same-origin");
    set_default("Cache-Control", "no-store");
    // Mailpit's mode runs at localhost, where other servers speak plain HTTP.
    let is_alone = request.rocket().state::<Mount>().is_some_and(|mount| mount.is_alone);
    if public_url.is_https() && !is_alone {
        set_default("Strict-Transport-Security", HSTS);
    }
}

/// Where scripts and styles come from: the static files of the request's own host, which is a name of this server. A
/// source cannot name the host of an IPv6 address (CSP 3 §2.3.1), and `'self'` has no path.
fn asset_source(request: &Request<'_>, public_url: &PublicUrl) -> String {
    let elsewhere = origin_check::asset_origin(request, public_url);
    if !elsewhere.is_empty() {
        return format!("{elsewhere}/static/");
    }
    let host = request.host().map(|host| host.to_string().to_ascii_lowercase()).unwrap_or_default();
    let is_source = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:".contains(&b));
    let base = request.rocket().state::<Mount>().map_or("", |mount| mount.assets.as_str());
    if is_source { format!("{host}{base}/static/") } else { "'self'".to_owned() }
}

/// Sorts the cookies of a response. Rocket sets them in random order, so that equal answers would not look equal.
fn sort_cookies(response: &mut Response<'_>) {
    const SET_COOKIE: &str = "Set-Cookie";
    let mut cookies: Vec<String> = response.headers().get(SET_COOKIE).map(str::to_owned).collect();
    if cookies.len() > 1 {
        cookies.sort();
        response.remove_header(SET_COOKIE);
        cookies.into_iter().for_each(|cookie| response.adjoin_header(Header::new(SET_COOKIE, cookie)));
    }
}

/// The Content-Security-Policy: scripts and styles only from the static files, and no page may be framed.
fn policy(assets: &str) -> String {
    format!(
        "default-src 'none'; script-src {assets}; style-src {assets}; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; frame-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}
