//! The list, whole or narrowed by a search.

use askama::Template;
use rocket::get;
use rocket::response::content::RawHtml;

use crate::capture::{Page, Summary, Window};
use crate::mail::parsed::Contact;

use super::super::api::paging;
use super::super::api::reply::Refusal;
use super::frame::{InboxFrame, Viewer, when};

/// Messages of a page.
const PAGE: u64 = 50;
/// Recipients named in a line.
const NAMED: usize = 3;
/// Tags shown in a line.
const TAGGED: usize = 3;

#[derive(Template)]
#[template(path = "inbox/list.html")]
struct ListPage {
    frame: InboxFrame,
    rows: Vec<Row>,
    total: u64,
    found: u64,
    tags: Vec<String>,
    /// What of the search nobody understands.
    passed_over: Vec<String>,
    newer: Option<String>,
    older: Option<String>,
    /// Where mail is taken.
    smtp: String,
}

struct Row {
    id: String,
    from: String,
    /// The first few.
    to: Vec<String>,
    /// How many more there are.
    to_more: usize,
    subject: String,
    snippet: String,
    /// RFC 3339.
    received: String,
    when: String,
    attachments: u64,
    read: bool,
    refused: bool,
    /// The first few.
    tags: Vec<String>,
    tags_more: Vec<String>,
}

#[get("/?<q>&<start>")]
pub async fn list(viewer: Viewer<'_>, q: Option<&str>, start: Option<u64>) -> Result<RawHtml<String>, Refusal> {
    page(&viewer, q.unwrap_or_default(), start.unwrap_or(0)).await
}

/// Mailpit's address of a search; clients print links to it.
#[get("/search?<q>&<start>")]
pub async fn search(viewer: Viewer<'_>, q: Option<&str>, start: Option<u64>) -> Result<RawHtml<String>, Refusal> {
    page(&viewer, q.unwrap_or_default(), start.unwrap_or(0)).await
}

async fn page(viewer: &Viewer<'_>, q: &str, start: u64) -> Result<RawHtml<String>, Refusal> {
    let q = q.trim();
    let window = Window { start, limit: Some(PAGE), ..Window::default() };
    let Page { found, counts, tags } = viewer.room.inbox.page(paging::query(q, None).as_ref(), &window).await?;
    let frame = InboxFrame { start, ..viewer.frame(q, counts.unread) };
    let href = |start: u64| format!("{}/{}", frame.base, frame.from(start));
    let shown = start.saturating_add(found.messages.len() as u64);
    let page = ListPage {
        newer: (start > 0).then(|| href(start.saturating_sub(PAGE))),
        older: (shown < found.total && !found.messages.is_empty()).then(|| href(shown)),
        rows: found.messages.iter().map(Row::from).collect(),
        total: counts.messages,
        found: found.total,
        tags,
        passed_over: paging::passed_over(q),
        smtp: viewer.room.settings.smtp_address.clone(),
        frame,
    };
    rendered(&page)
}

/// A page's HTML.
///
/// # Errors
/// When the template fails.
pub fn rendered(page: &impl Template) -> Result<RawHtml<String>, Refusal> {
    page.render().map(RawHtml).map_err(|_| Refusal::bad("the page could not be rendered"))
}

impl From<&Summary> for Row {
    fn from(summary: &Summary) -> Self {
        let mut to: Vec<String> = summary.to.iter().chain(&summary.cc).chain(&summary.bcc).map(shown).collect();
        let to_more = to.len().saturating_sub(NAMED);
        to.truncate(NAMED);
        let mut tags = summary.tags.clone();
        let tags_more = tags.split_off(tags.len().min(TAGGED));
        Row {
            id: summary.id.to_string(),
            from: shown(&summary.from),
            to,
            to_more,
            subject: summary.subject.clone(),
            snippet: summary.snippet.clone(),
            received: summary.created.rfc3339(),
            when: when(summary.created),
            attachments: summary.attachments,
            read: summary.read,
            refused: summary.refusal.is_some(),
            tags,
            tags_more,
        }
    }
}

/// A contact on one line: its name, else its address.
fn shown(contact: &Contact) -> String {
    if contact.name.is_empty() { contact.address.clone() } else { contact.name.clone() }
}
