//! The panel of the versions: the messages of the same template, by what they have in common.

use askama::Template;

use crate::inbox::{CapturedMessage, TemplateKey, TemplateVersion};

use super::super::super::error::WebError;
use super::super::format::{size, when};
use super::super::state::InboxState;
use super::query::PanelContext;

#[derive(Template)]
#[template(path = "inbox/tabs/versions.html")]
pub struct VersionsPanel {
    context: PanelContext,
    key: TemplateKey,
    rows: Vec<VersionRow>,
    /// Number of messages of all versions.
    messages: u64,
}

struct VersionRow {
    /// The oldest version is 1.
    number: usize,
    count: u64,
    first: String,
    first_shown: String,
    last: String,
    last_shown: String,
    size: String,
    newest: String,
    /// True if the open message is the newest of the version.
    is_open: bool,
    /// URL of the comparison with the version before.
    before: Option<String>,
    /// URL of the comparison with the open message.
    open: Option<String>,
}

impl VersionsPanel {
    pub fn new(context: PanelContext, captured: &CapturedMessage) -> Self {
        VersionsPanel { context, key: captured.summary.template, rows: Vec::new(), messages: 0 }
    }

    /// Reads the versions.
    ///
    /// # Errors
    /// If the inbox cannot be read.
    pub async fn load(&mut self, state: &InboxState) -> Result<(), WebError> {
        let versions = state.inbox.versions(self.key).await?;
        self.messages = versions.iter().map(|version| version.count).sum();
        let pairs = versions.iter().zip(versions.iter().skip(1).map(Some).chain([None]));
        self.rows =
            pairs.enumerate().map(|(at, (version, before))| self.row(versions.len() - at, version, before)).collect();
        Ok(())
    }

    fn row(&self, number: usize, version: &TemplateVersion, before: Option<&TemplateVersion>) -> VersionRow {
        let base = &self.context.layout.base;
        let newest = version.newest.to_string();
        let compare = |a: &str, b: &str| format!("{base}/compare?a={a}&b={b}");
        let is_open = newest == self.context.id;
        VersionRow {
            number,
            count: version.count,
            first: version.first_seen.rfc3339(),
            first_shown: when(version.first_seen),
            last: version.last_seen.rfc3339(),
            last_shown: when(version.last_seen),
            size: size(version.size),
            is_open,
            before: before.map(|before| compare(&before.newest.to_string(), &newest)),
            open: (!is_open).then(|| compare(&newest, &self.context.id)),
            newest,
        }
    }

    fn title(&self) -> String {
        let layout = &self.context.layout;
        let messages = layout.number("inbox-total", self.messages);
        format!("{messages}, {}", layout.number("versions-count", self.rows.len() as u64))
    }
}
