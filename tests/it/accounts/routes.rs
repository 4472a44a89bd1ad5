//! All routes of the account pages, read from the source so that a new one cannot be forgotten: other methods are
//! rejected with Allow, and forms of other sites are rejected.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};
use crate::support::source::ROOT;

on_both_databases! {
    every_path_rejects_other_methods_with_405_and_allow,
    every_post_route_rejects_requests_of_other_sites,
    every_page_behind_the_login_redirects_to_it_and_offers_a_logout,
}

/// Path → methods, with `x` for each variable part.
fn routes() -> BTreeMap<String, BTreeSet<RouteMethod>> {
    let mut routes = BTreeMap::<String, BTreeSet<RouteMethod>>::new();
    for entry in std::fs::read_dir(format!("{ROOT}/src/web/accounts")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        for (attribute, method) in [("#[get(\"", RouteMethod::Get), ("#[post(\"", RouteMethod::Post)] {
            for rest in text.split(attribute).skip(1) {
                let pattern = rest.split(['"', '?']).next().unwrap_or_default();
                let parts = pattern.split('/').map(|part| if part.starts_with('<') { "x" } else { part });
                routes.entry(parts.collect::<Vec<_>>().join("/")).or_default().insert(method);
            }
        }
    }
    assert!(routes.len() > 15, "{routes:?}");
    routes
}

/// The methods of the routes; `reqwest`'s methods have no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum RouteMethod {
    Get,
    Post,
}

async fn every_path_rejects_other_methods_with_405_and_allow(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("member@example.com").await;
    for (path, methods) in routes() {
        let (get, post) = (methods.contains(&RouteMethod::Get), methods.contains(&RouteMethod::Post));
        let mut others = vec![Method::PUT, Method::PATCH, Method::DELETE];
        others.extend((!get).then_some(Method::GET));
        others.extend((!get).then_some(Method::HEAD));
        others.extend((!post).then_some(Method::POST));
        for method in others {
            let page = visitor.send(visitor.request(method.clone(), &path)).await;
            assert_eq!(page.status, 405, "{method} {path}");
            let mut allowed: Vec<&str> = page.header("allow").split(", ").collect();
            allowed.sort_unstable();
            let wanted: Vec<&str> = match (get, post) {
                (true, true) => vec!["GET", "HEAD", "POST"],
                (true, false) => vec!["GET", "HEAD"],
                (false, _) => vec!["POST"],
            };
            assert_eq!(allowed, wanted, "{method} {path}");
            assert!(method == Method::HEAD || page.text().contains("<h1"), "{method} {path}: a page");
        }
    }
    assert!(visitor.is_signed_in().await);
}

async fn every_post_route_rejects_requests_of_other_sites(engine: Engine) {
    let app = App::start(engine).await;
    let visitor = app.member("member@example.com").await;
    let fields = [
        ("name", "changed"),
        ("email", "changed@example.com"),
        ("current_password", PASSWORD),
        ("password", "a fresh long password"),
    ];
    for (path, _) in routes().into_iter().filter(|(_, methods)| methods.contains(&RouteMethod::Post)) {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            for (name, value) in [
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-site", "anything"),
                ("origin", "https://evil.example"),
                ("origin", "null"),
            ] {
                let request = visitor.request(method.clone(), &path).header(name, value).form(&fields);
                let page = visitor.send(request).await;
                assert_eq!(page.status, 403, "{method} {path} with {name}: {value}");
                assert!(page.header("access-control-allow-origin").is_empty());
                assert!(page.set_cookie("gatepost-session").is_none());
            }
        }
    }
    let page = visitor.get("/account").await;
    assert!(page.status == 200 && !page.text().contains("changed"), "nothing has changed");
    assert!(app.emails("changed@example.com").await.is_empty());
}

async fn every_page_behind_the_login_redirects_to_it_and_offers_a_logout(engine: Engine) {
    let app = App::start(engine).await;
    let member = app.member("member@example.com").await;
    for (path, methods) in
        routes().into_iter().filter(|(path, _)| path.starts_with("/account") && !path.ends_with("/x"))
    {
        if methods.contains(&RouteMethod::Get) {
            let sent = app.visitor().get(&path).await;
            let next = format!("/login?next={}", path.replace('/', "%2F"));
            assert_eq!((sent.status, sent.location()), (303, next.as_str()), "{path}");
            let page = member.get(&path).await;
            assert!(page.text().contains("action=\"/logout\""), "{path}");
            assert!(page.header("cache-control").contains("no-store"), "{path}");
        }
        if methods.contains(&RouteMethod::Post) {
            let sent = app.visitor().post(&path, &[("current_password", PASSWORD)]).await;
            assert!(sent.location().starts_with("/login"), "{path}: {} {}", sent.status, sent.location());
        }
    }
}
