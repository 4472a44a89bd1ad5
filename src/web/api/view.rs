//! Test rendering: the HTML part as it would be shown, and the text. Both are a stranger's words on our origin, so
//! they come with a policy that gives them an origin of nobody, no script, and only their own message's pictures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rocket::State;
use rocket::get;
use rocket::http::Header;
use rocket::request::Request;
use rocket::response::{Redirect, Responder, Response, Result as Responded};

use crate::mail::markup::{Token, tokens};
use crate::mail::parsed::{Parsed, Part};

use super::super::inbox::{Mount, Postroom};
use super::chosen;
use super::client::Client;
use super::message::mark_read;
use super::paging::Search;
use super::reply::{Foreign, Refusal};

/// A mail's HTML.
pub struct Rendered {
    html: String,
    /// Where its pictures lie.
    parts: String,
}

impl<'r> Responder<'r, 'static> for Rendered {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        // The sandbox takes the origin away, so 'self' would match nothing: the host is named.
        let host = request.headers().get_one("Host").filter(|host| plain(host)).unwrap_or("localhost");
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

/// A host as a policy may name it.
fn plain(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b))
}

/// What the HTML is rendered for; by default for a program, byte for byte as Mailpit has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Showing {
    /// Links open a window of their own, as in Mailpit's frame.
    pub windows: bool,
    /// Its pictures stand in it instead of being linked. A browser's page without an origin asks for them as a
    /// stranger, without password, and is refused.
    pub pictures: bool,
}

/// Bytes of pictures that stand in the HTML; larger ones are linked.
const MAX_INLINED: usize = 8 * 1024 * 1024;

/// What a view answers with.
#[derive(Responder)]
pub enum View {
    Html(Rendered),
    Text(Foreign),
}

/// `<id>.html` or `<id>.txt`; other names under view/ are pages.
pub fn is_rendering(name: &str) -> bool {
    name.ends_with(".html") || name.ends_with(".txt")
}

/// Answers `<id>.html` and `<id>.txt`.
///
/// # Errors
/// 404 in the words clients know.
pub async fn render(
    room: &Postroom,
    mount: &Mount,
    name: &str,
    showing: Showing,
    search: &Search<'_>,
) -> Result<View, Refusal> {
    let (id, kind) = name.rsplit_once('.').ok_or(Refusal::Unknown)?;
    let missing = |refusal| match refusal {
        Refusal::Unknown => Refusal::Missing("Message not found"),
        refusal => refusal,
    };
    let captured = chosen::message(&room.inbox, id, search).await.map_err(missing)?;
    mark_read(room, &captured).await?;
    if kind == "txt" {
        let bytes = chosen::parsed(captured, |_, parsed| parsed.shown_text()).await?.into_bytes();
        let content_type = "text/plain; charset=utf-8".to_owned();
        return Ok(View::Text(Foreign { content_type, file_name: None, download: false, shown_in_mail: false, bytes }));
    }
    let parts = format!("{}/api/v1/message/{}/part/", mount.base, captured.summary.id);
    let at = parts.clone();
    let html = chosen::parsed(captured, move |captured, parsed| html(parsed, &captured.bytes, &at, showing)).await?;
    let html = html.ok_or(Refusal::Missing("This message does not contain a HTML part"))?;
    Ok(View::Html(Rendered { html, parts }))
}

/// The HTML with its `cid:` pictures found; for embedding, links that open a window of their own.
fn html(parsed: &Parsed, message: &[u8], parts: &str, showing: Showing) -> Option<String> {
    if parsed.html.is_empty() {
        return None;
    }
    let mut room = if showing.pictures { MAX_INLINED } else { 0 };
    let address = |part: &Part| {
        let picture = part.content_type.starts_with("image/") && part.body.len() <= room;
        room = room.saturating_sub(if picture { part.body.len() } else { 0 });
        match picture {
            true => format!("data:{};base64,{}", part.content_type, STANDARD.encode(part.decoded(message))),
            false => format!("{parts}{}", part.id),
        }
    };
    let html = with_pictures(&parsed.html, parsed.inline.iter().chain(&parsed.attachments), address);
    Some(if showing.windows { embedded(&html) } else { html })
}

