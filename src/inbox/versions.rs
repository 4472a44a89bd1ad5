//! The versions of a template: messages of one template whose text and HTML differ in more than numbers, addresses and
//! names.

use std::collections::HashMap;

use crate::clock::Time;
use crate::mail::parse::ParsedMessage;

use super::handle::Inbox;
use super::store::read;
use super::types::fingerprint::{hash, without_variables};
use super::types::{MessageId, StoreError, TemplateKey};

/// Maximum number of messages that are compared: the newest of the template.
const MAX_COMPARED: i64 = 200;
/// Maximum bytes of messages that are compared; the newest message is always compared.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Shortest path segment of a link that counts as a token.
const MIN_TOKEN: usize = 16;

/// One version of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateVersion {
    pub first_seen: Time,
    pub last_seen: Time,
    /// Number of its messages among those that were compared.
    pub count: u64,
    /// Its newest message.
    pub newest: MessageId,
    /// Size of that message in bytes.
    pub size: u64,
}

impl Inbox {
    /// Returns the versions of a template, the one seen last first. Only the newest messages of the template are
    /// compared.
    ///
    /// # Errors
    /// The database fails.
    pub async fn versions(&self, key: TemplateKey) -> Result<Vec<TemplateVersion>, StoreError> {
        let mut conn = self.reader().await?;
        let rows = read::rows_of_template(&mut conn, key.0, MAX_COMPARED).await?;
        let (mut found, mut positions) = (Vec::<TemplateVersion>::new(), HashMap::new());
        let mut bytes = 0;
        for row in rows {
            // A damaged message has no version.
            let Ok(Some(captured)) = read::captured(&mut conn, row).await else { continue };
            bytes += captured.summary.size;
            if bytes > MAX_BYTES && !found.is_empty() {
                break;
            }
            let (id, created, size) = (captured.summary.id, captured.summary.created, captured.summary.size);
            let print = tokio::task::spawn_blocking(move || fingerprint(&captured.bytes, &captured.summary.to));
            let print = print.await.map_err(|_| StoreError::Closed)?;
            let at = *positions.entry(print).or_insert(found.len());
            match found.get_mut(at) {
                Some(version) => {
                    version.count += 1;
                    version.first_seen = version.first_seen.min(created);
                    version.last_seen = version.last_seen.max(created);
                }
                None => {
                    found.push(TemplateVersion { first_seen: created, last_seen: created, count: 1, newest: id, size })
                }
            }
        }
        Ok(found)
    }
}

/// A number for the text and the HTML without what differs from recipient to recipient.
fn fingerprint(bytes: &[u8], to: &[crate::mail::parse::Contact]) -> i64 {
    let parsed = ParsedMessage::read(bytes);
    let names: Vec<&str> = to.iter().flat_map(|c| c.name.split_whitespace()).filter(|name| name.len() > 1).collect();
    let mut all = 0;
    for text in [&parsed.text, &parsed.html] {
        let text = names.iter().fold(without_tokens(text), |text, name| text.replace(name, "@"));
        all = hash(i64::to_be_bytes(all).into_iter().chain(without_variables(&text).bytes()));
    }
    all
}

/// The text without the tokens of its links and without quotes, which would hide what stands between them.
fn without_tokens(text: &str) -> String {
    let is_mark = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '=' | '%' | '.' | '~' | '+'));
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_mark) {
        let word = piece.trim_end_matches(is_mark);
        let is_token = word.len() >= MIN_TOKEN && word.bytes().any(|b| b.is_ascii_digit());
        out.push_str(if is_token { "0" } else { word });
        out.extend(piece.get(word.len()..).unwrap_or_default().chars().map(|c| match c {
            '"' | '\'' | '“' | '”' | '„' | '«' | '»' | '‘' | '’' => ' ',
            // Addresses count by their parts.
            '@' | ':' | '/' => ' ',
            c => c,
        }));
    }
    out
}
