//! The upload addresses: multipart and resumable.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::server::{Asked, Said};
use super::{Sent, State, mail};

/// The same as Gmail's.
const MAX: usize = 36_700_160;

/// A resumable upload that waits for its bytes.
pub struct Session {
    user: String,
}

pub fn upload(state: &mut State, asked: &Asked, address: SocketAddr) -> Said {
    if !asked.bearer().is_some_and(|token| state.access.contains(token)) {
        return unauthorised();
    }
    let user =
        asked.path.split("/users/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default().to_owned();
    match asked.query.get("uploadType").map(String::as_str) {
        Some("multipart") if asked.path.starts_with("/upload/") => multipart(state, asked, user),
        Some("resumable") => open(state, asked, user, address),
        other => {
            state.wrong(format!("upload of type {other:?} to {}", asked.path));
            bad("Bad Request")
        }
    }
}

fn multipart(state: &mut State, asked: &Asked, user: String) -> Said {
    let kind = asked.header("content-type").to_owned();
    let Some(boundary) = kind.strip_prefix("multipart/related").and_then(|rest| rest.split("boundary=").nth(1)) else {
        state.wrong(format!("upload as {kind:?}"));
        return bad("no multipart");
    };
    match mail::parts(&asked.body, boundary.trim_matches('"')) {
        Ok((metadata, raw)) => {
            if !serde_json::from_slice::<Value>(&metadata).is_ok_and(|v| v.is_object()) {
                state.wrong("upload whose first part is no JSON object");
            }
            take(state, user, raw, false)
        }
        Err(why) => {
            state.wrong(format!("multipart upload: {why}"));
            bad("malformed multipart body")
        }
    }
}

fn open(state: &mut State, asked: &Asked, user: String, address: SocketAddr) -> Said {
    if asked.header("x-upload-content-type") != "message/rfc822" {
        state.wrong("resumable upload without X-Upload-Content-Type: message/rfc822");
    }
    if !serde_json::from_slice::<Value>(&asked.body).is_ok_and(|v| v.is_object()) {
        state.wrong("resumable upload that is not opened with a JSON object");
    }
    state.count += 1;
    let id = state.count.to_string();
    state.open.insert(id.clone(), Session { user });
    Said::new(200, vec![("location", format!("http://{address}/session/{id}"))], String::new())
}

pub fn transfer(state: &mut State, asked: &Asked) -> Said {
    let Some(session) = state.open.remove(asked.path.trim_start_matches("/session/")) else {
        return Said::new(404, Vec::new(), String::new());
    };
    let length = asked.body.len();
    let whole = format!("bytes 0-{}/{length}", length.saturating_sub(1));
    if asked.header("content-range") != whole {
        state.wrong(format!("transfer of {length} bytes as {:?}", asked.header("content-range")));
    }
    take(state, session.user, asked.body.clone(), true)
}

fn take(state: &mut State, user: String, raw: Vec<u8>, resumable: bool) -> Said {
    if raw.len() > MAX {
        return Said::json(413, json!({"error": {"code": 413, "message": "too large"}}));
    }
    if let Err(why) = mail::judge(&raw) {
        state.wrong(format!("mail: {why}"));
        return bad("Invalid message");
    }
    state.count += 1;
    let id = format!("19a{:013x}", state.count);
    state.sent.push(Sent { id: id.clone(), user, raw, resumable });
    Said::json(200, json!({"id": id, "threadId": id, "labelIds": ["SENT"]}))
}

fn unauthorised() -> Said {
    let message = "Request had invalid authentication credentials.";
    Said::json(
        401,
        json!({"error": {"code": 401, "message": message, "status": "UNAUTHENTICATED",
            "errors": [{"domain": "global", "reason": "authError", "message": message}]}}),
    )
}

fn bad(message: &str) -> Said {
    Said::json(
        400,
        json!({"error": {"code": 400, "message": message,
            "errors": [{"domain": "global", "reason": "badRequest", "message": message}]}}),
    )
}
