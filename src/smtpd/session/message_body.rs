//! Receives a message: MAIL, RCPT, DATA and BDAT. `replies` completes it.

use std::borrow::Cow;
use std::time::Duration;

use crate::inbox::SessionOutcome;
use crate::smtpd::body::{DotUnstuffer, MessageBody};
use crate::smtpd::faults::FaultStage;
use crate::smtpd::transaction::Transaction;

use super::{SessionState, SmtpSession};

const NO_TRANSACTION: &str = "503 5.5.1 Bad sequence of commands (MAIL & RCPT required first)";

impl SmtpSession {
    pub(super) fn mail(&mut self, from: &str, size: usize, utf8: bool) {
        let limit = self.config.max_message_size;
        if self.helo.is_none() {
            return self.reply_error("503 5.5.1 Bad sequence of commands (HELO/EHLO required before MAIL)");
        }
        if self.config.requires_tls && !self.secure {
            return self.reply("530 5.7.0 Must issue a STARTTLS command first");
        }
        if self.user.is_none() && !self.config.users.is_empty() {
            return self.reply("530 5.7.0 Authentication required");
        }
        if self.transaction.is_some() {
            return self.reply_error("503 5.5.1 Bad sequence of commands (a transaction is already open, use RSET)");
        }
        if size > limit {
            self.report.on_error = SessionOutcome::MessageTooLarge;
            return self.reply(too_large(limit));
        }
        self.transaction = Some(Transaction {
            from: from.to_owned(),
            to: Vec::new(),
            ignored: false,
            size,
            body: None,
            throttle: None,
            utf8,
        });
        match self.apply_faults(FaultStage::Mail, &[]) {
            Some(decision) => {
                self.report.attempt();
                self.reply_after(decision.delay, "250 2.1.0 Ok");
            }
            None => self.transaction = None,
        }
    }

    pub(super) fn rcpt(&mut self, to: &str) {
        let limit = self.config.limits.recipients;
        let open = self.transaction.as_ref().filter(|transaction| transaction.body.is_none());
        let Some(count) = open.map(|transaction| transaction.to.len()) else {
            return self.reply_error("503 5.5.1 Bad sequence of commands (MAIL required before RCPT)");
        };
        if count >= limit {
            return self.reply("452 4.5.3 Too many recipients");
        }
        if !self.config.recipients.accept(to) {
            if !self.config.recipients.ignores_others {
                return self.reply("550 5.1.0 Requested action not taken: mailbox unavailable");
            }
            self.transcript.note(format_args!("the recipient is not allowed and is left out"));
            self.transaction.iter_mut().for_each(|transaction| transaction.ignored = true);
            return self.reply("250 2.1.5 Ok");
        }
        let to = [to.to_owned()];
        let Some(decision) = self.apply_faults(FaultStage::Rcpt, &to) else { return };
        if let Some(transaction) = &mut self.transaction {
            transaction.to.extend(to);
        }
        self.reply_after(decision.delay, "250 2.1.5 Ok");
    }

    pub(super) fn data(&mut self) {
        match &self.transaction {
            Some(transaction) if transaction.body.is_some() => {
                return self.reply_error("503 5.5.1 Bad sequence of commands (DATA after BDAT)");
            }
            Some(transaction) if transaction.has_recipient() => {}
            _ => return self.reply_error(NO_TRANSACTION),
        }
        let Some(delay) = self.open_body() else { return };
        self.state = SessionState::Data(DotUnstuffer::new());
        self.reply_after(delay, "354 Start mail input; end with <CR><LF>.<CR><LF>");
    }

    /// The client sends the chunk without waiting for a reply (RFC 3030 §2). Even a refused chunk is read to its end,
    /// so that message text is never taken for commands.
    pub(super) fn bdat(&mut self, size: usize, last: bool) {
        let refusal = match &self.transaction {
            Some(transaction) if transaction.body.is_some() => None,
            Some(transaction) if transaction.has_recipient() => match self.open_body() {
                Some(delay) => {
                    self.pause(delay);
                    None
                }
                // Without its first chunk there is no message.
                None => {
                    self.transaction = None;
                    return self.discard(size);
                }
            },
            _ => Some(Cow::Borrowed(NO_TRANSACTION)),
        };
        self.state = SessionState::Chunk { left: size, last, refusal };
        if size == 0 {
            self.end_chunk();
        }
    }

    /// Reads and drops a chunk to which a fault has already replied.
    fn discard(&mut self, size: usize) {
        if !matches!(self.state, SessionState::Closed) && size > 0 {
            self.state = SessionState::Chunk { left: size, last: false, refusal: Some(Cow::Borrowed("")) };
        }
    }

    /// Applies the fault rules of DATA and prepares the body. Returns the delay before the reply.
    fn open_body(&mut self) -> Option<Duration> {
        let recipients = self.transaction.as_mut().map(|transaction| std::mem::take(&mut transaction.to))?;
        let decision = self.apply_faults(FaultStage::Data, &recipients);
        let (limit, header, held) =
            (self.config.max_message_size, self.config.limits.header, self.config.budget.hold());
        let transaction = self.transaction.as_mut()?;
        transaction.to = recipients;
        let decision = decision?;
        transaction.throttle = decision.throttle;
        transaction.body = Some(MessageBody::new(limit, header, transaction.size, held));
        Some(decision.delay)
    }

    pub(super) fn take_data(&mut self, input: &[u8]) -> usize {
        let (SessionState::Data(unstuffer), Some(transaction)) = (&mut self.state, &mut self.transaction) else {
            return 0;
        };
        let Some(body) = &mut transaction.body else { return 0 };
        let (used, done) = unstuffer.read(input, body);
        if done {
            self.complete_message(true);
        }
        used
    }

    pub(super) fn take_chunk(&mut self, input: &[u8]) -> usize {
        let SessionState::Chunk { left, refusal, .. } = &mut self.state else { return 0 };
        let used = input.len().min(*left);
        *left -= used;
        let (done, accepted) = (*left == 0, refusal.is_none());
        let body = self.transaction.as_mut().and_then(|transaction| transaction.body.as_mut());
        if let Some(body) = body.filter(|_| accepted) {
            body.push(input.get(..used).unwrap_or_default());
        }
        if done {
            self.end_chunk();
        }
        used
    }

    fn end_chunk(&mut self) {
        let SessionState::Chunk { last, refusal, .. } = std::mem::replace(&mut self.state, SessionState::Lines) else {
            return;
        };
        self.progress += 1;
        let body = self.transaction.as_ref().and_then(|transaction| transaction.body.as_ref());
        match (refusal, body) {
            (Some(refusal), _) if refusal.is_empty() => {}
            (Some(refusal), _) => self.reply_error(refusal),
            (None, Some(body)) if !last && body.error().is_none() => {
                self.reply(format!("250 2.0.0 Ok: {} bytes so far", body.total()));
            }
            (None, _) => self.complete_message(last),
        }
    }
}

pub(super) fn too_large(limit: usize) -> String {
    format!("552 5.3.4 Requested mail action aborted: exceeded storage allocation ({limit})")
}
