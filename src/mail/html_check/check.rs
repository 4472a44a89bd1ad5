//! The report of the HTML check: each feature that the message uses and some client lacks, worst first, and a score.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::data::{Data, Feature, Support, data};
use super::usage::Usage;

/// The share of all elements at which CSS counts that depends on more than one element.
const UNINLINABLE_SHARE: f64 = 0.05;

/// The report, in the format of Mailpit's HTMLCheckResponse.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HtmlCheckReport {
    /// The client families on each platform.
    pub platforms: BTreeMap<String, BTreeSet<String>>,
    pub total: Total,
    /// Worst first.
    pub warnings: Vec<Warning>,
}

/// The totals of a report. The three shares are percentages and add up to 100.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Total {
    /// The number of features that were checked.
    pub tests: usize,
    /// The number of elements in the message.
    pub nodes: usize,
    pub supported: f64,
    pub partial: f64,
    pub unsupported: f64,
}

/// A feature of the message that some client does not fully support.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Warning {
    pub slug: String,
    pub title: String,
    /// HTML.
    pub description: String,
    #[serde(rename = "URL")]
    pub url: String,
    pub category: String,
    pub tags: Vec<String>,
    pub keywords: String,
    pub results: Vec<WarningResult>,
    /// The notes in HTML, by number.
    pub notes_by_number: BTreeMap<String, String>,
    pub score: Score,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct WarningResult {
    pub name: String,
    pub platform: String,
    pub family: String,
    pub version: String,
    /// `yes`, `partial` or `no`.
    pub support: &'static str,
    pub note_number: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Score {
    /// The number of elements that use the feature.
    pub found: usize,
    pub supported: f64,
    pub partial: f64,
    pub unsupported: f64,
}

/// Checks the HTML part of a message in linear time.
pub fn check(html: &str) -> HtmlCheckReport {
    let data = data();
    let usage = Usage::of(html);
    let mut warnings: Vec<Warning> =
        data.features.iter().filter_map(|feature| warning(data, feature, found(feature, &usage)?)).collect();
    let nodes = usage.nodes.max(1) as f64;
    let weighed = |value: f64, found: usize| value * (found as f64 / nodes).min(1.0);
    let badness = |w: &Warning| weighed(w.score.unsupported + w.score.partial, w.score.found);
    warnings.sort_by(|a, b| badness(b).total_cmp(&badness(a)));
    let worst =
        |of: fn(&Score) -> f64| warnings.iter().map(|w| weighed(of(&w.score), w.score.found)).fold(0.0, f64::max);
    let unsupported = worst(|score| score.unsupported);
    let partial = worst(|score| score.partial).min(100.0 - unsupported);
    let supported = 100.0 - unsupported - partial;
    let total = Total { tests: data.features.len(), nodes: usage.nodes, supported, partial, unsupported };
    HtmlCheckReport { platforms: data.platforms(), total, warnings }
}

/// The number of elements that use the feature; `None` if it is not used.
fn found(feature: &Feature, usage: &Usage) -> Option<usize> {
    let mut found = 0;
    for (kind, names) in &feature.test {
        let count: usize = names.iter().map(|name| usage.count(*kind, name)).sum();
        found += if kind.inlinable() || count == 0 { count } else { share(usage.nodes) };
    }
    (found > 0).then_some(found.min(usage.nodes.max(1)))
}

fn share(nodes: usize) -> usize {
    ((nodes as f64 * UNINLINABLE_SHARE).round() as usize).max(1)
}

fn warning(data: &Data, feature: &Feature, found: usize) -> Option<Warning> {
    let mut results = Vec::new();
    let (mut partial, mut unsupported) = (0.0, 0.0);
    for outcome in data.outcomes(feature) {
        match outcome.support {
            Support::Yes => {}
            Support::Partial => partial += 1.0,
            Support::No => unsupported += 1.0,
        }
        results.push(WarningResult {
            name: data.client(&outcome),
            platform: outcome.platform.to_owned(),
            family: outcome.family.to_owned(),
            version: outcome.version.to_owned(),
            support: outcome.support.as_str(),
            note_number: outcome.notes.to_owned(),
        });
    }
    if results.is_empty() {
        return None;
    }
    let percent = |count: f64| count * 100.0 / results.len() as f64;
    let (partial, unsupported) = (percent(partial), percent(unsupported));
    let score = Score { found, supported: 100.0 - partial - unsupported, partial, unsupported };
    Some(Warning {
        slug: feature.slug.clone(),
        title: feature.title.clone(),
        description: html(&feature.description),
        url: format!("https://www.caniemail.com/features/{}/", feature.slug),
        category: feature.category.clone(),
        tags: feature.tags.clone(),
        keywords: feature.keywords.clone(),
        results,
        notes_by_number: feature.notes.iter().map(|(number, note)| (number.clone(), html(note))).collect(),
        score,
    })
}

/// Converts the Markdown of the data to HTML: code spans only. Everything else is escaped.
fn html(markdown: &str) -> String {
    let escaped = markdown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut parts = escaped.split('`');
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut code = true;
    for part in parts {
        out.push_str(if code { "<code>" } else { "</code>" });
        out.push_str(part);
        code = !code;
    }
    if !code {
        out.push_str("</code>");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_with_modern_css_gets_warnings_worst_first() {
        let report = check(
            "<html><head><style>.row { display: flex; gap: 8px }</style></head>\
             <body><div class=\"row\"><p>Thank you for your order.</p></div></body></html>",
        );
        assert!(report.total.supported > 0.0 && report.total.supported < 100.0);
        let sum = report.total.supported + report.total.partial + report.total.unsupported;
        assert!((sum - 100.0).abs() < 1e-9);
        let titles: Vec<&str> = report.warnings.iter().map(|w| w.title.as_str()).collect();
        assert!(titles.contains(&"display:flex") && titles.contains(&"gap, column-gap, row-gap"), "{titles:?}");
        assert!(report.warnings.iter().all(|w| w.url.starts_with("https://www.caniemail.com/")));
        assert!(report.platforms.contains_key("windows"));
    }

    #[test]
    fn a_message_without_html_features_is_fully_supported() {
        let report = check("just text");
        assert_eq!((report.total.supported, report.warnings.len(), report.total.nodes), (100.0, 0, 0));
    }

    #[test]
    fn descriptions_are_escaped() {
        assert_eq!(html("a `<b>` & <c>"), "a <code>&lt;b&gt;</code> &amp; &lt;c&gt;");
        assert_eq!(html("odd ` tick"), "odd <code> tick</code>");
    }
}
