//! Where a body ends (RFC 9112 §6): by length, by chunks, or with the connection.

/// A message that does not follow RFC 9112, or that readers could frame differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The rest of a body.
#[derive(Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// Bytes left. 0: the body is complete.
    Length(u64),
    Chunked(ChunkScanner),
    UntilClose,
}

/// Longest line of a chunk's size with its extensions, and longest trailer section, in bytes. hyper allows 16 KiB.
const MAX_LINE: usize = 4 * 1024;
/// Most digits of a chunk's size: 2^48 bytes.
const MAX_DIGITS: usize = 12;

/// The position in a chunked body (RFC 9112 §7.1). Lines end with CRLF only.
#[derive(Debug, PartialEq, Eq)]
pub struct ChunkScanner {
    part: ChunkPart,
    /// Bytes left of the chunk.
    left: u64,
    /// Digits of the size, or bytes of the line or of the trailer section.
    count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChunkPart {
    Size,
    /// Blanks and extensions after the size.
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// The beginning of a line of the trailer section.
    TrailerStart,
    Trailer,
    TrailerLf,
    EndLf,
    End,
}

impl BodyFraming {
    pub fn is_complete(&self) -> bool {
        match self {
            BodyFraming::Length(left) => *left == 0,
            BodyFraming::Chunked(scanner) => scanner.part == ChunkPart::End,
            BodyFraming::UntilClose => false,
        }
    }

    /// Reads the bytes that belong to the body; returns how many these are.
    ///
    /// # Errors
    /// When a chunk is malformed.
    pub fn advance(&mut self, bytes: &[u8]) -> Result<usize, Malformed> {
        match self {
            BodyFraming::Length(left) => {
                let taken = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= taken as u64;
                Ok(taken)
            }
            BodyFraming::Chunked(scanner) => scanner.advance(bytes),
            BodyFraming::UntilClose => Ok(bytes.len()),
        }
    }
}

impl ChunkScanner {
    pub fn new() -> Self {
        ChunkScanner { part: ChunkPart::Size, left: 0, count: 0 }
    }

    fn advance(&mut self, bytes: &[u8]) -> Result<usize, Malformed> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match self.part {
                ChunkPart::End => break,
                ChunkPart::Data => {
                    let taken = (bytes.len() - at).min(usize::try_from(self.left).unwrap_or(usize::MAX));
                    self.left -= taken as u64;
                    at += taken;
                    if self.left == 0 {
                        self.part = ChunkPart::DataCr;
                    }
                }
                _ => {
                    self.part = self.next(byte)?;
                    at += 1;
                }
            }
        }
        Ok(at)
    }

    /// The part after `byte`, which is not a byte of data.
    fn next(&mut self, byte: u8) -> Result<ChunkPart, Malformed> {
        let expect = |wanted: u8, next| if byte == wanted { Ok(next) } else { Err(Malformed) };
        match self.part {
            ChunkPart::Size => self.size(byte),
            ChunkPart::Extension => match byte {
                b'\r' => Ok(ChunkPart::SizeLf),
                b'\n' => Err(Malformed),
                _ => self.count(ChunkPart::Extension),
            },
            ChunkPart::SizeLf => {
                self.count = 0;
                expect(b'\n', if self.left == 0 { ChunkPart::TrailerStart } else { ChunkPart::Data })
            }
            ChunkPart::DataCr => expect(b'\r', ChunkPart::DataLf),
            ChunkPart::DataLf => expect(b'\n', ChunkPart::Size),
            ChunkPart::TrailerStart => match byte {
                b'\r' => Ok(ChunkPart::EndLf),
                b'\n' => Err(Malformed),
                _ => self.count(ChunkPart::Trailer),
            },
            ChunkPart::Trailer => match byte {
                b'\r' => Ok(ChunkPart::TrailerLf),
                b'\n' => Err(Malformed),
                _ => self.count(ChunkPart::Trailer),
            },
            ChunkPart::TrailerLf => expect(b'\n', ChunkPart::TrailerStart),
            ChunkPart::EndLf => expect(b'\n', ChunkPart::End),
            ChunkPart::Data | ChunkPart::End => Err(Malformed),
        }
    }

    fn size(&mut self, byte: u8) -> Result<ChunkPart, Malformed> {
        if let Some(digit) = (byte as char).to_digit(16) {
            self.count += 1;
            self.left = (self.left << 4) | u64::from(digit);
            return if self.count > MAX_DIGITS { Err(Malformed) } else { Ok(ChunkPart::Size) };
        }
        match (self.count, byte) {
            (0, _) => Err(Malformed),
            (_, b'\r') => Ok(ChunkPart::SizeLf),
            (_, b' ' | b'\t' | b';') => Ok(ChunkPart::Extension),
            _ => Err(Malformed),
        }
    }

    fn count(&mut self, next: ChunkPart) -> Result<ChunkPart, Malformed> {
        self.count += 1;
        if self.count > MAX_LINE { Err(Malformed) } else { Ok(next) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many bytes belong to a chunked body, and whether it is complete.
    fn scan(bytes: &[u8]) -> Result<(usize, bool), Malformed> {
        let mut body = BodyFraming::Chunked(ChunkScanner::new());
        let whole = body.advance(bytes).map(|taken| (taken, body.is_complete()));
        // Byte by byte gives the same.
        let mut single = BodyFraming::Chunked(ChunkScanner::new());
        let mut taken = 0;
        for byte in bytes {
            taken += single.advance(std::slice::from_ref(byte))?;
        }
        assert_eq!(whole, Ok((taken, single.is_complete())));
        whole
    }

    #[test]
    fn a_chunked_body_ends_after_its_trailer_section() {
        for body in ["0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n", "a;x=1\r\n0123456789\r\n00\r\nA: b\r\nC: d\r\n\r\n"] {
            assert_eq!(scan(format!("{body}GET /").as_bytes()), Ok((body.len(), true)), "{body:?}");
        }
        assert_eq!(scan(b"5\r\nhel"), Ok((6, false)));
    }

    #[test]
    fn a_chunk_that_readers_could_frame_differently_is_malformed() {
        for body in
            ["\r\n", "x\r\n", "-1\r\n", "5\nhello", "5;\nx", "2\r\nabc", "2\r\nab\n", "0\r\n\n", "0\r\nA: b\n\r\n"]
        {
            assert_eq!(scan(body.as_bytes()), Err(Malformed), "{body:?}");
        }
        assert_eq!(scan(&[b'0'; MAX_DIGITS + 1]), Err(Malformed));
        let line = format!("5;{}", "x".repeat(MAX_LINE + 1));
        assert_eq!(scan(line.as_bytes()), Err(Malformed));
        let trailers = format!("0\r\n{}", "A: b\r\n".repeat(MAX_LINE / 4 + 1));
        assert_eq!(scan(trailers.as_bytes()), Err(Malformed));
    }
}
