//! The verification link: a page that changes nothing, and the form on it.

use rocket::{Route, get, post, routes};

use crate::accounts::{self, ConfirmError, ConfirmView};
use crate::web::cookies::CookieName;
use crate::web::field::{FieldError, FormField};
use crate::web::form::FormFields;
use crate::web::page::with_next;
use crate::web::reply::{HandlerResult, Reply};
use crate::web::visitor::Visitor;

use super::link_token::LinkToken;
use super::pages::{ConfirmPage, LinkExpiredPage, LinkPurpose};
use super::validation::{name_error, password_error, shown_again};

pub fn routes() -> Vec<Route> {
    routes![look, confirm]
}

/// The page of an unusable link, whatever the reason.
pub fn gone(visitor: &Visitor<'_>, purpose: LinkPurpose) -> HandlerResult {
    Reply::gone(&LinkExpiredPage { layout: visitor.layout(), purpose })
}

fn page(visitor: &Visitor<'_>, token: &LinkToken, view: &ConfirmView) -> ConfirmPage {
    ConfirmPage {
        layout: visitor.layout(),
        action: format!("/verify/{}", token.as_str()),
        email: view.email.to_string(),
        choose_password: view.choose_password,
        name: FormField::default(),
        password: None,
        password_min_length: visitor.app.accounts.settings().password_min_length,
    }
}

#[get("/verify/<token>", rank = 2)]
async fn look(visitor: Visitor<'_>, token: LinkToken) -> HandlerResult {
    match visitor.app.accounts.preview_verification(token.as_str(), visitor.cookie(CookieName::Signup)).await? {
        Some(view) => Reply::ok(&page(&visitor, &token, &view)),
        None => gone(&visitor, LinkPurpose::Verify),
    }
}

#[post("/verify/<token>", data = "<fields>", rank = 2)]
async fn confirm(visitor: Visitor<'_>, token: LinkToken, fields: FormFields) -> HandlerResult {
    let confirm = accounts::Confirmation {
        token: token.as_str(),
        cookie: visitor.cookie(CookieName::Signup),
        password: fields.get("password"),
        name: fields.get("name"),
    };
    match visitor.app.accounts.confirm(confirm).await {
        Ok(confirmed) => {
            visitor.set_confirmed(confirmed.email, confirmed.known);
            Reply::flash(&visitor, "verified", with_next("/login", confirmed.next.as_deref()))
        }
        Err(ConfirmError::Gone) => gone(&visitor, LinkPurpose::Verify),
        Err(ConfirmError::Refused { name, password }) => {
            let errors = (name.map(name_error), password.map(password_error));
            match again(&visitor, &token, &fields, errors).await? {
                Some(page) => Reply::refused(&page),
                None => gone(&visitor, LinkPurpose::Verify),
            }
        }
        Err(ConfirmError::Other(e)) => match again(&visitor, &token, &fields, (None, None)).await {
            Ok(Some(page)) => Reply::not_now(e, page),
            _ => Err(e.into()),
        },
    }
}

/// The form again, which stays usable; `None` if the link does not.
async fn again(
    visitor: &Visitor<'_>,
    token: &LinkToken,
    fields: &FormFields,
    (name, password): (Option<FieldError>, Option<FieldError>),
) -> Result<Option<ConfirmPage>, accounts::Error> {
    let cookie = visitor.cookie(CookieName::Signup);
    let view = visitor.app.accounts.preview_verification(token.as_str(), cookie).await?;
    Ok(view.map(|view| {
        let name = shown_again(fields, "name", name);
        ConfirmPage { name, password, ..page(visitor, token, &view) }
    }))
}
