//! The page for changing the password.

use askama::Template;
use rocket::{Route, get, post, routes};

use crate::accounts::ChangePasswordError;
use crate::web::cookies::CookieName;
use crate::web::field::FieldError;
use crate::web::page::Layout;
use crate::web::reply::{Form, HandlerResult, Reply, form_page};
use crate::web::visitor::{OwnForm, SignedIn};

use super::validation::{password_error, refuse, wrong_current_password};

/// GET /account/password, and POST when the form was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/account_password.html")]
pub struct AccountPasswordPage {
    pub layout: Layout,
    /// For password managers.
    pub email: String,
    pub current_password: Option<FieldError>,
    pub password: Option<FieldError>,
    /// In characters.
    pub password_min_length: usize,
}

form_page!(AccountPasswordPage { "current_password": current_password, "password": password });

pub fn routes() -> Vec<Route> {
    routes![form, submit]
}

fn page(
    user: &SignedIn<'_>,
    current_password: Option<FieldError>,
    password: Option<FieldError>,
) -> AccountPasswordPage {
    AccountPasswordPage {
        layout: user.visitor.layout(),
        email: user.session.email.clone(),
        current_password,
        password,
        password_min_length: user.visitor.app.accounts.settings().password_min_length,
    }
}

#[get("/account/password")]
fn form(user: SignedIn<'_>) -> HandlerResult {
    Reply::ok(&page(&user, None, None))
}

#[post("/account/password", data = "<fields>")]
async fn submit(user: SignedIn<'_>, fields: OwnForm) -> HandlerResult {
    let visitor = &user.visitor;
    let (current, new) = (fields.get("current_password"), fields.get("password"));
    match visitor.app.accounts.change_password(user.session, current, new, &visitor.client).await {
        Ok(token) => {
            let max_age = user.session.remembered.then(|| visitor.app.accounts.settings().remember_lifetime);
            visitor.set_cookie(CookieName::Session, token, max_age);
            Reply::flash(visitor, "password-changed", "/account")
        }
        Err(ChangePasswordError::Refused { current_is_wrong, new }) => {
            let wrong = current_is_wrong.then(|| wrong_current_password(current));
            Reply::refused(&page(&user, wrong, new.map(password_error)))
        }
        Err(ChangePasswordError::Failed(e)) => refuse(e, current, |wrong| page(&user, wrong, None)),
    }
}
