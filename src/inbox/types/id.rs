//! The public id of a captured message.

use std::fmt;
use std::str::FromStr;

/// Message id of 22 characters `0-9A-Za-z`, the format of Mailpit's ids. It contains the row id, so that lookups need
/// no index and ids sort by arrival, and 80 random bits, so that ids cannot be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    row: i64,
    token: [u8; TOKEN],
}

/// Number of random bytes in an id.
pub const TOKEN: usize = 10;
const LENGTH: usize = 22;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Bits of the row id.
const ROW_BITS: u32 = 48;

/// The text is not a message id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a message id")]
pub struct MessageIdError;

impl MessageId {
    pub(in crate::inbox) fn new(row: i64, token: [u8; TOKEN]) -> Self {
        MessageId { row, token }
    }

    /// The id from the columns of its row. A damaged token that is too short becomes all zeros.
    pub(in crate::inbox) fn of_columns(row: i64, token: &[u8]) -> Self {
        MessageId { row, token: token.first_chunk().copied().unwrap_or_default() }
    }

    pub(in crate::inbox) fn row(self) -> i64 {
        self.row
    }

    pub(in crate::inbox) fn token(&self) -> &[u8] {
        &self.token
    }

    fn number(self) -> u128 {
        let row = u128::from(self.row.unsigned_abs()) << 80;
        self.token.iter().fold(0, |n, b| n << 8 | u128::from(*b)) | row
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.number();
        let mut text = [b'0'; LENGTH];
        for character in text.iter_mut().rev() {
            let digit = usize::try_from(rest % 62).unwrap_or_default();
            *character = DIGITS.get(digit).copied().unwrap_or(b'0');
            rest /= 62;
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl FromStr for MessageId {
    type Err = MessageIdError;

    fn from_str(text: &str) -> Result<Self, MessageIdError> {
        if text.len() != LENGTH {
            return Err(MessageIdError);
        }
        let mut number: u128 = 0;
        for byte in text.bytes() {
            let digit = DIGITS.iter().position(|d| *d == byte).ok_or(MessageIdError)?;
            let digit = u128::try_from(digit).map_err(|_| MessageIdError)?;
            number = number.checked_mul(62).and_then(|n| n.checked_add(digit)).ok_or(MessageIdError)?;
        }
        let row = i64::try_from(number >> 80).map_err(|_| MessageIdError)?;
        let bytes = number.to_be_bytes();
        let token = bytes.last_chunk::<TOKEN>().copied().ok_or(MessageIdError)?;
        if row >> ROW_BITS == 0 { Ok(MessageId { row, token }) } else { Err(MessageIdError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_can_be_formatted_and_parsed() {
        for (row, token) in [(1, [0; 10]), (123_456_789, [0xff; 10]), ((1 << 48) - 1, [0xff; 10])] {
            let id = MessageId::new(row, token);
            let text = id.to_string();
            assert_eq!(text.len(), 22);
            assert!(text.bytes().all(|b| b.is_ascii_alphanumeric()));
            assert_eq!(text.parse(), Ok(id));
        }
    }

    #[test]
    fn ids_sort_by_arrival() {
        let text = |row| MessageId::new(row, [7; 10]).to_string();
        assert!(text(1) < text(2) && text(61) < text(62) && text(9_999) < text(10_000));
    }

    #[test]
    fn invalid_ids_are_rejected() {
        for bad in ["", "latest", "zzzzzzzzzzzzzzzzzzzzzz", "000000000000000000000-", "0000000000000000000000000"] {
            assert_eq!(bad.parse::<MessageId>(), Err(MessageIdError), "{bad}");
        }
    }
}
