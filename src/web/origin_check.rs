//! Checks every request before routing: the Host must be one of the server's names, and a request that may change
//! something must come from the same site. A request fairing cannot reject a request in Rocket, so the fairing rewrites
//! a rejected request to an internal route that replies with the error.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::uri::Origin;
use rocket::http::{Method, Status};
use rocket::route::{Handler, Outcome, Route};
use rocket::{Data, Request};

use crate::accounts::{PublicUrl, split_port};

use super::client_peers::{ClientPeers, RequestSource};
use super::form_method;
use super::settings::Settings;

/// The internal path of rejected requests; [`OriginalUri`] keeps the path of the request.
const REJECTED: &str = "/.gatepost-refused";

/// Paths of the site's listener that accept any Host, since load balancers connect by IP address. `/metrics` is
/// protected by `ops.token`.
const SITE_PROBES: [&str; 5] = ["/healthz", "/readyz", "/metrics", "/dev/inbox/livez", "/dev/inbox/readyz"];

/// Paths of the site that accept any Host.
pub fn site_probes() -> Vec<String> {
    SITE_PROBES.map(str::to_owned).to_vec()
}

/// The same for the inbox's listener, whose pages are below `base`. Its `/metrics` is not among them, since it describes
/// captured mail.
pub fn inbox_probes(base: &str) -> Vec<String> {
    ["/livez", "/readyz"].map(|path| format!("{base}{path}")).to_vec()
}

/// Path and query of the request before any rewriting.
#[derive(Clone, Debug, Default)]
pub struct OriginalUri(pub String);

/// The result of the check.
#[derive(Clone, Debug, PartialEq, Eq)]
enum GuardDecision {
    Pass,
    WrongHost,
    /// Too many requests need much memory.
    Busy,
    /// The request did not come through the front.
    NotFromFront,
    /// The front has ended the connection of the request.
    ClientGone,
    /// More than one Host header.
    TwoHosts,
    CrossSite,
    /// Debug profile only: the same page under the loopback name of `public_url`, where its cookies are valid.
    Redirect(String),
}

pub struct RequestGuard {
    pub peers: ClientPeers,
    pub public_url: PublicUrl,
    pub settings: Settings,
    /// Paths that accept any Host.
    pub probes: Vec<String>,
    /// Whether pages under another loopback name redirect to the name in `public_url`, where its cookies are valid.
    /// Off for listeners of an API, since API clients do not expect a redirect.
    pub redirects: bool,
}

#[rocket::async_trait]
impl Fairing for RequestGuard {
    fn info(&self) -> Info {
        Info { name: "origin check", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        // First, since checks, limits and log lines depend on the client's address and on the method.
        let source = self.peers.resolve(request);
        form_method::restore_post(request, data).await;
        let original = request.uri().to_string();
        request.local_cache(|| OriginalUri(original));
        let decision = match source {
            RequestSource::Front => self.check(request),
            RequestSource::EndedConnection => GuardDecision::ClientGone,
            RequestSource::OtherProgram => GuardDecision::NotFromFront,
        };
        if decision != GuardDecision::Pass {
            reject(decision, request);
        }
    }
}

/// Rejects a request that has passed the checks, since the server cannot serve it now.
pub fn reject_as_busy(request: &mut Request<'_>) {
    reject(GuardDecision::Busy, request);
}

fn reject(decision: GuardDecision, request: &mut Request<'_>) {
    log_rejection(&decision, request);
    request.local_cache(|| decision);
    request.set_method(Method::Get);
    request.set_uri(Origin::const_new(REJECTED, None));
}

/// Logs a rejected request without its path, which may contain a token.
fn log_rejection(decision: &GuardDecision, request: &Request<'_>) {
    let header = |name| request.headers().get_one(name).unwrap_or_default();
    match decision {
        GuardDecision::CrossSite => tracing::info!(origin = ?header("Origin"), "a cross-site request was rejected"),
        GuardDecision::WrongHost => {
            tracing::info!(host = ?header("Host"), "a request for another host was rejected; GATEPOST_HOSTS (the setting hosts) can allow it")
        }
        GuardDecision::Busy => tracing::warn!("a request was rejected: other answers need the memory"),
        GuardDecision::NotFromFront => tracing::warn!("a request that bypassed the HTTP front was rejected"),
        GuardDecision::TwoHosts | GuardDecision::ClientGone | GuardDecision::Redirect(_) | GuardDecision::Pass => {}
    }
}

impl RequestGuard {
    fn check(&self, request: &Request<'_>) -> GuardDecision {
        // RFC 9112 §3.2.
        if request.headers().get("Host").count() > 1 {
            return GuardDecision::TwoHosts;
        }
        let host = self.host(request);
        let path = request.uri().path();
        let any_host = self.probes.iter().any(|probe| path == probe.as_str());
        if !any_host {
            match self.check_host(&host, request) {
                GuardDecision::Pass => {}
                other => return other,
            }
        }
        let is_listed = self.is_listed_origin(request);
        request.local_cache(|| ListedOrigin(is_listed));
        if is_unsafe(request.method()) && !is_listed && self.is_cross_site(&host, request) {
            return GuardDecision::CrossSite;
        }
        GuardDecision::Pass
    }

