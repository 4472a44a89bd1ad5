//! The HTML of a message as tokens: enough to read its text and links, without a tree or styles. Takes linear time for
//! any input.

use std::borrow::Cow;

use mail_parser::decoders::html::add_html_token;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum TextToken<'x> {
    Text(&'x str),
    /// A start tag; `attributes` is the raw text after the name.
    Open {
        name: &'x str,
        attributes: &'x str,
    },
    Close {
        name: &'x str,
    },
}

/// Passes each token of `html` to `each`. Skips comments, doctypes and the content of `script`, `style`, `template` and
/// `title`.
pub(super) fn for_each_token(html: &str, mut each: impl FnMut(TextToken<'_>)) {
    let mut rest = html;
    while !rest.is_empty() {
        let open = memchr::memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
        let (text, tail) = rest.split_at(open);
        if !text.is_empty() {
            each(TextToken::Text(text));
        }
        rest = tag(tail, &mut each);
    }
}

/// True if a text in the HTML has a digit, or a character reference that may be one.
pub(super) fn shows_digit(html: &str) -> bool {
    let mut shown = false;
    for_each_token(html, |token| {
        if let TextToken::Text(text) = token {
            shown |= text.bytes().any(|b| b.is_ascii_digit() || b == b'&');
        }
    });
    shown
}

/// Reads the tag, comment or text that starts with `<` and returns the rest behind it.
fn tag<'x>(at: &'x str, each: &mut impl FnMut(TextToken<'_>)) -> &'x str {
    if at.is_empty() {
        return at;
    }
    if let Some(comment) = at.strip_prefix("<!--") {
        return after(comment, "-->");
    }
    let inside = at.get(1..).unwrap_or_default();
    if inside.starts_with(['!', '?']) {
        return after(inside, ">");
    }
    let (closing, named) = inside.strip_prefix('/').map_or((false, inside), |i| (true, i));
    if !named.starts_with(|c: char| c.is_ascii_alphabetic()) {
        // A lone `<` is text, together with the text after it.
        let end = memchr::memchr(b'<', inside.as_bytes()).unwrap_or(inside.len());
        each(TextToken::Text(at.get(..end + 1).unwrap_or_default()));
        return inside.get(end..).unwrap_or_default();
    }
    let end = tag_end(named);
    let body = named.get(..end).unwrap_or_default();
    let rest = named.get(end + 1..).unwrap_or_default();
    let split = body.find(|c: char| c.is_ascii_whitespace() || c == '/').unwrap_or(body.len());
    let (name, attributes) = body.split_at(split);
    if closing {
        each(TextToken::Close { name });
        return rest;
    }
    each(TextToken::Open { name, attributes });
    if hidden(name) { skip_to_close(rest, name) } else { rest }
}

/// The position of the `>` that ends a tag. A `>` inside a quoted value does not.
fn tag_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = memchr::memchr3(b'>', b'"', b'\'', bytes.get(from..).unwrap_or_default()).map(|n| from + n) {
        let quote = bytes.get(at).copied().unwrap_or_default();
        if quote == b'>' {
            return at;
        }
        let Some(inside) = memchr::memchr(quote, bytes.get(at + 1..).unwrap_or_default()) else { break };
        from = at + 1 + inside + 1;
    }
    // The quote is not closed: the first `>` counts, as in old browsers.
    memchr::memchr(b'>', text.as_bytes()).unwrap_or(text.len())
}

fn hidden(name: &str) -> bool {
    ["script", "style", "template", "title"].iter().any(|h| name.eq_ignore_ascii_case(h))
}

fn skip_to_close<'x>(rest: &'x str, name: &str) -> &'x str {
    for at in memchr::memmem::find_iter(rest.as_bytes(), b"</") {
        let tail = rest.get(at + 2..).unwrap_or_default();
        if tail.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name)) {
            return rest.get(at..).unwrap_or_default();
        }
    }
    ""
}

/// The text after the first `mark`. The search looks for the last byte of `mark` only, which is rare in running text.
fn after<'x>(text: &'x str, mark: &str) -> &'x str {
    let Some(last) = mark.bytes().last() else { return text };
    let ends = memchr::memchr_iter(last, text.as_bytes()).map(|at| at + 1);
    let mut marks = ends.filter(|end| text.get(..*end).is_some_and(|text| text.ends_with(mark)));
    marks.next().and_then(|end| text.get(end..)).unwrap_or_default()
}

/// The value of the attribute `wanted` in the raw text of a tag, with character references decoded.
pub(super) fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
        let tail = tail.trim_start();
        let Some(tail) = tail.strip_prefix('=') else {
            // No value. A stray character that is not a name must not stop the loop from advancing.
            rest = if name.is_empty() { tail.get(1..).unwrap_or_default() } else { tail };
            continue;
        };
        let (value, tail) = value(tail.trim_start());
        if name.eq_ignore_ascii_case(wanted) {
            return Some(unescape(value).trim().to_owned());
        }
        rest = tail;
    }
}

fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    text.split_at(text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len()))
}

/// Length of the longest character reference that is decoded (`&CounterClockwiseContourIntegral;`).
const MAX_ENTITY: usize = 34;

pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('&') {
        out.push_str(before);
        let end = tail.bytes().take(MAX_ENTITY).position(|b| b == b';');
        match end.and_then(|end| tail.get(..end).zip(tail.get(end + 1..))) {
            Some((name, after)) if is_entity(name) => {
                add_html_token(&mut out, format!("&{name};").as_bytes(), false);
                rest = after;
            }
            _ => {
                out.push('&');
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn is_entity(name: &str) -> bool {
    let digits = name.strip_prefix('#').unwrap_or(name);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(html: &str) -> Vec<String> {
        let mut out = Vec::new();
        for_each_token(html, |t| out.push(format!("{t:?}")));
        out
    }

    #[test]
    fn tags_comments_and_hidden_content_are_distinguished() {
        assert_eq!(
            seen("a<!-- <b> --><p class='>'>b</P><style>p{}</style><br/>1 < 2"),
            [
                "Text(\"a\")",
                "Open { name: \"p\", attributes: \" class='>'\" }",
                "Text(\"b\")",
                "Close { name: \"P\" }",
                "Open { name: \"style\", attributes: \"\" }",
                "Close { name: \"style\" }",
                "Open { name: \"br\", attributes: \"/\" }",
                "Text(\"1 \")",
                "Text(\"< 2\")"
            ]
        );
    }

    #[test]
    fn attributes_are_found_with_every_kind_of_quotes() {
        assert_eq!(attribute(r#" class=x HREF="https://a/?b=1&amp;c=2" "#, "href").unwrap(), "https://a/?b=1&c=2");
        assert_eq!(attribute("disabled href='x y'", "href").unwrap(), "x y");
        assert_eq!(attribute("href=a/b", "href").unwrap(), "a/b");
        assert_eq!(attribute("data-href=x = ==\"", "href"), None);
    }

    #[test]
    fn character_references_are_decoded_and_lone_ampersands_kept() {
        assert_eq!(
            unescape("a &amp; b &#65;&#x42; &eacute; R&D &nope &; &#xFFFFFFFF;"),
            "a & b AB é R&D &nope &; \u{fffd}".to_owned()
        );
    }
}
