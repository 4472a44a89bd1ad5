//! `gatepost sendmail`: what programs expect under the name `sendmail`, handing their mail to the capture server.
//! Also by that name: a link called `sendmail` to the binary takes the same arguments.

mod arguments;
mod client;
mod letter;
mod program;
mod recipient;

pub use program::{by_name, main};
