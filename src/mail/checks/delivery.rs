//! Issues of delivery, from the lint, and what the reader of the message repaired.

use crate::clock::Time;
use crate::mail::lint::lint;
use crate::mail::parse::{ParsedMessage, SentField, sent_fields};

use super::issue::{Issue, IssueGroup, Place, Severity};

/// The findings of the lint, with the lines that they are about.
pub fn issues(bytes: &[u8], parsed: &ParsedMessage, received: Time) -> Vec<Issue> {
    let fields = sent_fields(bytes);
    let findings = lint(bytes, parsed, received).into_iter();
    findings
        .map(|finding| {
            let severity = match finding.code.name() {
                _ if finding.fatal => Severity::Problem,
                "date-skewed" | "mime-version-missing" => Severity::Note,
                _ => Severity::Warning,
            };
            let place = place(finding.code.name(), &finding.detail, &fields);
            Issue::new(IssueGroup::Delivery, severity, finding.code.name()).at(place, &finding.detail)
        })
        .collect()
}

fn place(code: &str, detail: &str, fields: &[SentField]) -> Place {
    let named = |name: &str| fields.iter().rev().find(|field| field.name.eq_ignore_ascii_case(name));
    let field = match code {
        "line-too-long" => return detail.parse().map_or(Place::Message, Place::Line),
        "date-invalid" | "date-skewed" => named("Date"),
        "message-id-invalid" => named("Message-ID"),
        "from-missing" | "from-many" => named("From"),
        "header-repeated" => named(detail),
        "eight-bit-header" => fields.iter().find(|field| !field.value.is_ascii()),
        "dkim-syntax" | "dkim-alignment" => named("DKIM-Signature"),
        "unsubscribe-invalid" => named("List-Unsubscribe"),
        "unsubscribe-post" => named("List-Unsubscribe-Post"),
        "mime-version-missing" => named("Content-Type"),
        _ => None,
    };
    field.map_or(Place::Message, |field| Place::Line(field.line))
}

/// What the reader repaired, one issue for each kind. The code is `reading`; the title is the warning's name.
pub fn warnings(bytes: &[u8], parsed: &ParsedMessage) -> Vec<Issue> {
    let fields = sent_fields(bytes);
    let mut issues: Vec<Issue> = Vec::new();
    for warning in parsed.all_warnings(bytes) {
        let field = fields.iter().find(|field| field.name.eq_ignore_ascii_case(&warning.location));
        let place = field.map_or(Place::Message, |field| Place::Line(field.line));
        let name = warning.code.name().replace('_', "-");
        match issues.iter_mut().find(|issue| issue.title == name) {
            Some(issue) => issue.add(place, &warning.location),
            None => {
                let issue = Issue::new(IssueGroup::Reading, Severity::Warning, "reading").at(place, &warning.location);
                issues.push(Issue { title: name, ..issue });
            }
        }
    }
    issues
}
