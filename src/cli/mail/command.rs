//! The arguments, and which operation they stand for.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::accounts::letters::Paper;
use crate::clock::Clock;
use crate::mail::{Address, BuildError, Mailbox};
use crate::outbox::{RequeueError, Route, State, Worker};
use crate::secret::Entropy;

use super::{desk, send};

/// What `gatepost mail` is to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Hand one test letter over now, past the outbox, and print the receipt
    Test(Test),
    /// Send one message to all the recipients through the outbox, and print the receipt
    Send(Send),
    /// List the outbox, newest first
    List(List),
    /// Show one mail of the outbox with every attempt
    Show(Show),
    /// Try a mail again that waits or ended unsent
    Requeue { id: String },
    /// Call off a mail that waits
    Cancel { id: String },
}

#[derive(Debug, Args)]
pub struct Test {
    /// Who gets it
    pub to: Address,
    /// capture, smtp or gmail; otherwise the first of mail.transport
    #[arg(long, value_parser = ["capture", "smtp", "gmail"])]
    pub transport: Option<String>,
    /// A file to go with it; may be given several times
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Send {
    /// Who gets it: addresses, with or without a name: "Kim <kim@example.com>"
    #[arg(required = true)]
    pub to: Vec<Mailbox>,
    #[arg(long)]
    pub subject: String,
    /// A file with the text (UTF-8); - for standard input
    #[arg(long, value_name = "FILE")]
    pub text: PathBuf,
    /// A file with the same as HTML
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// A file to go with it; may be given several times
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct List {
    /// Only mail in this state: queued, leased, sent, dead, expired or cancelled
    #[arg(long, value_parser = state)]
    pub state: Option<State>,
    /// At most so many; 0 for all
    #[arg(long, default_value_t = 50)]
    pub limit: usize,
    /// One JSON array
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Show {
    pub id: String,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

fn state(text: &str) -> Result<State, String> {
    let names: Vec<_> = State::ALL.into_iter().map(State::name).collect();
    State::parse(text).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

/// Why the command failed; one line.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the transport {0:?} is not configured; these are: {1}")]
    Transport(String, String),
    #[error("{} cannot be read: {error}", path.display())]
    File { path: PathBuf, error: std::io::Error },
    #[error("{} is no file that could go with a mail", .0.display())]
    NoFile(PathBuf),
    #[error("{} is no UTF-8 text", .0.display())]
    NotText(PathBuf),
    #[error("{} is {size} bytes, and a message takes {max} at most", path.display())]
    TooLarge { path: PathBuf, size: u64, max: usize },
    #[error("{0}")]
    Message(#[from] BuildError),
    #[error("cannot compose the test email: {0}")]
    Letter(#[from] askama::Error),
    #[error("{transport} did not take it: {reason}")]
    Refused { transport: &'static str, reason: String },
    #[error("it is still in the outbox as {id} and is tried again by `gatepost serve`: {reason}")]
    StillQueued { id: String, reason: String },
    #[error("{id} was not sent ({}): {reason}", state.name())]
    NotSent { id: String, state: State, reason: String },
    #[error("it was sent, but {0}")]
    InPart(String),
    #[error("{0}")]
    Desk(#[from] RequeueError),
    #[error("the outbox cannot be read: {0}")]
    Storage(#[from] sqlx::Error),
    #[error("standard output is closed: {0}")]
    Output(#[from] std::io::Error),
}

/// What the commands work with.
pub struct Post {
    /// Those of mail.transport first, in order of preference, then others that are configured.
    pub routes: Vec<Route>,
    pub worker: Worker,
    pub reply_to: Option<Mailbox>,
    /// What a test letter is written on.
    pub paper: Paper,
    pub clock: Clock,
    pub entropy: Entropy,
}

impl Post {
    /// Takes leave of the servers that mail was handed to.
    pub async fn close(&self) {
        self.worker.close().await;
        for route in &self.routes {
            route.transport.close().await;
        }
    }
}

/// Does it; answers go to `out`.
///
/// # Errors
/// One sentence for standard error.
pub async fn run(command: Command, post: &Post, out: &mut (dyn Write + std::marker::Send)) -> Result<(), MailError> {
    let outbox = post.worker.outbox();
    match command {
        Command::Test(test) => send::test(&test, post, out).await,
        Command::Send(message) => send::send(message, post, out).await,
        Command::List(list) => desk::list(&list, &outbox, out).await,
        Command::Show(show) => desk::show(&show, &outbox, out).await,
        Command::Requeue { id } => {
            outbox.requeue(&id).await?;
            Ok(writeln!(out, "{id} is tried again at once")?)
        }
        Command::Cancel { id } => {
            outbox.cancel(&id).await?;
            Ok(writeln!(out, "{id} is cancelled")?)
        }
    }
}
