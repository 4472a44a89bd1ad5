//! Running text from a message: HTML as text, the snippet for lists, the text for search.

use std::borrow::Cow;

use super::html::{TextToken, attribute, for_each_token, unescape};

/// Maximum size of a snippet in bytes, as in Mailpit; it is cut at a character.
const SNIPPET: usize = 200;

/// Renders HTML as text: blocks become lines, list items get a dash, the URL of a link follows its text.
pub(super) fn from_html(html: &str) -> String {
    let mut out = Renderer::default();
    for_each_token(html, |token| out.take(&token));
    out.text.trim().to_owned()
}

#[derive(Default)]
struct Renderer {
    text: String,
    /// URL of the open link.
    href: Option<String>,
    link_start: usize,
}

impl Renderer {
    fn take(&mut self, token: &TextToken<'_>) {
        match token {
            TextToken::Text(text) => self.add_text(text),
            TextToken::Open { name, attributes } => self.open(&name.to_ascii_lowercase(), attributes),
            TextToken::Close { name } => self.close(&name.to_ascii_lowercase()),
        }
    }

    fn add_text(&mut self, text: &str) {
        let unescaped = unescape(text);
        if unescaped.starts_with(char::is_whitespace) {
            self.space();
        }
        let mut first = true;
        for word in unescaped.split_whitespace() {
            if !first {
                self.text.push(' ');
            }
            self.text.push_str(word);
            first = false;
        }
        if !first && unescaped.ends_with(char::is_whitespace) {
            self.space();
        }
    }

    fn open(&mut self, name: &str, attributes: &str) {
        match name {
            "a" => {
                self.href = attribute(attributes, "href").filter(|h| !h.is_empty() && !h.starts_with('#'));
                self.link_start = self.text.len();
            }
            "br" => self.line(1),
            "li" => {
                self.line(1);
                self.text.push_str("- ");
            }
            "td" | "th" => self.space(),
            _ if is_block(name) => self.line(if name == "tr" || name == "div" { 1 } else { 2 }),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        if name == "a" {
            self.link_end();
        } else if is_block(name) {
            self.line(if name == "p" || name.starts_with('h') { 2 } else { 1 });
        }
    }

    fn link_end(&mut self) {
        let Some(href) = self.href.take() else { return };
        let shown = self.text.get(self.link_start..).unwrap_or_default().trim();
        let bare = href.strip_prefix("mailto:").unwrap_or(&href);
        if shown != bare && shown != href {
            self.space();
            self.text.push_str("( ");
            self.text.push_str(&href);
            self.text.push_str(" )");
        }
    }

    fn space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with([' ', '\n']) {
            self.text.push(' ');
        }
    }

    /// Ends the line, with at least `wanted` line ends in a row.
    fn line(&mut self, wanted: usize) {
        while self.text.ends_with(' ') {
            self.text.pop();
        }
        if self.text.is_empty() {
            return;
        }
        let present = self.text.bytes().rev().take_while(|b| *b == b'\n').count();
        for _ in present..wanted {
            self.text.push('\n');
        }
    }
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "tr"
            | "table"
            | "ul"
            | "ol"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "blockquote"
            | "pre"
            | "hr"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "li"
            | "dl"
            | "dt"
            | "dd"
            | "center"
            | "form"
            | "address"
    )
}

/// The text of the HTML without tags.
pub(super) fn without_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    for_each_token(html, |token| match token {
        TextToken::Text(text) => out.push_str(text),
        TextToken::Open { name, .. } | TextToken::Close { name } if !is_inline(name) => out.push(' '),
        TextToken::Open { .. } | TextToken::Close { .. } => {}
    });
    match unescape(&out) {
        Cow::Owned(text) => text,
        Cow::Borrowed(_) => out,
    }
}

/// True for an element that does not separate words.
pub(super) fn is_inline(name: &str) -> bool {
    ["b", "i", "u", "em", "strong", "span", "a", "font", "small", "code"].iter().any(|n| name.eq_ignore_ascii_case(n))
}

/// The beginning of a text on one line.
pub(super) fn snippet(text: &str) -> String {
    let mut out = String::with_capacity(SNIPPET + 8);
    for word in text.split_whitespace().filter(|word| !word.chars().all(invisible)) {
        let blank = (!out.is_empty()).then_some(' ');
        for c in blank.into_iter().chain(word.chars().filter(|c| !invisible(*c))) {
            if out.len() + c.len_utf8() > SNIPPET {
                out.push_str("...");
                return out;
            }
            out.push(c);
        }
    }
    out
}

/// True for filler characters, which senders use to push text out of the preview line.
fn invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}') || c.is_control()
}

/// `text` with each run of white space as one blank, at most `limit` bytes.
pub(super) fn collapse_white_space(text: &str, limit: usize) -> String {
    let mut out = String::with_capacity(text.len().min(limit));
    for word in text.split_whitespace() {
        if out.len() + word.len() + 1 > limit {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_rendered_as_text_with_its_links() {
        let html = "<html><head><title>x</title></head><body><h1>Hello&nbsp;Kim</h1><p>Please <b>con</b>firm:\n \
                    <a href=\"https://a.example/?x=1&amp;y=2\">Confirm</a></p><ul><li>one<li>two</ul>\
                    <a href='https://b.example'>https://b.example</a></body></html>";
        assert_eq!(
            from_html(html),
            "Hello Kim\n\nPlease confirm: Confirm ( https://a.example/?x=1&y=2 )\n\n- one\n- two\nhttps://b.example"
        );
        assert_eq!(without_tags("<p>a<b>b</b></p><p>c</p>").split_whitespace().collect::<Vec<_>>(), ["ab", "c"]);
    }

    #[test]
    fn a_snippet_is_one_line_cut_at_a_character() {
        assert_eq!(snippet(" a \r\n\t b\u{200b} "), "a b");
        // Senders fill the preview line like this.
        assert_eq!(snippet(&["a", &"\u{200c}\u{a0}".repeat(300), "b"].concat()), "a b");
        let long = snippet(&"한".repeat(300));
        assert_eq!(long.len(), 198 + 3);
        assert!(long.ends_with("한..."));
        assert_eq!(snippet(&format!("{} b", "a".repeat(200))), "a".repeat(200) + "...");
    }
}
