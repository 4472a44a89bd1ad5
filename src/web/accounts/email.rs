//! The pages for changing the address: the request, and the link that confirms the new address.

use rocket::{Route, get, post, routes};

use crate::accounts::{ChangeEmailError, ConfirmEmail, ConfirmEmailError};
use crate::web::field::{FieldError, FormField};
use crate::web::form::FormFields;
use crate::web::reply::{HandlerResult, Reply};
use crate::web::visitor::{SignedIn, Visitor};

use super::pages::{AccountEmailConfirmPage, AccountEmailPage, LinkPurpose};
use super::validation::{current_password_error, kept, new_address, wrong_current_password};
use super::verify::gone;

pub fn routes() -> Vec<Route> {
    routes![form, submit, look, confirm]
}

fn page(user: &SignedIn<'_>, email: FormField, current_password: Option<FieldError>) -> AccountEmailPage {
    AccountEmailPage {
        frame: user.visitor.layout(),
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
async fn submit(user: SignedIn<'_>, fields: FormFields) -> HandlerResult {
    let typed = fields.get("current_password");
    let visitor = &user.visitor;
    let accounts = &visitor.app.accounts;
    let refuse = |email: Option<FieldError>, current: Option<FieldError>| {
        Reply::refused(&page(&user, FormField { value: kept(fields.get("email")), error: email }, current))
    };
    let new = match new_address(accounts, fields.get("email")) {
        Ok(new) => new,
        Err(error) => {
            let checked = accounts.verify_password(user.session, typed, &visitor.client).await;
            let current = checked.err().map(|e| current_password_error(e, typed)).transpose()?;
            return refuse(Some(error), current);
        }
    };
    match accounts.request_email_change(user.session, &new, typed, &visitor.client, visitor.locale).await {
        Ok(()) => {
            visitor.flash("email-requested");
            Reply::see_other("/account")
        }
        Err(ChangeEmailError::Refused { unchanged, current_is_wrong }) => refuse(
            unchanged.then_some(FieldError::EmailUnchanged),
            current_is_wrong.then(|| wrong_current_password(typed)),
        ),
        Err(ChangeEmailError::Failed(e)) => refuse(None, Some(current_password_error(e, typed)?)),
    }
}

fn confirm_page(
    visitor: &Visitor<'_>,
    token: &str,
    change: &ConfirmEmail,
    current_password: Option<FieldError>,
) -> AccountEmailConfirmPage {
    let ask_password = visitor.session().is_none_or(|s| s.user_id != change.user_id);
    AccountEmailConfirmPage {
        frame: visitor.layout(),
        action: format!("/account/email/{token}"),
        // The reader of an email to a mistyped address must not learn whose account it is.
        current_email: if ask_password { change.email.masked() } else { change.email.to_string() },
        new_email: change.new_email.to_string(),
        ask_password,
        current_password,
    }
}

#[get("/account/email/<token>")]
async fn look(visitor: Visitor<'_>, token: &str) -> HandlerResult {
    match visitor.app.accounts.preview_email_change(token).await? {
        Some(change) => Reply::ok(&confirm_page(&visitor, token, &change, None)),
        None => gone(&visitor, LinkPurpose::ChangeEmail),
    }
}

#[post("/account/email/<token>", data = "<fields>")]
async fn confirm(visitor: Visitor<'_>, token: &str, fields: FormFields) -> HandlerResult {
    let accounts = &visitor.app.accounts;
    let typed = fields.get("current_password");
    match accounts.confirm_email_change(token, visitor.session(), typed, &visitor.client).await {
        Ok(()) => {
            visitor.flash("email-changed");
            Reply::see_other("/account")
        }
        Err(ConfirmEmailError::Gone) => gone(&visitor, LinkPurpose::ChangeEmail),
        Err(ConfirmEmailError::Current(e)) => {
            let error = current_password_error(e, typed)?;
            match accounts.preview_email_change(token).await? {
                Some(change) => Reply::refused(&confirm_page(&visitor, token, &change, Some(error))),
                None => gone(&visitor, LinkPurpose::ChangeEmail),
            }
        }
    }
}
