//! The panel of the checks: one list of issues, worst first, and the answers of the links.

use askama::Template;

use crate::clock::Time;
use crate::i18n::Arg;
use crate::inbox::CapturedMessage;
use crate::link_check::Checked;
use crate::mail::checks::{Issue, IssueGroup, Place, Severity, review};
use crate::mail::html_check::{self, HtmlCheckReport};
use crate::mail::parse::ParsedMessage;
use crate::mail::source::decode_source;

use super::super::super::api::checks::collect_links;
use super::super::state::InboxState;
use super::super::visible_text::visible;
use super::kind::PanelKind;
use super::query::PanelContext;

/// Families of mail clients that the list can be limited to: their name in the data and their display name. Naver and
/// Daum publish no data.
const FAMILIES: [(&str, &str); 6] = [
    ("gmail", "Gmail"),
    ("outlook", "Outlook"),
    ("apple-mail", "Apple Mail"),
    ("samsung-email", "Samsung Email"),
    ("yahoo", "Yahoo! Mail"),
    ("thunderbird", "Thunderbird"),
];
/// HTML up to this size, in bytes, is checked for the badge of the tab on every page of the message.
const MAX_BADGE_HTML: usize = 256 * 1024;

#[derive(Template)]
#[template(path = "inbox/tabs/checks.html")]
pub struct ChecksPanel {
    context: PanelContext,
    rows: Vec<IssueRow>,
    /// The estimated support in percent; `None` without HTML.
    support: Option<i64>,
    links: Vec<String>,
    answers: Option<Vec<LinkRow>>,
}

struct IssueRow {
    severity: &'static str,
    group: &'static str,
    what: String,
    why: String,
    cure: String,
    /// Text and URL of each place; no URL for a place without a line.
    locations: Vec<(String, Option<String>)>,
    more: usize,
    clients: Vec<String>,
    url: String,
}

struct LinkRow {
    url: String,
    /// The end of the key `check-link-…`: `ok`, `redirect`, `failed` or `unreachable`.
    outcome: &'static str,
    words: String,
}

/// The badge of the tab: the number of problems, and the estimated support in percent if the message has HTML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckBadge {
    pub problems: usize,
    pub support: Option<i64>,
}

impl CheckBadge {
    /// The badge of a message; `None` if its check would delay the page.
    pub fn of(bytes: &[u8], parsed: &ParsedMessage, received: Time) -> Option<Self> {
        if parsed.html.len() > MAX_BADGE_HTML || bytes.len() > 8 * MAX_BADGE_HTML {
            return None;
        }
        let report = report(parsed);
        let issues = review(bytes, parsed, received, None, "");
        Some(CheckBadge {
            problems: issues.iter().filter(|issue| issue.severity == Severity::Problem).count(),
            support: report.as_ref().map(support),
        })
    }
}

fn report(parsed: &ParsedMessage) -> Option<HtmlCheckReport> {
    (!parsed.html.is_empty()).then(|| html_check::check(&parsed.html))
}

fn support(report: &HtmlCheckReport) -> i64 {
    report.total.supported.round() as i64
}

impl ChecksPanel {
    pub fn new(context: PanelContext, captured: &CapturedMessage, parsed: &ParsedMessage) -> Self {
        let report = report(parsed);
        let family =
            FAMILIES.iter().find(|(family, _)| *family == context.query.client).map_or("", |(family, _)| *family);
        let issues = review(&captured.bytes, parsed, captured.summary.created, report.as_ref(), family);
        let locations = IssueLocations { context: &context, html: HtmlLines::new(captured, parsed, &issues) };
        let rows = issues.iter().map(|issue| row(issue, &locations)).collect();
        let links = if context.query.check_links { collect_links(parsed) } else { Vec::new() };
        ChecksPanel { rows, support: report.as_ref().map(support), links, answers: None, context }
    }

    /// Requests the links if the query asks for it.
    pub async fn load(&mut self, state: &InboxState) {
        if self.context.query.check_links {
            let answers = state.links.check(&self.links, false).await;
            self.answers = Some(answers.into_iter().map(LinkRow::from).collect());
        }
    }

    fn families(&self) -> Vec<(&'static str, String, bool)> {
        let chosen = &self.context.query.client;
        let all =
            std::iter::once(("", self.context.t("check-all-clients"))).chain(FAMILIES.map(|(f, n)| (f, n.to_owned())));
        all.map(|(family, name)| {
            let is_chosen = chosen == family;
            (family, name, is_chosen)
        })
        .collect()
    }

    fn family_href(&self, family: &str) -> String {
        self.context.href(PanelKind::Checks, &[("client", family)])
    }

