//! Issues of accessibility (WCAG 2.2) that can be seen in the source.

use crate::mail::parse::ParsedMessage;

use super::facts::{HtmlFacts, LinkFact};
use super::issue::{Issue, IssueGroup, Place, Severity};

/// Texts of links that say nothing about their target, in lower case.
const EMPTY_TEXTS: [&str; 12] = [
    "click here",
    "here",
    "click",
    "link",
    "this link",
    "more",
    "read more",
    "여기",
    "여기를 클릭",
    "클릭",
    "링크",
    "바로가기",
];

pub fn issues(parsed: &ParsedMessage, facts: &HtmlFacts) -> Vec<Issue> {
    let of = |severity, code, spots: Vec<(usize, &str)>| Issue::of(IssueGroup::Accessibility, severity, code, spots);
    let links = |is_wrong: fn(&LinkFact) -> bool| -> Vec<(usize, &str)> {
        facts.links.iter().filter(|link| is_wrong(link)).map(|link| (link.at, link.href.as_str())).collect()
    };
    let without_alt = facts.images.iter().filter(|image| image.alt.is_none());
    let without_alt: Vec<_> = without_alt.map(|image| (image.at, image.src.as_str())).collect();
    let tables: Vec<_> = facts.layout_tables.iter().map(|at| (*at, "")).collect();
    let mut found: Vec<Issue> = [
        of(Severity::Warning, "alt-missing", without_alt),
        of(Severity::Warning, "link-without-text", links(|link| link.text.trim().is_empty() && !link.href.is_empty())),
        of(Severity::Note, "link-text-vague", links(|link| is_vague(&link.text))),
        of(Severity::Note, "table-role", tables),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut contrast = Issue::new(IssueGroup::Accessibility, Severity::Warning, "contrast");
    for low in &facts.low_contrast {
        let detail = format!("{} / {}: {:.1}", low.color.to_hex(), low.ground.to_hex(), low.ratio);
        contrast.add(Place::Html(low.at), &detail);
    }
    found.extend((contrast.count > 0).then_some(contrast));
    if !facts.has_lang {
        let at = parsed.html.to_ascii_lowercase().find("<html").unwrap_or(0);
        found.push(Issue::new(IssueGroup::Accessibility, Severity::Warning, "lang-missing").at(Place::Html(at), ""));
    }
    found
}

fn is_vague(text: &str) -> bool {
    let text = text.trim().trim_end_matches(['.', '!', '»', '›', '→', '>', ' ']).to_lowercase();
    EMPTY_TEXTS.contains(&text.as_str())
}
