//! Pages of the forgotten password.

use askama::Template;

use crate::web::field::{Complaint, Field, FieldError, complaints};
use crate::web::page::Frame;
use crate::web::reply::Form;

/// GET /password/forgot, and POST when the form was refused.
#[derive(Debug, Template)]
#[template(path = "accounts/forgot.html")]
pub struct Forgot {
    pub frame: Frame,
    pub email: Field,
}

impl Form for Forgot {
    fn complaints(&self) -> Vec<Complaint> {
        complaints(self.frame.locale, &[("email", self.email.error)])
    }
}

/// GET /password/forgot/sent: the same for every address.
#[derive(Debug, Template)]
#[template(path = "accounts/forgot_sent.html")]
pub struct ForgotSent {
    pub frame: Frame,
    /// The address our letters come from.
    pub sender: String,
}

/// GET /password/reset/<token>, inert, and POST when the password was refused.
#[derive(Debug, Template)]
#[template(path = "accounts/reset.html")]
pub struct Reset {
    pub frame: Frame,
    /// Path of this page: where the form goes.
    pub action: String,
    /// Whose password it is, for password managers.
    pub email: String,
    pub password: Option<FieldError>,
    /// In characters.
    pub password_min_length: usize,
}

impl Form for Reset {
    fn complaints(&self) -> Vec<Complaint> {
        complaints(self.frame.locale, &[("password", self.password)])
    }
}
