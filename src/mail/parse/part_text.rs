//! The text of a part: its content in its charset, with usual line ends, without the files in it.

use super::charset;
use super::flowed;
use super::line_ends;
use super::part::MessagePart;
use super::uuencode;
use super::warning::{WarningCode, WarningList};

impl MessagePart {
    /// [`MessagePart::decoded`] as text in the stated charset, or in the one that fits the bytes best.
    pub(super) fn text(&self, message: &[u8], warnings: &mut WarningList) -> String {
        let (bytes, is_damaged) = self.decode_checked(message);
        warnings.extend(is_damaged.then_some(WarningCode::BrokenEncoding), &self.id);
        self.text_of(bytes, warnings)
    }

    /// [`MessagePart::text`] without the uuencoded files in it, and those files.
    pub(super) fn text_and_files(&self, message: &[u8], warnings: &mut WarningList) -> (String, Vec<MessagePart>) {
        let (mut bytes, is_damaged) = self.decode_checked(message);
        warnings.extend(is_damaged.then_some(WarningCode::BrokenEncoding), &self.id);
        let found = if self.is_text() { uuencode::files(&bytes) } else { Vec::new() };
        for file in found.iter().rev() {
            bytes.drain(file.range.clone());
        }
        let mut parts = Vec::with_capacity(found.len());
        for (at, file) in found.iter().enumerate() {
            let stated = self.characters(file.name.clone(), &mut WarningList::default());
            let part = self.uuencoded_file(at + 1, file, &stated);
            warnings.extend((part.file_name != stated.trim()).then_some(WarningCode::FileName), &part.id);
            parts.push(part);
        }
        (self.text_of(bytes, warnings), parts)
    }

    fn text_of(&self, bytes: Vec<u8>, warnings: &mut WarningList) -> String {
        let mut text = self.characters(bytes, warnings);
        if let Some(repaired) = line_ends::repaired(&text) {
            warnings.add(WarningCode::LineEnds, &self.id);
            text = repaired;
        }
        warnings.extend(line_ends::has_cr_lines(&text).then_some(WarningCode::LineEnds), &self.id);
        match self.flow.filter(|_| self.is_text()) {
            Some(deletes_space) => flowed::unfold(&text, deletes_space),
            None => text,
        }
    }

    fn characters(&self, mut bytes: Vec<u8>, warnings: &mut WarningList) -> String {
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
}

/// `bytes` as text if they are UTF-8 without a byte order mark and without escapes to other charsets.
fn plain_utf8(bytes: Vec<u8>) -> Result<String, Vec<u8>> {
    if bytes.starts_with(b"\xef\xbb\xbf") || memchr::memchr(0x1b, &bytes).is_some() {
        return Err(bytes);
    }
    String::from_utf8(bytes).map_err(std::string::FromUtf8Error::into_bytes)
}
