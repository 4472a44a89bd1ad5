//! All tables of settings, and their keys.

use super::keys::Table;
use super::{accounts, gmail, inbox, mail, site};

/// Every table, in the order of the documents.
pub(super) static TABLES: [Table; 11] = [
    site::SiteKeys::TABLE,
    site::SiteFolderKeys::TABLE,
    site::DatabaseKeys::TABLE,
    accounts::AccountsKeys::TABLE,
    accounts::LimitsKeys::TABLE,
    mail::OutboxKeys::TABLE,
    mail::MailKeys::TABLE,
    mail::SmtpKeys::TABLE,
    gmail::GmailKeys::TABLE,
    inbox::InboxKeys::TABLE,
    site::OpsKeys::TABLE,
];

/// The full path of every key that may be set.
pub(super) fn known_keys() -> Vec<String> {
    let mut keys = Vec::new();
    for table in &TABLES {
        for row in table.rows {
            keys.push(table.path(row.key));
            keys.extend(row.file_key().map(|key| table.path(&key)));
        }
    }
    keys
}

/// The top-level tables of the settings. A table occurs once for each table inside it.
pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    TABLES.iter().filter_map(|table| table.name.split('.').next()).filter(|name| !name.is_empty())
}
