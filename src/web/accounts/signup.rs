//! The signup page, the page that waits for the confirmation, and resending the email.

use std::time::Duration;

use askama::Template;
use rocket::{Route, get, post, routes};

use crate::accounts::{Name, NewSignup, Password, ResendError, SignupError};
use crate::web::cookies::CookieName;
use crate::web::error::WebError;
use crate::web::field::{FieldError, FormField};
use crate::web::form::FormFields;
use crate::web::page::Layout;
use crate::web::problem::PageProblem;
use crate::web::reply::{Form, HandlerResult, Reply, form_page};
use crate::web::visitor::Visitor;

use super::validation::{address, local_redirect, name_error, new_address, password_error, shown_again};

/// GET /signup, and POST when the form was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/signup.html")]
pub struct SignupPage {
    pub layout: Layout,
    pub name: FormField,
    pub email: FormField,
    pub password: Option<FieldError>,
    /// In characters.
    pub password_min_length: usize,
    /// The destination after the first login: a local path.
    pub next: Option<String>,
}

form_page!(SignupPage { "name": name.error, "email": email.error, "password": password });

/// GET /verify: "check your mail", the same for every address.
#[derive(Debug, Template)]
#[template(path = "accounts/verify_sent.html")]
pub struct VerifySentPage {
    pub layout: Layout,
    /// The address that this browser signed up with; without it the text is generic and the form asks for the address.
    pub address: Option<String>,
    /// How long ago the email was requested.
    pub sent: Option<Duration>,
    /// How long until another may be requested.
    pub wait: Option<Duration>,
    /// The sender address of account emails.
    pub sender: String,
}

/// GET /verify/resend, and POST when the form was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/resend.html")]
pub struct ResendPage {
    pub layout: Layout,
    pub email: FormField,
}

form_page!(ResendPage { "email": email.error });

pub fn routes() -> Vec<Route> {
    routes![form, submit, waiting, resend_form, resend]
}

#[get("/signup?<next>")]
fn form(visitor: Visitor<'_>, next: Option<&str>) -> HandlerResult {
    if visitor.session().is_some() {
        return Reply::see_other("/account");
    }
    if !visitor.app.accounts.settings().signups_open {
        return Err(WebError::Problem(PageProblem::SignupsClosed));
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
    SignupPage { layout: visitor.layout(), name, email, password, password_min_length, next }
}

#[post("/signup", data = "<fields>")]
async fn submit(visitor: Visitor<'_>, fields: FormFields) -> HandlerResult {
    if !visitor.app.accounts.settings().signups_open {
        return Err(WebError::Problem(PageProblem::SignupsClosed));
    }
    let new = match check(&visitor, &fields) {
        Ok(new) => new,
        Err(page) => return Reply::refused(&*page),
    };
    let max_age = visitor.app.accounts.settings().signup_ttl;
    let address = new.email.clone();
    let again = |email| {
        let (name, next) = (shown_again(&fields, "name", None), local_redirect(fields.get("next")));
        page(&visitor, name, shown_again(&fields, "email", email), None, next)
    };
    match visitor.app.accounts.sign_up(new, visitor.requester()).await {
        Ok(cookie) => {
            visitor.set_cookie(CookieName::Signup, cookie, Some(max_age));
            visitor.set_requested(address);
            Reply::see_other("/verify")
        }
        Err(SignupError::AlreadyVerified) => Reply::refused(&again(Some(FieldError::EmailAlreadyVerified))),
        Err(SignupError::Other(e)) => Reply::not_now(e, again(None)),
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
            let name = shown_again(fields, "name", name.err());
            let email = shown_again(fields, "email", email.err());
            Err(Box::new(page(visitor, name, email, password.err(), next)))
        }
    }
}

#[get("/verify")]
async fn waiting(visitor: Visitor<'_>) -> HandlerResult {
    let last = visitor.last_address().and_then(|last| Some((last.address, last.requested_at?)));
    let wait = match &last {
        Some((address, _)) => visitor.app.accounts.verification_wait(address, &visitor.client).await?,
        None => Duration::ZERO,
    };
    let now = visitor.app.clock.now();
    Reply::ok(&VerifySentPage {
        layout: visitor.layout(),
        address: last.as_ref().map(|(address, _)| address.to_string()),
        sent: last.map(|(_, at)| now.since(at)),
        wait: Some(wait).filter(|wait| !wait.is_zero()),
        sender: visitor.app.sender.clone(),
    })
}

#[get("/verify/resend")]
fn resend_form(visitor: Visitor<'_>) -> HandlerResult {
    Reply::ok(&ResendPage { layout: visitor.layout(), email: FormField::default() })
}

#[post("/verify/resend", data = "<fields>")]
async fn resend(visitor: Visitor<'_>, fields: FormFields) -> HandlerResult {
    let page = |error| ResendPage { layout: visitor.layout(), email: shown_again(&fields, "email", error) };
    let refuse = |error| Reply::refused(&page(Some(error)));
    let email = match address(fields.get("email")) {
        Ok(email) => email,
        Err(error) => return refuse(error),
    };
    match visitor.app.accounts.resend(&email, visitor.requester(), visitor.locale).await {
        Ok(asked) => {
            // Only where the page already shows this address: another one may be nobody's, or mistyped.
            if asked && visitor.last_address().is_some_and(|last| last.address.canonical() == email.canonical()) {
                visitor.set_requested(email);
            }
            Reply::flash(&visitor, if asked { "resent" } else { "resent-already" }, "/verify")
        }
        Err(ResendError::AlreadyVerified) => refuse(FieldError::EmailAlreadyVerified),
        Err(ResendError::NotRegistered) => refuse(FieldError::EmailNotRegistered),
        Err(ResendError::Other(e)) => Reply::not_now(e, page(None)),
    }
}
