//! The phrases of replies that the table looks for, in lower case.

pub(super) const NO_WORDS: &[&str] = &[];
pub(super) const LIMIT: &[&str] = &["daily user sending", "sending limit exceeded"];
pub(super) const TOO_MANY: &[&str] = &["too many recipients", "too many rcpt"];
pub(super) const LOGIN: &[&str] = &["authenticat", "not logged in", "log in first", "login first"];
/// The clear ones of [`LOGIN`].
pub(super) const REQUIRED_LOGIN: &[&str] =
    &["authentication required", "authentication is required", "must authenticate", "not logged in", "log in first"];
pub(super) const ADDRESS: &[&str] =
    &["sender address", "not owned by", "from address", "sender not allowed", "not allowed to send", "send as"];
/// SPF, DKIM and DMARC.
pub(super) const DOMAIN: &[&str] = &[
    "dmarc",
    "dkim",
    " spf",
    "(spf",
    "[spf",
    "unauthenticated email",
    "unauthenticated mail",
    "unauthenticated message",
    "unauthenticated sender",
    "sender is unauthenticated",
];
pub(super) const RELAY: &[&str] = &["relay", "rcpthosts"];
/// The clear ones of [`RELAY`].
pub(super) const DENIED_RELAY: &[&str] =
    &["relay access denied", "relaying denied", "relay denied", "relay not permitted", "unable to relay"];
pub(super) const CLIENT: &[&str] = &[
    "client host",
    "your host",
    "your ip",
    "ip address",
    "helo",
    "ehlo",
    "reverse dns",
    "block",
    "blacklist",
    "black list",
    "spamhaus",
    "dnsbl",
    "rbl ",
    "reputation",
    "banned",
    "access denied",
    "not permitted",
    "administrative prohibition",
];
/// The clear ones of [`CLIENT`]: at MAIL and after the content, "blocked" alone may be about the sender or the content.
pub(super) const HOST: &[&str] = &[
    "client host",
    "your host",
    "your ip",
    "sending ip",
    "source ip",
    "ip address",
    "reverse dns",
    "blacklist",
    "black list",
    "blocklist",
    "block list",
    "spamhaus",
    "dnsbl",
    "rbl ",
];
/// A rejection of the content, even if a list of bad addresses is mentioned.
pub(super) const CONTENT: &[&str] =
    &["content", "virus", "malware", "phish", "attachment", "url", "surbl", "uribl", "spam message"];
