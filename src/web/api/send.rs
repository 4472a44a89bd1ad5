//! POST /send: builds a message from JSON and stores it in the inbox.

use rocket::State;
use rocket::data::Data;
use rocket::http::{ContentType, Status};
use rocket::post;
use rocket::request::Request;
use rocket::response::{Responder, Response, Result as Responded};
use serde::Serialize;

use crate::inbox::{IncomingMessage, MessageSource, StoreError};

use super::super::inbox::InboxState;
use super::auth::SendAuth;
use super::compose::{self, ComposeError};
use super::json_body::{self, BadBody, JsonFields};
use super::reply::Json;

/// Factor between the limit of a message and that of its JSON: base64 adds a third, and quotes are escaped.
const JSON_GROWTH: u64 = 2;

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
}

impl<'r> Responder<'r, 'static> for SendError {
    fn respond_to(self, request: &'r Request<'_>) -> Responded<'static> {
        let status = match &self {
            SendError::Body(BadBody::TooLarge) | SendError::Store(StoreError::TooLarge { .. }) => {
                Status::PayloadTooLarge
            }
            SendError::Body(_) | SendError::Compose(_) => Status::BadRequest,
            SendError::Store(error) => {
                tracing::error!(%error, "cannot store a message");
                Status::InternalServerError
            }
        };
        let body = serde_json::json!({ "Error": self.to_string() }).to_string();
        let mut response = Response::build_from((ContentType::JSON, body).respond_to(request)?);
        response.status(status);
        response.ok()
    }
}

#[post("/api/v1/send", data = "<data>")]
pub async fn send(client: SendAuth, state: &State<InboxState>, data: Data<'_>) -> Result<Json<Sent>, SendError> {
    let limit = match state.settings.max_message_size {
        0 => u64::MAX,
        limit => limit.saturating_mul(JSON_GROWTH).saturating_add(json_body::MAX_BODY),
    };
    let fields = JsonFields::read(&json_body::read(data, limit).await?)?;
    let now = state.clock.now();
    let message = compose::compose(&fields, now, &state.entropy.id(now))?;
    let arrival = IncomingMessage {
        envelope_from: message.from,
        envelope_to: message.recipients,
        bytes: message.bytes,
        source: MessageSource::Api,
        username: client.username,
        ..IncomingMessage::default()
    };
    let id = state.inbox.store(arrival).await?;
    Ok(Json(Sent { id: id.to_string() }))
}
