//! `gatepost sendmail`: a drop-in `sendmail` that sends messages to the capture server. The binary also acts as
//! sendmail when it is called through a link named `sendmail`.

mod arguments;
mod client;
mod message;
mod program;
mod recipient;
mod user;

pub use client::{HandOverError, check_server};
pub use message::OutgoingMessage;
pub use program::{by_name, main, main_at, send};
