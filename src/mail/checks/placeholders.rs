//! Placeholders of templates that nothing has filled.

use crate::mail::parse::{ParsedMessage, sent_fields};

use super::issue::{Issue, IssueGroup, Place, Severity};

/// The signs around a placeholder.
const SIGNS: [(&str, &str); 6] = [("{{", "}}"), ("{%", "%}"), ("<%", "%>"), ("${", "}"), ("*|", "|*"), ("[[", "]]")];
/// What a program prints for a value that it does not have.
const MISSING: [&str; 2] = ["[object Object]", "undefined undefined"];
/// Longest placeholder in bytes.
const MAX_PLACEHOLDER: usize = 120;
/// Placeholders of one text that are reported.
const MAX_FOUND: usize = 50;

/// The placeholders in the subject, the text and the HTML.
pub fn issues(bytes: &[u8], parsed: &ParsedMessage) -> Option<Issue> {
    let mut issue = Issue::new(IssueGroup::Links, Severity::Problem, "placeholder");
    let in_subject = find(&parsed.subject);
    if !in_subject.is_empty() {
        let line = sent_fields(bytes).iter().find(|f| f.name.eq_ignore_ascii_case("Subject")).map(|field| field.line);
        let place = line.map_or(Place::Message, Place::Line);
        in_subject.iter().for_each(|(_, found)| issue.add(place, found));
    }
    find(&parsed.html).iter().for_each(|(at, found)| issue.add(Place::Html(*at), found));
    if parsed.html.is_empty() || issue.count == 0 {
        find(&parsed.text).iter().for_each(|(_, found)| issue.add(Place::Message, found));
    }
    (issue.count > 0).then_some(issue)
}

/// The placeholders with their positions.
fn find(text: &str) -> Vec<(usize, &str)> {
    let mut found: Vec<(usize, &str)> = Vec::new();
    for (open, close) in SIGNS {
        for at in memchr::memmem::find_iter(text.as_bytes(), open).take(10 * MAX_FOUND) {
            found.extend(placeholder(text, at, open, close).map(|placeholder| (at, placeholder)));
        }
    }
    for missing in MISSING {
        found.extend(text.find(missing).map(|at| (at, missing)));
    }
    found.sort_unstable();
    found.truncate(MAX_FOUND);
    found
}

fn placeholder<'a>(text: &'a str, at: usize, open: &str, close: &str) -> Option<&'a str> {
    let end = text.len().min(at + MAX_PLACEHOLDER);
    let end = (at..=end).rev().find(|end| text.is_char_boundary(*end))?;
    let rest = text.get(at..end)?;
    let length = rest.get(open.len()..)?.find(close)? + open.len() + close.len();
    let inside = rest.get(open.len()..length - close.len())?;
    // Conditional comments and rules of CSS are no placeholders.
    let is_name = inside.chars().any(char::is_alphabetic) && !inside.contains(['\n', ';', '<', '>']);
    is_name.then(|| rest.get(..length)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_of_common_templates_are_found() {
        let text = "Hi {{ name }}, {% if x %} ${first} *|FNAME|* <%= y %> [[z]] [object Object]";
        let found: Vec<&str> = find(text).into_iter().map(|(_, found)| found).collect();
        assert_eq!(
            found,
            ["{{ name }}", "{% if x %}", "${first}", "*|FNAME|*", "<%= y %>", "[[z]]", "[object Object]"]
        );
    }

    #[test]
    fn rules_of_css_comments_and_prices_are_no_placeholders() {
        for text in ["@media x{{a:b;}}", "<!--[if mso]><![endif]-->", "{{\n}}", "${5}", "100%", "{{", "한{{"] {
            assert_eq!(find(text), [], "{text}");
        }
    }
}
