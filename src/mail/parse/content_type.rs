//! The fields with parameters: Content-Type and Content-Disposition (RFC 2045 §5, RFC 2183, RFC 2231). Missing
//! semicolons, quotes and slashes are repaired as readers of real mail do.

use std::borrow::Cow;

use super::charset;
use super::encoded_word;

/// A value and its parameters.
#[derive(Debug, Default)]
pub(super) struct ParameterField<'v> {
    /// What stands before the parameters, without comments and quotes.
    pub head: &'v str,
    parameters: Vec<Parameter<'v>>,
    /// True if the separators had to be repaired.
    pub is_flawed: bool,
}

#[derive(Debug)]
struct Parameter<'v> {
    name: &'v str,
    value: Cow<'v, str>,
}

/// Parameters of one field past this many are ignored.
const MAX_PARAMETERS: usize = 1_000;
/// Bytes in which a parameter's name and `=` are looked for.
const MAX_PARAMETER_NAME: usize = 64;

impl<'v> ParameterField<'v> {
    pub(super) fn read(value: &'v str) -> Self {
        let mut field = ParameterField::default();
        if value.is_empty() {
            return field;
        }
        let mut rest = field.read_head(value);
        while field.parameters.len() < MAX_PARAMETERS {
            rest = skip_separators(rest);
            if rest.is_empty() {
                break;
            }
            let Some((name, behind)) = parameter_name(rest) else {
                field.is_flawed = true;
                rest = rest.get(item_end(rest)..).unwrap_or_default();
                continue;
            };
            let (value, behind, is_closed) = read_value(behind);
            field.parameters.push(Parameter { name, value });
            field.is_flawed |= !is_closed;
            // Without a semicolon before the next one.
            field.is_flawed |= !matches!(skip_blanks(behind).as_bytes().first(), None | Some(b';'));
            rest = behind;
        }
        field
    }

    fn read_head(&mut self, value: &'v str) -> &'v str {
        let value = skip_blanks(value);
        let mut end = if parameter_name(value).is_some() { 0 } else { item_end(value) };
        // `text / plain`
        if value.get(end..).is_some_and(|rest| rest.trim_start().starts_with('/')) {
            end = value.len();
        }
        let (head, _) = value.split_at(end);
        let head = head.split([';', '(']).next().unwrap_or_default();
        let rest = skip_blanks(value.get(head.len()..).unwrap_or_default());
        self.head = head.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
        self.is_flawed |= self.head.len() < head.trim().len();
        self.is_flawed |= !matches!(rest.as_bytes().first(), None | Some(b';'));
        rest
    }

    /// The value of a parameter that is a token or an ASCII string, such as `charset`.
    pub(super) fn token(&self, name: &str) -> String {
        let value = self.text(name, "");
        match value.split_once(|c: char| c.is_whitespace() || c == ';' || c == ',' || c == '(') {
            Some((token, _)) if !token.is_empty() => token.to_owned(),
            _ => value.trim().to_owned(),
        }
    }

    /// The value of a parameter, empty if it is missing. The extended form (RFC 2231) comes before the plain one.
    /// `charset` is the one of pieces that state none.
    pub(super) fn text(&self, name: &str, charset: &str) -> String {
        let mut plain = None;
        let mut pieces: Vec<(u32, bool, &str)> = Vec::new();
        for parameter in &self.parameters {
            let Some(suffix) = strip_name(parameter.name, name) else { continue };
            match suffix.strip_prefix('*') {
                None if suffix.is_empty() => plain = plain.or(Some(&parameter.value)),
                None => {}
                Some(number) => {
                    let (number, is_encoded) = number.strip_suffix('*').map_or((number, false), |n| (n, true));
                    pieces.push((number.parse().unwrap_or(0), is_encoded || number.is_empty(), &parameter.value));
                }
            }
        }
        let extended = if pieces.is_empty() { String::new() } else { join_pieces(pieces, charset) };
        let value = if extended.trim().is_empty() { plain.map_or("", |plain| plain) } else { &extended };
        // Not allowed by RFC 2047 §5, and usual.
        encoded_word::decode(value, &mut false).into_owned()
    }
}

fn strip_name<'p>(parameter: &'p str, name: &str) -> Option<&'p str> {
    let (start, suffix) = parameter.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(suffix)
}

/// Joins numbered pieces before they are decoded, since a character may be split over two of them.
fn join_pieces(mut pieces: Vec<(u32, bool, &str)>, default_charset: &str) -> String {
    pieces.sort_by_key(|(number, ..)| *number);
    pieces.dedup_by_key(|(number, ..)| *number);
    let mut charset = default_charset;
    let mut bytes = Vec::new();
    for (at, (_, is_encoded, piece)) in pieces.into_iter().enumerate() {
        let mut text = piece;
        let mut split = piece.splitn(3, '\'');
        if let (0, true, Some(name), Some(_), Some(rest)) = (at, is_encoded, split.next(), split.next(), split.next()) {
            (charset, text) = (name, rest);
        }
        match is_encoded {
            true => bytes.extend(percent_encoding::percent_decode_str(text)),
            false => bytes.extend_from_slice(text.as_bytes()),
        }
    }
    charset::decode_unmarked(charset, &bytes).text
}

/// `text` without blanks and comments at its beginning.
fn skip_blanks(text: &str) -> &str {
    let mut rest = text.trim_start();
    while rest.starts_with('(') {
        let Some(end) = rest.find(')') else { return "" };
        rest = rest.get(end + 1..).unwrap_or_default().trim_start();
    }
    rest
}

