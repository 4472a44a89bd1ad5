//! One test binary; this is its index. Tests are sentences about behaviour, through HTTP, a socket or the
//! command line; files mirror web and command line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

mod accounts;
mod architecture;
mod browser;
mod channels;
mod dependencies;
mod documents;
mod files;
mod gmail;
mod http;
mod inbox;
mod language;
mod mailpit;
mod ops;
mod outgoing;
mod process;
mod readme;
mod scripts;
mod smtp;
