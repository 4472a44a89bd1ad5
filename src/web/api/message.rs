//! Routes of one message: the message as an object, its headers, its source and its parts.

use std::collections::BTreeMap;

use rocket::{Route, get, routes};

use crate::inbox::{CapturedMessage, Selection};
use crate::mail::parse::ParsedMessage;

use super::super::error::WebError;
use super::super::inbox::state::InboxState;
use super::auth::NotCrossSite;
use super::lookup::{NamedMessage, parsed};
use super::operation::{JSON, LATEST, TEXT, TZ, operations};
use super::reply::{Json, Untrusted};
use super::schema::MessageJson;
use super::thumbnail;

operations! { "message":
    get "/api/v1/message/{ID}" "GetMessage" [LATEST, TZ], None => (JSON, "Message"), [400, 404];
    get "/api/v1/message/{ID}/headers" "GetHeaders" [LATEST, TZ], None => (JSON, "MessageHeaders"), [400, 404];
    get "/api/v1/message/{ID}/raw" "GetRaw" [
        ("dl", "string", "1: download as a file"),
        LATEST,
        TZ,
    ], None => (TEXT, ""), [400, 404];
    get "/api/v1/message/{ID}/received" "GetReceived" [LATEST, TZ], None => (TEXT, ""), [400, 404];
    get "/api/v1/message/{ID}/part/{PartID}" "GetPart" [LATEST, TZ], None => ("*/*", ""), [400, 404];
    get "/api/v1/message/{ID}/part/{PartID}/thumb" "GetThumbnail" [LATEST, TZ], None => ("image/jpeg", ""), [400];
}

pub fn routes() -> Vec<Route> {
    routes![message, headers, raw, received, part, thumb]
}

#[get("/api/v1/message/<_>", rank = 2)]
pub async fn message(message: NamedMessage<'_>, _site: NotCrossSite) -> Result<Json<MessageJson>, WebError> {
    let captured = message.find().await?;
    mark_read(&message.state, &captured).await;
    Ok(Json(parsed(captured, MessageJson::new).await?))
}

/// Marks a message read. Only this module's message, the views and the link check do so. A message can be read on a full
/// disk too, where it stays unread.
pub async fn mark_read(state: &InboxState, captured: &CapturedMessage) {
    if !captured.summary.read
        && let Err(error) = state.inbox.set_read(&Selection::Ids(vec![captured.summary.id]), true).await
    {
        tracing::warn!(id = %captured.summary.id, %error, "cannot mark a message as read");
    }
}

#[get("/api/v1/message/<_>/headers")]
pub async fn headers(message: NamedMessage<'_>) -> Result<Json<BTreeMap<String, Vec<String>>>, WebError> {
    let collect = |captured: &CapturedMessage, parsed: &ParsedMessage| {
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let trace = ParsedMessage::read(captured.session.trace.as_bytes());
        // Return-Path occurs once, with the value that the server added, as in `raw`.
        let is_replaced = |name: &str| name == "Return-Path" && !trace.headers.is_empty();
        for header in trace.headers.iter().chain(parsed.headers.iter().filter(|header| !is_replaced(&header.name))) {
            headers.entry(header.name.clone()).or_default().push(header.value.clone());
        }
        headers
    };
    Ok(Json(message.parsed(collect).await?))
}

#[get("/api/v1/message/<_>/raw?<dl>")]
pub async fn raw(message: NamedMessage<'_>, dl: Option<&str>) -> Result<Untrusted, WebError> {
    let captured = message.find().await?;
    let download = dl == Some("1");
    let file_name = download.then(|| format!("{}.eml", captured.summary.id));
    Ok(Untrusted { file_name, download, ..Untrusted::text(captured.shown()) })
}

/// The bytes exactly as received, without the trace fields that `raw` adds. Mailpit does not have this route.
#[get("/api/v1/message/<_>/received")]
pub async fn received(message: NamedMessage<'_>) -> Result<Untrusted, WebError> {
    Ok(Untrusted::text(message.find().await?.bytes))
}

