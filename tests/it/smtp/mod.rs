//! The capture server as mail programs meet it: real clients in several languages, and `gatepost sendmail`. The rules
//! of the dialogue itself are in `transcripts/`, spoken by the server's own tests.

mod clients;
mod libraries;
pub mod programs;
mod sendmail;
mod starttls;
