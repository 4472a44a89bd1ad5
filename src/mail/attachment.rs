//! A file that goes with a mail: its type guessed from its name, its bytes never changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_builder::headers::content_type::ContentType;
use mail_builder::mime::{BodyPart, MimePart};

use super::message::visible;

const UNKNOWN: &str = "application/octet-stream";
/// Characters of a name; longer ones are cut before their ending.
const MAX_NAME: usize = 200;
/// RFC 2045 §6.8.
const MAX_LINE: usize = 76;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    name: String,
    kind: String,
    bytes: Vec<u8>,
}

impl Attachment {
    /// A file by its name, which may be a path: the receiver sees its last part alone. Text is declared as UTF-8
    /// when it is, and as plain bytes when it is not: a wrong charset shows as noise.
    pub fn new(name: &str, bytes: Vec<u8>) -> Self {
        let name = file_name(name);
        let guessed = mime_guess::from_path(&name).first_raw().unwrap_or(UNKNOWN);
        let kind = match guessed.split('/').next() {
            Some("text") if std::str::from_utf8(&bytes).is_ok() => guessed,
            // A mail or multipart inside may not be base64 (RFC 2046 §5.2.1), and must not change on the way.
            Some("text" | "message" | "multipart") => UNKNOWN,
            _ => guessed,
        };
        Attachment { name, kind: kind.to_owned(), bytes }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// `type/subtype`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Bytes on the wire, in base64 with line ends.
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

fn base64_lines(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() / 57 * (MAX_LINE + 2) + MAX_LINE + 2);
    // 57 bytes are 76 characters.
    for line in bytes.chunks(MAX_LINE / 4 * 3) {
        STANDARD.encode_string(line, &mut out);
        out.push_str("\r\n");
    }
    out
}

/// The last part of a path of either kind, without what a header or a file system could take amiss. A backslash is
/// a part of a Unix name, unless the path begins as only Windows' do.
fn file_name(path: &str) -> String {
    let windows =
        path.starts_with("\\\\") || matches!(path.as_bytes(), [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic());
    let last = if windows { path.rsplit(['/', '\\']).next() } else { path.rsplit('/').next() };
    let name = visible(last.unwrap_or_default()).replace('\\', "_");
    // At the end Windows drops them.
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
    fn the_type_follows_from_the_name_and_text_only_from_utf_8() {
        let kind = |name, bytes: &[u8]| Attachment::new(name, bytes.to_vec()).kind().to_owned();
        assert_eq!(kind("메모.txt", "안녕".as_bytes()), "text/plain");
        assert_eq!(kind("메모.txt", b"\xbe\xc8\xb3\xe7"), UNKNOWN);
        assert_eq!(kind("photo.JPG", b"x"), "image/jpeg");
        assert_eq!(kind("소리.mp3", b"x"), "audio/mpeg");
        assert_eq!(kind("report.pdf", b"x"), "application/pdf");
        assert_eq!(kind("mail.eml", b"x"), UNKNOWN);
        assert_eq!(kind("no ending", b"x"), UNKNOWN);
        assert_eq!(kind("a.unheard-of", b"x"), UNKNOWN);
    }

    #[test]
    fn a_name_is_the_last_part_of_a_path_and_harmless() {
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