/// The type, name and decoded content of a part.
struct PartResponse {
    content_type: String,
    file_name: String,
    bytes: Vec<u8>,
}

async fn find_part(message: &NamedMessage<'_>, part: &str) -> Result<PartResponse, WebError> {
    let part = part.to_owned();
    let find = move |captured: &CapturedMessage, parsed: &ParsedMessage| {
        let part = parsed.part(&part)?;
        let bytes = part.decoded(&captured.bytes);
        let content_type = with_charset(&part.content_type, &part.charset, &bytes);
        Some(PartResponse { content_type, file_name: part.file_name.clone(), bytes })
    };
    message.parsed(find).await?.ok_or(WebError::Unknown)
}

/// The type of a text with its charset, which a browser would otherwise guess wrongly for Korean. Other types stay
/// unchanged, since clients compare them.
fn with_charset(kind: &str, declared: &str, bytes: &[u8]) -> String {
    let declared = declared.trim();
    let is_name = |c: u8| c.is_ascii_alphanumeric() || b"-_.:+".contains(&c);
    // A text that `MessagePart::text` reads as UTF-8 is served as UTF-8.
    let utf8 = || std::str::from_utf8(bytes).is_ok();
    let charset = match declared {
        "" if utf8() => "utf-8",
        name if name.eq_ignore_ascii_case("us-ascii") && !bytes.is_ascii() && utf8() => "utf-8",
        name if name.len() <= 40 && name.bytes().all(is_name) => name,
        _ => "",
    };
    if charset.is_empty() || !kind.starts_with("text/") {
        kind.to_owned()
    } else {
        format!("{kind}; charset={charset}")
    }
}

#[get("/api/v1/message/<_>/part/<part>")]
pub async fn part(message: NamedMessage<'_>, part: &str) -> Result<Untrusted, WebError> {
    let PartResponse { content_type, file_name, bytes } = find_part(&message, part).await?;
    // The message's frame has no origin, so its own pictures are cross-origin to it. A message's id cannot be guessed,
    // but `latest` can, so other sites must not embed it.
    let embeddable = message.name != "latest";
    Ok(Untrusted { content_type, file_name: Some(file_name), download: false, embeddable, bytes })
}

#[get("/api/v1/message/<_>/part/<part>/thumb")]
pub async fn thumb(message: NamedMessage<'_>, part: &str) -> Result<Untrusted, WebError> {
    let found = find_part(&message, part).await.map_err(|refusal| WebError::bad(refusal.to_string()))?;
    let _permit = message.state.limits.picture_permits.acquire().await.map_err(|_| WebError::Busy)?;
    let work = move || thumbnail::jpeg(&found.content_type, &found.bytes);
    let bytes = tokio::task::spawn_blocking(work).await.map_err(|_| WebError::bad("cannot read the picture"))?;
    Ok(Untrusted { content_type: "image/jpeg".to_owned(), ..Untrusted::text(bytes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_served_with_its_charset() {
        let korean: &[u8] = b"\xb0\xa1";
        for (kind, declared, bytes, served) in [
            ("text/plain", "EUC-KR", korean, "text/plain; charset=EUC-KR"),
            ("text/html", "", "가".as_bytes(), "text/html; charset=utf-8"),
            ("text/plain", "US-ASCII", "가".as_bytes(), "text/plain; charset=utf-8"),
            ("text/plain", "US-ASCII", b"x", "text/plain; charset=US-ASCII"),
            ("text/plain", "us-ascii", b"\xb0\xa1", "text/plain; charset=us-ascii"),
            ("text/plain", "", korean, "text/plain"),
            ("text/plain", "x; y=\"", b"", "text/plain"),
            ("image/png", "utf-8", b"", "image/png"),
            ("application/json", "", b"{}", "application/json"),
        ] {
            assert_eq!(with_charset(kind, declared, bytes), served, "{kind} {declared}");
        }
    }
}
