//! The header fields of a message as they were sent, for a reader who looks for a fault in them.

use std::ops::Range;

use super::encoded_word;
use super::header::HeaderBlock;
use super::warning::WarningList;

/// A header field as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentField {
    /// The name as written, without blanks around it.
    pub name: String,
    /// The lines after the colon as written, with their folds; bytes that are not UTF-8 are replaced.
    pub value: String,
    /// The unfolded value with its encoded words and raw bytes decoded, if that says something else.
    pub decoded: Option<String>,
    /// The first line, from 1.
    pub line: usize,
    /// Its lines in the message.
    pub range: Range<usize>,
}

/// The header fields of a message or a part, in order; at most 1,000.
pub fn sent_fields(bytes: &[u8]) -> Vec<SentField> {
    let mut block = HeaderBlock::split(bytes, None, &mut WarningList::default());
    block.decode_raw("", None, &mut WarningList::default());
    let (mut line, mut counted) = (1, 0);
    let mut fields = Vec::with_capacity(block.fields.len());
    for field in &block.fields {
        let Some(before) = bytes.get(counted..field.lines.start) else { continue };
        line += memchr::memchr_iter(b'\n', before).count();
        counted = field.lines.start;
        let written = bytes.get(field.lines.clone()).unwrap_or_default();
        let (name, value) = written.split_at(memchr::memchr(b':', written).unwrap_or(written.len()));
        let value = String::from_utf8_lossy(value.get(1..).unwrap_or_default()).trim().to_owned();
        let decoded = encoded_word::decode(&field.value, &mut false).into_owned();
        let is_same = decoded.split_whitespace().eq(value.split_whitespace());
        fields.push(SentField {
            name: String::from_utf8_lossy(name).trim().to_owned(),
            decoded: (!is_same).then_some(decoded),
            value,
            line,
            range: field.lines.clone(),
        });
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_shown_as_sent_with_their_decoded_value_where_it_differs() {
        let header =
            "received: from a\r\n\tby b\r\nSUBJECT : =?utf-8?q?caf=C3=A9?= =?utf-8?q?_au?=\r\nTo: x\r\n\r\nbody: y\r\n";
        let fields = sent_fields(header.as_bytes());
        let shown: Vec<_> =
            fields.iter().map(|f| (f.name.as_str(), f.value.as_str(), f.decoded.as_deref(), f.line)).collect();
        assert_eq!(
            shown,
            [
                ("received", "from a\r\n\tby b", None, 1),
                ("SUBJECT", "=?utf-8?q?caf=C3=A9?= =?utf-8?q?_au?=", Some("café au"), 3),
                ("To", "x", None, 4),
            ]
        );
    }

    #[test]
    fn raw_bytes_are_decoded_in_the_charset_that_fits() {
        let fields = sent_fields(b"Subject: caf\xe9 cr\xe8me br\xfbl\xe9e\r\n\r\n");
        assert_eq!(fields[0].decoded.as_deref(), Some("café crème brûlée"));
    }
}
