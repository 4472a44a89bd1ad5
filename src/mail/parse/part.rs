//! One leaf of the MIME tree: the values of its header and its decoded content.

use std::borrow::Cow;
use std::ops::Range;

use mail_parser::parsers::MessageStream;
use mail_parser::{ContentType, HeaderValue};
use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;

use super::charset;
use super::contact::unstructured;
use super::encoding::Encoding;
use super::header::Header;

/// Maximum length of a name or type; a longer one is cut.
const MAX_NAME: usize = 255;
/// The name of a forwarded message that has no file name. A part without a name is not listed.
const FORWARDED: &str = "message.eml";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    Attachment,
    Inline,
    /// No Content-Disposition, or a value that RFC 2183 does not define.
    Unstated,
}

/// A leaf. Its names are untrusted text: never a path, never markup.
#[derive(Clone, Debug)]
pub struct MessagePart {
    /// Mailpit's PartID: `0` for a message without parts, otherwise `1`, `2`, `2.1` …
    pub id: String,
    /// Lower case, without parameters; `text/plain` if unstated.
    pub content_type: String,
    /// As stated; empty if unstated.
    pub charset: String,
    /// Decoded; the Content-ID if there is no file name.
    pub file_name: String,
    /// Without angle brackets.
    pub content_id: String,
    pub disposition: Disposition,
    /// Byte range of the encoded content in the message.
    pub body: Range<usize>,
    pub(super) boundary: Option<String>,
    encoding: Encoding,
}

/// Checksums of the decoded content, in lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksums {
    pub md5: String,
    pub sha1: String,
    pub sha256: String,
}

impl MessagePart {
    pub(super) fn read(headers: &[Header], body: Range<usize>) -> Self {
        let find = |name: &str| headers.iter().find(|h| h.name == name).map_or("", |h| h.value.as_str());
        let kind = content_type(find("Content-Type"));
        let disposition = content_type(find("Content-Disposition"));
        let content_id = cut(find("Content-Id").trim_matches(|c: char| c == '<' || c == '>' || c.is_whitespace()));
        let name = attribute(&disposition, "filename").or_else(|| attribute(&kind, "name"));
        let name = name.map(|n| cut(unstructured(&n).trim())).filter(|n| !n.is_empty());
        let is_nested = content_id.is_empty() && kind.as_ref().is_some_and(|kind| media_type(kind) == "message/rfc822");
        MessagePart {
            id: String::new(),
            content_type: kind.as_ref().map_or_else(|| "text/plain".to_owned(), media_type),
            charset: attribute(&kind, "charset").map(|c| cut(&c)).unwrap_or_default(),
            file_name: name.unwrap_or_else(|| if is_nested { FORWARDED.to_owned() } else { content_id.clone() }),
            content_id,
            disposition: disposition.map_or(Disposition::Unstated, |d| d.into()),
            body,
            boundary: attribute(&kind, "boundary"),
            encoding: Encoding::named(find("Content-Transfer-Encoding")),
        }
    }

    pub(super) fn is_multipart(&self) -> bool {
        self.content_type.starts_with("multipart/")
    }

    pub fn is_text(&self) -> bool {
        self.content_type == "text/plain"
    }

    pub fn is_html(&self) -> bool {
        self.content_type == "text/html"
    }

    /// The content without its transfer encoding; content that does not decode is returned as it is. `message` is the
    /// message that this part was read from. If it is truncated, so is the content.
    pub fn decoded(&self, message: &[u8]) -> Vec<u8> {
        let end = self.body.end.min(message.len());
        self.encoding.decode(message.get(self.body.start..end).unwrap_or_default())
    }

    /// [`MessagePart::decoded`] as text in the stated charset; in UTF-8 if that charset is unknown, or if neither the
    /// part nor its HTML states one.
    pub fn text(&self, message: &[u8]) -> String {
        let bytes = self.decoded(message);
        match self.other_charset(&bytes).and_then(|name| charset::decode(&name, &bytes)) {
            Some(text) => text,
            None => String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
        }
    }

