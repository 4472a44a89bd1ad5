//! The contents of the reading pane, for `templates/inbox/message.html`.

use askama::Template;

use crate::inbox::CapturedMessage;
use crate::mail::parse::{Contact, MessageLink, ParseWarning, ParsedMessage, WarningCode};

use super::format::{size, when};
use super::layout::InboxLayout;
use super::preview::PreviewView;
use super::primary_link::{host_and_path, primary};
use super::rows::name_or_address;
use super::sidebar::colour;
use super::tab::Tab;
use super::visible_text::{shortened, visible};

/// Recipients shown of the envelope and of each header field; the counts include the others.
const MAX_NAMED: usize = 200;
/// Links that a page lists.
const MAX_LINKS: usize = 100;
/// Recipients and codes in the head of the pane.
const MAX_IN_HEAD: usize = 3;
/// Characters of a subject, a name or a link's text in the head of the pane.
const MAX_TEXT: usize = 300;

#[derive(Template)]
#[template(path = "inbox/message.html")]
pub struct MessagePane {
    pub layout: InboxLayout,
    pub message: MessageView,
    /// The contents of the current tab: the preview, or the HTML of a panel.
    pub preview: Option<PreviewView>,
    pub panel: String,
    /// The HTML of the calendar invitations; empty without any.
    pub invitations: String,
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
    /// Name and address of the sender; without a name the address alone.
    pub sender: (String, String),
    /// The first recipients of the header, and the number of the others.
    pub named_to: Vec<String>,
    pub named_to_more: usize,
    /// What is unusual: the key of its text, and a count.
    pub flags: Vec<(&'static str, u64)>,
    pub has_html: bool,
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
    pub primary: Option<PrimaryLink>,
    /// The other links.
    pub links: Vec<MessageLink>,
    pub unsubscribe: Option<Unsubscribe>,
    pub attachments: Vec<AttachmentRow>,
    /// Total size of the attachments.
    pub attached_size: String,
    /// Tag names, separated by commas.
    pub tags: String,
    /// Each tag with the number of its colour.
    pub tag_list: Vec<(String, u64)>,
}

/// The link that the reader most likely wants.
pub struct PrimaryLink {
    pub url: String,
    pub text: String,
    /// Host and path.
    pub short: String,
}

/// What the List-Unsubscribe header offers.
pub struct Unsubscribe {
    /// Empty if the header is correct.
    pub errors: String,
    /// RFC 8058.
    pub one_click: bool,
}

impl Unsubscribe {
    pub fn is_good(&self) -> bool {
        self.errors.is_empty()
    }

    pub fn key(&self) -> &'static str {
        match (self.is_good(), self.one_click) {
            (false, _) => "inbox-unsubscribe-bad",
            (_, true) => "inbox-unsubscribe-one-click",
            _ => "inbox-unsubscribe",
        }
    }
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
        let best = primary(&links).map(|at| links.remove(at));
        let to = &session.envelope_to;
        let mut named_to = addressees(parsed, to);
        let named_to_more = named_to.len().saturating_sub(MAX_IN_HEAD);
        named_to.truncate(MAX_IN_HEAD);
        let blind = to.iter().filter(|to| !named(to)).count();
        let attachments = attachments(captured, parsed);
        MessageView {
            id: summary.id.to_string(),
            subject: shortened(summary.subject.trim(), MAX_TEXT),
            sender: sender(&parsed.from),
            named_to,
            named_to_more,
            flags: flags(captured, parsed, blind),
            has_html: !parsed.html.is_empty(),
            refused: summary.refusal.clone(),
            purpose: summary.purpose.clone(),
            heads: heads(parsed),
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
            codes: parsed.codes().into_iter().take(MAX_IN_HEAD).collect(),
            primary: best.map(|link| PrimaryLink {
                short: host_and_path(&link.url).to_owned(),
                text: shortened(&link.text, MAX_TEXT),
                url: link.url,
            }),
            links,
            unsubscribe: unsubscribe(parsed),
            attached_size: size(attachments.iter().map(|(_, bytes)| bytes).sum()),
            attachments: attachments.into_iter().map(|(part, _)| part).collect(),
            tags: summary.tags.join(", "),
            tag_list: summary.tags.iter().map(|tag| (tag.clone(), colour(tag))).collect(),
        }
    }

    /// The subject, or the text that stands for none.
    pub fn title(&self, layout: &InboxLayout) -> String {
        if self.subject.is_empty() { layout.t("inbox-no-subject") } else { self.subject.clone() }
    }
}

