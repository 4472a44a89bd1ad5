//! AUTH with PLAIN, LOGIN or CRAM-MD5, whichever the server offers. Secrets are passed to the server alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_send::Credentials;
use smtp_proto::response::generate::BitToString as _;
use smtp_proto::{AUTH_CRAM_MD5, AUTH_LOGIN, AUTH_PLAIN, EhloResponse};

use crate::transport::interface::{Failure, FailureKind};

use super::ask::{ask, last_reply};
use super::failure::{Repeatable, Stage, reply_failure};
use super::reply::SmtpReply;
use super::security::Security;
use super::settings::{Settings, SmtpLogin};
use super::stream::Client;

pub(super) async fn log_in(
    settings: &Settings,
    client: &mut Client,
    offered: &EhloResponse<String>,
    login: &SmtpLogin,
) -> Result<(), Failure> {
    let mut refusal = None;
    for mechanism in mechanisms(settings.security).into_iter().filter(|mechanism| offered.auth() & mechanism != 0) {
        let reply = match mechanism {
            AUTH_LOGIN => answer_prompts(settings, client, login).await?,
            _ => authenticate(settings, client, mechanism, login).await?,
        };
        match reply.code {
            235 => return Ok(()),
            334 => {
                let reason = format!("{} sent an unknown challenge during the login", settings.host);
                return Err(Failure::new(FailureKind::Configuration, reason));
            }
            _ => {}
        }
        let failure = reply_failure(settings, Stage::Login, &reply, Repeatable::default());
        // 504 and the like: the mechanism is not available after all. Any other reply is about the credentials, and
        // repeating a wrong password locks accounts.
        if !matches!(failure.code, Some(500..=504)) {
            return Err(failure);
        }
        refusal = Some(failure);
    }
    Err(refusal.unwrap_or_else(|| no_mechanism(settings, offered)))
}

/// The failure for a server that offers none of the known mechanisms.
fn no_mechanism(settings: &Settings, offered: &EhloResponse<String>) -> Failure {
    let bits = (0..u64::BITS).map(|bit| 1 << bit).filter(|bit| offered.auth() & bit != 0);
    let names: Vec<_> = bits.map(|bit: u64| bit.to_mechanism()).filter(|name| !name.is_empty()).collect();
    let offers = match names.is_empty() {
        true => "offers no login".to_owned(),
        false => format!("offers a login by {} alone, and Gatepost uses PLAIN, LOGIN or CRAM-MD5", names.join(", ")),
    };
    let cure = match settings.security {
        Security::None => "most servers offer it only under TLS: set mail.smtp.security",
        _ if names.is_empty() => "use the port for programs that send mail (587 or 465)",
        _ => "ask its administrator for one of these",
    };
    let reason = format!(
        "{}:{} {offers}: {cure}; to send without a login, remove mail.smtp.username and password",
        settings.host, settings.port
    );
    Failure::new(FailureKind::Configuration, reason)
}

/// The mechanisms in order of preference. Under TLS the plain ones come first, since servers store hashes; without TLS
/// the one that hides the password.
fn mechanisms(security: Security) -> [u64; 3] {
    match security {
        Security::StartTls | Security::Tls => [AUTH_PLAIN, AUTH_LOGIN, AUTH_CRAM_MD5],
        Security::None => [AUTH_CRAM_MD5, AUTH_PLAIN, AUTH_LOGIN],
    }
}

/// mail-send tries every mechanism that is offered, so it sees one at a time.
async fn authenticate(
    settings: &Settings,
    client: &mut Client,
    mechanism: u64,
    login: &SmtpLogin,
) -> Result<SmtpReply, Failure> {
    let credentials = Credentials::new(login.username.as_str(), login.password.expose().as_str());
    let offered = EhloResponse { auth_mechanisms: mechanism, ..EhloResponse::default() };
    let result = client.authenticate(&credentials, &offered).await.map(drop);
    last_reply(settings, client, Stage::Login, result)
}

/// AUTH LOGIN. The text of its prompts is not standardised: whatever they say, servers expect the name and then the
/// password, unless the first prompt asks for the password. mail-send accepts English prompts only.
async fn answer_prompts(settings: &Settings, client: &mut Client, login: &SmtpLogin) -> Result<SmtpReply, Failure> {
    let mut answers = vec![login.password.expose(), &login.username];
    let mut reply = ask(settings, client, Stage::Login, "AUTH LOGIN\r\n").await?;
    while reply.code == 334 {
        let prompt = STANDARD.decode(reply.text.get(4..).unwrap_or_default().trim()).unwrap_or_default();
        if answers.len() == 2 && prompt.to_ascii_lowercase().starts_with(b"pass") {
            answers.reverse();
        }
        let Some(answer) = answers.pop() else { break };
        reply = ask(settings, client, Stage::Login, &format!("{}\r\n", STANDARD.encode(answer))).await?;
    }
    Ok(reply)
}
