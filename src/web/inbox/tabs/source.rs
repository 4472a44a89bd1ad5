//! The panel of the source: numbered lines in three colours, as sent or decoded, a page at a time.

use askama::Template;

use crate::inbox::CapturedMessage;
use crate::mail::source::{
    LINES_PER_PAGE, SourceLine, SourcePage, SpanKind, decode_source, first_line_of_page, source_page,
};

use super::kind::PanelKind;
use super::query::PanelContext;

#[derive(Template)]
#[template(path = "inbox/tabs/source.html")]
pub struct SourcePanel {
    context: PanelContext,
    page: SourcePage,
}

impl SourcePanel {
    pub fn new(context: PanelContext, captured: &CapturedMessage) -> Self {
        let page = if context.query.decoded {
            source_page(decode_source(&captured.bytes).text.as_bytes(), context.query.from)
        } else {
            source_page(&captured.bytes, context.query.from)
        };
        SourcePanel { context, page }
    }

    /// The URL of this panel with one parameter changed.
    fn with(&self, name: &str, value: &str) -> String {
        let query = &self.context.query;
        let from = if query.from > 1 && name != "as" { query.from.to_string() } else { String::new() };
        let mut all = [
            ("as", if query.decoded { "decoded" } else { "" }),
            ("wrap", if query.wrap { "1" } else { "" }),
            ("from", from.as_str()),
        ];
        for (_, old) in all.iter_mut().filter(|(known, _)| *known == name) {
            *old = value;
        }
        self.context.href(PanelKind::Source, &all)
    }

    fn older(&self) -> Option<String> {
        let first = self.page.first;
        (first > 1).then(|| self.with("from", &first_line_of_page(first.saturating_sub(LINES_PER_PAGE)).to_string()))
    }

    fn newer(&self) -> Option<String> {
        self.page.next().map(|next| self.with("from", &next.to_string()))
    }

    /// Text and URL of the link to the first line that is too long.
    fn first_long(&self) -> Option<(String, String)> {
        let line = self.page.first_long?;
        let label = self.context.layout.number("tabs-source-first-long", line as u64);
        Some((label, self.context.source_line(line, self.context.query.decoded)))
    }

    fn last(&self) -> usize {
        (self.page.first + self.page.lines.len()).saturating_sub(1)
    }

    fn long_line(&self, line: &SourceLine) -> String {
        self.context.layout.number("tabs-source-long-line", line.length as u64)
    }

    fn hidden(&self, line: &SourceLine) -> String {
        self.context.layout.number("tabs-source-hidden", line.hidden as u64)
    }
}

/// The class of a span; empty for plain text.
fn class(kind: &SpanKind) -> &'static str {
    match kind {
        SpanKind::Plain => "",
        SpanKind::Name => "s-name",
        SpanKind::Tag => "s-tag",
        SpanKind::Value => "s-value",
    }
}
