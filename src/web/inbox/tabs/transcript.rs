//! The transcript of a session as lines with their speakers, and what it says about the session.

/// Lines that a page shows.
const MAX_LINES: usize = 2_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    Client,
    Server,
    /// An event that is not on the wire.
    Note,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogueLine {
    pub speaker: Speaker,
    /// Milliseconds since the connection; `None` if they were not kept.
    pub at: Option<u64>,
    pub text: String,
}

impl DialogueLine {
    /// What the line begins with, as in a transcript.
    pub fn prefix(&self) -> &'static str {
        match self.speaker {
            Speaker::Client => "C: ",
            Speaker::Server => "S: ",
            Speaker::Note => "# ",
        }
    }

    /// The class that colours the line.
    pub fn class(&self) -> &'static str {
        match self.speaker {
            Speaker::Client => "t-client",
            Speaker::Server => "t-server",
            Speaker::Note => "t-note",
        }
    }
}

/// Consecutive lines; the replies to EHLO after the first are a group that a page can fold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialogueGroup {
    pub lines: Vec<DialogueLine>,
    pub is_ehlo: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dialogue {
    pub groups: Vec<DialogueGroup>,
    pub has_tls: bool,
    /// The mechanism of AUTH.
    pub auth: Option<String>,
    /// Milliseconds from the first line to the last.
    pub duration: Option<u64>,
}

impl Dialogue {
    /// Reads `C: `, `S: ` and `# ` lines. `times` are the milliseconds between each line and the one before it.
    pub fn read(transcript: &str, times: &[u32]) -> Self {
        let mut dialogue = Dialogue::default();
        let mut follows_ehlo = false;
        let mut elapsed = 0;
        let mut times = times.iter().map(|since| {
            elapsed += u64::from(*since);
            elapsed
        });
        for line in transcript.lines().take(MAX_LINES) {
            let line = read_line(line, times.next());
            dialogue.note(&line);
            let is_more = line.speaker == Speaker::Server && line.text.get(3..4) == Some("-");
            match line.speaker {
                Speaker::Client => {
                    follows_ehlo = line.text.get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case("EHLO"))
                }
                Speaker::Note => follows_ehlo = false,
                Speaker::Server => {}
            }
            let is_ehlo = follows_ehlo && line.speaker == Speaker::Server;
            match dialogue.groups.last_mut() {
                Some(group) if group.is_ehlo == is_ehlo => group.lines.push(line),
                _ => dialogue.groups.push(DialogueGroup { lines: vec![line], is_ehlo }),
            }
            follows_ehlo &= is_more || !is_ehlo;
        }
        dialogue
    }

    fn note(&mut self, line: &DialogueLine) {
        self.has_tls |= line.speaker == Speaker::Note && line.text == "TLS";
        self.duration = line.at.or(self.duration);
        let mut words = line.text.split(' ');
        if line.speaker == Speaker::Client && words.next().is_some_and(|verb| verb.eq_ignore_ascii_case("AUTH")) {
            self.auth = words.next().map(str::to_ascii_uppercase);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

fn read_line(line: &str, at: Option<u64>) -> DialogueLine {
    let (speaker, text) = match line.split_at_checked(3) {
        Some(("C: ", text)) => (Speaker::Client, text),
        Some(("S: ", text)) => (Speaker::Server, text),
        _ => (Speaker::Note, line.strip_prefix("# ").unwrap_or(line)),
    };
    DialogueLine { speaker, at, text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_replies_to_ehlo_are_a_group_and_the_session_is_summed_up() {
        let transcript = "S: 220 here\nC: EHLO me\nS: 250-here\nS: 250-SIZE 1\nS: 250 HELP\nC: STARTTLS\n\
                          S: 220 Ready\n# TLS\n\
                          C: AUTH PLAIN ***\nS: 235 Ok\nC: MAIL FROM:<a@b.c>\nS: 250 Ok\n";
        let dialogue = Dialogue::read(transcript, &[]);
        let groups: Vec<_> = dialogue.groups.iter().map(|group| (group.is_ehlo, group.lines.len())).collect();
        assert_eq!(groups, [(false, 2), (true, 3), (false, 7)]);
        assert_eq!((dialogue.has_tls, dialogue.auth.as_deref(), dialogue.duration), (true, Some("PLAIN"), None));
    }

    #[test]
    fn times_are_read_where_they_were_kept() {
        let dialogue = Dialogue::read("S: 220 here\nC: QUIT\nodd", &[3, 12]);
        let lines = &dialogue.groups[0].lines;
        assert_eq!((lines[0].at, lines[1].at, lines[2].at, dialogue.duration), (Some(3), Some(15), None, Some(15)));
        assert_eq!((lines[2].speaker, lines[2].text.as_str()), (Speaker::Note, "odd"));
    }

    #[test]
    fn a_long_transcript_is_bounded() {
        let dialogue = Dialogue::read(&"C: NOOP\n".repeat(100_000), &[]);
        assert_eq!(dialogue.groups[0].lines.len(), MAX_LINES);
    }
}
