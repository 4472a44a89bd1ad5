//! The SMTP transport: sends mail through a submission server.
//!
//! mail-send's `SmtpClient` carries the connection: EHLO, the TLS handshake, AUTH, the envelope (pipelined by `cmds`),
//! the content and its dots. It runs on [`stream::SmtpStream`], which buffers what is written, hands one bounded reply
//! at a time to it, and keeps the replies. Ours are the addresses of the server (`dial`), the pool, the limit of each
//! stage, and what a reply means (`failure`).
//!
//! A connection ends with QUIT, whose reply is awaited for two seconds at most, unless the server has closed it or does
//! not answer.
//!
//! Five things do not go through the crate as they are:
//! - `connect` takes one address and leaves Nagle's algorithm on, which costs 44 ms a message: `dial` connects.
//! - `start_tls` requires a bare `TcpStream` and drops what was sent behind the reply to STARTTLS: the command goes
//!   through `cmd`, and the handshake through `into_tls`.
//! - `authenticate` tries all mechanisms that are offered and knows only English prompts of LOGIN: it is called with one
//!   mechanism, and LOGIN goes through `cmd`.
//! - `write_message` passes bare line ends on, ends a line that has ended, and leaves a dot at the very beginning: its
//!   caller prepares the text.
//! - `read` and `write_message` have no time limit, and errors of `cmds` lose the replies before them: the limits are
//!   set around the calls, and the replies come from the stream.

mod adaptive_limit;
mod ask;
mod connect;
mod connection;
mod content;
mod dial;
mod failure;
mod hello;
mod login;
mod parameters;
mod pool;
mod provider;
mod reply;
mod secrets;
mod security;
mod settings;
mod stream;
mod submission;
#[cfg(test)]
pub(crate) mod tests;
mod transaction;

pub use pool::Smtp;
pub use reply::SmtpReply;
pub use security::Security;
pub use settings::{Settings, SettingsError, SmtpOptions};
pub use submission::Submission;