fn with_pictures<'a>(
    html: &str,
    attached: impl Iterator<Item = &'a Part>,
    mut address: impl FnMut(&Part) -> String,
) -> String {
    let attached: Vec<&Part> = attached.filter(|part| !part.content_id.is_empty()).collect();
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("cid:") {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let named = tail.get(4..).unwrap_or_default();
        let quote = before.chars().next_back().filter(|c| *c == '"' || *c == '\'');
        let end = quote.and_then(|quote| named.find(quote));
        let part = end.and_then(|end| {
            let id = named.get(..end)?;
            let decoded = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
            attached.iter().find(|part| part.content_id == id || part.content_id == decoded)
        });
        match (part, end) {
            (Some(part), Some(end)) => {
                out.push_str(&address(part));
                rest = named.get(end..).unwrap_or_default();
            }
            _ => {
                out.push_str("cid:");
                rest = named;
            }
        }
    }
    out.push_str(rest);
    out
}

/// A full document in which every `<a>` has `target` and `rel` of ours in place of its own.
fn embedded(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + 1024);
    let starts = |name: &str| tokens(html).any(|token| matches!(token, Token::Start(tag) if tag.name == name));
    let has_type = html.trim_start().get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
    let fragment = !has_type && !["html", "head", "body"].into_iter().any(starts);
    if fragment {
        out.push_str("<!doctype html><html><head></head><body>");
    }
    let mut copied = 0;
    for token in tokens(html) {
        let Token::Start(tag) = token else { continue };
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

/// The newest message's page.
#[get("/view/latest?<search..>")]
pub async fn latest(
    _client: Client,
    room: &State<Postroom>,
    mount: &State<Mount>,
    search: Search<'_>,
) -> Result<Redirect, Refusal> {
    let newest = room.inbox.latest(search.query().as_ref()).await?;
    let base = &mount.base;
    Ok(Redirect::found(newest.map_or_else(|| format!("{base}/"), |id| format!("{base}/view/{id}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(html_part: &str, showing: Showing) -> String {
        let mail = format!(
            "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n{html_part}\r\n\
             --b\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\n\r\nx\r\n--b--\r\n"
        );
        html(&Parsed::read(mail.as_bytes()), mail.as_bytes(), "/part/", showing).unwrap()
    }

    #[test]
    fn pictures_of_the_message_are_found_and_others_stay() {
        let html = rendered(
            "<img src=\"cid:logo@x\"><img src='cid:logo%40x'><img src=\"cid:else\">cid:logo@x",
            Showing::default(),
        );
        assert_eq!(html, "<img src=\"/part/2\"><img src='/part/2'><img src=\"cid:else\">cid:logo@x");
        let framed =
            rendered("<img src=\"cid:logo@x\"><img src='cid:else'>", Showing { windows: true, pictures: true });
        assert!(framed.contains("<img src=\"data:image/png;base64,eA==\"><img src='cid:else'>"), "{framed}");
    }

    #[test]
    fn embedded_links_open_a_window_that_knows_nothing_of_ours() {
        assert_eq!(
            rendered("<p>a<A HREF='/x\"y' target=_self>b</A></p>", Showing { windows: true, pictures: false }),
            "<!doctype html><html><head></head><body>\
             <p>a<a href=\"/x&quot;y\" target=\"_blank\" rel=\"noreferrer noopener\">b</A></p></body></html>"
        );
        for whole in ["<HTML><p>a</html>", "<!DOCTYPE html><p>a", "<body>a</body>"] {
            assert_eq!(rendered(whole, Showing { windows: true, pictures: false }), whole);
        }
    }

    #[test]
    fn fuzz_view_random_mails_are_rendered() {
        let corpus = crate::tests::fuzz::corpus("corpus/mime");
        let pieces: &[&[u8]] =
            &[b"cid:", b"\"cid:x@y\"", b"<a ", b"<A href=x", b"'", b"\"", b">", b"<", b"%E", b"\xff", b"&"];
        crate::tests::fuzz::rounds(|dice| {
            let mail = dice.mutate(&corpus, pieces);
            let parsed = Parsed::read(&mail);
            let shown = |showing| html(&parsed, &mail, "/part/", showing);
            let (plain, framed) = (shown(Showing::default()), shown(Showing { windows: true, pictures: false }));
            // Each mention of a picture may hold it whole, up to the limit.
            assert!(shown(Showing { windows: true, pictures: true }).is_none_or(|html| html.len() <= 2 * MAX_INLINED));
            assert_eq!(plain.is_none(), parsed.html.is_empty());
            assert!(framed.is_none_or(|html| html.len() <= 20 * parsed.html.len() + 10_000));
        });
    }

    #[test]
    fn only_plain_hosts_enter_the_policy() {
        assert!(plain("localhost:8000") && plain("[::1]:8000"));
        assert!(!plain("a; script-src *") && !plain(""));
    }
}
