//! What tests stand on: a database, a running server, a browser, real programs. No assertions about the product here.

pub mod app;
pub mod authority;
pub mod google;
pub mod nginx;
pub mod port;
pub mod postfix;
pub mod postgres;
pub mod process;
pub mod scripted;
pub mod source;
pub mod visitor;
pub mod webdriver;
