//! The session's part about a message: MAIL, RCPT, DATA, BDAT, and what is handed to the inbox.

use std::borrow::Cow;
use std::time::Duration;

use crate::capture::{Arrival, Source};

use super::body::{self, Body, Flaw, Unstuffer};
use super::faults::Stage;
use super::session::{Delivery, Ending, Protocol, Session, State, Step, Turn};
use super::verdict::{End, Moment};

/// A message under way.
#[derive(Debug)]
pub(super) struct Transaction {
    pub from: String,
    pub to: Vec<String>,
    /// What MAIL announced, in bytes.
    size: usize,
    /// Set from DATA or the first BDAT on.
    pub body: Option<Body>,
    pub throttle: Option<u32>,
}

/// What to answer once the message is with the inbox.
#[derive(Debug)]
pub(super) struct Plan {
    delay: Duration,
    /// One for the message (SMTP), or one for each recipient (LMTP, RFC 2033 §4.2).
    verdicts: Vec<Outcome>,
}

#[derive(Debug)]
enum Outcome {
    /// Queued, for this recipient when LMTP asks.
    Queued(Option<String>),
    Refused(String),
    Dropped,
}

const NO_TRANSACTION: &str = "503 5.5.1 Bad sequence of commands (MAIL & RCPT required first)";

impl Session {
    pub(super) fn mail(&mut self, from: &str, size: usize) {
        let limit = self.terms.max_message_size;
        if self.helo.is_none() {
            return self.complain("503 5.5.1 Bad sequence of commands (HELO/EHLO required before MAIL)");
        }
        if self.user.is_none() && !self.terms.users.is_empty() {
            return self.say("530 5.7.0 Authentication required");
        }
        if self.transaction.is_some() {
            return self.complain("503 5.5.1 Bad sequence of commands (a transaction is open already, RSET ends it)");
        }
        if size > limit {
            return self.say(too_large(limit));
        }
        self.transaction =
            Some(Transaction { from: from.to_owned(), to: Vec::new(), size, body: None, throttle: None });
        match self.obey(Stage::Mail, &[]) {
            Some(delay) => self.answer(delay, "250 2.1.0 Ok"),
            None => self.transaction = None,
        }
    }

    pub(super) fn rcpt(&mut self, to: &str) {
        let limit = self.terms.limits.recipients;
        let open = self.transaction.as_ref().filter(|transaction| transaction.body.is_none());
        let Some(known) = open.map(|transaction| transaction.to.len()) else {
            return self.complain("503 5.5.1 Bad sequence of commands (MAIL required before RCPT)");
        };
        if known >= limit {
            return self.say("452 4.5.3 Too many recipients");
        }
        let to = [to.to_owned()];
        let Some(delay) = self.obey(Stage::Rcpt, &to) else { return };
        if let Some(transaction) = &mut self.transaction {
            transaction.to.extend(to);
        }
        self.answer(delay, "250 2.1.5 Ok");
    }

    pub(super) fn data(&mut self) {
        match &self.transaction {
            Some(transaction) if transaction.body.is_some() => {
                return self.complain("503 5.5.1 Bad sequence of commands (DATA after BDAT)");
            }
            Some(transaction) if !transaction.to.is_empty() => {}
            _ => return self.complain(NO_TRANSACTION),
        }
        let Some(delay) = self.open_body() else { return };
        self.state = State::Data(Unstuffer::new());
        self.answer(delay, "354 Start mail input; end with <CR><LF>.<CR><LF>");
    }

    /// The chunk follows at once, whatever we think of it (RFC 3030 §2): it is read to its end, so that message text
    /// is never taken for commands.
    pub(super) fn bdat(&mut self, size: usize, last: bool) {
        let refusal = match &self.transaction {
            Some(transaction) if transaction.body.is_some() => None,
            Some(transaction) if !transaction.to.is_empty() => match self.open_body() {
                Some(delay) => {
                    if !delay.is_zero() {
                        self.turn(Turn::Do(Step::Pause(delay)));
                    }
                    None
                }
                None => return self.swallow(size),
            },
            _ => Some(Cow::Borrowed(NO_TRANSACTION)),
        };
        self.state = State::Chunk { left: size, last, refusal };
        if size == 0 {
            self.end_chunk();
        }
    }

    /// A fault has answered already; the chunk still has to be read.
    fn swallow(&mut self, size: usize) {
        if !matches!(self.state, State::Closed) && size > 0 {
            self.state = State::Chunk { left: size, last: false, refusal: Some(Cow::Borrowed("")) };
        }
    }

