//! The gate every request passes before routing: is the Host one of ours, and did another site send it? Rocket lets
//! no request fairing refuse, so a refused request is rewritten to an internal route that answers.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::uri::Origin;
use rocket::http::{Method, Status};
use rocket::route::{Handler, Outcome, Route};
use rocket::{Data, Request};

use crate::accounts::{PublicUrl, split_port};

use super::form_method;
use super::settings::Settings;

/// Where refused requests go; the path of the request itself stays known by [`Asked`].
const REFUSED: &str = "/.gatepost-refused";

/// Answer for any Host, since a load balancer asks by address: on the site's own listener, which guards its metrics
/// otherwise, and on the inbox's, whose metrics are captured mail too.
pub const SITE_PROBES: &[&str] = &["/healthz", "/readyz", "/metrics", "/dev/inbox/livez", "/dev/inbox/readyz"];
pub const INBOX_PROBES: &[&str] = &["/livez", "/readyz"];

/// Path and query as asked for, before any rewriting.
#[derive(Clone, Debug, Default)]
pub struct OriginalUri(pub String);

/// Why a request does not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
enum GuardDecision {
    Pass,
    WrongHost,
    /// Two Host lines.
    TwoHosts,
    CrossSite,
    /// Debug only: the same page under `public_url`'s own loopback name, so that cookies meet.
    Redirect(String),
}

pub struct RequestGuard {
    pub public_url: PublicUrl,
    pub settings: Settings,
    /// Paths that answer for any Host.
    pub probes: &'static [&'static str],
    /// Whether a page under another loopback name sends to `public_url`'s own, so that cookies meet; programs that
    /// talk to an API do not expect that.
    pub redirects: bool,
}

#[rocket::async_trait]
impl Fairing for RequestGuard {
    fn info(&self) -> Info {
        Info { name: "gate", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        // Before every check: each of them asks for the method.
        form_method::restore_post(request, data).await;
        let asked = request.uri().to_string();
        request.local_cache(|| OriginalUri(asked));
        let verdict = self.judge(request);
        if verdict != GuardDecision::Pass {
            note(&verdict, request);
            request.local_cache(|| verdict);
            request.set_method(Method::Get);
            request.set_uri(Origin::const_new(REFUSED, None));
        }
    }
}

/// The path is left out, since it may hold a token.
fn note(verdict: &GuardDecision, request: &Request<'_>) {
    let header = |name| request.headers().get_one(name).unwrap_or_default();
    match verdict {
        GuardDecision::CrossSite => tracing::info!(origin = ?header("Origin"), "another site's request was refused"),
        GuardDecision::WrongHost => tracing::info!(host = ?header("Host"), "a request for another host was refused"),
        GuardDecision::TwoHosts | GuardDecision::Redirect(_) | GuardDecision::Pass => {}
    }
}

impl RequestGuard {
    fn judge(&self, request: &Request<'_>) -> GuardDecision {
        // RFC 9112 §3.2
        if request.headers().get("Host").count() > 1 {
            return GuardDecision::TwoHosts;
        }
        let host = self.host(request);
        let any_host = self.probes.contains(&request.uri().path().as_str());
        if !any_host {
            match self.judge_host(&host, request) {
                GuardDecision::Pass => {}
                other => return other,
            }
        }
        if is_unsafe(request.method()) && self.is_cross_site(&host, request) {
            return GuardDecision::CrossSite;
        }
        GuardDecision::Pass
    }

    /// Lower case, without the port that the scheme implies.
    fn host(&self, request: &Request<'_>) -> String {
        let host = request.host().map(|h| h.to_string().to_ascii_lowercase()).unwrap_or_default();
        let implied = if self.public_url.is_https() { ":443" } else { ":80" };
        host.strip_suffix(implied).map(str::to_owned).unwrap_or(host)
    }

    fn judge_host(&self, host: &str, request: &Request<'_>) -> GuardDecision {
        if host == self.public_url.authority() || self.is_further_name(host) {
            return GuardDecision::Pass;
        }
        if !self.settings.debug || !is_loopback_name(host) {
            return GuardDecision::WrongHost;
        }
        let elsewhere = is_loopback_name(self.public_url.authority());
        let page = matches!(request.method(), Method::Get | Method::Head);
        let asset = request.uri().path().starts_with("/dev/inbox/");
        if self.redirects && page && elsewhere && !asset {
            return GuardDecision::Redirect(format!("{}{}", self.public_url, request.uri()));
        }
        GuardDecision::Pass
    }

    /// One of `hosts`; a name without a port stands for itself at every port, since each listener has another.
    fn is_further_name(&self, host: &str) -> bool {
        let (name, _) = split_port(host);
        self.settings.hosts.iter().any(|h| h == host || h == name)
    }

    /// As Go's standard library does since 1.25: Sec-Fetch-Site first, then Origin; a request with neither does not
    /// come from a browser.
    fn is_cross_site(&self, host: &str, request: &Request<'_>) -> bool {
        let headers = request.headers();
        if let Some(site) = headers.get_one("Sec-Fetch-Site") {
            return !matches!(site, "same-origin" | "none");
        }
        let Some(origin) = headers.get_one("Origin") else { return false };
        let origin = origin.to_ascii_lowercase();
        let scheme = self.public_url.as_str().split("://").next().unwrap_or("https");
        let own = |h: &str| origin == format!("{scheme}://{h}");
        // In debug the loopback names are hosts, too; the Host was judged already.
        let asked = self.is_further_name(host) || (self.settings.debug && is_loopback_name(host));
        let allowed = self.settings.hosts.iter().any(|h| own(h)) || (asked && own(host));
        origin != self.public_url.as_str() && !allowed
    }
}

/// Whether a method may change something.
fn is_unsafe(method: Method) -> bool {
    !matches!(method, Method::Get | Method::Head | Method::Options)
}

/// Whether a Host, with or without its port, names this machine.
pub fn is_loopback_name(host: &str) -> bool {
    let (name, _) = split_port(host);
    let name = name.trim_matches(['[', ']']);
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The route refused requests end at.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::Get, REFUSED, RejectionRoute)]
}

#[derive(Clone)]
struct RejectionRoute;

#[rocket::async_trait]
impl Handler for RejectionRoute {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        match request.local_cache(|| GuardDecision::Pass) {
            // Somebody asked for the internal path itself.
            GuardDecision::Pass => Outcome::Forward((data, Status::NotFound)),
            GuardDecision::TwoHosts => Outcome::Error(Status::BadRequest),
            GuardDecision::WrongHost => Outcome::Error(Status::MisdirectedRequest),
            GuardDecision::CrossSite => Outcome::Error(Status::Forbidden),
            GuardDecision::Redirect(to) => Outcome::from(request, rocket::response::Redirect::to(to.clone())),
        }
    }
}

/// Whether the gate refused this request as another site's.
pub fn was_cross_site(request: &Request<'_>) -> bool {
    *request.local_cache(|| GuardDecision::Pass) == GuardDecision::CrossSite
}
