//! The byte stream of a connection: plain TCP or TLS.

use std::io;

use bytes::{BufMut as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// Size of a read whose bytes are discarded.
const DISCARD_BUFFER: usize = 16 * 1024;

pub(super) enum ServerStream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl ServerStream {
    /// Reads the available bytes into the free capacity of the buffer, at most `limit`. Returns 0 at the end of the
    /// stream.
    pub async fn read(&mut self, buffer: &mut BytesMut, limit: usize) -> io::Result<usize> {
        let free = buffer.capacity() - buffer.len();
        let mut buffer = buffer.limit(limit.min(free));
        match self {
            ServerStream::Plain(stream) => stream.read_buf(&mut buffer).await,
            ServerStream::Tls(stream) => stream.read_buf(&mut buffer).await,
        }
    }

    /// Reads and discards input until the stream ends or `limit` bytes have arrived.
    pub async fn discard(&mut self, limit: usize) -> io::Result<()> {
        let mut discarded = BytesMut::with_capacity(DISCARD_BUFFER);
        let mut total = 0;
        while total < limit {
            discarded.clear();
            match self.read(&mut discarded, DISCARD_BUFFER).await? {
                0 => break,
                bytes => total += bytes,
            }
        }
        Ok(())
    }

    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            ServerStream::Plain(stream) => stream.write_all(bytes).await,
            ServerStream::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    /// Ends the outgoing direction.
    pub async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            ServerStream::Plain(stream) => stream.shutdown().await,
            ServerStream::Tls(stream) => stream.shutdown().await,
        }
    }
}
