//! The token in the path of an emailed link.

use std::convert::Infallible;

use rocket::request::FromParam;

use crate::accounts::read_token;

/// A token without what mail programs append to links; empty if the path has none.
pub struct LinkToken(String);

impl LinkToken {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromParam<'_> for LinkToken {
    type Error = Infallible;

    fn from_param(param: &str) -> Result<Self, Infallible> {
        Ok(LinkToken(read_token(param).unwrap_or_default()))
    }
}
