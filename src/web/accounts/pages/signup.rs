//! Pages from the signup form to the confirmed address.

use std::time::Duration;

use askama::Template;

use crate::web::field::{FieldError, FormField};
use crate::web::page::Layout;
use crate::web::reply::{Form, form_page};

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

/// GET /verify/<token>, which changes nothing, and POST when the password was rejected.
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
