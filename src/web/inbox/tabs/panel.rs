//! One panel of a message's page, read and rendered by its kind.

use askama::Template;

use crate::inbox::CapturedMessage;
use crate::mail::parse::ParsedMessage;

use super::super::super::error::WebError;
use super::super::state::InboxState;
use super::checks::ChecksPanel;
use super::headers::HeadersPanel;
use super::kind::PanelKind;
use super::parts::PartsPanel;
use super::query::PanelContext;
use super::smtp::SmtpPanel;
use super::source::SourcePanel;
use super::text::TextPanel;
use super::versions::VersionsPanel;

/// A panel with what it shows.
pub enum Panel {
    Text(TextPanel),
    Source(SourcePanel),
    Headers(HeadersPanel),
    Parts(PartsPanel),
    Smtp(SmtpPanel),
    Checks(ChecksPanel),
    Versions(VersionsPanel),
}

impl Panel {
    /// Reads what the panel shows from the message; `None` if the query names a part that the message does not have.
    /// Takes as long as parsing the message.
    pub fn read(
        kind: PanelKind,
        context: PanelContext,
        captured: &CapturedMessage,
        parsed: &ParsedMessage,
    ) -> Option<Self> {
        Some(match kind {
            PanelKind::Text => Panel::Text(TextPanel::new(context, parsed)),
            PanelKind::Source => Panel::Source(SourcePanel::new(context, captured)),
            PanelKind::Headers => Panel::Headers(HeadersPanel::new(context, captured)),
            PanelKind::Parts => Panel::Parts(PartsPanel::new(context, captured, parsed)?),
            PanelKind::Smtp => Panel::Smtp(SmtpPanel::new(context, captured)),
            PanelKind::Checks => Panel::Checks(ChecksPanel::new(context, captured, parsed)),
            PanelKind::Versions => Panel::Versions(VersionsPanel::new(context, captured)),
        })
    }

    /// The HTML of the panel.
    ///
    /// # Errors
    /// If the inbox cannot be read.
    pub async fn render(self, state: &InboxState) -> Result<String, WebError> {
        let html = match self {
            Panel::Text(panel) => panel.render(),
            Panel::Source(panel) => panel.render(),
            Panel::Headers(panel) => panel.render(),
            Panel::Parts(panel) => panel.render(),
            Panel::Smtp(panel) => panel.render(),
            Panel::Checks(mut panel) => {
                panel.load(state).await;
                panel.render()
            }
            Panel::Versions(mut panel) => {
                panel.load(state).await?;
                panel.render()
            }
        };
        Ok(html?)
    }
}
