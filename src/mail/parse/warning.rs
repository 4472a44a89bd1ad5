//! What the parser repaired, cut off or could not read. The page and the API show it beside the message.

/// A repair, with the position of the flaw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseWarning {
    pub code: WarningCode,
    /// The name of a header field of the message, the id of a part, or `header` for the message's header as a whole.
    pub location: String,
}

macro_rules! codes {
    ($($(#[$doc:meta])+ $variant:ident = $code:literal,)+) => {
        /// The kinds of [`ParseWarning`]. The names are those of the API; docs/inbox.md lists them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum WarningCode {
            $($(#[$doc])+ $variant,)+
        }

        impl WarningCode {
            /// All codes, in the order of the documentation.
            pub const ALL: &[WarningCode] = &[$(WarningCode::$variant,)+];

            /// The name in the API, in snake_case. The locales have a sentence for each.
            pub fn name(self) -> &'static str {
                match self {
                    $(WarningCode::$variant => $code,)+
                }
            }
        }
    };
}

codes! {
    /// The parser itself failed; only the raw bytes are reliable.
    Unreadable = "unreadable",
    /// A block with more than 1,000 header fields, or with more than 2 MiB of them, is cut.
    HeaderCut = "header_cut",
    /// A header field longer than 256 KiB is cut.
    FieldCut = "field_cut",
    /// Lines before the first header field, or a byte order mark, are skipped.
    LineBeforeHeader = "line_before_header",
    /// The first header field is indented.
    IndentedField = "indented_field",
    /// A line without indentation continues the header field before it.
    LineNotIndented = "line_not_indented",
    /// A line in the header is no header field.
    LineWithoutField = "line_without_field",
    /// The body follows the header without an empty line.
    NoBlankLine = "no_blank_line",
    /// A header field holds unencoded text in another charset than UTF-8.
    HeaderNotEncoded = "header_not_encoded",
    /// An encoded word (RFC 2047) is damaged or splits a character.
    EncodedWord = "encoded_word",
    /// An address does not follow RFC 5322.
    Address = "address",
    /// Mailboxes of one field past 2,000 are left out.
    AddressesCut = "addresses_cut",
    /// A Date does not follow RFC 5322.
    Date = "date",
    /// A Content-Type or Content-Disposition does not follow RFC 2045.
    ContentType = "content_type",
    /// A file name with a path, or with characters that control the text around it.
    FileName = "file_name",
    /// An unknown Content-Transfer-Encoding; the content is taken as it is.
    TransferEncoding = "transfer_encoding",
    /// Content that does not match its Content-Transfer-Encoding.
    BrokenEncoding = "broken_encoding",
    /// An unknown charset; the text's bytes decide.
    CharsetUnknown = "charset_unknown",
    /// A charset that contradicts the text's bytes.
    CharsetWrong = "charset_wrong",
    /// Text that names no charset and is not UTF-8; a byte order mark decides, else a guess.
    CharsetMissing = "charset_missing",
    /// Lines that end in CR CR LF or in CR alone.
    LineEnds = "line_ends",
    /// A multipart without a boundary, or one whose boundary does not occur.
    NoBoundary = "no_boundary",
    /// A multipart without its closing boundary.
    BoundaryNotClosed = "boundary_not_closed",
    /// Parts after the closing boundary of their multipart.
    BoundaryRepeated = "boundary_repeated",
    /// Parts past 500 are only in the raw message.
    TooManyParts = "too_many_parts",
    /// Multiparts nested deeper than 32 are shown as text.
    TooDeep = "too_deep",
}

/// Maximum number of warnings of one message.
const MAX_WARNINGS: usize = 100;

/// Collects warnings, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct WarningList(Vec<ParseWarning>);

impl From<Vec<ParseWarning>> for WarningList {
    fn from(warnings: Vec<ParseWarning>) -> Self {
        WarningList(warnings)
    }
}

impl WarningList {
    pub(super) fn add(&mut self, code: WarningCode, location: &str) {
        let is_known = |known: &ParseWarning| known.code == code && known.location == location;
        if self.0.len() < MAX_WARNINGS && !self.0.iter().any(is_known) {
            self.0.push(ParseWarning { code, location: location.to_owned() });
        }
    }

    /// [`WarningList::add`] if there is one.
    pub(super) fn extend(&mut self, code: Option<WarningCode>, location: &str) {
        if let Some(code) = code {
            self.add(code, location);
        }
    }

    pub(super) fn into_vec(self) -> Vec<ParseWarning> {
        self.0
    }

    #[cfg(test)]
    pub(super) fn codes(&self) -> Vec<&'static str> {
        self.0.iter().map(|warning| warning.code.name()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn every_code_has_a_sentence_and_a_row_in_the_documentation() {
        let page = include_str!("../../../docs/inbox.md");
        for code in WarningCode::ALL {
            let key = format!("inbox-warning-{}", code.name().replace('_', "-"));
            assert!(Locale::ALL.iter().all(|locale| locale.has(&key)), "{key}");
            assert!(page.contains(&format!("| `{}` |", code.name())), "{code:?}");
        }
    }
}