    /// The charset of `bytes` if it may differ from UTF-8.
    fn other_charset(&self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self.charset.as_str() {
            name if name.eq_ignore_ascii_case("utf-8") => None,
            "" if self.is_html() => charset::of_html(bytes).map(Cow::Owned),
            "" => None,
            // Many programs label UTF-8 as ASCII.
            name if charset::is_ascii(name) && charset::is_utf8(bytes) => None,
            name => Some(Cow::Borrowed(name)),
        }
    }

    pub fn checksums(decoded: &[u8]) -> Checksums {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect();
        Checksums {
            md5: hex(&Md5::digest(decoded)),
            sha1: hex(&Sha1::digest(decoded)),
            sha256: hex(&Sha256::digest(decoded)),
        }
    }
}

impl From<ContentType<'static>> for Disposition {
    fn from(value: ContentType<'static>) -> Self {
        match () {
            () if value.c_type.eq_ignore_ascii_case("attachment") => Disposition::Attachment,
            () if value.c_type.eq_ignore_ascii_case("inline") => Disposition::Inline,
            () => Disposition::Unstated,
        }
    }
}

fn content_type(value: &str) -> Option<ContentType<'static>> {
    if value.is_empty() {
        return None;
    }
    let line = [extended_alone(value).as_bytes(), b"\n"].concat();
    match MessageStream::new(&line).parse_content_type().into_owned() {
        HeaderValue::ContentType(kind) => Some(kind),
        _ => None,
    }
}

fn attribute(of: &Option<ContentType<'static>>, name: &str) -> Option<String> {
    of.as_ref().and_then(|c| c.attribute(name)).map(str::to_owned)
}

/// `value` without the `filename` or `name` that accompanies a `filename*` or `name*` for programs that support only
/// the plain form (RFC 6266 §4.3).
fn extended_alone(value: &str) -> Cow<'_, str> {
    if !value.contains('*') {
        return Cow::Borrowed(value);
    }
    let pieces = parameters(value);
    let named = |piece: &str, name: &str| {
        let start = piece.trim_start().get(..name.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let has = |name: &str| pieces.iter().any(|p| named(p, name) && !p.trim_end().ends_with(['\'', '=']));
    let (file_name, name) = (has("filename*"), has("name*"));
    let doubled = |piece: &str| file_name && named(piece, "filename=") || name && named(piece, "name=");
    let kept: Vec<&str> = pieces.iter().copied().filter(|piece| !doubled(piece)).collect();
    if kept.len() == pieces.len() { Cow::Borrowed(value) } else { Cow::Owned(kept.join(";")) }
}

/// The parameters of `value`: the pieces between semicolons outside quotes.
fn parameters(value: &str) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let split = |c: char| {
        let ends = c == ';' && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && quoted && !escaped;
        ends
    };
    value.split(split).collect()
}

/// The media type, reduced to the characters that RFC 6838 §4.2 allows, because it is sent back as a response header.
fn media_type(kind: &ContentType<'static>) -> String {
    let mut name = String::with_capacity(40);
    add_token(&mut name, kind.ctype());
    let main = name.len();
    if let Some(subtype) = kind.subtype() {
        name.push('/');
        add_token(&mut name, subtype);
    }
    match name.as_str() {
        "text" | "text/" => "text/plain".to_owned(),
        _ if main > 0 && name.len() > main + 1 => name,
        _ => "application/octet-stream".to_owned(),
    }
}

fn add_token(name: &mut String, text: &str) {
    let fine = |b: &u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(b);
    name.extend(text.bytes().filter(fine).take(80).map(|b| char::from(b.to_ascii_lowercase())));
}

fn cut(text: &str) -> String {
    if text.len() <= MAX_NAME && !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    text.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect()
}
