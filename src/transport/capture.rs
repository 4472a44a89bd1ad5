//! The `capture` transport, which stores every message in this installation's inbox and sends nothing. Everything
//! before the transport runs the same code in development and in production.

use async_trait::async_trait;

use crate::inbox::{Inbox, IncomingMessage, MessageSource, StoreError};
use crate::mail::Message;

use super::interface::{Failure, FailureKind, Receipt, Transport};

/// Delivers into the inbox, once per outbox row.
pub struct Capture {
    inbox: Inbox,
}

impl Capture {
    pub fn new(inbox: Inbox) -> Self {
        Capture { inbox }
    }
}

#[async_trait]
impl Transport for Capture {
    fn name(&self) -> &'static str {
        "capture"
    }

    async fn deliver(&self, mail: &Message) -> Result<Receipt, Failure> {
        let arrival = IncomingMessage {
            envelope_from: mail.envelope.from.as_ref().map(ToString::to_string).unwrap_or_default(),
            envelope_to: mail.envelope.to.iter().map(ToString::to_string).collect(),
            bytes: mail.bytes.clone(),
            source: MessageSource::Transport,
            // Prevents a second copy when a delivery is repeated after a crash.
            idempotency_key: Some(mail.id.clone()).filter(|id| !id.is_empty()),
            purpose: mail.purpose.clone(),
            ..IncomingMessage::default()
        };
        let id = self.inbox.store(arrival).await.map_err(|error| failure(&error))?;
        Ok(Receipt::new(format!("captured as {id}"), Some(id.to_string())))
    }

    async fn check(&self) -> Result<String, Failure> {
        let counts = self.inbox.counts().await.map_err(|error| failure(&error))?;
        Ok(format!("mail is captured in the inbox, which holds {} messages", counts.messages))
    }
}

/// Stands for [`Capture`] while the inbox's file is damaged: messages wait in the outbox.
pub struct DamagedInbox;

#[async_trait]
impl Transport for DamagedInbox {
    fn name(&self) -> &'static str {
        "capture"
    }

    async fn deliver(&self, _: &Message) -> Result<Receipt, Failure> {
        self.check().await.map(|reply| Receipt::new(reply, None))
    }

    async fn check(&self) -> Result<String, Failure> {
        let reason = "the inbox's file is damaged; move it away or restore a backup, then start again";
        Err(Failure::new(FailureKind::Configuration, reason))
    }
}

fn failure(error: &StoreError) -> Failure {
    let reason = format!("cannot store the message in the inbox: {error}");
    match error {
        StoreError::TooLarge { .. } => Failure::unsupported(reason),
        StoreError::DiskFull
        | StoreError::Closed
        | StoreError::Database(_)
        | StoreError::Damaged(_)
        | StoreError::Unprepared(_) => Failure::new(FailureKind::Transient, reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::inbox::Settings;
    use crate::mail::Envelope;
    use crate::random::Entropy;

    fn message_with_id(id: &str) -> Message {
        Message {
            id: id.into(),
            purpose: Some("verify".into()),
            envelope: Envelope { from: None, to: vec!["kim@example.com".parse().unwrap()] },
            message_id: "1@example.com".into(),
            bytes: b"Subject: Hello\r\nTo: kim@example.com\r\n\r\nHi\r\n".to_vec(),
        }
    }

    #[tokio::test]
    async fn a_message_that_is_delivered_twice_is_stored_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inbox.db");
        let settings = Settings { path, max_message_size: 1_000, keep_messages: 0, keep_days: 0, keep_bytes: 0 };
        let inbox = Inbox::open(settings, Clock::system(), Entropy::seeded(1)).await.unwrap();
        let transport = Capture::new(inbox.clone());
        let first = transport.deliver(&message_with_id("row")).await.unwrap();
        assert_eq!(transport.deliver(&message_with_id("row")).await.unwrap(), first);
        transport.deliver(&message_with_id("another")).await.unwrap();
        assert_eq!(inbox.counts().await.unwrap().messages, 2);
        let message = inbox.message(first.remote_id.unwrap().parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(message.summary.purpose.as_deref(), Some("verify"));
        assert_eq!(message.bytes, message_with_id("row").bytes);

        let huge = Message { bytes: vec![b'x'; 2_000], ..message_with_id("huge") };
        assert_eq!(transport.deliver(&huge).await.unwrap_err().class, FailureKind::Permanent);
        assert_eq!(transport.check().await.unwrap(), "mail is captured in the inbox, which holds 2 messages");
    }
}
