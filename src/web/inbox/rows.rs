//! The rows of the list of messages.

use crate::inbox::Summary;
use crate::mail::parse::{Contact, codes_of};

use super::format::{clock, day, encoded};
use super::layout::InboxLayout;
use super::sidebar::colour;
use super::visible_text::shortened;

/// Recipients shown in a row.
const MAX_RECIPIENTS: usize = 2;
/// Tags shown in a row.
const MAX_TAGS: usize = 1;
/// Characters of a subject, a name or a snippet in a row; no screen shows more.
const MAX_TEXT: usize = 160;
/// Characters of a subject in the name of its checkbox.
const MAX_LABEL: usize = 60;

/// One message in two lines, for `templates/inbox/row.html`.
pub struct ListRow {
    pub id: String,
    /// The day in UTC if the row above is of another one.
    pub day: Option<String>,
    pub from: String,
    /// The first recipients.
    pub to: Vec<String>,
    /// Number of recipients that are not shown.
    pub to_more: usize,
    pub subject: String,
    pub snippet: String,
    /// Time of arrival, in RFC 3339.
    pub received: String,
    /// Hour and minute in UTC.
    pub when: String,
    pub attachments: u64,
    /// Number of recipients of which no other recipient learns.
    pub blind: u64,
    pub read: bool,
    pub refused: Option<RefusalMark>,
    /// The first one-time code that subject and snippet show.
    pub code: Option<String>,
    /// The first tags with the numbers of their colours.
    pub tags: Vec<(String, u64)>,
    pub tags_more: Vec<String>,
    /// Number of messages of the same template.
    pub alike: u64,
    /// The search for them.
    pub alike_query: String,
    /// True if the reading pane shows this message.
    pub is_open: bool,
}

pub struct RefusalMark {
    /// The reply's code, or `!`.
    pub code: String,
    pub reason: String,
}

impl ListRow {
    pub fn new(summary: &Summary) -> Self {
        let mut to: Vec<String> = summary.to.iter().chain(&summary.cc).map(name_or_address).collect();
        if to.is_empty() {
            to = summary.bcc.iter().map(name_or_address).collect();
        }
        let to_more = to.len().saturating_sub(MAX_RECIPIENTS);
        to.truncate(MAX_RECIPIENTS);
        let mut tags: Vec<String> = summary.tags.clone();
        let tags_more = tags.split_off(tags.len().min(MAX_TAGS));
        ListRow {
            id: summary.id.to_string(),
            day: None,
            from: name_or_address(&summary.from),
            to,
            to_more,
            subject: shortened(summary.subject.trim(), MAX_TEXT),
            snippet: shortened(&summary.snippet, MAX_TEXT),
            received: summary.created.rfc3339(),
            when: clock(summary.created),
            attachments: summary.attachments,
            blind: u64::try_from(summary.bcc.len()).unwrap_or(u64::MAX),
            read: summary.read,
            refused: summary.refusal.as_deref().map(RefusalMark::new),
            code: codes_of(&summary.subject, &summary.snippet).into_iter().next(),
            tags: tags.into_iter().map(|tag| (tag.clone(), colour(&tag))).collect(),
            tags_more,
            alike: 1,
            alike_query: encoded(&format!("alike:{}", summary.template)),
            is_open: false,
        }
    }

    /// The rows of a page of the list, with a heading for each day. `alike` has the number of messages of the same
    /// template for each of `summaries`.
    pub fn all(summaries: &[Summary], alike: &[u64], open: Option<&str>) -> Vec<Self> {
        let mut above = String::new();
        let mut row = |(at, summary): (usize, &Summary)| {
            let (today, row) = (day(summary.created), ListRow::new(summary));
            let is_first = today != above;
            above.clone_from(&today);
            let alike = alike.get(at).copied().unwrap_or(1);
            ListRow { day: is_first.then_some(today), alike, is_open: open == Some(row.id.as_str()), ..row }
        };
        summaries.iter().enumerate().map(&mut row).collect()
    }

    /// The subject for the name of the checkbox.
    pub fn label(&self, layout: &InboxLayout) -> String {
        if self.subject.is_empty() { layout.t("inbox-no-subject") } else { shortened(&self.subject, MAX_LABEL) }
    }
}

impl RefusalMark {
    fn new(reason: &str) -> Self {
        let code: String = reason.chars().take_while(char::is_ascii_digit).take(3).collect();
        RefusalMark { code: if code.len() == 3 { code } else { "!".to_owned() }, reason: shortened(reason, MAX_TEXT) }
    }
}

/// The name of a contact, or the address if it has no name.
pub fn name_or_address(contact: &Contact) -> String {
    shortened(if contact.name.trim().is_empty() { &contact.address } else { &contact.name }, MAX_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_marked_with_its_code() {
        assert_eq!(RefusalMark::new("554 5.7.1 no").code, "554");
        assert_eq!(RefusalMark::new("the header is cut").code, "!");
        assert_eq!(RefusalMark::new("55").code, "!");
    }
}
