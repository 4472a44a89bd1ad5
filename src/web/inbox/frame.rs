//! What every page of the inbox needs besides its own matter.

use std::borrow::Borrow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rocket::http::Status;
use rocket::request::{FromRequest, Outcome, Request};

use crate::clock::Time;
use crate::i18n::{Arg, Locale};

use super::super::api::client::{Client, Stranger};
use super::super::app::App;
use super::super::{static_files, visitor};
use super::postroom::{Mount, Postroom};

/// What an action may say on the next page; the text of `x` is `inbox-x` in the locales.
const NOTICES: [&str; 6] = ["deleted", "not-deleted", "nothing-selected", "tagged", "tagged-in-part", "released"];

/// Who looks at a page, and from where.
pub struct Viewer<'r> {
    pub room: &'r Postroom,
    pub mount: &'r Mount,
    /// Whether a browser asks for a page to show, in a window or a frame.
    pub navigates: bool,
    pub spot: Spot<'r>,
    locale: Locale,
    /// `done` of the query.
    done: Option<&'r str>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Viewer<'r> {
    type Error = Stranger;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Stranger> {
        match Client::from_request(request).await {
            Outcome::Success(_) => {}
            Outcome::Error(error) => return Outcome::Error(error),
            Outcome::Forward(status) => return Outcome::Forward(status),
        }
        let (room, mount) = (request.rocket().state::<Postroom>(), request.rocket().state::<Mount>());
        let Some((room, mount)) = room.zip(mount) else { return Outcome::Forward(Status::NotFound) };
        let q = request.query_value::<&str>("q").and_then(Result::ok);
        let start = request.query_value::<u64>("start").and_then(Result::ok);
        let spot = Spot { q, start };
        let done = request.query_value::<&str>("done").and_then(Result::ok);
        let app = request.rocket().state::<App>();
        let locale = app.map_or_else(|| locale(request, room, mount), |app| visitor::locale(request, app));
        let aim = request.headers().get_one("Sec-Fetch-Dest");
        let navigates = matches!(aim, Some("document" | "iframe" | "frame" | "embed" | "object"));
        Outcome::Success(Viewer { room, mount, navigates, spot, locale, done })
    }
}

/// Where there are no account pages.
pub fn locale(request: &Request<'_>, room: &Postroom, mount: &Mount) -> Locale {
    visitor::language(request, &mount.origin, room.site.default_locale)
}

/// The place in the list that the reader came from and goes back to; the query string has it.
#[derive(Clone, Copy)]
pub struct Spot<'r> {
    pub q: Option<&'r str>,
    pub start: Option<u64>,
}

impl<'r> Spot<'r> {
    pub fn q(self) -> &'r str {
        self.q.unwrap_or_default().trim()
    }

    pub fn start(self) -> u64 {
        self.start.unwrap_or(0)
    }
}

/// The frame around a page of the inbox; `templates/inbox/frame.html` is written against it.
#[derive(Clone, Debug)]
pub struct InboxFrame {
    pub locale: Locale,
    /// See [`Mount::base`].
    pub base: String,
    /// What comes before `/static/`.
    pub static_base: String,
    /// The site's front page.
    pub site: String,
    /// The search that the list is narrowed by.
    pub query: String,
    /// Where the page of the list begins that was come from.
    pub start: u64,
    /// `None` where nobody counted.
    pub unread: Option<u64>,
    pub notice: Option<String>,
}

impl Viewer<'_> {
    pub fn frame(&self, query: &str, unread: u64) -> InboxFrame {
        let done = self.done.and_then(|code| NOTICES.into_iter().find(|known| *known == code));
        InboxFrame {
            query: query.to_owned(),
            unread: Some(unread),
            notice: done.map(|code| self.locale.text(&format!("inbox-{code}"))),
            ..InboxFrame::plain(self.locale, self.room, self.mount)
        }
    }
}

impl InboxFrame {
    /// Without a search, a count or a notice.
    pub fn plain(locale: Locale, room: &Postroom, mount: &Mount) -> Self {
        InboxFrame {
            locale,
            base: mount.base.clone(),
            static_base: mount.origin.to_string(),
            // On a listener of its own the inbox's root is not the site's.
            site: if mount.base.is_empty() { format!("{}/", room.site.public_url) } else { "/".to_owned() },
            query: String::new(),
            start: 0,
            unread: None,
            notice: None,
        }
    }

    pub fn t(&self, key: &str) -> String {
        self.locale.text(key)
    }

    /// The text of `key` for a number of things.
    pub fn number(&self, key: &str, n: impl Borrow<u64>) -> String {
        let n = i64::try_from(*n.borrow()).unwrap_or(i64::MAX);
        self.locale.text_with(key, &[("n", Arg::Number(n))])
    }

    /// How many of `all` are not `shown`.
    pub fn rest(&self, all: impl Borrow<usize>, shown: impl Borrow<usize>) -> String {
        let rest = all.borrow().saturating_sub(*shown.borrow());
        self.number("inbox-rest", u64::try_from(rest).unwrap_or(u64::MAX))
    }

    pub fn asset(&self, name: &str) -> String {
        format!("{}{}", self.static_base, static_files::href(name))
    }

    /// `?q=…&start=…`: back to the same place of the list; nothing for its beginning.
    pub fn query_string(&self) -> String {
        place(&self.query, self.start, &[])
    }

    /// The query string of the list from another message on.
    pub fn from(&self, start: u64) -> String {
        place(&self.query, start, &[])
    }

    /// The query string of a view of the message.
    pub fn tab_query(&self, tab: &str) -> String {
        place(&self.query, self.start, &[("tab", tab)])
    }

    /// See [`when`].
    pub fn when(&self, at: &Time) -> String {
        when(*at)
    }

    /// The value of `q` that finds a tag.
    pub fn tag_query(&self, tag: &str) -> String {
        encoded(&format!("tag:\"{tag}\""))
    }
}

/// Ids stay as they are. Dots do not: two of them alone would lead up.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, KEPT).to_string()
}

/// The query string of a place in the list and what else there is to say, without what is empty.
pub fn place(q: &str, start: u64, more: &[(&str, &str)]) -> String {
    let start = if start > 0 { start.to_string() } else { String::new() };
    let all = more.iter().copied().chain([("q", q), ("start", start.as_str())]);
    let pairs = all.filter(|(_, value)| !value.is_empty());
    let query: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) }
}

/// `2026-11-21 03:34:00 UTC`; the script puts it into the reader's own zone.
pub fn when(at: Time) -> String {
    at.timestamp().strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `12.3 KiB`.
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
    fn every_notice_has_its_words() {
        for code in NOTICES {
            assert!(Locale::ALL.iter().all(|locale| locale.has(&format!("inbox-{code}"))), "{code}");
        }
    }
}
