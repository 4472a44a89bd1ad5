//! What the sidebar of the inbox's pages counts: messages by mailbox, sender, tag, template and minute.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::clock::Time;
use crate::mail::parse::Contact;

use super::facet_cache::{Facet, Facets, KnownFacets};
use super::handle::Inbox;
use super::search;
use super::store::facets::{self, Group, MINUTE, MINUTES, RowCounter};
use super::store::{read, tags, unindexed};
use super::types::fingerprint::address;
use super::types::{Counts, PageRequest, Query, StoreError, Summary, TemplateKey};

/// Maximum number of mailboxes and of senders.
const MAX_LISTED: usize = 100;
/// Number of messages up to which the facets are counted again as soon as something has changed.
const SMALL: u64 = 5_000;
/// How old the facets of a larger inbox may be.
const MAX_AGE: Duration = Duration::from_secs(1);
/// How long a page waits for the facets of a larger inbox before it takes the older ones.
const MAX_WAIT: Duration = Duration::from_millis(20);
/// Number of unindexed messages above which the messages with a code are not counted again, since they must be read.
const MAX_UNINDEXED: i64 = 512;

/// The part of the facets that the table of messages gives.
struct RowFacets {
    attachments: u64,
    own: u64,
    mailboxes: Vec<(i64, Group)>,
    mailbox_total: usize,
    senders: Vec<(i64, Group)>,
    sender_total: usize,
    arrivals: [u32; MINUTES],
}

impl Inbox {
    /// Returns the facets. Those of a large inbox are at most [`MAX_AGE`] old, unless counting takes longer.
    ///
    /// # Errors
    /// The database fails.
    pub async fn facets(&self) -> Result<Arc<Facets>, StoreError> {
        let now = self.0.clock.now();
        let known = self.0.facets.latest().clone();
        if let Some(known) = &known
            && known.facets.total > SMALL
            && now.since(known.at) < MAX_AGE
            && now >= known.at
        {
            return Ok(known.facets.clone());
        }
        let inbox = self.clone();
        let counting = tokio::spawn(async move { inbox.current_facets(now).await });
        let counted = match known {
            Some(older) if older.facets.total > SMALL => match tokio::time::timeout(MAX_WAIT, counting).await {
                Ok(counted) => counted,
                Err(_) => return Ok(older.facets),
            },
            _ => counting.await,
        };
        counted.map_err(|_| StoreError::Closed)?
    }

    /// Returns the known facets if nothing has changed since; otherwise counts them.
    async fn current_facets(&self, now: Time) -> Result<Arc<Facets>, StoreError> {
        // Read before the rows: what changes meanwhile is counted by the next call.
        let version = self.with_row_counter(|counter| counter.data_version()).await?;
        let known = self.0.facets.latest().clone();
        if let Some(known) = known
            && known.version == version
            && known.at.millis().div_euclid(MINUTE) == now.millis().div_euclid(MINUTE)
        {
            return Ok(known.facets);
        }
        let facets = self.count_facets(now).await?;
        *self.0.facets.latest() = Some(KnownFacets { at: now, version, facets: facets.clone() });
        Ok(facets)
    }

    async fn count_facets(&self, now: Time) -> Result<Arc<Facets>, StoreError> {
        let rows = self.count_rows(now).await?;
        let older = self.0.facets.latest().as_ref().map(|known| known.facets.with_code).unwrap_or_default();
        let mut conn = self.reader().await?;
        let counts: Counts = read::counts(&mut conn).await?;
        let (backlog, _) = unindexed::backlog(&mut conn).await?;
        let with_code = match Query::parse("has:code", &TimeZone::UTC).filter(|_| backlog <= MAX_UNINDEXED) {
            Some(query) => {
                let none = PageRequest { limit: Some(0), ..PageRequest::default() };
                search::page(&mut conn, &self.0.search_caches, &query, &none).await?.total
            }
            None => older,
        };
        let newest: Vec<i64> = rows.mailboxes.iter().chain(&rows.senders).map(|(_, group)| group.newest).collect();
        let named = read::summaries(&mut conn, &newest).await?;
        let named: HashMap<i64, &Summary> = named.iter().map(|summary| (summary.id.row(), summary)).collect();
        let tags = tags::all_counted(&mut conn).await?;
        Ok(Arc::new(Facets {
            total: counts.messages,
            unread: counts.unread,
            with_code,
            attachments: rows.attachments,
            refused: counts.refused,
            from_this_site: rows.own,
            mailboxes: facets_of(&rows.mailboxes, &named, |summary| {
                summary.to.iter().chain(&summary.cc).chain(&summary.bcc).collect()
            }),
            senders: facets_of(&rows.senders, &named, |summary| vec![&summary.from]),
            tags: tags
                .into_iter()
                .map(|(name, n)| Facet { name, count: u64::try_from(n).unwrap_or_default() })
                .collect(),
            mailbox_total: rows.mailbox_total,
            sender_total: rows.sender_total,
            arrivals: rows.arrivals,
            bytes: counts.bytes,
        }))
    }

