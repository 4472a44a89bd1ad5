//! The upload addresses: multipart and resumable.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::server::{Asked, Said};
use super::{Sent, State, mail};

/// The same as Gmail's.
const MAX: usize = 36_700_160;

/// What a resumable upload is stored in multiples of, but for its end.
const STEP: usize = 256 * 1024;

/// A resumable upload: waits for its bytes, then for questions.
#[derive(Clone)]
pub struct Session {
    user: String,
    length: usize,
    raw: Vec<u8>,
    /// The answer to the last byte.
    done: Option<Value>,
}

pub fn upload(state: &mut State, asked: &Asked, address: SocketAddr) -> Said {
    if !asked.bearer().is_some_and(|token| state.access.contains(token)) {
        return unauthorised();
    }
    let user =
        asked.path.split("/users/").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default().to_owned();
    match asked.query.get("uploadType").map(String::as_str) {
        Some("multipart") => multipart(state, asked, user),
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
    let Ok(length) = asked.header("x-upload-content-length").parse() else {
        state.wrong("resumable upload without X-Upload-Content-Length");
        return bad("Bad Request");
    };
    if length > MAX {
        return Said::json(413, json!({"error": {"code": 413, "message": "too large"}}));
    }
    // Who knows the address may write there.
    let id = state.secret("session");
    state.open.insert(id.clone(), Session { user, length, raw: Vec::new(), done: None });
    Said::new(200, vec![("location", format!("http://{address}/session/{id}"))], String::new())
}

/// Bytes of an upload, or a question how many there are; at most `keeps` of them are kept.
pub fn transfer(state: &mut State, asked: &Asked, keeps: usize) -> Said {
    if !asked.bearer().is_some_and(|token| state.access.contains(token)) {
        return unauthorised();
    }
    state.transferred += asked.body.len();
    let id = asked.path.trim_start_matches("/session/").to_owned();
    let Some(mut session) = state.open.get(&id).cloned() else {
        return Said::new(404, Vec::new(), String::new());
    };
    if let Err(why) = receive(&mut session, asked, keeps) {
        state.wrong(why);
        return bad("Bad Request");
    }
    if session.done.is_none() && session.raw.len() == session.length {
        let said = take(state, session.user.clone(), session.raw.clone(), true);
        if said.status != 200 {
            return said;
        }
        session.done = serde_json::from_str(&said.body).ok();
    }
    let had = session.raw.len();
    let done = session.done.clone();
    state.open.insert(id, session);
    match done {
        Some(message) => Said::json(200, message),
        None if had == 0 => Said::new(308, Vec::new(), String::new()),
        None => Said::new(308, vec![("range", format!("bytes=0-{}", had - 1))], String::new()),
    }
}

/// The bytes must be the next ones, to the end or in multiples of what is stored.
fn receive(session: &mut Session, asked: &Asked, keeps: usize) -> Result<(), String> {
    let (range, length) = (asked.header("content-range"), session.length);
    if range == format!("bytes */{length}") {
        // Google wants it said.
        let empty = asked.body.is_empty() && asked.header("content-length") == "0";
        return if empty { Ok(()) } else { Err("a question without Content-Length: 0".to_owned()) };
    }
    let (first, last) = range
        .strip_prefix("bytes ")
        .and_then(|rest| rest.strip_suffix(&format!("/{length}")))
        .and_then(|rest| rest.split_once('-'))
        .and_then(|(first, last)| Some((first.parse::<usize>().ok()?, last.parse::<usize>().ok()?)))
        .ok_or_else(|| format!("a transfer of {length} bytes in all as {range:?}"))?;
    let announced = asked.header("content-length").parse().unwrap_or(0);
    let fits = first == session.raw.len() && last < length && last + 1 == first + announced;
    if !fits || session.done.is_some() || (last + 1 < length && announced % STEP != 0) {
        return Err(format!("a transfer of {announced} bytes behind {} as {range:?}", session.raw.len()));
    }
    session.raw.extend(asked.body.iter().take(keeps));
    Ok(())
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
