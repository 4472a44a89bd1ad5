//! Encodes numbers: LEB128 in sequences, fixed-width little-endian in tables with random access.

/// Appends `n` with seven bits per byte.
pub fn write_varint(out: &mut Vec<u8>, mut n: u32) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Removes a number from the front of `bytes`. `None` if no complete number is left.
pub fn read_varint(bytes: &mut &[u8]) -> Option<u32> {
    let (mut n, mut shift) = (0, 0);
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        n |= u32::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(n);
        }
        shift += 7;
    }
}

pub fn write_fixed(out: &mut Vec<u8>, n: usize) {
    out.extend_from_slice(&u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes());
}

/// The `n`th number of a table.
pub fn read_fixed(table: &[u8], n: usize) -> Option<usize> {
    let bytes = table.get(n.checked_mul(4)?..)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*bytes)).ok()
}
