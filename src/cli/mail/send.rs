//! `gatepost mail test`, which sends without the outbox, and `gatepost mail send`, which uses it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};

use crate::accounts::emails::{Email, EmailContext, TestEmail};
use crate::i18n::Locale;
use crate::mail::parse::html_to_text;
use crate::mail::{Address, Draft, Mailbox};
use crate::outbox::{JobState, Outbox, OutboxEntry, TransportConfig};
use crate::transport::{Receipt, Transport};

use crate::cli::progress::{Progress, ProgressUnit};
use crate::cli::signals::Interruption;

use super::context::MailContext;
use super::error::MailError;
use super::files::{STANDARD_INPUT, attachment, text};

#[derive(Debug, Args)]
pub struct TestArgs {
    /// The recipient
    pub to: Address,
    /// capture, smtp or gmail; default: the first of mail.transport
    #[arg(long, value_parser = ["capture", "smtp", "gmail"])]
    pub transport: Option<String>,
    /// A file to attach; may be repeated
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
}

/// What a template replaces.
const FILES: [&str; 3] = ["subject", "text", "html"];

/// What gives a message its text; one of them is required, and clap's error names them all.
const TEXTS: [&str; 3] = ["text", "html", "template"];

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("content").required(true).multiple(true).args(TEXTS))]
pub struct SendArgs {
    /// The recipients: addresses, with or without a name: "Kim <kim@example.com>"
    #[arg(required = true)]
    pub to: Vec<Mailbox>,
    #[arg(long, required_unless_present = "template")]
    pub subject: Option<String>,
    /// A UTF-8 file with the text; - for standard input
    #[arg(long, value_name = "FILE")]
    pub text: Option<PathBuf>,
    /// A UTF-8 file with the same content as HTML; alone, the text is made from it
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// The email in site/emails/NAME, instead of --subject, --text and --html
    #[arg(long, value_name = "NAME", conflicts_with_all = FILES)]
    pub template: Option<String>,
    /// A variable of the template; may be repeated
    #[arg(long, value_name = "KEY=VALUE", requires = "template", conflicts_with_all = FILES, value_parser = variable)]
    pub var: Vec<(String, String)>,
    /// The language of the template, en or ko; default: default_locale
    #[arg(long, value_name = "LANGUAGE", requires = "template", conflicts_with_all = FILES, value_parser = locale)]
    pub locale: Option<Locale>,
    /// A file to attach; may be repeated
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
}

impl SendArgs {
    /// Why these arguments exclude each other, if they do.
    pub(super) fn conflict(&self) -> Option<&'static str> {
        let is_input = |path: &Option<PathBuf>| path.as_ref().is_some_and(|path| path.as_os_str() == STANDARD_INPUT);
        (is_input(&self.text) && is_input(&self.html))
            .then_some("--text and --html cannot both be standard input: write one of them to a file")
    }
}

/// How long to wait for a message that `gatepost serve` has claimed first.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

type SendResult<'a> = &'a mut (dyn Write + std::marker::Send);

pub(super) async fn test(test: &TestArgs, context: &MailContext, out: SendResult<'_>) -> Result<(), MailError> {
    let route = choose(&context.routes, test.transport.as_deref())?;
    if let Some(reason) = route.sender_error() {
        return Err(MailError::Refused { transport: route.name(), reason });
    }
    let email = Email::Test(TestEmail { transport: route.name().to_owned() }).render(&context.email_context)?;
    let now = context.clock.now();
    let id = context.entropy.id(now);
    let mut message = Draft::new(
        route.from.clone(),
        vec![Mailbox::from(test.to.clone())],
        &email.subject,
        &email.text,
        now,
        &format!("{id}@{}", route.from.address.domain()),
    );
    message.id = id;
    message.purpose = Some("test".to_owned());
    message.html = email.html;
    message.reply_to = context.reply_to.clone();
    message.language = Some(context.email_context.locale.tag().to_owned());
    message.auto_submitted = true;
    message.attachments = test.attach.iter().map(|path| attachment(path)).collect::<Result<_, _>>()?;
    let mail = message.build()?;
    let receipt = with_progress(&*route.transport, route.transport.deliver(&mail))
        .await
        .map_err(|failure| MailError::Refused { transport: route.name(), reason: failure.reason })?;
    print_receipt(out, route.name(), &receipt, &mail.message_id)
}

fn choose<'a>(routes: &'a [TransportConfig], name: Option<&str>) -> Result<&'a TransportConfig, MailError> {
    let wanted = match name {
        None => routes.first(),
        Some(name) => routes.iter().find(|route| route.name() == name),
    };
    wanted.ok_or_else(|| {
        let configured: Vec<_> = routes.iter().map(TransportConfig::name).collect();
        let cure = match name {
            Some("gmail") => {
                "save Google's JSON as mail.gmail.credentials names it (see credentials/README.md), then run `gatepost \
                 gmail authorize`"
            }
            Some("smtp") => "set mail.smtp.provider or mail.smtp.host",
            _ => "set mail.transport",
        };
        MailError::NoTransport { name: name.unwrap_or_default().to_owned(), cure, configured: configured.join(", ") }
    })
}

fn print_receipt(out: SendResult<'_>, transport: &str, receipt: &Receipt, message_id: &str) -> Result<(), MailError> {
    writeln!(out, "sent by {transport}: {}", receipt.reply)?;
    if let Some(id) = receipt.remote_id.as_deref().filter(|id| !receipt.reply.contains(*id)) {
        writeln!(out, "remote id: {id}")?;
    }
    writeln!(out, "message-id: <{message_id}>")?;
    for refusal in &receipt.refused {
        writeln!(out, "refused for {}: {}", refusal.to, refusal.reply)?;
    }
    Ok(())
}

