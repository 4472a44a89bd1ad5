//! The list of messages, complete or filtered by a search.

use askama::Template;
use rocket::get;
use rocket::response::content::RawHtml;

use crate::inbox::{InboxPage, PageRequest, Summary};
use crate::mail::parse::Contact;

use super::super::api::paging;
use super::super::api::reply::ApiError;
use super::layout::{InboxLayout, PageContext, when};
use super::visible_text::visible;

/// Messages per page.
const PAGE: u64 = 50;
/// Recipients shown in a row.
const MAX_RECIPIENTS: usize = 3;
/// Tags shown in a row.
const MAX_TAGS: usize = 3;

#[derive(Template)]
#[template(path = "inbox/list.html")]
struct ListPage {
    layout: InboxLayout,
    rows: Vec<ListRow>,
    total: u64,
    found: u64,
    tags: Vec<String>,
    /// Terms of the search that are ignored.
    ignored: Vec<String>,
    newer: Option<String>,
    older: Option<String>,
    /// Address of the SMTP server, for the empty list.
    smtp: String,
}

struct ListRow {
    id: String,
    from: String,
    /// The first recipients.
    to: Vec<String>,
    /// Number of recipients that are not shown.
    to_more: usize,
    subject: String,
    snippet: String,
    /// Time of arrival, in RFC 3339.
    received: String,
    when: String,
    attachments: u64,
    read: bool,
    refused: bool,
    /// The first tags.
    tags: Vec<String>,
    tags_more: Vec<String>,
}

#[get("/?<q>&<start>")]
pub async fn list(context: PageContext<'_>, q: Option<&str>, start: Option<u64>) -> Result<RawHtml<String>, ApiError> {
    page(&context, q.unwrap_or_default(), start.unwrap_or(0)).await
}

/// Mailpit's URL of a search; clients print links to it.
#[get("/search?<q>&<start>")]
pub async fn search(
    context: PageContext<'_>,
    q: Option<&str>,
    start: Option<u64>,
) -> Result<RawHtml<String>, ApiError> {
    page(&context, q.unwrap_or_default(), start.unwrap_or(0)).await
}

async fn page(context: &PageContext<'_>, q: &str, start: u64) -> Result<RawHtml<String>, ApiError> {
    let q = q.trim();
    let window = PageRequest { start, limit: Some(PAGE), ..PageRequest::default() };
    let query = paging::query(q, None);
    let InboxPage { found, counts, tags } = context.state.inbox.page(query.as_ref(), &window).await?;
    let layout = InboxLayout { start, ..context.layout(q, counts.unread) };
    let href = |start: u64| format!("{}/{}", layout.base, layout.from(start));
    let shown = start.saturating_add(found.messages.len() as u64);
    let page = ListPage {
        newer: (start > 0).then(|| href(start.saturating_sub(PAGE))),
        older: (shown < found.total && !found.messages.is_empty()).then(|| href(shown)),
        rows: found.messages.iter().map(ListRow::from).collect(),
        total: counts.messages,
        found: found.total,
        tags,
        ignored: query.map(|query| query.ignored_terms().to_vec()).unwrap_or_default(),
        smtp: context.state.settings.smtp_address.clone(),
        layout,
    };
    rendered(&page)
}

/// The HTML of a page.
///
/// # Errors
/// If the template fails.
pub fn rendered(page: &impl Template) -> Result<RawHtml<String>, ApiError> {
    page.render().map(RawHtml).map_err(|_| ApiError::bad("cannot render the page"))
}

impl From<&Summary> for ListRow {
    fn from(summary: &Summary) -> Self {
        let mut to: Vec<String> =
            summary.to.iter().chain(&summary.cc).chain(&summary.bcc).map(name_or_address).collect();
        let to_more = to.len().saturating_sub(MAX_RECIPIENTS);
        to.truncate(MAX_RECIPIENTS);
        let mut tags = summary.tags.clone();
        let tags_more = tags.split_off(tags.len().min(MAX_TAGS));
        ListRow {
            id: summary.id.to_string(),
            from: name_or_address(&summary.from),
            to,
            to_more,
            subject: visible(&summary.subject),
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

/// The name of a contact, or the address if it has no name.
fn name_or_address(contact: &Contact) -> String {
    visible(if contact.name.is_empty() { &contact.address } else { &contact.name })
}
