//! The current access token: cached in memory, shared through the token file, and renewed before it expires or after
//! Gmail refused it. This module never starts a consent.

use std::time::Duration;

use tokio::sync::Mutex;
use yup_oauth2::ServiceAccountKey;

use crate::clock::{Clock, Time};
use crate::secret::Secret;
use crate::transport::interface::{Failure, FailureKind};

use super::credentials::{self, Credentials, OAuthClient};
use super::http::Http;
use super::oauth::{self, OAuthGrant};
use super::service_account;
use super::settings::Settings;
use super::token_file::{Access, LastError, StoredToken};

/// A token that expires within this time is renewed first, so that it stays valid during the upload.
const MARGIN: Duration = Duration::from_secs(300);

pub(super) struct TokenProvider {
    settings: Settings,
    http: Http,
    clock: Clock,
    held: Mutex<Option<Access>>,
}

impl TokenProvider {
    pub fn new(settings: Settings, http: Http, clock: Clock) -> Self {
        TokenProvider { settings, http, clock, held: Mutex::new(None) }
    }

    /// Returns a token to send with, never `refused`, which Gmail has just answered with 401.
    ///
    /// # Errors
    /// When no token can be obtained. A Configuration failure says what to do.
    pub async fn bearer(&self, refused: Option<&Secret<String>>) -> Result<Secret<String>, Failure> {
        let mut held = self.held.lock().await;
        let now = self.clock.now();
        let is_usable = |access: &Access| access.expires_at > now + MARGIN && Some(&access.token) != refused;
        if let Some(access) = held.as_ref().filter(|access| is_usable(access)) {
            return Ok(access.token.clone());
        }
        *held = None;
        let access = match credentials::read(&self.settings.credentials).await? {
            Credentials::ServiceAccount(key) => self.fetched(&key).await?,
            Credentials::Client(client) => {
                let token = self.stored(&client).await?;
                match token.access.clone().filter(is_usable) {
                    Some(access) => access,
                    None => self.refreshed(&client, token).await?,
                }
            }
        };
        Ok(held.insert(access).token.clone())
    }

    /// Renews the token even if it is valid, which shows that Google still accepts consent and client. Returns the kind
    /// of the credentials.
    ///
    /// # Errors
    /// As [`TokenProvider::bearer`].
    pub async fn force_refresh(&self) -> Result<&'static str, Failure> {
        let mut held = self.held.lock().await;
        let credentials = credentials::read(&self.settings.credentials).await?;
        let access = match &credentials {
            Credentials::ServiceAccount(key) => self.fetched(key).await?,
            Credentials::Client(client) => self.refreshed(client, self.stored(client).await?).await?,
        };
        *held = Some(access);
        Ok(credentials.kind())
    }

    async fn fetched(&self, key: &Secret<Box<ServiceAccountKey>>) -> Result<Access, Failure> {
        let (now, subject) = (self.clock.now(), self.settings.subject.as_ref());
        Ok(access(&service_account::fetch_token(&self.http, key.expose(), subject, now).await?, now))
    }

    async fn stored(&self, client: &OAuthClient) -> Result<StoredToken, Failure> {
        let token = StoredToken::read(&self.settings.token).await?;
        let path = self.settings.token.display();
        if token.client_id != client.id {
            let reason =
                format!("{path} is for another OAuth client than the credentials; run `gatepost gmail authorize`");
            return Err(Failure::new(FailureKind::Configuration, reason));
        }
        if !token.may_send() {
            let reason = format!(
                "the consent in {path} does not include sending mail; run `gatepost gmail authorize` and leave the box ticked"
            );
            return Err(Failure::new(FailureKind::Configuration, reason));
        }
        Ok(token)
    }

    async fn refreshed(&self, client: &OAuthClient, mut token: StoredToken) -> Result<Access, Failure> {
        let now = self.clock.now();
        let consent = token.clone();
        match oauth::refresh(&self.http, client, &token.refresh, now).await {
            Ok(grant) => {
                let access = access(&grant, now);
                token.access = Some(access.clone());
                token.refreshed_at = Some(now);
                token.last_error = None;
                token.scope = grant.scope.unwrap_or(token.scope);
                token.refresh = grant.refresh.unwrap_or(token.refresh);
                self.store(&consent, &token).await;
                Ok(access)
            }
            Err(failure) => {
                token.last_error = Some(LastError { at: now, reason: failure.reason.clone() });
                self.store(&consent, &token).await;
                Err(failure)
            }
        }
    }

    /// Writes `token` unless the operator has authorized or revoked meanwhile: a concurrent refresh must not restore the
    /// old consent. If the file is not writable, mail is still sent, and each start refreshes the token again.
    async fn store(&self, consent: &StoredToken, token: &StoredToken) {
        let path = &self.settings.token;
        if !StoredToken::read(path).await.is_ok_and(|stored| stored.same_consent(consent)) {
            return;
        }
        if let Err(error) = token.write(path) {
            tracing::warn!(
                file = %path.display(), %error,
                "cannot write the Gmail token file; mail is sent, but the renewed token is kept in memory only"
            );
        }
    }
}

fn access(grant: &OAuthGrant, now: Time) -> Access {
    Access { token: grant.access.clone(), expires_at: now + grant.lifetime }
}
