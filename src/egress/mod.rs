//! The only way out to an address that a mail named: the link check. Global unicast only, unless the settings say
//! otherwise; the address that was checked is the one connected to. Transports do not go through here.

mod links;
mod public;
mod request;

pub use links::{Checked, LinkCheck, MAX_LINKS, Settings};
