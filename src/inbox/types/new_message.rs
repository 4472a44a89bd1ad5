//! The preparation of an incoming message. All work that needs no database is done here, before the message is written.

use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::blind_recipients::{bcc_recipients, without_controls};
use super::compression::{compress, compress_json};
use super::fingerprint::Fingerprints;
use super::id::TOKEN;
use super::incoming::IncomingMessage;
use super::message::{MessageSource, SessionRecord, ShownSize};
use super::search_text::SearchText;
use super::storage_rules::{MatchedMessage, MessageFacts, StorageRules};
use super::tag_name;
use crate::clock::Time;
use crate::mail::parse::{Contact, ParsedMessage};
use crate::random::Entropy;

/// The data that lists show. Stored as compressed JSON in one column.
#[derive(Default, Serialize, Deserialize)]
pub struct ListColumns {
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
    /// See [`super::message::Summary::line_end_bytes`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub line_end_bytes: u64,
}

/// `serde` passes a reference.
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Subject that lists show for a message whose stored summary is damaged.
const DAMAGED: &str = "(the summary of this message is damaged)";

impl ListColumns {
    /// Returns the columns that are taken from the message itself.
    pub fn of(parsed: ParsedMessage) -> Self {
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

    /// Returns the columns of a message whose stored summary cannot be read. Lists include the message, so that it can
    /// be opened and deleted. `refused` comes from a separate column: a refused message must not look accepted.
    pub fn damaged(refused: bool) -> Self {
        let refusal = refused.then(|| DAMAGED.to_owned());
        ListColumns { subject: DAMAGED.to_owned(), refusal, ..ListColumns::default() }
    }
}

/// A message that is ready for the writer.
pub struct NewMessage {
    pub token: [u8; TOKEN],
    /// The time of receipt; `None` for the time of the commit.
    pub created: Option<Time>,
    pub size: i64,
    pub attachments: i64,
    pub inlines: i64,
    pub refused: bool,
    pub own: bool,
    pub prints: Fingerprints,
    /// The compressed columns of `contents`.
    pub summary: Vec<u8>,
    pub session: Vec<u8>,
    pub raw: Vec<u8>,
    /// What searches read until the message is indexed. `None` for a large message: searches read it again.
    pub text: Option<Arc<SearchText>>,
    pub tags: Vec<String>,
    pub idempotency_key: Option<String>,
}

/// Maximum bytes of a message whose search text is built before the message is stored: the sender waits for it, but the
/// message is parsed once only.
const MAX_SEARCHED: usize = 16 * 1024;
/// Maximum number of recipients in the Bcc trace field.
const MAX_BCC: usize = 1_000;
/// Maximum bytes of a transcript that are stored.
const MAX_TRANSCRIPT: usize = 256 * 1024;

impl NewMessage {
    /// Prepares a message. `keeps_text` is false if there is no space for its search text.
    ///
    /// # Errors
    /// The message cannot be compressed.
    pub fn new(
        mut arrival: IncomingMessage,
        rules: &StorageRules,
        now: Time,
        entropy: &Entropy,
        keeps_text: bool,
    ) -> io::Result<Self> {
        let mut parsed = ParsedMessage::parse_header_and_prefix(&arrival.bytes);
        let blind = bcc_recipients(&arrival.envelope_to, &parsed);
        // Imported messages were delivered elsewhere, so Gatepost adds no header fields.
        let given_id = (parsed.message_id.is_empty() && arrival.source != MessageSource::Import)
            .then(|| format!("{}@gatepost", entropy.id(now)));
        let trace = trace_fields(&arrival, &parsed, &blind, given_id.as_deref(), now);
        let idempotency_key = idempotency_key(&arrival, &parsed, rules);
        let created = parsed.date.filter(|_| arrival.dated || rules.use_dates).map(|date| date.at);
        let size = ShownSize::of(&trace, &arrival.bytes);
        let facts = MessageFacts::new(created.unwrap_or(now), size.bytes, &parsed);
        let prints = Fingerprints::of(&parsed, &arrival.envelope_to);
        let tags = rules.tags.collect(&arrival.tags, &parsed, &blind, &arrival.username);
        let is_kept = keeps_text && arrival.bytes.len() <= MAX_SEARCHED;
        let is_searched = is_kept || !rules.tags.searches.is_empty();
        let text = is_searched.then(|| search_text(&arrival, &parsed, &blind, given_id.as_deref()));
        let tags = with_matching_tags(tags, rules, &arrival, text.as_ref(), facts, &prints);
        parsed.message_id = given_id.unwrap_or(parsed.message_id);
        let mut listed = ListColumns {
            username: std::mem::take(&mut arrival.username),
            source: arrival.source,
            purpose: arrival.purpose.take(),
            refusal: arrival.refusal.take(),
            line_end_bytes: size.line_ends as u64,
            ..ListColumns::of(parsed)
        };
        listed.bcc.extend(blind.into_iter().map(|a| Contact::new("", a)));
        Ok(NewMessage {
            token: entropy.bytes(),
            created,
            size: facts.size,
            attachments: facts.attachments,
            inlines: facts.inlines,
            refused: listed.refusal.is_some(),
            own: listed.source == MessageSource::Transport,
            prints,
            summary: compress_json(&listed)?,
            raw: compress(&arrival.bytes)?,
            session: compress_json(&session_record(arrival, trace))?,
            text: text.map(Arc::new),
            tags,
            idempotency_key,
        })
    }

