//! Mail on its way out, by the real program to real servers: what leaves, what waits and why, and what operators read.
//!
//! Where bad input is tested, item by item (`T` = src/transport):
//!
//! | what | where |
//! |---|---|
//! | CR LF and control characters in envelope and header | `bad_input`, T/../mail tests |
//! | recipients that need SMTPUTF8, with and without it | `postfix`, T/smtp/tests/ordinary |
//! | attachment missing, no file, too large | `bad_input` |
//! | password, token, key in any output | `secrets` |
//! | certificate for another name, expired, signed by itself or by nobody known | `check`, T/smtp/tests/trust |
//! | hangs at each stage, one-byte pieces, a greeting without end, 421, 250 to everything | T/smtp/tests/hostile, trust |
//! | closes at each stage and after the dot | `sink`, T/smtp/tests/hostile |
//! | token file truncated, not writable, revoked | T/gmail/tests/refresh |
//! | a large mail to Google interrupted anywhere, an upload elsewhere, nonsense about its bytes | T/gmail/tests/resumable |
//! | addresses chosen for what servers repeat of them | `chosen_addresses`, T/smtp/failure/table |
//! | markup in a server's words, an address, a subject | `page` |
//! | Google: half a body, 401, each 403, 429 with Retry-After, 5xx as HTML | T/gmail/tests/upload, T/gmail/refusal |

mod aiosmtpd;
mod bad_input;
mod check;
mod chosen_addresses;
mod expiry;
mod letter;
mod page;
mod postfix;
mod secrets;
mod sink;
mod site;
mod tutorials;
