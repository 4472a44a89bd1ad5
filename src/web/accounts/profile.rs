//! The account page: profile, name, sessions and deletion.

use std::time::Duration;

use askama::Template;
use rocket::{Route, get, post, routes};

use crate::accounts::Name;
use crate::web::cookies::CookieName;
use crate::web::error::WebError;
use crate::web::field::{FieldError, FormField};
use crate::web::page::Layout;
use crate::web::path_id::Id;
use crate::web::problem::PageProblem;
use crate::web::reply::{Form, HandlerResult, Reply, form_page};
use crate::web::visitor::{OwnForm, SignedIn};

use super::validation::{name_error, refuse, shown_again};

/// A session in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    pub id: String,
    /// The names of browser and system, if known: "Firefox, Linux".
    pub device: Option<String>,
    /// How long ago it began.
    pub began: Duration,
    /// How long ago it was last used.
    pub used: Duration,
    /// True if it outlives the browser session.
    pub remembered: bool,
    /// True if it is the session of this request.
    pub current: bool,
}

/// GET /account, and POST /account/name when the name was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/account.html")]
pub struct AccountPage {
    pub layout: Layout,
    pub email: String,
    /// The new address while its confirmation is pending.
    pub pending_email: Option<String>,
    /// How long ago the account was created.
    pub began: Duration,
    pub name: FormField,
    pub sessions: Vec<SessionRow>,
}

form_page!(AccountPage { "name": name.error });

impl AccountPage {
    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.current)
    }
}

/// GET /account/delete, and POST when the password was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/account_delete.html")]
pub struct AccountDeletePage {
    pub layout: Layout,
    /// For password managers.
    pub email: String,
    pub current_password: Option<FieldError>,
}

form_page!(AccountDeletePage { "current_password": current_password });

pub fn routes() -> Vec<Route> {
    routes![account, rename, end_session, end_others, delete_form, delete]
}

#[get("/account")]
async fn account(user: SignedIn<'_>) -> HandlerResult {
    page(&user, None).await
}

/// The account page; `name` is a rejected name with its error.
async fn page(user: &SignedIn<'_>, name: Option<FormField>) -> HandlerResult {
    let overview = user.visitor.app.accounts.overview(user.session).await?;
    let now = user.visitor.app.clock.now();
    let row = |row: crate::accounts::ListedSession| SessionRow {
        current: row.id == user.session.id,
        began: now.since(row.created_at),
        used: now.since(row.seen_at),
        remembered: row.remembered,
        device: row.device,
        id: row.id,
    };
    let page = AccountPage {
        layout: user.visitor.layout(),
        email: user.session.email.clone(),
        pending_email: overview.pending_email.map(|address| address.to_string()),
        began: now.since(overview.created_at),
        name: name.unwrap_or_else(|| FormField::new(overview.name)),
        sessions: overview.sessions.into_iter().map(row).collect(),
    };
    if page.name.error.is_some() { Reply::refused(&page) } else { Reply::ok(&page) }
}

#[post("/account/name", data = "<fields>")]
async fn rename(user: SignedIn<'_>, fields: OwnForm) -> HandlerResult {
    if !fields.has("name") {
        return Reply::see_other("/account");
    }
    match Name::parse(fields.get("name")) {
        Ok(name) => {
            user.visitor.app.accounts.rename_user(user.session, &name).await?;
            Reply::flash(&user.visitor, "name-saved", "/account")
        }
        Err(e) => {
            let name = shown_again(&fields, "name", Some(name_error(e)));
            page(&user, Some(name)).await
        }
    }
}

#[post("/account/sessions/<id>/end", data = "<_fields>")]
async fn end_session(user: SignedIn<'_>, id: Id<'_>, _fields: OwnForm) -> HandlerResult {
    let Id(id) = id;
    if !user.visitor.app.accounts.end_session(user.session, id).await? {
        return Err(WebError::Problem(PageProblem::NotFound));
    }
    if id == user.session.id {
        user.visitor.remove_cookie(CookieName::Session);
    }
    Reply::flash(&user.visitor, "session-ended", "/account")
}

#[post("/account/sessions/end-others", data = "<_fields>")]
async fn end_others(user: SignedIn<'_>, _fields: OwnForm) -> HandlerResult {
    user.visitor.app.accounts.end_other_sessions(user.session).await?;
    Reply::flash(&user.visitor, "sessions-ended", "/account")
}

#[get("/account/delete")]
fn delete_form(user: SignedIn<'_>) -> HandlerResult {
    Reply::ok(&delete_page(&user, None))
}

fn delete_page(user: &SignedIn<'_>, current_password: Option<FieldError>) -> AccountDeletePage {
    AccountDeletePage { layout: user.visitor.layout(), email: user.session.email.clone(), current_password }
}

#[post("/account/delete", data = "<fields>")]
async fn delete(user: SignedIn<'_>, fields: OwnForm) -> HandlerResult {
    let typed = fields.get("current_password");
    match user.visitor.app.accounts.delete_account(user.session, typed, &user.visitor.client).await {
        Ok(()) => {
            user.visitor.remove_cookie(CookieName::Session);
            Reply::flash(&user.visitor, "account-deleted", "/")
        }
        Err(e) => refuse(e, typed, |current| delete_page(&user, current)),
    }
}
