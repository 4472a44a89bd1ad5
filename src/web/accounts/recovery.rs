//! The pages for a forgotten password.

use rocket::{Route, get, post, routes};

use crate::accounts::ResetError;
use crate::web::cookies::CookieName;
use crate::web::field::{FieldError, FormField};
use crate::web::form::FormFields;
use crate::web::reply::{HandlerResult, Reply};
use crate::web::visitor::Visitor;

use super::pages::{ForgotPage, ForgotSentPage, LinkPurpose, ResetPage};
use super::validation::{address, kept, password_error};
use super::verify::gone;

pub fn routes() -> Vec<Route> {
    routes![forgot_form, forgot, sent, look, reset]
}

#[get("/password/forgot")]
fn forgot_form(visitor: Visitor<'_>) -> HandlerResult {
    Reply::ok(&ForgotPage { frame: visitor.layout(), email: FormField::default() })
}

#[post("/password/forgot", data = "<fields>")]
async fn forgot(visitor: Visitor<'_>, fields: FormFields) -> HandlerResult {
    let email = match address(fields.get("email")) {
        Ok(email) => email,
        Err(error) => {
            let email = FormField::wrong(kept(fields.get("email")), error);
            return Reply::refused(&ForgotPage { frame: visitor.layout(), email });
        }
    };
    visitor.app.accounts.forgot(&email, &visitor.client, visitor.locale).await?;
    Reply::see_other("/password/forgot/sent")
}

#[get("/password/forgot/sent")]
fn sent(visitor: Visitor<'_>) -> HandlerResult {
    Reply::ok(&ForgotSentPage { frame: visitor.layout(), sender: visitor.app.sender.clone() })
}

/// The page of a reset link; 410 if the link is unusable.
async fn page(visitor: &Visitor<'_>, token: &str, password: Option<FieldError>) -> HandlerResult {
    let Some(view) = visitor.app.accounts.preview_reset(token).await? else {
        return gone(visitor, LinkPurpose::Reset);
    };
    let reset = ResetPage {
        frame: visitor.layout(),
        action: format!("/password/reset/{token}"),
        email: view.email.to_string(),
        password,
        password_min_length: visitor.app.accounts.settings().password_min_length,
    };
    if password.is_some() { Reply::refused(&reset) } else { Reply::ok(&reset) }
}

#[get("/password/reset/<token>")]
async fn look(visitor: Visitor<'_>, token: &str) -> HandlerResult {
    page(&visitor, token, None).await
}

#[post("/password/reset/<token>", data = "<fields>")]
async fn reset(visitor: Visitor<'_>, token: &str, fields: FormFields) -> HandlerResult {
    match visitor.app.accounts.reset(token, fields.get("password")).await {
        Ok(()) => {
            // All sessions of the account have ended. This browser's session may be one of them, or belong to another
            // account.
            if visitor.session().is_some() {
                visitor.remove_cookie(CookieName::Session);
            }
            visitor.flash("password-reset");
            Reply::see_other("/login")
        }
        Err(ResetError::Gone) => gone(&visitor, LinkPurpose::Reset),
        Err(ResetError::Password(e)) => page(&visitor, token, Some(password_error(e))).await,
        Err(ResetError::Other(e)) => Err(e.into()),
    }
}
