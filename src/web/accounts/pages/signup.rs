//! Pages from the first form to the confirmed address.

use std::time::Duration;

use askama::Template;

use crate::web::field::{Complaint, Field, FieldError, complaints};
use crate::web::page::Frame;
use crate::web::reply::Form;

/// GET /signup, and POST when the form was refused.
#[derive(Debug, Template)]
#[template(path = "accounts/signup.html")]
pub struct Signup {
    pub frame: Frame,
    pub name: Field,
    pub email: Field,
    pub password: Option<FieldError>,
    /// In characters.
    pub password_min_length: usize,
    /// Where to go after the first login; a path of this site.
    pub next: Option<String>,
}

impl Form for Signup {
    fn complaints(&self) -> Vec<Complaint> {
        let errors = [("name", self.name.error), ("email", self.email.error), ("password", self.password)];
        complaints(self.frame.locale, &errors)
    }
}

/// GET /verify: "check your mail", the same for every address.
#[derive(Debug, Template)]
#[template(path = "accounts/verify_sent.html")]
pub struct VerifySent {
    pub frame: Frame,
    /// From the binding cookie; without it the text is generic and the form asks for the address.
    pub address: Option<String>,
    /// How long ago the letter was asked for.
    pub sent: Option<Duration>,
    /// How long until another may be asked for.
    pub wait: Option<Duration>,
    /// The address our letters come from.
    pub sender: String,
}

/// GET /verify/resend, and POST when the form was refused.
#[derive(Debug, Template)]
#[template(path = "accounts/resend.html")]
pub struct Resend {
    pub frame: Frame,
    pub email: Field,
}

impl Form for Resend {
    fn complaints(&self) -> Vec<Complaint> {
        complaints(self.frame.locale, &[("email", self.email.error)])
    }
}

/// GET /verify/<token>, inert, and POST when the password was refused.
#[derive(Debug, Template)]
#[template(path = "accounts/confirm.html")]
pub struct Confirm {
    pub frame: Frame,
    /// Path of this page: where the form goes.
    pub action: String,
    /// The address that is being confirmed.
    pub email: String,
    /// In any browser but the one that signed up: the password to log in with from now on.
    pub choose_password: bool,
    /// Shown for correction with the password.
    pub name: Field,
    pub password: Option<FieldError>,
    /// In characters.
    pub password_min_length: usize,
}

impl Form for Confirm {
    fn complaints(&self) -> Vec<Complaint> {
        complaints(self.frame.locale, &[("name", self.name.error), ("password", self.password)])
    }
}

/// What a dead link was for; decides the way to a new one.
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

    /// Where a new link is asked for.
    const fn way(self) -> &'static str {
        match self {
            LinkPurpose::Verify => "/verify/resend",
            LinkPurpose::Reset => "/password/forgot",
            LinkPurpose::ChangeEmail => "/account/email",
        }
    }
}

/// 410 for a mailed link that is bad, used or expired: one wording, since the three are not told apart.
#[derive(Debug, Template)]
#[template(path = "accounts/link_gone.html")]
pub struct LinkGone {
    pub frame: Frame,
    pub purpose: LinkPurpose,
}

impl LinkGone {
    fn text(&self) -> String {
        self.frame.t(&format!("link-gone-{}", self.purpose.key()))
    }

    fn way_text(&self) -> String {
        self.frame.t(&format!("link-gone-{}-way", self.purpose.key()))
    }
}