pub(super) async fn send(send: SendArgs, context: &MailContext, out: SendResult<'_>) -> Result<(), MailError> {
    let route = choose(&context.routes, None)?;
    let now = context.clock.now();
    // The outbox adds the final Message-ID; this one only has to be well formed.
    let placeholder = format!("{}@{}", context.entropy.id(now), route.from.address.domain());
    let content = content(&send, context)?;
    let mut message = Draft::new(route.from.clone(), send.to, &content.subject, &content.text, now, &placeholder);
    message.html = content.html;
    message.language = content.language;
    message.reply_to = context.reply_to.clone();
    message.attachments = send.attach.iter().map(|path| attachment(path)).collect::<Result<_, _>>()?;
    let body = message.build_body()?;
    let outbox = context.worker.outbox();
    let id = outbox.enqueue(message.recipients(), &body, &context.entropy).await?;
    // From now on Ctrl-C must not leave the row leased.
    let interruption = Interruption::watch().unwrap_or_default();
    let delivered = async {
        with_progress(&*route.transport, context.worker.deliver(&id)).await?;
        settled(&outbox, &id).await
    };
    let Some(entry) = interruption.unless_set(delivered).await else {
        let may_be_sent = context.worker.end_lease(&id).await?;
        return Err(if may_be_sent { MailError::Interrupted { id } } else { MailError::InterruptedBefore { id } });
    };
    let entry = entry?;
    let paused = outbox.health().await?.transports.into_iter().find_map(|transport| transport.reason);
    report(out, entry, paused)
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    let is_name = |name: &str| {
        let mut characters = name.chars();
        characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if !is_name(key) {
        return Err(format!("{key:?} is not the name of a variable: expected ASCII alphanumerics and _"));
    }
    Ok((key.to_owned(), value.to_owned()))
}

fn locale(text: &str) -> Result<Locale, String> {
    let known = Locale::ALL.map(Locale::tag).join(", ");
    Locale::from_tag(text).ok_or_else(|| format!("expected one of {known}"))
}

/// What `mail send` says, from a template or from files.
struct SentContent {
    subject: String,
    text: String,
    html: Option<String>,
    /// A BCP 47 tag.
    language: Option<String>,
}

fn content(send: &SendArgs, context: &MailContext) -> Result<SentContent, MailError> {
    let Some(name) = &send.template else {
        let html = send.html.as_deref().map(text).transpose()?;
        let text = send.text.as_deref().map(text).transpose()?;
        let text = text.unwrap_or_else(|| html_to_text(html.as_deref().unwrap_or_default()));
        return Ok(SentContent { subject: send.subject.clone().unwrap_or_default(), text, html, language: None });
    };
    let context = &context.email_context;
    let locale = send.locale.unwrap_or(context.locale);
    let context = EmailContext { locale, ..context.clone() };
    let common = context.variables().into_iter().map(|(key, value)| (key.to_owned(), value));
    let values: BTreeMap<String, String> = common.chain(send.var.iter().cloned()).collect();
    let email = context.content.render(name, locale, &values)?;
    let (text, html) = (email.body.text, email.body.html);
    Ok(SentContent { subject: email.subject, text, html, language: Some(locale.tag().to_owned()) })
}

/// Shows how much of a large message has been sent.
async fn with_progress<T>(transport: &dyn Transport, sending: impl Future<Output = T>) -> T {
    let mut progress = Progress::new("sending", ProgressUnit::Bytes, 0);
    let mut ticks = tokio::time::interval(POLL_INTERVAL);
    tokio::pin!(sending);
    loop {
        tokio::select! {
            result = &mut sending => return result,
            _ = ticks.tick() => {
                if let Some((sent, total)) = transport.sending() {
                    progress.set(sent, total);
                }
            }
        }
    }
}

/// Waits until no worker holds the lease of the row, at most [`SETTLE_TIMEOUT`].
async fn settled(outbox: &Outbox, id: &str) -> Result<Option<OutboxEntry>, MailError> {
    let mut waited = Duration::ZERO;
    loop {
        let entry = outbox.show(id).await?.map(|(entry, _)| entry);
        let is_leased = entry.as_ref().is_some_and(|entry| entry.state == JobState::Leased);
        if !is_leased || waited >= SETTLE_TIMEOUT {
            return Ok(entry);
        }
        tokio::time::sleep(POLL_INTERVAL).await;
        waited += POLL_INTERVAL;
    }
}

/// Prints the result of a message. `paused` is why a transport is paused; it is the reason for a message without an
/// attempt.
fn report(out: SendResult<'_>, entry: Option<OutboxEntry>, paused: Option<String>) -> Result<(), MailError> {
    let Some(entry) = entry else { return Err(crate::outbox::RequeueError::Unknown.into()) };
    let reason = || entry.last_error.clone().or(paused).unwrap_or_else(|| "the transport is busy".to_owned());
    match entry.state {
        JobState::Sent => {
            let transport = entry.transport.unwrap_or_default();
            writeln!(out, "sent by {transport}: {}", entry.reply.unwrap_or_default())?;
            if let Some(remote) = entry.remote_id {
                writeln!(out, "remote id: {remote}")?;
            }
            writeln!(out, "message-id: <{}>", entry.message_id.unwrap_or_default())?;
            writeln!(out, "outbox: {}", entry.id)?;
            entry.last_error.map_or(Ok(()), |refused| Err(MailError::InPart(refused)))
        }
        JobState::Queued | JobState::Leased => {
            let reason = reason();
            Err(MailError::StillQueued { id: entry.id, reason })
        }
        JobState::Dead | JobState::Expired | JobState::Cancelled => {
            let reason = reason();
            Err(MailError::NotSent { id: entry.id, state: entry.state, reason })
        }
    }
}
