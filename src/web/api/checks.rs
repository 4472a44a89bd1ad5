//! The checks of a message: HTML support of mail clients, links, deliverability.

use rocket::{Route, get, routes};
use serde::Serialize;

use crate::inbox::CapturedMessage;
use crate::link_check::{Checked, MAX_LINKS};
use crate::mail::html_check::{self, HtmlCheckReport};
use crate::mail::html_tokenizer::{HtmlVisitor, Tag, visit};
use crate::mail::lint::{LintFinding, lint};
use crate::mail::parse::{ParsedMessage, as_browsers_read, is_web_url};

use super::super::error::WebError;
use super::auth::NotCrossSite;
use super::lookup::{NamedMessage, parsed};
use super::message::mark_read;
use super::operation::{JSON, LATEST, TZ, operations};
use super::reply::Json;

operations! { "checks":
    get "/api/v1/message/{ID}/html-check" "HTMLCheck" [LATEST, TZ], None => (JSON, "HTMLCheck"), [400, 404];
    get "/api/v1/message/{ID}/link-check" "LinkCheck" [
        ("follow", "string", "true or 1: follow redirects"),
        LATEST,
        TZ,
    ], None => (JSON, "LinkCheck"), [400, 404];
    get "/api/v1/message/{ID}/lint" "Lint" [LATEST, TZ], None => (JSON, "Lint"), [400, 404];
}

pub fn routes() -> Vec<Route> {
    routes![html, links, deliverability]
}

#[get("/api/v1/message/<_>/html-check")]
pub async fn html(message: NamedMessage<'_>) -> Result<Json<HtmlCheckReport>, WebError> {
    let check = |_: &CapturedMessage, parsed: &ParsedMessage| {
        (!parsed.html.is_empty()).then(|| html_check::check(&parsed.html))
    };
    message.parsed(check).await?.map(Json).ok_or_else(|| WebError::bad("message does not contain HTML"))
}

/// Mailpit's LinkCheckResponse.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LinkReport {
    errors: usize,
    links: Vec<LinkAnswer>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct LinkAnswer {
    #[serde(rename = "URL")]
    url: String,
    status_code: u16,
    status: String,
}

#[get("/api/v1/message/<_>/link-check?<follow>")]
pub async fn links(
    message: NamedMessage<'_>,
    _site: NotCrossSite,
    follow: Option<&str>,
) -> Result<Json<LinkReport>, WebError> {
    let captured = message.find().await?;
    mark_read(&message.state, &captured).await;
    let links = parsed(captured, |_, parsed| collect_links(parsed)).await?;
    let answers = message.state.links.check(&links, matches!(follow, Some("1" | "true"))).await;
    Ok(Json(LinkReport {
        errors: answers.iter().filter(|answer| answer.failed()).count(),
        links: answers.into_iter().map(LinkAnswer::from).collect(),
    }))
}

impl From<Checked> for LinkAnswer {
    fn from(checked: Checked) -> Self {
        LinkAnswer { url: checked.url, status_code: checked.status, status: checked.text }
    }
}

/// The addresses that HTML refers to.
#[derive(Default)]
struct References {
    anchors: Vec<String>,
    styles: Vec<String>,
    pictures: Vec<String>,
}

impl HtmlVisitor for References {
    fn start_tag(&mut self, tag: &Tag) {
        let (list, attribute) = match tag.name() {
            "a" => (&mut self.anchors, "href"),
            "link" if tag.attribute("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("stylesheet")) => {
                (&mut self.styles, "href")
            }
            "img" => (&mut self.pictures, "src"),
            _ => return,
        };
        let url = tag.attribute(attribute).map(|url| as_browsers_read(&url));
        if let Some(url) = url.filter(|url| is_web_url(url) && list.len() < MAX_LINKS && !list.contains(url)) {
            list.push(url);
        }
    }
}

/// The web links in Mailpit's order: anchors, style sheets, pictures, then the links of the text; without duplicates.
pub fn collect_links(parsed: &ParsedMessage) -> Vec<String> {
    let mut found = References::default();
    visit(&parsed.html, &mut found);
    let References { anchors, styles, pictures } = found;
    let text = parsed.links().into_iter().map(|link| link.url).filter(|url| is_web_url(url));
    let mut seen = std::collections::HashSet::new();
    let all = anchors.into_iter().chain(styles).chain(pictures).chain(text);
    all.filter(|url| seen.insert(url.clone())).take(MAX_LINKS).collect()
}

/// The deliverability lint, which Mailpit does not have.
#[get("/api/v1/message/<_>/lint")]
pub async fn deliverability(message: NamedMessage<'_>) -> Result<Json<Vec<LintFinding>>, WebError> {
    let check =
        |captured: &CapturedMessage, parsed: &ParsedMessage| lint(&captured.bytes, parsed, captured.summary.created);
    Ok(Json(message.parsed(check).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_collected_once_in_mailpits_order() {
        let mail = "Content-Type: text/html\r\n\r\n<img src=http://a/i><link rel=stylesheet href=http://a/c>\
                    <a href=http://a/1>x</a><a href=http://a/1>x</a><a href=mailto:a@b.c>x</a>\
                    <a href='http://a/?x=1&amp;y=2'>x</a><link rel=icon href=http://a/no><a href=/relative>x</a>";
        let links = collect_links(&ParsedMessage::read(mail.as_bytes()));
        assert_eq!(links, ["http://a/1", "http://a/?x=1&y=2", "http://a/c", "http://a/i"]);
    }
}
