//! The transcript of a session, shown to the developer with each message. Its size is bounded and it holds no secrets.

use std::fmt::Write as _;

use crate::clock::Time;

/// Most bytes kept of the opening: greeting, EHLO, TLS and authentication.
const OPENING: usize = 8 * 1024;
/// Most bytes kept of one message's transaction.
const TRANSACTION: usize = 32 * 1024;
/// Most bytes kept of transactions without an accepted message since the last one: RSET ended them, or the message was
/// refused.
const ABANDONED: usize = 4 * 1024;
/// Most lines whose times are kept with a message.
const MAX_TIMES: usize = 1_000;

/// The session's opening, and the dialogue since the last accepted message.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    opening: TranscriptPart,
    /// Transactions without an accepted message since the last one.
    abandoned: TranscriptPart,
    transaction: TranscriptPart,
    /// True once the first transaction has begun, which ends the opening.
    opened: bool,
    /// Number of accepted messages, whose dialogue is dropped.
    earlier: u32,
    /// When the session started.
    started: Option<Time>,
    /// Milliseconds from then to the lines that follow.
    elapsed: u32,
}

#[derive(Debug, Default)]
struct TranscriptPart {
    text: String,
    /// The time of each line.
    times: Vec<u32>,
    left_out: u32,
}

impl Transcript {
    /// An empty transcript of a session that starts at `time`.
    pub(super) fn starting(time: Time) -> Self {
        Transcript { started: Some(time), ..Transcript::default() }
    }

    /// Sets the time of the lines that follow.
    pub(super) fn set_time(&mut self, now: Time) {
        let elapsed = self.started.map_or(0, |started| now.since(started).as_millis());
        self.elapsed = u32::try_from(elapsed).unwrap_or(u32::MAX);
    }

    /// Adds a line of the client, given without its line end.
    pub(super) fn client(&mut self, line: &[u8]) {
        self.line("C: ", |text| printable(line, text));
    }

    /// Adds a reply of one or more lines.
    pub(super) fn server(&mut self, reply: &str) {
        for line in reply.split("\r\n") {
            self.line("S: ", |text| text.push_str(line));
        }
    }

    /// Adds an event that is not a line on the wire.
    pub(super) fn note(&mut self, note: std::fmt::Arguments<'_>) {
        self.line("# ", |text| {
            let _ = text.write_fmt(note);
        });
    }

    /// Begins a transaction, which ends the opening.
    pub(super) fn begin(&mut self) {
        self.opened = true;
    }

    /// Ends a transaction. The dialogue of an accepted message is dropped; that of a transaction without one is kept for
    /// the next message's transcript and for the session's.
    pub(super) fn end(&mut self, is_accepted: bool) {
        match (self.opened, is_accepted) {
            (false, _) => {}
            (true, true) => {
                self.abandoned.clear();
                self.transaction.clear();
                self.earlier = self.earlier.saturating_add(1);
            }
            (true, false) => self.abandoned.append(&mut self.transaction, ABANDONED),
        }
    }

    /// The text stored with the message; `replies` are the replies about to be sent.
    pub(super) fn render(&self, replies: &str) -> String {
        let parts = [&self.opening, &self.abandoned, &self.transaction];
        let mut text =
            String::with_capacity(parts.map(|part| part.text.len()).iter().sum::<usize>() + replies.len() + 80);
        self.opening.write(&mut text);
        if self.earlier > 0 {
            let _ = writeln!(text, "# earlier messages of this session: {}", self.earlier);
        }
        self.abandoned.write(&mut text);
        self.transaction.write(&mut text);
        for line in replies.lines() {
            let _ = writeln!(text, "S: {line}");
        }
        text
    }

