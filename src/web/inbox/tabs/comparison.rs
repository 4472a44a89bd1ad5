//! The page that compares two messages: side by side, the words of the text, the lines of the source and the header.

use askama::Template;
use rocket::get;
use rocket::response::content::RawHtml;

use crate::inbox::CapturedMessage;
use crate::mail::diff::{DiffPiece, DiffRow, DiffSide, LineDiff, WordDiff, diff_lines, diff_words};
use crate::mail::html_check;
use crate::mail::parse::{ParsedMessage, sent_fields};
use crate::mail::source::decode_source;

use super::super::super::api::lookup;
use super::super::super::error::WebError;
use super::super::format::when;
use super::super::layout::InboxLayout;
use super::super::page_context::{PageContext, rendered};
use super::super::visible_text::{visible, visible_lines};

/// Largest message whose text and source are compared, in bytes.
const MAX_COMPARED: u64 = 4 * 1024 * 1024;

/// The ways to compare, by their names in the query string.
const VIEWS: [&str; 4] = ["preview", "text", "source", "headers"];

#[derive(Template)]
#[template(path = "inbox/tabs/compare.html")]
struct ComparePage {
    layout: InboxLayout,
    old: ComparedMessage,
    new: ComparedMessage,
    view: &'static str,
    words: Option<WordDiff>,
    lines: Option<LineDiff>,
}

/// One of the two messages.
struct ComparedMessage {
    id: String,
    subject: String,
    received: String,
    when: String,
    /// The estimated support of its HTML in percent.
    support: Option<i64>,
    has_html: bool,
    /// What the view compares; empty if the message is too large.
    text: String,
    is_too_large: bool,
}

/// Compares the messages `a` and `b`; `view` is one of [`VIEWS`].
#[get("/compare?<a>&<b>&<view>")]
pub async fn compare(
    context: PageContext<'_>,
    a: &str,
    b: &str,
    view: Option<&str>,
) -> Result<RawHtml<String>, WebError> {
    let view = VIEWS.into_iter().find(|known| view == Some(*known)).unwrap_or("preview");
    let old = read(&context, a, view).await?;
    let new = read(&context, b, view).await?;
    let layout = context.plain_layout().await?;
    let is_too_large = old.is_too_large || new.is_too_large;
    let (before, after) = (old.text.clone(), new.text.clone());
    let work = move || match view {
        _ if is_too_large => (None, None),
        "text" => (Some(diff_words(&before, &after)), None),
        "source" | "headers" => (None, Some(diff_lines(&before, &after))),
        _ => (None, None),
    };
    let (words, lines) = tokio::task::spawn_blocking(work).await.map_err(|_| WebError::bad("cannot compare"))?;
    rendered(&ComparePage { layout, old, new, view, words, lines })
}

async fn read(context: &PageContext<'_>, id: &str, view: &'static str) -> Result<ComparedMessage, WebError> {
    let inbox = &context.state.inbox;
    let id = lookup::read_id(id)?;
    let summary = inbox.summary(id).await?.ok_or(WebError::Unknown)?;
    let mut compared = ComparedMessage {
        id: id.to_string(),
        subject: visible(&summary.subject),
        received: summary.created.rfc3339(),
        when: when(summary.created),
        support: None,
        has_html: true,
        text: String::new(),
        is_too_large: summary.size > MAX_COMPARED,
    };
    if compared.is_too_large {
        return Ok(compared);
    }
    let captured = lookup::by_id(inbox, id).await?;
    let work = move |captured: &CapturedMessage, parsed: &ParsedMessage| {
        let support = (!parsed.html.is_empty()).then(|| html_check::check(&parsed.html).total.supported.round() as i64);
        (support, compared_text(view, captured, parsed))
    };
    (compared.support, compared.text) = lookup::parsed(captured, work).await?;
    compared.has_html = compared.support.is_some();
    Ok(compared)
}

/// What a view compares.
fn compared_text(view: &str, captured: &CapturedMessage, parsed: &ParsedMessage) -> String {
    match view {
        "preview" | "text" => visible_lines(&parsed.text_or_rendering()),
        "source" => visible_lines(&decode_source(&captured.bytes).text),
        _ => {
            let fields = sent_fields(&captured.bytes);
            let line = |name: &str, value: &str| {
                format!("{name}: {}\n", value.split_whitespace().collect::<Vec<_>>().join(" "))
            };
            let all: String =
                fields.iter().map(|field| line(&field.name, field.decoded.as_ref().unwrap_or(&field.value))).collect();
            visible_lines(&all)
        }
    }
}

impl ComparePage {
    /// The name of a message by its age, and its subject.
    fn side(&self, message: &ComparedMessage) -> String {
        let other = if message.id == self.old.id { &self.new } else { &self.old };
        let key = if (&message.received, &message.id) > (&other.received, &other.id) { "newer" } else { "older" };
        format!("{}: {}", self.layout.t(format!("compare-{key}")), self.subject(message))
    }

    fn subject(&self, message: &ComparedMessage) -> String {
        if message.subject.is_empty() { self.layout.t("inbox-no-subject") } else { message.subject.clone() }
    }

    /// The subjects of both messages, or the one that both have.
    fn heading(&self) -> String {
        let (old, new) = (self.subject(&self.old), self.subject(&self.new));
        if old == new { new } else { format!("\u{2068}{old}\u{2069} → \u{2068}{new}\u{2069}") }
    }

    fn both(&self) -> [&ComparedMessage; 2] {
        [&self.old, &self.new]
    }

    /// The URL of a view, and whether it is the current one.
    fn views(&self) -> Vec<(String, String, bool)> {
        let href = |view: &str| format!("{}/compare?a={}&b={}&view={view}", self.layout.base, self.old.id, self.new.id);
        let label = |view: &str| self.layout.t(format!("compare-view-{view}"));
        VIEWS.into_iter().map(|view| (href(view), label(view), view == self.view)).collect()
    }

    fn swapped(&self) -> String {
        format!("{}/compare?a={}&b={}&view={}", self.layout.base, self.new.id, self.old.id, self.view)
    }

    /// `94 → 88 %`, and true if the support became less.
    fn support(&self) -> Option<(String, bool)> {
        let (old, new) = self.old.support.zip(self.new.support)?;
        Some((if old == new { format!("{new} %") } else { format!("{old} → {new} %") }, new < old))
    }

    fn changes(&self) -> Option<String> {
        let words = self.words.as_ref().map(|words| ("compare-word-changes", words.changes));
        let (key, changes) = words.or(self.lines.as_ref().map(|lines| ("compare-line-changes", lines.changes)))?;
        Some(self.layout.number(key, changes as u64))
    }

    fn is_cut(&self) -> bool {
        self.words.as_ref().is_some_and(|words| words.is_cut) || self.lines.as_ref().is_some_and(|lines| lines.is_cut)
    }
}

/// The class of a piece.
fn class(piece: &DiffPiece) -> &'static str {
    match (piece.side, piece.is_variable) {
        (DiffSide::Both, _) => "",
        (DiffSide::Old, false) => "del",
        (DiffSide::New, false) => "ins",
        (_, true) => "var",
    }
}
