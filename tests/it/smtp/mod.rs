//! The capture server with real mail clients in several languages, and with `gatepost sendmail`. The rules of the
//! protocol are in `transcripts/`, which the server's own tests play.

mod clients;
mod faults;
mod libraries;
pub mod programs;
mod sendmail;
mod snippets;
mod starttls;
