//! A small blocking SMTP client for one letter to a server nearby.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::secret::Secret;

use super::letter::Letter;

const CONNECT: Duration = Duration::from_secs(10);
/// For each reply: delays of fault rules included, as long as they are sensible.
const REPLY: Duration = Duration::from_secs(120);
/// Longest reply line, and most lines of a reply.
const MAX_LINE: u64 = 4096;
const MAX_LINES: usize = 100;

/// Why a letter was not handed over.
#[derive(Debug, thiserror::Error)]
pub enum HandOver {
    #[error("{server} cannot be reached ({source}); is `gatepost serve` running?")]
    Connect { server: String, source: io::Error },
    #[error("the connection to the server broke: {0}")]
    Broken(#[from] io::Error),
    /// 4xx: the same may pass later.
    #[error("the server says try again later: {0}")]
    Later(String),
    #[error("the server refused: {0}")]
    Refused(String),
    #[error("the server refused the message for its size: {0}")]
    TooLarge(String),
    #[error("this is no address")]
    Unreadable,
    /// The others got it, if there are any; `later`: no refusal is for good.
    #[error("{whom} recipients were refused: {reasons}")]
    Recipients { whom: &'static str, later: bool, reasons: String },
}

/// Connects to `host:port`; `:port` and addresses that mean "any" are taken for this machine.
///
/// # Errors
/// [`HandOver::Connect`].
pub fn connect(server: &str) -> Result<TcpStream, HandOver> {
    let server = if server.starts_with(':') { format!("localhost{server}") } else { server.to_owned() };
    let failed = |source| HandOver::Connect { server: server.clone(), source };
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for mut address in server.to_socket_addrs().map_err(failed)? {
        if address.ip().is_unspecified() {
            let loopback = if address.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
            address = SocketAddr::new(loopback, address.port());
        }
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => {
                stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(REPLY))).map_err(failed)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

/// Hands `letter` over; answers with the server's last words.
///
/// # Errors
/// [`HandOver::Recipients`] when only some of several recipients were taken, or none; anything else when nobody got it.
pub fn hand_over(
    letter: &Letter,
    stream: TcpStream,
    login: Option<&(String, Secret<String>)>,
) -> Result<String, HandOver> {
    let mut client = Client { reader: BufReader::new(stream.try_clone()?), stream };
    client.reply()?;
    client.ask("EHLO localhost")?;
    if let Some((name, password)) = login {
        client.ask(&format!("AUTH PLAIN {}", STANDARD.encode(format!("\0{name}\0{}", password.expose()))))?;
    }
    let eight_bit = if letter.bytes.is_ascii() { "" } else { " BODY=8BITMIME" };
    let utf8 = letter.to.iter().chain([&letter.from]).any(|address| !address.is_ascii());
    client.ask(&format!("MAIL FROM:<{}>{eight_bit}{}", letter.from, if utf8 { " SMTPUTF8" } else { "" }))?;
    let mut refused = client.name_recipients(letter)?;
    if refused.len() == letter.to.len() {
        refused.extend(unreadable(letter));
        return Err(refusals("all", &refused));
    }
    client.ask("DATA")?;
    client.stream.write_all(&stuffed(&letter.bytes))?;
    let taken = client.reply().map_err(HandOver::of_a_message)?;
    // The letter is theirs: how the goodbye goes no longer matters.
    let _ = client.ask("QUIT");
    refused.extend(unreadable(letter));
    if refused.is_empty() { Ok(taken) } else { Err(refusals("some", &refused)) }
}

/// Who, and why.
type Refused = (String, HandOver);

fn unreadable(letter: &Letter) -> impl Iterator<Item = Refused> {
    letter.unreadable.iter().map(|written| (written.clone(), HandOver::Unreadable))
}

fn refusals(whom: &'static str, refused: &[Refused]) -> HandOver {
    let reasons: Vec<String> = refused.iter().map(|(to, why)| format!("{to}: {why}")).collect();
    let later = refused.iter().all(|(_, why)| matches!(why, HandOver::Later(_)));
    HandOver::Recipients { whom, later, reasons: reasons.join("; ") }
}

impl HandOver {
    /// RFC 5321 §4.2.3: behind a message 552 means that it is too large.
    fn of_a_message(self) -> Self {
        match self {
            HandOver::Refused(reply) if reply.starts_with("552") => HandOver::TooLarge(reply),
            other => other,
        }
    }
}

/// `-bs`: standard input and output become the session.
///
/// # Errors
/// When either side breaks.
pub fn relay(stream: &TcpStream) -> io::Result<()> {
    let sender = stream.try_clone()?;
    std::thread::spawn(move || {
        let copied = copy_lines(io::stdin().lock(), &sender);
        let _ = sender.shutdown(Shutdown::Write);
        copied
    });
    let mut receiver = stream.try_clone()?;
    receiver.set_read_timeout(None)?;
    let mut buffer = [0; 4096];
    loop {
        let read = receiver.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(buffer.get(..read).unwrap_or_default())?;
        out.flush()?;
    }
}

/// With CR LF at the end of each line: what people type, and most scripts write, ends in LF alone, which no SMTP
/// server may take.
fn copy_lines(mut input: impl io::Read, mut output: impl io::Write) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let (mut last, mut lines) = (0, Vec::new());
    loop {
        let read = input.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        lines.clear();
        for &byte in buffer.get(..read).unwrap_or_default() {
            if byte == b'\n' && last != b'\r' {
                lines.push(b'\r');
            }
            lines.push(byte);
            last = byte;
        }
        output.write_all(&lines)?;
    }
}

struct Client {
    reader: BufReader<TcpStream>,
    stream: TcpStream,
}

impl Client {
    /// Those that the server does not take. The only one's refusal is the letter's.
    fn name_recipients(&mut self, letter: &Letter) -> Result<Vec<Refused>, HandOver> {
        let several = letter.to.len() + letter.unreadable.len() > 1;
        let mut refused = Vec::new();
        for to in &letter.to {
            match self.ask(&format!("RCPT TO:<{to}>")) {
                Ok(_) => {}
                Err(error @ (HandOver::Later(_) | HandOver::Refused(_))) if several => {
                    refused.push((format!("<{to}>"), error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(refused)
    }

    fn ask(&mut self, line: &str) -> Result<String, HandOver> {
        // An argument must not carry a second command.
        let line: String = line.chars().filter(|c| !c.is_control() || *c == '\0').collect();
        self.stream.write_all(format!("{line}\r\n").as_bytes())?;
        self.reply()
    }

    fn reply(&mut self) -> Result<String, HandOver> {
        for _ in 0..MAX_LINES {
            let mut line = Vec::new();
            (&mut self.reader).take(MAX_LINE).read_until(b'\n', &mut line)?;
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            match (line.as_bytes().first(), line.as_bytes().get(3)) {
                (None, _) => break,
                (_, Some(b'-')) => {}
                (Some(b'2' | b'3'), _) => return Ok(line),
                (Some(b'4'), _) => return Err(HandOver::Later(line)),
                (Some(_), _) => return Err(HandOver::Refused(line)),
            }
        }
        Err(HandOver::Broken(io::ErrorKind::UnexpectedEof.into()))
    }
}

/// The message as DATA wants it, with its end (RFC 5321 §4.5.2).
fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(bytes.len() + 64);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
    }
    if !wire.is_empty() && !wire.ends_with(b"\r\n") {
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b".\r\n");
    wire
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_stuffed_and_the_end_is_a_line_of_its_own() {
        assert_eq!(stuffed(b".a\r\nb\r\n..\r\n"), b"..a\r\nb\r\n...\r\n.\r\n");
        assert_eq!(stuffed(b"a"), b"a\r\n.\r\n");
        assert_eq!(stuffed(b""), b".\r\n");
    }

    #[test]
    fn typed_lines_get_the_line_end_that_smtp_wants_however_they_are_cut() {
        let (typed, sent) = ("EHLO me\nNOOP\r\n\nQUIT", "EHLO me\r\nNOOP\r\n\r\nQUIT");
        for cut in 0..typed.len() {
            let (first, rest) = typed.as_bytes().split_at(cut);
            let mut copied = Vec::new();
            copy_lines(io::Read::chain(first, rest), &mut copied).unwrap();
            assert_eq!(String::from_utf8(copied).unwrap(), sent, "{cut}");
        }
    }

    #[test]
    fn only_refusals_that_may_pass_later_let_the_letter_wait() {
        let later = || ("<a@x.test>".to_owned(), HandOver::Later("451 4.3.0 wait".into()));
        for (refused, waits) in [
            (vec![later(), later()], true),
            (vec![later(), ("<b@x.test>".to_owned(), HandOver::Refused("550 no".into()))], false),
            (vec![later(), ("bad<".to_owned(), HandOver::Unreadable)], false),
        ] {
            assert!(matches!(refusals("some", &refused), HandOver::Recipients { later, .. } if later == waits));
        }
    }
}
