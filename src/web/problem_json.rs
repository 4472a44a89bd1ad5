//! Problem documents (RFC 9457): what programs get instead of an error page.

use rocket::http::{ContentType, MediaType, Status};
use rocket::request::Request;
use rocket::response::{Responder, Response, Result as Responded};
use serde_json::{Value, json};

use super::error::WebError;
use super::field::FieldMessage;
use super::html_response::{retry_after, set_language};
use super::problem::PageProblem;
use super::state::App;
use super::visitor;

/// The error of a route of the API that Mailpit does not have.
#[derive(Debug)]
pub struct ApiProblem(WebError);

impl ApiProblem {
    pub fn bad(detail: impl Into<String>) -> Self {
        ApiProblem(WebError::bad(detail))
    }
}

impl<E: Into<WebError>> From<E> for ApiProblem {
    fn from(error: E) -> Self {
        ApiProblem(error.into())
    }
}

impl<'r> Responder<'r, 'static> for ApiProblem {
    fn respond_to(self, _: &'r Request<'_>) -> Responded<'static> {
        self.0.log(String::new);
        let status = self.0.status();
        let mut response = response(status, document(status, status.reason_lossy(), &self.0.detail()));
        if let Some(wait) = self.0.wait() {
            response.set_header(retry_after(wait));
        }
        Ok(response)
    }
}

/// A problem in the reader's language, with an additional `errors` member that names the rejected fields.
pub fn localized_problem(
    request: &Request<'_>,
    (problem, status): (PageProblem, Status),
    detail: Option<String>,
    complaints: &[FieldMessage],
) -> Response<'static> {
    let locale = request.rocket().state::<App>().map(|app| visitor::locale(request, app));
    let text = |key: String| locale.map(|locale| locale.text(&key)).unwrap_or(key);
    let detail = detail.unwrap_or_else(|| text(format!("error-{}-text", problem.key())));
    let mut document = document(status, &text(format!("error-{}", problem.key())), &detail);
    if !complaints.is_empty() {
        let error = |c: &FieldMessage| json!({ "field": c.field, "detail": c.text });
        document["errors"] = complaints.iter().map(error).collect();
    }
    let mut response = response(status, document);
    set_language(request, &mut response);
    response
}

fn document(status: Status, title: &str, detail: &str) -> Value {
    json!({ "type": "about:blank", "title": title, "status": status.code, "detail": detail })
}

fn response(status: Status, document: Value) -> Response<'static> {
    let body = document.to_string();
    let mut response = Response::new();
    response.set_status(status);
    response.set_header(ContentType::new("application", "problem+json"));
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
