//! A lenient HTML tokenizer that works in one pass: tags with their attributes and byte ranges, text, and the content
//! of style elements. It serves analysis only. The sandbox decides what is safe to show, not this module.

use std::ops::Range;

/// Attributes of a tag past this many are ignored.
const MAX_ATTRIBUTES: usize = 64;

/// A token of a document.
#[derive(Debug, PartialEq)]
pub enum HtmlToken<'a> {
    Start(Tag<'a>),
    /// The name of an end tag in lower case, and its byte range.
    End(String, Range<usize>),
    Text(&'a str),
    /// The content of a `<style>` element.
    Style(&'a str),
}

/// A start tag.
#[derive(Debug, PartialEq)]
pub struct Tag<'a> {
    /// Lower case.
    pub name: String,
    pub attributes: Vec<(String, &'a str)>,
    /// Byte range in the document, angle brackets included.
    pub span: Range<usize>,
}

impl Tag<'_> {
    /// The first value of the attribute, with character references decoded.
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| decode(value))
    }
}

/// The tokens of `html`. The iterator reads every document to its end in linear time.
pub fn tokens(html: &str) -> HtmlTokens<'_> {
    HtmlTokens { html, at: 0, raw: None }
}

pub struct HtmlTokens<'a> {
    html: &'a str,
    at: usize,
    /// The name of the raw text element that has just been opened.
    raw: Option<String>,
}

impl<'a> Iterator for HtmlTokens<'a> {
    type Item = HtmlToken<'a>;

    fn next(&mut self) -> Option<HtmlToken<'a>> {
        loop {
            if let Some(name) = self.raw.take() {
                let text = self.raw_text(&name);
                match name.as_str() {
                    "style" => return Some(HtmlToken::Style(text)),
                    "title" | "textarea" => return Some(HtmlToken::Text(text)),
                    _ => continue,
                }
            }
            let rest = self.html.get(self.at..).filter(|rest| !rest.is_empty())?;
            if !opens_tag(rest) {
                return Some(HtmlToken::Text(self.text(rest)));
            }
            if let Some(token) = self.tag(rest) {
                return Some(token);
            }
        }
    }
}

impl<'a> HtmlTokens<'a> {
    fn text(&mut self, rest: &'a str) -> &'a str {
        let mut end = rest.len();
        for (at, _) in rest.match_indices('<') {
            if opens_tag(&rest[at..]) {
                end = at;
                break;
            }
        }
        self.at += end;
        &rest[..end]
    }

    /// Reads a tag that starts with `<`. Comments, doctypes and the like give no token.
    fn tag(&mut self, rest: &'a str) -> Option<HtmlToken<'a>> {
        let start = self.at;
        if let Some(comment) = rest.strip_prefix("<!--") {
            self.at += comment.find("-->").map_or(rest.len(), |end| 4 + end + 3);
            return None;
        }
        if rest.starts_with("<!") || rest.starts_with("<?") {
            self.at += rest.find('>').map_or(rest.len(), |end| end + 1);
            return None;
        }
        let closing = rest.starts_with("</");
        let body = &rest[if closing { 2 } else { 1 }..];
        let name_len = body.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/').unwrap_or(body.len());
        let name = body[..name_len].to_ascii_lowercase();
        let (attributes, len) = attributes(&body[name_len..]);
        self.at += (rest.len() - body.len()) + name_len + len;
        let span = start..self.at;
        if closing {
            return Some(HtmlToken::End(name, span));
        }
        if matches!(name.as_str(), "style" | "script" | "title" | "textarea") {
            self.raw = Some(name.clone());
        }
        Some(HtmlToken::Start(Tag { name, attributes, span }))
    }

    /// The raw text up to the end tag of the element, or to the end of the document.
    fn raw_text(&mut self, name: &str) -> &'a str {
        let rest = self.html.get(self.at..).unwrap_or_default();
        let closes = |at: &usize| {
            let after = &rest[at + 2..];
            after.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
        };
        let end = rest.match_indices("</").map(|(at, _)| at).find(closes).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }
}

/// True if `text` starts with a tag, comment or declaration rather than with a plain `<` (HTML §13.2.5.6).
fn opens_tag(text: &str) -> bool {
    let mut bytes = text.bytes();
    if bytes.next() != Some(b'<') {
        return false;
    }
    match bytes.next() {
        Some(b'!' | b'?') => true,
        Some(b'/') => bytes.next().is_some_and(|b| b.is_ascii_alphabetic()),
        Some(byte) => byte.is_ascii_alphabetic(),
        None => false,
    }
}

/// The attributes up to and including `>`, and the number of bytes read.
fn attributes(text: &str) -> (Vec<(String, &str)>, usize) {
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        let skip = |at: usize, fine: fn(char) -> bool| text[at..].find(|c| !fine(c)).map_or(text.len(), |n| at + n);
        at = skip(at, |c| c.is_ascii_whitespace() || c == '/');
        match text[at..].chars().next() {
            None => return (found, text.len()),
            Some('>') => return (found, at + 1),
            Some(_) => {}
        }
        // The first character belongs to the name, even if it is `=`, so that every round of the loop advances.
        let first = text[at..].chars().next().map_or(1, char::len_utf8);
        let name_end = skip(at + first, |c| !c.is_ascii_whitespace() && !matches!(c, '/' | '>' | '='));
        let name = &text[at..name_end];
        at = skip(name_end, |c| c.is_ascii_whitespace());
        let mut value = "";
        if text[at..].starts_with('=') {
            at = skip(at + 1, |c| c.is_ascii_whitespace());
            (value, at) = attribute_value(text, at);
        } else {
            at = name_end;
        }
        if found.len() < MAX_ATTRIBUTES {
            found.push((name.to_ascii_lowercase(), value));
        }
    }
}

