//! The contents of a message's page, for `templates/inbox/message.html`.

use askama::Template;

use crate::inbox::CapturedMessage;
use crate::mail::parse::{Contact, MessageLink, ParseWarning, ParsedMessage, WarningCode};

use super::layout::{InboxLayout, size, when};
use super::tab::{Tab, TabContents};
use super::visible_text::visible;

/// Recipients shown of the envelope and of each header field; the counts include the others.
const MAX_NAMED: usize = 200;
/// Links that a page lists.
const MAX_LINKS: usize = 100;

#[derive(Template)]
#[template(path = "inbox/message.html")]
pub struct MessagePage {
    pub layout: InboxLayout,
    pub message: MessageView,
    pub view: TabContents,
    pub tabs: Vec<Tab>,
    pub newer: Option<String>,
    pub older: Option<String>,
    /// `None` if the message cannot be released.
    pub release: Option<ReleaseForm>,
}

pub struct ReleaseForm {
    /// The submitted addresses, or the allowed recipients of the envelope.
    pub to: String,
    /// The allowed address patterns; empty without any.
    pub allowed: String,
    pub error: Option<String>,
}

/// The details of a message above its tabs.
pub struct MessageView {
    pub id: String,
    pub subject: String,
    pub refused: Option<String>,
    pub purpose: Option<String>,
    /// The main header fields: locale key of the name, the values shown and the number of values.
    pub heads: Vec<(&'static str, Vec<HeadValue>, usize)>,
    /// The repairs: locale key, and the header fields and parts concerned.
    pub warnings: Vec<(String, String)>,
    pub envelope_from: String,
    pub envelope_from_differs: bool,
    /// Each recipient, and true if no header field names it.
    pub envelope_to: Vec<(String, bool)>,
    pub recipients: usize,
    pub received: String,
    pub when: String,
    pub size: String,
    pub username: String,
    pub origin: String,
    pub codes: Vec<String>,
    pub links: Vec<MessageLink>,
    pub attachments: Vec<AttachmentRow>,
    /// Total size of the attachments.
    pub attached_size: String,
    /// Tag names, separated by commas.
    pub tags: String,
}

pub struct AttachmentRow {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub size: String,
    pub inline: bool,
    pub picture: bool,
}

impl MessageView {
    pub fn new(captured: &CapturedMessage, parsed: &ParsedMessage) -> Self {
        let (summary, session) = (&captured.summary, &captured.session);
        let lists = [&parsed.to, &parsed.cc, &parsed.bcc];
        let named =
            |address: &str| lists.iter().any(|list| list.iter().any(|c| c.address.eq_ignore_ascii_case(address)));
        let mut links = parsed.links();
        links.truncate(MAX_LINKS);
        links.iter_mut().for_each(|link| link.text = visible(&link.text));
        let to = &session.envelope_to;
        let attachments = attachments(captured, parsed);
        MessageView {
            id: summary.id.to_string(),
            subject: visible(&summary.subject),
            refused: summary.refusal.clone(),
            purpose: summary.purpose.clone(),
            heads: heads(captured, parsed),
            warnings: warnings(&parsed.all_warnings(&captured.bytes)),
            envelope_from: visible(&session.envelope_from),
            envelope_from_differs: !session.envelope_from.eq_ignore_ascii_case(&parsed.from.address),
            envelope_to: to.iter().take(MAX_NAMED).map(|to| (visible(to), !named(to))).collect(),
            recipients: to.len(),
            received: summary.created.rfc3339(),
            when: when(summary.created),
            size: size(summary.size),
            username: summary.username.clone(),
            origin: [session.helo.as_str(), session.remote.as_str()].join(" ").trim().to_owned(),
            codes: parsed.codes(),
            links,
            attached_size: size(attachments.iter().map(|(_, bytes)| bytes).sum()),
            attachments: attachments.into_iter().map(|(part, _)| part).collect(),
            tags: summary.tags.join(", "),
        }
    }
}

/// One line for each kind of repair.
fn warnings(list: &[ParseWarning]) -> Vec<(String, String)> {
    let of_kind = |code: &WarningCode| {
        let found: Vec<&str> = list.iter().filter(|w| w.code == *code).map(|w| w.location.as_str()).collect();
        (!found.is_empty()).then(|| (format!("inbox-warning-{}", code.name().replace('_', "-")), found.join(", ")))
    };
    WarningCode::ALL.iter().filter_map(of_kind).collect()
}

/// The parts of a value that the page isolates from each other: a name and its address, or one text.
type HeadValue = Vec<String>;

fn heads(captured: &CapturedMessage, parsed: &ParsedMessage) -> Vec<(&'static str, Vec<HeadValue>, usize)> {
    let people = |list: &[Contact]| (list.iter().take(MAX_NAMED).map(person).collect(), list.len());
    let one = |text: &str| (vec![vec![visible(text)]], 1);
    let heads: [(_, (Vec<HeadValue>, usize)); 7] = [
        ("inbox-from", people(std::slice::from_ref(&parsed.from))),
        ("inbox-to-header", people(&parsed.to)),
        ("inbox-cc", people(&parsed.cc)),
        ("inbox-bcc", people(&parsed.bcc)),
        ("inbox-reply-to", people(&parsed.reply_to)),
        ("inbox-date", one(parsed.header("Date").unwrap_or_default())),
        ("inbox-message-id", one(&captured.summary.message_id)),
    ];
    let shown = heads.into_iter().filter(|(_, (values, _))| values.iter().flatten().any(|text| !text.is_empty()));
    shown.map(|(name, (values, count))| (name, values, count)).collect()
}

fn person(contact: &Contact) -> HeadValue {
    let (name, address) = (visible(&contact.name), visible(&contact.address));
    match (name.is_empty(), address.is_empty()) {
        (true, _) => vec![address],
        (_, true) => vec![name],
        _ => vec![name, format!("<{address}>")],
    }
}

/// Each attachment with its size in bytes.
fn attachments(captured: &CapturedMessage, parsed: &ParsedMessage) -> Vec<(AttachmentRow, u64)> {
    let attached = parsed.attachments.iter().map(|part| (part, false));
    let all = attached.chain(parsed.inline.iter().map(|part| (part, true)));
    all.map(|(part, inline)| {
        let bytes = part.decoded(&captured.bytes).len() as u64;
        let attached = AttachmentRow {
            id: part.id.clone(),
            name: visible(&part.file_name),
            kind: part.content_type.clone(),
            size: size(bytes),
            inline,
            picture: matches!(part.content_type.as_str(), "image/png" | "image/jpeg" | "image/gif"),
        };
        (attached, bytes)
    })
    .collect()
}
