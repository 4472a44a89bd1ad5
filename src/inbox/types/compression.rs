//! Compression of what the inbox stores for a message: its bytes, its list columns and its session. Each is one zstd
//! frame, whose header holds the decompressed size. Small messages repeat little within themselves but much of each
//! other, so all frames refer to one dictionary of usual text.

use std::cell::RefCell;
use std::io;
use std::sync::LazyLock;

use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// zstd level. The fastest, because the disk is the bottleneck.
const LEVEL: i32 = 1;

/// The text that frames refer to, with the line ends of most messages. Frames cannot be read with another text, so it
/// must never change: a better dictionary needs a migration of all messages.
static DICTIONARY: LazyLock<String> =
    LazyLock::new(|| include_str!("dictionary.txt").lines().collect::<Vec<_>>().join("\r\n"));
static ENCODER: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY.as_bytes(), LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY.as_bytes()));

thread_local! {
    // Creating a compressor costs more than compressing a message.
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

pub fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|slot| match slot {
        Some(compressor) => compressor.compress(bytes),
        None => slot.insert(zstd::bulk::Compressor::with_prepared_dictionary(&ENCODER)?).compress(bytes),
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
    DECOMPRESSOR.with_borrow_mut(|slot| match slot {
        Some(decompressor) => decompressor.decompress_to_buffer(raw, &mut bytes),
        None => slot
            .insert(zstd::bulk::Decompressor::with_prepared_dictionary(&DECODER)?)
            .decompress_to_buffer(raw, &mut bytes),
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
        assert_eq!(crate::secret::digest(&DICTIONARY), "LJ1HlvMxOQ4CKgpUl80bkdXICdloVrNIaxaWSYNbbZc");
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
