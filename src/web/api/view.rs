//! Renderings of a message's HTML and text. Both are untrusted content on the site's origin, so their policy gives them
//! an opaque origin, forbids scripts and allows only the message's own pictures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rocket::State;
use rocket::get;
use rocket::http::Header;
use rocket::request::Request;
use rocket::response::{Redirect, Responder, Response, Result as Responded};

use crate::mail::html_tokenizer::{HtmlToken, tokens};
use crate::mail::parse::{MessagePart, ParsedMessage};

use super::super::inbox::{InboxState, Mount};
use super::auth::ApiAuth;
use super::lookup;
use super::message::mark_read;
use super::paging::Search;
use super::reply::{ApiError, Untrusted};

/// The HTML of a message.
pub struct RenderedView {
    html: String,
    /// Path of the message's parts, with a slash at the end.
    parts: String,
}

impl<'r> Responder<'r, 'static> for RenderedView {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        // A sandboxed page has no origin, so 'self' would match nothing. The policy names the host instead.
        let host = request.headers().get_one("Host").filter(|host| is_plain_host(host)).unwrap_or("localhost");
        let policy = format!(
            "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; \
             img-src data: http://{host}{parts} https://{host}{parts}; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'self'",
            parts = self.parts
        );
        let mut response = Response::build_from(self.html.respond_to(request)?);
        response.raw_header("Content-Type", "text/html; charset=utf-8");
        response.header(Header::new("Content-Security-Policy", policy));
        response.raw_header("X-Content-Type-Options", "nosniff");
        response.raw_header("X-Frame-Options", "SAMEORIGIN");
        response.raw_header("Referrer-Policy", "no-referrer");
        response.ok()
    }
}

/// True if a host can be named in a policy.
fn is_plain_host(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b))
}

/// How the HTML is rendered; by default as Mailpit renders it, byte for byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RenderOptions {
    /// Links open a new window, as in Mailpit's frame.
    pub windows: bool,
    /// Pictures are inlined instead of linked. A browser sends no password when a page without an origin loads them, so
    /// links would fail.
    pub pictures: bool,
}

/// Limit of the pictures inlined in the HTML, in bytes of their encoded bodies; the others are linked.
const MAX_INLINED: usize = 8 * 1024 * 1024;

/// The answer of a rendering.
#[derive(Responder)]
pub enum ViewKind {
    Html(RenderedView),
    Text(Untrusted),
}

/// True for `<id>.html` and `<id>.txt`; other names below `/view/` are pages.
pub fn is_rendering(name: &str) -> bool {
    name.ends_with(".html") || name.ends_with(".txt")
}

/// The rendering `<id>.html` or `<id>.txt`.
///
/// # Errors
/// 404 with Mailpit's text.
pub async fn render(
    state: &InboxState,
    mount: &Mount,
    name: &str,
    options: RenderOptions,
    search: &Search<'_>,
) -> Result<ViewKind, ApiError> {
    let (id, kind) = name.rsplit_once('.').ok_or(ApiError::Unknown)?;
    let missing = |refusal| match refusal {
        ApiError::Unknown => ApiError::Missing("Message not found"),
        refusal => refusal,
    };
    let captured = lookup::message(&state.inbox, id, search).await.map_err(missing)?;
    mark_read(state, &captured).await?;
    if kind == "txt" {
        let bytes = lookup::parsed(captured, |_, parsed| parsed.text_or_rendering()).await?.into_bytes();
        let content_type = "text/plain; charset=utf-8".to_owned();
        return Ok(ViewKind::Text(Untrusted {
            content_type,
            file_name: None,
            download: false,
            embeddable: false,
            bytes,
        }));
    }
    let parts = format!("{}/api/v1/message/{}/part/", mount.base, captured.summary.id);
    let at = parts.clone();
    let html = lookup::parsed(captured, move |captured, parsed| html(parsed, &captured.bytes, &at, options)).await?;
    let html = html.ok_or(ApiError::Missing("This message does not contain a HTML part"))?;
    Ok(ViewKind::Html(RenderedView { html, parts }))
}

/// The HTML with its `cid:` URLs resolved and, if the options say so, with links that open a new window.
fn html(parsed: &ParsedMessage, message: &[u8], parts: &str, options: RenderOptions) -> Option<String> {
    if parsed.html.is_empty() {
        return None;
    }
    let mut budget = if options.pictures { MAX_INLINED } else { 0 };
    let address = |part: &MessagePart| {
        let is_inlined = part.content_type.starts_with("image/") && part.body.len() <= budget;
        budget = budget.saturating_sub(if is_inlined { part.body.len() } else { 0 });
        match is_inlined {
            true => format!("data:{};base64,{}", part.content_type, STANDARD.encode(part.decoded(message))),
            false => format!("{parts}{}", part.id),
        }
    };
    let html = with_pictures(&parsed.html, parsed.inline.iter().chain(&parsed.attachments), address);
    Some(if options.windows { with_new_window_links(&html) } else { html })
}

