//! Mail messages: addresses, drafts with attachments, and the parser for received messages. Pure: no disk, no network,
//! no database.

mod address;
mod attachment;
pub mod compat;
pub mod lint;
pub mod markup;
mod message;
pub mod parsed;

pub use address::{Address, AddressError, Mailbox};
pub use attachment::Attachment;
pub use message::{BuildError, Envelope, MAX_BYTES, Message, Draft};
pub(crate) use message::{from_header, from_header_unchecked, one_line};
