//! The verification link: a page that changes nothing, and the form on it.

use askama::Template;
use rocket::{Route, get, post, routes};

use crate::accounts::{self, ConfirmError, ConfirmView};
use crate::web::cookies::CookieName;
use crate::web::field::{FieldError, FormField};
use crate::web::form::FormFields;
use crate::web::page::Layout;
use crate::web::page_link::with_next;
use crate::web::reply::{Form, HandlerResult, Reply, form_page};
use crate::web::visitor::Visitor;

use super::link_token::LinkToken;
use super::validation::{name_error, password_error, shown_again};

/// `GET /verify/<token>`, which changes nothing, and POST when the password was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/confirm.html")]
pub struct ConfirmPage {
    pub layout: Layout,
    /// The path of this page, which the form posts to.
    pub action: String,
    /// The address being confirmed.
    pub email: String,
    /// True if the visitor must choose the password: in any browser but the one that signed up.
    pub choose_password: bool,
    /// Asked for together with the password.
    pub name: FormField,
    pub password: Option<FieldError>,
    /// In characters.
    pub password_min_length: usize,
}

form_page!(ConfirmPage { "name": name.error, "password": password });

/// The purpose of an unusable link, which decides where to get a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    Verify,
    Reset,
    ChangeEmail,
}

impl LinkPurpose {
    const fn key(self) -> &'static str {
        match self {
            LinkPurpose::Verify => "verify",
            LinkPurpose::Reset => "reset",
            LinkPurpose::ChangeEmail => "change-email",
        }
    }

    /// The path of the form for a new link.
    const fn way(self) -> &'static str {
        match self {
            LinkPurpose::Verify => "/verify/resend",
            LinkPurpose::Reset => "/password/forgot",
            LinkPurpose::ChangeEmail => "/account/email",
        }
    }
}

/// 410 for a link that is invalid, used or expired; the text is the same for all three.
#[derive(Debug, Template)]
#[template(path = "accounts/link_gone.html")]
pub struct LinkExpiredPage {
    pub layout: Layout,
    pub purpose: LinkPurpose,
}

impl LinkExpiredPage {
    fn text(&self) -> String {
        self.layout.t(&format!("link-gone-{}", self.purpose.key()))
    }

    fn way_text(&self) -> String {
        self.layout.t(&format!("link-gone-{}-way", self.purpose.key()))
    }
}

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
