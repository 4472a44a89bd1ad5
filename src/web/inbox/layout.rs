//! The layout that all pages of the inbox share. It knows no request, apart from the language.

use std::borrow::Borrow;

use rocket::request::Request;

use crate::clock::Time;
use crate::i18n::{Arg, Locale};
use crate::inbox::{SettingNames, UndoBatch};

use super::super::page_link::in_language;
use super::super::state::App;
use super::super::{static_files, visitor};
use super::format::{encoded, list_query, when};
use super::icon::Icon;
use super::page_url::SECTIONS;
use super::preferences::{Preferences, Theme};
use super::sidebar::Sidebar;
use super::state::{InboxState, Mount};

/// The language of a request.
pub fn locale(request: &Request<'_>, state: &InboxState, mount: &Mount) -> Locale {
    match request.rocket().state::<App>() {
        Some(app) => visitor::locale(request, app),
        // The inbox's own listener has no account pages.
        None => visitor::language(request, &mount.origin, state.site.default_locale),
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
    /// URL of the site's front page; `None` if the server has no site, and no outgoing mail.
    pub site: Option<String>,
    /// Mailpit's label of the server; may be empty.
    pub label: String,
    /// True if there is no button that deletes all messages.
    pub hides_delete_all: bool,
    /// The search that filters the list; empty without one.
    pub query: String,
    /// True if the list has the newest message of each template alone.
    pub group: bool,
    /// Index of the first message on the page of the list that links lead back to.
    pub start: u64,
    /// Number of unread messages; `None` if the page does not show it.
    pub unread: Option<u64>,
    pub notice: Option<String>,
    /// The deletion that the notice offers to undo.
    pub undo: Option<UndoBatch>,
    pub sidebar: Sidebar,
    pub preferences: Preferences,
    /// Path and query of the page itself, for forms and links that return to it.
    pub here: String,
    /// The part of the inbox; empty for the messages.
    pub section: &'static str,
    /// Address of the SMTP server.
    pub smtp: String,
    /// The names of the settings in cures.
    pub names: SettingNames,
}

impl InboxLayout {
    /// A layout without a search, counts or a notice.
    pub fn plain(locale: Locale, state: &InboxState, mount: &Mount) -> Self {
        InboxLayout {
            locale,
            base: mount.base.clone(),
            static_base: mount.assets.clone(),
            label: state.settings.label.clone(),
            hides_delete_all: state.settings.hides_delete_all,
            // On its own listener, `/` is the inbox and not the site.
            site: match (mount.is_alone, mount.base.is_empty()) {
                (true, _) => None,
                (false, true) => Some(format!("{}/", state.site.public_url)),
                (false, false) => Some("/".to_owned()),
            },
            query: String::new(),
            group: false,
            start: 0,
            unread: None,
            notice: None,
            undo: None,
            sidebar: Sidebar::default(),
            preferences: Preferences::default(),
            here: format!("{}/", mount.base),
            section: "none",
            smtp: state.settings.smtp_address.clone(),
            names: state.settings.names,
        }
    }

    pub fn t(&self, key: impl AsRef<str>) -> String {
        self.locale.text(key.as_ref())
    }

    /// The text of `key` for the count `n`.
    pub fn number(&self, key: impl AsRef<str>, n: impl Borrow<u64>) -> String {
        let n = i64::try_from(*n.borrow()).unwrap_or(i64::MAX);
        self.locale.text_with(key.as_ref(), &[("n", Arg::Number(n))])
    }

    /// The text for a time that lies ahead by `span`.
    pub fn after(&self, span: impl AsRef<str>) -> String {
        self.locale.text_with("outbox-after", &[("span", Arg::from(span.as_ref()))])
    }

    /// The text for a wait of `span` between two attempts.
    pub fn waits(&self, span: impl AsRef<str>) -> String {
        self.locale.text_with("outbox-waits", &[("span", Arg::from(span.as_ref()))])
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
        self.query_with(&[])
    }

    /// The same with `more` parameters.
    pub fn query_with(&self, more: &[(&str, &str)]) -> String {
        list_query(&self.query, self.start, self.group, more)
    }

    /// The query string of the page of the list that begins at `start`.
    pub fn from(&self, start: u64) -> String {
        list_query(&self.query, start, self.group, &[])
    }

    /// The query string of one tab of the message's page.
    pub fn tab_query(&self, tab: &str) -> String {
        self.query_with(&[("tab", tab)])
    }

    /// See [`when`].
    pub fn when(&self, at: &Time) -> String {
        when(*at)
    }

    /// The percent-encoded search for a tag.
    pub fn tag_query(&self, tag: &str) -> String {
        encoded(&format!("tag:\"{tag}\""))
    }

    /// True if the list shows what `query` finds.
    pub fn shows(&self, query: impl AsRef<str>) -> bool {
        self.section.is_empty() && self.query == query.as_ref()
    }

    /// The URL of this page in another language.
    pub fn in_language(&self, locale: impl Borrow<Locale>) -> String {
        in_language(&self.here, *locale.borrow())
    }

    pub fn locales(&self) -> [Locale; 2] {
        Locale::ALL
    }

    /// The icon of this name.
    pub fn icon(&self, name: &str) -> Icon {
        Icon::named(name)
    }

    /// The sections with their icons.
    pub fn sections(&self) -> Vec<(&'static str, &'static str)> {
        let is_shown = |section: &str| self.site.is_some() || !matches!(section, "outbox" | "previews");
        SECTIONS.into_iter().filter(|(section, _)| is_shown(section)).collect()
    }

    pub fn section_text(&self, section: &str) -> String {
        self.t(format!("inbox-nav-{section}"))
    }

    pub fn key_text(&self, group: &str, key: impl AsRef<str>) -> String {
        self.t(format!("key-{group}{}", key.as_ref()))
    }

    pub fn theme_text(&self, theme: impl Borrow<Theme>) -> String {
        self.t(format!("inbox-theme-{}", theme.borrow().name()))
    }

    pub fn themes(&self) -> [Theme; 3] {
        Theme::ALL
    }
}