    /// Milliseconds between each line of [`Transcript::render`] and the line before it, at most 1,000 of them.
    pub(super) fn times(&self, replies: &str) -> Vec<u32> {
        let mut times = self.opening.line_times();
        let last = |times: &[u32]| times.last().copied().unwrap_or_default();
        if self.earlier > 0 {
            times.push(last(&times));
        }
        times.extend(self.abandoned.line_times());
        times.extend(self.transaction.line_times());
        times.extend(replies.lines().map(|_| self.elapsed));
        times.truncate(MAX_TIMES);
        let before = std::iter::once(0).chain(times.iter().copied());
        times.iter().zip(before).map(|(at, before)| at.saturating_sub(before)).collect()
    }

    fn line(&mut self, prefix: &str, write: impl FnOnce(&mut String)) {
        let (part, limit) = match self.opened {
            true => (&mut self.transaction, TRANSACTION),
            false => (&mut self.opening, OPENING),
        };
        if part.text.len() >= limit {
            part.left_out = part.left_out.saturating_add(1);
            return;
        }
        part.times.push(self.elapsed);
        part.text.push_str(prefix);
        write(&mut part.text);
        part.text.push('\n');
    }
}

impl TranscriptPart {
    fn clear(&mut self) {
        self.text.clear();
        self.times.clear();
        self.left_out = 0;
    }

    /// Moves the lines of `other` here up to `limit` bytes. Once a line is left out, all later ones are too.
    fn append(&mut self, other: &mut TranscriptPart, limit: usize) {
        for (line, time) in other.text.split_inclusive('\n').zip(&other.times) {
            match self.left_out == 0 && self.text.len() + line.len() <= limit {
                true => {
                    self.text.push_str(line);
                    self.times.push(*time);
                }
                false => self.left_out = self.left_out.saturating_add(1),
            }
        }
        self.left_out = self.left_out.saturating_add(other.left_out);
        other.clear();
    }

    /// The times of the lines that [`TranscriptPart::write`] writes.
    fn line_times(&self) -> Vec<u32> {
        let mut times = self.times.clone();
        if self.left_out > 0 {
            times.push(times.last().copied().unwrap_or_default());
        }
        times
    }

    fn write(&self, text: &mut String) {
        text.push_str(&self.text);
        if self.left_out > 0 {
            let _ = writeln!(text, "# lines left out: {}", self.left_out);
        }
    }
}

/// Appends `line` with control characters and bidi controls escaped, since transcripts are shown in terminals and pages.
fn printable(line: &[u8], text: &mut String) {
    for c in String::from_utf8_lossy(line).chars() {
        match c.is_control() || is_bidi_control(c) {
            true => text.extend(c.escape_default()),
            false => text.push(c),
        }
    }
}

/// True for characters that change the direction of the text around them.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_s_transcript_holds_the_opening_and_the_dialogue_since_the_last_message() {
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
    fn abandoned_transactions_are_bounded_and_dropped_with_the_next_message() {
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
    fn every_line_has_its_time() {
        let mut transcript = Transcript::starting(Time::from_millis(1_000));
        transcript.server("220 here");
        transcript.set_time(Time::from_millis(1_005));
        for is_message in [true, false] {
            transcript.begin();
            transcript.client(b"MAIL");
            transcript.end(is_message);
        }
        transcript.set_time(Time::from_millis(1_007));
        transcript.client(b"DATA");
        let replies = "250 Ok\r\n250 Ok";
        assert_eq!(transcript.times(replies), [0, 0, 5, 2, 0, 0]);
        assert_eq!(transcript.render(replies).lines().count(), 6);
        for _ in 0..5_000 {
            transcript.client(b"NOOP");
        }
        assert_eq!(transcript.times("").len(), MAX_TIMES);
    }

    #[test]
    fn a_long_transcript_is_cut_off_with_a_note() {
        let mut transcript = Transcript::default();
        transcript.begin();
        for _ in 0..100_000 {
            transcript.client(b"RCPT TO:<somebody@example.com>");
        }
        let text = transcript.render("250 Ok");
        assert!(text.len() < TRANSACTION + 200 && text.contains("# lines left out: 9"), "{}", text.len());
    }
}
