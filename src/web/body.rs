//! Reads the body of a request within a limit.

use rocket::data::{Data, ToByteUnit as _};
use tokio::io::AsyncReadExt as _;

/// How many bytes beyond the limit are read and discarded. A client that is still sending when the connection closes
/// would see a broken connection instead of the answer.
const MAX_DISCARDED: u64 = 4 * 1024 * 1024;
/// Bytes that are read at a time.
const CHUNK: usize = 64 * 1024;

/// Why a body is invalid. The texts are Mailpit's, as far as Mailpit has them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBody {
    #[error("EOF")]
    Empty,
    #[error("http: request body too large")]
    TooLarge,
    #[error("cannot read the body")]
    Broken,
    #[error("invalid JSON: {0}")]
    Syntax(String),
    #[error("more than {0} values")]
    TooMany(usize),
    #[error("{name} must be {expected}")]
    Type { name: String, expected: &'static str },
    /// The memory for bodies is full.
    #[error("too many large messages at once; try again")]
    NoMemory,
}

/// Reads a body of at most `limit` bytes. `reserve` is asked for memory for all that was read so far.
///
/// # Errors
/// If the body is longer, the connection breaks, or `reserve` returns false.
pub async fn read_body(data: Data<'_>, limit: u64, mut reserve: impl FnMut(usize) -> bool) -> Result<Vec<u8>, BadBody> {
    let mut stream = data.open(limit.saturating_add(MAX_DISCARDED).bytes());
    let mut body = Vec::new();
    loop {
        body.reserve(CHUNK);
        if stream.read_buf(&mut body).await.map_err(|_| BadBody::Broken)? == 0 {
            return Ok(body);
        }
        if body.len() as u64 > limit {
            drop(body);
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            return Err(BadBody::TooLarge);
        }
        if !reserve(body.len()) {
            return Err(BadBody::NoMemory);
        }
    }
}
