//! AUTH with PLAIN, LOGIN or CRAM-MD5, whichever the server offers. Secrets are passed to the server alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_send::Credentials;
use smtp_proto::{AUTH_CRAM_MD5, AUTH_LOGIN, AUTH_PLAIN, EhloResponse};

use crate::transport::{Failure, FailureKind};

use super::connect::ask;
use super::failure::{Stage, reply_failure};
use super::settings::{Security, Settings, SmtpLogin};
use super::wire::{SmtpReply, SmtpStream};

/// The most challenges of one mechanism: LOGIN has two, CRAM-MD5 one.
const MAX_CHALLENGES: usize = 3;

pub(super) async fn log_in(
    settings: &Settings,
    wire: &mut SmtpStream,
    hello: &EhloResponse<String>,
    login: &SmtpLogin,
) -> Result<(), Failure> {
    let mut refusal = None;
    for (mechanism, name) in mechanisms(settings.security) {
        if hello.auth() & mechanism == 0 {
            continue;
        }
        let reply = attempt(settings, wire, mechanism, name, login).await?;
        if reply.code == 235 {
            return Ok(());
        }
        let failure = reply_failure(settings, Stage::Login, &scrub(reply, login), &[]);
        // 504 and the like: the mechanism is not available after all. Any other reply is about the credentials, and
        // repeating a wrong password locks accounts.
        if !matches!(failure.code, Some(500..=504)) {
            return Err(failure);
        }
        refusal = Some(failure);
    }
    Err(refusal.unwrap_or_else(|| {
        let reason = format!(
            "{}:{} offers no login by PLAIN, LOGIN or CRAM-MD5: most servers offer it only under TLS; to send without \
             a login, remove mail.smtp.username",
            settings.host, settings.port
        );
        Failure::new(FailureKind::Configuration, reason)
    }))
}

/// The mechanisms in order of preference. Under TLS the plain ones come first, since servers store hashes; without TLS
/// the one that hides the password.
fn mechanisms(security: Security) -> [(u64, &'static str); 3] {
    let (plain, login, cram) = ((AUTH_PLAIN, "PLAIN"), (AUTH_LOGIN, "LOGIN"), (AUTH_CRAM_MD5, "CRAM-MD5"));
    match security {
        Security::StartTls | Security::Tls => [plain, login, cram],
        Security::None => [cram, plain, login],
    }
}

async fn attempt(
    settings: &Settings,
    wire: &mut SmtpStream,
    mechanism: u64,
    name: &str,
    login: &SmtpLogin,
) -> Result<SmtpReply, Failure> {
    let first = match mechanism {
        AUTH_PLAIN => format!("AUTH {name} {}\r\n", answer(settings, login, mechanism, name, "")?),
        _ => format!("AUTH {name}\r\n"),
    };
    let mut reply = ask(settings, wire, Stage::Login, &first).await?;
    let mut halves = Halves::default();
    for _ in 0..MAX_CHALLENGES {
        if reply.code != 334 {
            break;
        }
        let challenge = reply.text.get(4..).unwrap_or_default();
        let response = match mechanism {
            AUTH_LOGIN => halves.next(login, challenge).ok_or_else(|| unknown(settings, name))?,
            _ => answer(settings, login, mechanism, name, challenge)?,
        };
        reply = ask(settings, wire, Stage::Login, &format!("{response}\r\n")).await?;
    }
    Ok(reply)
}

fn answer(
    settings: &Settings,
    login: &SmtpLogin,
    mechanism: u64,
    name: &str,
    challenge: &str,
) -> Result<String, Failure> {
    let credentials = Credentials::new(login.username.as_str(), login.password.expose().as_str());
    credentials.encode(mechanism, challenge).map_err(|_| unknown(settings, name))
}

fn unknown(settings: &Settings, name: &str) -> Failure {
    let reason = format!("{} sent an unknown challenge during the {name} login", settings.host);
    Failure::new(FailureKind::Configuration, reason)
}

/// Which halves of a LOGIN were sent. The text of its prompts is not standardised: whatever they say, servers expect
/// the name and then the password.
#[derive(Default)]
struct Halves {
    name: bool,
    password: bool,
}

impl Halves {
    /// The next half, in base64; `None` if both were sent.
    fn next(&mut self, login: &SmtpLogin, prompt: &str) -> Option<String> {
        let prompt = STANDARD.decode(prompt.trim()).unwrap_or_default().to_ascii_lowercase();
        let password = self.name || prompt.starts_with(b"pass");
        let sent = if password { &mut self.password } else { &mut self.name };
        if std::mem::replace(sent, true) {
            return None;
        }
        Some(STANDARD.encode(if password { login.password.expose() } else { &login.username }))
    }
}

/// Removes the secrets from a reply: servers may repeat them, and replies appear in logs and pages.
fn scrub(mut reply: SmtpReply, login: &SmtpLogin) -> SmtpReply {
    let (username, password) = (&login.username, login.password.expose());
    let plain = STANDARD.encode(format!("\0{username}\0{password}"));
    for secret in [plain, STANDARD.encode(password), password.clone()] {
        reply.text = reply.text.replace(&secret, "***");
    }
    reply
}