    /// The Host in lower case, without the default port of the scheme.
    fn host(&self, request: &Request<'_>) -> String {
        let host = request.host().map(|h| h.to_string().to_ascii_lowercase()).unwrap_or_default();
        let default_port = if self.public_url.is_https() { ":443" } else { ":80" };
        host.strip_suffix(default_port).map(str::to_owned).unwrap_or(host)
    }

    fn check_host(&self, host: &str, request: &Request<'_>) -> GuardDecision {
        if host == self.public_url.authority() || self.is_further_name(host) {
            return GuardDecision::Pass;
        }
        let is_local = self.settings.local_names && is_local_name(host);
        if !is_local && !(self.settings.debug && (is_loopback_name(host) || is_ip_address(host))) {
            return GuardDecision::WrongHost;
        }
        let is_read = matches!(request.method(), Method::Get | Method::Head);
        // The inbox has no cookies, and its pages load their styles and scripts by path, which CSP allows here only.
        let path = request.uri().path();
        let is_inbox = path == "/dev/inbox" || path.starts_with("/dev/inbox/");
        match self.loopback_redirect(host) {
            Some(origin) if self.redirects && is_read && !is_inbox && !path.starts_with("/static/") => {
                GuardDecision::Redirect(format!("{origin}{}", request.uri()))
            }
            _ => GuardDecision::Pass,
        }
    }

    /// The loopback name of `public_url` with the port of the request, if the request has another loopback name. The
    /// port may be a mapped one.
    fn loopback_redirect(&self, host: &str) -> Option<String> {
        let (scheme, public) = self.public_url.as_str().split_once("://")?;
        let ((public_name, _), (name, port)) = (split_port(public), split_port(host));
        let other = is_loopback_name(public) && is_loopback_name(host) && name != public_name;
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        other.then(|| format!("{scheme}://{public_name}{port}"))
    }

    /// True if `host` is one of `settings.hosts`. A name without a port matches at every port, since each listener has
    /// its own.
    fn is_further_name(&self, host: &str) -> bool {
        let (name, _) = split_port(host);
        self.settings.hosts.iter().any(|h| h == host || h == name)
    }

    /// True if the settings let pages of the request's origin use the API.
    fn is_listed_origin(&self, request: &Request<'_>) -> bool {
        let Some(origin) = request.headers().get_one("Origin") else { return false };
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        self.settings.api_origins.iter().any(|listed| listed == "*" || listed.eq_ignore_ascii_case(host))
    }