    async fn count_rows(&self, now: Time) -> Result<RowFacets, StoreError> {
        self.with_row_counts(move |counts| RowFacets {
            attachments: counts.attachments,
            own: counts.own,
            mailboxes: facets::largest(&counts.mailboxes, MAX_LISTED),
            mailbox_total: counts.mailboxes.len(),
            sender_total: counts.senders.len(),
            senders: facets::largest(&counts.senders, MAX_LISTED),
            arrivals: counts.arrivals(now),
        })
        .await
    }

    /// Returns for each key how many messages have this template.
    ///
    /// # Errors
    /// The database fails.
    pub async fn alike(&self, keys: Vec<TemplateKey>) -> Result<Vec<u64>, StoreError> {
        self.with_row_counts(move |counts| {
            let count = |key: &TemplateKey| counts.templates.get(&key.0).map_or(0, |group| group.count.into());
            keys.iter().map(count).collect()
        })
        .await
    }

    /// Returns the newest message of each template with the number of its messages, newest first, and the number of all
    /// templates.
    ///
    /// # Errors
    /// The database fails.
    pub async fn newest_of_each_template(
        &self,
        start: u64,
        limit: u64,
    ) -> Result<(Vec<(Summary, u64)>, u64), StoreError> {
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let (groups, total) = self
            .with_row_counts(move |counts| {
                (facets::newest(&counts.templates, number(start), number(limit)), counts.templates.len() as u64)
            })
            .await?;
        let rows: Vec<i64> = groups.iter().map(|(_, group)| group.newest).collect();
        let counts: HashMap<i64, u64> = groups.iter().map(|(_, group)| (group.newest, group.count.into())).collect();
        let found = read::summaries(&mut *self.reader().await?, &rows).await?;
        let counted = |summary: Summary| {
            let count = counts.get(&summary.id.row()).copied().unwrap_or(1);
            (summary, count)
        };
        Ok((found.into_iter().map(counted).collect(), total))
    }

    async fn with_row_counts<T: Send + 'static>(
        &self,
        read: impl FnOnce(&facets::RowCounts) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        self.with_row_counter(|counter| Ok(read(counter.current()?))).await
    }

    async fn with_row_counter<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut RowCounter) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inbox = self.clone();
        let work = move || {
            let mut slot = inbox.0.facets.counter();
            let counter = match &mut *slot {
                Some(counter) => counter,
                none => none.insert(RowCounter::open(&inbox.0.settings.path)?),
            };
            Ok(read(counter)?)
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)?
    }
}

/// The groups with their addresses. An address is taken from the newest message of the group.
fn facets_of(
    groups: &[(i64, Group)],
    named: &HashMap<i64, &Summary>,
    contacts: impl Fn(&Summary) -> Vec<&Contact>,
) -> Vec<Facet> {
    let facet = |(key, group): &(i64, Group)| {
        let summary = named.get(&group.newest)?;
        let contact = contacts(summary).into_iter().find(|contact| address(&contact.address) == *key)?;
        let name = contact.address.trim().to_lowercase();
        (!name.is_empty()).then(|| Facet { name, count: group.count.into() })
    };
    groups.iter().filter_map(facet).collect()
}
