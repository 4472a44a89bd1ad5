//! Messages: addresses, drafts with attachments, and the parser for received messages. Pure: no disk, no network,
//! no database.

mod address;
mod attachment;
pub mod calendar;
pub mod checks;
pub mod diff;
mod draft;
pub mod html_check;
pub mod html_tokenizer;
pub mod lint;
mod one_line;
pub mod parse;
pub mod recurrence;
pub mod source;

pub use address::{Address, AddressError, Mailbox};
pub use attachment::Attachment;
pub(crate) use attachment::base64_lines;
pub use draft::{BuildError, Draft, Envelope, MAX_BYTES, MAX_SUBJECT, Message};
pub(crate) use draft::{from_header, from_header_unchecked};
pub(crate) use one_line::{has_no_width, one_line, short_line, without_controls};
