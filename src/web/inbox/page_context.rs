//! What a page of the inbox knows of its request, and the layout that follows from it.

use askama::Template;
use rocket::http::Status;
use rocket::outcome::try_outcome;
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::content::RawHtml;

use crate::i18n::Locale;
use crate::inbox::UndoBatch;

use super::super::api::auth::{ApiAuth, Unauthorized, is_cross_site};
use super::super::error::WebError;
use super::layout::{InboxLayout, locale};
use super::notice;
use super::page_url::{ListPosition, here, is_part, origin, section};
use super::preferences::Preferences;
use super::problem::is_browser;
use super::sidebar::Sidebar;
use super::state::{InboxState, Mount};

/// The request of a page: shared state, language, position in the list and notice.
pub struct PageContext<'r> {
    pub state: &'r InboxState,
    pub mount: &'r Mount,
    /// True if a browser loads the page into a window or a frame.
    pub navigates: bool,
    /// True if a browser loads it into a window.
    pub is_page: bool,
    /// True if the client accepts HTML explicitly.
    pub is_browser: bool,
    /// True if a page of another site caused the request.
    pub cross_site: bool,
    pub position: ListPosition<'r>,
    /// Host and port of the page's URL.
    pub host: Option<String>,
    /// The deletion that the `undo` parameter of the query string names, if it can still be undone.
    undo: Option<UndoBatch>,
    pub preferences: Preferences,
    /// Scheme and host of this server as the client names them, without a slash at the end.
    pub origin: String,
    locale: Locale,
    /// The `done` parameter of the query string: the code of a notice.
    done: Option<&'r str>,
    sidebar: Sidebar,
    /// See [`InboxLayout::here`].
    here: String,
    section: &'static str,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for PageContext<'r> {
    type Error = Unauthorized;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Unauthorized> {
        let state = try_outcome!(ApiAuth::from_request(request).await).state();
        let Some(mount) = request.rocket().state::<Mount>() else { return Outcome::Forward(Status::NotFound) };
        let text = |name| request.query_value::<&str>(name).and_then(Result::ok);
        let start = request.query_value::<u64>("start").and_then(Result::ok);
        let undo = match request.query_value::<i64>("undo").and_then(Result::ok) {
            Some(batch) => state.inbox.undo_batch(batch).await.ok().flatten(),
            None => None,
        };
        let destination = request.headers().get_one("Sec-Fetch-Dest");
        Outcome::Success(PageContext {
            state,
            mount,
            navigates: matches!(destination, Some("document" | "iframe" | "frame" | "embed" | "object")),
            is_page: destination == Some("document"),
            is_browser: is_browser(request),
            cross_site: is_cross_site(request),
            position: ListPosition { q: text("q"), start, group: text("group") == Some("1") },
            host: request.host().map(ToString::to_string),
            undo,
            preferences: Preferences::of(request.cookies(), mount),
            origin: origin(request, mount),
            locale: locale(request, state, mount),
            done: text("done"),
            sidebar: if is_part(request) { Sidebar::default() } else { Sidebar::load(state).await },
            here: here(request, mount),
            section: section(request, mount),
        })
    }
}

impl PageContext<'_> {
    /// The layout of a page that shows no search.
    ///
    /// # Errors
    /// If the inbox cannot be read.
    pub async fn plain_layout(&self) -> Result<InboxLayout, WebError> {
        Ok(self.layout("", self.state.inbox.counts().await?.unread))
    }

    pub fn layout(&self, query: &str, unread: u64) -> InboxLayout {
        InboxLayout {
            query: query.to_owned(),
            group: self.position.group && query.is_empty(),
            unread: Some(unread),
            notice: self.done.and_then(|code| notice::text(self.locale, code)),
            undo: self.undo,
            sidebar: self.sidebar.clone(),
            preferences: self.preferences,
            here: self.here.clone(),
            section: self.section,
            ..InboxLayout::plain(self.locale, self.state, self.mount)
        }
    }
}

/// The HTML of a page.
///
/// # Errors
/// If the template fails.
pub fn rendered(page: &impl Template) -> Result<RawHtml<String>, WebError> {
    Ok(RawHtml(page.render()?))
}
