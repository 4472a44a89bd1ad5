//! One dialogue per SMTP rule, in `tests/it/transcripts/*.smtp`, played over a real socket:
//!
//! ```text
//! # a comment                      ! users ann:first, ! listener lmtp, ! limit recipients 2, ! fault {…rule…}
//! C: a line to send, with CR LF    escapes: \r \n \0 \\ \xNN
//! C= bytes to send, without        C*99= the same 99 times
//! S: the whole reply to expect     `*` is any text, lines are joined by \n; `S: <closed>` is the end
//! I: from -> to, to [refused why]  the next message of the inbox must be this, I: <empty> if it is empty
//! B: its bytes                     T: its transcript, both with `*`
//! ```

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use tokio::time::timeout;

use super::*;
use crate::secret::Logins;
use crate::smtpd::{FaultRules, RecipientRules};

/// Longer than any reply takes, even on a loaded machine.
const REPLY_TIMEOUT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn the_server_replies_as_every_transcript_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/transcripts");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let only = std::env::var("TRANSCRIPT").unwrap_or_default();
    let mut failures = String::new();
    for path in paths.iter().filter(|path| path.to_string_lossy().contains(&only)) {
        let text = std::fs::read_to_string(path).unwrap();
        let result = tokio::spawn(async move { play(&text).await }).await.expect("no transcript panics");
        if let Err(reason) = result {
            let _ = writeln!(failures, "{}: {reason}", path.file_name().unwrap().to_string_lossy());
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(paths.len() > 10, "the transcripts are found");
}

async fn play(text: &str) -> Result<(), String> {
    let directives: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("! ")).collect();
    let server = TestServer::start(|settings| directives.iter().for_each(|line| configure(settings, line))).await;
    for rule in directives.iter().filter_map(|line| line.strip_prefix("fault ")) {
        let mut rules: FaultRules = server.faults.rules();
        rules.rules.push(serde_json::from_str(rule).map_err(|e| e.to_string())?);
        server.faults.set_rules(rules).map_err(|e| e.to_string())?;
    }
    let mut client = Client::connect(address(&server.bound, &directives)).await;
    let mut inbox: Option<std::vec::IntoIter<CapturedMessage>> = None;
    let mut current: Option<CapturedMessage> = None;
    for (number, line) in text.lines().enumerate() {
        let failed = |reason: String| format!("line {}: {reason}", number + 1);
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let Some((kind, rest)) = line.split_at_checked(2) else { return Err(failed(format!("what is {line:?}?"))) };
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        match kind {
            "C:" => client.send(&[unescape(rest), b"\r\n".to_vec()].concat()).await,
            "C=" => client.send(&unescape(rest)).await,
            "C*" => {
                let (times, bytes) = rest.split_once("= ").ok_or_else(|| failed("C*n= bytes".into()))?;
                client.send(&unescape(bytes).repeat(times.parse().map_err(|_| failed(times.into()))?)).await;
            }
            "S:" => client.expect(&String::from_utf8_lossy(&unescape(rest))).await.map_err(failed)?,
            "I:" => {
                if inbox.is_none() {
                    inbox = Some(server.messages().await.into_iter());
                }
                current = inbox.as_mut().and_then(Iterator::next);
                same(rest, &shape(current.as_ref())).map_err(failed)?;
            }
            "B:" => {
                let bytes = current.as_ref().map(|message| message.bytes.clone()).unwrap_or_default();
                same(&String::from_utf8_lossy(&unescape(rest)), &String::from_utf8_lossy(&bytes)).map_err(failed)?;
            }
            "T:" => {
                let transcript = current.as_ref().map(|message| message.session.transcript.clone()).unwrap_or_default();
                same(&String::from_utf8_lossy(&unescape(rest)), &transcript).map_err(failed)?;
            }
            // An ignored line would look like a test.
            _ => return Err(failed(format!("what is {line:?}?"))),
        }
    }
    drop(client);
    server.stop().await;
    Ok(())
}

