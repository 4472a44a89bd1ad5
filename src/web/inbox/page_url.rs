//! What the URL of a page says: the server's name, the section of the inbox, the way back.

use rocket::Request;
use rocket::http::Method;

use super::super::page_link::path_without;
use super::format::list_query;
use super::state::Mount;

/// The parts of the inbox that the sidebar links to: the first segments of their paths with their icons.
pub const SECTIONS: [(&str, &str); 6] = [
    ("outbox", "send"),
    ("previews", "email"),
    ("sessions", "session"),
    ("faults", "fault"),
    ("api", "api"),
    ("connect", "connect"),
];

/// The position in the list that a page returns to, as the query string gives it.
#[derive(Clone, Copy)]
pub struct ListPosition<'r> {
    pub q: Option<&'r str>,
    pub start: Option<u64>,
    /// True for the list with the newest message of each template alone.
    pub group: bool,
}

impl<'r> ListPosition<'r> {
    pub fn q(self) -> &'r str {
        self.q.unwrap_or_default().trim()
    }

    pub fn start(self) -> u64 {
        self.start.unwrap_or(0)
    }

    /// The query string, with `more` parameters.
    pub fn query_string(self, more: &[(&str, &str)]) -> String {
        list_query(self.q(), self.start(), self.group, more)
    }
}

/// Scheme and host of this server as the client names them, without a slash at the end.
pub fn origin(request: &Request<'_>, mount: &Mount) -> String {
    let scheme = if mount.origin.is_https() { "https" } else { "http" };
    let host = request.host().map(|host| host.to_string().to_ascii_lowercase()).unwrap_or_default();
    if is_plain_host(&host) { format!("{scheme}://{host}") } else { mount.origin.to_string() }
}

/// True if a host can be named in a policy or a command.
pub fn is_plain_host(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b))
}

/// Path and query of the page, without what only its first view needs; for a page that answers a form, those of the
/// page with the form.
pub fn here(request: &Request<'_>, mount: &Mount) -> String {
    if request.method() != Method::Get {
        return form_page(request.uri().path().as_str(), &mount.base);
    }
    let query = request.uri().query().map(|query| query.as_str());
    path_without(request.uri().path().as_str(), query, &["done", "undo", "lang", "pane", "before"])
}

/// The path of the page whose form was sent to `path`.
fn form_page(path: &str, base: &str) -> String {
    let below = path.strip_prefix(base).unwrap_or_default();
    let mut parts = below.split('/').filter(|part| !part.is_empty());
    match (parts.next(), parts.next()) {
        (Some("view"), Some(id)) => format!("{base}/view/{id}"),
        (Some(first), _) if SECTIONS.iter().any(|(section, _)| *section == first) => format!("{base}/{first}"),
        _ => format!("{base}/"),
    }
}

/// The section that the path belongs to; empty for the messages.
pub fn section(request: &Request<'_>, mount: &Mount) -> &'static str {
    let path = request.uri().path().as_str().strip_prefix(mount.base.as_str()).unwrap_or_default();
    let first = path.split('/').find(|part| !part.is_empty()).unwrap_or_default();
    let mut sections = SECTIONS.into_iter().map(|(section, _)| section).chain(["compare", "keys"]);
    sections.find(|section| *section == first).unwrap_or_default()
}

/// True if the answer is a part of a page, without the sidebar: the message alone, a frame, a content.
pub fn is_part(request: &Request<'_>) -> bool {
    let path = request.uri().path().as_str();
    let is_content =
        path.contains("/view/") && ["/frame", "/content/", "/nested/"].iter().any(|end| path.contains(end));
    is_content || request.query_value::<&str>("pane").is_some()
}

/// True for `<id>.html` and `<id>.txt`; other names below `/view/` are pages.
pub fn is_rendering(name: &str) -> bool {
    name.ends_with(".html") || name.ends_with(".txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_host_names_are_put_into_the_policy() {
        assert!(is_plain_host("localhost:8000") && is_plain_host("[::1]:8000"));
        assert!(!is_plain_host("a; script-src *") && !is_plain_host(""));
    }

    #[test]
    fn an_answer_to_a_form_leads_back_to_the_page_with_the_form() {
        for (path, page) in [
            ("/dev/inbox/faults/add", "/dev/inbox/faults"),
            ("/dev/inbox/view/3x/release", "/dev/inbox/view/3x"),
            ("/dev/inbox/selected", "/dev/inbox/"),
            ("/elsewhere", "/dev/inbox/"),
        ] {
            assert_eq!(form_page(path, "/dev/inbox"), page);
        }
        assert_eq!(form_page("/faults/add", ""), "/faults");
    }
}
