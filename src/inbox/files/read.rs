//! Reads the messages of files without storing them.

use std::thread::JoinHandle;

use tokio::sync::mpsc;

use super::scan::{FileScanner, FileSelection};

/// Maximum number of messages that are read ahead.
const AHEAD: usize = 4;

/// The bytes of each message, and the reasons for what is skipped, which are known at the end. The messages must be taken
/// outside a runtime.
pub fn read(selection: FileSelection) -> (impl Iterator<Item = Vec<u8>>, JoinHandle<Vec<String>>) {
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    let scanning = std::thread::spawn(move || FileScanner::scan(&selection, sender));
    (std::iter::from_fn(move || receiver.blocking_recv().map(|message| message.bytes)), scanning)
}
