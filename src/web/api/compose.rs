//! Builds the RFC 5322 message of a POST /send request.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as Header;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use mail_builder::mime::MimePart;

use crate::clock::Time;
use crate::mail::{Address, base64_lines, without_controls};
use crate::smtpd;

use super::super::error::WebError;
use super::send_body::{AttachmentFields, PersonFields, SendFields, TextField};
use super::sniff;
use super::tags::invalid_tag;

/// Why the message cannot be built. Clients compare the texts, which are Mailpit's.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error("invalid {field} address: {value}")]
    Address { field: &'static str, value: String },
    #[error("cannot overwrite header: \"{0}\"")]
    Header(String),
    #[error("invalid header: \"{0}\"")]
    HeaderSyntax(String),
    #[error("error decoding base64 attachment \"{0}\": illegal base64 data")]
    Attachment(String),
    #[error("invalid tag name: {0}")]
    Tag(String),
    #[error("error building message: {0}")]
    Build(String),
}

impl From<ComposeError> for WebError {
    fn from(error: ComposeError) -> Self {
        WebError::Bad(error.to_string())
    }
}

/// The built message with its envelope.
pub struct SendRequest {
    pub from: String,
    pub recipients: Vec<String>,
    pub bytes: Vec<u8>,
}

/// A message that is ready to be written. It no longer needs the request, whose memory is free by then.
pub struct PreparedSend {
    from: String,
    recipients: Vec<String>,
    mail: MessageBuilder<'static>,
    /// Roughly, so that the written bytes are allocated once.
    size: usize,
}

/// Header fields that the other properties of the request set, in lower case.
const RESERVED_HEADERS: [&str; 9] =
    ["to", "from", "cc", "bcc", "reply-to", "date", "subject", "content-type", "mime-version"];

const MESSAGE_ID: &str = "message-id";

/// Prepares the message. Its Message-ID contains `id` unless the request's headers have one. Its lines end with LF, as
/// those of the posted texts do, so that views return the posted bytes; see [`text_part`].
///
/// # Errors
/// The first property that is invalid.
pub fn prepare(fields: &SendFields, now: Time, id: &str) -> Result<PreparedSend, ComposeError> {
    let from = address("From", &fields.from.email)?;
    let to = people(&fields.to, "To")?;
    let cc = people(&fields.cc, "Cc")?;
    let reply_to = people(&fields.reply_to, "Reply-To")?;
    let bcc = fields.bcc.iter().map(|text| address("Bcc", text)).collect::<Result<Vec<_>, _>>()?;
    if to.is_empty() && cc.is_empty() && bcc.is_empty() {
        return Err(ComposeError::Build("no recipients".to_owned()));
    }
    let mut mail = MessageBuilder::new()
        .header("Date", Raw::new(now.rfc5322()))
        .message_id(message_id(fields).unwrap_or_else(|| format!("{id}@gatepost")))
        .from(header(&from, &fields.from.name))
        .subject(fields.subject.to_string());
    for (name, people) in [("To", &to), ("Cc", &cc), ("Reply-To", &reply_to)] {
        if !people.is_empty() {
            mail = mail.header(name, Header::new_list(people.iter().map(|(a, n)| header(a, n)).collect()));
        }
    }
    if !bcc.is_empty() {
        mail = mail.bcc(Header::new_list(bcc.iter().map(|address| header(address, "")).collect()));
    }
    mail = extra_headers(mail, fields)?;
    mail = mail.body(body(fields)?);
    let content: usize = fields.attachments.iter().map(|attachment| attachment.content.len()).sum();
    let size = 4_096 + content + content / 32 + fields.text.len() + fields.html.len();
    let people = to.into_iter().chain(cc).map(|(address, _)| address).chain(bcc);
    Ok(PreparedSend { recipients: people.collect(), from, mail, size })
}

impl PreparedSend {
    /// Writes the message.
    ///
    /// # Errors
    /// If the message cannot be built.
    pub fn write(self) -> Result<SendRequest, ComposeError> {
        let mut bytes = Vec::with_capacity(self.size);
        self.mail.write_to(&mut bytes).map_err(|error| ComposeError::Build(error.to_string()))?;
        bytes.retain(|byte| *byte != b'\r');
        Ok(SendRequest { from: self.from, recipients: self.recipients, bytes })
    }
}

/// An address that the SMTP server accepts. An account's address cannot be `"a b"@c.test` or `a@[127.0.0.1]`; this one
/// can.
fn address(field: &'static str, text: &str) -> Result<String, ComposeError> {
    let address = Address::parse(text).map(|address| address.to_string()).ok();
    let mailbox = || smtpd::mailbox(text.trim()).map(str::to_owned);
    address.or_else(mailbox).ok_or_else(|| ComposeError::Address { field, value: text.to_owned() })
}

fn people(list: &[PersonFields], field: &'static str) -> Result<Vec<(String, String)>, ComposeError> {
    list.iter().map(|person| Ok((address(field, &person.email)?, person.name.to_string()))).collect()
}

