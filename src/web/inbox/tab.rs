//! The tabs of the open message: the preview, and the panels that `tabs` renders.

use super::layout::InboxLayout;
use super::tabs::PanelKind;

/// What a tab shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TabKind {
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
        let fallback = if has_html { TabKind::Preview } else { TabKind::Panel(PanelKind::Text) };
        PanelKind::from_name(name).map_or(fallback, TabKind::Panel)
    }
}

/// A link to a tab.
pub struct Tab {
    pub name: &'static str,
    pub current: bool,
}

impl Tab {
    pub fn label(&self, layout: &InboxLayout) -> String {
        layout.t(format!("inbox-tab-{}", self.name))
    }

    pub fn all(current: TabKind, has_html: bool) -> Vec<Tab> {
        let panels = PanelKind::ALL.into_iter().map(TabKind::Panel);
        let shown = has_html.then_some(TabKind::Preview).into_iter().chain(panels);
        shown.map(|tab| Tab { name: tab.name(), current: tab == current }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn a_message_without_html_is_shown_as_text() {
        let text = TabKind::Panel(PanelKind::Text);
        assert_eq!(TabKind::chosen("", true), TabKind::Preview);
        assert_eq!((TabKind::chosen("", false), TabKind::chosen("preview", false)), (text, text));
        assert_eq!(TabKind::chosen("source", false), TabKind::Panel(PanelKind::Source));
        assert_eq!(TabKind::chosen("<script>", true), TabKind::Preview);
    }

    #[test]
    fn every_tab_has_a_label_in_every_language() {
        for tab in Tab::all(TabKind::Preview, true) {
            assert!(Locale::ALL.iter().all(|locale| locale.has(&format!("inbox-tab-{}", tab.name))), "{}", tab.name);
        }
    }
}
