//! Finds the known key that an unknown one was most likely meant to be.

use std::cmp::Reverse;

/// Only the first characters of an unknown key count, which bounds the work.
const MAX_LENGTH: usize = 80;

/// Costs in edits: a word that is missing, one that is too many, another word, another table.
const MISSING: usize = 1;
const SURPLUS: usize = 2;
const OTHER_WORD: usize = 3;
const OTHER_TABLE: usize = 2;

/// The known key that is nearest to `unknown`.
pub(super) fn nearest<'a>(unknown: &str, known: &'a [String]) -> Option<&'a str> {
    let unknown: String = unknown.chars().take(MAX_LENGTH).collect();
    let unknown = unknown.to_ascii_lowercase().replace('-', "_");
    known.iter().min_by_key(|known| rank(&unknown, known)).map(String::as_str)
}

/// Smaller for keys that are nearer: by the cheapest way from one to the other, then by the tables that both are in.
fn rank(unknown: &str, known: &str) -> (usize, Reverse<usize>, usize) {
    // Separators count as equal, since a variable may have one underscore for two.
    let characters = strsim::osa_distance(&unknown.replace('.', "_"), &known.replace('.', "_"));
    let (table, key) = unknown.rsplit_once('.').unwrap_or(("", unknown));
    let (known_table, known_key) = known.rsplit_once('.').unwrap_or(("", known));
    let moved = by_words(table, known_table).min(OTHER_TABLE) + by_words(key, known_key);
    let tables = unknown.split('.').zip(known.split('.')).take_while(|(a, b)| a == b).count();
    (characters.min(by_words(unknown, known)).min(moved), Reverse(tables), characters)
}

/// The edit distance of two keys as lists of words, so that `mail.host` is nearer to `mail.smtp.host` than to
/// `mail.from`, which fewer characters separate from it.
fn by_words(unknown: &str, known: &str) -> usize {
    let known: Vec<&str> = words(known).collect();
    let mut costs: Vec<usize> = (0..=known.len()).map(|count| count * MISSING).collect();
    for word in words(unknown) {
        let mut next = vec![costs[0] + SURPLUS];
        for (at, other) in known.iter().enumerate() {
            let replaced = costs[at] + word_distance(word, other);
            next.push(replaced.min(costs[at + 1] + SURPLUS).min(next[at] + MISSING));
        }
        costs = next;
    }
    costs[known.len()]
}

fn words(key: &str) -> impl Iterator<Item = &str> {
    key.split(['.', '_']).filter(|word| !word.is_empty())
}

/// One edit for words with the same beginning, such as `user` and `username`.
fn word_distance(a: &str, b: &str) -> usize {
    let beginning = a.get(..4).is_some_and(|start| b.starts_with(start));
    let limit = if beginning { 1 } else { OTHER_WORD };
    strsim::osa_distance(a, b).min(limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tables::known_keys;

    #[test]
    fn a_misspelt_key_leads_to_the_right_one_also_in_another_table() {
        let known = known_keys();
        for (unknown, expected) in [
            ("site_nam", "site_name"),
            ("siteName", "site_name"),
            ("publicurl", "public_url"),
            ("accounts.signup-ttl", "accounts.signup_ttl"),
            ("accounts.signup_life", "accounts.signup_ttl"),
            ("account.signup_ttl", "accounts.signup_ttl"),
            ("signup_ttl", "accounts.signup_ttl"),
            ("accounts.session_life", "accounts.session_lifetime"),
            ("accounts.login_failures", "accounts.limits.login_failures"),
            ("mail.host", "mail.smtp.host"),
            ("smtp.host", "mail.smtp.host"),
            ("smtp_host", "mail.smtp.host"),
            ("mail_smtp_host", "mail.smtp.host"),
            ("mail.smtp.hots", "mail.smtp.host"),
            ("mail.smtp.passwrd", "mail.smtp.password"),
            ("mail.smtp.pasword_file", "mail.smtp.password_file"),
            ("mail.token", "mail.gmail.token"),
            ("inbox.smtp_adress", "inbox.smtp_address"),
            ("database.url", "databases.gatepost.url"),
            ("token", "ops.token"),
            ("accounts.remember_idle", "accounts.remember_idle_timeout"),
            ("accounts.verify_link_life", "accounts.verification_link_ttl"),
            ("accounts.limits.signups", "accounts.limits.signups_per_client"),
            ("mail.smtp.user", "mail.smtp.username"),
            ("mail.smtp.pass", "mail.smtp.password"),
            ("mail.smpt.host", "mail.smtp.host"),
            ("mail.gmail.token_file", "mail.gmail.token"),
            ("inbox.max_size", "inbox.max_message_size"),
            ("database_url", "databases.gatepost.url"),
            ("secret", "secret_key"),
            ("prot", "port"),
        ] {
            assert_eq!(nearest(unknown, &known), Some(expected), "{unknown}");
        }
    }

    #[test]
    fn the_longest_key_is_compared_in_bounded_time() {
        let known = known_keys();
        assert!(nearest(&"é.".repeat(100_000), &known).is_some());
        assert_eq!(nearest("x", &[]), None);
    }
}
