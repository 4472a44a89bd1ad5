//! The tabs of a message's page and their contents, for `templates/inbox/message.html`.

use crate::i18n::Locale;
use crate::inbox::CapturedMessage;
use crate::link_check::Checked;
use crate::mail::html_check;
use crate::mail::lint::lint;
use crate::mail::parse::ParsedMessage;

use super::layout::InboxLayout;

/// Bytes of source that a page shows. The page links to the complete source.
const MAX_SOURCE: usize = 256 * 1024;

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
    pub fn label(&self, layout: &InboxLayout) -> String {
        layout.t(&format!("inbox-tab-{}", self.name))
    }

    pub fn all(current: TabKind, has_html: bool) -> Vec<Tab> {
        let shown = TabKind::ALL.into_iter().filter(|tab| has_html || !tab.needs_html());
        shown.map(|tab| Tab { name: tab.name(), current: tab == current }).collect()
    }
}

/// The contents of the current tab.
pub enum TabContents {
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

impl TabContents {
    pub fn new(tab: TabKind, captured: &CapturedMessage, parsed: &ParsedMessage, locale: Locale) -> Self {
        match tab {
            TabKind::Html => TabContents::Html,
            TabKind::Text => TabContents::Text(parsed.text_or_rendering()),
            TabKind::Source => TabContents::source(parsed.html.as_bytes()),
            TabKind::Headers => {
                let trace = ParsedMessage::read(captured.session.trace.as_bytes()).headers;
                let all = trace.into_iter().chain(parsed.headers.iter().cloned());
                TabContents::Headers(all.map(|header| (header.name, header.value)).collect())
            }
            TabKind::Raw => TabContents::source(&captured.bytes),
            TabKind::Transcript if captured.session.transcript.is_empty() => {
                TabContents::Text(locale.text("inbox-no-transcript"))
            }
            TabKind::Transcript => TabContents::source(captured.session.transcript.as_bytes()),
            TabKind::Checks => TabContents::Checks(Checks::new(captured, parsed, locale)),
        }
    }

    fn source(bytes: &[u8]) -> Self {
        let shown = bytes.get(..MAX_SOURCE).unwrap_or(bytes);
        TabContents::Source { text: String::from_utf8_lossy(shown).into_owned(), cut: bytes.len() > MAX_SOURCE }
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
