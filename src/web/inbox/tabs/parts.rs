//! The panel of the parts: the MIME tree, each part with its values, warnings and contents, and attached messages that
//! open in place.

use askama::Template;

use crate::inbox::CapturedMessage;
use crate::mail::parse::{Contact, ParseWarning, ParsedMessage, PartNode, WarningCode, part_tree};

use super::super::format::size;
use super::super::visible_text::{visible, visible_lines};
use super::invitation::{InvitationCard, cards_html, read_invitation};
use super::kind::PanelKind;
use super::nested;
use super::query::PanelContext;

#[derive(Template)]
#[template(path = "inbox/tabs/parts.html")]
pub struct PartsPanel {
    context: PanelContext,
    /// The attached messages that are open, outermost first: URL and subject.
    trail: Vec<(String, String)>,
    /// The head of the open attached message.
    head: Option<NestedHead>,
    rows: Vec<PartRow>,
    /// True if the message has more parts than are read.
    has_more: bool,
}

/// What an attached message says of itself, and its contents.
struct NestedHead {
    subject: String,
    from: String,
    to: String,
    date: String,
    text: String,
    /// URL of its HTML; `None` without any.
    frame: Option<String>,
}

struct PartRow {
    depth: usize,
    id: String,
    kind: String,
    is_container: bool,
    name: String,
    /// Charset, transfer encoding, disposition and Content-ID, those that are stated.
    values: Vec<(&'static str, String)>,
    size: String,
    warnings: Vec<String>,
    decoded: String,
    sent: String,
    download: String,
    /// URL that opens an attached message in this panel.
    open: Option<String>,
    is_picture: bool,
    invitation: Option<InvitationCard>,
}

/// Bytes of text shown of an attached message.
const MAX_TEXT: usize = 64 * 1024;

impl PartsPanel {
    /// The parts of the message, or of the attached message that the query's path names; `None` if it names none.
    pub fn new(context: PanelContext, captured: &CapturedMessage, parsed: &ParsedMessage) -> Option<Self> {
        let path = context.query.path.clone();
        if path.is_empty() {
            let (rows, has_more) = PartRows { context: &context, path: "", bytes: &captured.bytes, parsed }.read();
            return Some(PartsPanel { context, trail: Vec::new(), head: None, rows, has_more });
        }
        let opened = nested::open(&captured.bytes, &path).filter(|opened| !opened.trail.is_empty())?;
        let inner = ParsedMessage::read(&opened.bytes);
        let (rows, has_more) = PartRows { context: &context, path: &path, bytes: &opened.bytes, parsed: &inner }.read();
        let href =
            |(path, subject): &(String, String)| (context.href(PanelKind::Parts, &[("path", path)]), visible(subject));
        let trail = opened.trail.iter().map(href).collect();
        let head = Some(NestedHead::new(&context, &path, &inner));
        Some(PartsPanel { context, trail, head, rows, has_more })
    }

    fn card(&self, card: &InvitationCard) -> String {
        cards_html(&self.context.layout, vec![card])
    }

    fn root(&self) -> String {
        self.context.href(PanelKind::Parts, &[])
    }
}

impl NestedHead {
    fn new(context: &PanelContext, path: &str, parsed: &ParsedMessage) -> Self {
        let has_html = !parsed.html.is_empty();
        let text = if has_html { String::new() } else { parsed.text_or_rendering() };
        NestedHead {
            subject: visible(&parsed.subject),
            from: person(&parsed.from),
            to: parsed.to.iter().take(20).map(person).collect::<Vec<_>>().join(", "),
            date: visible(parsed.header("Date").unwrap_or_default()),
            text: visible_lines(&text.chars().take(MAX_TEXT).collect::<String>()),
            frame: has_html.then(|| format!("{}/view/{}/nested/{path}", context.layout.base, context.id)),
        }
    }
}

fn person(contact: &Contact) -> String {
    match (contact.name.is_empty(), contact.address.is_empty()) {
        (true, _) => visible(&contact.address),
        (_, true) => visible(&contact.name),
        _ => format!("\u{2068}{}\u{2069} <{}>", visible(&contact.name), visible(&contact.address)),
    }
}

/// Reads the rows of one message.
struct PartRows<'a> {
    context: &'a PanelContext,
    path: &'a str,
    bytes: &'a [u8],
    parsed: &'a ParsedMessage,
}

impl PartRows<'_> {
    fn read(&self) -> (Vec<PartRow>, bool) {
        let warnings = self.parsed.all_warnings(self.bytes);
        let has_more = warnings.iter().any(|warning| warning.code == WarningCode::TooManyParts);
        let rows = part_tree(self.bytes).iter().map(|node| self.row(node, &warnings)).collect();
        (rows, has_more)
    }

    fn row(&self, node: &PartNode, warnings: &[ParseWarning]) -> PartRow {
        let part = &node.part;
        let path = nested::join(self.path, &part.id);
        let decoded = if node.is_container { Vec::new() } else { part.decoded(self.bytes) };
        let is_invitation = part.content_type == "text/calendar";
        PartRow {
            depth: node.depth.min(12),
            id: part.id.clone(),
            kind: visible(&part.content_type),
            is_container: node.is_container,
            name: visible(&part.file_name),
            values: values(node),
            size: size(decoded.len() as u64),
            warnings: self.warnings(node, warnings),
            decoded: self.context.content(&path, ""),
            sent: self.context.content(&path, "sent"),
            download: self.context.content(&path, "dl"),
            open: (node.is_message() && nested::may_open_in(self.path))
                .then(|| self.context.href(PanelKind::Parts, &[("path", &path)])),
            is_picture: matches!(part.content_type.as_str(), "image/png" | "image/jpeg" | "image/gif"),
            invitation: is_invitation.then(|| read_invitation(&node.text(self.bytes))).flatten(),
        }
    }

    /// The sentences of the warnings about a node. Those about header fields belong to the message itself.
    fn warnings(&self, node: &PartNode, all: &[ParseWarning]) -> Vec<String> {
        let is_part = |location: &str| location.starts_with(|c: char| c.is_ascii_digit());
        let is_here = |warning: &&ParseWarning| {
            warning.location == node.part.id || node.depth == 0 && !is_part(&warning.location)
        };
        let sentence = |warning: &ParseWarning| {
            let key = format!("inbox-warning-{}", warning.code.name().replace('_', "-"));
            let field =
                if is_part(&warning.location) { String::new() } else { format!(" ({})", visible(&warning.location)) };
            format!("{}{field}", self.context.t(&key))
        };
        all.iter().filter(is_here).map(sentence).collect()
    }
}

fn values(node: &PartNode) -> Vec<(&'static str, String)> {
    let disposition = node.part.disposition.name();
    let all = [
        ("charset", node.part.charset.as_str()),
        ("encoding", node.encoding.as_str()),
        ("disposition", disposition),
        ("cid", node.part.content_id.as_str()),
    ];
    let stated = all.into_iter().filter(|(_, value)| !value.is_empty());
    stated.map(|(name, value)| (name, visible(&value.chars().take(200).collect::<String>()))).collect()
}
