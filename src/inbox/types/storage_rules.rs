//! Rules that apply while a message is stored: its time of receipt, duplicates and tags. They come from Mailpit's
//! options; without them every rule has Mailpit's default.

use std::time::Duration;

use super::fingerprint::Fingerprints;
use super::query::{Criterion, Query};
use super::search_text::SearchText;
use super::tag_name;
use crate::clock::Time;
use crate::mail::parse::ParsedMessage;

/// Most rules of tags.
pub const MAX_TAG_RULES: usize = 1_000;

/// The rules of one inbox.
#[derive(Clone, Debug, Default)]
pub struct StorageRules {
    /// Messages received longer ago are deleted, in addition to [`super::settings::Settings::keep_days`].
    pub keep_age: Option<Duration>,
    /// True if a message's Date is its time of receipt.
    pub use_dates: bool,
    /// True if a message with a known Message-ID is not stored; the client gets the id of the first one.
    pub ignore_duplicates: bool,
    pub tags: TagRules,
}

/// Where tags of new messages come from.
#[derive(Clone, Debug)]
pub struct TagRules {
    /// `user+tag@example.com`.
    pub from_addresses: bool,
    /// The field X-Tags.
    pub from_header: bool,
    /// The user of the SMTP session.
    pub from_username: bool,
    /// True if the tags of addresses and of X-Tags are written in title case.
    pub title_case: bool,
    /// Names with the search that a message must match.
    pub searches: Vec<(String, Query)>,
}

impl Default for TagRules {
    fn default() -> Self {
        TagRules {
            from_addresses: true,
            from_header: true,
            from_username: false,
            title_case: false,
            searches: Vec::new(),
        }
    }
}

/// A new message as the searches of tags see it.
pub struct MatchedMessage<'m> {
    pub text: &'m SearchText,
    pub tags: &'m [String],
    pub facts: MessageFacts,
    pub prints: &'m Fingerprints,
    pub refused: bool,
    /// True for an email of this Gatepost.
    pub own: bool,
}

/// Time, size and parts of a new message.
#[derive(Clone, Copy, Debug)]
pub struct MessageFacts {
    pub created: Time,
    /// In bytes, as it is stored.
    pub size: i64,
    pub attachments: i64,
    pub inlines: i64,
}

impl MessageFacts {
    /// `size` is that of the stored message.
    pub(in crate::inbox) fn new(created: Time, size: usize, parsed: &ParsedMessage) -> Self {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let (attachments, inlines) = (count(parsed.attachments.len()), count(parsed.inline.len()));
        MessageFacts { created, size: count(size), attachments, inlines }
    }
}

impl TagRules {
    /// The tags of a new message: `given`, and those of its addresses, of X-Tags and of its user.
    pub(in crate::inbox) fn collect(
        &self,
        given: &[String],
        parsed: &ParsedMessage,
        blind: &[String],
        username: &str,
    ) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(list) = parsed.header("X-Tags").filter(|_| self.from_header) {
            found.extend(ParsedMessage::decoded(list).split(',').map(str::to_owned));
        }
        let lists = [&parsed.to, &parsed.cc, &parsed.bcc];
        let addresses = std::iter::once(&parsed.from).chain(lists.into_iter().flatten()).map(|c| c.address.as_str());
        for address in addresses.chain(blind.iter().map(String::as_str)).filter(|_| self.from_addresses) {
            let local = address.rsplit_once('@').map_or("", |(local, _)| local);
            found.extend(local.split('+').skip(1).map(str::to_owned));
        }
        let spelled = found.into_iter().map(|tag| if self.title_case { title_case(&tag) } else { tag });
        let user = (self.from_username && !username.is_empty()).then(|| username.to_owned());
        tag_name::cleaned(given.iter().cloned().chain(spelled).chain(user))
    }

    /// The names of the searches that match.
    pub(in crate::inbox) fn matching(&self, message: &MatchedMessage<'_>) -> impl Iterator<Item = String> {
        let matches = |query: &Query| query.terms.iter().all(|term| message.meets(&term.test) != term.negated);
        self.searches.iter().filter(move |(_, query)| matches(query)).map(|(name, _)| name.clone())
    }
}

impl MatchedMessage<'_> {
    fn meets(&self, test: &Criterion) -> bool {
        match test {
            Criterion::Words { .. } | Criterion::HeaderField { .. } => {
                test.search_term().is_some_and(|term| term.is_in(&self.text.fields()))
            }
            Criterion::Tag(key) => self.tags.iter().any(|tag| tag_name::key(tag) == *key),
            Criterion::Read(read) => !read,
            Criterion::Tagged => !self.tags.is_empty(),
            Criterion::Refused => self.refused,
            Criterion::Own => self.own,
            Criterion::Mailbox(bytes) => self.prints.has_mailbox(bytes),
            Criterion::Alike(key) => self.prints.template == *key,
            Criterion::Attachment => self.facts.attachments > 0,
            Criterion::Inline => self.facts.inlines > 0,
            Criterion::Before(time) => self.facts.created <= *time,
            Criterion::After(time) => self.facts.created >= *time,
            Criterion::Larger(size) => self.facts.size > *size,
            Criterion::Smaller(size) => self.facts.size < *size,
        }
    }
}

/// Each word with a capital, the rest in lower case.
fn title_case(text: &str) -> String {
    let mut at_start = true;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match (at_start, c.is_alphanumeric()) {
            (true, true) => out.extend(c.to_uppercase()),
            _ => out.extend(c.to_lowercase()),
        }
        at_start = !c.is_alphanumeric();
    }
    out
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::inbox::types::fingerprint::mailbox;

    #[test]
    fn a_search_matches_a_new_message_as_it_would_later() {
        let bytes = b"From: Kim <kim@a.test>\r\nTo: bob@b.test\r\nSubject: Your order 12\r\n\r\nThanks for it.\r\n";
        let text = SearchText::of(bytes, "kim@a.test", &["bob@b.test".into(), "eve@c.test".into()], "");
        let message = MatchedMessage {
            text: &text,
            tags: &["Old".to_owned()],
            facts: MessageFacts { created: Time::from_millis(1_000), size: 100, attachments: 0, inlines: 0 },
            prints: &Fingerprints { mailboxes: mailbox("lee@a.test").to_vec(), ..Fingerprints::default() },
            refused: false,
            own: false,
        };
        let matches = |text: &str| {
            let query = Query::parse(text, &TimeZone::UTC).unwrap();
            TagRules { searches: vec![("x".into(), query)], ..TagRules::default() }.matching(&message).count() == 1
        };
        for yes in [
            "mailbox:Lee@a.test",
            "-is:own",
            "header:subject:order",
            "-header:ubject:your",
            "subject:order",
            "from:kim@a",
            "bcc:eve",
            "thanks -refund",
            "tag:old",
            "is:unread",
            "larger:99",
        ] {
            assert!(matches(yes), "{yes}");
        }
        for no in [
            "subject:invoice",
            "header:to:order",
            "to:kim",
            "thanks refund",
            "has:attachment",
            "is:read",
            "smaller:100",
        ] {
            assert!(!matches(no), "{no}");
        }
    }

    #[test]
    fn tags_are_written_in_title_case() {
        assert_eq!(title_case("password reset-LINK été"), "Password Reset-Link Été");
    }
}