fn with_pictures<'a>(
    html: &str,
    attached: impl Iterator<Item = &'a MessagePart>,
    mut address: impl FnMut(&MessagePart) -> String,
) -> String {
    let attached: Vec<&MessagePart> = attached.filter(|part| !part.content_id.is_empty()).collect();
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("cid:") {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let url = tail.get(4..).unwrap_or_default();
        let quote = before.chars().next_back().filter(|c| *c == '"' || *c == '\'');
        let end = quote.and_then(|quote| url.find(quote));
        let part = end.and_then(|end| {
            let id = url.get(..end)?;
            let decoded = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
            attached.iter().find(|part| part.content_id == id || part.content_id == decoded)
        });
        match (part, end) {
            (Some(part), Some(end)) => {
                out.push_str(&address(part));
                rest = url.get(end..).unwrap_or_default();
            }
            _ => {
                out.push_str("cid:");
                rest = url;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The HTML as a complete document whose links open a new window: their `target` and `rel` are replaced.
fn with_new_window_links(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + 1024);
    let starts = |name: &str| tokens(html).any(|token| matches!(token, HtmlToken::Start(tag) if tag.name == name));
    let has_type = html.trim_start().get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
    let fragment = !has_type && !["html", "head", "body"].into_iter().any(starts);
    if fragment {
        out.push_str("<!doctype html><html><head></head><body>");
    }
    let mut copied = 0;
    for token in tokens(html) {
        let HtmlToken::Start(tag) = token else { continue };
        if tag.name != "a" && tag.name != "area" {
            continue;
        }
        out.push_str(html.get(copied..tag.span.start).unwrap_or_default());
        out.push('<');
        out.push_str(&tag.name);
        for (name, value) in tag.attributes.iter().filter(|(name, _)| name != "target" && name != "rel") {
            out.push_str(&format!(" {name}=\"{}\"", value.replace('"', "&quot;")));
        }
        out.push_str(" target=\"_blank\" rel=\"noreferrer noopener\">");
        copied = tag.span.end;
    }
    out.push_str(html.get(copied..).unwrap_or_default());
    if fragment {
        out.push_str("</body></html>");
    }
    out
}

/// Redirects to the page of the newest message, or to the list without one.
#[get("/view/latest?<search..>")]
pub async fn latest(
    _client: ApiAuth,
    state: &State<InboxState>,
    mount: &State<Mount>,
    search: Search<'_>,
) -> Result<Redirect, ApiError> {
    let newest = state.inbox.latest(search.query()?.as_ref()).await?;
    let base = &mount.base;
    Ok(Redirect::found(newest.map_or_else(|| format!("{base}/"), |id| format!("{base}/view/{id}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(html_part: &str, options: RenderOptions) -> String {
        let mail = format!(
            "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n{html_part}\r\n\
             --b\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\n\r\nx\r\n--b--\r\n"
        );
        html(&ParsedMessage::read(mail.as_bytes()), mail.as_bytes(), "/part/", options).unwrap()
    }

    #[test]
    fn pictures_of_the_message_are_linked_or_inlined_and_unknown_ones_stay() {
        let html = rendered(
            "<img src=\"cid:logo@x\"><img src='cid:logo%40x'><img src=\"cid:else\">cid:logo@x",
            RenderOptions::default(),
        );
        assert_eq!(html, "<img src=\"/part/2\"><img src='/part/2'><img src=\"cid:else\">cid:logo@x");
        let framed =
            rendered("<img src=\"cid:logo@x\"><img src='cid:else'>", RenderOptions { windows: true, pictures: true });
        assert!(framed.contains("<img src=\"data:image/png;base64,eA==\"><img src='cid:else'>"), "{framed}");
    }

    #[test]
    fn links_open_a_new_window_without_opener_and_referrer() {
        assert_eq!(
            rendered("<p>a<A HREF='/x\"y' target=_self>b</A></p>", RenderOptions { windows: true, pictures: false }),
            "<!doctype html><html><head></head><body>\
             <p>a<a href=\"/x&quot;y\" target=\"_blank\" rel=\"noreferrer noopener\">b</A></p></body></html>"
        );
        for whole in ["<HTML><p>a</html>", "<!DOCTYPE html><p>a", "<body>a</body>"] {
            assert_eq!(rendered(whole, RenderOptions { windows: true, pictures: false }), whole);
        }
    }

    #[test]
    fn fuzz_view_random_messages_are_rendered() {
        let corpus = crate::tests::fuzz::corpus("corpus/mime");
        let pieces: &[&[u8]] =
            &[b"cid:", b"\"cid:x@y\"", b"<a ", b"<A href=x", b"'", b"\"", b">", b"<", b"%E", b"\xff", b"&"];
        crate::tests::fuzz::rounds(|dice| {
            let mail = dice.mutate(&corpus, pieces);
            let parsed = ParsedMessage::read(&mail);
            let shown = |options| html(&parsed, &mail, "/part/", options);
            let (plain, framed) =
                (shown(RenderOptions::default()), shown(RenderOptions { windows: true, pictures: false }));
            // A picture is inlined at each reference to it, up to the limit.
            assert!(
                shown(RenderOptions { windows: true, pictures: true }).is_none_or(|html| html.len() <= 2 * MAX_INLINED)
            );
            assert_eq!(plain.is_none(), parsed.html.is_empty());
            assert!(framed.is_none_or(|html| html.len() <= 20 * parsed.html.len() + 10_000));
        });
    }

    #[test]
    fn only_plain_host_names_are_put_into_the_policy() {
        assert!(is_plain_host("localhost:8000") && is_plain_host("[::1]:8000"));
        assert!(!is_plain_host("a; script-src *") && !is_plain_host(""));
    }
}
