//! The review of a message: everything that keeps it from being delivered, read or understood, as one list. Pure: it
//! requests nothing. `lint` and `html_check` are two of its sources.

mod accessibility;
mod color;
mod contrast;
mod delivery;
mod facts;
mod issue;
mod links;
mod look;
mod placeholders;
mod presentation;
#[cfg(test)]
mod tests;

use crate::clock::Time;

use super::html_check::HtmlCheckReport;
use super::parse::ParsedMessage;

use facts::HtmlFacts;
pub use issue::{Issue, IssueGroup, Place, Severity};

/// The issues of a message that arrived at `received`, worst first. `parsed` must have been read from `bytes`; `report`
/// is the check of its HTML. `family` limits the issues about looks to a family of mail clients; empty for all.
pub fn review(
    bytes: &[u8],
    parsed: &ParsedMessage,
    received: Time,
    report: Option<&HtmlCheckReport>,
    family: &str,
) -> Vec<Issue> {
    let mut issues = delivery::issues(bytes, parsed, received);
    issues.extend(delivery::warnings(bytes, parsed));
    let facts = HtmlFacts::read(&parsed.html);
    issues.extend(links::issues(parsed, &facts));
    issues.extend(placeholders::issues(bytes, parsed));
    if !parsed.html.is_empty() {
        issues.extend(accessibility::issues(parsed, &facts));
        issues.extend(presentation::issues(parsed, &facts));
    }
    issues.extend(presentation::weight(bytes, parsed, &facts));
    if let Some(report) = report {
        issues.extend(look::issues(report, family));
    }
    issues.sort_by_key(|issue| issue.severity);
    issues
}
