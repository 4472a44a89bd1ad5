//! The upload endpoints of the Google stub: multipart and resumable.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::server::{StubAnswer, StubRequest};
use super::{Sent, State, mail};

/// Gmail's limit, in bytes.
const MAX: usize = 36_700_160;

/// A resumable upload is stored in multiples of this, except for its end.
const STEP: usize = 256 * 1024;

/// An open resumable upload.
#[derive(Clone)]
pub struct StubUpload {
    user: String,
    length: usize,
    raw: Vec<u8>,
    /// The answer to the last byte, once it has been received.
    done: Option<Value>,
}

pub fn upload(state: &mut State, request: &StubRequest, address: SocketAddr) -> StubAnswer {
    if !request.bearer().is_some_and(|token| state.access.contains(token)) {
        return unauthorised();
    }
    let user =
        request.path.split("/users/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default().to_owned();
    match request.query.get("uploadType").map(String::as_str) {
        Some("multipart") => multipart(state, request, user),
        Some("resumable") => open(state, request, user, address),
        other => {
            state.wrong(format!("upload of type {other:?} to {}", request.path));
            bad("Bad Request")
        }
    }
}

fn multipart(state: &mut State, request: &StubRequest, user: String) -> StubAnswer {
    let kind = request.header("content-type").to_owned();
    let Some(boundary) = kind.strip_prefix("multipart/related").and_then(|rest| rest.split("boundary=").nth(1)) else {
        state.wrong(format!("upload as {kind:?}"));
        return bad("not multipart");
    };
    match mail::parts(&request.body, boundary.trim_matches('"')) {
        Ok((metadata, raw)) => {
            if !serde_json::from_slice::<Value>(&metadata).is_ok_and(|v| v.is_object()) {
                state.wrong("upload whose first part is not a JSON object");
            }
            accept(state, user, raw, false)
        }
        Err(why) => {
            state.wrong(format!("multipart upload: {why}"));
            bad("malformed multipart body")
        }
    }
}

fn open(state: &mut State, request: &StubRequest, user: String, address: SocketAddr) -> StubAnswer {
    if request.header("x-upload-content-type") != "message/rfc822" {
        state.wrong("resumable upload without X-Upload-Content-Type: message/rfc822");
    }
    if !serde_json::from_slice::<Value>(&request.body).is_ok_and(|v| v.is_object()) {
        state.wrong("resumable upload that is not opened with a JSON object");
    }
    let Ok(length) = request.header("x-upload-content-length").parse() else {
        state.wrong("resumable upload without X-Upload-Content-Length");
        return bad("Bad Request");
    };
    if length > MAX {
        return StubAnswer::json(413, json!({"error": {"code": 413, "message": "too large"}}));
    }
    // The address is a secret: anyone who knows it can write to the upload.
    let id = state.secret("session");
    state.open.insert(id.clone(), StubUpload { user, length, raw: Vec::new(), done: None });
    StubAnswer::new(200, vec![("location", format!("http://{address}/session/{id}"))], String::new())
}

/// Receives bytes of an upload, at most `keeps` of which are kept, or answers a status request.
pub fn transfer(state: &mut State, request: &StubRequest, keeps: usize) -> StubAnswer {
    if !request.bearer().is_some_and(|token| state.access.contains(token)) {
        return unauthorised();
    }
    state.transferred += request.body.len();
    let id = request.path.trim_start_matches("/session/").to_owned();
    let Some(mut session) = state.open.get(&id).cloned() else {
        return StubAnswer::new(404, Vec::new(), String::new());
    };
    if let Err(why) = receive(&mut session, request, keeps) {
        state.wrong(why);
        return bad("Bad Request");
    }
    if session.done.is_none() && session.raw.len() == session.length {
        let result = accept(state, session.user.clone(), session.raw.clone(), true);
        if result.status != 200 {
            return result;
        }
        session.done = serde_json::from_str(&result.body).ok();
    }
    let had = session.raw.len();
    let done = session.done.clone();
    state.open.insert(id, session);
    match done {
        Some(message) => StubAnswer::json(200, message),
        None if had == 0 => StubAnswer::new(308, Vec::new(), String::new()),
        None => StubAnswer::new(308, vec![("range", format!("bytes=0-{}", had - 1))], String::new()),
    }
}

/// Appends the bytes, which must be the next ones and reach the end or be a multiple of [`STEP`].
fn receive(session: &mut StubUpload, request: &StubRequest, keeps: usize) -> Result<(), String> {
    let (range, length) = (request.header("content-range"), session.length);
    if range == format!("bytes */{length}") {
        // Google requires the header.
        let empty = request.body.is_empty() && request.header("content-length") == "0";
        return if empty { Ok(()) } else { Err("a status request without Content-Length: 0".to_owned()) };
    }
    let (first, last) = range
        .strip_prefix("bytes ")
        .and_then(|rest| rest.strip_suffix(&format!("/{length}")))
        .and_then(|rest| rest.split_once('-'))
        .and_then(|(first, last)| Some((first.parse::<usize>().ok()?, last.parse::<usize>().ok()?)))
        .ok_or_else(|| format!("a transfer of {length} bytes in all as {range:?}"))?;
    let announced = request.header("content-length").parse().unwrap_or(0);
    let fits = first == session.raw.len() && last < length && last + 1 == first + announced;
    if !fits || session.done.is_some() || (last + 1 < length && announced % STEP != 0) {
        return Err(format!("a transfer of {announced} bytes behind {} as {range:?}", session.raw.len()));
    }
    session.raw.extend(request.body.iter().take(keeps));
    Ok(())
}

fn accept(state: &mut State, user: String, raw: Vec<u8>, resumable: bool) -> StubAnswer {
    if raw.len() > MAX {
        return StubAnswer::json(413, json!({"error": {"code": 413, "message": "too large"}}));
    }
    if let Err(why) = mail::validate(&raw) {
        state.wrong(format!("message: {why}"));
        return bad("Invalid message");
    }
    state.count += 1;
    let id = format!("19a{:013x}", state.count);
    state.sent.push(Sent { id: id.clone(), user, raw, resumable });
    StubAnswer::json(200, json!({"id": id, "threadId": id, "labelIds": ["SENT"]}))
}

fn unauthorised() -> StubAnswer {
    let message = "Request had invalid authentication credentials.";
    StubAnswer::json(
        401,
        json!({"error": {"code": 401, "message": message, "status": "UNAUTHENTICATED",
            "errors": [{"domain": "global", "reason": "authError", "message": message}]}}),
    )
}

fn bad(message: &str) -> StubAnswer {
    StubAnswer::json(
        400,
        json!({"error": {"code": 400, "message": message,
            "errors": [{"domain": "global", "reason": "badRequest", "message": message}]}}),
    )
}
