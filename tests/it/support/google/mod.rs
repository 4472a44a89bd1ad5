//! A stub of Google on loopback: consent, token, revocation and upload endpoints. It follows Google's documentation
//! strictly: it refuses and records an invalid request, which fails the test when the stub is dropped. It does not
//! depend on Gatepost, so that unit tests can include it too.
#![allow(dead_code, reason = "each of the two test crates uses a part")]

mod mail;
mod oauth;
mod server;
mod upload;

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

pub const CLIENT_ID: &str = "stand-in.apps.googleusercontent.com";
pub const CLIENT_SECRET: &str = "GOCSPX-stand-in-secret-0123456789";
pub const SCOPE: &str = "https://www.googleapis.com/auth/gmail.send";

/// A running stub; stops when dropped.
pub struct Google {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

/// A planned answer to one request, instead of the normal one.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Status, headers, body.
    Status(u16, Vec<(&'static str, String)>, String),
    /// The request is processed, and the answer is 200 with the first half of the body.
    HalfBody,
    /// The connection ends without an answer after the whole request is read.
    Drop,
    /// The connection ends before the request's body is read.
    DropEarly,
    /// The first bytes of a transfer to a resumable upload are kept; `Then` says how the transfer ends.
    Keeps(usize, Then),
    /// No answer, ever.
    Hang,
}

/// How an incomplete transfer ends.
#[derive(Clone, Copy, Debug)]
pub enum Then {
    /// The connection ends during the transfer.
    Drop,
    /// 308 with the range of the bytes received.
    Incomplete,
    /// A gateway's page.
    Html(u16),
    /// No answer, ever.
    Hang,
}

/// A message as it arrived.
#[derive(Clone, Debug)]
pub struct Sent {
    pub id: String,
    pub user: String,
    pub raw: Vec<u8>,
    pub resumable: bool,
}

#[derive(Default)]
struct State {
    wrong: Vec<String>,
    uploads: VecDeque<Reply>,
    sessions: VecDeque<Reply>,
    tokens: VecDeque<Reply>,
    revocations: VecDeque<Reply>,
    deny: bool,
    grant_scope: Option<String>,
    token_lifetime: u64,
    rotates: bool,
    count: u64,
    codes: HashMap<String, oauth::Code>,
    refresh: HashSet<String>,
    access: HashSet<String>,
    secrets: Vec<String>,
    sent: Vec<Sent>,
    open: HashMap<String, upload::StubUpload>,
    transferred: usize,
    requests: Vec<String>,
    service_account: Option<oauth::ServiceAccount>,
}

impl State {
    fn wrong(&mut self, what: impl Into<String>) {
        self.wrong.push(what.into());
    }

    /// A new secret value, which no output may contain.
    fn secret(&mut self, kind: &str) -> String {
        self.count += 1;
        let secret = format!("{kind}-stand-in-{:04}-abcdefghijklmnopqrstuvwxyz", self.count);
        self.secrets.push(secret.clone());
        secret
    }
}

/// An error in Google's format.
pub fn error(status: u16, reason: &str, message: &str) -> Reply {
    let body = json!({"error": {"code": status, "message": message,
        "errors": [{"domain": "global", "reason": reason, "message": message}]}});
    Reply::Status(status, vec![("content-type", "application/json".to_owned())], body.to_string())
}

/// An error of the token endpoint (RFC 6749).
pub fn token_error(status: u16, code: &str) -> Reply {
    let body = json!({"error": code, "error_description": "as the test wants it"});
    Reply::Status(status, vec![("content-type", "application/json".to_owned())], body.to_string())
}

/// A gateway's page.
pub fn html(status: u16) -> Reply {
    let body = "<!DOCTYPE html><title>Error</title><p>The server encountered an error.".to_owned();
    Reply::Status(status, vec![("content-type", "text/html".to_owned())], body)
}

impl Google {
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State { token_lifetime: 3600, ..State::default() }));
        let (address, stop) = server::start(Arc::clone(&state)).await;
        Google { address, state, stop: Some(stop) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The root URL, for `mail.gmail.endpoint`.
    pub fn endpoint(&self) -> String {
        format!("http://{}/", self.address)
    }

    fn client(&self, redirects: &[String]) -> Value {
        json!({
            "client_id": CLIENT_ID,
            "project_id": "stand-in",
            "auth_uri": format!("{}o/oauth2/auth", self.endpoint()),
            "token_uri": format!("{}token", self.endpoint()),
            "auth_provider_x509_cert_url": format!("{}certs", self.endpoint()),
            "client_secret": CLIENT_SECRET,
            "redirect_uris": redirects,
        })
    }

    /// The JSON of a "Desktop app", as downloaded.
    pub fn installed(&self) -> String {
        json!({"installed": self.client(&["http://localhost".to_owned()])}).to_string()
    }

    /// The JSON of a "Web application" with these registered redirects.
    pub fn web(&self, redirects: &[String]) -> String {
        json!({"web": self.client(redirects)}).to_string()
    }

    /// The JSON of a new service account with a new key, allowed to send as `subject`.
    pub fn service_account(&self, folder: &std::path::Path, subject: &str) -> String {
        let (private, public) = (folder.join("private.pem"), folder.join("public.pem"));
        let openssl = |arguments: &[&str], output: &std::path::Path| {
            let done = std::process::Command::new("openssl").args(arguments).arg("-out").arg(output).output();
            assert!(done.is_ok_and(|o| o.status.success()), "openssl {arguments:?}");
        };
        openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], &private);
        openssl(&["pkey", "-pubout", "-in", private.to_str().unwrap()], &public);
        let email = "mailer@stand-in.iam.gserviceaccount.com".to_owned();
        let account = oauth::ServiceAccount { email: email.clone(), subject: subject.to_owned(), public_key: public };
        let key = std::fs::read_to_string(&private).unwrap();
        let mut state = self.state();
        state.service_account = Some(account);
        state.secrets.extend(key.lines().filter(|line| line.len() > 40).map(str::to_owned));
        json!({
            "type": "service_account", "project_id": "stand-in", "private_key_id": "1", "private_key": key,
            "client_email": email, "client_id": "1", "token_uri": format!("{}token", self.endpoint()),
        })
        .to_string()
    }

    /// A token file as `gatepost gmail authorize` writes it, with a valid or an expired access token.
    pub fn token_file(&self, is_valid: bool) -> String {
        let mut state = self.state();
        let (access, refresh) = (state.secret("ya29"), state.secret("1//refresh"));
        state.access.insert(access.clone());
        state.refresh.insert(refresh.clone());
        let expires_at = if is_valid { "2099-01-01T00:00:00.000Z" } else { "2020-01-01T00:00:00.000Z" };
        json!({
            "client_id": CLIENT_ID, "refresh_token": refresh, "access_token": access, "expires_at": expires_at,
            "scope": SCOPE, "authorized_at": "2020-01-01T00:00:00.000Z",
        })
        .to_string()
    }

    /// Plans the answer to the next upload, or to the next request that opens a resumable one.
    pub fn next_upload(&self, reply: Reply) {
        self.state().uploads.push_back(reply);
    }

    /// Plans the answer to the next transfer to an open resumable upload.
    pub fn next_transfer(&self, reply: Reply) {
        self.state().sessions.push_back(reply);
    }

    pub fn next_token(&self, reply: Reply) {
        self.state().tokens.push_back(reply);
    }

    pub fn next_revocation(&self, reply: Reply) {
        self.state().revocations.push_back(reply);
    }

    /// From now on the user denies access on the consent page.
    pub fn deny(&self) {
        self.state().deny = true;
    }

    /// From now on a consent grants this scope instead of the requested one.
    pub fn grant_only(&self, scope: &str) {
        self.state().grant_scope = Some(scope.to_owned());
    }

    /// Invalidates all access tokens, but not the refresh tokens.
    pub fn forget_access(&self) {
        self.state().access.clear();
    }

    /// From now on each refresh gives a new refresh token, and the old one is no longer accepted.
    pub fn rotate(&self) {
        self.state().rotates = true;
    }

    /// Revokes the consent.
    pub fn forget_consent(&self) {
        let mut state = self.state();
        state.access.clear();
        state.refresh.clear();
    }

    /// The bytes received in transfers, including those that were not kept.
    pub fn transferred(&self) -> usize {
        self.state().transferred
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    /// `METHOD /path` of every request, in order.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    /// All values that must not appear in any output.
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = self.state().secrets.clone();
        secrets.push(CLIENT_SECRET.to_owned());
        secrets
    }

    /// True if `text` contains a secret.
    pub fn leaks(&self, text: &str) -> bool {
        self.secrets().iter().any(|secret| text.contains(secret.as_str()))
    }
}

impl Drop for Google {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let wrong = std::mem::take(&mut self.state().wrong);
        if !std::thread::panicking() {
            assert!(wrong.is_empty(), "wrong requests to Google: {wrong:#?}");
        }
    }
}
