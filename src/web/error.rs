//! Turns errors into statuses and pages. The page shows a neutral sentence; the log has the details.

use std::time::Duration;

use askama::Template;
use rocket::catch;
use rocket::http::{ContentType, MediaType, Status};
use rocket::request::{FromRequest as _, Request};
use rocket::response::{Responder, Response};

use crate::accounts;

use super::field::FieldMessage;
use super::headers;
use super::html_response::{html_response, retry_after, set_language};
use super::origin_check;
use super::page_error::PageError;
use super::problem::{PageProblem, ProblemPage};
use super::state::App;
use super::visitor::{Visitor, cached_session, layout, original_uri};

/// Roughly how long a full hash queue takes to drain.
const BUSY_WAIT: Duration = Duration::from_secs(2);
/// How long to wait when the database is unavailable.
const AWAY_WAIT: Duration = Duration::from_secs(5);

impl<'r> Responder<'r, 'static> for PageError {
    fn respond_to(self, request: &'r Request<'_>) -> rocket::response::Result<'static> {
        let (problem, wait) = match &self {
            PageError::Problem(problem) => (*problem, None),
            PageError::Accounts(e) => retry(e).map_or((PageProblem::Internal, None), |(p, wait)| (p, Some(wait))),
            PageError::Render(_) => (PageProblem::Internal, None),
        };
        let id = (problem == PageProblem::Internal).then(|| incident(request, &self));
        Ok(respond(request, (problem, Status::new(problem.status())), wait, id))
    }
}

/// The problem and the wait, if the same request may succeed later.
pub fn retry(error: &accounts::Error) -> Option<(PageProblem, Duration)> {
    match error {
        accounts::Error::Throttled(wait) => Some((PageProblem::TooMany, *wait)),
        accounts::Error::Busy => Some((PageProblem::Busy, BUSY_WAIT)),
        accounts::Error::Database(e) => {
            tracing::error!(error = %e, "database error");
            Some((PageProblem::Unavailable, AWAY_WAIT))
        }
        accounts::Error::Internal(_) => None,
    }
}

/// A short id shown on the page and in the log.
fn incident(request: &Request<'_>, error: &dyn std::error::Error) -> String {
    let id = request.rocket().state::<App>().map_or(0, |app| u32::from_be_bytes(app.entropy.bytes()));
    let id = format!("{id:08x}");
    tracing::error!(incident = id, error = %error, "a request failed");
    id
}

fn respond(
    request: &Request<'_>,
    (problem, status): (PageProblem, Status),
    wait: Option<Duration>,
    id: Option<String>,
) -> Response<'static> {
    let mut response = if wants_json(request) {
        problem_json(request, (problem, status), None, &[])
    } else {
        html_response(request, status, page(request, problem, wait, id))
    };
    if let Some(wait) = wait {
        response.set_header(retry_after(wait));
    }
    response
}

fn page(request: &Request<'_>, problem: PageProblem, wait: Option<Duration>, id: Option<String>) -> String {
    let Some(app) = request.rocket().state::<App>() else { return String::new() };
    let layout = layout(request, app, cached_session(request).as_ref(), None);
    ProblemPage { layout, problem, wait, id }.render().unwrap_or_default()
}

/// A problem document (RFC 9457), with an additional `errors` member that names the rejected fields.
pub fn problem_json(
    request: &Request<'_>,
    (problem, status): (PageProblem, Status),
    detail: Option<String>,
    complaints: &[FieldMessage],
) -> Response<'static> {
    let locale = request.rocket().state::<App>().map(|app| super::visitor::locale(request, app));
    let text = |key: String| locale.map(|l| l.text(&key)).unwrap_or(key);
    let mut body = serde_json::json!({
        "type": "about:blank",
        "title": text(format!("error-{}", problem.key())),
        "status": status.code,
        "detail": detail.unwrap_or_else(|| text(format!("error-{}-text", problem.key()))),
    });
    if !complaints.is_empty() {
        let error = |c: &FieldMessage| serde_json::json!({ "field": c.field, "detail": c.text });
        body["errors"] = complaints.iter().map(error).collect();
    }
    let body = body.to_string();
    let mut response = Response::new();
    response.set_status(status);
    response.set_header(ContentType::new("application", "problem+json"));
    set_language(request, &mut response);
    response.set_sized_body(body.len(), std::io::Cursor::new(body));
    response
}

/// True if the client prefers JSON.
pub fn wants_json(request: &Request<'_>) -> bool {
    let prefers = |accept: &rocket::http::Accept| {
        let preferred: &MediaType = accept.preferred().media_type();
        preferred.is_json() || (preferred.top() == "application" && preferred.sub() == "problem+json")
    };
    request.accept().is_some_and(prefers)
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
    let mut response = respond(request, (problem, status), wait, None);
    if let Some(app) = request.rocket().state::<App>() {
        headers::secure(request, &app.site.public_url, &mut response);
    }
    PreparedResponse(response)
}

/// A finished response.
pub struct PreparedResponse(Response<'static>);

impl<'r> Responder<'r, 'static> for PreparedResponse {
    fn respond_to(self, _: &'r Request<'_>) -> rocket::response::Result<'static> {
        Ok(self.0)
    }
}

/// Redirects to the login. A page is opened again after the login; a form cannot be submitted again.
fn to_login(request: &Request<'_>) -> Response<'static> {
    let next = if request.method() == rocket::http::Method::Get { original_uri(request) } else { "/account" };
    let next = percent_encoding::utf8_percent_encode(next, percent_encoding::NON_ALPHANUMERIC);
    let mut response = Response::new();
    response.set_status(Status::SeeOther);
    response.set_raw_header("Location", format!("/login?next={next}"));
    response
}
