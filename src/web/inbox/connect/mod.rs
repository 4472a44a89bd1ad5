//! The page that shows how an application sends to the inbox: snippets with this server's address, test messages, how a
//! test waits for a message, and the latest sessions that brought none.

mod snippets;
mod test_messages;

use askama::Template;
use rocket::form::{Form, FromForm};
use rocket::response::Redirect;
use rocket::response::content::RawHtml;
use rocket::{get, post};

use crate::inbox::{SessionFilter, SessionPage, SettingNames};

use super::super::error::WebError;
use super::layout::InboxLayout;
use super::page_context::{PageContext, rendered};
use super::sessions::SessionRow;
use snippets::{Snippet, SnippetAddress};

/// Sessions that the page shows.
const MAX_SESSIONS: u64 = 5;

#[derive(Template)]
#[template(path = "inbox/connect.html")]
struct ConnectPage {
    layout: InboxLayout,
    guide: ConnectGuide,
}

/// The content of the page, which the empty inbox shows too.
pub struct ConnectGuide {
    pub smtp: String,
    /// Which logins the SMTP server accepts.
    pub login: String,
    /// How applications send.
    pub senders: Vec<Snippet>,
    /// How tests wait for a message.
    pub waits: Vec<Snippet>,
    pub kinds: Vec<&'static str>,
    pub failed: Vec<SessionRow>,
}

impl ConnectGuide {
    /// The guide with the addresses under which this page was opened.
    ///
    /// # Errors
    /// The inbox's database fails.
    pub async fn read(context: &PageContext<'_>, layout: &InboxLayout) -> Result<Self, WebError> {
        let address = SnippetAddress::new(&context.state.settings.smtp_address, context.host.as_deref(), &layout.base);
        let SessionPage { sessions, .. } =
            context.state.inbox.sessions(SessionFilter::NotDelivered, 0, MAX_SESSIONS).await?;
        Ok(ConnectGuide {
            smtp: address.smtp(),
            login: match layout.names {
                SettingNames::Gatepost => layout.t("connect-login"),
                SettingNames::Mailpit => layout.t("connect-login-mailpit"),
            },
            senders: snippets::senders(&address),
            waits: snippets::waits(&address),
            kinds: test_messages::KINDS.to_vec(),
            failed: sessions.into_iter().map(|stored| SessionRow::new(layout, stored, 1)).collect(),
        })
    }
}

#[get("/connect")]
pub async fn connect(context: PageContext<'_>) -> Result<RawHtml<String>, WebError> {
    let layout = context.plain_layout().await?;
    let guide = ConnectGuide::read(&context, &layout).await?;
    rendered(&ConnectPage { guide, layout })
}

#[derive(FromForm)]
pub struct TestKind {
    kind: String,
}

/// Stores a test message and shows it.
#[post("/connect/send", data = "<form>")]
pub async fn send(context: PageContext<'_>, form: Form<TestKind>) -> Result<Redirect, WebError> {
    let message = test_messages::message(&form.kind, context.state.clock.now()).ok_or(WebError::Unknown)?;
    let id = context.state.inbox.store(message).await?;
    Ok(Redirect::to(format!("{}/view/{id}", context.mount.base)))
}