    /// Asks the fault rules about DATA and makes room for the message.
    fn open_body(&mut self) -> Option<Duration> {
        let recipients = self.transaction.as_mut().map(|transaction| std::mem::take(&mut transaction.to))?;
        let verdict = self.obey_verdict(Stage::Data, &recipients);
        let (limit, header, held) = (self.terms.max_message_size, self.terms.limits.header, self.terms.budget.hold());
        let transaction = self.transaction.as_mut()?;
        transaction.to = recipients;
        let verdict = verdict?;
        transaction.throttle = verdict.throttle;
        transaction.body = Some(Body::new(limit, header, transaction.size, held));
        Some(verdict.delay)
    }

    pub(super) fn take_data(&mut self, input: &[u8]) -> usize {
        let (State::Data(unstuffer), Some(transaction)) = (&mut self.state, &mut self.transaction) else { return 0 };
        let Some(body) = &mut transaction.body else { return 0 };
        let (used, done) = unstuffer.read(input, body);
        if done {
            self.complete();
        }
        used
    }

    pub(super) fn take_chunk(&mut self, input: &[u8]) -> usize {
        let State::Chunk { left, refusal, .. } = &mut self.state else { return 0 };
        let used = input.len().min(*left);
        *left -= used;
        let (done, wanted) = (*left == 0, refusal.is_none());
        let body = self.transaction.as_mut().and_then(|transaction| transaction.body.as_mut());
        if let Some(body) = body.filter(|_| wanted) {
            body.push(input.get(..used).unwrap_or_default());
        }
        if done {
            self.end_chunk();
        }
        used
    }

    fn end_chunk(&mut self) {
        let State::Chunk { last, refusal, .. } = std::mem::replace(&mut self.state, State::Lines) else { return };
        self.progress += 1;
        let body = self.transaction.as_ref().and_then(|transaction| transaction.body.as_ref());
        match (refusal, body) {
            (Some(refusal), _) if refusal.is_empty() => {}
            (Some(refusal), _) => self.complain(refusal),
            (None, Some(body)) if !last && body.flaw().is_none() => {
                self.say(format!("250 2.0.0 Ok: {} bytes so far", body.total()));
            }
            (None, _) => self.complete(),
        }
    }

    /// The message is here; decides on it and hands it to the inbox.
    fn complete(&mut self) {
        self.progress += 1;
        self.state = State::Lines;
        let Some(mut transaction) = self.transaction.take() else { return };
        let Some(body) = transaction.body.take() else { return };
        self.transcript.note(format_args!("{} bytes of message", body.total()));
        let flaw = body.flaw();
        let total = body.total();
        let (bytes, held) = body.into_parts();
        if body::has_bare_line_end(&bytes) {
            self.transcript.note(format_args!("the message holds CR or LF alone, which other servers may refuse"));
        }
        let plan = match flaw {
            Some(flaw) => self.plan_flaw(flaw, &transaction),
            None => self.plan(&transaction, &bytes),
        };
        let refusal = plan.refusal().map(|reason| match flaw {
            Some(_) => format!("{reason} ({total} bytes came, the first {} are kept)", bytes.len()),
            None => reason,
        });
        if flaw == Some(Flaw::NoMemory) {
            return self.conclude(&plan, None);
        }
        if refusal.is_none() {
            plan.keep_accepted(&mut transaction.to);
        }
        let arrival = self.arrival(transaction, bytes, refusal, &plan.preview());
        self.state = State::Storing(plan);
        self.turn(Turn::Do(Step::Store(Box::new(Delivery { arrival, held }))));
    }

    fn arrival(&self, transaction: Transaction, bytes: Vec<u8>, refusal: Option<String>, verdict: &str) -> Arrival {
        Arrival {
            envelope_from: transaction.from,
            envelope_to: transaction.to,
            bytes,
            source: match self.terms.protocol {
                Protocol::Smtp => Source::Smtp,
                Protocol::Lmtp => Source::Lmtp,
            },
            protocol: self.protocol(),
            username: self.user.clone().unwrap_or_default(),
            helo: self.helo.clone().unwrap_or_default(),
            remote: self.client.clone(),
            transcript: self.transcript.render(verdict),
            refusal,
            ..Arrival::default()
        }
    }

    fn plan_flaw(&self, flaw: Flaw, transaction: &Transaction) -> Plan {
        let reply = match flaw {
            Flaw::TooLarge => too_large(self.terms.max_message_size),
            Flaw::LongHeader => {
                format!("552 5.3.4 The message header is longer than {} bytes", self.terms.limits.header)
            }
            Flaw::NoMemory => "452 4.3.1 Too many large messages at once, try again".to_owned(),
        };
        let replies = match self.terms.protocol {
            Protocol::Smtp => 1,
            Protocol::Lmtp => transaction.to.len(),
        };
        Plan { delay: Duration::ZERO, verdicts: (0..replies).map(|_| Outcome::Refused(reply.clone())).collect() }
    }

