//! The pages for changing the address: the request, and the link that confirms the new address.

use askama::Template;
use rocket::{Route, get, post, routes};

use crate::accounts::{ChangeEmailError, ConfirmEmail, ConfirmEmailError};
use crate::web::field::{FieldError, FormField};
use crate::web::form::FormFields;
use crate::web::page::Layout;
use crate::web::reply::{Form, HandlerResult, Reply, form_page};
use crate::web::visitor::{OwnForm, SignedIn, Visitor};

use super::link_token::LinkToken;
use super::validation::{new_address, refuse, shown_again, wrong_current_password};
use super::verify::{LinkPurpose, gone};

/// GET /account/email, and POST when the form was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/account_email.html")]
pub struct AccountEmailPage {
    pub layout: Layout,
    /// The present address.
    pub current_email: String,
    pub email: FormField,
    pub current_password: Option<FieldError>,
}

form_page!(AccountEmailPage { "email": email.error, "current_password": current_password });

/// `GET /account/email/<token>`, which changes nothing, and POST when the password was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/account_email_confirm.html")]
pub struct AccountEmailConfirmPage {
    pub layout: Layout,
    /// The path of this page, which the form posts to.
    pub action: String,
    /// The address before the change.
    pub current_email: String,
    pub new_email: String,
    /// True if the user of the link is not signed in.
    pub ask_password: bool,
    pub current_password: Option<FieldError>,
}

form_page!(AccountEmailConfirmPage { "current_password": current_password });

pub fn routes() -> Vec<Route> {
    routes![form, submit, resend, cancel, look, confirm]
}

fn page(user: &SignedIn<'_>, email: FormField, current_password: Option<FieldError>) -> AccountEmailPage {
    AccountEmailPage {
        layout: user.visitor.layout(),
        current_email: user.session.email.clone(),
        email,
        current_password,
    }
}

#[get("/account/email")]
fn form(user: SignedIn<'_>) -> HandlerResult {
    Reply::ok(&page(&user, FormField::default(), None))
}

#[post("/account/email", data = "<fields>")]
async fn submit(user: SignedIn<'_>, fields: OwnForm) -> HandlerResult {
    let typed = fields.get("current_password");
    let visitor = &user.visitor;
    let accounts = &visitor.app.accounts;
    let again = |email: Option<FieldError>, current: Option<FieldError>| {
        page(&user, shown_again(&fields, "email", email), current)
    };
    let new = match new_address(accounts, fields.get("email")) {
        Ok(new) => new,
        Err(error) => {
            let checked = accounts.verify_password(user.session, typed, &visitor.client).await;
            return match checked {
                Ok(()) => Reply::refused(&again(Some(error), None)),
                Err(e) => refuse(e, typed, |current| again(Some(error), current)),
            };
        }
    };
    match accounts.request_email_change(user.session, &new, typed, visitor.requester(), visitor.locale).await {
        Ok(()) => Reply::flash(visitor, "email-requested", "/account"),
        Err(ChangeEmailError::Refused { unchanged, current_is_wrong }) => Reply::refused(&again(
            unchanged.then_some(FieldError::EmailUnchanged),
            current_is_wrong.then(|| wrong_current_password(typed)),
        )),
        Err(ChangeEmailError::Failed(e)) => refuse(e, typed, |current| again(None, current)),
    }
}

#[post("/account/email-change/resend", data = "<_fields>")]
async fn resend(user: SignedIn<'_>, _fields: OwnForm) -> HandlerResult {
    let visitor = &user.visitor;
    let sent = visitor.app.accounts.resend_email_change(user.session, visitor.requester(), visitor.locale).await?;
    Reply::flash(visitor, if sent { "email-again" } else { "resent-already" }, "/account")
}

#[post("/account/email-change/cancel", data = "<_fields>")]
async fn cancel(user: SignedIn<'_>, _fields: OwnForm) -> HandlerResult {
    user.visitor.app.accounts.cancel_email_change(user.session).await?;
    Reply::flash(&user.visitor, "email-cancelled", "/account")
}

fn confirm_page(
    visitor: &Visitor<'_>,
    token: &LinkToken,
    change: &ConfirmEmail,
    current_password: Option<FieldError>,
) -> AccountEmailConfirmPage {
    let ask_password = visitor.session().is_none_or(|s| s.user_id != change.user_id);
    AccountEmailConfirmPage {
        layout: visitor.layout(),
        action: format!("/account/email/{}", token.as_str()),
        // The reader of an email to a mistyped address must not learn whose account it is.
        current_email: if ask_password { change.email.masked() } else { change.email.to_string() },
        new_email: change.new_email.to_string(),
        ask_password,
        current_password,
    }
}

#[get("/account/email/<token>")]
async fn look(visitor: Visitor<'_>, token: LinkToken) -> HandlerResult {
    match visitor.app.accounts.preview_email_change(token.as_str()).await? {
        Some(change) => Reply::ok(&confirm_page(&visitor, &token, &change, None)),
        None => gone(&visitor, LinkPurpose::ChangeEmail),
    }
}

#[post("/account/email/<token>", data = "<fields>")]
async fn confirm(visitor: Visitor<'_>, token: LinkToken, fields: FormFields) -> HandlerResult {
    let accounts = &visitor.app.accounts;
    let typed = fields.get("current_password");
    match accounts.confirm_email_change(token.as_str(), visitor.session(), typed, &visitor.client).await {
        Ok(done) => {
            visitor.set_confirmed(done.email, done.known);
            Reply::flash(&visitor, "email-changed", "/account")
        }
        Err(ConfirmEmailError::Gone) => gone(&visitor, LinkPurpose::ChangeEmail),
        Err(ConfirmEmailError::Current(e)) => {
            let Some(change) = accounts.preview_email_change(token.as_str()).await? else {
                return gone(&visitor, LinkPurpose::ChangeEmail);
            };
            refuse(e, typed, |current| confirm_page(&visitor, &token, &change, current))
        }
    }
}
