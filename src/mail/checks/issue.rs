//! One issue of a message: what it is about, how bad it is and where it stands.

/// How bad an issue is; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The message may be rejected, or is broken for most recipients.
    Problem,
    /// Some recipients see or miss something.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    pub const ALL: [Severity; 3] = [Severity::Problem, Severity::Warning, Severity::Note];

    /// The end of the key `check-severity-…` in the locales.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Problem => "problem",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// What an issue is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueGroup {
    Delivery,
    /// Support of HTML and CSS in mail clients.
    Look,
    Links,
    Accessibility,
    Weight,
    DarkMode,
    Preheader,
    /// What the reader of the message repaired.
    Reading,
}

impl IssueGroup {
    /// The end of the key `check-group-…` in the locales.
    pub const fn name(self) -> &'static str {
        match self {
            IssueGroup::Delivery => "delivery",
            IssueGroup::Look => "look",
            IssueGroup::Links => "links",
            IssueGroup::Accessibility => "accessibility",
            IssueGroup::Weight => "weight",
            IssueGroup::DarkMode => "dark",
            IssueGroup::Preheader => "preheader",
            IssueGroup::Reading => "reading",
        }
    }
}

/// Where an issue stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Message,
    /// A line of the message as sent, from 1.
    Line(usize),
    /// A byte of the HTML.
    Html(usize),
}

/// One occurrence of an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    pub place: Place,
    /// The value at fault; empty if the place says everything. Untrusted text.
    pub detail: String,
}

/// Occurrences of one issue that are kept.
const MAX_SPOTS: usize = 5;
/// Characters of a detail that are kept.
const MAX_DETAIL: usize = 200;

/// An issue with its occurrences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pub group: IssueGroup,
    pub severity: Severity,
    /// The middle of the keys in the locales: `check-<code>`, `check-<code>-why`, `check-<code>-cure`.
    pub code: &'static str,
    /// The name of a feature of HTML or CSS, for an issue about looks; otherwise empty.
    pub title: String,
    /// The first occurrences.
    pub spots: Vec<Spot>,
    /// Number of occurrences.
    pub count: usize,
    /// The mail clients concerned; empty for all.
    pub clients: Vec<String>,
    /// A page about the issue; empty without one.
    pub url: String,
}

impl Issue {
    pub(super) fn new(group: IssueGroup, severity: Severity, code: &'static str) -> Self {
        Issue {
            group,
            severity,
            code,
            title: String::new(),
            spots: Vec::new(),
            count: 0,
            clients: Vec::new(),
            url: String::new(),
        }
    }

    /// Adds an occurrence.
    pub(super) fn at(mut self, place: Place, detail: &str) -> Self {
        self.add(place, detail);
        self
    }

    pub(super) fn add(&mut self, place: Place, detail: &str) {
        self.count += 1;
        if self.spots.len() < MAX_SPOTS {
            self.spots.push(Spot { place, detail: detail.chars().take(MAX_DETAIL).collect() });
        }
    }

    /// An issue with these occurrences; `None` without any.
    pub(super) fn of<'a>(
        group: IssueGroup,
        severity: Severity,
        code: &'static str,
        spots: impl IntoIterator<Item = (usize, &'a str)>,
    ) -> Option<Self> {
        let mut issue = Issue::new(group, severity, code);
        spots.into_iter().for_each(|(at, detail)| issue.add(Place::Html(at), detail));
        (issue.count > 0).then_some(issue)
    }
}