fn attribute_value(text: &str, at: usize) -> (&str, usize) {
    let rest = &text[at..];
    match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => match rest[1..].find(quote) {
            Some(len) => (&rest[1..=len], at + len + 2),
            None => (&rest[1..], text.len()),
        },
        _ => {
            let len = rest.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(rest.len());
            (&rest[..len], at + len)
        }
    }
}

/// Decodes the character references that links and names use: numeric ones, the five of XML, and `&nbsp;`.
pub fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        // No known reference is longer.
        let end = rest.bytes().take(12).position(|b| b == b';');
        match end.and_then(|end| Some((reference(&rest[1..end])?, end))) {
            Some((character, end)) => {
                out.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    let number = name.strip_prefix('#');
    match (name, number) {
        ("amp", _) => Some('&'),
        ("lt", _) => Some('<'),
        ("gt", _) => Some('>'),
        ("quot", _) => Some('"'),
        ("apos", _) => Some('\''),
        ("nbsp", _) => Some('\u{a0}'),
        (_, Some(number)) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(html: &str) -> Vec<String> {
        tokens(html)
            .map(|token| match token {
                HtmlToken::Start(tag) => format!("<{}{}>", tag.name, tag.attributes.len()),
                HtmlToken::End(name, _) => format!("</{name}>"),
                HtmlToken::Text(text) => text.to_owned(),
                HtmlToken::Style(css) => format!("style:{css}"),
            })
            .collect()
    }

    #[test]
    fn a_document_is_split_into_tags_and_text() {
        assert_eq!(names("<P class=a id='b c'>x < y<br/></p>"), ["<p2>", "x < y", "<br0>", "</p>"]);
        assert_eq!(
            names("<!doctype html><!-- <a> --><style>a>b{}</style>z"),
            ["<style0>", "style:a>b{}", "</style>", "z"]
        );
        assert_eq!(names("<script>if (a<b) '<p>'</script>"), ["<script0>", "</script>"]);
    }

    #[test]
    fn the_first_value_of_an_attribute_counts_and_is_decoded() {
        let Some(HtmlToken::Start(tag)) = tokens(r#"<a HREF="/x?a=1&amp;b=2&#x41;&bogus;" href=second>"#).next() else {
            panic!("a tag")
        };
        assert_eq!(tag.attribute("href").unwrap(), "/x?a=1&b=2A&bogus;");
        assert_eq!(tag.attribute("id"), None);
    }

    #[test]
    fn malformed_markup_is_read_to_its_end() {
        for html in
            ["<", "<a", "<a b", "<a b=", "<a b='", "</", "<!--", "<!", "<style>", "<a =>", "<é>", "&", "<a é='ü'"]
        {
            let _ = names(html);
            let _ = names(&html.repeat(1000));
        }
        assert_eq!(names("<a href=x"), ["<a1>"]);
    }

    #[test]
    fn attributes_past_the_limit_are_ignored() {
        let html = format!("<a {}>after", "x=1 ".repeat(MAX_ATTRIBUTES + 1));
        assert_eq!(names(&html), [format!("<a{MAX_ATTRIBUTES}>"), "after".to_owned()]);
    }
}
