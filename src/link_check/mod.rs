//! The link check: HEAD requests to the links of a message. It connects only to global unicast addresses, unless the
//! settings allow others, and only to the address that was checked. Transports do not use this module.

mod links;
mod public;
mod request;

pub use links::{Checked, LinkCheck, MAX_LINKS, Settings};
