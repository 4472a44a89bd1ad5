//! Marks the parts of a line: names of header fields and boundaries, tags of HTML, and values in them.

/// What a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    Plain,
    /// The name of a header field, or a boundary.
    Name,
    /// A tag of HTML.
    Tag,
    /// An encoded word (RFC 2047), or the value of an attribute.
    Value,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSpan {
    pub kind: SpanKind,
    pub text: String,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SourcePosition {
    /// In the header of the message or of a part.
    pub in_header: bool,
    /// In a part whose header says text/html.
    pub is_html: bool,
    /// Within a tag that an earlier line has opened.
    pub in_tag: bool,
}

impl SourcePosition {
    pub(super) const START: SourcePosition = SourcePosition { in_header: true, is_html: false, in_tag: false };

    /// Moves behind `line`.
    pub(super) fn advance(&mut self, line: &[u8]) {
        if is_boundary(line) {
            *self = SourcePosition::START;
        } else if self.in_header {
            self.in_header = !line.trim_ascii().is_empty();
            self.is_html |= memchr::memmem::find(&line.to_ascii_lowercase(), b"text/html").is_some();
        } else if self.is_html
            && let Some(at) = memchr::memrchr2(b'<', b'>', line)
        {
            self.in_tag = line.get(at) == Some(&b'<');
        }
    }
}

/// True for a line that looks like a boundary of a multipart (RFC 2046 §5.1.1), but not for a signature's `-- `.
pub(super) fn is_boundary(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"--").unwrap_or_default().trim_ascii_end();
    rest.len() > 1 && rest.len() <= 74 && !rest.contains(&b' ') && rest != b"-" && rest.iter().any(|b| *b != b'-')
}

/// The spans of `line`.
pub(super) fn spans(line: &str, position: SourcePosition) -> Vec<SourceSpan> {
    let mut spans = SpanList::default();
    if is_boundary(line.as_bytes()) {
        spans.push(SpanKind::Name, line);
    } else if position.in_header {
        header_line(line, &mut spans);
    } else if position.is_html {
        html_line(line, position.in_tag, &mut spans);
    } else {
        spans.push(SpanKind::Plain, line);
    }
    spans.0
}

#[derive(Default)]
struct SpanList(Vec<SourceSpan>);

impl SpanList {
    fn push(&mut self, kind: SpanKind, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.kind == kind => last.text.push_str(text),
            _ => self.0.push(SourceSpan { kind, text: text.to_owned() }),
        }
    }
}

fn header_line(line: &str, spans: &mut SpanList) {
    let mut rest = line;
    if !line.starts_with([' ', '\t'])
        && let Some((name, _)) = line.split_once(':').filter(|(name, _)| !name.contains(' '))
    {
        spans.push(SpanKind::Name, name);
        rest = line.get(name.len()..).unwrap_or_default();
    }
    while let Some((before, word, after)) = encoded_word(rest) {
        spans.push(SpanKind::Plain, before);
        spans.push(SpanKind::Value, word);
        rest = after;
    }
    spans.push(SpanKind::Plain, rest);
}

/// Splits `text` around its first encoded word, `=?charset?q?text?=`.
fn encoded_word(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find("=?")?;
    let inside = text.get(start + 2..)?;
    let second = inside.find('?')? + 1;
    let third = second + inside.get(second..)?.find('?')? + 1;
    let end = start + 2 + third + inside.get(third..)?.find("?=")? + 2;
    Some((text.get(..start)?, text.get(start..end)?, text.get(end..)?))
}

fn html_line(line: &str, mut in_tag: bool, spans: &mut SpanList) {
    let mut rest = line;
    while !rest.is_empty() {
        if !in_tag {
            let start = rest.find('<').unwrap_or(rest.len());
            let (text, tail) = rest.split_at(start);
            spans.push(SpanKind::Plain, text);
            (rest, in_tag) = (tail, true);
            continue;
        }
        let end = rest.find(['"', '\'', '>']).unwrap_or(rest.len());
        let (tag, tail) = rest.split_at(end);
        spans.push(SpanKind::Tag, tag);
        let Some(sign) = tail.chars().next() else { return };
        if sign == '>' {
            spans.push(SpanKind::Tag, ">");
            (rest, in_tag) = (tail.get(1..).unwrap_or_default(), false);
            continue;
        }
        let inside = tail.get(1..).unwrap_or_default();
        let length = inside.find(sign).map_or(tail.len(), |end| end + 2);
        let (value, after) = tail.split_at(length);
        spans.push(SpanKind::Value, value);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(line: &str, position: SourcePosition) -> String {
        let sign = |kind| match kind {
            SpanKind::Plain => "",
            SpanKind::Name => "N",
            SpanKind::Tag => "T",
            SpanKind::Value => "V",
        };
        spans(line, position).iter().map(|span| format!("{}[{}]", sign(span.kind), span.text)).collect()
    }

    #[test]
    fn names_encoded_words_and_boundaries_are_marked() {
        assert_eq!(marked("Subject: a =?utf-8?q?b?= c", SourcePosition::START), "N[Subject][: a ]V[=?utf-8?q?b?=][ c]");
        assert_eq!(marked("\tby b: c", SourcePosition::START), "[\tby b: c]");
        let body = SourcePosition { in_header: false, ..SourcePosition::START };
        assert_eq!(marked("--=_b1", body), "N[--=_b1]");
        assert_eq!(marked("-- ", body), "[-- ]");
        assert_eq!(marked("--------", body), "[--------]");
        assert_eq!(marked("Subject: x", body), "[Subject: x]");
    }

    #[test]
    fn tags_and_their_values_are_marked_across_lines() {
        let html = SourcePosition { in_header: false, is_html: true, in_tag: false };
        assert_eq!(marked("a <b c=\"d>\" e>f</b>", html), "[a ]T[<b c=]V[\"d>\"]T[ e>][f]T[</b>]");
        let mut position = html;
        position.advance(b"x <a");
        assert!(position.in_tag);
        assert_eq!(marked("href='y'>z", position), "T[href=]V['y']T[>][z]");
    }
}
