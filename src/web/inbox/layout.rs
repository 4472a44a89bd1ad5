//! The context and the layout that all pages of the inbox share.

use std::borrow::Borrow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};

use crate::clock::Time;
use crate::i18n::{Arg, Locale};
use crate::inbox::UndoBatch;

use super::super::api::auth::{ApiAuth, Unauthorized};
use super::super::state::App;
use super::super::{static_files, visitor};
use super::state::{InboxState, Mount};

/// Codes of the notices that an action shows on the next page. The text of code `x` is `inbox-x` in the locales.
const NOTICES: [&str; 8] = [
    "deleted",
    "not-deleted",
    "nothing-selected",
    "restored",
    "not-restored",
    "tagged",
    "tagged-in-part",
    "released",
];

/// The request of a page: shared state, language, position in the list and notice.
pub struct PageContext<'r> {
    pub state: &'r InboxState,
    pub mount: &'r Mount,
    /// True if a browser loads the page into a window or a frame.
    pub navigates: bool,
    pub position: ListPosition<'r>,
    /// Host and port of the page's URL.
    pub host: Option<String>,
    locale: Locale,
    /// The `done` parameter of the query string: the code of a notice.
    done: Option<&'r str>,
    /// The deletion that the `undo` parameter of the query string names, if it can still be undone.
    undo: Option<UndoBatch>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for PageContext<'r> {
    type Error = Unauthorized;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Unauthorized> {
        match ApiAuth::from_request(request).await {
            Outcome::Success(_) => {}
            Outcome::Error(error) => return Outcome::Error(error),
            Outcome::Forward(status) => return Outcome::Forward(status),
        }
        let (state, mount) = (request.rocket().state::<InboxState>(), request.rocket().state::<Mount>());
        let Some((state, mount)) = state.zip(mount) else { return Outcome::Forward(Status::NotFound) };
        let q = request.query_value::<&str>("q").and_then(Result::ok);
        let start = request.query_value::<u64>("start").and_then(Result::ok);
        let position = ListPosition { q, start };
        let done = request.query_value::<&str>("done").and_then(Result::ok);
        let host = request.host().map(ToString::to_string);
        let undo = match request.query_value::<i64>("undo").and_then(Result::ok) {
            Some(batch) => state.inbox.undo_batch(batch).await.ok().flatten(),
            None => None,
        };
        let app = request.rocket().state::<App>();
        let locale = app.map_or_else(|| locale(request, state, mount), |app| visitor::locale(request, app));
        let destination = request.headers().get_one("Sec-Fetch-Dest");
        let navigates = matches!(destination, Some("document" | "iframe" | "frame" | "embed" | "object"));
        Outcome::Success(PageContext { state, mount, navigates, position, host, locale, done, undo })
    }
}

/// The language of a request on a listener without account pages.
pub fn locale(request: &Request<'_>, state: &InboxState, mount: &Mount) -> Locale {
    visitor::language(request, &mount.origin, state.site.default_locale)
}

/// The position in the list that a page returns to, as the query string gives it.
#[derive(Clone, Copy)]
pub struct ListPosition<'r> {
    pub q: Option<&'r str>,
    pub start: Option<u64>,
}

impl<'r> ListPosition<'r> {
    pub fn q(self) -> &'r str {
        self.q.unwrap_or_default().trim()
    }

    pub fn start(self) -> u64 {
        self.start.unwrap_or(0)
    }
}

/// The layout around a page of the inbox, for `templates/inbox/layout.html`.
#[derive(Clone, Debug)]
pub struct InboxLayout {
    pub locale: Locale,
    /// See [`Mount::base`].
    pub base: String,
    /// The origin that serves `/static/`, without a slash at the end.
    pub static_base: String,
    /// URL of the site's front page.
    pub site: String,
    /// The search that filters the list; empty without one.
    pub query: String,
    /// Index of the first message on the page of the list that links lead back to.
    pub start: u64,
    /// Number of unread messages; `None` if the page does not show it.
    pub unread: Option<u64>,
    pub notice: Option<String>,
    /// The deletion that the notice offers to undo.
    pub undo: Option<UndoBatch>,
}

