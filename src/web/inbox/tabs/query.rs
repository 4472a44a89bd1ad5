//! The parameters of the panels in the query string, and the links that change one of them.

use std::convert::Infallible;

use rocket::request::{FromRequest, Outcome, Request};

use crate::inbox::MessageId;
use crate::mail::source::first_line_of_page;

use super::super::layout::InboxLayout;
use super::super::page_context::PageContext;
use super::kind::PanelKind;

/// Maximum length of a parameter in bytes; a longer one counts as absent.
const MAX_PARAMETER: usize = 200;

/// What a panel is asked to show, from the query string.
#[derive(Clone, Debug, Default)]
pub struct PanelQuery {
    /// Source: long lines wrap.
    pub wrap: bool,
    /// Source: transfer encodings and encoded words are decoded.
    pub decoded: bool,
    /// Source: the first line shown, from 1; 0 if not given.
    pub from: usize,
    /// Headers: shows the fields whose name or value contains this.
    pub filter: String,
    /// Parts: the nested message that is open, as the ids of parts joined by `~`; empty for the message itself.
    pub path: String,
    /// Checks: the family of mail clients that the HTML check is about; empty for all.
    pub client: String,
    /// Checks: requests the links.
    pub check_links: bool,
}

impl PanelQuery {
    /// True if the panel sends requests to other servers.
    pub fn starts_check(&self) -> bool {
        self.check_links
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for PanelQuery {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let value = |name: &str| {
            let value = request.query_value::<&str>(name).and_then(Result::ok).unwrap_or_default();
            if value.len() > MAX_PARAMETER { "" } else { value }
        };
        Outcome::Success(PanelQuery {
            wrap: value("wrap") == "1",
            decoded: value("as") == "decoded",
            from: value("from").parse().unwrap_or(0),
            filter: value("filter").trim().to_owned(),
            path: value("path").to_owned(),
            client: value("client").to_owned(),
            check_links: value("links") == "1",
        })
    }
}

/// What every panel knows beside the message: the page's layout, the message's id, the parameters and the server.
#[derive(Clone, Debug)]
pub struct PanelContext {
    pub layout: InboxLayout,
    /// The message's id.
    pub id: String,
    pub query: PanelQuery,
    /// Scheme and host of this server, without a slash at the end.
    pub origin: String,
    /// `host:port` of the SMTP server.
    pub smtp_address: String,
}

impl PanelContext {
    pub fn new(context: &PageContext<'_>, layout: InboxLayout, id: MessageId, query: PanelQuery) -> Self {
        PanelContext {
            layout,
            id: id.to_string(),
            query,
            origin: context.origin.clone(),
            smtp_address: context.state.settings.smtp_address.clone(),
        }
    }

    pub fn t(&self, key: &str) -> String {
        self.layout.t(key)
    }

    /// The URL of a panel of this message with its parameters; empty values are left out.
    pub fn href(&self, kind: PanelKind, parameters: &[(&str, &str)]) -> String {
        let all: Vec<_> = std::iter::once(("tab", kind.name())).chain(parameters.iter().copied()).collect();
        let query = self.layout.query_with(&all);
        format!("{}/view/{}{query}", self.layout.base, self.id)
    }

    /// The URL of a line in the panel of the source.
    pub fn source_line(&self, line: usize, is_decoded: bool) -> String {
        let first = first_line_of_page(line);
        let from = if first > 1 { first.to_string() } else { String::new() };
        let mode = if is_decoded { "decoded" } else { "" };
        format!("{}#L{line}", self.href(PanelKind::Source, &[("as", mode), ("from", &from)]))
    }

    /// The URL of a part's content: decoded, `sent` as received, or `dl` for a download.
    pub fn content(&self, path: &str, mode: &str) -> String {
        let mode = if mode.is_empty() { String::new() } else { format!("?{mode}=1") };
        format!("{}/view/{}/content/{path}{mode}", self.layout.base, self.id)
    }
}
