//! What a person or a search reads in a message: text, snippet, links, codes. The HTML is read once for all of them.

use super::catch_panic::catch_panic;
use super::codes;
use super::html::HtmlText;
use super::links::{self, MessageLink};
use super::message::ParsedMessage;
use super::text::{self, MAX_TEXT};

/// Bytes of HTML that are enough for a snippet of 200 bytes even after a long style sheet.
const MAX_HEAD: usize = 64 * 1024;

impl ParsedMessage {
    /// The text, or a rendering of the HTML if there is no text part.
    pub fn text_or_rendering(&self) -> String {
        if self.text.is_empty() && !self.html.is_empty() {
            return catch_panic(|| self.html_text().rendering());
        }
        self.text.clone()
    }

    /// The beginning of the message on one line, from the HTML if that has any text, else from the plain text.
    pub fn snippet(&self) -> String {
        let from_html = match self.html.len() {
            0 => String::new(),
            // A message is stored before it is searched, so the rest of a long text can wait.
            MAX_HEAD.. => catch_panic(|| text::snippet(&HtmlText::read(cut(&self.html, MAX_HEAD)).text)),
            _ => text::snippet(&self.html_text().text),
        };
        if from_html.is_empty() { text::snippet(cut(&self.text, MAX_HEAD)) } else { from_html }
    }

    /// The text that a search looks through, on one line, at most `limit` bytes: the plain text, then text and links of
    /// the HTML. `links` are [`ParsedMessage::links`].
    pub fn search_text(&self, links: &[MessageLink], limit: usize) -> String {
        // Neither of the two leaves the other without a share.
        let share = if self.html.is_empty() { limit } else { limit / 2 };
        let mut found = text::collapse_white_space(cut(&self.text, MAX_TEXT), share);
        if self.html.is_empty() {
            return found;
        }
        let urls = links.iter().map(|link| link.url.as_str());
        let of_html: Vec<&str> = std::iter::once(self.html_text().text.as_str()).chain(urls).collect();
        let of_html = text::collapse_white_space(&of_html.join(" "), limit.saturating_sub(found.len() + 1));
        // Most messages say the same twice.
        if of_html.starts_with(&found) {
            return of_html;
        }
        found.push(' ');
        found + &of_html
    }

    /// The links with their text, each URL once, at most 500.
    pub fn links(&self) -> Vec<MessageLink> {
        catch_panic(|| links::read(self.html_text(), cut(&self.text, MAX_TEXT)))
    }

    /// One-time codes; most messages have none. The HTML is read if the text has no code, since the text may only say
    /// "see the HTML part".
    pub fn codes(&self) -> Vec<String> {
        let found = catch_panic(|| codes::read(&self.subject, &self.text));
        if self.html.is_empty() || !found.is_empty() && !self.text.is_empty() {
            return found;
        }
        catch_panic(|| codes::read(&self.subject, &self.html_text().text))
    }

    fn html_text(&self) -> &HtmlText {
        self.html_text.get_or_init(|| catch_panic(|| HtmlText::read(cut(&self.html, MAX_TEXT))))
    }
}

/// At most `limit` bytes of `text`, cut at a character.
fn cut(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn searched(text: &str, html: &str) -> String {
        let head = "Subject: x\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n";
        let parts = format!("--b\r\n\r\n{text}\r\n--b\r\nContent-Type: text/html\r\n\r\n{html}\r\n--b--\r\n");
        let message = ParsedMessage::read(format!("{head}{parts}").as_bytes());
        message.search_text(&message.links(), 1_000)
    }

    #[test]
    fn a_search_reads_both_the_text_and_the_html() {
        assert_eq!(searched("the minutes", "<img src=x>"), "the minutes ");
        assert_eq!(searched("plain\r\nwords", "<p>other</p> <p>words</p>"), "plain words other words");
        assert_eq!(
            searched("same words", "<b>same</b> words, <a href=https://a.test>link</a>"),
            "same words, link https://a.test"
        );
        let long = searched(&"a ".repeat(2_000), &"b ".repeat(2_000));
        assert!(long.len() <= 1_000 && long.contains("a a") && long.contains("b b"));
    }
}
