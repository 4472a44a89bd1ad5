//! Bounds the memory of requests that read large messages. Such a request waits until the messages that others read
//! leave enough memory. Its answer then goes to a temporary file and from there to the client, so that a client that
//! reads slowly holds no memory.

use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rocket::{Request, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::inbox::{Inbox, MessageId};

use super::super::origin_check;

/// Messages and answers up to this size, in bytes, are not bounded here.
const SMALL: usize = 256 * 1024;
/// Size of the messages that are read at once, in KiB. Parsing and rendering take up to three times as much.
const MEMORY: u32 = 64 * 1024;
/// Longest wait for memory. Then the request is answered with 503.
const WAIT: Duration = Duration::from_secs(20);
/// Bytes of a file that are read at a time.
const CHUNK: usize = 64 * 1024;

/// The memory for large messages; clones share it.
#[derive(Clone)]
pub struct LargeAnswers {
    free: Arc<Semaphore>,
    /// The folder of the inbox's file, where answers wait.
    folder: PathBuf,
}

/// A request's share of the memory, until its answer is in a file or has been sent.
#[derive(Default)]
struct MemoryPermit(Mutex<Option<OwnedSemaphorePermit>>);

impl LargeAnswers {
    /// `database`: the path of the inbox's file.
    pub fn new(database: &Path) -> Self {
        let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        LargeAnswers { free: Arc::new(Semaphore::new(MEMORY as usize)), folder }
    }

    /// Waits for the memory that the message of `path` needs. The path is relative to the inbox. After a long wait the
    /// request is rejected.
    pub async fn reserve(&self, inbox: &Inbox, path: &str, request: &mut Request<'_>) {
        let Some(name) = message_name(path) else { return };
        let size = match name.parse::<MessageId>() {
            Ok(id) => inbox.summary(id).await.ok().flatten().map_or(0, |summary| summary.size),
            // Its message is found later.
            Err(_) if name == "latest" => u64::from(MEMORY) * 1024 / 2,
            Err(_) => 0,
        };
        if size <= SMALL as u64 {
            return;
        }
        match self.permit(size).await {
            Some(permit) => request.local_cache(MemoryPermit::default).replace(Some(permit)),
            None => origin_check::reject_as_busy(request),
        }
    }

    /// Waits for the memory of a message of `size` bytes; `None` after a long wait.
    pub async fn permit(&self, size: u64) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(size / 1024).unwrap_or(u32::MAX).min(MEMORY);
        tokio::time::timeout(WAIT, self.free.clone().acquire_many_owned(kib)).await.ok()?.ok()
    }

    /// A temporary file without a name, for an answer.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn file(&self) -> io::Result<std::fs::File> {
        tempfile::tempfile_in(&self.folder)
    }

    /// Moves a large body of known length to a file. If that fails, the body stays in memory.
    pub async fn spool(&self, request: &Request<'_>, response: &mut Response<'_>) {
        if response.body().preset_size().unwrap_or(0) <= SMALL {
            return;
        }
        let Ok(bytes) = response.body_mut().to_bytes().await else { return };
        let (size, folder) = (bytes.len(), self.folder.clone());
        let written = tokio::task::spawn_blocking(move || write(&folder, &bytes).map_err(|error| (error, bytes))).await;
        match written {
            Ok(Ok(file)) => {
                response.set_sized_body(size, tokio::fs::File::from_std(file));
                response.set_max_chunk_size(CHUNK);
                request.local_cache(MemoryPermit::default).replace(None);
            }
            Ok(Err((error, bytes))) => {
                tracing::warn!(%error, "cannot write a large answer to a temporary file; it stays in memory");
                response.set_sized_body(size, io::Cursor::new(bytes));
            }
            Err(error) => tracing::error!(%error, "the task that writes a large answer failed"),
        }
    }
}

impl MemoryPermit {
    fn replace(&self, permit: Option<OwnedSemaphorePermit>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = permit;
    }
}

/// A file without a name, at its beginning.
fn write(folder: &Path, bytes: &[u8]) -> io::Result<std::fs::File> {
    let mut file = tempfile::tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// The message that a path below `/view/` or `/api/v1/message/` names.
fn message_name(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/view/").or_else(|| path.strip_prefix("/api/v1/message/"))?;
    rest.split(['/', '.']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_message() {
        for (path, name) in [
            ("/view/0000000000000000000001", Some("0000000000000000000001")),
            ("/view/latest.html", Some("latest")),
            ("/view/0000000000000000000001/frame", Some("0000000000000000000001")),
            ("/api/v1/message/latest/part/2", Some("latest")),
            ("/api/v1/messages", None),
            ("/", None),
        ] {
            assert_eq!(message_name(path), name, "{path}");
        }
    }

    #[test]
    fn a_file_holds_the_answer_and_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = write(folder.path(), b"answer").unwrap();
        let mut text = String::new();
        io::Read::read_to_string(&mut file, &mut text).unwrap();
        assert_eq!(text, "answer");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
