//! Tests of outgoing mail with the real program and real servers: what is sent, what waits and why, and what operators
//! see.
//!
//! Where each kind of bad input is tested (`T` = src/transport):
//!
//! | input | tests |
//! |---|---|
//! | CR LF and control characters in envelope and header | `bad_input`, T/../mail tests |
//! | recipients that need SMTPUTF8, with and without it | `postfix`, T/smtp/tests/ordinary |
//! | attachment that is missing, not a regular file, too large | `bad_input` |
//! | password, token, key in any output | `secrets` |
//! | certificate for another name, expired, self-signed, signed by an unknown authority | `check`, T/smtp/tests/trust |
//! | hangs at each stage, single bytes, an endless reply, 421, 250 to everything | T/smtp/tests/hostile, trust |
//! | a message that a server cannot take; a refusal of this machine after the content | `other_transports` |
//! | Ctrl-C while the reply is awaited | `interrupted` |
//! | connection closed at each stage and after the dot | `sink`, T/smtp/tests/hostile |
//! | token file truncated, not writable, revoked | T/gmail/tests/refresh |
//! | token file mounted alone, or behind a link, while the refresh token changes | `token_file` |
//! | a proxy that wants a login, refuses, or is not there | `proxy` |
//! | a large message to Google interrupted anywhere, a redirected upload, wrong byte counts | T/gmail/tests/resumable |
//! | addresses chosen to look like replies | `chosen_addresses`, T/smtp/failure/table |
//! | markup in a reply, an address, a subject | `page` |
//! | a template that loops, includes a file outside, prints an unknown variable, lacks its link, is 5 MB | `broken_site`, src/site_folder/tests |
//! | a broken `site/` at start and while running, a value with `{{` | `broken_site`, `site_folder` |
//! | Google: half a body, 401, each 403, 429 with Retry-After, 5xx as HTML | T/gmail/tests/upload, T/gmail/refusal |

mod aiosmtpd;
mod bad_input;
mod broken_site;
mod check;
mod chosen_addresses;
mod emulated_google;
mod expiry;
mod interrupted;
mod other_transports;
mod page;
mod parsers;
mod postfix;
mod proxy;
mod secrets;
mod sink;
mod site;
mod site_folder;
mod token_file;
mod tutorials;
