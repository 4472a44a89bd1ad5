//! One leaf of the MIME tree: the values of its header and its decoded content.

use std::ops::Range;

use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;

use super::content_type::{ParameterField, media_type};
use super::encoding::Encoding;
use super::file_name;
use super::header::{HeaderBlock, bare_id};
use super::media_type::{self, PartRole};
use super::uuencode::{self, UuencodedFile};
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
    /// For a file within a text: its range in the text's decoded content.
    uuencoded: Option<Range<usize>>,
    /// For `format=flowed` (RFC 3676): whether a blank at the end of a line is deleted.
    pub(super) flow: Option<bool>,
}

/// Checksums of the decoded content, in lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checksums {
    pub md5: String,
    pub sha1: String,
    pub sha256: String,
}

impl MessagePart {
    /// True for a picture that every browser shows.
    pub fn is_common_picture(&self) -> bool {
        matches!(self.content_type.as_str(), "image/png" | "image/jpeg" | "image/gif")
    }

    /// Interprets the header of a part whose content is `body`. `default_type` is the type of a part that states none.
    pub(super) fn read(header: &HeaderBlock, id: &str, default_type: &str, warnings: &mut WarningList) -> Self {
        let kind = ParameterField::read(header.value("Content-Type"));
        let disposition = ParameterField::read(header.value("Content-Disposition"));
        let charset = kind.token("charset");
        let content_id = cut(bare_id(header.value("Content-Id")).to_owned());
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
        let is_empty = header.has("Content-Type") && kind.head.is_empty();
        for (is_wrong, code) in [
            (is_flawed || is_empty || kind.is_flawed || disposition.is_flawed, WarningCode::ContentType),
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
            uuencoded: None,
            flow: kind
                .token("format")
                .eq_ignore_ascii_case("flowed")
                .then(|| kind.token("delsp").eq_ignore_ascii_case("yes")),
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
        matches!(self.role(), PartRole::Text | PartRole::Report)
    }

    pub(super) fn is_report(&self) -> bool {
        self.role() == PartRole::Report
    }

    pub(super) fn is_attached(&self) -> bool {
        self.disposition == Disposition::Attachment || self.role() == PartRole::Attachment
    }

    fn role(&self) -> PartRole {
        media_type::of(&self.content_type).role
    }

    /// The part for a file that the text of this part contains, as the `number`th one, with the name `stated`.
    pub(super) fn uuencoded_file(&self, number: usize, file: &UuencodedFile, stated: &str) -> Self {
        let name = file_name::clean(stated);
        // Without a last line, the file may go on in a part of the message that was not read.
        let end = if file.is_closed { file.range.end } else { usize::MAX };
        let (encoding, body, within) = match self.encoding {
            Encoding::Identity => {
                let end = self.body.start.saturating_add(end).min(self.body.end);
                (Encoding::Uuencode, self.body.start + file.range.start..end, None)
            }
            encoding => (encoding, self.body.clone(), Some(file.range.start..end)),
        };
        MessagePart {
            id: format!("{}.{number}", self.id),
            content_type: type_by_name(&name).unwrap_or_else(|| "application/octet-stream".to_owned()),
            charset: String::new(),
            has_name: !name.is_empty(),
            file_name: name,
            content_id: String::new(),
            disposition: Disposition::Attachment,
            body,
            is_body: false,
            boundary: String::new(),
            encoding,
            uuencoded: within,
            flow: None,
        }
    }

    /// The content without its transfer encoding; content that does not decode is returned as it is. `message` is the
    /// message that this part was read from. If it is truncated, so is the content.
    pub fn decoded(&self, message: &[u8]) -> Vec<u8> {
        self.decode_checked(message).0
    }

    /// True if the content does not match its transfer encoding.
    pub(super) fn is_damaged(&self, message: &[u8]) -> bool {
        match self.uuencoded {
            None => self.encoding.is_damaged(self.encoded(message)),
            Some(_) => self.decode_checked(message).1,
        }
    }

    /// The content, and true if it does not match its transfer encoding.
    pub(super) fn decode_checked(&self, message: &[u8]) -> (Vec<u8>, bool) {
        let (content, is_damaged) = self.encoding.decode_checked(self.encoded(message));
        let Some(range) = &self.uuencoded else { return (content, is_damaged) };
        uuencode::decode(content.get(range.start..range.end.min(content.len())).unwrap_or_default())
    }

    fn encoded<'m>(&self, message: &'m [u8]) -> &'m [u8] {
        let end = self.body.end.min(message.len());
        message.get(self.body.start..end).unwrap_or_default()
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