fn header(address: &str, name: &str) -> Header<'static> {
    let name = one_line(name);
    Header::new_address((!name.is_empty()).then_some(name), address.to_owned())
}

/// The text without line ends and other control characters. A line end in a name or value would start a new header.
fn one_line(text: &str) -> String {
    without_controls(text).trim().to_owned()
}

/// The Message-ID among the request's headers.
fn message_id(fields: &SendFields) -> Option<String> {
    let named = fields.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(MESSAGE_ID));
    let mut ids = named.map(|(_, value)| one_line(value).trim_matches(['<', '>']).to_owned());
    ids.find(|id| !id.is_empty())
}

fn extra_headers(
    mut mail: MessageBuilder<'static>,
    fields: &SendFields,
) -> Result<MessageBuilder<'static>, ComposeError> {
    let tags: Vec<String> = fields.tags.iter().map(|tag| tag.to_string()).collect();
    if let Some(invalid) = invalid_tag(&tags) {
        return Err(ComposeError::Tag(invalid.to_owned()));
    }
    for (name, value) in &fields.headers {
        let (name, lower) = (name.to_string(), name.to_ascii_lowercase());
        if RESERVED_HEADERS.contains(&lower.as_str()) || (lower == "x-tags" && !tags.is_empty()) {
            return Err(ComposeError::Header(name));
        }
        // RFC 5322 §2.2: printable ASCII without the colon.
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
            return Err(ComposeError::HeaderSyntax(name));
        }
        let value = one_line(value);
        mail = match value.is_ascii() {
            _ if lower == MESSAGE_ID => mail,
            true => mail.header(name, Raw::new(value)),
            false => mail.header(name, Text::new(value)),
        };
    }
    if !tags.is_empty() {
        mail = mail.header("X-Tags", Text::new(one_line(&tags.join(", "))));
    }
    Ok(mail)
}

/// The body: text and HTML as alternatives, related inline parts, and attachments.
fn body(fields: &SendFields) -> Result<MimePart<'static>, ComposeError> {
    let (text, html) = (&fields.text, &fields.html);
    let (is_text_only, is_html_only) = (html.is_empty(), text.is_empty());
    let (text, html) = (text_part("text/plain", text), text_part("text/html", html));
    let mut body = match (is_text_only, is_html_only) {
        (true, _) => text,
        (false, true) => html,
        (false, false) => MimePart::new("multipart/alternative", vec![text, html]),
    };
    let (mut inline, mut attached) = (Vec::new(), Vec::new());
    for attachment in &fields.attachments {
        let id = one_line(&attachment.content_id);
        let part = attachment_part(attachment)?;
        match id.is_empty() {
            true => attached.push(part.attachment(one_line(&attachment.file_name))),
            false => inline.push(inline_part(part, one_line(&attachment.file_name)).cid(id)),
        }
    }
    if !inline.is_empty() {
        inline.insert(0, body);
        body = MimePart::new("multipart/related", inline);
    }
    if !attached.is_empty() {
        attached.insert(0, body);
        body = MimePart::new("multipart/mixed", attached);
    }
    Ok(body)
}

/// A text whose bytes are kept: a text with CR is encoded in base64, since the lines of the message end with LF.
fn text_part(content_type: &'static str, text: &TextField) -> MimePart<'static> {
    match text.contains('\r') {
        false => MimePart::new(content_type, text.to_string()),
        true => base64_part(ContentType::new(content_type).attribute("charset", "utf-8"), text.as_bytes()),
    }
}

fn base64_part(content_type: ContentType<'static>, bytes: &[u8]) -> MimePart<'static> {
    MimePart::new(content_type, base64_lines(bytes).into_bytes()).transfer_encoding("base64")
}

fn inline_part(part: MimePart<'static>, name: String) -> MimePart<'static> {
    let inline = ContentType::new("inline");
    part.header("Content-Disposition", if name.is_empty() { inline } else { inline.attribute("filename", name) })
}

fn attachment_part(attachment: &AttachmentFields) -> Result<MimePart<'static>, ComposeError> {
    let name = one_line(&attachment.file_name);
    // The content can be a `data:` URL, whose base64 text follows the last comma.
    let mut encoded = Cow::Borrowed(attachment.content.rsplit(',').next().unwrap_or_default());
    if encoded.bytes().any(|byte| byte.is_ascii_whitespace()) {
        encoded = Cow::Owned(encoded.split_ascii_whitespace().collect());
    }
    let bytes = STANDARD.decode(&*encoded).map_err(|_| ComposeError::Attachment(name.clone()))?;
    let stated = one_line(&attachment.content_type);
    let content_type = match stated.is_empty() {
        false => stated,
        true => sniff::media_type(&name, &bytes).to_owned(),
    };
    Ok(base64_part(content_type.into(), &bytes))
}

#[cfg(test)]
mod tests;
