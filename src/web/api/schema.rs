//! Mailpit's JSON objects, with exactly its keys.

use serde::Serialize;

use crate::inbox::{CapturedMessage, Summary};
use crate::mail::parse::{Contact, MessageLink, MessagePart, ParseWarning, ParsedMessage};

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AddressJson {
    pub name: String,
    pub address: String,
}

impl From<&Contact> for AddressJson {
    fn from(contact: &Contact) -> Self {
        AddressJson { name: contact.name.clone(), address: contact.address.clone() }
    }
}

fn addresses(contacts: &[Contact]) -> Vec<AddressJson> {
    contacts.iter().map(AddressJson::from).collect()
}

/// A message in a list. Empty lists are `[]`, never null.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MessageSummary {
    #[serde(rename = "ID")]
    pub id: String,
    #[serde(rename = "MessageID")]
    pub message_id: String,
    pub read: bool,
    pub from: AddressJson,
    pub to: Vec<AddressJson>,
    pub cc: Vec<AddressJson>,
    pub bcc: Vec<AddressJson>,
    pub reply_to: Vec<AddressJson>,
    pub subject: String,
    pub created: String,
    pub username: String,
    pub tags: Vec<String>,
    pub size: u64,
    /// Number of attachments.
    pub attachments: u64,
    pub snippet: String,
    /// Why the SMTP server did not take it; no key of Mailpit's, and absent from mail that it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

impl From<&Summary> for MessageSummary {
    fn from(summary: &Summary) -> Self {
        MessageSummary {
            id: summary.id.to_string(),
            message_id: summary.message_id.clone(),
            read: summary.read,
            from: AddressJson::from(&summary.from),
            to: addresses(&summary.to),
            cc: addresses(&summary.cc),
            bcc: addresses(&summary.bcc),
            reply_to: addresses(&summary.reply_to),
            subject: summary.subject.clone(),
            created: summary.created.rfc3339(),
            username: summary.username.clone(),
            tags: summary.tags.clone(),
            size: summary.size,
            attachments: summary.attachments,
            snippet: summary.snippet.clone(),
            refusal: summary.refusal.clone(),
        }
    }
}

/// A page of messages with counts; its keys are in lower case.
#[derive(Debug, Serialize)]
pub struct MessagesSummary {
    pub total: u64,
    pub unread: u64,
    /// Number of messages on this page. Mailpit does not document it, but clients need it.
    pub count: usize,
    pub messages_count: u64,
    pub messages_unread: u64,
    pub start: u64,
    pub tags: Vec<String>,
    pub messages: Vec<MessageSummary>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MessageJson {
    #[serde(rename = "ID")]
    pub id: String,
    #[serde(rename = "MessageID")]
    pub message_id: String,
    pub from: AddressJson,
    pub to: Vec<AddressJson>,
    pub cc: Vec<AddressJson>,
    pub bcc: Vec<AddressJson>,
    pub reply_to: Vec<AddressJson>,
    pub return_path: String,
    pub subject: String,
    pub list_unsubscribe: Unsubscribe,
    pub date: String,
    pub tags: Vec<String>,
    pub username: String,
    pub text: String,
    #[serde(rename = "HTML")]
    pub html: String,
    pub size: u64,
    pub inline: Vec<AttachmentJson>,
    pub attachments: Vec<AttachmentJson>,
    /// What was repaired while reading; no key of Mailpit's, and absent from a message without repairs, since clients
    /// compare the keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<WarningJson>,
    /// Why the SMTP server did not take it; no key of Mailpit's, and absent from mail that it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// A repair.
#[derive(Debug, Serialize)]
pub struct WarningJson {
    pub code: &'static str,
    /// A header field or the id of a part.
    #[serde(rename = "where")]
    pub location: String,
}

impl From<&ParseWarning> for WarningJson {
    fn from(warning: &ParseWarning) -> Self {
        WarningJson { code: warning.code.name(), location: warning.location.clone() }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Unsubscribe {
    pub header: String,
    pub links: Vec<String>,
    pub errors: String,
    pub header_post: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachmentJson {
    #[serde(rename = "PartID")]
    pub part_id: String,
    pub file_name: String,
    pub content_type: String,
    #[serde(rename = "ContentID")]
    pub content_id: String,
    pub size: usize,
    pub checksums: ChecksumsJson,
}

#[derive(Debug, Serialize)]
pub struct ChecksumsJson {
    #[serde(rename = "MD5")]
    pub md5: String,
    #[serde(rename = "SHA1")]
    pub sha1: String,
    #[serde(rename = "SHA256")]
    pub sha256: String,
}

/// A message with its links and codes, the answer of `wait`. Mailpit does not have it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct WaitResult {
    #[serde(flatten)]
    pub message: MessageJson,
    pub links: Vec<MessageLink>,
    pub codes: Vec<String>,
    /// Purpose of an email that Gatepost composed.
    pub purpose: Option<String>,
}

impl MessageJson {
    /// Decodes every attachment for its checksums, in time proportional to the message's size.
    pub fn new(captured: &CapturedMessage, parsed: &ParsedMessage) -> Self {
        let summary = &captured.summary;
        let list = parsed.list_unsubscribe();
        let attachments =
            |parts: &[MessagePart]| parts.iter().map(|part| AttachmentJson::new(part, &captured.bytes)).collect();
        MessageJson {
            id: summary.id.to_string(),
            message_id: summary.message_id.clone(),
            from: AddressJson::from(&summary.from),
            to: addresses(&summary.to),
            cc: addresses(&summary.cc),
            bcc: addresses(&summary.bcc),
            reply_to: addresses(&summary.reply_to),
            return_path: captured.return_path().to_owned(),
            subject: summary.subject.clone(),
            list_unsubscribe: Unsubscribe {
                header: list.header,
                links: list.links,
                errors: list.errors,
                header_post: list.header_post,
            },
            date: parsed.date.map_or_else(|| summary.created.rfc3339(), |date| date.rfc3339()),
            tags: summary.tags.clone(),
            username: summary.username.clone(),
            text: parsed.text_or_rendering(),
            html: parsed.html.clone(),
            size: summary.size,
            inline: attachments(&parsed.inline),
            attachments: attachments(&parsed.attachments),
            warnings: parsed.all_warnings(&captured.bytes).iter().map(WarningJson::from).collect(),
            refusal: summary.refusal.clone(),
        }
    }
}

impl WaitResult {
    pub fn new(captured: &CapturedMessage, parsed: &ParsedMessage) -> Self {
        WaitResult {
            message: MessageJson::new(captured, parsed),
            links: parsed.links(),
            codes: parsed.codes(),
            purpose: captured.summary.purpose.clone(),
        }
    }
}

impl AttachmentJson {
    fn new(part: &MessagePart, message: &[u8]) -> Self {
        let decoded = part.decoded(message);
        let sums = MessagePart::checksums(&decoded);
        AttachmentJson {
            part_id: part.id.clone(),
            file_name: part.file_name.clone(),
            content_type: part.content_type.clone(),
            content_id: part.content_id.clone(),
            size: decoded.len(),
            checksums: ChecksumsJson { md5: sums.md5, sha1: sums.sha1, sha256: sums.sha256 },
        }
    }
}
