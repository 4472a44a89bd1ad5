//! Routes of many messages: list, search, mark as read, delete.

use rocket::{Route, delete, get, put, routes};

use crate::inbox::{InboxPage, MessageId, Selection};

use super::super::body::BadBody;
use super::super::error::WebError;
use super::auth::ApiAuth;
use super::json_body::{JsonBody, JsonFields};
use super::operation::{JSON, LIMIT, QUERY, START, TEXT, TZ, operations};
use super::paging::{self, Paging, Search};
use super::reply::{Json, PlainOk};
use super::schema::{MessageSummary, MessagesSummary};

const NO_QUERY: &str = "Error: no search query";

operations! { "messages":
    get "/api/v1/messages" "ListMessages" [START, LIMIT], None => (JSON, "MessagesSummary"), [];
    put "/api/v1/messages" "SetReadStatus" [TZ], Some("SetReadStatus") => (TEXT, ""), [400];
    delete "/api/v1/messages" "DeleteMessages" [], Some("DeleteMessages") => (TEXT, ""), [400];
    get "/api/v1/search" "SearchMessages" [QUERY, START, LIMIT, TZ], None => (JSON, "MessagesSummary"), [400];
    delete "/api/v1/search" "DeleteSearch" [QUERY, TZ], None => (TEXT, ""), [400];
}

pub fn routes() -> Vec<Route> {
    routes![list, set_read, delete, search, delete_search]
}

#[get("/api/v1/messages?<paging..>")]
pub async fn list(state: ApiAuth<'_>, paging: Paging<'_>) -> Result<Json<MessagesSummary>, WebError> {
    Ok(summary(state.inbox.page(None, &paging.of_list()).await?, paging.start()))
}

#[get("/api/v1/search?<query>&<tz>&<paging..>")]
pub async fn search(
    state: ApiAuth<'_>,
    query: Option<&str>,
    tz: Option<&str>,
    paging: Paging<'_>,
) -> Result<Json<MessagesSummary>, WebError> {
    let query = paging::accepted_query(query.unwrap_or_default(), tz)?.ok_or_else(|| WebError::bad(NO_QUERY))?;
    Ok(summary(state.inbox.page(Some(&query), &paging.of_search()).await?, paging.start()))
}

fn summary(page: InboxPage, start: u64) -> Json<MessagesSummary> {
    let InboxPage { found, counts, tags } = page;
    Json(MessagesSummary {
        total: counts.arrived(),
        unread: counts.accepted_unread(),
        count: found.messages.len(),
        messages_count: found.total,
        messages_unread: found.unread,
        start,
        tags,
        messages: found.messages.iter().map(MessageSummary::from).collect(),
    })
}

#[put("/api/v1/messages?<tz>", data = "<body>")]
pub async fn set_read(state: ApiAuth<'_>, tz: Option<&str>, body: JsonBody) -> Result<PlainOk, WebError> {
    let fields = body.fields()?;
    let (ids, search) = (fields.texts("ids")?, fields.text("search")?);
    let selection = match (ids.is_empty(), paging::accepted_query(&search, tz)?) {
        (false, Some(_)) => {
            return Err(WebError::bad("You may specify either IDs or a search query, not both"));
        }
        (false, None) => Selection::Ids(parse_ids(&ids)),
        (true, Some(query)) => Selection::Matching(query),
        (true, None) => Selection::All,
    };
    state.inbox.set_read(&selection, fields.flag("read")?).await?;
    Ok(PlainOk)
}

#[delete("/api/v1/messages", data = "<body>")]
pub async fn delete(state: ApiAuth<'_>, body: JsonBody) -> Result<PlainOk, WebError> {
    let ids = to_delete(&body.bytes()?)?;
    let selection = if ids.is_empty() { Selection::All } else { Selection::Ids(parse_ids(&ids)) };
    state.inbox.delete(&selection).await?;
    Ok(PlainOk)
}

/// The ids to delete; empty for all messages. Clients delete all with an empty body, `{}` or an empty list, and some
/// send a form. Any other body is an error, so that a damaged request does not delete everything.
fn to_delete(body: &[u8]) -> Result<Vec<String>, BadBody> {
    if body.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let form: Vec<String> = body
        .split(|byte| *byte == b'&')
        .filter_map(|pair| pair.strip_prefix(b"ids=".as_slice()).or_else(|| pair.strip_prefix(b"IDs=".as_slice())))
        .map(|value| String::from_utf8_lossy(value).into_owned())
        .collect();
    if form.is_empty() { JsonFields::read(body)?.texts("ids") } else { Ok(form) }
}

#[delete("/api/v1/search?<search..>")]
pub async fn delete_search(state: ApiAuth<'_>, search: Search<'_>) -> Result<PlainOk, WebError> {
    let query = search.query()?.ok_or_else(|| WebError::bad(NO_QUERY))?;
    state.inbox.delete(&Selection::Matching(paging::to_delete(query)?)).await?;
    Ok(PlainOk)
}

/// The valid ids of `ids`; others are ignored.
pub fn parse_ids(ids: &[String]) -> Vec<MessageId> {
    ids.iter().filter_map(|id| id.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_selection_deletes_everything() {
        for body in ["", "  ", "{}", "null", r#"{"IDs":[]}"#, r#"{"ids":null}"#] {
            assert_eq!(to_delete(body.as_bytes()), Ok(vec![]), "{body}");
        }
        assert_eq!(to_delete(br#"{"ids":["a"]}"#), Ok(vec!["a".to_owned()]));
        assert_eq!(to_delete(b"ids=a&ids=b"), Ok(vec!["a".to_owned(), "b".to_owned()]));
        for body in ["{", "[]", r#"{"IDs":"a"}"#, "x=1"] {
            assert!(to_delete(body.as_bytes()).is_err(), "{body}");
        }
    }
}
