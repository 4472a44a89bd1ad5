//! The contents of a message's page, for `templates/inbox/message.html`.

use askama::Template;

use crate::i18n::Locale;
use crate::inbox::CapturedMessage;
use crate::link_check::Checked;
use crate::mail::html_check;
use crate::mail::lint::lint;
use crate::mail::parse::{Contact, MessageLink, ParsedMessage};

use super::layout::{InboxLayout, size, when};

/// Bytes of source that a page shows. The page links to the complete source.
const MAX_SOURCE: usize = 256 * 1024;
/// Recipients shown of the envelope and of each header field; the counts include the others.
const MAX_NAMED: usize = 200;
/// Links that a page lists.
const MAX_LINKS: usize = 100;

#[derive(Template)]
#[template(path = "inbox/message.html")]
pub struct MessagePage {
    pub frame: InboxLayout,
    pub matter: MessageView,
    pub view: HtmlView,
    pub tabs: Vec<Tab>,
    pub newer: Option<String>,
    pub older: Option<String>,
    /// `None` if the message cannot be released.
    pub release: Option<ReleaseForm>,
}

pub struct ReleaseForm {
    /// The submitted addresses, or the allowed recipients of the envelope.
    pub to: String,
    /// The allowed address patterns; empty without any.
    pub allowed: String,
    pub error: Option<String>,
}

/// The details of a message above its tabs.
pub struct MessageView {
    pub id: String,
    pub subject: String,
    pub refused: Option<String>,
    pub purpose: Option<String>,
    /// The main header fields: locale key of the name, the values shown and the number of values.
    pub heads: Vec<(&'static str, Vec<String>, usize)>,
    pub flaws: Vec<&'static str>,
    pub envelope_from: String,
    pub envelope_from_differs: bool,
    /// Each recipient, and true if no header field names it.
    pub envelope_to: Vec<(String, bool)>,
    pub recipients: usize,
    pub received: String,
    pub when: String,
    pub size: String,
    pub username: String,
    pub origin: String,
    pub codes: Vec<String>,
    pub links: Vec<MessageLink>,
    pub attachments: Vec<AttachmentRow>,
    /// Total size of the attachments.
    pub attached_size: String,
    /// Tag names, separated by commas.
    pub tags: String,
}

pub struct AttachmentRow {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub size: String,
    pub inline: bool,
    pub picture: bool,
}

/// A tab of the message's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TabKind {
    Html,
    Text,
    Source,
    Headers,
    Raw,
    Transcript,
    Checks,
}

impl TabKind {
    const ALL: [TabKind; 7] = [
        TabKind::Html,
        TabKind::Text,
        TabKind::Source,
        TabKind::Headers,
        TabKind::Raw,
        TabKind::Transcript,
        TabKind::Checks,
    ];

    /// The name in URLs, and after `inbox-tab-` in the locales.
    pub const fn name(self) -> &'static str {
        match self {
            TabKind::Html => "html",
            TabKind::Text => "text",
            TabKind::Source => "source",
            TabKind::Headers => "headers",
            TabKind::Raw => "raw",
            TabKind::Transcript => "transcript",
            TabKind::Checks => "checks",
        }
    }

    /// The tab called `name` if the message has it, otherwise the first tab it has.
    pub fn chosen(name: &str, has_html: bool) -> Self {
        let named = TabKind::ALL.into_iter().find(|tab| tab.name() == name);
        let fallback = if has_html { TabKind::Html } else { TabKind::Text };
        named.filter(|tab| has_html || !tab.needs_html()).unwrap_or(fallback)
    }

    const fn needs_html(self) -> bool {
        matches!(self, TabKind::Html | TabKind::Source)
    }
}

pub struct Tab {
    pub name: &'static str,
    pub current: bool,
}

impl Tab {
    pub fn label(&self, frame: &InboxLayout) -> String {
        frame.t(&format!("inbox-tab-{}", self.name))
    }

