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
    /// The others got it.
    #[error("some recipients were refused: {0}")]
    Some(String),
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
/// [`HandOver::Some`] when only some recipients were taken, anything else when nobody got it.
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
    let mut refused = Vec::new();
    for to in &letter.to {
        if let Err(error) = client.ask(&format!("RCPT TO:<{to}>")) {
            match error {
                HandOver::Later(_) | HandOver::Refused(_) if letter.to.len() > 1 => refused.push((to, error)),
                _ => return Err(error),
            }
        }
    }
    if refused.len() == letter.to.len() {
        return Err(refused.pop().map_or(HandOver::Refused(String::new()), |(_, error)| error));
    }
    client.ask("DATA")?;
    client.stream.write_all(&stuffed(&letter.bytes))?;
    let taken = client.reply()?;
    // The letter is theirs: how the goodbye goes no longer matters.
    let _ = client.ask("QUIT");
    if refused.is_empty() {
        return Ok(taken);
    }
    let reasons: Vec<String> = refused.iter().map(|(to, why)| format!("<{to}>: {why}")).collect();
    Err(HandOver::Some(reasons.join("; ")))
}

/// `-bs`: standard input and output become the session.
///
/// # Errors
/// When either side breaks.
pub fn relay(stream: &TcpStream) -> io::Result<()> {
    let mut sender = stream.try_clone()?;
    std::thread::spawn(move || {
        let copied = io::copy(&mut io::stdin().lock(), &mut sender);
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

struct Client {
    reader: BufReader<TcpStream>,
    stream: TcpStream,
}

impl Client {
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
}
