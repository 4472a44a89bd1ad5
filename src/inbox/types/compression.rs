//! Compression of what the inbox stores for a message: its bytes, its list columns and its session. Each is one zstd
//! frame, whose header holds the decompressed size. Small messages repeat little within themselves but much of each
//! other, so all frames refer to one dictionary of usual text and its statistics.

use std::cell::RefCell;
use std::io;
use std::sync::LazyLock;
use std::thread::LocalKey;

use serde::Serialize;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// zstd level. The fastest, because the disk is the bottleneck.
const LEVEL: i32 = 1;

/// The dictionary that frames refer to (RFC 8878 §5), as bench/dictionary made it. Frames cannot be read with another
/// one, so it must never change: a better one gets a name of its own, and frames say by its id which one they need.
const DICTIONARY: &[u8] = include_bytes!("dictionary.bin");
static ENCODER: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

/// The text of the dictionary without its statistics, with the line ends of most messages. Frames without an id refer to
/// it: those of builds up to November 2026.
static TEXT: LazyLock<String> =
    LazyLock::new(|| include_str!("dictionary.txt").lines().collect::<Vec<_>>().join("\r\n"));
static TEXT_DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(TEXT.as_bytes()));

thread_local! {
    // Creating a compressor costs more than compressing a message.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    // The allocator takes long for blocks of a few KiB, of which each message would need several.
    static FRAME: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static JSON: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Size in bytes up to which a value is compressed in memory that the thread keeps. It keeps at most twice as much.
const KEPT: usize = 64 * 1024;

/// Returns one frame, which [`decompress`] reads.
///
/// # Errors
/// zstd has no memory.
pub fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let compressed = |compressor: &mut Compressor<'_>| match bytes.len() > KEPT {
        true => compressor.compress(bytes),
        false => reuse(&FRAME, |frame| {
            frame.reserve(zstd::zstd_safe::compress_bound(bytes.len()));
            compressor.compress_to_buffer(bytes, frame)?;
            Ok(frame.clone())
        }),
    };
    COMPRESSOR.with_borrow_mut(|slot| match slot {
        Some(compressor) => compressed(compressor),
        None => compressed(slot.insert(Compressor::with_prepared_dictionary(&ENCODER)?)),
    })
}

/// Returns one frame with `value` as JSON.
///
/// # Errors
/// Those of [`compress`].
pub fn compress_json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    reuse(&JSON, |json| {
        serde_json::to_writer(&mut *json, value)?;
        compress(json)
    })
}

/// Calls `make` with the memory of this thread, which is empty.
fn reuse<T>(memory: &'static LocalKey<RefCell<Vec<u8>>>, make: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    memory.with_borrow_mut(|bytes| {
        // Before, not after: a panic may have left something.
        bytes.clear();
        let made = make(bytes);
        if bytes.capacity() > 2 * KEPT {
            *bytes = Vec::new();
        }
        made
    })
}

/// Maximum decompressed size of one zstd block, in bytes (RFC 8878 §3.1.1.2).
const MAX_BLOCK: u64 = 128 * 1024;
/// Minimum size of one block inside a frame, in bytes.
const MIN_BLOCK: u64 = 4;

/// Returns the bytes that were passed to [`compress`].
///
/// The buffer has the size that the frame header declares. A damaged frame can declare any size, so the size is checked against the maximum that the blocks can hold.
///
/// # Errors
/// The frame is damaged.
pub fn decompress(raw: &[u8]) -> io::Result<Vec<u8>> {
    let damaged = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
    let size = zstd::zstd_safe::get_frame_content_size(raw).ok().flatten();
    let most = u64::try_from(raw.len()).unwrap_or(u64::MAX).div_ceil(MIN_BLOCK).saturating_mul(MAX_BLOCK);
    let size = size.filter(|size| *size <= most).and_then(|size| usize::try_from(size).ok());
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size.ok_or_else(|| damaged("the data does not start with a valid zstd frame"))?)?;
    if zstd::zstd_safe::get_dict_id_from_frame(raw).is_none() {
        Decompressor::with_prepared_dictionary(&TEXT_DECODER)?.decompress_to_buffer(raw, &mut bytes)?;
        return Ok(bytes);
    }
    DECOMPRESSOR.with_borrow_mut(|slot| match slot {
        Some(decompressor) => decompressor.decompress_to_buffer(raw, &mut bytes),
        None => slot.insert(Decompressor::with_prepared_dictionary(&DECODER)?).decompress_to_buffer(raw, &mut bytes),
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Entropy;

    #[test]
    fn decompress_restores_bytes_of_any_size_and_content() {
        let noise: [u8; 4_096] = Entropy::seeded(4).bytes();
        for size in [0, 1, 2, 255, 256, 65_791, 65_792, 200_000, 3 << 20, 40 << 20] {
            let zeros = vec![0; size];
            assert!(decompress(&compress(&zeros).unwrap()).unwrap() == zeros, "{size}");
            let noise: Vec<u8> = noise.iter().copied().cycle().take(size.min(200_000)).collect();
            assert!(decompress(&compress(&noise).unwrap()).unwrap() == noise, "{size}");
        }
    }

    #[test]
    fn the_dictionary_never_changes() {
        assert_eq!(crate::secret::digest(&TEXT), "LJ1HlvMxOQ4CKgpUl80bkdXICdloVrNIaxaWSYNbbZc");
        let hex = DICTIONARY.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(crate::secret::digest(&hex), "fJP28EzkSrNQbogVhL-GrJieORhQvcBtsE4fN3dybg4");
    }

    #[test]
    fn frames_of_the_text_without_statistics_are_still_read() {
        let text = b"Subject: Confirm your address\r\nContent-Type: text/plain; charset=utf-8\r\n";
        let encoder = EncoderDictionary::copy(TEXT.as_bytes(), LEVEL);
        let frame = Compressor::with_prepared_dictionary(&encoder).unwrap().compress(text).unwrap();
        assert_eq!(decompress(&frame).unwrap(), text);
    }

    #[test]
    fn a_damaged_frame_is_an_error_for_every_declared_size() {
        let whole = compress(&[b'x'; 5_000]).unwrap();
        for cut in 0..whole.len() {
            assert!(decompress(&whole[..cut]).is_err(), "{cut}");
        }
        // A frame header with a content size of eight bytes: RFC 8878 §3.1.1.1.
        for size in [1_u64, 1 << 16, 1 << 31, 1 << 40, u64::MAX - 2, u64::MAX] {
            let frame = [&[0x28, 0xb5, 0x2f, 0xfd, 0xe0][..], &size.to_le_bytes(), &[0xff; 64]].concat();
            assert!(decompress(&frame).is_err(), "{size}");
        }
    }
}
