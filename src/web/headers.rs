//! Headers every answer carries, unless a handler set its own.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Header, Status};
use rocket::{Request, Response};

use crate::accounts::PublicUrl;

use super::fallback;

/// A year: what browsers' preload lists ask for (ASVS 3.4.1).
const HSTS: &str = "max-age=31536000";

/// Sets the security headers.
pub struct Headers {
    pub public_url: PublicUrl,
}

#[rocket::async_trait]
impl Fairing for Headers {
    fn info(&self) -> Info {
        Info { name: "headers", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        secure(&self.public_url, response);
        if response.status() == Status::MethodNotAllowed {
            fallback::add_allow(request, response);
        }
    }
}

/// The headers themselves. Rocket asks no fairing about a request it could not read: its error page sets them itself.
pub fn secure(public_url: &PublicUrl, response: &mut Response<'_>) {
    let mut default = |name: &'static str, value: &str| {
        if !response.headers().contains(name) {
            response.set_header(Header::new(name, value.to_owned()));
        }
    };
    default("Content-Security-Policy", &policy(public_url));
    default("X-Content-Type-Options", "nosniff");
    default("X-Frame-Options", "DENY");
    default("Cross-Origin-Opener-Policy", "same-origin");
    default("Permissions-Policy", "interest-cohort=(), camera=(), microphone=(), geolocation=()");
    // Not no-referrer: that would turn the Origin of a form on a token page into null.
    default("Referrer-Policy", "same-origin");
    default("Cache-Control", "no-store");
    if public_url.is_https() {
        default("Strict-Transport-Security", HSTS);
    }
}

/// Scripts and styles only from our static files; nothing may frame us.
fn policy(url: &PublicUrl) -> String {
    format!(
        "default-src 'none'; script-src {url}/static/; style-src {url}/static/; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; frame-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}
