//! The home page and the login page.

use std::time::Duration;

use askama::Template;

use crate::web::field::{FieldError, FieldMessage, FormField, complaints};
use crate::web::page::Layout;
use crate::web::reply::Form;

/// GET /: the signed-in user, or links to login and signup.
#[derive(Debug, Template)]
#[template(path = "accounts/home.html")]
pub struct HomePage {
    pub frame: Layout,
}

/// Why a login was rejected, as far as the page may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginFailure {
    /// The account is unknown, unconfirmed or disabled, or the password is wrong; the text is the same.
    Refused,
    /// Too many attempts; contains the wait.
    Throttled(Duration),
}

/// GET /login, and POST when it was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/login.html")]
pub struct LoginPage {
    pub frame: Layout,
    /// Its error, like the password's, is set only for an empty field.
    pub email: FormField,
    pub password: Option<FieldError>,
    pub remember: bool,
    /// A local path.
    pub next: Option<String>,
    pub failure: Option<LoginFailure>,
    /// How long "remember me" lasts.
    pub remember_lifetime: Duration,
}

impl Form for LoginPage {
    fn complaints(&self) -> Vec<FieldMessage> {
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

impl LoginPage {
    fn refused(&self) -> bool {
        self.failure == Some(LoginFailure::Refused)
    }
}
