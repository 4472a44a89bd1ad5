//! The contents of parts, also of those of attached messages: decoded, as sent, or as a download; and the HTML of an
//! attached message for its frame.

use rocket::get;

use crate::inbox::CapturedMessage;
use crate::mail::parse::{ParsedMessage, part_tree};

use super::super::super::api::lookup;
use super::super::super::api::message_html::{RenderOptions, message_html};
use super::super::super::api::paging::Search;
use super::super::super::api::reply::Untrusted;
use super::super::super::error::WebError;
use super::super::page_context::PageContext;
use super::super::sandboxed_html::SandboxedHtml;
use super::nested;

/// The content of a part. `path` is its id, behind the ids of the attached messages that contain it: `2~1.3`.
#[get("/view/<id>/content/<path>?<sent>&<dl>")]
pub async fn part_content(
    context: PageContext<'_>,
    id: &str,
    path: &str,
    sent: Option<&str>,
    dl: Option<&str>,
) -> Result<Untrusted, WebError> {
    let captured = lookup::message(&context.state.inbox, id, &Search::none()).await?;
    let (path, as_sent, download) = (path.to_owned(), sent == Some("1"), dl == Some("1"));
    let read = move |captured: &CapturedMessage, _: &ParsedMessage| {
        let (message, id) = nested::split(&path);
        let opened = nested::open(&captured.bytes, message)?;
        let node = part_tree(&opened.bytes).into_iter().find(|node| node.part.id == id)?;
        if as_sent {
            let bytes = opened.bytes.get(node.header.start..node.part.body.end).unwrap_or_default();
            return Some(Untrusted::text(bytes.to_vec()));
        }
        let is_text = node.part.content_type.starts_with("text/") || node.is_message() || node.is_container;
        let file_name = Some(node.part.file_name.clone());
        if is_text && !download {
            return Some(Untrusted { file_name, ..Untrusted::text(node.text(&opened.bytes).into_bytes()) });
        }
        let content_type = node.part.content_type.clone();
        let bytes = node.part.decoded(&opened.bytes);
        Some(Untrusted { content_type, file_name, download, embeddable: false, bytes })
    };
    lookup::parsed(captured, read).await?.ok_or(WebError::Unknown)
}

/// The HTML of the attached message that `path` names, with its pictures inlined.
#[get("/view/<id>/nested/<path>")]
pub async fn nested_html(context: PageContext<'_>, id: &str, path: &str) -> Result<SandboxedHtml, WebError> {
    let captured = lookup::message(&context.state.inbox, id, &Search::none()).await?;
    let path = path.to_owned();
    let read = move |captured: &CapturedMessage, _: &ParsedMessage| {
        let opened = nested::open(&captured.bytes, &path).filter(|opened| !opened.trail.is_empty())?;
        let options = RenderOptions { windows: true, pictures: true, fits: true, ..RenderOptions::default() };
        message_html(&ParsedMessage::read(&opened.bytes), &opened.bytes, "", options)
    };
    lookup::parsed(captured, read).await?.map(SandboxedHtml).ok_or(WebError::Unknown)
}
