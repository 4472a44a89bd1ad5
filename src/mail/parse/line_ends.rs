//! Repairs line ends: lines that end in CR alone, as programs of the old Macintosh write them, and in CR CR LF.

use super::header::Line;

/// `bytes` with an LF for each CR that stands alone, if the lines of the header end in CR alone. Every other byte keeps
/// its position. An LF at the end does not count, since servers add one.
pub(super) fn with_lf(bytes: &[u8]) -> Option<Vec<u8>> {
    let first = memchr::memchr2(b'\r', b'\n', bytes).filter(|at| bytes.get(*at) == Some(&b'\r'))?;
    let line = Line { text: bytes.get(..first)?, start: 0, next: first + 1 };
    if !(line.is_known_field() || line.is_mbox()) {
        return None;
    }
    let text = bytes.trim_ascii_end();
    let head = text.get(..memchr::memchr(b'\n', text).unwrap_or(text.len())).unwrap_or_default();
    let is_whole = head.len() == text.len();
    // CR before an LF is a line end of CR LF or CR CR LF.
    let head = if is_whole { head } else { trim_end_cr(head) };
    let ends_header = memchr::memmem::find(head, b"\r\r").is_some();
    if !(ends_header || is_whole && memchr::memchr(b'\r', head).is_some()) {
        return None;
    }
    let mut out = bytes.to_vec();
    for at in memchr::memchr_iter(b'\r', bytes) {
        if bytes.get(at + 1) != Some(&b'\n') {
            out.get_mut(at).into_iter().for_each(|byte| *byte = b'\n');
        }
    }
    Some(out)
}

fn trim_end_cr(mut line: &[u8]) -> &[u8] {
    while let [before @ .., b'\r'] = line {
        line = before;
    }
    line
}

/// `text` with CR LF for CR CR LF; `None` without such line ends. A CR elsewhere in a line stays as it was written.
pub(super) fn repaired(text: &str) -> Option<String> {
    memchr::memmem::find(text.as_bytes(), b"\r\r\n")?;
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.strip_suffix("\r\n") {
            Some(line) => out.extend([line.trim_end_matches('\r'), "\r\n"]),
            None => out.push_str(line),
        }
    }
    Some(out)
}

/// True if lines of `text` end in CR alone. A single CR is a stray character within a line.
pub(super) fn has_cr_lines(text: &str) -> bool {
    let bytes = text.as_bytes();
    // The last CR of a run: CR CR LF is a line end of its own kind. At the end of the text, CR separates nothing.
    let is_alone = |at: &usize| !matches!(bytes.get(at + 1), None | Some(b'\r' | b'\n'));
    memchr::memchr_iter(b'\r', bytes).filter(is_alone).nth(1).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_whose_lines_end_in_cr_gets_line_ends() {
        for (bytes, expected) in [
            ("Subject: a\rFrom: b\r\rone\rtwo\r", Some("Subject: a\nFrom: b\n\none\ntwo\n")),
            ("Subject: a\rFrom: b\r\rone\rtwo\r\n", Some("Subject: a\nFrom: b\n\none\ntwo\r\n")),
            ("Subject: a\rFrom: b\r\n", Some("Subject: a\nFrom: b\r\n")),
            ("Subject: a\r\rone\r\ntwo\nthree", Some("Subject: a\n\none\r\ntwo\nthree")),
            ("From x Sat\rTo: b\r\rone", Some("From x Sat\nTo: b\n\none")),
            ("Subject: a\r\nFrom: b\r\n\r\none\rtwo", None),
            ("Subject: a\r\r\nFrom: b\r\r\n\r\r\none\r\rtwo", None),
            ("Subject: a\rBcc: x\r\nFrom: b\r\n\r\n", None),
            ("one\r\rtwo", None),
            ("Subject: a", None),
            ("", None),
        ] {
            assert_eq!(with_lf(bytes.as_bytes()).as_deref(), expected.map(str::as_bytes), "{bytes:?}");
        }
    }

    #[test]
    fn lines_of_a_text_that_end_in_cr_alone_are_noticed() {
        for (text, expected) in [
            ("one\rtwo\rthree\r\n", true),
            ("one\rtwo\rthree", true),
            ("one\rtwo\r\n", false),
            ("one\r\ntwo\rthree\rfour\r\n", true),
            ("one\r\ntwo\rthree\r\n", false),
            ("one\r\r\ntwo\r\r\n", false),
            ("one\r\ntwo\r\n", false),
            ("one\r", false),
            ("one\r\r\r\n", false),
            ("", false),
        ] {
            assert_eq!(has_cr_lines(text), expected, "{text:?}");
        }
    }

    #[test]
    fn odd_line_ends_of_a_text_are_repaired() {
        for (text, expected) in [
            ("a\r\r\nb\r\r\r\nc", Some("a\r\nb\r\nc")),
            ("a\rb\r\r\nc", Some("a\rb\r\nc")),
            ("a\rb\r\nc\n", None),
            ("a\r\nb\nc", None),
        ] {
            assert_eq!(repaired(text).as_deref(), expected, "{text:?}");
        }
    }
}
