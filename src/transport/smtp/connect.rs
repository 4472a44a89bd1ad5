//! Opens a connection that is ready to send: TCP, TLS as configured, EHLO, login.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use smtp_proto::{EXT_START_TLS, EhloResponse};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::transport::{Failure, FailureKind};

use super::connection::SmtpConnection;
use super::failure::{Stage, broken, handshake, reply_failure, wants_tls};
use super::login::log_in;
use super::settings::{Security, Settings};
use super::wire::{SmtpReply, SmtpStream};

/// Connects, greets and logs in.
///
/// # Errors
/// The failure of the first stage that fails.
pub(super) async fn connect(settings: &Arc<Settings>, connector: &TlsConnector) -> Result<SmtpConnection, Failure> {
    let stream = dial(settings).await?;
    let name = our_name(&stream);
    let (mut wire, hello) = match settings.security {
        Security::Tls => {
            let mut wire = SmtpStream::tls(wrap(settings, connector, stream).await?);
            greeting(settings, &mut wire).await?;
            let hello = say_hello(settings, &mut wire, &name).await?;
            (wire, hello)
        }
        Security::StartTls => start_tls(settings, connector, stream, &name).await?,
        Security::None => {
            let mut wire = SmtpStream::plain(stream);
            plain_greeting(settings, connector, &mut wire).await?;
            let hello = say_hello(settings, &mut wire, &name).await?;
            (wire, hello)
        }
    };
    if let Some(login) = &settings.login {
        log_in(settings, &mut wire, &hello, login).await?;
    }
    Ok(SmtpConnection::new(settings.clone(), wire, hello))
}

async fn dial(settings: &Settings) -> Result<TcpStream, Failure> {
    let (host, port) = (settings.host.as_str(), settings.port);
    let transient = |reason| Failure::new(FailureKind::Transient, reason);
    let stream = timeout(settings.timeouts.connect, TcpStream::connect((host, port)))
        .await
        .map_err(|_| transient(format!("cannot connect to {host}:{port}: timed out; is the port blocked?")))?
        .map_err(|error| transient(format!("cannot connect to {host}:{port}: {error}")))?;
    // Without this each message takes 44 ms longer: small writes wait for delayed acknowledgements.
    stream.set_nodelay(true).map_err(|error| transient(format!("{host}:{port}: {error}")))?;
    Ok(stream)
}

/// The name for EHLO: an address literal (RFC 5321 §4.1.3), since it is always correct without configuration.
fn our_name(stream: &TcpStream) -> String {
    match stream.local_addr().as_ref().map(SocketAddr::ip) {
        Ok(IpAddr::V4(ip)) => format!("[{ip}]"),
        Ok(IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
        Err(_) => "localhost".to_owned(),
    }
}

async fn wrap(
    settings: &Settings,
    connector: &TlsConnector,
    stream: TcpStream,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Failure> {
    let name = ServerName::try_from(settings.host.clone()).map_err(|_| {
        Failure::new(FailureKind::Configuration, format!("mail.smtp.host {} cannot be in a certificate", settings.host))
    })?;
    timeout(settings.timeouts.hello, connector.connect(name, stream))
        .await
        .map_err(|_| broken(settings, Stage::StartTls, &super::wire::StreamError::Timeout))?
        .map_err(|error| handshake(settings, &error))
}

async fn start_tls(
    settings: &Settings,
    connector: &TlsConnector,
    stream: TcpStream,
    name: &str,
) -> Result<(SmtpStream, EhloResponse<String>), Failure> {
    let mut wire = SmtpStream::plain(stream);
    plain_greeting(settings, connector, &mut wire).await?;
    let hello = say_hello(settings, &mut wire, name).await?;
    if !hello.has_capability(EXT_START_TLS) {
        let reason = format!(
            "{}:{} offers no STARTTLS, and mail.smtp.security requires it: check the port (587), or set \
             mail.smtp.security = \"tls\" with port 465",
            settings.host, settings.port
        );
        return Err(Failure::new(FailureKind::Configuration, reason));
    }
    let reply = ask(settings, &mut wire, Stage::StartTls, "STARTTLS\r\n").await?;
    if reply.code != 220 {
        return Err(reply_failure(settings, Stage::StartTls, &reply, &[]));
    }
    let stream = wire.into_plain().ok_or_else(|| {
        let reason = format!("{} sent plain text after STARTTLS; the connection may be intercepted", settings.host);
        Failure::new(FailureKind::Configuration, reason)
    })?;
    let mut wire = SmtpStream::tls(wrap(settings, connector, stream).await?);
    // The capabilities announced before TLS must be discarded (RFC 3207 §4.2).
    let hello = say_hello(settings, &mut wire, name).await?;
    Ok((wire, hello))
}

async fn greeting(settings: &Settings, wire: &mut SmtpStream) -> Result<(), Failure> {
    let reply = wire.reply(settings.timeouts.hello).await.map_err(|fault| broken(settings, Stage::Greeting, &fault))?;
    if reply.code == 220 { Ok(()) } else { Err(reply_failure(settings, Stage::Greeting, &reply, &[])) }
}

/// Reads the greeting of a server without implicit TLS. A server with implicit TLS waits for a handshake and never
/// greets. So after a short silence a second connection tries a handshake.
async fn plain_greeting(settings: &Settings, connector: &TlsConnector, wire: &mut SmtpStream) -> Result<(), Failure> {
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
        greeted = greeting(settings, wire) => greeted,
        () = implicit_tls => Err(wants_tls(settings)),
    }
}

/// True if the port answers a TLS handshake, whether or not its certificate is trusted.
async fn begins_with_tls(settings: &Settings, connector: &TlsConnector) -> bool {
    use rustls::Error::{AlertReceived, InvalidCertificate, PeerIncompatible};
    let (Ok(stream), Ok(name)) = (dial(settings).await, ServerName::try_from(settings.host.clone())) else {
        return false;
    };
    let handshake = timeout(settings.timeouts.hello, connector.connect(name, stream)).await;
    let fault = match &handshake {
        Ok(Err(error)) => error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()),
        Ok(Ok(_)) => return true,
        Err(_) => None,
    };
    matches!(fault, Some(AlertReceived(_) | InvalidCertificate(_) | PeerIncompatible(_)))
}

async fn say_hello(settings: &Settings, wire: &mut SmtpStream, name: &str) -> Result<EhloResponse<String>, Failure> {
    let reply = ask(settings, wire, Stage::Hello, &format!("EHLO {name}\r\n")).await?;
    if reply.code == 250 {
        return Ok(EhloResponse::parse(&mut reply.raw.iter()).unwrap_or_default());
    }
    // RFC 5321 §3.2: old servers know only HELO, and have no extensions.
    let old = reply.code == 500 || reply.code == 502;
    if old && settings.security == Security::None && settings.login.is_none() {
        let reply = ask(settings, wire, Stage::Hello, &format!("HELO {name}\r\n")).await?;
        if reply.code == 250 {
            return Ok(EhloResponse::default());
        }
    }
    Err(reply_failure(settings, Stage::Hello, &reply, &[]))
}

/// Sends one command before the first message and returns the reply.
pub(super) async fn ask(
    settings: &Settings,
    wire: &mut SmtpStream,
    stage: Stage,
    command: &str,
) -> Result<SmtpReply, Failure> {
    let limit = settings.timeouts.hello;
    wire.send(command.as_bytes(), limit).await.map_err(|fault| broken(settings, stage, &fault))?;
    wire.reply(limit).await.map_err(|fault| broken(settings, stage, &fault))
}
