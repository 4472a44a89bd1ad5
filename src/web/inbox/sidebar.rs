//! The sidebar of the inbox's pages: filters with their counts, and how full the inbox is.

use crate::inbox::Facet;

use super::format::{encoded, size};
use super::sparkline::Sparkline;
use super::state::InboxState;
use super::visible_text::shortened;

/// Values of one kind that the sidebar lists; the others are behind "more".
const MAX_LISTED: usize = 5;
/// Values of one kind behind "more".
const MAX_MORE: usize = 40;
/// Characters of a value.
const MAX_TEXT: usize = 60;
/// Colours of tags in inbox.css.
const COLOURS: u64 = 8;

/// Everything but the texts. By default it shows no counts, for pages that cannot read the inbox.
#[derive(Clone, Debug, Default)]
pub struct Sidebar {
    pub filters: Vec<SidebarFilter>,
    pub groups: Vec<FacetGroup>,
    /// How full the inbox is.
    pub fullness: Option<Fullness>,
    /// The messages of the last hour.
    pub arrivals: Option<Sparkline>,
    /// SMTP sessions that did not deliver everything, as far as they are kept.
    pub failed_sessions: u64,
    /// Fault rules in use.
    pub fault_rules: u64,
}

/// A filter of the list.
#[derive(Clone, Debug)]
pub struct SidebarFilter {
    /// The end of its icon's class and of its text's key.
    pub name: &'static str,
    /// The search; empty for all messages.
    pub query: &'static str,
    pub count: u64,
}

/// A value that messages have in common, with a search for it.
#[derive(Clone, Debug)]
pub struct FacetLink {
    pub text: String,
    /// The search, not yet encoded.
    pub query: String,
    pub count: u64,
    /// The number of a colour.
    pub colour: u64,
}

#[derive(Clone, Debug)]
pub struct Fullness {
    pub messages: u64,
    /// The most messages that are kept; empty without a limit.
    pub limit: String,
    pub size: String,
    /// Share of the limits that is used, in per cent; `None` without a limit.
    pub percent: Option<u64>,
}

impl Sidebar {
    /// Reads the counts. If the inbox fails, the sidebar has none; the page itself reports the failure.
    pub async fn load(state: &InboxState) -> Self {
        let Ok(facets) = state.inbox.facets().await else { return Sidebar::default() };
        let settings = state.inbox.settings();
        let share = |used: u64, limit: u64| (limit > 0).then(|| used.saturating_mul(100) / limit);
        let filter = |name, query, count| SidebarFilter { name, query, count };
        let failed = state.inbox.failed_sessions().await;
        let groups = [
            FacetGroup::new("mailboxes", "mailbox", &facets.mailboxes, facets.mailbox_total),
            FacetGroup::new("senders", "from", &facets.senders, facets.sender_total),
            FacetGroup::new("tags", "tag", &facets.tags, facets.tags.len()),
        ];
        Sidebar {
            filters: vec![
                filter("unread", "is:unread", facets.unread),
                filter("code", "has:code", facets.with_code),
                filter("clip", "has:attachment", facets.attachments),
                filter("refused", "is:refused", facets.refused),
                filter("own", "is:own", facets.from_this_site),
            ],
            groups: groups.into_iter().filter(|group| group.total > 0).collect(),
            fullness: Some(Fullness {
                messages: facets.total,
                limit: if settings.keep_messages > 0 { settings.keep_messages.to_string() } else { String::new() },
                size: size(facets.bytes),
                percent: share(facets.total, settings.keep_messages).max(share(facets.bytes, settings.keep_bytes)),
            }),
            arrivals: Sparkline::new(&facets.arrivals),
            failed_sessions: failed.unwrap_or_default(),
            fault_rules: u64::try_from(state.faults.rules().rules.len()).unwrap_or(u64::MAX),
        }
    }

    /// The number beside a section that a developer should look at; 0 for none.
    pub fn alarms(&self, section: &str) -> u64 {
        match section {
            "sessions" => self.failed_sessions,
            "faults" => self.fault_rules,
            _ => 0,
        }
    }
}

impl SidebarFilter {
    /// The query string.
    pub fn href(&self) -> String {
        query_string(self.query)
    }

    /// The key of its text.
    pub fn key(&self) -> String {
        format!("inbox-filter-{}", self.name)
    }

    /// True if there is something that a developer should look at.
    pub fn is_alarm(&self) -> bool {
        self.name == "refused" && self.count > 0
    }
}

/// Values of one kind.
#[derive(Clone, Debug)]
pub struct FacetGroup {
    /// The end of its text's key.
    pub name: &'static str,
    /// Number of different values.
    pub total: usize,
    /// The most frequent values first.
    values: Vec<FacetLink>,
}

impl FacetGroup {
    /// `prefix`: the prefix of the search for a value.
    fn new(name: &'static str, prefix: &str, values: &[Facet], total: usize) -> Self {
        let mut sorted: Vec<&Facet> = values.iter().collect();
        sorted.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        let link = |facet: &Facet| FacetLink {
            query: facet_query(prefix, &facet.name),
            colour: colour(&facet.name),
            text: shortened(&facet.name, MAX_TEXT),
            count: facet.count,
        };
        let links = sorted.into_iter().take(MAX_LISTED + MAX_MORE).map(link);
        FacetGroup { name, total, values: links.collect() }
    }

    pub fn key(&self) -> String {
        format!("inbox-facet-{}", self.name)
    }

    /// True if the values are shown on request only.
    pub fn is_folded(&self) -> bool {
        self.name == "senders"
    }

    /// The values that are listed at once.
    pub fn first(&self) -> &[FacetLink] {
        self.values.get(..MAX_LISTED).unwrap_or(&self.values)
    }

    /// The values behind "more".
    pub fn more(&self) -> &[FacetLink] {
        self.values.get(MAX_LISTED..).unwrap_or_default()
    }
}

/// The search for one value.
pub fn facet_query(prefix: &str, value: &str) -> String {
    if value.chars().all(|c| !c.is_whitespace()) {
        format!("{prefix}:{value}")
    } else {
        format!("{prefix}:\"{value}\"")
    }
}

/// The colour of a tag: the same for the same name in every case and process (FNV-1a).
pub fn colour(name: &str) -> u64 {
    let hash = name
        .to_lowercase()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 32) % COLOURS
}

impl FacetLink {
    /// The query string.
    pub fn href(&self) -> String {
        query_string(&self.query)
    }
}

fn query_string(query: &str) -> String {
    format!("?q={}", encoded(query))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_one_colour_and_a_search_that_finds_it() {
        assert_eq!(colour("Billing"), colour("billing"));
        assert!(["a", "b", "한글", ""].iter().all(|name| colour(name) < COLOURS));
        assert_eq!(facet_query("tag", "two words"), "tag:\"two words\"");
        assert_eq!(facet_query("to", "a@b.test"), "to:a@b.test");
    }
}
