//! Home and login.

use std::time::Duration;

use askama::Template;

use crate::web::field::{Complaint, Field, FieldError, complaints};
use crate::web::page::Frame;
use crate::web::reply::Form;

/// GET /: who you are, or the ways in.
#[derive(Debug, Template)]
#[template(path = "accounts/home.html")]
pub struct Home {
    pub frame: Frame,
}

/// Why a login was refused, as far as a visitor may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginFailure {
    /// One wording for an unknown, unconfirmed or disabled account and a wrong password.
    Refused,
    /// Too many tries; how long to wait.
    Throttled(Duration),
}

/// GET /login, and POST when it was refused.
#[derive(Debug, Template)]
#[template(path = "accounts/login.html")]
pub struct Login {
    pub frame: Frame,
    /// Its error, as the password's, is for an empty field only.
    pub email: Field,
    pub password: Option<FieldError>,
    pub remember: bool,
    /// A path of this site.
    pub next: Option<String>,
    pub failure: Option<LoginFailure>,
    /// How long "remember me" lasts.
    pub remember_life: Duration,
}

impl Form for Login {
    fn complaints(&self) -> Vec<Complaint> {
        complaints(self.frame.locale, &[("email", self.email.error), ("password", self.password)])
    }

    /// The sentence above the form.
    fn refusal(&self) -> Option<String> {
        match self.failure? {
            LoginFailure::Refused => Some(self.frame.t("login-refused")),
            LoginFailure::Throttled(wait) => {
                Some(self.frame.with("login-throttled", "wait", self.frame.wait(&wait).as_str()))
            }
        }
    }
}

impl Login {
    fn refused(&self) -> bool {
        self.failure == Some(LoginFailure::Refused)
    }
}
