//! The panels, by the names of their tabs.

/// A panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelKind {
    Text,
    Source,
    Headers,
    Parts,
    Smtp,
    Checks,
    Versions,
}

impl PanelKind {
    pub const ALL: [PanelKind; 7] = [
        PanelKind::Text,
        PanelKind::Source,
        PanelKind::Headers,
        PanelKind::Parts,
        PanelKind::Smtp,
        PanelKind::Checks,
        PanelKind::Versions,
    ];

    /// The `tab` of the query string, and the end of the label's key `inbox-tab-…` in the locales.
    pub const fn name(self) -> &'static str {
        match self {
            PanelKind::Text => "text",
            PanelKind::Source => "source",
            PanelKind::Headers => "headers",
            PanelKind::Parts => "parts",
            PanelKind::Smtp => "smtp",
            PanelKind::Checks => "checks",
            PanelKind::Versions => "versions",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        PanelKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::i18n::Locale;

    #[test]
    fn every_panel_has_a_label_in_every_language() {
        for kind in PanelKind::ALL {
            assert_eq!(PanelKind::from_name(kind.name()), Some(kind));
            assert!(Locale::ALL.iter().all(|locale| locale.has(&format!("inbox-tab-{}", kind.name()))), "{kind:?}");
        }
    }
}
