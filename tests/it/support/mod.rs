//! Fixtures: databases, a running server, browsers, stubs and external programs. They make no assertions about the
//! product.

pub mod app;
pub mod authority;
pub mod google;
pub mod import_graph;
pub mod nginx;
pub mod port;
pub mod postfix;
pub mod postgres;
pub mod process;
pub mod rust_tokens;
pub mod scripted;
pub mod source;
pub mod visitor;
pub mod webdriver;