impl PageContext<'_> {
    pub fn layout(&self, query: &str, unread: u64) -> InboxLayout {
        let done = self.done.and_then(|code| NOTICES.into_iter().find(|known| *known == code));
        InboxLayout {
            query: query.to_owned(),
            unread: Some(unread),
            notice: done.map(|code| self.locale.text(&format!("inbox-{code}"))),
            undo: self.undo,
            ..InboxLayout::plain(self.locale, self.state, self.mount)
        }
    }
}

impl InboxLayout {
    /// A layout without a search, an unread count or a notice.
    pub fn plain(locale: Locale, state: &InboxState, mount: &Mount) -> Self {
        InboxLayout {
            locale,
            base: mount.base.clone(),
            static_base: String::new(),
            // On its own listener, `/` is the inbox and not the site.
            site: if mount.base.is_empty() { format!("{}/", state.site.public_url) } else { "/".to_owned() },
            query: String::new(),
            start: 0,
            unread: None,
            notice: None,
            undo: None,
        }
    }

    pub fn t(&self, key: &str) -> String {
        self.locale.text(key)
    }

    /// The text of `key` for the count `n`.
    pub fn number(&self, key: &str, n: impl Borrow<u64>) -> String {
        let n = i64::try_from(*n.borrow()).unwrap_or(i64::MAX);
        self.locale.text_with(key, &[("n", Arg::Number(n))])
    }

    /// The text that says how many of `all` items are not shown.
    pub fn rest(&self, all: impl Borrow<usize>, shown: impl Borrow<usize>) -> String {
        let rest = all.borrow().saturating_sub(*shown.borrow());
        self.number("inbox-rest", u64::try_from(rest).unwrap_or(u64::MAX))
    }

    pub fn asset(&self, name: &str) -> String {
        format!("{}{}", self.static_base, static_files::href(name))
    }

    /// The query string `?q=…&start=…` of the current page of the list; empty for the first page without a search.
    pub fn query_string(&self) -> String {
        list_query(&self.query, self.start, &[])
    }

    /// The query string of the page of the list that begins at `start`.
    pub fn from(&self, start: u64) -> String {
        list_query(&self.query, start, &[])
    }

    /// The query string of one tab of the message's page.
    pub fn tab_query(&self, tab: &str) -> String {
        list_query(&self.query, self.start, &[("tab", tab)])
    }

    /// See [`when`].
    pub fn when(&self, at: &Time) -> String {
        when(*at)
    }

    /// The percent-encoded search for a tag.
    pub fn tag_query(&self, tag: &str) -> String {
        encoded(&format!("tag:\"{tag}\""))
    }
}

/// The characters that are percent-encoded. Ids need no encoding. Dots are encoded, since `..` is the parent path.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The query string of a position in the list with the parameters of `more`; empty values are left out.
pub fn list_query(q: &str, start: u64, more: &[(&str, &str)]) -> String {
    let start = if start > 0 { start.to_string() } else { String::new() };
    let all = more.iter().copied().chain([("q", q), ("start", start.as_str())]);
    let pairs = all.filter(|(_, value)| !value.is_empty());
    let query: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) }
}

/// A time as `2026-11-21 03:34:00 UTC`. The script converts it to the reader's time zone.
pub fn when(at: Time) -> String {
    at.timestamp().strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A size as `12 B`, `12.3 KiB` or `12.3 MiB`.
pub fn size(bytes: u64) -> String {
    const KIB: f64 = 1024.0;
    let bytes = bytes as f64;
    match bytes {
        b if b < KIB => format!("{b} B"),
        b if b < KIB * KIB => format!("{:.1} KiB", b / KIB),
        b => format!("{:.1} MiB", b / KIB / KIB),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_their_unit() {
        assert_eq!((size(12), size(1536), size(3 * 1024 * 1024)), ("12 B".into(), "1.5 KiB".into(), "3.0 MiB".into()));
    }

    #[test]
    fn every_notice_has_a_text_in_every_language() {
        for code in NOTICES {
            assert!(Locale::ALL.iter().all(|locale| locale.has(&format!("inbox-{code}"))), "{code}");
        }
    }
}
