//! One message to a server without TLS, for the `sendmail` command: addresses go as they are written, and replies come
//! back as they are.

use std::io;
use std::time::Duration;

use mail_send::{Credentials, SmtpClient};
use smtp_proto::{AUTH_PLAIN, EhloResponse};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::secret::Secret;

use super::content;
use super::reply::SmtpReply;
use super::stream::{Client, SmtpStream, StreamError};

/// A connection to a server.
pub struct Submission {
    client: Client<TcpStream>,
}

impl Submission {
    /// Takes over a connection; `limit` is for each command and reply. Must be called in a tokio runtime.
    ///
    /// # Errors
    /// When the system refuses the connection.
    pub fn new(socket: std::net::TcpStream, limit: Duration) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let stream = SmtpStream::new(TcpStream::from_std(socket)?);
        Ok(Submission { client: SmtpClient { stream, timeout: limit } })
    }

    /// Reads a reply that no command asked for, such as the greeting.
    ///
    /// # Errors
    /// When the connection fails or the reply is not of SMTP, as for the other methods.
    pub async fn reply(&mut self) -> io::Result<SmtpReply> {
        let read = timeout(self.client.timeout, self.client.read()).await.unwrap_or(Err(mail_send::Error::Timeout));
        self.last(read)
    }

    /// Sends a command and returns its reply. Control characters are removed, so that an argument cannot add a second
    /// command.
    ///
    /// # Errors
    /// See [`Submission::reply`].
    pub async fn command(&mut self, line: &str) -> io::Result<SmtpReply> {
        let line: String = line.chars().filter(|c| !c.is_control()).chain("\r\n".chars()).collect();
        let result = self.client.cmd(line).await;
        self.last(result)
    }

    /// Logs in by AUTH PLAIN.
    ///
    /// # Errors
    /// See [`Submission::reply`].
    pub async fn log_in(&mut self, username: &str, password: &Secret<String>) -> io::Result<SmtpReply> {
        let credentials = Credentials::new(username, password.expose().as_str());
        let offered = EhloResponse { auth_mechanisms: AUTH_PLAIN, ..EhloResponse::default() };
        let result = self.client.authenticate(&credentials, &offered).await.map(drop);
        self.last(result)
    }

    /// Sends the message after the reply to DATA, and returns the reply to it.
    ///
    /// # Errors
    /// See [`Submission::reply`].
    pub async fn content(&mut self, bytes: &[u8]) -> io::Result<SmtpReply> {
        let limit = self.client.timeout;
        content::write(&mut self.client, bytes, limit).await.map_err(io::Error::other)?;
        self.reply().await
    }

    fn last<T>(&mut self, result: mail_send::Result<T>) -> io::Result<SmtpReply> {
        let fault = result.err().map_or(StreamError::Closed, StreamError::from);
        self.client.stream.take_replies().pop().ok_or_else(|| io::Error::other(fault))
    }
}
