//! The POP3 server of the inbox (RFC 1939, with CAPA of RFC 2449 and STLS of RFC 2595), for mail programs that read the
//! captured messages. It shows the accepted messages, oldest first, and deletes those that were marked, at QUIT.

mod command;
mod listener;
mod maildrop;
mod session;
mod settings;
mod stream;
#[cfg(test)]
mod tests;

pub use listener::{Pop3Server, Pop3StartError};
pub use settings::{Pop3Limits, Pop3Tls, Settings};
