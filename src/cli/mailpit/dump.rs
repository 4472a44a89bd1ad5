//! `gatepost mailpit dump` writes every message of an inbox as `<ID>.eml`; `reindex` rebuilds the search index.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::http_get::{self, ServerUrl};
use crate::cli::output::stdout;
use crate::cli::progress::{Progress, ProgressUnit};
use crate::cli::signals::Interruption;
use crate::clock::Clock;
use crate::config::mailpit::MailpitUsageError;
use crate::inbox::{Inbox, PageRequest, Settings};
use crate::private_files;
use crate::random::Entropy;

use super::argument::Argument;
use super::failure::{MailpitFailure, MailpitResult, failed};
use super::interruption::{runtime, watch_signals};

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(60);
/// Messages listed at once.
const PAGE: u64 = 200;

struct DumpArguments {
    folder: PathBuf,
    source: DumpSource,
}

enum DumpSource {
    Http(ServerUrl),
    Database(PathBuf),
}

/// Writes the messages. Files that exist are kept, so that an interrupted dump can go on.
pub(super) fn run(arguments: Vec<String>) -> MailpitResult {
    let DumpArguments { folder, source } = DumpArguments::parse(arguments)?;
    fs::create_dir_all(&folder).map_err(|error| failed(format!("{}: {error}", folder.display())))?;
    let (runtime, interruption) = watch_signals()?;
    let progress = Progress::new("dumping", ProgressUnit::Messages, 0);
    let mut target = DumpFolder { folder, progress, interruption, written: 0, kept: 0 };
    match source {
        DumpSource::Http(url) => dump_http(&url, &mut target)?,
        DumpSource::Database(file) => runtime.block_on(dump_database(&file, &mut target))?,
    }
    let DumpFolder { folder, written, kept, .. } = target;
    let kept = if kept > 0 { format!("; {kept} files were there already") } else { String::new() };
    writeln!(stdout(), "wrote {written} messages to {}{kept}", folder.display()).map_err(failed)
}

