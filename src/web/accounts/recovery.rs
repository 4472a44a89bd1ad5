//! The pages for a forgotten password.

use askama::Template;
use rocket::{Route, get, post, routes};

use crate::accounts::{Error, ResetError};
use crate::web::cookies::CookieName;
use crate::web::field::{FieldError, FormField};
use crate::web::form::FormFields;
use crate::web::page::Layout;
use crate::web::reply::{Form, HandlerResult, Reply, form_page};
use crate::web::visitor::Visitor;

use super::link_token::LinkToken;
use super::validation::{address, password_error, shown_again};
use super::verify::{LinkPurpose, gone};

/// GET /password/forgot, and POST when the form was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/forgot.html")]
pub struct ForgotPage {
    pub layout: Layout,
    pub email: FormField,
}

form_page!(ForgotPage { "email": email.error });

/// GET /password/forgot/sent: the same for every address.
#[derive(Debug, Template)]
#[template(path = "accounts/forgot_sent.html")]
pub struct ForgotSentPage {
    pub layout: Layout,
    /// The sender address of account emails.
    pub sender: String,
}

/// `GET /password/reset/<token>`, which changes nothing, and POST when the password was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/reset.html")]
pub struct ResetPage {
    pub layout: Layout,
    /// The path of this page, which the form posts to.
    pub action: String,
    /// The account's address, for password managers.
    pub email: String,
    pub password: Option<FieldError>,
    /// In characters.
    pub password_min_length: usize,
}

form_page!(ResetPage { "password": password });

pub fn routes() -> Vec<Route> {
    routes![forgot_form, forgot, sent, look, reset]
}

#[get("/password/forgot")]
fn forgot_form(visitor: Visitor<'_>) -> HandlerResult {
    Reply::ok(&ForgotPage { layout: visitor.layout(), email: FormField::default() })
}

#[post("/password/forgot", data = "<fields>")]
async fn forgot(visitor: Visitor<'_>, fields: FormFields) -> HandlerResult {
    let page = |error| ForgotPage { layout: visitor.layout(), email: shown_again(&fields, "email", error) };
    let email = match address(fields.get("email")) {
        Ok(email) => email,
        Err(error) => return Reply::refused(&page(Some(error))),
    };
    match visitor.app.accounts.forgot(&email, visitor.requester(), visitor.locale).await {
        Ok(()) => Reply::see_other("/password/forgot/sent"),
        Err(e) => Reply::not_now(e, page(None)),
    }
}

#[get("/password/forgot/sent")]
fn sent(visitor: Visitor<'_>) -> HandlerResult {
    Reply::ok(&ForgotSentPage { layout: visitor.layout(), sender: visitor.app.sender.clone() })
}

/// The page of a reset link; `None` if the link is unusable.
async fn page(
    visitor: &Visitor<'_>,
    token: &LinkToken,
    password: Option<FieldError>,
) -> Result<Option<ResetPage>, Error> {
    let view = visitor.app.accounts.preview_reset(token.as_str()).await?;
    Ok(view.map(|view| ResetPage {
        layout: visitor.layout(),
        action: format!("/password/reset/{}", token.as_str()),
        email: view.email.to_string(),
        password,
        password_min_length: visitor.app.accounts.settings().password_min_length,
    }))
}

#[get("/password/reset/<token>")]
async fn look(visitor: Visitor<'_>, token: LinkToken) -> HandlerResult {
    match page(&visitor, &token, None).await? {
        Some(page) => Reply::ok(&page),
        None => gone(&visitor, LinkPurpose::Reset),
    }
}

#[post("/password/reset/<token>", data = "<fields>")]
async fn reset(visitor: Visitor<'_>, token: LinkToken, fields: FormFields) -> HandlerResult {
    match visitor.app.accounts.reset(token.as_str(), fields.get("password")).await {
        Ok(done) => {
            // All sessions of the account have ended. A session of another account continues.
            if visitor.session().is_some_and(|session| session.user_id == done.user_id) {
                visitor.remove_cookie(CookieName::Session);
            }
            visitor.set_confirmed(done.email, done.known);
            Reply::flash(&visitor, "password-reset", "/login")
        }
        Err(ResetError::Gone) => gone(&visitor, LinkPurpose::Reset),
        Err(ResetError::Password(e)) => match page(&visitor, &token, Some(password_error(e))).await? {
            Some(page) => Reply::refused(&page),
            None => gone(&visitor, LinkPurpose::Reset),
        },
        Err(ResetError::Other(e)) => match page(&visitor, &token, None).await {
            Ok(Some(page)) => Reply::not_now(e, page),
            _ => Err(e.into()),
        },
    }
}
