//! The link check: requests each link of a message and returns the response status. Its limits keep a message from
//! using this server to attack others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt as _};
use hyper::StatusCode;
use tokio::sync::Semaphore;
use url::Url;

use super::request::{RequestError, Requester};

/// Links of a message past this many are not checked.
pub const MAX_LINKS: usize = 100;
/// Timeout for one link, redirects included.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Concurrent requests for one message, over all domains.
const MAX_CONCURRENT: usize = 16;
/// Concurrent requests to one domain, over all messages.
const MAX_CONCURRENT_PER_DOMAIN: usize = 2;
/// Requests that a domain may receive at once; after these, one per second.
const DOMAIN_ALLOWANCE: f64 = 100.0;
/// How long a result is reused.
const CACHE_TTL: Duration = Duration::from_secs(60);
/// Maximum number of cached results, and of cached domains. A full cache is cleared.
const MAX_CACHED: usize = 4096;

/// Settings of the link check.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// True if it may reach internal addresses (`inbox.check_internal_links`).
    pub internal: bool,
    /// The User-Agent header of its requests.
    pub user_agent: String,
}

/// The result for one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub url: String,
    /// HTTP status; 0 without a response, 451 if the address is blocked.
    pub status: u16,
    /// The reason phrase of the status, or why there was no response.
    pub text: String,
}

impl Checked {
    /// True if the link is broken.
    pub fn failed(&self) -> bool {
        self.status == 0 || self.status >= 400
    }
}

/// Checks links. The server has one instance, so that its limits apply over all messages.
pub struct LinkCheck {
    requester: Requester,
    cache: Mutex<CachedLinks>,
}

#[derive(Default)]
struct CachedLinks {
    results: HashMap<(String, bool), (Instant, Checked)>,
    domains: HashMap<String, Domain>,
}

struct Domain {
    allowance: f64,
    at: Instant,
    permits: Arc<Semaphore>,
}

impl LinkCheck {
    pub fn new(settings: Settings) -> Self {
        LinkCheck { requester: Requester::new(settings.internal, settings.user_agent), cache: Mutex::default() }
    }

    /// Checks the first [`MAX_LINKS`] links. The results are in their order.
    pub async fn check(&self, links: &[String], follow: bool) -> Vec<Checked> {
        let links: Vec<String> = links.iter().take(MAX_LINKS).cloned().collect();
        let checks = links.into_iter().map(|link| async move { self.check_one(&link, follow).await });
        stream::iter(checks).buffered(MAX_CONCURRENT).collect().await
    }

    async fn check_one(&self, link: &str, follow: bool) -> Checked {
        let key = (link.to_owned(), follow);
        if let Some(cached) = self.cached(&key) {
            return cached;
        }
        let outcome = match Url::parse(link) {
            Ok(url) => self.within_limits(&url, follow).await,
            Err(_) => Err(RequestError::Unsupported.to_string()),
        };
        let checked = match outcome {
            Ok((status, text)) => Checked { url: link.to_owned(), status, text },
            Err(text) => Checked { url: link.to_owned(), status: 0, text },
        };
        let mut cache = self.lock();
        if cache.results.len() >= MAX_CACHED {
            cache.results.clear();
        }
        cache.results.insert(key, (Instant::now(), checked.clone()));
        checked
    }

    async fn within_limits(&self, url: &Url, follow: bool) -> Result<(u16, String), String> {
        let permits = self.take_request(&domain(url)).ok_or("too many requests to this domain; try again later")?;
        let request = tokio::time::timeout(TIMEOUT, async {
            let _permit = permits.acquire().await;
            self.requester.head(url, follow).await
        });
        match request.await {
            Ok(Ok(status)) => Ok((status.as_u16(), status.canonical_reason().unwrap_or_default().to_owned())),
            Ok(Err(RequestError::Blocked)) => {
                Ok((StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS.as_u16(), RequestError::Blocked.to_string()))
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("timeout".to_owned()),
        }
    }

    fn cached(&self, key: &(String, bool)) -> Option<Checked> {
        let cache = self.lock();
        let (at, cached) = cache.results.get(key)?;
        (at.elapsed() < CACHE_TTL).then(|| cached.clone())
    }

    /// Takes one request from the allowance of the domain; `None` if it is used up.
    fn take_request(&self, domain: &str) -> Option<Arc<Semaphore>> {
        let mut cache = self.lock();
        if cache.domains.len() >= MAX_CACHED {
            cache.domains.clear();
        }
        let now = Instant::now();
        let new_domain = || Domain {
            allowance: DOMAIN_ALLOWANCE,
            at: now,
            permits: Arc::new(Semaphore::new(MAX_CONCURRENT_PER_DOMAIN)),
        };
        let entry = cache.domains.entry(domain.to_owned()).or_insert_with(new_domain);
        entry.allowance = (entry.allowance + now.duration_since(entry.at).as_secs_f64()).min(DOMAIN_ALLOWANCE);
        entry.at = now;
        if entry.allowance < 1.0 {
            return None;
        }
        entry.allowance -= 1.0;
        Some(entry.permits.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, CachedLinks> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last two labels of a host name, or the whole IP address: an approximation of what one owner controls.
fn domain(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    if url.domain().is_none() {
        return host.to_owned();
    }
    let mut labels = host.trim_end_matches('.').rsplit('.');
    let (top, second) = (labels.next().unwrap_or_default(), labels.next());
    second.map_or(top.to_owned(), |second| format!("{second}.{top}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(internal: bool) -> LinkCheck {
        LinkCheck::new(Settings { internal, user_agent: "test".to_owned() })
    }

    #[tokio::test]
    async fn internal_addresses_give_451_and_unusable_links_give_0() {
        let links = ["http://10.0.0.1/a".to_owned(), "http://".to_owned(), "ftp://127.0.0.1/".to_owned()];
        let results = check(false).check(&links, false).await;
        assert_eq!((results[0].status, results[0].text.as_str()), (451, "Blocked private/reserved address"));
        assert_eq!((results[1].status, results[1].text.as_str()), (0, "unsupported URL"));
        assert!(results.iter().all(Checked::failed));
        assert_eq!(results.iter().map(|a| &a.url).collect::<Vec<_>>(), links.iter().collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn only_the_first_hundred_links_are_checked() {
        let links: Vec<String> = (0..MAX_LINKS + 20).map(|n| format!("http://127.0.0.1/{n}")).collect();
        assert_eq!(check(false).check(&links, false).await.len(), MAX_LINKS);
    }

    #[tokio::test]
    async fn a_domain_gets_at_most_a_hundred_requests_at_once() {
        let check = check(false);
        for _ in 0..DOMAIN_ALLOWANCE as usize {
            assert!(check.take_request("example.com").is_some());
        }
        assert!(check.take_request("example.com").is_none());
        assert!(check.take_request("example.org").is_some());
    }

    #[test]
    fn subdomains_share_the_allowance_of_their_domain() {
        let of = |url: &str| domain(&Url::parse(url).unwrap());
        assert_eq!(of("http://a.b.example.com/"), "example.com");
        assert_eq!(of("http://10.0.0.1:8/"), "10.0.0.1");
        assert_eq!(of("http://localhost/"), "localhost");
    }
}
