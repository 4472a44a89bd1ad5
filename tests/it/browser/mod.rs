//! Tests in a real browser: the whole way by clicks, in both languages, without scripts and at a phone's width;
//! accessibility; the live inbox. TEST_SCREENSHOTS names the folder for screenshots.

mod access;
mod away;
mod axe;
mod hostile;
mod inbox_page;
mod journey;
mod keyboard;
mod live;
mod mail;
mod modes;
mod panes;
mod print;
mod reading;
mod widths;