/// The recipients that the header names; those of the envelope if it names none.
fn addressees(parsed: &ParsedMessage, envelope: &[String]) -> Vec<String> {
    let named: Vec<String> = parsed.to.iter().chain(&parsed.cc).map(name_or_address).collect();
    if named.is_empty() { envelope.iter().map(|to| visible(to)).collect() } else { named }
}

fn sender(from: &Contact) -> (String, String) {
    let (name, address) = (shortened(&from.name, MAX_TEXT), shortened(&from.address, MAX_TEXT));
    if name.is_empty() { (address, String::new()) } else { (name, address) }
}

/// What a developer should look at, with a count for its text.
fn flags(captured: &CapturedMessage, parsed: &ParsedMessage, blind: usize) -> Vec<(&'static str, u64)> {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let envelope_from = &captured.session.envelope_from;
    let differs = !envelope_from.is_empty() && !envelope_from.eq_ignore_ascii_case(&parsed.from.address);
    let repairs = count(parsed.warnings.len());
    let all = [
        (blind > 0 && !captured.session.envelope_to.is_empty(), "inbox-flag-blind", count(blind)),
        (differs, "inbox-flag-bounce", 1),
        (parsed.header("Date").is_none(), "inbox-flag-no-date", 1),
        (parsed.message_id.is_empty(), "inbox-flag-no-id", 1),
        (repairs > 0, "inbox-flag-repairs", repairs),
    ];
    all.into_iter().filter(|(is_true, ..)| *is_true).map(|(_, key, count)| (key, count)).collect()
}

fn unsubscribe(parsed: &ParsedMessage) -> Option<Unsubscribe> {
    let found = parsed.list_unsubscribe();
    let one_click = found.header_post.eq_ignore_ascii_case("List-Unsubscribe=One-Click");
    (!found.header.is_empty()).then_some(Unsubscribe { errors: found.errors, one_click })
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

/// The fields of the header that say who, whom and when; the text of a missing one is empty.
fn heads(parsed: &ParsedMessage) -> Vec<(&'static str, Vec<HeadValue>, usize)> {
    let people = |list: &[Contact]| (list.iter().take(MAX_NAMED).map(person).collect(), list.len());
    let one = |text: &str| (vec![vec![visible(text)]], 1);
    let heads: [(&str, (Vec<HeadValue>, usize)); 7] = [
        ("inbox-from", people(std::slice::from_ref(&parsed.from))),
        ("inbox-to-header", people(&parsed.to)),
        ("inbox-cc", people(&parsed.cc)),
        ("inbox-bcc", people(&parsed.bcc)),
        ("inbox-reply-to", people(&parsed.reply_to)),
        ("inbox-date", one(parsed.header("Date").unwrap_or_default())),
        ("inbox-message-id", one(&parsed.message_id)),
    ];
    // Every message should have a date and an id (RFC 5322 §3.6), so the page says if one is missing.
    let is_expected = |name: &str| matches!(name, "inbox-date" | "inbox-message-id");
    let shown = heads
        .into_iter()
        .filter(|(name, (values, _))| is_expected(name) || values.iter().flatten().any(|text| !text.is_empty()));
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
            picture: part.is_common_picture(),
        };
        (attached, bytes)
    })
    .collect()
}