    /// True if a page of another site made a browser send the request. Sec-Fetch-Site takes precedence over Origin, as
    /// in `CrossOriginProtection` of Go 1.25. A request with neither header does not come from a browser.
    fn is_cross_site(&self, host: &str, request: &Request<'_>) -> bool {
        let headers = request.headers();
        if let Some(site) = headers.get_one("Sec-Fetch-Site") {
            return !matches!(site, "same-origin" | "none");
        }
        let Some(origin) = headers.get_one("Origin") else { return false };
        let origin = origin.to_ascii_lowercase();
        let scheme = self.public_url.as_str().split("://").next().unwrap_or("https");
        let is_origin_of = |h: &str| origin == format!("{scheme}://{h}");
        // The request's own host is a name of this server: `check_host` has passed it.
        let allowed = is_origin_of(host) || self.settings.hosts.iter().any(|h| is_origin_of(h));
        origin != self.public_url.as_str() && !allowed
    }
}

/// True if requests with this method may change something.
fn is_unsafe(method: Method) -> bool {
    !matches!(method, Method::Get | Method::Head | Method::Options)
}

/// True if a Host, with or without a port, is a loopback name or address.
pub fn is_loopback_name(host: &str) -> bool {
    let (name, _) = split_port(host);
    let name = name.trim_matches(['[', ']']);
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// True if a Host is an address, IPv4 in the form of four numbers. Such a page is its own site, so that no other site
/// can lead a browser there under its name.
fn is_ip_address(host: &str) -> bool {
    let (name, _) = split_port(host);
    name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok()
}

/// True if a Host can be resolved only by this machine or by those who run its network: a name without a dot, which
/// containers have, or a name in a zone that the public DNS does not have (RFC 6761, RFC 6762, `internal` of ICANN).
fn is_local_name(host: &str) -> bool {
    const ZONES: [&str; 3] = [".internal", ".local", ".test"];
    let (name, _) = split_port(host);
    let is_hostname = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let labels_are_names = name.split('.').all(|label| label.bytes().any(|b| b.is_ascii_alphabetic()));
    // `0x7f000001` is an address in the hexadecimal form of inet_aton.
    let is_number = name.starts_with("0x");
    is_hostname && labels_are_names && !is_number && (!name.contains('.') || ZONES.iter().any(|z| name.ends_with(z)))
}

/// The origin that pages load their assets from: empty, so that a mapped port or a tunnel works. For the error page of a
/// wrong host it is `public_url`, since that host has no assets here.
pub fn asset_origin(request: &Request<'_>, public_url: &PublicUrl) -> String {
    match request.local_cache(|| GuardDecision::Pass) {
        GuardDecision::WrongHost | GuardDecision::TwoHosts => public_url.to_string(),
        _ => String::new(),
    }
}

/// The internal route that replies to rejected requests.
pub fn routes() -> Vec<Route> {
    vec![Route::new(Method::Get, REJECTED, RejectionRoute)]
}

#[derive(Clone)]
struct RejectionRoute;

#[rocket::async_trait]
impl Handler for RejectionRoute {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        match request.local_cache(|| GuardDecision::Pass) {
            // A client requested the internal path directly.
            GuardDecision::Pass => Outcome::Forward((data, Status::NotFound)),
            GuardDecision::TwoHosts => Outcome::Error(Status::BadRequest),
            GuardDecision::Busy => Outcome::Error(Status::ServiceUnavailable),
            GuardDecision::WrongHost => Outcome::Error(Status::MisdirectedRequest),
            GuardDecision::CrossSite | GuardDecision::NotFromFront | GuardDecision::ClientGone => {
                Outcome::Error(Status::Forbidden)
            }
            GuardDecision::Redirect(to) => Outcome::from(request, rocket::response::Redirect::to(to.clone())),
        }
    }
}

/// True if this request was rejected as cross-site.
pub fn was_cross_site(request: &Request<'_>) -> bool {
    *request.local_cache(|| GuardDecision::Pass) == GuardDecision::CrossSite
}

/// Whether the settings let pages of the request's origin use the API.
struct ListedOrigin(bool);

/// True if the settings let pages of the request's origin use the API.
pub fn was_listed_origin(request: &Request<'_>) -> bool {
    request.local_cache(|| ListedOrigin(false)).0
}
