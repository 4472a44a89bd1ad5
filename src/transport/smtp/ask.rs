//! One command and its reply, before the first message.

use crate::transport::interface::{Failure, FailureKind};

use super::failure::{Stage, broken};
use super::reply::SmtpReply;
use super::settings::Settings;
use super::stream::{Client, Socket};

/// Sends one command before the first message and returns the reply.
pub(super) async fn ask<S: Socket>(
    settings: &Settings,
    client: &mut Client<S>,
    stage: Stage,
    command: &str,
) -> Result<SmtpReply, Failure> {
    let result = client.cmd(command).await;
    last_reply(settings, client, stage, result)
}

/// The last reply that a call of mail-send received, if the call did not fail for want of one. What the reply means is
/// decided here and not by mail-send.
pub(super) fn last_reply<S: Socket, T>(
    settings: &Settings,
    client: &mut Client<S>,
    stage: Stage,
    result: mail_send::Result<T>,
) -> Result<SmtpReply, Failure> {
    use mail_send::Error::{Io, Timeout};
    match (client.stream.take_replies().pop(), result) {
        (_, Err(error @ (Io(_) | Timeout))) => Err(broken(settings, stage, &error.into())),
        (Some(reply), _) => Ok(reply),
        (None, _) => Err(Failure::new(FailureKind::Transient, format!("{} sent no reply", settings.host))),
    }
}
