//! The link check: which status each link of a message answers with, within limits that keep a mail from making
//! this server a tool against others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt as _};
use hyper::StatusCode;
use tokio::sync::Semaphore;
use url::Url;

use super::request::{RequestError, Requester};

/// Links of one message past this many are not asked.
pub const MAX_LINKS: usize = 100;
/// For one link, redirects included.
const TIME: Duration = Duration::from_secs(10);
/// At once, over all domains, for one message.
const AT_ONCE: usize = 16;
/// At once to one domain, over all messages.
const AT_ONCE_PER_DOMAIN: usize = 2;
/// Requests a domain may get in a burst; one more each second.
const BURST: f64 = 100.0;
/// An answer is reused for this long.
const FRESH: Duration = Duration::from_secs(60);
/// Answers and domains remembered; all are forgotten when full.
const MAX_REMEMBERED: usize = 4096;

/// What the link check may do.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whether it may reach addresses that are not public (`inbox.check_internal_links`).
    pub internal: bool,
    /// How it names itself.
    pub user_agent: String,
}

/// A link and what it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    pub url: String,
    /// 0 without an answer, 451 when the address is not allowed.
    pub status: u16,
    /// The status in words, or the reason why there is none.
    pub text: String,
}

impl Checked {
    /// Whether the link is broken.
    pub fn failed(&self) -> bool {
        self.status == 0 || self.status >= 400
    }
}

/// Checks links; one for the whole server, so that its rates hold over all messages.
pub struct LinkCheck {
    requester: Requester,
    remembered: Mutex<Remembered>,
}

#[derive(Default)]
struct Remembered {
    answers: HashMap<(String, bool), (Instant, Checked)>,
    domains: HashMap<String, Domain>,
}

struct Domain {
    left: f64,
    at: Instant,
    gate: Arc<Semaphore>,
}

impl LinkCheck {
    pub fn new(settings: Settings) -> Self {
        LinkCheck { requester: Requester::new(settings.internal, settings.user_agent), remembered: Mutex::default() }
    }

    /// Asks each of the first [`MAX_LINKS`] links; the answers are in their order.
    pub async fn check(&self, links: &[String], follow: bool) -> Vec<Checked> {
        let links: Vec<String> = links.iter().take(MAX_LINKS).cloned().collect();
        let answers = links.into_iter().map(|link| async move { self.one(&link, follow).await });
        stream::iter(answers).buffered(AT_ONCE).collect().await
    }

    async fn one(&self, link: &str, follow: bool) -> Checked {
        let key = (link.to_owned(), follow);
        if let Some(known) = self.fresh(&key) {
            return known;
        }
        let outcome = match Url::parse(link) {
            Ok(url) => self.within_limits(&url, follow).await,
            Err(_) => Err(RequestError::Unsupported.to_string()),
        };
        let checked = match outcome {
            Ok((status, text)) => Checked { url: link.to_owned(), status, text },
            Err(text) => Checked { url: link.to_owned(), status: 0, text },
        };
        let mut remembered = self.lock();
        if remembered.answers.len() >= MAX_REMEMBERED {
            remembered.answers.clear();
        }
        remembered.answers.insert(key, (Instant::now(), checked.clone()));
        checked
    }

    async fn within_limits(&self, url: &Url, follow: bool) -> Result<(u16, String), String> {
        let gate = self.enter(&domain(url)).ok_or("too many requests to this domain; try again later")?;
        let asked = tokio::time::timeout(TIME, async {
            let _place = gate.acquire().await;
            self.requester.head(url, follow).await
        });
        match asked.await {
            Ok(Ok(status)) => Ok((status.as_u16(), status.canonical_reason().unwrap_or_default().to_owned())),
            Ok(Err(RequestError::Blocked)) => {
                Ok((StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS.as_u16(), RequestError::Blocked.to_string()))
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("timeout".to_owned()),
        }
    }

    fn fresh(&self, key: &(String, bool)) -> Option<Checked> {
        let remembered = self.lock();
        let (at, known) = remembered.answers.get(key)?;
        (at.elapsed() < FRESH).then(|| known.clone())
    }

    /// Takes one request off the domain's allowance.
    fn enter(&self, domain: &str) -> Option<Arc<Semaphore>> {
        let mut remembered = self.lock();
        if remembered.domains.len() >= MAX_REMEMBERED {
            remembered.domains.clear();
        }
        let now = Instant::now();
        let fresh = || Domain { left: BURST, at: now, gate: Arc::new(Semaphore::new(AT_ONCE_PER_DOMAIN)) };
        let entry = remembered.domains.entry(domain.to_owned()).or_insert_with(fresh);
        entry.left = (entry.left + now.duration_since(entry.at).as_secs_f64()).min(BURST);
        entry.at = now;
        if entry.left < 1.0 {
            return None;
        }
        entry.left -= 1.0;
        Some(entry.gate.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last two labels of a name, or the whole address: near enough to what one owner holds.
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
    async fn inner_addresses_answer_451_and_nonsense_answers_nothing() {
        let links = ["http://10.0.0.1/a".to_owned(), "http://".to_owned(), "ftp://127.0.0.1/".to_owned()];
        let answers = check(false).check(&links, false).await;
        assert_eq!((answers[0].status, answers[0].text.as_str()), (451, "Blocked private/reserved address"));
        assert_eq!((answers[1].status, answers[1].text.as_str()), (0, "unsupported address"));
        assert!(answers.iter().all(Checked::failed));
        assert_eq!(answers.iter().map(|a| &a.url).collect::<Vec<_>>(), links.iter().collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn only_the_first_hundred_links_are_asked() {
        let links: Vec<String> = (0..MAX_LINKS + 20).map(|n| format!("http://127.0.0.1/{n}")).collect();
        assert_eq!(check(false).check(&links, false).await.len(), MAX_LINKS);
    }

    #[tokio::test]
    async fn a_domain_is_asked_a_hundred_times_and_then_slower() {
        let check = check(false);
        for _ in 0..BURST as usize {
            assert!(check.enter("example.com").is_some());
        }
        assert!(check.enter("example.com").is_none());
        assert!(check.enter("example.org").is_some());
    }

    #[test]
    fn subdomains_share_their_domains_allowance() {
        let of = |url: &str| domain(&Url::parse(url).unwrap());
        assert_eq!(of("http://a.b.example.com/"), "example.com");
        assert_eq!(of("http://10.0.0.1:8/"), "10.0.0.1");
        assert_eq!(of("http://localhost/"), "localhost");
    }
}
