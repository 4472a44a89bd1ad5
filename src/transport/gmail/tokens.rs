//! The access token of the moment: kept in memory, shared through the token file, renewed when it is due or was
//! refused. Never starts a consent.

use std::time::Duration;

use tokio::sync::Mutex;

use crate::clock::{Clock, Time};
use crate::secret::Secret;
use crate::transport::{Class, Failure};

use super::credentials::{self, Client, Credentials};
use super::http::Http;
use super::oauth::{self, Grant};
use super::service;
use super::settings::Settings;
use super::token::{Access, LastError, Token};

/// A token this close to its end is renewed first, so that it outlives the upload.
const MARGIN: Duration = Duration::from_secs(300);

pub(super) struct Tokens {
    settings: Settings,
    http: Http,
    clock: Clock,
    held: Mutex<Option<Access>>,
}

impl Tokens {
    pub fn new(settings: Settings, http: Http, clock: Clock) -> Self {
        Tokens { settings, http, clock, held: Mutex::new(None) }
    }

    /// A token to send with. `refused` is one that Gmail just answered 401 to, and is not given again.
    ///
    /// # Errors
    /// Why there is none, classed; Configuration names the cure.
    pub async fn bearer(&self, refused: Option<&Secret<String>>) -> Result<Secret<String>, Failure> {
        let mut held = self.held.lock().await;
        let now = self.clock.now();
        let good = |access: &Access| access.expires_at > now + MARGIN && Some(&access.token) != refused;
        if let Some(access) = held.as_ref().filter(|access| good(access)) {
            return Ok(access.token.clone());
        }
        *held = None;
        let access = match credentials::read(&self.settings.credentials).await? {
            Credentials::ServiceAccount(key) => {
                let subject = self.settings.subject.as_ref();
                access(&service::mint(&self.http, key.expose(), subject, now).await?, now)
            }
            Credentials::Client(client) => {
                let token = self.stored(&client).await?;
                match token.access.clone().filter(good) {
                    Some(access) => access,
                    None => self.refreshed(&client, token).await?,
                }
            }
        };
        Ok(held.insert(access).token.clone())
    }

    /// Renews the token whether it is due or not, which proves that consent and client are still accepted; tells
    /// the kind of credentials.
    ///
    /// # Errors
    /// As [`Tokens::bearer`].
    pub async fn prove(&self) -> Result<&'static str, Failure> {
        let mut held = self.held.lock().await;
        let credentials = credentials::read(&self.settings.credentials).await?;
        let access = match &credentials {
            Credentials::ServiceAccount(key) => {
                let now = self.clock.now();
                let subject = self.settings.subject.as_ref();
                access(&service::mint(&self.http, key.expose(), subject, now).await?, now)
            }
            Credentials::Client(client) => self.refreshed(client, self.stored(client).await?).await?,
        };
        *held = Some(access);
        Ok(credentials.kind())
    }

    async fn stored(&self, client: &Client) -> Result<Token, Failure> {
        let token = Token::read(&self.settings.token).await?;
        let path = self.settings.token.display();
        if token.client_id != client.id {
            let reason =
                format!("{path} belongs to another OAuth client than the credentials; run `gatepost gmail authorize`");
            return Err(Failure::new(Class::Configuration, reason));
        }
        if !token.may_send() {
            let reason = format!(
                "the consent in {path} does not include sending mail; run `gatepost gmail authorize` and leave the box ticked"
            );
            return Err(Failure::new(Class::Configuration, reason));
        }
        Ok(token)
    }

    async fn refreshed(&self, client: &Client, mut token: Token) -> Result<Access, Failure> {
        let now = self.clock.now();
        match oauth::refresh(&self.http, client, &token.refresh, now).await {
            Ok(grant) => {
                let access = access(&grant, now);
                let consent = token.clone();
                token.access = Some(access.clone());
                token.refreshed_at = Some(now);
                token.last_error = None;
                token.scope = grant.scope.unwrap_or(token.scope);
                token.refresh = grant.refresh.unwrap_or(token.refresh);
                self.store(&consent, &token).await;
                Ok(access)
            }
            Err(failure) => {
                let consent = token.clone();
                token.last_error = Some(LastError { at: now, reason: failure.reason.clone() });
                self.store(&consent, &token).await;
                Err(failure)
            }
        }
    }

    /// Writes `token` unless the operator has authorised or revoked meanwhile: a refresh that was under way then
    /// must not bring the old consent back. A file that cannot be written costs a refresh per start, no mail.
    async fn store(&self, consent: &Token, token: &Token) {
        let path = &self.settings.token;
        if !Token::read(path).await.is_ok_and(|stored| stored.same_consent(consent)) {
            return;
        }
        if let Err(error) = token.write(path) {
            tracing::warn!(
                file = %path.display(), %error,
                "the Gmail token file cannot be written; mail goes out, but the renewed token is kept in memory only"
            );
        }
    }
}

fn access(grant: &Grant, now: Time) -> Access {
    Access { token: grant.access.clone(), expires_at: now + grant.life }
}
