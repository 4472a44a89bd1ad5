//! The HTML check: looks up the HTML features of a message in caniemail.com's compatibility data, which is compiled in.
//! Nothing is fetched.

mod check;
mod css;
mod data;
mod nodes;
mod usage;

pub use check::{HtmlCheckReport, Warning, check};
