//! POST /send: builds a message from JSON and stores it in the inbox. The bodies of all requests share the memory of
//! the messages that SMTP receives, and one message is built at a time, so that no number of requests exhausts the memory.

use rocket::data::{Data, ToByteUnit as _};
use rocket::http::{ContentType, Header, Status};
use rocket::post;
use rocket::request::Request;
use rocket::response::{Responder, Response, Result as Responded};
use serde::Serialize;
use tokio::io::AsyncReadExt as _;

use crate::clock::Time;
use crate::inbox::{IncomingMessage, MessageSource, StoreError};
use crate::smtpd::Reservation;

use super::auth::SendAuth;
use super::compose::{self, ComposeError, SendRequest};
use super::json_body::{self, BadBody};
use super::reply::Json;
use super::send_body::SendFields;

/// Factor between the limit of a message and that of its JSON: base64 adds a third, and quotes are escaped.
const JSON_GROWTH: u64 = 2;
/// Bytes of a body that are read at a time.
const CHUNK: usize = 64 * 1024;
/// For the header Retry-After, in seconds.
const RETRY_AFTER: &str = "5";

#[derive(Serialize)]
pub struct Sent {
    #[serde(rename = "ID")]
    id: String,
}

/// Why the message was not stored. Only this route answers errors as JSON.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error(transparent)]
    Body(#[from] BadBody),
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("too many large messages at once; try again")]
    Busy,
    /// The task that builds the message failed.
    #[error("cannot build the message")]
    Task,
}

impl<'r> Responder<'r, 'static> for SendError {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        let status = match &self {
            SendError::Body(BadBody::TooLarge) | SendError::Store(StoreError::TooLarge { .. }) => {
                Status::PayloadTooLarge
            }
            SendError::Body(_) | SendError::Compose(_) => Status::BadRequest,
            SendError::Busy => Status::ServiceUnavailable,
            SendError::Task => Status::InternalServerError,
            SendError::Store(error) => {
                tracing::error!(%error, "cannot store a message");
                Status::InternalServerError
            }
        };
        let body = serde_json::json!({ "Error": self.to_string() }).to_string();
        let mut response = Response::build_from((ContentType::JSON, body).respond_to(request)?);
        response.status(status);
        if status == Status::ServiceUnavailable {
            response.header(Header::new("Retry-After", RETRY_AFTER));
        }
        response.ok()
    }
}

#[post("/api/v1/send", data = "<data>")]
pub async fn send(client: SendAuth<'_>, data: Data<'_>) -> Result<Json<Sent>, SendError> {
    let SendAuth { state, username } = client;
    let limit = match state.settings.max_message_size {
        0 => u64::MAX,
        limit => limit.saturating_mul(JSON_GROWTH).saturating_add(json_body::MAX_BODY),
    };
    // Held until the message is stored.
    let mut memory = state.memory.hold();
    let body = read(data, limit, &mut memory).await?;
    let now = state.clock.now();
    let id = state.entropy.id(now);
    let permit = state.compose_permit.clone().acquire_owned().await.map_err(|_| SendError::Busy)?;
    let composed = tokio::task::spawn_blocking(move || {
        let composed = compose(body, now, &id);
        // The client may have gone, but the memory is in use until now.
        drop(permit);
        composed.map(|message| (message, memory))
    });
    let (message, _memory) = composed.await.map_err(|_| SendError::Task)??;
    let arrival = IncomingMessage {
        envelope_from: message.from,
        envelope_to: message.recipients,
        bytes: message.bytes,
        source: MessageSource::Api,
        username,
        ..IncomingMessage::default()
    };
    let id = state.inbox.store(arrival).await?;
    Ok(Json(Sent { id: id.to_string() }))
}

/// Reads a body of at most `limit` bytes, and extends `memory` with it.
async fn read(data: Data<'_>, limit: u64, memory: &mut Reservation) -> Result<Vec<u8>, SendError> {
    let mut stream = data.open(limit.saturating_add(1).bytes());
    let mut body = Vec::new();
    loop {
        body.reserve(CHUNK);
        if stream.read_buf(&mut body).await.map_err(|_| BadBody::Broken)? == 0 {
            return Ok(body);
        }
        if body.len() as u64 > limit {
            return Err(BadBody::TooLarge.into());
        }
        if !memory.grow(body.len()) {
            tracing::warn!("a message was refused: the messages that are being received fill their memory");
            return Err(SendError::Busy);
        }
    }
}

/// Builds the message. The memory of the body is free before the message is written.
fn compose(body: Vec<u8>, now: Time, id: &str) -> Result<SendRequest, SendError> {
    let prepared = match SendFields::read(&body) {
        Ok(fields) => Ok(compose::prepare(&fields, now, id)?),
        Err(error) => Err(error),
    };
    let prepared = match prepared {
        Ok(prepared) => prepared,
        // Most bodies are valid. An invalid one is read again with its invalid characters replaced.
        Err(error) => {
            let repaired = json_body::repaired(&body).ok_or(error)?;
            drop(body);
            return Ok(compose::prepare(&SendFields::read(&repaired)?, now, id)?.write()?);
        }
    };
    drop(body);
    Ok(prepared.write()?)
}
