//! Puts the parts of a message together: its text, its HTML, and the parts that are listed beside them.

use super::boundary::MAX_PARTS;
use super::part::{Disposition, MessagePart};
use super::warning::{WarningCode, WarningList};

/// The texts of the message, one after the other. Nothing is joined for an empty one.
pub(super) fn text(parts: &[MessagePart], read: impl FnMut(&MessagePart) -> String) -> String {
    join(parts.iter().filter(|part| part.is_body && !part.is_html()).map(read), "\n--\n")
}

/// The HTML parts of the message, one after the other: Apple Mail writes one before and one after a picture.
pub(super) fn html(parts: &[MessagePart], read: impl FnMut(&MessagePart) -> String) -> String {
    join(parts.iter().filter(|part| part.is_body && part.is_html()).map(read), "<br>\n")
}

fn join(texts: impl Iterator<Item = String>, separator: &str) -> String {
    let mut joined = String::new();
    for text in texts {
        if joined.trim_ascii().is_empty() {
            joined = if text.trim_ascii().is_empty() && !joined.is_empty() { joined } else { text };
        } else if !text.trim_ascii().is_empty() {
            joined.push_str(separator);
            joined.push_str(&text);
        }
    }
    joined
}

/// The attachments and the inline parts: every leaf that is not shown, and those that are shown and have a name.
pub(super) fn listed(parts: &[MessagePart]) -> (Vec<MessagePart>, Vec<MessagePart>) {
    // A message that is neither text nor HTML is an attachment, as in Mailpit.
    let is_root = |part: &MessagePart| part.id == "0" && !part.is_body && part.disposition != Disposition::Inline;
    let is_attachment = |part: &&MessagePart| part.is_attached() || is_root(part);
    let is_inline = |part: &&MessagePart| {
        let is_file = part.has_name || part.disposition == Disposition::Inline && !part.content_id.is_empty();
        !is_attachment(part) && (!part.is_body || part.is_report() || is_file)
    };
    (parts.iter().filter(is_attachment).cloned().collect(), parts.iter().filter(is_inline).cloned().collect())
}

/// Adds the files that texts contain, each behind the part of its text, within the limit of all parts.
pub(super) fn insert_files(parts: &mut Vec<MessagePart>, files: Vec<MessagePart>, warnings: &mut WarningList) {
    for file in files.into_iter().rev() {
        let parent = file.id.rsplit_once('.').map_or("", |(parent, _)| parent);
        if parts.len() >= MAX_PARTS {
            return warnings.add(WarningCode::TooManyParts, parent);
        }
        let at = parts.iter().position(|part| part.id == parent).map_or(parts.len(), |at| at + 1);
        parts.insert(at, file);
    }
}

/// The texts that are not shown, at most `limit` bytes.
pub(super) fn other_text(parts: &[MessagePart], message: &[u8], limit: usize) -> String {
    let mut out = String::new();
    for part in parts.iter().filter(|part| !part.is_body && part.is_readable()) {
        let rest = limit.saturating_sub(out.len());
        let end = part.body.start.saturating_add(rest).min(message.len());
        out.push_str(&part.text(message.get(..end).unwrap_or_default(), &mut WarningList::default()));
        out.push('\n');
        if out.len() >= limit {
            break;
        }
    }
    out
}
