//! The transaction of one message: MAIL, RCPT and DATA, pipelined if the server supports it (RFC 2920), then the
//! content and its reply.

use std::time::Duration;

use smtp_proto::EXT_PIPELINING;
use tokio::time::timeout;

use crate::mail::{Address, Message};
use crate::transport::interface::{Failure, FailureKind, Receipt, RecipientRefusal};

use super::connection::SmtpConnection;
use super::content;
use super::failure::{Repeatable, Stage, broken, reply_failure};
use super::reply::SmtpReply;
use super::stream::StreamError;

/// Pipelined commands per limit of one command: servers may look each recipient up.
const COMMANDS_PER_LIMIT: usize = 20;

/// Limit for the reply of a server that closed the connection while it received the content: it has rejected the
/// message already.
const AFTER_LOSS: Duration = Duration::from_secs(1);

/// Why a transaction failed, and whether its connection can be used again.
#[derive(Debug)]
pub(super) struct TransactionError {
    pub failure: Failure,
    /// The server closed the connection before any reply: the message can be sent again without risk.
    pub stale: bool,
    /// Another message may be sent on this connection.
    pub reusable: bool,
}

impl SmtpConnection {
    /// Sends one message.
    ///
    /// # Errors
    /// The failure, with what it means for the connection.
    pub async fn deliver(&mut self, mail: &Message) -> Result<Receipt, TransactionError> {
        let parameters =
            self.parameters(mail).map_err(|failure| TransactionError { failure, stale: false, reusable: true })?;
        let sender = mail.envelope.from.as_ref().map(Address::to_string).unwrap_or_default();
        let mut commands = vec![format!("MAIL FROM:<{sender}>{parameters}\r\n")];
        commands.extend(mail.envelope.to.iter().map(|to| format!("RCPT TO:<{to}>\r\n")));
        commands.push("DATA\r\n".to_owned());
        let (replies, is_open) = self.exchange(&commands, mail).await?;
        let refused = match self.judge(mail, &replies) {
            Ok(refused) => refused,
            Err(failure) if is_open => return Err(self.abandon(failure, mail, &replies).await),
            Err(failure) => return Err(TransactionError { failure, stale: false, reusable: false }),
        };
        let reply = self.content(&mail.bytes).await?;
        self.count();
        if !reply.is_positive() {
            let failure = refused_at(self, Stage::Verdict, &reply, mail);
            return Err(TransactionError { failure, stale: false, reusable: reply.code != 421 });
        }
        let reply = self.settings.without_secrets(&reply.text);
        Ok(Receipt { remote_id: queue_id(&reply), reply, refused })
    }

    /// Sends the commands, at once if the server supports it, and returns their replies, and whether the connection is
    /// still open. It need not be if the replies before its end refuse the message.
    async fn exchange(
        &mut self,
        commands: &[String],
        mail: &Message,
    ) -> Result<(Vec<SmtpReply>, bool), TransactionError> {
        let (mut replies, fault) = match self.offered.has_capability(EXT_PIPELINING) {
            true => self.all_at_once(commands).await,
            false => self.one_by_one(commands).await,
        };
        // With 421 the server closes the connection.
        let end = replies.iter().position(|reply| reply.code == 421);
        let last = end.map(|end| replies.swap_remove(end));
        replies.truncate(end.unwrap_or(replies.len()));
        if (last.is_some() || fault.is_some()) && is_refused(mail, &replies) {
            return Ok((replies, false));
        }
        let n = replies.len();
        let stage = stage(n, commands.len());
        match (last, fault) {
            (Some(reply), _) => {
                let failure = refused_at(self, stage, &reply, mail);
                Err(TransactionError { failure, stale: n == 0, reusable: false })
            }
            (None, Some(fault)) => {
                let stale = n == 0 && !matches!(fault, StreamError::Timeout);
                Err(TransactionError { stale, ..self.lost(stage, &fault) })
            }
            (None, None) => Ok((replies, true)),
        }
    }

