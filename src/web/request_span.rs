//! Runs the handlers of routes in the span of their request, so that each log line names the request.

use rocket::http::Method;
use rocket::route::{Handler, Outcome};
use rocket::{Data, Request, Route};

use crate::random::Entropy;
use crate::request_id;

/// The routes with their handlers in the span of the request.
pub(super) fn traced(routes: Vec<Route>) -> Vec<Route> {
    let entropy = Entropy::system();
    let traced = |mut route: Route| {
        route.handler = Box::new(Traced { handler: route.handler, entropy: entropy.clone() });
        route
    };
    routes.into_iter().map(traced).collect()
}

#[derive(Clone)]
struct Traced {
    handler: Box<dyn Handler>,
    entropy: Entropy,
}

/// One id for all routes that a request tries.
struct RequestId(String);

#[rocket::async_trait]
impl Handler for Traced {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let id = &request.local_cache(|| RequestId(request_id::generate(&self.entropy))).0;
        let answering = async {
            let outcome = self.handler.handle(request, data).await;
            match &outcome {
                Outcome::Success(response) => log(request, response.status().code),
                Outcome::Error(status) => log(request, status.code),
                Outcome::Forward(_) => {}
            }
            outcome
        };
        request_id::scope(id.clone(), answering).await
    }
}

/// Logs an answer with the pattern of its route: the path itself may hold a token.
fn log(request: &Request<'_>, status: u16) {
    let method: Method = request.method();
    let route = request.route().map(|route| route.uri.as_str()).unwrap_or_default();
    tracing::debug!(%method, route, status, "a request was answered");
}
