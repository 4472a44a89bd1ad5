//! Which routes there are, and where.

use rocket::fairing::AdHoc;
use rocket::http::{Header, Status};
use rocket::{Build, Request, Response, Rocket, Route, catch, catchers, routes};

use super::super::api::{self, description, faults, info, send, socket, stream, tags, wait};
use super::postroom::{Mount, Postroom};
use super::{actions, compression, letters, list, message, outbox, reference};

/// Mounts pages and API, with what they need and what answers when they refuse.
pub fn mount(rocket: Rocket<Build>, mount: Mount, postroom: Postroom) -> Rocket<Build> {
    let base = if mount.base.is_empty() { "/".to_owned() } else { mount.base.clone() };
    let api = format!("{}/api", mount.base);
    let mount_base = mount.base.clone();
    rocket
        .mount(base.clone(), routes())
        .mount(
            base.clone(),
            if mount.house {
                routes![
                    letters::letters,
                    letters::letter,
                    outbox::outbox,
                    outbox::outgoing,
                    outbox::requeue,
                    outbox::cancel,
                ]
            } else {
                vec![]
            },
        )
        .register(base, catchers![unauthorized, forbidden])
        .register(api.clone(), catchers![unauthorized, forbidden, not_found])
        .attach(AdHoc::on_response("inbox headers", move |request, response| {
            let (api, base) = (api.clone(), mount_base.clone());
            Box::pin(async move {
                mark(&api, request, response);
                compression::compress(&base, request, response).await;
            })
        }))
        .manage(mount)
        .manage(postroom)
}

/// For a listener without the site's error pages.
pub fn catchers() -> Vec<rocket::Catcher> {
    catchers![plain]
}

fn routes() -> Vec<Route> {
    let mut routes = routes![
        list::list,
        list::search,
        message::message,
        message::frame,
        actions::selected,
        actions::delete,
        actions::unread,
        actions::tags,
        actions::release,
        reference::reference,
    ];
    routes.extend(api_routes());
    routes
}

fn api_routes() -> Vec<Route> {
    routes![
        api::messages::list,
        api::messages::set_read,
        api::messages::delete,
        api::messages::search,
        api::messages::delete_search,
        api::message::message,
        api::message::headers,
        api::message::raw,
        api::message::received,
        api::message::part,
        api::message::thumb,
        api::release::release,
        api::checks::html,
        api::checks::links,
        api::checks::deliverability,
        api::view::latest,
        send::send,
        tags::list,
        tags::set,
        tags::rename,
        tags::delete,
        faults::chaos,
        faults::set_chaos,
        faults::rules,
        faults::set_rules,
        wait::wait,
        stream::stream,
        socket::events,
        info::info,
        info::webui,
        info::livez,
        info::readyz,
        info::options,
        description::openapi,
        description::swagger,
    ]
}

/// On API answers: the caller's own origin may read them (others were refused before), and no address of ours
/// leaves with a link.
fn mark(api: &str, request: &Request<'_>, response: &mut Response<'_>) {
    if !request.uri().path().starts_with(api) {
        return;
    }
    response.set_header(Header::new("Referrer-Policy", "no-referrer"));
    if let Some(origin) = request.headers().get_one("Origin").filter(|_| response.status().code != 403) {
        response.set_header(Header::new("Access-Control-Allow-Origin", origin.to_owned()));
        response.set_header(Header::new("Access-Control-Allow-Methods", "GET, POST, DELETE, PUT, OPTIONS"));
        response.set_header(Header::new("Access-Control-Allow-Headers", "*"));
        response.set_header(Header::new("Vary", "Origin"));
    }
}

/// Asks the browser for the password.
struct Challenge;

impl<'r> rocket::response::Responder<'r, 'static> for Challenge {
    fn respond_to(self, request: &'r Request<'_>) -> rocket::response::Result<'static> {
        let mut response = Response::build_from("Unauthorized.\n".respond_to(request)?);
        response.raw_header("WWW-Authenticate", "Basic realm=\"Login\", charset=\"UTF-8\"");
        response.ok()
    }
}

#[catch(default)]
fn plain(status: Status, _: &Request<'_>) -> String {
    format!("{status}\n")
}

#[catch(401)]
fn unauthorized() -> Challenge {
    Challenge
}

#[catch(403)]
fn forbidden() -> &'static str {
    "Blocked due to CORS violation\n"
}

#[catch(404)]
fn not_found() -> &'static str {
    "404 page not found\n"
}