    async fn all_at_once(&mut self, commands: &[String]) -> (Vec<SmtpReply>, Option<StreamError>) {
        let rounds = u32::try_from(commands.len() / COMMANDS_PER_LIMIT).unwrap_or(u32::MAX);
        self.client.timeout = self.settings.timeouts.command.saturating_mul(rounds.saturating_add(1));
        let fault = self.client.cmds(commands).await.err().map(StreamError::from);
        (self.client.stream.take_replies(), fault)
    }

    /// Stops if MAIL is rejected, when the server closes the connection (421), or before DATA if no recipient was
    /// accepted.
    async fn one_by_one(&mut self, commands: &[String]) -> (Vec<SmtpReply>, Option<StreamError>) {
        self.client.timeout = self.settings.timeouts.command;
        let mut replies: Vec<SmtpReply> = Vec::with_capacity(commands.len());
        for (n, command) in commands.iter().enumerate() {
            let any = replies.iter().skip(1).any(SmtpReply::is_positive);
            let is_ended = replies.last().is_some_and(|reply| reply.code == 421);
            let is_rejected = replies.first().is_some_and(|mail| !mail.is_positive());
            if is_ended || is_rejected || (n + 1 == commands.len() && !any) {
                break;
            }
            let fault = self.client.cmd(command).await.err();
            replies.append(&mut self.client.stream.take_replies());
            if let Some(fault) = fault {
                return (replies, Some(fault.into()));
            }
        }
        (replies, None)
    }

    fn lost(&self, stage: Stage, fault: &StreamError) -> TransactionError {
        TransactionError { failure: broken(&self.settings, stage, fault), stale: false, reusable: false }
    }

    /// The recipients that were rejected while others were accepted; an error if none was accepted or DATA was
    /// rejected.
    fn judge(&self, mail: &Message, replies: &[SmtpReply]) -> Result<Vec<RecipientRefusal>, Failure> {
        let Some((sender, rest)) = replies.split_first() else {
            return Err(Failure::new(FailureKind::Transient, "the server sent no reply"));
        };
        if !sender.is_positive() {
            return Err(refused_at(self, Stage::Sender, sender, mail));
        }
        let recipients = mail.envelope.to.len();
        let mut refusals = Vec::new();
        let mut worst: Option<Failure> = None;
        for (to, reply) in mail.envelope.to.iter().zip(rest) {
            if reply.is_positive() {
                continue;
            }
            let failure = refused_at(self, Stage::Recipient, reply, mail);
            refusals.push(self.refusal(to, reply, &failure));
            worst = Some(worst.map_or(failure.clone(), |known| milder(known, failure)));
        }
        if let Some(failure) = worst.filter(|_| refusals.len() == recipients) {
            return Err(failure);
        }
        match rest.get(recipients) {
            Some(data) if data.code == 354 => Ok(refusals),
            Some(data) => Err(refused_at(self, Stage::Data, data, mail)),
            None => Err(Failure::new(FailureKind::Transient, "the server sent too few replies")),
        }
    }

    fn refusal(&self, to: &Address, reply: &SmtpReply, failure: &Failure) -> RecipientRefusal {
        let (class, reply) = match failure.class {
            FailureKind::Configuration => (FailureKind::Configuration, failure.reason.clone()),
            FailureKind::Permanent => (FailureKind::Permanent, self.settings.without_secrets(&reply.text)),
            FailureKind::Transient | FailureKind::Rate | FailureKind::Ambiguous => {
                (FailureKind::Transient, self.settings.without_secrets(&reply.text))
            }
        };
        RecipientRefusal { to: to.clone(), class, code: failure.code, reply }
    }