    pub fn all(current: TabKind, has_html: bool) -> Vec<Tab> {
        let shown = TabKind::ALL.into_iter().filter(|tab| has_html || !tab.needs_html());
        shown.map(|tab| Tab { name: tab.name(), current: tab == current }).collect()
    }
}

/// The contents of the current tab.
pub enum HtmlView {
    /// The HTML, which an `iframe` loads.
    Html,
    Text(String),
    Headers(Vec<(String, String)>),
    Source {
        text: String,
        cut: bool,
    },
    Checks(Checks),
}

pub struct Checks {
    pub findings: Vec<FindingLine>,
    pub report: Option<ReportLines>,
    /// `None` unless the request asks for a link check.
    pub links: Option<Vec<Checked>>,
}

pub struct FindingLine {
    pub severity: &'static str,
    pub text: String,
}

pub struct ReportLines {
    /// In per cent, rounded; so are the numbers of a warning.
    pub supported: i64,
    pub warnings: Vec<WarningLine>,
}

pub struct WarningLine {
    pub title: String,
    pub url: String,
    pub supported: i64,
    pub partial: i64,
    pub unsupported: i64,
}

impl MessageView {
    pub fn new(captured: &CapturedMessage, parsed: &ParsedMessage) -> Self {
        let (summary, session) = (&captured.summary, &captured.session);
        let lists = [&parsed.to, &parsed.cc, &parsed.bcc];
        let named =
            |address: &str| lists.iter().any(|list| list.iter().any(|c| c.address.eq_ignore_ascii_case(address)));
        let mut links = parsed.links();
        links.truncate(MAX_LINKS);
        let to = &session.envelope_to;
        let attachments = attachments(captured, parsed);
        MessageView {
            id: summary.id.to_string(),
            subject: summary.subject.clone(),
            refused: summary.refusal.clone(),
            purpose: summary.purpose.clone(),
            heads: heads(captured, parsed),
            flaws: parsed.warnings.iter().map(|flaw| flaw.sentence()).collect(),
            envelope_from: session.envelope_from.clone(),
            envelope_from_differs: !session.envelope_from.eq_ignore_ascii_case(&parsed.from.address),
            envelope_to: to.iter().take(MAX_NAMED).map(|to| (to.clone(), !named(to))).collect(),
            recipients: to.len(),
            received: summary.created.rfc3339(),
            when: when(summary.created),
            size: size(summary.size),
            username: summary.username.clone(),
            origin: [session.helo.as_str(), session.remote.as_str()].join(" ").trim().to_owned(),
            codes: parsed.codes(),
            links,
            attached_size: size(attachments.iter().map(|(_, bytes)| bytes).sum()),
            attachments: attachments.into_iter().map(|(part, _)| part).collect(),
            tags: summary.tags.join(", "),
        }
    }
}

fn heads(captured: &CapturedMessage, parsed: &ParsedMessage) -> Vec<(&'static str, Vec<String>, usize)> {
    let people = |list: &[Contact]| (list.iter().take(MAX_NAMED).map(person).collect(), list.len());
    let one = |value: String| (vec![value], 1);
    let heads: [(_, (Vec<String>, usize)); 7] = [
        ("inbox-from", one(person(&parsed.from))),
        ("inbox-to-header", people(&parsed.to)),
        ("inbox-cc", people(&parsed.cc)),
        ("inbox-bcc", people(&parsed.bcc)),
        ("inbox-reply-to", people(&parsed.reply_to)),
        ("inbox-date", one(parsed.header("Date").unwrap_or_default().to_owned())),
        ("inbox-message-id", one(captured.summary.message_id.clone())),
    ];
    let shown = heads.into_iter().filter(|(_, (values, _))| values.iter().any(|value| !value.is_empty()));
    shown.map(|(name, (values, count))| (name, values, count)).collect()
}

fn person(contact: &Contact) -> String {
    match (contact.name.as_str(), contact.address.as_str()) {
        ("", address) => address.to_owned(),
        (name, "") => name.to_owned(),
        (name, address) => format!("{name} <{address}>"),
    }
}