    fn plan(&self, transaction: &Transaction, message: &[u8]) -> Plan {
        let judge = |recipients: &[String]| {
            let Transaction { from: sender, .. } = transaction;
            self.terms.faults.judge(&Moment {
                stage: Stage::AfterData,
                client: &self.client,
                sender,
                recipients,
                message,
            })
        };
        let outcome = |end, recipient| match end {
            None => Outcome::Queued(recipient),
            Some(End::Reply(reply)) => Outcome::Refused(reply),
            Some(End::Drop) => Outcome::Dropped,
        };
        let mut plan = Plan { delay: Duration::ZERO, verdicts: Vec::new() };
        match self.terms.protocol {
            Protocol::Smtp => {
                let verdict = judge(&transaction.to);
                plan.delay = verdict.delay;
                plan.verdicts.push(outcome(verdict.end, None));
            }
            Protocol::Lmtp => {
                for recipient in &transaction.to {
                    let verdict = judge(std::slice::from_ref(recipient));
                    plan.delay = plan.delay.max(verdict.delay);
                    plan.verdicts.push(outcome(verdict.end, Some(recipient.clone())));
                }
            }
        }
        plan
    }

    /// The inbox has answered: `id` is the name under which the message can be found, `None` when it could not be
    /// stored.
    pub(super) fn settled(&mut self, id: Option<String>) {
        if let State::Storing(plan) = std::mem::replace(&mut self.state, State::Lines) {
            self.conclude(&plan, id.as_deref());
        }
    }

    fn conclude(&mut self, plan: &Plan, id: Option<&str>) {
        if !plan.delay.is_zero() {
            self.turn(Turn::Do(Step::Pause(plan.delay)));
        }
        for outcome in &plan.verdicts {
            match (outcome, id) {
                (Outcome::Queued(None), Some(id)) => self.say(format!("250 2.0.0 Ok: queued as {id}")),
                (Outcome::Queued(Some(to)), Some(id)) => self.say(format!("250 2.1.5 <{to}> Ok: queued as {id}")),
                (Outcome::Queued(_), None) => self.say("451 4.3.0 Unable to process mail: it could not be stored"),
                (Outcome::Refused(reply), _) => self.end_by_fault(Duration::ZERO, End::Reply(reply.clone())),
                (Outcome::Dropped, _) => return self.close(Ending::Dropped),
            }
        }
        self.turn(Turn::Forget);
    }

    /// The connection is lost inside a message: what came of it is kept, marked, when anything did.
    pub(super) fn interrupted(&mut self, why: &str) -> Option<Box<Delivery>> {
        let mut transaction = self.transaction.take()?;
        let body = transaction.body.take().filter(|body| body.total() > 0)?;
        let total = body.total();
        let (bytes, held) = body.into_parts();
        let refusal = Some(format!("{why} after {total} bytes of the message, before its end"));
        self.transcript.note(format_args!("{why} after {total} bytes of the message"));
        Some(Box::new(Delivery { arrival: self.arrival(transaction, bytes, refusal, ""), held }))
    }
}

impl Plan {
    /// Why nobody gets the message, when nobody does.
    fn refusal(&self) -> Option<String> {
        let reasons = self.verdicts.iter().map(|outcome| match outcome {
            Outcome::Queued(_) => None,
            Outcome::Refused(reply) => Some(reply.clone()),
            Outcome::Dropped => Some("a fault rule dropped the connection".to_owned()),
        });
        reasons.reduce(|all, next| if next.is_some() { all } else { None }).flatten()
    }

    /// Under LMTP some recipients may be refused while others get the message.
    fn keep_accepted(&self, recipients: &mut Vec<String>) {
        let mut verdicts = self.verdicts.iter();
        if self.verdicts.len() == recipients.len() {
            recipients.retain(|_| matches!(verdicts.next(), Some(Outcome::Queued(_))));
        }
    }

    /// The replies as far as they are known before the inbox has answered.
    fn preview(&self) -> String {
        let lines = self.verdicts.iter().map(|outcome| match outcome {
            Outcome::Queued(None) => "250 2.0.0 Ok: queued as this message".to_owned(),
            Outcome::Queued(Some(to)) => format!("250 2.1.5 <{to}> Ok: queued as this message"),
            Outcome::Refused(reply) => reply.clone(),
            Outcome::Dropped => "(the connection is dropped by a fault rule)".to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn too_large(limit: usize) -> String {
    format!("552 5.3.4 Requested mail action aborted: exceeded storage allocation ({limit})")
}