    /// Resets a transaction that cannot be completed. A server that sent 354 waits for content. If it rejected all
    /// recipients, that is a single dot (RFC 2920 §3.1). Otherwise empty content would be delivered to the accepted
    /// ones, so the connection is closed instead.
    async fn abandon(&mut self, failure: Failure, mail: &Message, replies: &[SmtpReply]) -> TransactionError {
        let recipients = mail.envelope.to.len();
        let data = replies.get(recipients + 1).filter(|reply| (300..400).contains(&reply.code));
        let nobody = replies.iter().skip(1).take(recipients).all(|reply| !reply.is_positive());
        self.client.timeout = self.settings.timeouts.command;
        let reusable = match data {
            None => self.client.rset().await.is_ok(),
            Some(_) if nobody => self.client.cmd(".\r\n").await.is_ok(),
            Some(_) => false,
        };
        self.client.stream.take_replies();
        TransactionError { failure, stale: false, reusable }
    }

    /// Sends the content and reads its reply. Until the last byte is passed to the system the server cannot have the
    /// whole message; after that it may.
    async fn content(&mut self, bytes: &[u8]) -> Result<SmtpReply, TransactionError> {
        let timeouts = self.settings.timeouts;
        let client = &mut self.client;
        let written = content::write(client, bytes, timeouts.block).await;
        let limit = if written.is_ok() { timeouts.termination } else { AFTER_LOSS };
        let read = timeout(limit, client.read()).await.unwrap_or(Err(mail_send::Error::Timeout));
        match (client.stream.take_replies().pop(), written) {
            (Some(reply), Ok(())) => Ok(reply),
            (Some(reply), Err(_)) if !reply.is_positive() => Ok(reply),
            (_, Err(fault)) => {
                let stage = if client.stream.has_unsent() { Stage::Data } else { Stage::Verdict };
                Err(self.lost(stage, &fault))
            }
            (None, Ok(())) => {
                Err(self.lost(Stage::Verdict, &read.err().map_or(StreamError::Closed, StreamError::from)))
            }
        }
    }
}

/// True if MAIL was rejected, or every recipient.
fn is_refused(mail: &Message, replies: &[SmtpReply]) -> bool {
    let mut recipients = replies.iter().skip(1);
    match replies.first() {
        None => false,
        Some(sender) if !sender.is_positive() => true,
        Some(_) => mail.envelope.to.iter().all(|_| recipients.next().is_some_and(|reply| !reply.is_positive())),
    }
}

fn refused_at(session: &SmtpConnection, stage: Stage, reply: &SmtpReply, mail: &Message) -> Failure {
    let repeatable = Repeatable { message: Some(mail), with_content: stage == Stage::Verdict };
    reply_failure(&session.settings, stage, reply, repeatable)
}

fn stage(n: usize, commands: usize) -> Stage {
    match n {
        0 => Stage::Sender,
        n if n + 1 == commands => Stage::Data,
        _ => Stage::Recipient,
    }
}

/// Of two failures the one after which the message is retried longest.
fn milder(a: Failure, b: Failure) -> Failure {
    let rank = |failure: &Failure| match failure.class {
        FailureKind::Configuration => 0,
        FailureKind::Rate => 1,
        FailureKind::Transient | FailureKind::Ambiguous => 2,
        FailureKind::Permanent => 3,
    };
    if rank(&b) < rank(&a) { b } else { a }
}

/// The server's queue id, in the forms of common servers: `queued as X`, `id=X`, `id X`.
fn queue_id(reply: &str) -> Option<String> {
    let id = |text: &str| {
        let id: String = text.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
        let id = id.trim_end_matches('.').to_owned();
        (id.len() >= 4).then_some(id)
    };
    ["queued as ", "id=", "Queued as ", "queued: ", " id "]
        .iter()
        .find_map(|mark| reply.split_once(mark).and_then(|(_, rest)| id(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_ids_are_found_in_the_replies_of_common_servers() {
        assert_eq!(queue_id("250 2.0.0 Ok: queued as 4D2F11A"), Some("4D2F11A".into()));
        assert_eq!(queue_id("250 OK id=1tE0aB-000000001Xy-0AbC"), Some("1tE0aB-000000001Xy-0AbC".into()));
        assert_eq!(queue_id("250 2.0.0 Ok"), None);
    }
}