fn skip_separators(text: &str) -> &str {
    let mut rest = skip_blanks(text);
    while let Some(behind) = rest.strip_prefix([';', ',']) {
        rest = skip_blanks(behind);
    }
    rest
}

/// The name of the parameter at the beginning of `text`, and the text behind its `=`.
fn parameter_name(text: &str) -> Option<(&str, &str)> {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"-_*.".contains(b);
    let length = text.bytes().take(MAX_PARAMETER_NAME).position(|b| !is_name(&b)).filter(|length| *length > 0)?;
    let (name, rest) = text.split_at(length);
    Some((name, without_comment(rest).trim_start_matches([' ', '\t']).strip_prefix('=')?))
}

/// `text` without a short comment at its beginning.
fn without_comment(text: &str) -> &str {
    let comment = text.trim_start_matches([' ', '\t']).strip_prefix('(');
    let end = comment.and_then(|comment| comment.bytes().take(MAX_PARAMETER_NAME).position(|byte| byte == b')'));
    comment.zip(end).and_then(|(comment, end)| comment.get(end + 1..)).unwrap_or(text)
}

/// The end of an item without quotes: a semicolon, or the blank or comma before the next parameter.
fn item_end(text: &str) -> usize {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b',');
    let is_end = |(at, byte): (usize, &u8)| match byte {
        b';' => true,
        // The first of a run speaks for all, so that the time is linear.
        byte if is_blank(byte) && !at.checked_sub(1).and_then(|at| text.as_bytes().get(at)).is_some_and(is_blank) => {
            let behind = text.get(at + 1..).unwrap_or_default().trim_start_matches([' ', '\t', ',']);
            parameter_name(behind).is_some()
        }
        _ => false,
    };
    text.as_bytes().iter().enumerate().position(is_end).unwrap_or(text.len())
}

/// The value at the beginning of `text`, the rest behind it, and false if its quote is not closed.
fn read_value(text: &str) -> (Cow<'_, str>, &str, bool) {
    let text = text.trim_start();
    // `filename=(c) a.pdf`, but not `filename=(1).pdf`.
    let behind = without_comment(text);
    let text = if behind.starts_with(['"', ' ']) { behind.trim_start() } else { text };
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, rest) = text.split_at(item_end(text));
        return (Cow::Borrowed(value.trim_end()), rest, true);
    };
    let Some(end) = closing_quote(quoted) else {
        // The quote is not closed.
        let (value, rest) = quoted.split_at(memchr::memchr(b';', quoted.as_bytes()).unwrap_or(quoted.len()));
        return (Cow::Borrowed(value.trim_end()), rest, false);
    };
    let (value, rest) = quoted.split_at(end);
    (unescape(value), rest.get(1..).unwrap_or_default(), true)
}

/// The quote that ends a string: the first one before a separator or another parameter. Programs forget to escape
/// quotes within a name.
fn closing_quote(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut first = None;
    for at in memchr::memchr_iter(b'"', bytes) {
        let escapes = bytes.get(..at).unwrap_or_default().iter().rev().take_while(|b| **b == b'\\').count();
        let rest = text.get(at + 1..).unwrap_or_default();
        let behind = rest.trim_start_matches([' ', '\t']);
        let ends = behind.is_empty()
            || behind.starts_with([';', ',', '('])
            || behind.len() < rest.len() && parameter_name(behind).is_some();
        // A path of Windows may end in a backslash.
        if ends && (escapes % 2 == 0 || behind.is_empty()) {
            return Some(at);
        }
        if escapes % 2 == 0 {
            first = first.or(Some(at));
        }
    }
    first
}

/// A quoted string without its escapes. Only quotes and backslashes are escaped: a path keeps its backslashes.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', '"']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\\', Some(next @ ('"' | '\\'))) => {
                out.push(*next);
                rest.next();
            }
            _ => out.push(c),
        }
    }
    // Two strings beside each other are one value.
    Cow::Owned(out.replace("\" \"", ""))
}

/// Maximum bytes of each half of a media type.
const MAX_TOKEN: usize = 80;

/// The media type of `head`, reduced to the characters that RFC 6838 §4.2 allows, because it is sent back as a
/// response header. `None` if `head` names no type. The flag is true if it had to be repaired.
pub(super) fn media_type(head: &str) -> (Option<String>, bool) {
    let printable: Cow<'_, str> = match head.contains(char::is_control) {
        true => head.replace(char::is_control, "").into(),
        false => head.into(),
    };
    let (main, sub) = printable.split_once('/').unwrap_or((&printable, ""));
    // The tokens nearest to the slash. What stands around them is not joined to them: `Content-Type: text/html?=`.
    let no_token = |c: char| !is_token(c);
    let main = main.trim_end_matches(no_token).rsplit(no_token).next();
    let sub = sub.trim_start_matches(no_token).split(no_token).next();
    let mut name = String::with_capacity(head.len() + 1);
    add_token(&mut name, main.unwrap_or_default());
    let middle = name.len();
    name.push('/');
    add_token(&mut name, sub.unwrap_or_default());
    let is_clean = name.len() == head.len();
    match name.split_at(middle) {
        ("text" | "plain", "/") => (Some("text/plain".to_owned()), true),
        ("html", "/") => (Some("text/html".to_owned()), true),
        ("multipart", "/") => (Some("multipart/mixed".to_owned()), true),
        ("", _) | (_, "/") => (None, true),
        _ => (Some(name), !is_clean),
    }
}

/// True for the characters of a type's name (RFC 6838 §4.2).
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c)
}

fn add_token(name: &mut String, token: &str) {
    name.extend(token.chars().take(MAX_TOKEN).map(|c| c.to_ascii_lowercase()));
}

#[cfg(test)]
mod tests;
