//! The panel of the text, with its addresses as links.

use askama::Template;

use crate::mail::parse::{ParsedMessage, find_urls, is_web_url};

use super::super::visible_text::{visible, visible_lines};
use super::query::PanelContext;

/// Bytes of text that the panel shows.
const MAX_TEXT: usize = 256 * 1024;
/// Pictures of a message without a text that the panel shows.
const MAX_PICTURES: usize = 10;

#[derive(Template)]
#[template(path = "inbox/tabs/text.html")]
pub struct TextPanel {
    context: PanelContext,
    pieces: Vec<TextPiece>,
    /// True if the message has no text part and this is a rendering of its HTML.
    is_rendering: bool,
    is_cut: bool,
    /// Ids and names of the pictures, if the message has nothing else to show.
    pictures: Vec<(String, String)>,
}

/// A piece of text, or a URL in it.
struct TextPiece {
    text: String,
    /// Starts with `http://` or `https://`.
    url: Option<String>,
}

impl TextPanel {
    pub fn new(context: PanelContext, parsed: &ParsedMessage) -> Self {
        let whole = parsed.text_or_rendering();
        let text = cut(&whole);
        TextPanel {
            context,
            pieces: pieces(text),
            is_rendering: parsed.text.is_empty() && !parsed.html.is_empty(),
            is_cut: text.len() < whole.len(),
            pictures: if text.trim().is_empty() { pictures(parsed) } else { Vec::new() },
        }
    }
}

fn pictures(parsed: &ParsedMessage) -> Vec<(String, String)> {
    let parts = parsed.attachments.iter().chain(&parsed.inline).filter(|part| part.is_common_picture());
    parts.take(MAX_PICTURES).map(|part| (part.id.clone(), visible(&part.file_name))).collect()
}

fn cut(text: &str) -> &str {
    let end = (0..=MAX_TEXT.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

fn pieces(text: &str) -> Vec<TextPiece> {
    let mut pieces = Vec::new();
    let mut copied = 0;
    for found in find_urls(text).into_iter().filter(|found| is_web_url(&found.url)) {
        let Some(before) = text.get(copied..found.range.start) else { continue };
        pieces.push(TextPiece { text: before.to_owned(), url: None });
        pieces.push(TextPiece {
            text: text.get(found.range.clone()).unwrap_or_default().to_owned(),
            url: Some(found.url),
        });
        copied = found.range.end;
    }
    pieces.push(TextPiece { text: text.get(copied..).unwrap_or_default().to_owned(), url: None });
    pieces.retain(|piece| !piece.text.is_empty());
    pieces.iter_mut().for_each(|piece| piece.text = visible_lines(&piece.text));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_addresses_become_links_and_the_text_stays() {
        let text = "Open https://a.test/x?y=1. Or <https://b.test/long\n/path>, not ftp://c.test";
        let shown = pieces(text);
        assert_eq!(shown.iter().map(|piece| piece.text.as_str()).collect::<String>(), text);
        let urls: Vec<_> = shown.iter().filter_map(|piece| piece.url.as_deref()).collect();
        assert_eq!(urls, ["https://a.test/x?y=1", "https://b.test/long/path"]);
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        assert_eq!(cut(&"한".repeat(100_000)).len(), 262_143);
    }
}