fn configure(settings: &mut Settings, line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        ["users", users @ ..] => {
            settings.users = Logins::parse(users.iter().copied()).unwrap();
        }
        ["allowed", pattern] => settings.recipients = RecipientRules::new(pattern, false).unwrap(),
        ["allowed", pattern, "ignore"] => settings.recipients = RecipientRules::new(pattern, true).unwrap(),
        ["requires", "tls"] => settings.requires_tls = true,
        ["strict", "header"] => settings.strict_header = true,
        ["starttls", "off"] => settings.starttls = false,
        ["limit", "recipients", n] => settings.limits.recipients = n.parse().unwrap(),
        ["limit", "size", n] => settings.max_message_size = n.parse().unwrap(),
        ["limit", "header", n] => settings.limits.header = n.parse().unwrap(),
        ["limit", "errors", n] => settings.limits.errors = n.parse().unwrap(),
        ["limit", "held", n] => settings.limits.held = n.parse().unwrap(),
        ["limit", "idle", millis] => settings.limits.idle = Duration::from_millis(millis.parse().unwrap()),
        ["limit", "data", millis] => settings.limits.data = Duration::from_millis(millis.parse().unwrap()),
        ["listener" | "fault", ..] => {}
        _ => panic!("unknown directive {line}"),
    }
}

fn address(bound: &BoundListeners, directives: &[&str]) -> SocketAddr {
    match directives.contains(&"listener lmtp") {
        true => bound.lmtp.unwrap(),
        false => bound.smtp,
    }
}

fn shape(message: Option<&CapturedMessage>) -> String {
    let Some(message) = message else { return "<empty>".into() };
    let refusal = message.summary.refusal.as_ref().map(|why| format!(" refused {why}")).unwrap_or_default();
    format!("{} -> {}{refusal}", message.session.envelope_from, message.session.envelope_to.join(", "))
}

/// A client that sends bytes and reads replies.
pub(super) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        Client { stream: TcpStream::connect(address).await.unwrap(), received: Vec::new() }
    }

    /// Errors are ignored: the next reply shows that the server has closed the connection.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// The next complete reply, its lines joined by LF; `<closed>` at the end of the stream, `<nothing>` after a
    /// timeout.
    pub async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let Some(end) = self.received.iter().position(|byte| *byte == b'\n') else {
                let read = timeout(REPLY_TIMEOUT, self.stream.read_buf(&mut self.received)).await;
                match read {
                    Ok(Ok(1..)) => continue,
                    Ok(_) => return format!("{reply}<closed>"),
                    Err(_) => return format!("{reply}<nothing>"),
                }
            };
            let line: Vec<u8> = self.received.drain(..=end).collect();
            let line = String::from_utf8(line).unwrap();
            let line = line.strip_suffix("\r\n").expect("replies end with CR LF");
            reply.push_str(line);
            if line.get(3..4) != Some("-") {
                return reply;
            }
            reply.push('\n');
        }
    }

    pub async fn expect(&mut self, pattern: &str) -> Result<(), String> {
        let reply = self.reply().await;
        same(pattern, &reply)
    }

    /// Sends each line and expects a reply that matches its pattern.
    pub async fn talk(&mut self, dialogue: &[(&str, &str)]) {
        for (line, pattern) in dialogue {
            self.send(format!("{line}\r\n").as_bytes()).await;
            self.expect(pattern).await.unwrap_or_else(|reason| panic!("after {line}: {reason}"));
        }
    }

    /// Closes the sending side; replies can still be read.
    pub async fn finish(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    pub fn into_stream(self) -> TcpStream {
        self.stream
    }
}

fn same(pattern: &str, text: &str) -> Result<(), String> {
    let mut pieces = pattern.split('*');
    let start = pieces.next().unwrap_or_default();
    let mismatch = || format!("expected {pattern:?}, got {:?}", text.chars().take(600).collect::<String>());
    let mut rest = text.strip_prefix(start).ok_or_else(mismatch)?;
    if pattern.contains('*') {
        let mut last = "";
        for piece in pieces {
            last = piece;
            rest = rest.split_once(piece).ok_or_else(mismatch)?.1;
        }
        return if last.is_empty() || rest.is_empty() || text.ends_with(last) { Ok(()) } else { Err(mismatch()) };
    }
    if rest.is_empty() { Ok(()) } else { Err(mismatch()) }
}

pub(super) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, false) => bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
            _ => match chars.next() {
                Some('r') => bytes.push(b'\r'),
                Some('n') => bytes.push(b'\n'),
                Some('0') => bytes.push(0),
                Some('x') => {
                    let hex: String = chars.by_ref().take(2).collect();
                    bytes.push(u8::from_str_radix(&hex, 16).unwrap());
                }
                _ => bytes.push(b'\\'),
            },
        }
    }
    bytes
}
