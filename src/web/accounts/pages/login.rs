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
    pub layout: Layout,
}

/// GET /login, and POST when it was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/login.html")]
pub struct LoginPage {
    pub layout: Layout,
    /// Its error, like the password's, is set only for an empty field.
    pub email: FormField,
    pub password: Option<FieldError>,
    pub remember: bool,
    /// A local path.
    pub next: Option<String>,
    /// True if the account is unknown, unconfirmed or disabled, or the password is wrong; the text is the same.
    pub refused: bool,
    /// How long "remember me" lasts.
    pub remember_lifetime: Duration,
}

impl Form for LoginPage {
    fn complaints(&self) -> Vec<FieldMessage> {
        complaints(self.layout.locale, &[("email", self.email.error), ("password", self.password)])
    }

    fn frame_mut(&mut self) -> &mut Layout {
        &mut self.layout
    }

    /// The sentence above the form.
    fn refusal(&self) -> Option<String> {
        if self.refused { Some(self.layout.t("login-refused")) } else { self.layout.refusal.clone() }
    }
}
