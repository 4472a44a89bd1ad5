//! Issues of links and of the addresses of images.

use std::net::IpAddr;

use url::{Host, Url};

use crate::mail::parse::ParsedMessage;

use super::facts::{HtmlFacts, LinkFact};
use super::issue::{Issue, IssueGroup, Place, Severity};

pub fn issues(parsed: &ParsedMessage, facts: &HtmlFacts) -> Vec<Issue> {
    let links = || facts.links.iter().filter(|link| !link.href.contains("{{"));
    let spots =
        |is_wrong: fn(&LinkFact) -> bool| links().filter(move |link| is_wrong(link)).map(|l| (l.at, l.href.as_str()));
    let of = |severity, code, is_wrong| Issue::of(IssueGroup::Links, severity, code, spots(is_wrong));
    let images = |is_wrong: fn(&str) -> bool| {
        facts.images.iter().filter(move |image| is_wrong(&image.src)).map(|image| (image.at, image.src.as_str()))
    };
    let mut found: Vec<Issue> = [
        of(Severity::Problem, "link-relative", |link| is_relative(&link.href)),
        of(Severity::Problem, "link-script", |link| has_scheme(&link.href, "javascript:")),
        of(Severity::Warning, "link-empty", |link| matches!(link.href.as_str(), "" | "#")),
        of(Severity::Warning, "link-local", |link| is_local(&link.href)),
        of(Severity::Warning, "link-http", |link| is_plain_http(&link.href)),
        of(Severity::Warning, "link-text-differs", text_names_another_host),
        Issue::of(IssueGroup::Links, Severity::Warning, "image-local", images(is_local)),
        Issue::of(IssueGroup::Links, Severity::Warning, "image-http", images(is_plain_http)),
        Issue::of(IssueGroup::Links, Severity::Problem, "image-relative", images(is_relative)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parsed.html.is_empty() {
        let mut local = Issue::new(IssueGroup::Links, Severity::Warning, "link-local");
        parsed.links().iter().filter(|link| is_local(&link.url)).for_each(|link| local.add(Place::Message, &link.url));
        found.extend((local.count > 0).then_some(local));
    }
    found
}

fn has_scheme(url: &str, scheme: &str) -> bool {
    url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

fn is_web(url: &str) -> bool {
    has_scheme(url, "http:") || has_scheme(url, "https:")
}

/// True for an address without a scheme, which leads nowhere in a message. A fragment stays in the message.
fn is_relative(url: &str) -> bool {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme);
    let has_scheme = scheme.is_some_and(|scheme| {
        !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    !has_scheme && !url.is_empty() && !url.starts_with(['#', '{', '%', '$', '*', '['])
}

/// True for a host that only this machine or its network can reach.
fn is_local(url: &str) -> bool {
    let Some(url) = is_web(url).then(|| Url::parse(url).ok()).flatten() else { return false };
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            let ends = [".localhost", ".local", ".test", ".internal", ".lan"];
            name == "localhost" || ends.iter().any(|end| name.ends_with(end)) || !name.contains('.')
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_unspecified() || ip.is_link_local(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback() || ip.is_unspecified() || ip.is_unique_local(),
        None => false,
    }
}

fn is_plain_http(url: &str) -> bool {
    has_scheme(url, "http:") && !is_local(url)
}

/// True if the text of a link looks like an address of another host.
fn text_names_another_host(link: &LinkFact) -> bool {
    let text = link.text.trim();
    if !is_web(text) || text.contains(char::is_whitespace) || !is_web(&link.href) {
        return false;
    }
    let host = |url: &str| Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let bare = |host: String| host.trim_start_matches("www.").to_owned();
    match (host(text).map(bare), host(&link.href).map(bare)) {
        (Some(shown), Some(opened)) => shown != opened,
        _ => false,
    }
}
