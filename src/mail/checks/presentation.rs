//! Issues of weight, dark mode and the preview line.

use crate::mail::parse::ParsedMessage;

use super::facts::HtmlFacts;
use super::issue::{Issue, IssueGroup, Place, Severity};

/// Gmail shows no more HTML than this, in bytes, and hides the rest behind a link.
pub const GMAIL_CLIP: usize = 102 * 1024;
/// HTML of this size is close to Gmail's limit.
const NEAR_CLIP: usize = 90 * 1024;
/// Gmail and most servers accept no larger message, in bytes.
const MAX_MESSAGE: usize = 25 * 1024 * 1024;
/// A message of this size is slow to load on a phone.
const LARGE_MESSAGE: usize = 10 * 1024 * 1024;
/// A preview line shorter than this, in characters, is filled up with the text behind it.
const SHORT_PREHEADER: usize = 30;
/// What a preview line begins with if it was forgotten, in lower case.
const BOILERPLATE: [&str; 7] = [
    "view this email",
    "view in browser",
    "view online",
    "having trouble",
    "if you can't see",
    "웹에서 보기",
    "메일이 보이지",
];

/// Issues of dark mode and of the preview line.
pub fn issues(parsed: &ParsedMessage, facts: &HtmlFacts) -> Vec<Issue> {
    let dark = |severity, code| Issue::new(IssueGroup::DarkMode, severity, code).at(Place::Message, "");
    let mut found = Vec::new();
    found.extend(match (facts.has_dark_styles, facts.has_color_scheme) {
        (true, true) => None,
        (true, false) => Some(dark(Severity::Warning, "dark-undeclared")),
        (false, true) => Some(dark(Severity::Warning, "dark-without-styles")),
        (false, false) => Some(dark(Severity::Note, "dark-none")),
    });
    found.push(preheader(&parsed.snippet()));
    found
}

fn preheader(snippet: &str) -> Issue {
    let lower = snippet.to_lowercase();
    let (severity, code) = match () {
        () if snippet.is_empty() => (Severity::Warning, "preheader-empty"),
        () if BOILERPLATE.iter().any(|start| lower.starts_with(start)) || lower.starts_with("http") => {
            (Severity::Warning, "preheader-boilerplate")
        }
        () if snippet.chars().count() < SHORT_PREHEADER => (Severity::Note, "preheader-short"),
        () => (Severity::Note, "preheader-shown"),
    };
    let shown: String = snippet.chars().take(120).collect();
    Issue::new(IssueGroup::Preheader, severity, code).at(Place::Message, &shown)
}

/// Issues of size.
pub fn weight(bytes: &[u8], parsed: &ParsedMessage, facts: &HtmlFacts) -> Vec<Issue> {
    let issue = |severity, code, size: usize| {
        let detail = format!("{} KiB", size.div_ceil(1024));
        Issue::new(IssueGroup::Weight, severity, code).at(Place::Message, &detail)
    };
    let mut found = Vec::new();
    match parsed.html.len() {
        size if size > GMAIL_CLIP => found.push(issue(Severity::Problem, "weight-clipped", size)),
        size if size > NEAR_CLIP => found.push(issue(Severity::Note, "weight-near-clip", size)),
        _ => {}
    }
    match bytes.len() {
        size if size > MAX_MESSAGE => found.push(issue(Severity::Problem, "weight-too-large", size)),
        size if size > LARGE_MESSAGE => found.push(issue(Severity::Warning, "weight-large", size)),
        _ => {}
    }
    let data =
        facts.images.iter().filter(|image| image.src.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:")));
    let spots: Vec<_> = data.map(|image| (image.at, image.src.get(..24).unwrap_or_default())).collect();
    found.extend(Issue::of(IssueGroup::Weight, Severity::Warning, "image-data", spots));
    found
}
