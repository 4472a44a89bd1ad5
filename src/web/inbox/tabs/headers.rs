//! The panel of the header fields: as sent, with the decoded value below, and apart those that Gatepost added.

use askama::Template;

use crate::inbox::CapturedMessage;
use crate::mail::parse::{SentField, sent_fields};

use super::super::visible_text::visible;
use super::kind::PanelKind;
use super::query::PanelContext;

/// Bytes of one value that the panel shows; the source has the rest.
const MAX_VALUE: usize = 4 * 1024;

#[derive(Template)]
#[template(path = "inbox/tabs/headers.html")]
pub struct HeadersPanel {
    context: PanelContext,
    sent: Vec<FieldRow>,
    added: Vec<FieldRow>,
    /// Number of fields that the filter leaves out.
    left_out: usize,
}

struct FieldRow {
    name: String,
    value: String,
    decoded: Option<String>,
    /// URL of the field in the source; `None` for a field that Gatepost added.
    href: Option<String>,
    line: usize,
    is_cut: bool,
}

impl HeadersPanel {
    pub fn new(context: PanelContext, captured: &CapturedMessage) -> Self {
        let filter = context.query.filter.to_lowercase();
        let matches = |field: &SentField| {
            let holds = |text: &str| text.to_lowercase().contains(&filter);
            filter.is_empty()
                || holds(&field.name)
                || holds(&field.value)
                || field.decoded.as_deref().is_some_and(holds)
        };
        let all = sent_fields(&captured.bytes);
        let sent: Vec<FieldRow> =
            all.iter().filter(|field| matches(field)).map(|field| row(field, Some(&context))).collect();
        let trace = sent_fields(captured.session.trace.as_bytes());
        let added: Vec<FieldRow> = trace.iter().filter(|field| matches(field)).map(|field| row(field, None)).collect();
        let left_out = all.len() + trace.len() - sent.len() - added.len();
        HeadersPanel { context, sent, added, left_out }
    }

    fn action(&self) -> String {
        format!("{}/view/{}", self.context.layout.base, self.context.id)
    }

    fn all(&self) -> String {
        self.context.href(PanelKind::Headers, &[])
    }
}

fn row(field: &SentField, context: Option<&PanelContext>) -> FieldRow {
    let lines: Vec<String> = cut(&field.value).lines().map(visible_line).collect();
    FieldRow {
        name: visible(&field.name),
        value: lines.join("\n"),
        decoded: field.decoded.as_deref().map(|decoded| visible(cut(decoded))),
        href: context.map(|context| context.source_line(field.line, false)),
        line: field.line,
        is_cut: field.value.len() > MAX_VALUE,
    }
}

/// A folded line keeps the tab that it begins with.
fn visible_line(line: &str) -> String {
    let text = line.trim_start_matches([' ', '\t']);
    format!("{}{}", line.get(..line.len() - text.len()).unwrap_or_default(), visible(text.trim_end()))
}

fn cut(text: &str) -> &str {
    let end = (0..=MAX_VALUE.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}
