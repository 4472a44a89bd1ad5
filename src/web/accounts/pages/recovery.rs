//! Pages for a forgotten password.

use askama::Template;

use crate::web::field::{FieldError, FormField};
use crate::web::page::Layout;
use crate::web::reply::{Form, form_page};

/// GET /password/forgot, and POST when the form was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/forgot.html")]
pub struct ForgotPage {
    pub layout: Layout,
    pub email: FormField,
}

form_page!(ForgotPage { "email": email.error });

/// GET /password/forgot/sent: the same for every address.
#[derive(Debug, Template)]
#[template(path = "accounts/forgot_sent.html")]
pub struct ForgotSentPage {
    pub layout: Layout,
    /// The sender address of account emails.
    pub sender: String,
}

/// GET /password/reset/<token>, which changes nothing, and POST when the password was rejected.
#[derive(Debug, Template)]
#[template(path = "accounts/reset.html")]
pub struct ResetPage {
    pub layout: Layout,
    /// The path of this page, which the form posts to.
    pub action: String,
    /// The account's address, for password managers.
    pub email: String,
    pub password: Option<FieldError>,
    /// In characters.
    pub password_min_length: usize,
}

form_page!(ResetPage { "password": password });