    /// Approximate memory use in bytes.
    pub fn weight(&self) -> usize {
        let text = self.text.as_deref().map_or(0, SearchText::weight);
        self.raw.len() + self.summary.len() + self.session.len() + text + 1_024
    }
}

/// Returns the Message-ID that the trace adds to a message without one; empty if the message has its own.
pub fn fallback_message_id(trace: &str) -> &str {
    let line = trace.lines().find_map(|line| line.strip_prefix("Message-ID: <"));
    line.and_then(|line| line.strip_suffix('>')).unwrap_or_default()
}

/// Builds the header fields that Mailpit adds to a received message.
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
    let _ = write!(out, "Return-Path: <{}>\r\n", without_controls(from));
    if !arrival.protocol.is_empty() {
        let (helo, remote) = (without_controls(&arrival.helo), without_controls(&arrival.remote));
        let _ = write!(out, "Received: from {helo} ([{remote}])\r\n\tby gatepost with {}", arrival.protocol);
        if let Some(first) = arrival.envelope_to.first() {
            let _ = write!(out, "\r\n\tfor <{}>", without_controls(first));
        }
        let _ = write!(out, ";\r\n\t{}\r\n", now.rfc5322());
    }
    if let Some(id) = given_id {
        let _ = write!(out, "Message-ID: <{id}>\r\n");
    }
    if !blind.is_empty() {
        let _ = write!(out, "Bcc: {}\r\n", blind.get(..MAX_BCC).unwrap_or(blind).join(",\r\n\t"));
    }
    // The fields end as the lines of the message do.
    if arrival.source == MessageSource::Api && !arrival.bytes.contains(&b'\r') { out.replace('\r', "") } else { out }
}

fn search_text(
    arrival: &IncomingMessage,
    parsed: &ParsedMessage,
    blind: &[String],
    given_id: Option<&str>,
) -> SearchText {
    let given_id = given_id.unwrap_or_default();
    SearchText::of_parsed(parsed, &arrival.bytes, &arrival.envelope_from, blind, given_id)
}

fn session_record(arrival: IncomingMessage, trace: String) -> SessionRecord {
    SessionRecord {
        envelope_from: arrival.envelope_from,
        envelope_to: arrival.envelope_to,
        helo: arrival.helo,
        remote: arrival.remote,
        transcript: truncated(arrival.transcript, MAX_TRANSCRIPT),
        line_times: arrival.line_times,
        trace,
    }
}

/// `tags` and those of the searches that the message matches.
fn with_matching_tags(
    tags: Vec<String>,
    rules: &StorageRules,
    arrival: &IncomingMessage,
    text: Option<&SearchText>,
    facts: MessageFacts,
    prints: &Fingerprints,
) -> Vec<String> {
    let Some(text) = text.filter(|_| !rules.tags.searches.is_empty()) else { return tags };
    let (refused, own) = (arrival.refusal.is_some(), arrival.source == MessageSource::Transport);
    let message = MatchedMessage { text, tags: &tags, facts, prints, refused, own };
    tag_name::cleaned(rules.tags.matching(&message).chain(tags.iter().cloned()))
}

/// The key under which a second message is not stored.
fn idempotency_key(arrival: &IncomingMessage, parsed: &ParsedMessage, rules: &StorageRules) -> Option<String> {
    let is_duplicate_of = rules.ignore_duplicates && arrival.refusal.is_none() && !parsed.message_id.is_empty();
    arrival.idempotency_key.clone().or_else(|| is_duplicate_of.then(|| format!("message-id:{}", parsed.message_id)))
}

/// Truncates `text` to at most `limit` bytes, at a character boundary.
fn truncated(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let end = (0..=limit).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
    text
}
