//! The responses of handlers: a page with its status, or a redirect.

use std::time::Duration;

use askama::Template;
use rocket::http::Status;
use rocket::request::Request;
use rocket::response::{Responder, Response, Result};

use crate::accounts;

use super::error::{WebError, retry};
use super::field::FieldMessage;
use super::html_response::{html_response, retry_after};
use super::page::Layout;
use super::problem::PageProblem;
use super::problem_json::{localized_problem, wants_json};
use super::visitor::Visitor;

/// The response of an account page.
pub enum Reply {
    Page(String),
    /// 303: the browser opens the location with GET.
    SeeOther(String),
    /// 303, and the browser clears its cache of pages behind the login (ASVS 14.3.1).
    LoggedOut(String),
    Refused(FormRefusal),
}

/// A page that rejects a request. A client that prefers JSON gets it as `application/problem+json`.
pub struct FormRefusal {
    pub problem: PageProblem,
    /// The error in the reader's language, where the page is more specific than the problem's text.
    pub detail: Option<String>,
    pub complaints: Vec<FieldMessage>,
    /// The value of Retry-After.
    pub wait: Option<Duration>,
    html: String,
}

/// A page with a form that may have been rejected.
pub trait Form: Template {
    /// The errors of its fields, in order.
    fn complaints(&self) -> Vec<FieldMessage>;

    fn frame_mut(&mut self) -> &mut Layout;

    /// The error of the form as a whole.
    fn refusal(&self) -> Option<String>;

    /// True if the page shows an error.
    fn is_refused(&self) -> bool {
        self.refusal().is_some() || !self.complaints().is_empty()
    }
}

/// Writes the [`Form`] of a page: its name and the ids and errors of its fields, in order.
macro_rules! form_page {
    ($page:ty { $($field:literal: $($error:ident).+),* $(,)? }) => {
        impl $crate::web::reply::Form for $page {
            fn complaints(&self) -> Vec<$crate::web::field::FieldMessage> {
                $crate::web::field::complaints(self.layout.locale, &[$(($field, self.$($error).+)),*])
            }

            fn frame_mut(&mut self) -> &mut $crate::web::page::Layout {
                &mut self.layout
            }

            fn refusal(&self) -> Option<String> {
                self.layout.refusal.clone()
            }
        }
    };
}
pub(super) use form_page;

/// What handlers return.
pub type HandlerResult = std::result::Result<Reply, WebError>;

impl Reply {
    /// 200 with a page.
    ///
    /// # Errors
    /// When the template fails. No data causes that.
    pub fn ok(template: &impl Template) -> HandlerResult {
        Ok(Reply::Page(template.render()?))
    }

    /// 422: the form with its errors.
    ///
    /// # Errors
    /// As [`Reply::ok`].
    pub fn refused(form: &impl Form) -> HandlerResult {
        Reply::form(PageProblem::Unprocessable, None, form)
    }

    /// 429 or 503: the form with what was typed, the reason and the waiting time, to be sent again.
    ///
    /// # Errors
    /// `error`, if waiting does not help.
    pub fn not_now(error: accounts::Error, mut form: impl Form) -> HandlerResult {
        let Some((problem, wait)) = retry(&error) else { return Err(error.into()) };
        let layout = form.frame_mut();
        let key = format!("error-{}-text", problem.key());
        let wait_text = layout.with("error-wait", "wait", layout.wait(&wait).as_str());
        layout.refusal = Some(format!("{} {wait_text}", layout.t(&key)));
        Reply::form(problem, Some(wait), &form)
    }

    fn form(problem: PageProblem, wait: Option<Duration>, form: &impl Form) -> HandlerResult {
        let (detail, complaints) = (form.refusal(), form.complaints());
        Ok(Reply::Refused(FormRefusal { problem, detail, complaints, wait, html: form.render()? }))
    }

    /// 410: the requested resource no longer exists.
    ///
    /// # Errors
    /// As [`Reply::ok`].
    pub fn gone(template: &impl Template) -> HandlerResult {
        let html = template.render()?;
        let refusal =
            FormRefusal { problem: PageProblem::LinkGone, detail: None, complaints: vec![], wait: None, html };
        Ok(Reply::Refused(refusal))
    }

    /// A redirect to a page that shows the flash `code`.
    pub fn flash(visitor: &Visitor<'_>, code: &'static str, to: impl Into<String>) -> HandlerResult {
        visitor.flash(code);
        Reply::see_other(to)
    }

    pub fn see_other(to: impl Into<String>) -> HandlerResult {
        Ok(Reply::SeeOther(to.into()))
    }
}

impl<'r> Responder<'r, 'static> for Reply {
    fn respond_to(self, request: &'r Request<'_>) -> Result<'static> {
        match self {
            Reply::Page(html) => Ok(html_response(request, Status::Ok, html)),
            Reply::SeeOther(to) => Response::build().status(Status::SeeOther).raw_header("Location", to).ok(),
            Reply::LoggedOut(to) => {
                let mut response = Response::build();
                response.status(Status::SeeOther).raw_header("Location", to);
                response.raw_header("Clear-Site-Data", "\"cache\"").ok()
            }
            Reply::Refused(refusal) => Ok(refusal.response(request)),
        }
    }
}

impl FormRefusal {
    fn response(self, request: &Request<'_>) -> Response<'static> {
        let status = Status::new(self.problem.status());
        let mut response = if wants_json(request) {
            localized_problem(request, (self.problem, status), self.detail, &self.complaints)
        } else {
            html_response(request, status, self.html)
        };
        if let Some(wait) = self.wait {
            response.set_header(retry_after(wait));
        }
        response
    }
}
