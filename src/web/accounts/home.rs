//! The home page, and the URL where password managers look for the password form.

use askama::Template;
use rocket::{Route, get, routes};

use crate::web::page::Layout;
use crate::web::reply::{HandlerResult, Reply};
use crate::web::visitor::Visitor;

/// GET /: the signed-in user, or links to login and signup.
#[derive(Debug, Template)]
#[template(path = "accounts/home.html")]
pub struct HomePage {
    pub layout: Layout,
}

pub fn routes() -> Vec<Route> {
    routes![home, change_password]
}

#[get("/")]
fn home(visitor: Visitor<'_>) -> HandlerResult {
    Reply::ok(&HomePage { layout: visitor.layout() })
}

/// The well-known URL for changing passwords: <https://w3c.github.io/webappsec-change-password-url/>
#[get("/.well-known/change-password")]
fn change_password() -> HandlerResult {
    Reply::see_other("/account/password")
}
