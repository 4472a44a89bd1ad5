//! The route of last resort: 405 with `Allow` if the path exists for other methods, else 404. Rocket itself never
//! replies 405.

use rocket::http::{Header, Method, Status};
use rocket::request::Request;
use rocket::response::Response;
use rocket::route::{Handler, Outcome, Route};
use rocket::{Data, Orbit, Rocket};

/// Without HEAD, which Rocket turns into GET.
const METHODS: [Method; 7] =
    [Method::Get, Method::Put, Method::Post, Method::Delete, Method::Options, Method::Trace, Method::Patch];
/// Ranks after every other route.
const RANK: isize = 1_000;

pub fn routes() -> Vec<Route> {
    METHODS.into_iter().map(|method| Route::ranked(RANK, method, "/<path..>", Fallback)).collect()
}

#[derive(Clone)]
struct Fallback;

#[rocket::async_trait]
impl Handler for Fallback {
    async fn handle<'r>(&self, request: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        let allowed = allowed_methods(request.rocket(), request.uri().path().as_str());
        if allowed.is_empty() || allowed.contains(&request.method()) {
            return Outcome::Error(Status::NotFound);
        }
        request.local_cache(|| Allow(allow_header(&allowed)));
        Outcome::Error(Status::MethodNotAllowed)
    }
}

/// The value of the `Allow` header of a 405, for [`add_allow`].
#[derive(Clone, Debug, Default)]
struct Allow(String);

/// Adds `Allow` to a 405 response.
pub fn add_allow(request: &Request<'_>, response: &mut Response<'_>) {
    let Allow(methods) = request.local_cache(Allow::default);
    if !methods.is_empty() {
        response.set_header(Header::new("Allow", methods.clone()));
    }
}

fn allow_header(methods: &[Method]) -> String {
    let mut names: Vec<&str> = methods.iter().map(|m| m.as_str()).collect();
    if methods.contains(&Method::Get) {
        names.push("HEAD");
    }
    names.sort_unstable();
    names.join(", ")
}

/// The methods of the routes that match the path.
fn allowed_methods(rocket: &Rocket<Orbit>, path: &str) -> Vec<Method> {
    let mut methods = Vec::new();
    // The API has a route for OPTIONS on every path, even on paths that do not exist.
    let is_page = |route: &&Route| {
        route.rank != RANK && route.uri.path() != "/.gatepost-refused" && route.method != Method::Options
    };
    for route in rocket.routes().filter(is_page) {
        if matches(route.uri.path(), path) && !methods.contains(&route.method) {
            methods.push(route.method);
        }
    }
    methods
}

/// True if `path` matches a route pattern with `<name>` segments and an optional final `<name..>`.
fn matches(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/').filter(|s| !s.is_empty());
    for part in pattern.split('/').filter(|s| !s.is_empty()) {
        if part.ends_with("..>") {
            return true;
        }
        match segments.next() {
            Some(segment) if part.starts_with('<') || part == segment => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_matches_only_its_own_pattern() {
        assert!(matches("/account/sessions/<id>/end", "/account/sessions/abc/end"));
        assert!(!matches("/account/sessions/<id>/end", "/account/sessions/abc"));
        assert!(matches("/static/<path..>", "/static/a/b"));
        assert!(matches("/", "/"));
        assert!(!matches("/login", "/"));
    }
}
