//! What only a real browser shows: the whole way through by clicks, in both languages, without scripts, at a phone's
//! width; and whether the pages can be used by everybody. Screenshots go where TEST_SCREENSHOTS says.

mod access;
mod journey;
mod live;
mod mail;
