//! What mail clients make of a letter's HTML: its features looked up in caniemail.com's compatibility data,
//! which is compiled in. Nothing is fetched.

mod check;
mod css;
mod data;
mod usage;

pub use check::{Report, Warning, check};
