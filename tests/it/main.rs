//! One test binary; this is its index. Tests are sentences about behaviour, through HTTP, a socket or the
//! command line; files mirror web and command line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "tests name their databases at random")]
#![allow(clippy::too_many_lines, reason = "a test may be a table of many cases")]

mod support;

mod accounts;
mod architecture;
mod browser;
mod channels;
mod dependencies;
mod documents;
mod duplicates;
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
