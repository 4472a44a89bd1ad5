//! The tabs of a message's page: the preview of its HTML, and the panels.

use super::layout::InboxLayout;
use super::tabs::{CheckBadge, PanelKind};

/// A tab of the message's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TabKind {
    /// The HTML in a frame.
    Preview,
    Panel(PanelKind),
}

impl TabKind {
    /// The name in URLs, and after `inbox-tab-` in the locales.
    pub const fn name(self) -> &'static str {
        match self {
            TabKind::Preview => "preview",
            TabKind::Panel(kind) => kind.name(),
        }
    }

    /// The tab called `name` if the message has it, otherwise the first tab it has.
    pub fn chosen(name: &str, has_html: bool) -> Self {
        match PanelKind::from_name(name) {
            Some(kind) => TabKind::Panel(kind),
            None if has_html => TabKind::Preview,
            None => TabKind::Panel(PanelKind::Text),
        }
    }
}

pub struct Tab {
    pub name: &'static str,
    pub current: bool,
    /// Number of problems and support in percent, for the checks.
    pub badge: Option<CheckBadge>,
}

impl Tab {
    pub fn label(&self, layout: &InboxLayout) -> String {
        layout.t(format!("inbox-tab-{}", self.name))
    }

    pub fn all(current: TabKind, has_html: bool, badge: Option<CheckBadge>) -> Vec<Tab> {
        let preview = has_html.then_some(TabKind::Preview);
        let shown = preview.into_iter().chain(PanelKind::ALL.map(TabKind::Panel));
        let badge_of = |tab| if tab == TabKind::Panel(PanelKind::Checks) { badge } else { None };
        shown.map(|tab| Tab { name: tab.name(), current: tab == current, badge: badge_of(tab) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::i18n::Locale;

    #[test]
    fn a_message_without_html_is_shown_as_text() {
        assert_eq!(TabKind::chosen("", true), TabKind::Preview);
        assert_eq!(TabKind::chosen("", false), TabKind::Panel(PanelKind::Text));
        assert_eq!(TabKind::chosen("preview", false), TabKind::Panel(PanelKind::Text));
        assert_eq!(TabKind::chosen("source", false), TabKind::Panel(PanelKind::Source));
        assert_eq!(TabKind::chosen("<script>", true), TabKind::Preview);
    }

    #[test]
    fn every_tab_has_a_label_in_every_language() {
        for tab in Tab::all(TabKind::Preview, true, None) {
            assert!(Locale::ALL.iter().all(|locale| locale.has(&format!("inbox-tab-{}", tab.name))), "{}", tab.name);
        }
    }
}
