//! Properties of requests to every route: the method is the one in the request line, and the protocol is HTTP/1.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use reqwest::Method;

use crate::support::app::{App, Engine};
use crate::support::source::{ROOT, files};
use crate::support::visitor::Visitor;

const FORM: &str = "application/x-www-form-urlencoded";

/// The paths of all routes in these source folders, with `x` for every parameter. They are read from the source, so
/// that new routes are tested too.
fn paths(folders: &[&str]) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for file in folders.iter().flat_map(|folder| files(folder, &["rs"])) {
        let text = std::fs::read_to_string(format!("{ROOT}/{file}")).expect("a source file");
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("#[")) {
            let Some((attribute, rest)) = line.split_once("(\"") else { continue };
            if !["get", "post", "put", "delete", "options", "patch"].contains(&attribute) {
                continue;
            }
            let pattern = rest.split(['"', '?']).next().unwrap_or_default();
            let parts = pattern.split('/').map(|part| if part.starts_with('<') { "x" } else { part });
            paths.insert(parts.collect::<Vec<_>>().join("/"));
        }
    }
    paths
}

/// Forms whose `_method` field makes Rocket replace the method, and forms that look similar.
fn overriding_forms() -> Vec<(&'static str, String)> {
    let mut forms = Vec::new();
    for method in ["get", "put", "post", "head", "patch", "trace", "delete", "options", "connect"] {
        forms.push((FORM, format!("_method={method}")));
    }
    for form in [
        "_method=HEAD&x=1",
        "_method=hEaD",
        "&_method=head",
        "&&_method=get",
        "[_method]=get",
        "_method[]=head",
        "_method.x=get",
        "_method:=head",
        "%5fmethod=head",
        "_method=head&_method=get",
    ] {
        forms.push((FORM, form.to_owned()));
    }
    forms.push(("Application/X-WWW-Form-URLEncoded; charset=UTF-8", "_method=head&x=1".to_owned()));
    for method in ["head", "get", "delete"] {
        let part = format!("--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\n{method}\r\n--b--\r\n");
        forms.push(("multipart/form-data; boundary=b", part));
    }
    forms
}

/// A form of the same content type without the field.
fn plain(kind: &str) -> &'static str {
    if kind.starts_with("multipart") {
        "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nhead\r\n--b--\r\n"
    } else {
        "x=head"
    }
}

async fn post(visitor: &Visitor, path: &str, (kind, body): (&str, &str), site: &str) -> u16 {
    let request = visitor.request(Method::POST, path).header("sec-fetch-site", site).header("content-type", kind);
    visitor.send(request.body(body.to_owned())).await.status
}

async fn assert_stays_post(visitor: &Visitor, path: &str) {
    for (kind, body) in overriding_forms() {
        let wanted = post(visitor, path, (kind, plain(kind)), "same-origin").await;
        let status = post(visitor, path, (kind, &body), "same-origin").await;
        assert_eq!(status, wanted, "{path} with {body}");
        let status = post(visitor, path, (kind, &body), "cross-site").await;
        assert_eq!(status, 403, "{path} with {body} from another site");
    }
}

/// An app whose inbox also has a listener of its own, and a visitor of that listener.
async fn app_with_inbox_listener() -> (App, Visitor) {
    let app = App::on(Engine::Sqlite).settings("[default.inbox]\nhttp_address = '127.0.0.1:0'").start().await;
    let inbox_visitor = Visitor::new(&format!("http://{}", app.running().inbox_http().expect("a second listener")));
    (app, inbox_visitor)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_with_a_method_field_stays_a_post_on_every_route_of_the_site() {
    let (app, _) = app_with_inbox_listener().await;
    let mut all = paths(&["src/web/accounts"]);
    all.extend(["/healthz", "/readyz", "/metrics", "/static/x", "/nowhere"].map(str::to_owned));
    assert!(all.len() > 20, "{all:?}");
    let visitor = app.visitor();
    for path in all {
        assert_stays_post(&visitor, &path).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_with_a_method_field_stays_a_post_on_every_route_of_the_inbox() {
    let (app, inbox_visitor) = app_with_inbox_listener().await;
    let all = paths(&["src/web/inbox", "src/web/api"]);
    assert!(all.len() > 35, "{all:?}");
    for (visitor, base) in [(&app.visitor(), "/dev/inbox"), (&inbox_visitor, "")] {
        for path in &all {
            assert_stays_post(visitor, &format!("{base}{path}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_method_field_does_not_change_other_methods() {
    let app = App::start(Engine::Sqlite).await;
    let visitor = app.visitor();
    for (method, form, status) in [
        (Method::PUT, "_method=head", 405),
        (Method::DELETE, "_method=get", 405),
        (Method::GET, "_method=delete", 200),
        (Method::HEAD, "_method=put", 200),
    ] {
        let request = visitor.request(method.clone(), "/login").header("content-type", FORM).body(form);
        assert_eq!(visitor.send(request).await.status, status, "{method} with {form}");
    }
}

/// The response to these bytes, until the server closes the connection.
fn response(to: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(to).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    stream.write_all(bytes).expect("bytes sent");
    let mut response = Vec::new();
    // A reset also closes the connection.
    if let Err(e) = stream.read_to_end(&mut response) {
        assert_eq!(e.kind(), std::io::ErrorKind::ConnectionReset, "the connection stays open: {response:?}");
    }
    response
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_2_is_rejected_on_both_listeners() {
    let (app, _inbox_visitor) = app_with_inbox_listener().await;
    // The connection preface and an empty SETTINGS frame (RFC 9113 §3.4).
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    for at in [app.running().http(), app.running().inbox_http().expect("a second listener")] {
        let response = tokio::task::spawn_blocking(move || response(at, preface)).await.expect("a response");
        let text = String::from_utf8_lossy(&response);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text:?}");
        assert_eq!(app.visitor().get("/healthz").await.status, 200);
    }
}
