//! Recipients of the envelope that the message does not name.

use crate::mail::parse::ParsedMessage;

/// Returns the envelope recipients that are in no address field.
pub fn bcc_recipients(envelope_to: &[String], parsed: &ParsedMessage) -> Vec<String> {
    let named = parsed.to.iter().chain(&parsed.cc).chain(&parsed.bcc);
    let named: std::collections::HashSet<String> = named.map(|c| c.address.to_lowercase()).collect();
    envelope_to.iter().filter(|to| !named.contains(&to.to_lowercase())).map(|to| without_controls(to)).collect()
}

/// Removes control characters, so that untrusted text cannot add header lines.
pub fn without_controls(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(1_000).collect()
}
