//! Detects the media type of a file.

const UNKNOWN: &str = "application/octet-stream";
const TEXT: &str = "text/plain";
const ZIP: &str = "application/zip";

/// First bytes of files, with their type.
const MAGIC: [(&[u8], &str); 7] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
];

/// The media type of a file: by its first bytes, which are more reliable than its name; then by the name; then
/// `text/plain` for text.
pub fn media_type(name: &str, bytes: &[u8]) -> &'static str {
    let named = mime_guess::from_path(name).first_raw().unwrap_or(UNKNOWN);
    match magic(bytes) {
        // Many document and program formats are zip files.
        Some(ZIP) if named.starts_with("application/") && named != UNKNOWN && named != "application/pdf" => named,
        Some(kind) => kind,
        None if named != UNKNOWN => named,
        None if is_text(bytes) => TEXT,
        None => UNKNOWN,
    }
}

fn magic(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some("image/webp");
    }
    MAGIC.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, kind)| *kind)
}

/// True for UTF-8 without control characters, except line ends, tabs and form feeds.
fn is_text(bytes: &[u8]) -> bool {
    let is_allowed = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(is_allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_comes_from_the_first_bytes_then_from_the_name_then_from_the_text() {
        for (name, bytes, kind) in [
            ("photo.txt", &b"\x89PNG\r\n\x1a\nx"[..], "image/png"),
            ("x", b"\xff\xd8\xff\xe0", "image/jpeg"),
            ("x.png", b"GIF89a", "image/gif"),
            ("", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            ("invoice", b"%PDF-1.7", "application/pdf"),
            ("files.pdf", b"PK\x03\x04", "application/zip"),
            ("report.docx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            ("a.csv", b"1,2", "text/csv"),
            ("README", "안녕\n".as_bytes(), "text/plain"),
            ("blob", b"a\0b", "application/octet-stream"),
            ("blob", b"\xff\xfe", "application/octet-stream"),
        ] {
            assert_eq!(media_type(name, bytes), kind, "{name}");
        }
    }
}
