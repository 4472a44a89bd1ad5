//! The proxy between this machine and Google: `HTTPS_PROXY` or `ALL_PROXY`, unless `NO_PROXY` names the host, as curl
//! and most programs read them. A proxy passes encrypted bytes on (HTTP CONNECT) and sees neither tokens nor messages.

use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;
use url::Url;

type BoxError = Box<dyn StdError + Send + Sync>;

/// The variables that name the proxy, the first one that is set.
const PROXY: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// Which proxy an address needs. Clones share it.
#[derive(Clone)]
pub(super) struct Proxies {
    matcher: Arc<Matcher>,
    /// A variable whose value cannot be used.
    unusable: Option<&'static str>,
}

/// Why a proxy was of no use. It never shows the password in the proxy's address.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProxyError {
    #[error(
        "{0} is not the address of a proxy that can be used; expected http://host:port or http://user:password@host:port"
    )]
    Unusable(&'static str),
    #[error("the proxy {proxy} wants a login; set HTTPS_PROXY=http://user:password@{proxy}")]
    Login { proxy: String },
    #[error("the proxy {proxy} gave no connection: {reason}")]
    Refused { proxy: String, reason: String },
}

impl Proxies {
    pub fn from_environment() -> Self {
        Proxies::read(|name| std::env::var(name).ok())
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: &'static [&'static str]| {
            let set = |name: &&'static str| Some((*name, variable(name).filter(|value| !value.is_empty())?));
            names.iter().find_map(set)
        };
        let (name, address) = first(&PROXY).unwrap_or_default();
        let except = first(&NO_PROXY).unwrap_or_default().1;
        let matcher = |except: &str| Matcher::builder().https(address.as_str()).no(except).build();
        // TLS to the proxy, and SOCKS, would need other code.
        let usable = matcher("").intercept(&Uri::from_static("https://google.com/"));
        let usable = usable.and_then(|proxy| Url::parse(&proxy.uri().to_string()).ok());
        let usable = usable.is_some_and(|proxy| proxy.scheme() == "http");
        Proxies { matcher: Arc::new(matcher(&except)), unusable: (!usable && !address.is_empty()).then_some(name) }
    }

    /// The proxy for `address`; `None` for this machine's own addresses, where a proxy elsewhere leads nowhere.
    fn find(&self, address: &Uri) -> Option<Intercept> {
        let host = address.host()?.trim_matches(['[', ']']);
        let is_local = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        self.matcher.intercept(address).filter(|_| !is_local && address.scheme_str() == Some("https"))
    }

    /// Host and port of the proxy for `address`.
    pub fn name(&self, address: &Uri) -> Option<String> {
        self.find(address).map(|proxy| shown(&proxy))
    }
}

fn shown(proxy: &Intercept) -> String {
    proxy.uri().authority().map(ToString::to_string).unwrap_or_default()
}

/// Opens TCP connections, through the proxy if there is one.
#[derive(Clone)]
pub(super) struct Dialer {
    tcp: HttpConnector,
    proxies: Proxies,
}

impl Dialer {
    pub fn new(proxies: Proxies, limit: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(limit));
        Dialer { tcp, proxies }
    }
}

impl Service<Uri> for Dialer {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        if let Some(name) = self.proxies.unusable.filter(|_| address.scheme_str() == Some("https")) {
            return Box::pin(async move { Err(ProxyError::Unusable(name).into()) });
        }
        let Some(proxy) = self.proxies.find(&address) else {
            let connecting = self.tcp.call(address);
            return Box::pin(async move { Ok(connecting.await?) });
        };
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.tcp.clone());
        if let Some(login) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(login.clone());
        }
        let opening = tunnel.call(address);
        Box::pin(async move { opening.await.map_err(|error| refusal(shown(&proxy), &error).into()) })
    }
}

/// The error of a tunnel is known by its words only.
fn refusal(proxy: String, error: &(dyn StdError + 'static)) -> ProxyError {
    if error.to_string().contains("authorization required") {
        return ProxyError::Login { proxy };
    }
    let mut reason = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        reason.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    ProxyError::Refused { proxy, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(variables: &[(&str, &str)], address: &'static str) -> Option<String> {
        let proxies = Proxies::read(|wanted| {
            variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        });
        match proxies.unusable {
            Some(name) => Some(format!("unusable {name}")),
            None => proxies.name(&Uri::from_static(address)),
        }
    }

    #[test]
    fn the_proxy_is_read_from_the_environment_as_other_programs_read_it() {
        const GMAIL: &str = "https://gmail.googleapis.com/";
        let proxy = ("HTTPS_PROXY", "http://kim:hunter2@10.0.0.1:3128");
        let shown = Some("10.0.0.1:3128".to_owned());
        assert_eq!(name(&[], GMAIL), None);
        assert_eq!(name(&[proxy], GMAIL), shown, "without the password");
        assert_eq!(name(&[("https_proxy", "10.0.0.1:3128")], GMAIL), shown);
        assert_eq!(name(&[("HTTPS_PROXY", ""), ("all_proxy", "http://10.0.0.1:3128/")], GMAIL), shown);
        assert_eq!(name(&[("HTTP_PROXY", "http://10.0.0.1:3128")], GMAIL), None, "that one is for plain http");
        for except in ["*", "googleapis.com", "other.test, .googleapis.com", "gmail.googleapis.com"] {
            assert_eq!(name(&[proxy, ("NO_PROXY", except)], GMAIL), None, "{except}");
        }
        assert_eq!(name(&[proxy, ("no_proxy", "apis.com")], GMAIL), shown);
        for local in ["https://localhost/", "https://127.0.0.1:8443/", "https://[::1]/", "http://127.0.0.1:8025/"] {
            assert_eq!(name(&[proxy], local), None, "{local}");
        }
    }

    #[test]
    fn an_address_that_is_no_http_proxy_is_reported_and_not_ignored() {
        for bad in ["socks5://10.0.0.1:1080", "https://10.0.0.1:3128", "ftp://10.0.0.1", "http://", "10.0.0.1:x"] {
            let found = name(&[("ALL_PROXY", bad)], "https://gmail.googleapis.com/");
            assert_eq!(found.as_deref(), Some("unusable ALL_PROXY"), "{bad}");
        }
    }
}
