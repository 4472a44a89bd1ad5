//! The login page and the logout.

use std::time::Duration;

use askama::Template;
use rocket::{Route, get, post, routes};

use crate::accounts::{self, LoggedIn, LoginError};
use crate::web::cookies::CookieName;
use crate::web::field::{FieldError, FieldMessage, FormField, complaints};
use crate::web::form::FormFields;
use crate::web::page::Layout;
use crate::web::reply::{Form, HandlerResult, Reply};
use crate::web::visitor::Visitor;

use super::validation::{local_redirect, shown_again};

/// GET /login, and POST when it was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/login.html")]
pub struct LoginPage {
    pub layout: Layout,
    /// Its error, like the password's, is set only for an empty field.
    pub email: FormField,
    pub password: Option<FieldError>,
    pub remember: bool,
    /// A local path.
    pub next: Option<String>,
    /// True if the account is unknown, unconfirmed or disabled, or the password is wrong; the text is the same.
    pub refused: bool,
    /// How long "remember me" lasts.
    pub remember_lifetime: Duration,
}

impl Form for LoginPage {
    fn complaints(&self) -> Vec<FieldMessage> {
        complaints(self.layout.locale, &[("email", self.email.error), ("password", self.password)])
    }

    fn frame_mut(&mut self) -> &mut Layout {
        &mut self.layout
    }

    /// The sentence above the form.
    fn refusal(&self) -> Option<String> {
        if self.refused { Some(self.layout.t("login-refused")) } else { self.layout.refusal.clone() }
    }
}

pub fn routes() -> Vec<Route> {
    routes![form, submit, log_out]
}

#[get("/login?<next>")]
fn form(visitor: Visitor<'_>, next: Option<&str>) -> HandlerResult {
    if visitor.session().is_some() {
        return Reply::see_other("/account");
    }
    let email = visitor.last_address().map(|last| last.address.to_string()).unwrap_or_default();
    Reply::ok(&LoginPage {
        layout: visitor.layout(),
        email: FormField::new(email),
        password: None,
        remember: false,
        next: next.and_then(local_redirect),
        refused: false,
        remember_lifetime: visitor.app.accounts.settings().remember_lifetime,
    })
}

fn page(visitor: &Visitor<'_>, fields: &FormFields, refused: bool) -> LoginPage {
    LoginPage {
        layout: visitor.layout(),
        email: shown_again(fields, "email", None),
        password: None,
        remember: fields.ticked("remember"),
        next: local_redirect(fields.get("next")),
        refused,
        remember_lifetime: visitor.app.accounts.settings().remember_lifetime,
    }
}

#[post("/login", data = "<fields>")]
async fn submit(visitor: Visitor<'_>, fields: FormFields) -> HandlerResult {
    let (email, password) = (fields.get("email"), fields.get("password"));
    if email.trim().is_empty() || password.is_empty() {
        let mut page = page(&visitor, &fields, false);
        page.email.error = email.trim().is_empty().then_some(FieldError::EmailEmpty);
        page.password = password.is_empty().then_some(FieldError::PasswordEmpty);
        return Reply::refused(&page);
    }
    let login = accounts::LoginAttempt {
        email,
        password,
        remember: fields.ticked("remember"),
        client: &visitor.client,
        device: visitor.device.as_deref(),
        known: visitor.cookie(CookieName::Known),
        old_session: visitor.cookie(CookieName::Session),
    };
    match visitor.app.accounts.log_in(login).await {
        Ok(logged_in) => {
            enter(&visitor, logged_in);
            Reply::see_other(local_redirect(fields.get("next")).unwrap_or_else(|| "/account".to_owned()))
        }
        Err(LoginError::Refused) => Reply::refused(&page(&visitor, &fields, true)),
        Err(LoginError::Other(e)) => Reply::not_now(e, page(&visitor, &fields, false)),
    }
}

/// Sets the session's cookies. Without "remember me" they end with the browser session.
fn enter(visitor: &Visitor<'_>, logged_in: LoggedIn) {
    let max_age = logged_in.remembered.then(|| visitor.app.accounts.settings().remember_lifetime);
    visitor.set_cookie(CookieName::Session, logged_in.token, max_age);
    visitor.set_known(logged_in.known, logged_in.remembered);
    visitor.remove_cookie(CookieName::Address);
}

#[post("/logout")]
async fn log_out(visitor: Visitor<'_>) -> HandlerResult {
    // The browser forgets the session even if the database cannot, for example on a full disk.
    if let Some(token) = visitor.cookie(CookieName::Session)
        && let Err(error) = visitor.app.accounts.log_out(token).await
    {
        tracing::error!(%error, "cannot delete the session of a user who logged out");
    }
    visitor.remove_cookie(CookieName::Session);
    visitor.flash("logged-out");
    Ok(Reply::LoggedOut(visitor.app.accounts.settings().logout_redirect.clone()))
}
