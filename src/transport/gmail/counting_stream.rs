//! A stream that counts its bytes. The bytes written decide whether a message can have been sent; a limit on the bytes
//! read keeps an endless answer out of memory, since google-apis-common reads bodies without a limit.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};

/// The byte counts of one HTTP client; clones share them.
#[derive(Clone, Default)]
pub(super) struct ByteCounter(Arc<ByteCounts>);

#[derive(Default)]
struct ByteCounts {
    written: AtomicU64,
    readable: AtomicU64,
}

impl ByteCounter {
    /// Resets the counts for a request whose answer, headers included, may have `readable` bytes.
    pub fn start(&self, readable: u64) {
        self.0.written.store(0, Ordering::Relaxed);
        self.0.readable.store(readable, Ordering::Relaxed);
    }

    /// Bytes written since [`ByteCounter::start`], over all connections of the client.
    pub fn written(&self) -> u64 {
        self.0.written.load(Ordering::Relaxed)
    }

    fn wrote(&self, bytes: usize) {
        self.0.written.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn read(&self, bytes: usize) -> io::Result<()> {
        let bytes = bytes as u64;
        let spend = |left: u64| left.checked_sub(bytes);
        match self.0.readable.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend) {
            Ok(_) => Ok(()),
            Err(_) => Err(io::Error::other("answer too long")),
        }
    }
}

/// A connection that counts its bytes.
pub(super) struct CountingStream<S> {
    inner: S,
    counter: ByteCounter,
}

impl<S> CountingStream<S> {
    pub fn new(inner: S, counter: ByteCounter) -> Self {
        CountingStream { inner, counter }
    }
}

impl<S: Connection> Connection for CountingStream<S> {
    fn connected(&self) -> Connected {
        self.inner.connected()
    }
}

impl<S: Read + Unpin> Read for CountingStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut out: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        // hyper's cursor does not report how many bytes were written to it, so they go through a local buffer.
        let mut space = [MaybeUninit::uninit(); 4096];
        let length = out.remaining().min(space.len());
        let mut chunk = ReadBuf::uninit(space.get_mut(..length).unwrap_or_default());
        ready!(Pin::new(&mut self.inner).poll_read(cx, chunk.unfilled()))?;
        self.counter.read(chunk.filled().len())?;
        out.put_slice(chunk.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: Write + Unpin> Write for CountingStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes))?;
        self.counter.wrote(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
