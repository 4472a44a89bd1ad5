//! What a handler answers: a page with its status, or a way on.

use std::time::Duration;

use askama::Template;
use rocket::http::{ContentType, Header, Status};
use rocket::request::Request;
use rocket::response::{Responder, Response, Result};

use super::error::Failure;

/// An answer of an account page.
pub enum Reply {
    Page(Status, String),
    /// 303: the browser asks the new place with GET.
    SeeOther(String),
    /// 303, and the browser forgets what it cached of the pages behind the login (ASVS 14.3.1).
    LoggedOut(String),
    /// 429 and a page with a form: says when to come back.
    Wait(Duration, String),
}

/// What handlers return.
pub type Answer = std::result::Result<Reply, Failure>;

impl Reply {
    /// # Errors
    /// When the template fails, which no data of ours makes it do.
    pub fn page(status: Status, template: &impl Template) -> Answer {
        Ok(Reply::Page(status, template.render()?))
    }

    /// # Errors
    /// As [`Reply::page`].
    pub fn ok(template: &impl Template) -> Answer {
        Reply::page(Status::Ok, template)
    }

    /// The form again, with what is wrong.
    ///
    /// # Errors
    /// As [`Reply::page`].
    pub fn refused(template: &impl Template) -> Answer {
        Reply::page(Status::UnprocessableEntity, template)
    }

    pub fn see_other(to: impl Into<String>) -> Answer {
        Ok(Reply::SeeOther(to.into()))
    }
}

impl<'r> Responder<'r, 'static> for Reply {
    fn respond_to(self, request: &'r Request<'_>) -> Result<'static> {
        let (status, html) = match self {
            Reply::SeeOther(to) => {
                return Response::build().status(Status::SeeOther).raw_header("Location", to).ok();
            }
            Reply::LoggedOut(to) => {
                let mut response = Response::build();
                response.status(Status::SeeOther).raw_header("Location", to);
                return response.raw_header("Clear-Site-Data", "\"cache\"").ok();
            }
            Reply::Page(status, html) => (status, html),
            Reply::Wait(wait, html) => {
                let mut response = html_response(request, Status::TooManyRequests, html);
                response.set_header(retry_after(wait));
                return Ok(response);
            }
        };
        Ok(html_response(request, status, html))
    }
}

/// An HTML answer in the request's language.
pub fn html_response(request: &Request<'_>, status: Status, html: String) -> Response<'static> {
    let mut response = Response::new();
    response.set_status(status);
    response.set_header(ContentType::HTML);
    if let Some(app) = request.rocket().state::<super::app::App>() {
        response.set_raw_header("Content-Language", super::visitor::locale(request, app).tag());
    }
    response.set_raw_header("Vary", "Accept-Language, Cookie");
    response.set_sized_body(html.len(), std::io::Cursor::new(html));
    response
}

/// In whole seconds, rounded up, at least 1.
pub fn retry_after(wait: Duration) -> Header<'static> {
    Header::new("Retry-After", wait.as_millis().div_ceil(1_000).max(1).to_string())
}
