//! The Gmail transport: aligns the recipients, gets a token, uploads the message, and retries once with a new token
//! after a 401.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::clock::Clock;
use crate::mail::Message;
use crate::random::Entropy;
use crate::secret::Secret;
use crate::transport::interface::{Failure, Receipt, Transport};

use super::counting_stream::ByteCounter;
use super::http::Http;
use super::recipients;
use super::settings::Settings;
use super::timeouts::GmailTimeouts;
use super::token_provider::TokenProvider;
use super::upload::{self, UploadRequest, Uploader};
use super::upload_session::UploadSessions;

/// The most idle uploaders to keep, each with its connections.
const MAX_IDLE: usize = 4;

/// Sends through the Gmail API as the account that consented.
pub struct Gmail {
    settings: Settings,
    http: Http,
    clock: Clock,
    entropy: Entropy,
    tokens: TokenProvider,
    idle: Mutex<Vec<Uploader>>,
    sessions: Arc<UploadSessions>,
    /// The counter of the upload that began last, and the size of its message.
    sending: Mutex<Option<(ByteCounter, u64)>>,
}

impl Gmail {
    /// Creates the transport without reading a file or opening a connection. A missing file fails the first delivery,
    /// with a message that says what to do.
    pub fn new(settings: Settings, clock: Clock, entropy: Entropy) -> Self {
        Gmail::with_limits(settings, clock, entropy, GmailTimeouts::default())
    }

    pub(super) fn with_limits(settings: Settings, clock: Clock, entropy: Entropy, limits: GmailTimeouts) -> Self {
        let http = Http::new(limits);
        let tokens = TokenProvider::new(settings.clone(), http.clone(), clock.clone());
        Gmail {
            settings,
            http,
            clock,
            entropy,
            tokens,
            idle: Mutex::default(),
            sessions: Arc::default(),
            sending: Mutex::default(),
        }
    }

    async fn upload(&self, id: &str, bytes: &[u8]) -> Result<String, Failure> {
        let bearer = self.tokens.bearer(None).await?;
        match self.attempt(id, bytes, &bearer).await {
            Err(refused) if refused.code == Some(401) => {
                let renewed = self.tokens.bearer(Some(&bearer)).await?;
                self.attempt(id, bytes, &renewed).await
            }
            other => other,
        }
    }

    /// Uploads once. An uploader is kept only after a success: after a failure the next message gets a new connection.
    async fn attempt(&self, id: &str, bytes: &[u8], bearer: &Secret<String>) -> Result<String, Failure> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut uploader = match kept {
            Some(uploader) => uploader,
            None => Uploader::new(&self.http, &self.settings, &self.entropy, &self.sessions)?,
        };
        let request = UploadRequest { id, bytes, bearer, now: self.clock.now() };
        self.set_sending(Some((uploader.counter_of(&request), bytes.len() as u64)));
        let result = uploader.send(&request).await;
        self.set_sending(None);
        let id = result?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(uploader);
        }
        Ok(id)
    }

    fn set_sending(&self, sending: Option<(ByteCounter, u64)>) {
        *self.sending.lock().unwrap_or_else(PoisonError::into_inner) = sending;
    }
}

#[async_trait]
impl Transport for Gmail {
    fn name(&self) -> &'static str {
        "gmail"
    }

    async fn deliver(&self, mail: &Message) -> Result<Receipt, Failure> {
        let bytes = recipients::align_headers(mail)?;
        if bytes.len() > upload::MAX_MAIL {
            return Err(upload::too_large());
        }
        let id = self.upload(&mail.id, &bytes).await?;
        let id: String = id.chars().filter(|c| c.is_ascii_graphic()).take(64).collect();
        Ok(Receipt::new(format!("Gmail message id {id}"), Some(id)))
    }

    fn sending(&self) -> Option<(u64, u64)> {
        let sending = self.sending.lock().unwrap_or_else(PoisonError::into_inner);
        sending.as_ref().map(|(counter, total)| (counter.written().min(*total), *total))
    }

    async fn check(&self) -> Result<String, Failure> {
        let kind = self.tokens.force_refresh().await?;
        let url = self.settings.endpoint.url();
        let proxy = self.http.reach(url).await?.map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default();
        let host = url.host_str().unwrap_or_default();
        Ok(format!("Google renewed the access token of this {kind} client, and {host} is reachable{proxy}"))
    }
}
