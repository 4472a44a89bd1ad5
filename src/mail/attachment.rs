//! A file attached to a message. Its type is guessed from its name; its bytes are never changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_builder::headers::content_type::ContentType;
use mail_builder::mime::{BodyPart, MimePart};

use super::one_line::visible;

const UNKNOWN: &str = "application/octet-stream";
/// Maximum number of characters of a name. A longer name is cut before its extension.
const MAX_NAME: usize = 200;
/// Characters of a base64 line (RFC 2045 §6.8).
const MAX_LINE: usize = 76;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    name: String,
    kind: String,
    bytes: Vec<u8>,
}

impl Attachment {
    /// An attachment from a file name or path; the recipient sees only the last part of a path. Text that is not
    /// valid UTF-8 is declared as plain bytes, since a wrong charset would show garbage.
    pub fn new(name: &str, bytes: Vec<u8>) -> Self {
        let name = file_name(name);
        let guessed = mime_guess::from_path(&name).first_raw().unwrap_or(UNKNOWN);
        let kind = match guessed.split('/').next() {
            Some("text") if std::str::from_utf8(&bytes).is_ok() => guessed,
            // RFC 2046 §5.2.1 forbids base64 for these types, and another encoding could change the bytes in transit.
            Some("text" | "message" | "multipart") => UNKNOWN,
            _ => guessed,
        };
        Attachment { name, kind: kind.to_owned(), bytes }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The media type: `type/subtype`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Encoded size in bytes: base64 with line ends.
    pub(super) fn encoded_len(&self) -> usize {
        self.bytes.len().div_ceil(3) * 4 / MAX_LINE * (MAX_LINE + 2) + MAX_LINE + 2
    }

    pub(super) fn part(&self) -> MimePart<'_> {
        let mut kind = ContentType::new(self.kind.clone());
        if self.kind.starts_with("text/") {
            kind = kind.attribute("charset", "utf-8");
        }
        MimePart::new(kind, BodyPart::Binary(base64_lines(&self.bytes).into_bytes().into()))
            .attachment(self.name.clone())
            .transfer_encoding("base64")
    }
}

/// `bytes` in base64, in lines of 76 characters that end with CR LF.
pub(crate) fn base64_lines(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() / 57 * (MAX_LINE + 2) + MAX_LINE + 2);
    // 57 bytes encode to 76 characters.
    for line in bytes.chunks(MAX_LINE / 4 * 3) {
        STANDARD.encode_string(line, &mut out);
        out.push_str("\r\n");
    }
    out
}

/// The last part of a Unix or Windows path, without characters that are unsafe in headers or file systems. A backslash
/// separates parts only if the path starts like a Windows path.
fn file_name(path: &str) -> String {
    let windows =
        path.starts_with("\\\\") || matches!(path.as_bytes(), [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic());
    let last = if windows { path.rsplit(['/', '\\']).next() } else { path.rsplit('/').next() };
    let name = visible(last.unwrap_or_default()).replace('\\', "_");
    // Windows drops these at the end of a name.
    let name = name.trim_end_matches(['.', ' ']);
    if name.is_empty() {
        return "attachment".to_owned();
    }
    if name.chars().count() <= MAX_NAME {
        return name.to_owned();
    }
    let (stem, ending) = name.rsplit_once('.').filter(|(_, ending)| ending.chars().count() <= 10).unwrap_or((name, ""));
    let stem: String = stem.chars().take(MAX_NAME - 12).collect();
    if ending.is_empty() { stem } else { format!("{stem}.{ending}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_guessed_from_the_name_and_text_must_be_utf_8() {
        let kind = |name, bytes: &[u8]| Attachment::new(name, bytes.to_vec()).kind().to_owned();
        assert_eq!(kind("메모.txt", "안녕".as_bytes()), "text/plain");
        assert_eq!(kind("메모.txt", b"\xbe\xc8\xb3\xe7"), UNKNOWN);
        assert_eq!(kind("photo.JPG", b"x"), "image/jpeg");
        assert_eq!(kind("소리.mp3", b"x"), "audio/mpeg");
        assert_eq!(kind("report.pdf", b"x"), "application/pdf");
        assert_eq!(kind("mail.eml", b"x"), UNKNOWN);
        assert_eq!(kind("no ending", b"x"), UNKNOWN);
        assert_eq!(kind("a.unknown-type", b"x"), UNKNOWN);
    }

    #[test]
    fn a_name_is_the_last_part_of_a_path_without_unsafe_characters() {
        let name = |path: &str| Attachment::new(path, Vec::new()).name().to_owned();
        assert_eq!(name("/home/kim/메모.txt"), "메모.txt");
        assert_eq!(name("C:\\files\\a.pdf"), "a.pdf");
        assert_eq!(name("\\\\server\\files\\a.pdf"), "a.pdf");
        assert_eq!(name("a\"b;c\\d.txt"), "a\"b;c_d.txt");
        assert_eq!([name("x/.hidden"), name(".txt"), name(" sp .txt")], [".hidden", ".txt", " sp .txt"]);
        assert_eq!(name("a.txt. "), "a.txt");
        assert_eq!(name("a\r\nBcc: x.txt"), "a  Bcc: x.txt");
        assert_eq!(name("invoice\u{202e}fdp.exe"), "invoice fdp.exe");
        assert_eq!(name(".."), "attachment");
        let long = name(&format!("{}.pdf", "가".repeat(400)));
        assert!(long.ends_with(".pdf") && long.chars().count() <= MAX_NAME);
    }
}
