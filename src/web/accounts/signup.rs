//! The signup page, the page that waits for the confirmation, and resending the email.

use rocket::{Route, get, post, routes};

use crate::accounts::{Name, NewSignup, Password, ResendError, SignupError};
use crate::web::cookies::CookieName;
use crate::web::error::PageError;
use crate::web::field::{FieldError, FormField};
use crate::web::form::FormFields;
use crate::web::problem::PageProblem;
use crate::web::reply::{HandlerResult, Reply};
use crate::web::visitor::Visitor;

use super::pages::{ResendPage, SignupPage, VerifySentPage};
use super::validation::{address, kept, local_redirect, name_error, new_address, password_error};

pub fn routes() -> Vec<Route> {
    routes![form, submit, waiting, resend_form, resend]
}

#[get("/signup?<next>")]
fn form(visitor: Visitor<'_>, next: Option<&str>) -> HandlerResult {
    if visitor.session().is_some() {
        return Reply::see_other("/account");
    }
    if !visitor.app.accounts.settings().signups_open {
        return Err(PageError::Problem(PageProblem::SignupsClosed));
    }
    Reply::ok(&page(&visitor, FormField::default(), FormField::default(), None, next.and_then(local_redirect)))
}

fn page(
    visitor: &Visitor<'_>,
    name: FormField,
    email: FormField,
    password: Option<FieldError>,
    next: Option<String>,
) -> SignupPage {
    let password_min_length = visitor.app.accounts.settings().password_min_length;
    SignupPage { frame: visitor.layout(), name, email, password, password_min_length, next }
}

#[post("/signup", data = "<fields>")]
async fn submit(visitor: Visitor<'_>, fields: FormFields) -> HandlerResult {
    if !visitor.app.accounts.settings().signups_open {
        return Err(PageError::Problem(PageProblem::SignupsClosed));
    }
    let new = match check(&visitor, &fields) {
        Ok(new) => new,
        Err(page) => return Reply::refused(&*page),
    };
    let max_age = visitor.app.accounts.settings().signup_ttl;
    match visitor.app.accounts.sign_up(new, visitor.cookie(CookieName::Signup), &visitor.client).await {
        Ok(cookie) => {
            visitor.set_cookie(CookieName::Signup, cookie, Some(max_age));
            Reply::see_other("/verify")
        }
        Err(SignupError::AlreadyVerified) => {
            let email = FormField::wrong(kept(fields.get("email")), FieldError::EmailAlreadyVerified);
            let next = local_redirect(fields.get("next"));
            Reply::refused(&page(&visitor, FormField::new(kept(fields.get("name"))), email, None, next))
        }
        Err(SignupError::Other(e)) => Err(e.into()),
    }
}

/// Validates all fields; otherwise returns the form with all errors.
fn check(visitor: &Visitor<'_>, fields: &FormFields) -> Result<NewSignup, Box<SignupPage>> {
    let app = visitor.app;
    let email = new_address(&app.accounts, fields.get("email"));
    let name = Name::parse(fields.get("name")).map_err(name_error);
    let min = app.accounts.settings().password_min_length;
    let password = Password::choose(fields.get("password"), min, email.as_ref().ok(), &app.site.name);
    let password = password.map_err(password_error);
    let next = local_redirect(fields.get("next"));
    match (email, name, password) {
        (Ok(email), Ok(name), Ok(password)) => Ok(NewSignup { email, name, password, locale: visitor.locale, next }),
        (email, name, password) => {
            let name = FormField { value: kept(fields.get("name")), error: name.err() };
            let email = FormField { value: kept(fields.get("email")), error: email.err() };
            Err(Box::new(page(visitor, name, email, password.err(), next)))
        }
    }
}

#[get("/verify")]
async fn waiting(visitor: Visitor<'_>) -> HandlerResult {
    let waiting = visitor.app.accounts.waiting(visitor.cookie(CookieName::Signup), &visitor.client).await?;
    let now = visitor.app.clock.now();
    Reply::ok(&VerifySentPage {
        frame: visitor.layout(),
        address: waiting.as_ref().map(|w| w.email.to_string()),
        sent: waiting.as_ref().map(|w| now.since(w.requested_at)),
        wait: waiting.map(|w| w.wait).filter(|wait| !wait.is_zero()),
        sender: visitor.app.sender.clone(),
    })
}

#[get("/verify/resend")]
fn resend_form(visitor: Visitor<'_>) -> HandlerResult {
    Reply::ok(&ResendPage { frame: visitor.layout(), email: FormField::default() })
}

#[post("/verify/resend", data = "<fields>")]
async fn resend(visitor: Visitor<'_>, fields: FormFields) -> HandlerResult {
    let refuse = |error| {
        let email = FormField::wrong(kept(fields.get("email")), error);
        Reply::refused(&ResendPage { frame: visitor.layout(), email })
    };
    let email = match address(fields.get("email")) {
        Ok(email) => email,
        Err(error) => return refuse(error),
    };
    let cookie = visitor.cookie(CookieName::Signup);
    match visitor.app.accounts.resend(&email, cookie, &visitor.client, visitor.locale).await {
        Ok(asked) => {
            visitor.flash(if asked { "resent" } else { "resent-already" });
            Reply::see_other("/verify")
        }
        Err(ResendError::AlreadyVerified) => refuse(FieldError::EmailAlreadyVerified),
        Err(ResendError::NotRegistered) => refuse(FieldError::EmailNotRegistered),
        Err(ResendError::Other(e)) => Err(e.into()),
    }
}
