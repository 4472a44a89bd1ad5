//! What client and server said, for the developer to read beside the message. Bounded, and without secrets.

use std::fmt::Write as _;

/// Most bytes kept of the part before the first message: greeting, EHLO, TLS, authentication.
const OPENING: usize = 8 * 1024;
/// Most bytes kept of one message's own part.
const TRANSACTION: usize = 32 * 1024;
/// The same of transactions before it that came to no message: the refusals that made the client begin anew.
const ABANDONED: usize = 4 * 1024;

/// The dialogue so far: the session's opening, and what was said since the last message ended.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    opening: Part,
    /// Ended by RSET since the last message.
    abandoned: Part,
    transaction: Part,
    /// Whether the first transaction has begun, which ends the opening.
    opened: bool,
    /// Messages that are over and no longer kept here.
    earlier: u32,
}

#[derive(Debug, Default)]
struct Part {
    text: String,
    left_out: u32,
}

impl Transcript {
    /// A line of the client's, without its line end.
    pub(super) fn client(&mut self, line: &[u8]) {
        self.line("C: ", |text| printable(line, text));
    }

    /// A reply of one or more lines.
    pub(super) fn server(&mut self, reply: &str) {
        for line in reply.split("\r\n") {
            self.line("S: ", |text| text.push_str(line));
        }
    }

    /// Something that happened without a line on the wire.
    pub(super) fn note(&mut self, note: std::fmt::Arguments<'_>) {
        self.line("# ", |text| {
            let _ = text.write_fmt(note);
        });
    }

    /// A transaction begins: the opening is complete.
    pub(super) fn begin(&mut self) {
        self.opened = true;
    }

    /// What was said of a message is over, its part is dropped; of a transaction that came to none it is kept for the
    /// next one's.
    pub(super) fn end(&mut self, message: bool) {
        match (self.opened, message) {
            (false, _) => {}
            (true, true) => {
                self.abandoned.clear();
                self.transaction.clear();
                self.earlier = self.earlier.saturating_add(1);
            }
            (true, false) => self.abandoned.take(&mut self.transaction, ABANDONED),
        }
    }

    /// The text as it is kept with the message; `verdict` is the reply about to be given.
    pub(super) fn render(&self, verdict: &str) -> String {
        let parts = [&self.opening, &self.abandoned, &self.transaction];
        let mut text =
            String::with_capacity(parts.map(|part| part.text.len()).iter().sum::<usize>() + verdict.len() + 80);
        self.opening.write(&mut text);
        if self.earlier > 0 {
            let _ = writeln!(text, "# earlier messages of this session: {}", self.earlier);
        }
        self.abandoned.write(&mut text);
        self.transaction.write(&mut text);
        for line in verdict.lines() {
            let _ = writeln!(text, "S: {line}");
        }
        text
    }

    fn line(&mut self, who: &str, write: impl FnOnce(&mut String)) {
        let (part, limit) = match self.opened {
            true => (&mut self.transaction, TRANSACTION),
            false => (&mut self.opening, OPENING),
        };
        if part.text.len() >= limit {
            part.left_out = part.left_out.saturating_add(1);
            return;
        }
        part.text.push_str(who);
        write(&mut part.text);
        part.text.push('\n');
    }
}

impl Part {
    fn clear(&mut self) {
        self.text.clear();
        self.left_out = 0;
    }

    /// Adds `other` as far as there is room, and empties it. Once something is left out, so is what follows.
    fn take(&mut self, other: &mut Part, limit: usize) {
        for line in other.text.split_inclusive('\n') {
            match self.left_out == 0 && self.text.len() + line.len() <= limit {
                true => self.text.push_str(line),
                false => self.left_out = self.left_out.saturating_add(1),
            }
        }
        self.left_out = self.left_out.saturating_add(other.left_out);
        other.clear();
    }

    fn write(&self, text: &mut String) {
        text.push_str(&self.text);
        if self.left_out > 0 {
            let _ = writeln!(text, "# lines left out: {}", self.left_out);
        }
    }
}

/// Controls are shown as escapes: a transcript is read in terminals and pages.
fn printable(line: &[u8], text: &mut String) {
    for c in String::from_utf8_lossy(line).chars() {
        match c.is_control() {
            true => text.extend(c.escape_default()),
            false => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_keeps_the_opening_and_what_was_said_since_the_last_one() {
        let mut transcript = Transcript::default();
        transcript.server("220 here");
        transcript.client(b"EHLO me\x07");
        for (line, is_message) in [("one", Some(true)), ("given up", Some(false)), ("two", None)] {
            transcript.begin();
            transcript.client(line.as_bytes());
            if let Some(is_message) = is_message {
                transcript.end(is_message);
            }
        }
        let text = transcript.render("250 Ok");
        assert_eq!(
            text,
            "S: 220 here\nC: EHLO me\\u{7}\n# earlier messages of this session: 1\nC: given up\nC: two\nS: 250 Ok\n"
        );
    }

    #[test]
    fn what_was_given_up_leaves_room_for_the_message_and_goes_with_it() {
        let mut transcript = Transcript::default();
        for n in 0..1_000 {
            transcript.begin();
            transcript.client(format!("attempt {n}").as_bytes());
            transcript.end(false);
        }
        transcript.client(b"the message");
        let text = transcript.render("250 Ok");
        assert!(text.starts_with("C: attempt 0\nC: attempt 1\n"), "{text}");
        assert!(text.len() < ABANDONED + 200 && text.contains("\n# lines left out: 7"), "{text}");
        assert!(text.ends_with("\nC: the message\nS: 250 Ok\n"), "{text}");
        transcript.end(true);
        assert_eq!(transcript.render(""), "# earlier messages of this session: 1\n");
    }

    #[test]
    fn a_transcript_stops_growing_and_says_so() {
        let mut transcript = Transcript::default();
        transcript.begin();
        for _ in 0..100_000 {
            transcript.client(b"RCPT TO:<somebody@example.com>");
        }
        let text = transcript.render("250 Ok");
        assert!(text.len() < TRANSACTION + 200 && text.contains("# lines left out: 9"), "{}", text.len());
    }
}
