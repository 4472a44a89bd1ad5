//! Reads and writes mbox files in the `mboxrd` format: each message follows a separator line, and lines of a message
//! that start with `From ` are quoted with `>`.

use std::io::{self, BufRead, Read as _, Write};

use super::from_line::{is_field, is_full_separator, is_separator};

/// Maximum bytes of a line read at once; longer lines are read in pieces.
const PIECE: u64 = 64 * 1024;

/// One message of an mbox file.
pub(super) enum MboxEntry {
    Message(Vec<u8>),
    /// The message exceeds the size limit.
    TooLarge,
}

/// Calls `each` for every message, until it returns false.
pub(super) fn read(reader: &mut impl BufRead, limit: usize, mut each: impl FnMut(MboxEntry) -> bool) -> io::Result<()> {
    let mut current: Option<PartialMessage> = None;
    let mut piece = Vec::new();
    // A separator is the first line or follows an empty line. After text, it must be followed by a header field.
    let (mut line_start, mut after_empty) = (true, true);
    loop {
        piece.clear();
        if reader.by_ref().take(PIECE).read_until(b'\n', &mut piece)? == 0 {
            break;
        }
        let ends_message = current.as_mut().is_some_and(|c| c.ends_before(&piece, limit));
        let separates = line_start && after_empty && is_separator(&piece);
        if ends_message || separates {
            if !current.take().is_none_or(|c| each(c.finish(limit))) {
                return Ok(());
            }
            current = Some(PartialMessage::default());
        }
        match &mut current {
            Some(current) if line_start && !separates => current.add_line(&piece, limit),
            Some(current) if !separates => current.add(&piece, limit),
            _ => {}
        }
        after_empty = line_start && is_empty(&piece);
        line_start = piece.ends_with(b"\n");
    }
    if let Some(current) = current {
        each(current.finish(limit));
    }
    Ok(())
}

#[derive(Default)]
struct PartialMessage {
    bytes: Vec<u8>,
    too_large: bool,
    /// The last line, if it may be a separator: it is one if a header field follows, and text otherwise.
    pending: Vec<u8>,
}

impl PartialMessage {
    fn add_line(&mut self, line: &[u8], limit: usize) {
        match is_full_separator(line) {
            true => self.pending.extend_from_slice(line),
            false => self.add(unquoted(line), limit),
        }
    }

    /// Returns true if the pending line is a separator, given that `piece` follows it.
    fn ends_before(&mut self, piece: &[u8], limit: usize) -> bool {
        let pending = std::mem::take(&mut self.pending);
        let ends = !pending.is_empty() && is_field(piece);
        if !ends {
            self.add(&pending, limit);
        }
        ends
    }

    fn add(&mut self, piece: &[u8], limit: usize) {
        self.too_large |= limit > 0 && self.bytes.len() + piece.len() > limit.saturating_add(2);
        if self.too_large {
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(piece);
        }
    }

    fn finish(mut self, limit: usize) -> MboxEntry {
        let pending = std::mem::take(&mut self.pending);
        self.add(&pending, limit);
        if self.too_large {
            return MboxEntry::TooLarge;
        }
        // The empty line before the next separator is not part of the message.
        for end in [b"\r\n\r\n".as_slice(), b"\n\n"] {
            if self.bytes.ends_with(end) {
                self.bytes.truncate(self.bytes.len() - end.len() / 2);
                break;
            }
        }
        MboxEntry::Message(self.bytes)
    }
}

fn is_empty(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}

fn unquoted(line: &[u8]) -> &[u8] {
    if is_quoted(line) { line.get(1..).unwrap_or_default() } else { line }
}

fn is_quoted(line: &[u8]) -> bool {
    line.starts_with(b">") && starts_from(line)
}

/// Returns true if `line` starts with any number of `>`, followed by `From `.
fn starts_from(line: &[u8]) -> bool {
    let marks = line.iter().take_while(|b| **b == b'>').count();
    line.get(marks..).unwrap_or_default().starts_with(b"From ")
}

/// Appends one message. `sender` must not contain white space; `date` must be in asctime format.
pub(super) fn write(out: &mut impl Write, sender: &str, date: &str, message: &[u8]) -> io::Result<()> {
    writeln!(out, "From {sender} {date}")?;
    for line in message.split_inclusive(|b| *b == b'\n') {
        if starts_from(line) {
            out.write_all(b">")?;
        }
        out.write_all(line)?;
    }
    out.write_all(if message.ends_with(b"\n") { b"\n" } else { b"\n\n" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(bytes: &[u8], limit: usize) -> Vec<Option<Vec<u8>>> {
        let mut found = Vec::new();
        let each = |entry| {
            found.push(match entry {
                MboxEntry::Message(bytes) => Some(bytes),
                MboxEntry::TooLarge => None,
            });
            true
        };
        read(&mut io::BufReader::with_capacity(7, bytes), limit, each).unwrap();
        found
    }

    #[test]
    fn written_messages_are_read_back() {
        let written: [&[u8]; 3] = [b"Subject: a\r\n\r\nFrom here\r\n>From there\r\n\r\n", b"b\n", b""];
        let mut file = Vec::new();
        for message in written {
            write(&mut file, "a@b.c", "Sat Nov 21 03:34:00 2026", message).unwrap();
        }
        assert_eq!(messages(&file, 0), [Some(written[0].to_vec()), Some(written[1].to_vec()), Some(b"\n".to_vec())]);
    }

    #[test]
    fn a_message_above_the_limit_does_not_affect_the_next_message() {
        let second = b"\n\nFrom b Sat Nov 21 03:34:00 2026\nSubject: b\n";
        let file = [b"From a Sat Nov 21 2026\n".as_slice(), &vec![b'x'; 300_000], second].concat();
        assert_eq!(messages(&file, 1_000), [None, Some(b"Subject: b\n".to_vec())]);
        assert_eq!(messages(b"no separator", 0), Vec::<Option<Vec<u8>>>::new());
    }

    #[test]
    fn a_separator_has_a_date_and_follows_an_empty_line() {
        let line = "From a@b.c Sat Nov 21 03:34:00 2026\n";
        let first = format!("\nFrom the desk of Kim: hi\n{line}in the text\n");
        let file = format!("\n\r\n{line}{first}\n{line}second\n");
        assert_eq!(messages(file.as_bytes(), 0), [Some(first.into_bytes()), Some(b"second\n".to_vec())]);
    }

    #[test]
    fn a_separator_after_text_must_be_followed_by_a_field() {
        let line = "From a@b.c Thu Nov 26 21:24:54 2026\n";
        let file =
            format!("{line}Subject: a\n\none\n{line}Subject: b\n\n{line}\n>{line}X: y\n{line}{line}\nend\n{line}");
        let found: Vec<String> =
            messages(file.as_bytes(), 0).into_iter().map(|m| String::from_utf8(m.unwrap()).unwrap()).collect();
        assert_eq!(found[0], "Subject: a\n\none\n");
        assert_eq!(found[1], "Subject: b\n");
        assert_eq!(found[2], format!("\n{line}X: y\n{line}{line}\nend\n{line}"));
        assert_eq!(found.len(), 3);
    }
}
