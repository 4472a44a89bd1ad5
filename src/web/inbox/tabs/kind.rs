//! The panels, by the names of their tabs.

/// A panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelKind {
    Text,
    Source,
    Headers,
    Parts,
    Smtp,
}

impl PanelKind {
    pub const ALL: [PanelKind; 5] = [
        PanelKind::Text,
        PanelKind::Source,
        PanelKind::Headers,
        PanelKind::Parts,
        PanelKind::Smtp,
    ];

    /// The `tab` of the query string, and the end of the label's key `inbox-tab-…` in the locales.
    pub const fn name(self) -> &'static str {
        match self {
            PanelKind::Text => "text",
            PanelKind::Source => "source",
            PanelKind::Headers => "headers",
            PanelKind::Parts => "parts",
            PanelKind::Smtp => "smtp",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        PanelKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
