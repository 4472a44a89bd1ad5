//! The home page and where password managers look for the change form.

use rocket::{Route, get, routes};

use crate::web::reply::{Answer, Reply};
use crate::web::visitor::Visitor;

use super::pages::Home;

pub fn routes() -> Vec<Route> {
    routes![home, change_password]
}

#[get("/")]
fn home(visitor: Visitor<'_>) -> Answer {
    Reply::ok(&Home { frame: visitor.frame() })
}

/// <https://w3c.github.io/webappsec-change-password-url/>
#[get("/.well-known/change-password")]
fn change_password() -> Answer {
    Reply::see_other("/account/password")
}
