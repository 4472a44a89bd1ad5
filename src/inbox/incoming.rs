//! A message on its way in, and all the work on it that needs no database: done before the writer gets it, so that
//! the writer only writes.

use std::io;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::mail::parse::{Contact, ParsedMessage};
use crate::secret::Entropy;

use super::compression::compress;
use super::id::TOKEN;
use super::message::{SessionRecord, return_paths};
use super::store::tags;

/// How a message came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageSource {
    #[default]
    Smtp,
    Lmtp,
    /// POST /send.
    Api,
    /// Gatepost's own mail, by the `capture` transport.
    Transport,
    /// From files, by the command.
    Import,
}

/// What is handed to [`super::Inbox::store`].
#[derive(Clone, Debug, Default)]
pub struct IncomingMessage {
    /// Empty for the null reverse-path.
    pub envelope_from: String,
    pub envelope_to: Vec<String>,
    /// Exactly as received, dot-unstuffed.
    pub bytes: Vec<u8>,
    pub source: MessageSource,
    /// For the Received field (RFC 3848: `ESMTPS`); empty when it was not received by SMTP or LMTP.
    pub protocol: &'static str,
    /// Who logged in; empty when nobody did.
    pub username: String,
    pub helo: String,
    /// The client's network address, without port.
    pub remote: String,
    pub transcript: String,
    /// Set for mail that is refused or malformed and kept for inspection only.
    pub refusal: Option<String>,
    /// A second arrival with the same key is not stored; it answers with the first one's id.
    pub idempotency_key: Option<String>,
    /// What one of our own letters is for (`verify`, `reset`, …).
    pub purpose: Option<String>,
    /// Beside those of X-Tags and plus-addresses.
    pub tags: Vec<String>,
}

/// The columns that lists need, as JSON in the database.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct ListColumns {
    pub message_id: String,
    pub from: Contact,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Contact>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Contact>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<Contact>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reply_to: Vec<Contact>,
    pub subject: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub username: String,
    pub snippet: String,
    pub source: MessageSource,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// Subject of a message in a list when its stored summary is damaged.
const DAMAGED: &str = "(the summary of this message is damaged)";

impl ListColumns {
    /// The columns that the message itself gives.
    pub(super) fn of(parsed: ParsedMessage) -> Self {
        let snippet = parsed.snippet();
        ListColumns {
            message_id: parsed.message_id,
            from: parsed.from,
            to: parsed.to,
            cc: parsed.cc,
            bcc: parsed.bcc,
            reply_to: parsed.reply_to,
            subject: parsed.subject,
            snippet,
            ..ListColumns::default()
        }
    }

    /// The entry of a message whose stored summary cannot be read. It stays in lists, so that it can be opened and
    /// deleted there. `refused` is known from a column of its own: a refused message must not pass for an accepted one.
    pub(super) fn damaged(refused: bool) -> Self {
        let refusal = refused.then(|| DAMAGED.to_owned());
        ListColumns { subject: DAMAGED.to_owned(), refusal, ..ListColumns::default() }
    }
}

/// Ready to be written.
pub(super) struct NewMessage {
    pub token: [u8; TOKEN],
    pub size: i64,
    pub attachments: i64,
    pub inlines: i64,
    pub refused: bool,
    pub summary: String,
    pub session: String,
    pub trace: String,
    pub raw: Vec<u8>,
    pub tags: Vec<String>,
    pub idempotency_key: Option<String>,
}

/// Recipients named in the trace's Bcc line.
const MAX_BLIND: usize = 1_000;
/// Bytes of a transcript that are kept.
const MAX_TRANSCRIPT: usize = 256 * 1024;

impl NewMessage {
    pub(super) fn new(arrival: IncomingMessage, now: Time, entropy: &Entropy) -> io::Result<Self> {
        let mut parsed = ParsedMessage::parse_header_and_prefix(&arrival.bytes);
        let blind = bcc_recipients(&arrival.envelope_to, &parsed);
        // Imported mail has been delivered before and is given nothing.
        let given_id = (parsed.message_id.is_empty() && arrival.source != MessageSource::Import)
            .then(|| format!("{}@gatepost", entropy.id(now)));
        let trace = trace_fields(&arrival, &parsed, &blind, given_id.as_deref(), now);
        parsed.message_id = given_id.unwrap_or(parsed.message_id);
        let tags = tags_of_message(&arrival, &parsed, &blind);
        let size = trace.len() + arrival.bytes.len() - hidden_bytes(&arrival.bytes, &trace, &parsed);
        let raw = compress(&arrival.bytes)?;
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let (attachments, inlines) = (count(parsed.attachments.len()), count(parsed.inline.len()));
        let mut listed = ListColumns {
            username: arrival.username,
            source: arrival.source,
            purpose: arrival.purpose,
            refusal: arrival.refusal,
            ..ListColumns::of(parsed)
        };
        listed.bcc.extend(blind.into_iter().map(|a| Contact::new("", a)));
        let session = SessionRecord {
            envelope_from: arrival.envelope_from,
            envelope_to: arrival.envelope_to,
            helo: arrival.helo,
            remote: arrival.remote,
            transcript: cut(arrival.transcript, MAX_TRANSCRIPT),
        };
        Ok(NewMessage {
            token: entropy.bytes(),
            size: count(size),
            attachments,
            inlines,
            refused: listed.refusal.is_some(),
            summary: serde_json::to_string(&listed)?,
            session: serde_json::to_string(&session)?,
            trace,
            raw,
            tags,
            idempotency_key: arrival.idempotency_key,
        })
    }

