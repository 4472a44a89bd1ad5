//! Opens a connection that is ready to send: TLS as configured, greeting, EHLO, login.

use std::sync::Arc;
use std::time::Duration;

use mail_send::SmtpClient;
use smtp_proto::{EXT_START_TLS, EhloResponse};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::transport::interface::{Failure, FailureKind};

use super::ask::{ask, last_reply};
use super::connection::{SmtpConnection, leave};
use super::dial::dial;
use super::failure::{Repeatable, Stage, handshake, reply_failure, wants_tls};
use super::hello;
use super::login::log_in;
use super::reply::SmtpReply;
use super::security::Security;
use super::settings::Settings;
use super::stream::{Client, SmtpStream, Socket};

/// Connects, greets and logs in.
///
/// # Errors
/// The failure of the first stage that fails.
pub(super) async fn connect(settings: &Arc<Settings>, connector: &TlsConnector) -> Result<SmtpConnection, Failure> {
    let socket = dial(settings).await?;
    let name = hello::name(settings.hello.as_ref(), &socket);
    let mut client: Client = match settings.security {
        Security::Tls => secure(settings, connector, socket).await?,
        Security::StartTls => start_tls(settings, connector, socket, &name).await?,
        Security::None => client(settings, Box::new(socket)),
    };
    match open(settings, connector, &mut client, &name).await {
        Ok(offered) => Ok(SmtpConnection::new(settings.clone(), client, offered)),
        Err(failure) => {
            leave(&mut client, &failure).await;
            Err(failure)
        }
    }
}

/// Greeting, EHLO and login; returns the extensions.
async fn open(
    settings: &Settings,
    connector: &TlsConnector,
    client: &mut Client,
    name: &str,
) -> Result<EhloResponse<String>, Failure> {
    match settings.security {
        Security::Tls => greeting(settings, client).await?,
        Security::StartTls => {}
        Security::None => plain_greeting(settings, connector, client).await?,
    }
    // After STARTTLS the capabilities announced before it must be discarded (RFC 3207 §4.2).
    let offered = say_hello(settings, client, name).await?;
    if let Some(login) = &settings.login {
        log_in(settings, client, &offered, login).await?;
    }
    Ok(offered)
}

fn client<S: Socket>(settings: &Settings, socket: S) -> Client<S> {
    SmtpClient { stream: SmtpStream::new(socket), timeout: settings.timeouts.hello }
}

async fn secure(settings: &Settings, connector: &TlsConnector, socket: TcpStream) -> Result<Client, Failure> {
    let plain = SmtpClient { stream: socket, timeout: settings.timeouts.hello };
    let secured = plain.into_tls(connector, &settings.host).await.map_err(|error| handshake(settings, error))?;
    Ok(client(settings, Box::new(secured.stream)))
}

async fn start_tls(
    settings: &Settings,
    connector: &TlsConnector,
    socket: TcpStream,
    name: &str,
) -> Result<Client, Failure> {
    let mut client = client(settings, socket);
    if let Err(failure) = ask_for_tls(settings, connector, &mut client, name).await {
        leave(&mut client, &failure).await;
        return Err(failure);
    }
    let socket = client.stream.into_socket().ok_or_else(|| {
        let reason = format!("{} sent plain text after STARTTLS; the connection may be intercepted", settings.host);
        Failure::new(FailureKind::Configuration, reason)
    })?;
    secure(settings, connector, socket).await
}

async fn ask_for_tls<S: Socket>(
    settings: &Settings,
    connector: &TlsConnector,
    client: &mut Client<S>,
    name: &str,
) -> Result<(), Failure> {
    plain_greeting(settings, connector, client).await?;
    if !say_hello(settings, client, name).await?.has_capability(EXT_START_TLS) {
        let reason = format!(
            "{}:{} offers no STARTTLS, and mail.smtp.security requires it: check the port (587), or set \
             mail.smtp.security = \"tls\" with port 465",
            settings.host, settings.port
        );
        return Err(Failure::new(FailureKind::Configuration, reason));
    }
    let reply = ask(settings, client, Stage::StartTls, "STARTTLS\r\n").await?;
    match reply.code {
        220 => Ok(()),
        _ => Err(reply_failure(settings, Stage::StartTls, &reply, Repeatable::default())),
    }
}

async fn greeting<S: Socket>(settings: &Settings, client: &mut Client<S>) -> Result<(), Failure> {
    let read = timeout(settings.timeouts.hello, client.read()).await.unwrap_or(Err(mail_send::Error::Timeout));
    let reply = last_reply(settings, client, Stage::Greeting, read)?;
    if reply.code == 220 {
        Ok(())
    } else {
        Err(reply_failure(settings, Stage::Greeting, &reply, Repeatable::default()))
    }
}

/// Reads the greeting of a server without implicit TLS. A server with implicit TLS waits for a handshake and never
/// greets. So after a short silence a second connection tries a handshake.
async fn plain_greeting<S: Socket>(
    settings: &Settings,
    connector: &TlsConnector,
    client: &mut Client<S>,
) -> Result<(), Failure> {
    // RFC 8314: the port of implicit TLS.
    let silence = if settings.port == 465 { Duration::ZERO } else { settings.timeouts.silence };
    let implicit_tls = async {
        tokio::time::sleep(silence).await;
        if !begins_with_tls(settings, connector).await {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        biased;
        greeted = greeting(settings, client) => greeted,
        () = implicit_tls => Err(wants_tls(settings)),
    }
}

/// True if the port answers a TLS handshake, whether or not its certificate is trusted.
async fn begins_with_tls(settings: &Settings, connector: &TlsConnector) -> bool {
    use rustls::Error::{AlertReceived, InvalidCertificate, PeerIncompatible};
    let Ok(stream) = dial(settings).await else { return false };
    let plain = SmtpClient { stream, timeout: settings.timeouts.hello };
    match plain.into_tls(connector, &settings.host).await {
        Ok(_) => true,
        Err(mail_send::Error::Tls(fault)) => {
            matches!(*fault, AlertReceived(_) | InvalidCertificate(_) | PeerIncompatible(_))
        }
        Err(_) => false,
    }
}

async fn say_hello<S: Socket>(
    settings: &Settings,
    client: &mut Client<S>,
    name: &str,
) -> Result<EhloResponse<String>, Failure> {
    let offered = client.ehlo(name).await;
    if let Ok(offered) = offered {
        client.stream.take_replies();
        return Ok(offered);
    }
    let reply = last_reply(settings, client, Stage::Hello, offered)?;
    // RFC 5321 §3.2: old servers know only HELO, and have no extensions.
    let old = reply.code == 500 || reply.code == 502;
    if old && settings.security == Security::None && settings.login.is_none() {
        let reply = ask(settings, client, Stage::Hello, &format!("HELO {name}\r\n")).await?;
        if reply.code == 250 {
            return Ok(EhloResponse::default());
        }
    }
    let mut failure = reply_failure(settings, Stage::Hello, &reply, Repeatable::default());
    if is_about_name(&reply) {
        failure.reason.push_str(&format!(
            ". Gatepost used the name {name} in EHLO: if the server requires another one, set mail.smtp.hello"
        ));
    }
    Err(failure)
}

/// True if a rejection of EHLO may be about the name: not the one of a server that is down.
fn is_about_name(reply: &SmtpReply) -> bool {
    let text = reply.text.to_ascii_lowercase();
    reply.code >= 500 || ["ehlo", "helo", "name"].iter().any(|word| text.contains(word))
}