fn dump_http(url: &ServerUrl, target: &mut DumpFolder) -> MailpitResult {
    let get = |path: &str| match http_get::get(url, path, REQUEST) {
        Ok((200, body)) => Ok(body),
        Ok((status, _)) => Err(failed(format!("{}{path}: the server answers {status}", url.authority))),
        Err(error) => Err(failed(format!("{}{path}: {error}", url.authority))),
    };
    let mut ids: Vec<String> = Vec::new();
    loop {
        let body = get(&format!("/api/v1/messages?start={}&limit={PAGE}", ids.len()))?;
        let page: serde_json::Value =
            serde_json::from_slice(&body).map_err(|_| failed("the server has no Mailpit API"))?;
        let messages =
            page.get("messages").and_then(serde_json::Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let found: Vec<String> = messages.iter().filter_map(|one| Some(one.get("ID")?.as_str()?.to_owned())).collect();
        if found.is_empty() {
            break;
        }
        ids.extend(found);
    }
    for (done, id) in (1..).zip(&ids) {
        // An id becomes a file name, and the server is not trusted.
        let is_name = !id.is_empty() && id.len() <= 100 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !is_name {
            return Err(failed(format!("the server sent the invalid id {id:?}")));
        }
        if !target.has(id) {
            target.write(id, &get(&format!("/api/v1/message/{id}/raw"))?)?;
        }
        target.progress.set(done, ids.len() as u64);
    }
    Ok(())
}

async fn dump_database(file: &Path, target: &mut DumpFolder) -> MailpitResult {
    let inbox = open(file).await?;
    let mut window = PageRequest { limit: Some(PAGE), arrived: true, ..PageRequest::default() };
    let total = inbox.counts().await.map_err(failed)?.arrived();
    let mut done = 0;
    loop {
        let page = inbox.list(&window).await.map_err(failed)?;
        let Some(last) = page.last() else { return Ok(()) };
        window.older_than = Some(last.id);
        for summary in &page {
            let id = summary.id.to_string();
            if !target.has(&id)
                && let Some(captured) = inbox.message(summary.id).await.map_err(failed)?
            {
                target.write(&id, &captured.shown())?;
            }
            done += 1;
            target.progress.set(done, total);
        }
    }
}

/// Opens an inbox that exists.
async fn open(file: &Path) -> Result<Inbox, MailpitFailure> {
    if !file.is_file() {
        return Err(failed(format!("{} is not a file", file.display())));
    }
    let settings =
        Settings { path: file.to_owned(), max_message_size: 0, keep_messages: 0, keep_days: 0, keep_bytes: 0 };
    let opened = Inbox::open(settings, Clock::system(), Entropy::system()).await;
    opened.map_err(|error| {
        let cure = if error.is_damage() { "; the file is damaged: restore a backup" } else { "" };
        failed(format!("{}: {error}{cure}", file.display()))
    })
}

/// The folder that messages are written to.
struct DumpFolder {
    folder: PathBuf,
    progress: Progress,
    interruption: Interruption,
    written: u64,
    kept: u64,
}

impl DumpFolder {
    /// True if the message has been written before.
    fn has(&mut self, id: &str) -> bool {
        let exists = self.path(id).exists();
        self.kept += u64::from(exists);
        exists
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.eml"))
    }

    /// Writes a message as a whole: a dump that is interrupted leaves no part of one.
    fn write(&mut self, id: &str, bytes: &[u8]) -> MailpitResult {
        if self.interruption.is_set() {
            let folder = self.folder.display();
            return Err(failed(format!("interrupted; {} messages were written to {folder}", self.written)));
        }
        let path = self.path(id);
        private_files::write_new(&path, bytes).map_err(|error| failed(format!("{}: {error}", path.display())))?;
        self.written += 1;
        Ok(())
    }
}

impl DumpArguments {
    fn parse(arguments: Vec<String>) -> Result<Self, MailpitFailure> {
        let (mut folder, mut source) = (None, None);
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next().map(Argument::new) {
            let found = match argument.name.as_str() {
                "--http" => {
                    let text = argument.value(&mut rest)?;
                    let invalid = || format!("--http: {text:?} is no address such as http://localhost:8025/");
                    DumpSource::Http(ServerUrl::parse(&text).ok_or_else(|| MailpitFailure::Usage(invalid()))?)
                }
                "--database" | "-d" => DumpSource::Database(argument.value(&mut rest)?.into()),
                _ if argument.is_flag() || folder.is_some() => {
                    return Err(MailpitUsageError::Argument(argument.name).into());
                }
                _ => {
                    folder = Some(PathBuf::from(argument.name));
                    continue;
                }
            };
            if source.replace(found).is_some() {
                return Err(MailpitFailure::Usage("give either --http or --database, once".to_owned()));
            }
        }
        match (folder, source) {
            (Some(folder), Some(source)) => Ok(DumpArguments { folder, source }),
            (None, _) => Err(MailpitFailure::Usage("name the folder to write to".to_owned())),
            (_, None) => Err(MailpitFailure::Usage("give --http URL or --database FILE".to_owned())),
        }
    }
}

/// `reindex FILE`: adds every message to the search index. The server does the same by itself, a little later.
pub(super) fn reindex(arguments: Vec<String>) -> MailpitResult {
    let [file] = arguments.as_slice() else {
        return Err(MailpitFailure::Usage("expected one file: mailpit reindex FILE".to_owned()));
    };
    runtime()?.block_on(async {
        let inbox = open(Path::new(file)).await?;
        let mut indexed = 0;
        loop {
            match inbox.index().await.map_err(failed)? {
                0 => break,
                count => indexed += count,
            }
        }
        writeln!(stdout(), "{indexed} messages were added to the index").map_err(failed)
    })
}