    fn links_href(&self) -> String {
        self.context.href(PanelKind::Checks, &[("client", &self.context.query.client), ("links", "1")])
    }

    /// The number of issues of each severity that occurs, with its name.
    fn totals(&self) -> Vec<(&'static str, String)> {
        let count = |severity: Severity| self.rows.iter().filter(|row| row.severity == severity.name()).count();
        let all = Severity::ALL.into_iter().map(|severity| (severity.name(), count(severity))).filter(|(_, n)| *n > 0);
        all.map(|(name, n)| (name, self.context.layout.number(format!("check-count-{name}"), n as u64))).collect()
    }

    fn severity(&self, row: &IssueRow) -> String {
        self.context.t(&format!("check-severity-{}", row.severity))
    }

    fn group(&self, row: &IssueRow) -> String {
        self.context.t(&format!("check-group-{}", row.group))
    }

    fn outcome(&self, row: &LinkRow) -> String {
        self.context.t(&format!("check-link-{}", row.outcome))
    }
}

impl From<Checked> for LinkRow {
    fn from(answer: Checked) -> Self {
        let outcome = match answer.status {
            0 => "unreachable",
            200..=299 => "ok",
            300..=399 => "redirect",
            _ => "failed",
        };
        let words = if answer.status == 0 { answer.text } else { format!("{} {}", answer.status, answer.text) };
        LinkRow { url: visible(&answer.url), outcome, words: visible(&words) }
    }
}

fn row(issue: &Issue, locations: &IssueLocations<'_>) -> IssueRow {
    let text = |key: String| if locations.has(&key) { locations.context.t(&key) } else { String::new() };
    let detail = issue.spots.first().map(|spot| visible(&spot.detail)).unwrap_or_default();
    let what = match issue.group {
        IssueGroup::Delivery => format!("inbox-lint-{}", issue.code),
        IssueGroup::Reading => format!("inbox-warning-{}", issue.title),
        _ => format!("check-{}", issue.code),
    };
    let title = issue.title.as_str();
    let arguments: [(&str, Arg<'_>); 3] =
        [("detail", detail.as_str().into()), ("title", title.into()), ("n", (issue.count as i64).into())];
    let shown = issue.spots.len();
    IssueRow {
        severity: issue.severity.name(),
        group: issue.group.name(),
        what: locations.context.layout.locale.text_with(&what, &arguments),
        why: text(format!("check-{}-why", issue.code)),
        cure: text(format!("check-{}-cure", issue.code)),
        locations: issue.spots.iter().filter_map(|spot| locations.link(spot.place, &visible(&spot.detail))).collect(),
        more: if issue.group == IssueGroup::Look { 0 } else { issue.count.saturating_sub(shown) },
        clients: issue.clients.clone(),
        url: issue.url.clone(),
    }
}

/// Turns locations into links to the source.
struct IssueLocations<'a> {
    context: &'a PanelContext,
    html: HtmlLines<'a>,
}

impl IssueLocations<'_> {
    fn has(&self, key: &str) -> bool {
        self.context.layout.locale.has(key)
    }

    /// Text and URL of a place; `None` if neither it nor its detail says anything.
    fn link(&self, place: Place, detail: &str) -> Option<(String, Option<String>)> {
        let (line, is_decoded) = match place {
            Place::Message => (None, false),
            Place::Line(line) => (Some(line), false),
            Place::Html(at) => (self.html.line(at), true),
        };
        let name = line.map(|line| self.context.layout.number("check-line", line as u64)).unwrap_or_default();
        let text = [name.as_str(), detail].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
        (!text.is_empty()).then(|| (text, line.map(|line| self.context.source_line(line, is_decoded))))
    }
}

/// The lines of the decoded source on which the bytes of the HTML stand.
struct HtmlLines<'a> {
    html: &'a str,
    /// The first line of the HTML; `None` if it stands in more than one part.
    first: Option<usize>,
}

impl<'a> HtmlLines<'a> {
    fn new(captured: &CapturedMessage, parsed: &'a ParsedMessage, issues: &[Issue]) -> Self {
        let is_needed = issues.iter().flat_map(|issue| &issue.spots).any(|spot| matches!(spot.place, Place::Html(_)));
        let is_one = parsed.parts.iter().filter(|part| part.is_html()).count() == 1;
        let first = (is_needed && is_one).then(|| decode_source(&captured.bytes).html_line).flatten();
        HtmlLines { html: &parsed.html, first }
    }

    fn line(&self, at: usize) -> Option<usize> {
        let before = self.html.as_bytes().get(..at)?;
        Some(self.first? + memchr::memchr_iter(b'\n', before).count())
    }
}