    /// Roughly what it holds in memory.
    pub(super) fn weight(&self) -> usize {
        self.raw.len() + self.summary.len() + self.session.len() + 1_024
    }
}

/// Envelope recipients that no address field names.
pub(super) fn bcc_recipients(envelope_to: &[String], parsed: &ParsedMessage) -> Vec<String> {
    let named = parsed.to.iter().chain(&parsed.cc).chain(&parsed.bcc);
    let named: std::collections::HashSet<String> = named.map(|c| c.address.to_lowercase()).collect();
    envelope_to.iter().filter(|to| !named.contains(&to.to_lowercase())).map(|to| clean(to)).collect()
}

/// One line of text whatever it was: nothing from outside may add header lines.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(1_000).collect()
}

/// The Message-ID that a trace gives to a message without one; "" when it has its own.
pub(super) fn fallback_message_id(trace: &str) -> &str {
    let line = trace.lines().find_map(|line| line.strip_prefix("Message-ID: <"));
    line.and_then(|line| line.strip_suffix('>')).unwrap_or_default()
}

/// Bytes of the message that [`super::CapturedMessage::shown`] leaves out.
fn hidden_bytes(bytes: &[u8], trace: &str, parsed: &ParsedMessage) -> usize {
    match !trace.is_empty() && parsed.header("Return-Path").is_some() {
        true => return_paths(bytes).iter().map(Range::len).sum(),
        false => 0,
    }
}

/// The header lines Mailpit would have put into the message.
fn trace_fields(
    arrival: &IncomingMessage,
    parsed: &ParsedMessage,
    blind: &[String],
    given_id: Option<&str>,
    now: Time,
) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    if arrival.source == MessageSource::Import {
        return out;
    }
    let from = match arrival.envelope_from.as_str() {
        "" => &parsed.from.address,
        from => from,
    };
    // Writing to a String cannot fail.
    let _ = write!(out, "Return-Path: <{}>\r\n", clean(from));
    if !arrival.protocol.is_empty() {
        let (helo, remote) = (clean(&arrival.helo), clean(&arrival.remote));
        let _ = write!(out, "Received: from {helo} ([{remote}])\r\n\tby gatepost with {}", arrival.protocol);
        if let Some(first) = arrival.envelope_to.first() {
            let _ = write!(out, "\r\n\tfor <{}>", clean(first));
        }
        let _ = write!(out, ";\r\n\t{}\r\n", now.rfc5322());
    }
    if let Some(id) = given_id {
        let _ = write!(out, "Message-ID: <{id}>\r\n");
    }
    if !blind.is_empty() {
        let list: Vec<String> = blind.iter().take(MAX_BLIND).map(|a| format!("<{a}>")).collect();
        let _ = write!(out, "Bcc: {}\r\n", list.join(",\r\n\t"));
    }
    out
}

/// X-Tags, plus-addresses and what the caller gave.
fn tags_of_message(arrival: &IncomingMessage, parsed: &ParsedMessage, blind: &[String]) -> Vec<String> {
    let mut found: Vec<String> = arrival.tags.clone();
    if let Some(list) = parsed.header("X-Tags") {
        found.extend(ParsedMessage::decoded(list).split(',').map(str::to_owned));
    }
    let lists = [&parsed.to, &parsed.cc, &parsed.bcc];
    let addresses = std::iter::once(&parsed.from).chain(lists.into_iter().flatten()).map(|c| c.address.as_str());
    for address in addresses.chain(blind.iter().map(String::as_str)) {
        let local = address.rsplit_once('@').map_or("", |(local, _)| local);
        found.extend(local.split('+').skip(1).map(str::to_owned));
    }
    tags::cleaned(found)
}

fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let at = (0..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(at);
    }
    text
}
