//! One leaf of the MIME tree: the values of its header and its decoded content.

use std::ops::Range;

use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;

use super::charset;
use super::content_type::{ParameterField, media_type};
use super::encoding::Encoding;
use super::file_name;
use super::header::HeaderBlock;
use super::warning::{WarningCode, WarningList};

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
    /// A name without path and control characters: of the file, else the Content-ID, else one by the type.
    pub file_name: String,
    /// Without angle brackets.
    pub content_id: String,
    pub disposition: Disposition,
    /// Byte range of the encoded content in the message.
    pub body: Range<usize>,
    /// True if the message gives the part a file name.
    pub(super) has_name: bool,
    /// True if the message's text or HTML contains the part.
    pub(super) is_body: bool,
    pub(super) boundary: String,
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
    /// Interprets the header of a part whose content is `body`. `default_type` is the type of a part that states none.
    pub(super) fn read(header: &HeaderBlock, id: &str, default_type: &str, warnings: &mut WarningList) -> Self {
        let kind = ParameterField::read(header.value("Content-Type"));
        let disposition = ParameterField::read(header.value("Content-Disposition"));
        let charset = kind.token("charset");
        let is_bracket = |c: char| c == '<' || c == '>' || c.is_whitespace();
        let content_id = cut(header.value("Content-Id").trim_matches(is_bracket).to_owned());
        let stated = disposition.text("filename", &charset);
        let stated = if stated.trim().is_empty() { kind.text("name", &charset) } else { stated };
        let name = file_name::clean(&stated);
        let (media_type, is_flawed) = if kind.head.is_empty() { (None, false) } else { media_type(kind.head) };
        let default_type = || match header.value("Content-Type") {
            "" => default_type.to_owned(),
            // RFC 2045 §5.2, unless the name shows that it is no text.
            _ => type_by_name(&name).unwrap_or_else(|| "text/plain".to_owned()),
        };
        let content_type = media_type.unwrap_or_else(default_type);
        let encoding = Encoding::named(header.value("Content-Transfer-Encoding"));
        for (is_wrong, code) in [
            (is_flawed || kind.is_flawed || disposition.is_flawed, WarningCode::ContentType),
            (name != stated.trim(), WarningCode::FileName),
            (encoding.is_none(), WarningCode::TransferEncoding),
        ] {
            warnings.extend(is_wrong.then_some(code), id);
        }
        MessagePart {
            id: id.to_owned(),
            charset: cut(charset),
            has_name: !name.is_empty(),
            file_name: name,
            content_id,
            disposition: Disposition::named(disposition.head),
            body: 0..0,
            is_body: false,
            boundary: if content_type.starts_with("multipart/") { kind.text("boundary", "") } else { String::new() },
            encoding: encoding.unwrap_or(Encoding::Identity),
            content_type,
        }
    }

    /// Gives a part without a file name its Content-ID, as Mailpit does, or a name by its type.
    pub(super) fn set_file_name(&mut self) {
        if self.file_name.is_empty() {
            self.file_name = file_name::clean(&self.content_id);
        }
        if self.file_name.is_empty() {
            self.file_name = file_name::made_up(&self.content_type, &self.id);
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

    /// True for content that a search reads: every kind of text, and the reports of mail servers.
    pub(super) fn is_readable(&self) -> bool {
        self.content_type.starts_with("text/") || self.is_report()
    }

    pub(super) fn is_report(&self) -> bool {
        const REPORTS: [&str; 4] = [
            "message/delivery-status",
            "message/global-delivery-status",
            "message/disposition-notification",
            "message/feedback-report",
        ];
        REPORTS.contains(&self.content_type.as_str())
    }

    pub(super) fn is_attached(&self) -> bool {
        self.disposition == Disposition::Attachment || self.content_type == "application/octet-stream"
    }

    /// The content without its transfer encoding; content that does not decode is returned as it is. `message` is the
    /// message that this part was read from. If it is truncated, so is the content.
    pub fn decoded(&self, message: &[u8]) -> Vec<u8> {
        self.encoding.decode(self.encoded(message))
    }

    /// True if the content does not match its transfer encoding.
    pub(super) fn is_damaged(&self, message: &[u8]) -> bool {
        self.encoding.is_damaged(self.encoded(message))
    }

    fn encoded<'m>(&self, message: &'m [u8]) -> &'m [u8] {
        let end = self.body.end.min(message.len());
        message.get(self.body.start..end).unwrap_or_default()
    }

    /// [`MessagePart::decoded`] as text in the stated charset, or in the one that fits the bytes best.
    pub(super) fn text(&self, message: &[u8], warnings: &mut WarningList) -> String {
        let (mut bytes, is_damaged) = self.encoding.decode_checked(self.encoded(message));
        warnings.extend(is_damaged.then_some(WarningCode::BrokenEncoding), &self.id);
        if memchr::memmem::find(&bytes, b"\r\r\n").is_some() {
            bytes = without_doubled_cr(&bytes);
            warnings.add(WarningCode::LineEnds, &self.id);
        }
        if self.charset.is_empty() || self.charset.eq_ignore_ascii_case("utf-8") {
            // Most texts; without a copy.
            bytes = match plain_utf8(bytes) {
                Ok(text) => return text,
                Err(bytes) => bytes,
            };
        }
        let stated = if self.charset.is_empty() && self.is_html() { charset::of_html(&bytes) } else { None };
        let decoded = charset::decode(stated.as_deref().unwrap_or(&self.charset), &bytes);
        warnings.extend(decoded.flaw, &self.id);
        decoded.text
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

impl Disposition {
    fn named(name: &str) -> Self {
        match () {
            () if name.eq_ignore_ascii_case("attachment") => Disposition::Attachment,
            () if name.eq_ignore_ascii_case("inline") => Disposition::Inline,
            () => Disposition::Unstated,
        }
    }

    /// The value of Content-Disposition; empty if it is unstated or unknown.
    pub const fn name(self) -> &'static str {
        match self {
            Disposition::Attachment => "attachment",
            Disposition::Inline => "inline",
            Disposition::Unstated => "",
        }
    }
}

/// `bytes` as text if they are UTF-8 without a byte order mark and without escapes to other charsets.
fn plain_utf8(bytes: Vec<u8>) -> Result<String, Vec<u8>> {
    if bytes.starts_with(b"\xef\xbb\xbf") || memchr::memchr(0x1b, &bytes).is_some() {
        return Err(bytes);
    }
    String::from_utf8(bytes).map_err(std::string::FromUtf8Error::into_bytes)
}

/// Lines that end in CR LF, of lines that end in CR CR LF.
fn without_doubled_cr(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let Some(mut text) = line.strip_suffix(b"\r\r\n") else {
            out.extend_from_slice(line);
            continue;
        };
        while let [before @ .., b'\r'] = text {
            text = before;
        }
        out.extend_from_slice(text);
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// The type that the extension of a file name stands for.
fn type_by_name(name: &str) -> Option<String> {
    name.contains('.').then(|| mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream").to_owned())
}

fn cut(text: String) -> String {
    if text.len() <= file_name::MAX_NAME && !text.chars().any(char::is_control) {
        return text;
    }
    text.chars().filter(|c| !c.is_control()).take(file_name::MAX_NAME).collect()
}