/// Each attachment with its size in bytes.
fn attachments(captured: &CapturedMessage, parsed: &ParsedMessage) -> Vec<(AttachmentRow, u64)> {
    let attached = parsed.attachments.iter().map(|part| (part, false));
    let all = attached.chain(parsed.inline.iter().map(|part| (part, true)));
    all.map(|(part, inline)| {
        let bytes = part.decoded(&captured.bytes).len() as u64;
        let attached = AttachmentRow {
            id: part.id.clone(),
            name: part.file_name.clone(),
            kind: part.content_type.clone(),
            size: size(bytes),
            inline,
            picture: matches!(part.content_type.as_str(), "image/png" | "image/jpeg" | "image/gif"),
        };
        (attached, bytes)
    })
    .collect()
}

impl HtmlView {
    pub fn new(tab: TabKind, captured: &CapturedMessage, parsed: &ParsedMessage, locale: Locale) -> Self {
        match tab {
            TabKind::Html => HtmlView::Html,
            TabKind::Text => HtmlView::Text(parsed.text_or_rendering()),
            TabKind::Source => HtmlView::source(parsed.html.as_bytes()),
            TabKind::Headers => {
                let trace = ParsedMessage::read(captured.trace.as_bytes()).headers;
                let all = trace.into_iter().chain(parsed.headers.iter().cloned());
                HtmlView::Headers(all.map(|header| (header.name, header.value)).collect())
            }
            TabKind::Raw => HtmlView::source(&captured.bytes),
            TabKind::Transcript if captured.session.transcript.is_empty() => {
                HtmlView::Text(locale.text("inbox-no-transcript"))
            }
            TabKind::Transcript => HtmlView::source(captured.session.transcript.as_bytes()),
            TabKind::Checks => HtmlView::Checks(Checks::new(captured, parsed, locale)),
        }
    }

    fn source(bytes: &[u8]) -> Self {
        let shown = bytes.get(..MAX_SOURCE).unwrap_or(bytes);
        HtmlView::Source { text: String::from_utf8_lossy(shown).into_owned(), cut: bytes.len() > MAX_SOURCE }
    }
}

impl Checks {
    fn new(captured: &CapturedMessage, parsed: &ParsedMessage, locale: Locale) -> Self {
        let findings = lint(&captured.bytes, parsed, captured.summary.created).into_iter().map(|finding| FindingLine {
            severity: if finding.fatal { "bad" } else { "odd" },
            text: locale
                .text_with(&format!("inbox-lint-{}", finding.code.name()), &[("detail", (&finding.detail).into())]),
        });
        let report = (!parsed.html.is_empty()).then(|| ReportLines::new(html_check::check(&parsed.html)));
        Checks { findings: findings.collect(), report, links: None }
    }
}

impl ReportLines {
    fn new(report: html_check::HtmlCheckReport) -> Self {
        let percent = |share: f64| share.round() as i64;
        let line = |warning: html_check::Warning| WarningLine {
            title: warning.title,
            url: warning.url,
            supported: percent(warning.score.supported),
            partial: percent(warning.score.partial),
            unsupported: percent(warning.score.unsupported),
        };
        ReportLines {
            supported: percent(report.total.supported),
            warnings: report.warnings.into_iter().map(line).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_html_is_shown_as_text() {
        assert_eq!(TabKind::chosen("", true), TabKind::Html);
        assert_eq!(TabKind::chosen("", false), TabKind::Text);
        assert_eq!(TabKind::chosen("source", false), TabKind::Text);
        assert_eq!(TabKind::chosen("raw", false), TabKind::Raw);
        assert_eq!(TabKind::chosen("<script>", true), TabKind::Html);
    }

    #[test]
    fn every_tab_has_a_label_in_every_language() {
        for tab in Tab::all(TabKind::Html, true) {
            assert!(Locale::ALL.iter().all(|locale| locale.has(&format!("inbox-tab-{}", tab.name))), "{}", tab.name);
        }
    }
}
