//! Issues of looks: the features of HTML and CSS that some mail client lacks.

use crate::mail::html_check::{HtmlCheckReport, Warning};

use super::issue::{Issue, IssueGroup, Place, Severity};

/// A share of clients without support, in percent, from which a feature is a warning.
const WARNING_SHARE: f64 = 20.0;
/// Clients that an issue names.
const MAX_CLIENTS: usize = 30;

/// The features that mail clients of `family` lack, worst first; all clients if it is empty.
pub fn issues(report: &HtmlCheckReport, family: &str) -> Vec<Issue> {
    report.warnings.iter().filter_map(|warning| issue(warning, family)).collect()
}

fn issue(warning: &Warning, family: &str) -> Option<Issue> {
    let of_family = |name: &str| family.is_empty() || name == family;
    let mut clients: Vec<String> = Vec::new();
    let (mut lacking, mut all) = (0.0, 0.0);
    for result in warning.results.iter().filter(|result| of_family(&result.family)) {
        all += 1.0;
        lacking += if result.support == "no" { 1.0 } else { 0.0 };
        if result.support != "yes" && clients.len() < MAX_CLIENTS {
            let sign = if result.support == "partial" { " ~" } else { "" };
            clients.push(format!("{}{sign}", result.name));
        }
    }
    if clients.is_empty() {
        return None;
    }
    let severity = if lacking * 100.0 / all >= WARNING_SHARE { Severity::Warning } else { Severity::Note };
    let issue = Issue::new(IssueGroup::Look, severity, "look").at(Place::Message, "");
    Some(Issue { title: warning.title.clone(), clients, url: warning.url.clone(), count: warning.score.found, ..issue })
}
