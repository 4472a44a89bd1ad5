//! The answers to a [`WebError`] and to the error statuses of routing: a page, a problem document or a plain text.
//! They show a neutral sentence; the log has the details.

use std::time::Duration;

use askama::Template;
use rocket::catch;
use rocket::http::{ContentType, Method, Status};
use rocket::request::{FromRequest as _, Request};
use rocket::response::{Responder, Response, Result as Responded};

use super::error::{AWAY_WAIT, WebError};
use super::headers;
use super::html_response::{html_response, retry_after};
use super::inbox::problem as inbox_problem;
use super::inbox::state::Mount;
use super::origin_check;
use super::page_link::with_next;
use super::problem::{PageProblem, ProblemPage};
use super::problem_json::{localized_problem, wants_json};
use super::state::App;
use super::visitor::{Visitor, cached_session, layout, original_uri};

impl<'r> Responder<'r, 'static> for WebError {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        let id = self.log(|| incident(request));
        let (status, wait) = (self.status(), self.wait());
        match is_of_inbox(request) {
            true => inbox_response(request, &self),
            false => Ok(site_response(request, (self.problem(), status), wait, id)),
        }
    }
}

/// True if the answer is one of the inbox: every answer of its own listener, and those below its path on the site's.
fn is_of_inbox(request: &Request<'_>) -> bool {
    let (app, mount) = (request.rocket().state::<App>(), request.rocket().state::<Mount>());
    app.is_none() || mount.is_some_and(|mount| mount.contains(request.uri().path().as_str()))
}

fn inbox_response(request: &Request<'_>, error: &WebError) -> Responded<'static> {
    let text = error.detail();
    let detail = (!matches!(error, WebError::Unknown | WebError::Missing(_))).then_some(text.as_str());
    let mut response = match inbox_problem::page(request, error.status(), detail) {
        Some(page) => page,
        // Mailpit's text for an unknown id has a line end.
        None if matches!(error, WebError::Unknown) => (ContentType::Plain, format!("{text}\n")).respond_to(request)?,
        None => (ContentType::Plain, text).respond_to(request)?,
    };
    response.set_status(error.status());
    if let Some(wait) = error.wait() {
        response.set_header(retry_after(wait));
    }
    Ok(response)
}

/// A short id shown on the page and in the log.
fn incident(request: &Request<'_>) -> String {
    let id = request.rocket().state::<App>().map_or(0, |app| u32::from_be_bytes(app.entropy.bytes()));
    format!("{id:08x}")
}

fn site_response(
    request: &Request<'_>,
    (problem, status): (PageProblem, Status),
    wait: Option<Duration>,
    id: Option<String>,
) -> Response<'static> {
    let mut response = if wants_json(request) {
        localized_problem(request, (problem, status), None, &[])
    } else {
        html_response(request, status, site_page(request, problem, wait, id))
    };
    if let Some(wait) = wait {
        response.set_header(retry_after(wait));
    }
    response
}

fn site_page(request: &Request<'_>, problem: PageProblem, wait: Option<Duration>, id: Option<String>) -> String {
    let Some(app) = request.rocket().state::<App>() else { return String::new() };
    let layout = layout(request, app, cached_session(request).as_ref(), None);
    ProblemPage { layout, problem, wait, id }.render().unwrap_or_default()
}

/// Handles error statuses from guards, from routing or from Rocket.
#[catch(default)]
pub async fn catcher(status: Status, request: &Request<'_>) -> PreparedResponse {
    // Routing may fail before any guard has loaded the session, which the page's header shows.
    if status.code < 500 && status != Status::MisdirectedRequest {
        drop(Visitor::from_request(request).await);
    }
    if status == Status::Unauthorized {
        return PreparedResponse(to_login(request));
    }
    let problem = match status.code {
        403 if origin_check::was_cross_site(request) => PageProblem::CrossSite,
        code => PageProblem::from_status(code),
    };
    let wait = (problem == PageProblem::Unavailable).then_some(AWAY_WAIT);
    let mut response = site_response(request, (problem, status), wait, None);
    if let Some(app) = request.rocket().state::<App>() {
        headers::secure(request, &app.site.public_url, &mut response);
    }
    PreparedResponse(response)
}

/// A finished response.
pub struct PreparedResponse(Response<'static>);

impl<'r> Responder<'r, 'static> for PreparedResponse {
    fn respond_to(self, _: &'r Request<'_>) -> Responded<'static> {
        Ok(self.0)
    }
}

/// Redirects to the login. A page is opened again after the login; a form cannot be submitted again.
fn to_login(request: &Request<'_>) -> Response<'static> {
    let next = if request.method() == Method::Get { original_uri(request) } else { "/account" };
    let mut response = Response::new();
    response.set_status(Status::SeeOther);
    response.set_raw_header("Location", with_next("/login", Some(next)));
    response
}
