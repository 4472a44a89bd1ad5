//! The verification link: a page that changes nothing, and the form on it.

use rocket::{Route, get, post, routes};

use crate::accounts::{self, ConfirmError, ConfirmView};
use crate::web::cookies::CookieName;
use crate::web::field::{FieldError, FormField};
use crate::web::form::FormFields;
use crate::web::reply::{HandlerResult, Reply};
use crate::web::visitor::Visitor;

use super::pages::{ConfirmPage, LinkExpiredPage, LinkPurpose};
use super::validation::{kept, name_error, password_error};

pub fn routes() -> Vec<Route> {
    routes![look, confirm]
}

/// The page of an unusable link, whatever the reason.
pub fn gone(visitor: &Visitor<'_>, purpose: LinkPurpose) -> HandlerResult {
    Reply::gone(&LinkExpiredPage { frame: visitor.layout(), purpose })
}

fn page(visitor: &Visitor<'_>, token: &str, view: &ConfirmView) -> ConfirmPage {
    ConfirmPage {
        frame: visitor.layout(),
        action: format!("/verify/{token}"),
        email: view.email.to_string(),
        choose_password: view.choose_password,
        name: FormField::new(&view.name),
        password: None,
        password_min_length: visitor.app.accounts.settings().password_min_length,
    }
}

#[get("/verify/<token>", rank = 2)]
async fn look(visitor: Visitor<'_>, token: &str) -> HandlerResult {
    match visitor.app.accounts.preview_verification(token, visitor.cookie(CookieName::Signup)).await? {
        Some(view) => Reply::ok(&page(&visitor, token, &view)),
        None => gone(&visitor, LinkPurpose::Verify),
    }
}

#[post("/verify/<token>", data = "<fields>", rank = 2)]
async fn confirm(visitor: Visitor<'_>, token: &str, fields: FormFields) -> HandlerResult {
    let confirm = accounts::Confirmation {
        token,
        cookie: visitor.cookie(CookieName::Signup),
        password: fields.get("password"),
        name: fields.has("name").then(|| fields.get("name")),
    };
    match visitor.app.accounts.confirm(confirm).await {
        Ok(next) => {
            visitor.remove_cookie(CookieName::Signup);
            visitor.flash("verified");
            Reply::see_other(to_login(next))
        }
        Err(ConfirmError::Gone) => gone(&visitor, LinkPurpose::Verify),
        Err(ConfirmError::Refused { name, password }) => {
            again(&visitor, token, &fields, (name.map(name_error), password.map(password_error))).await
        }
        Err(ConfirmError::Other(e)) => Err(e.into()),
    }
}

fn to_login(next: Option<String>) -> String {
    match next {
        Some(next) => {
            format!("/login?next={}", percent_encoding::utf8_percent_encode(&next, percent_encoding::NON_ALPHANUMERIC))
        }
        None => "/login".to_owned(),
    }
}

/// The form again; the link stays usable.
async fn again(
    visitor: &Visitor<'_>,
    token: &str,
    fields: &FormFields,
    (name, password): (Option<FieldError>, Option<FieldError>),
) -> HandlerResult {
    let cookie = visitor.cookie(CookieName::Signup);
    let Some(view) = visitor.app.accounts.preview_verification(token, cookie).await? else {
        return gone(visitor, LinkPurpose::Verify);
    };
    let mut page = page(visitor, token, &view);
    if fields.has("name") {
        page.name.value = kept(fields.get("name"));
    }
    page.name.error = name;
    page.password = password;
    Reply::refused(&page)
}
