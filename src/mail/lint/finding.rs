//! One finding: a code from a closed list, and the detail it applies to.

use serde::Serialize;

/// The kind of a fault. The text for `X` is `inbox-lint-x` in the locales.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    DateMissing,
    DateInvalid,
    DateSkewed,
    MessageIdMissing,
    MessageIdInvalid,
    FromMissing,
    FromMany,
    HeaderRepeated,
    NoRecipientHeader,
    SubjectMissing,
    LineTooLong,
    EightBitHeader,
    BareLineEnds,
    MimeVersionMissing,
    HtmlOnly,
    DkimSyntax,
    DkimAlignment,
    UnsubscribeInvalid,
    UnsubscribePost,
}

impl Code {
    #[cfg(test)]
    pub const ALL: [Code; 19] = [
        Code::DateMissing,
        Code::DateInvalid,
        Code::DateSkewed,
        Code::MessageIdMissing,
        Code::MessageIdInvalid,
        Code::FromMissing,
        Code::FromMany,
        Code::HeaderRepeated,
        Code::NoRecipientHeader,
        Code::SubjectMissing,
        Code::LineTooLong,
        Code::EightBitHeader,
        Code::BareLineEnds,
        Code::MimeVersionMissing,
        Code::HtmlOnly,
        Code::DkimSyntax,
        Code::DkimAlignment,
        Code::UnsubscribeInvalid,
        Code::UnsubscribePost,
    ];

    /// The name in the API. The locale key is `inbox-lint-` followed by this name.
    pub const fn name(self) -> &'static str {
        match self {
            Code::DateMissing => "date-missing",
            Code::DateInvalid => "date-invalid",
            Code::DateSkewed => "date-skewed",
            Code::MessageIdMissing => "message-id-missing",
            Code::MessageIdInvalid => "message-id-invalid",
            Code::FromMissing => "from-missing",
            Code::FromMany => "from-many",
            Code::HeaderRepeated => "header-repeated",
            Code::NoRecipientHeader => "no-recipient-header",
            Code::SubjectMissing => "subject-missing",
            Code::LineTooLong => "line-too-long",
            Code::EightBitHeader => "eight-bit-header",
            Code::BareLineEnds => "bare-line-ends",
            Code::MimeVersionMissing => "mime-version-missing",
            Code::HtmlOnly => "html-only",
            Code::DkimSyntax => "dkim-syntax",
            Code::DkimAlignment => "dkim-alignment",
            Code::UnsubscribeInvalid => "unsubscribe-invalid",
            Code::UnsubscribePost => "unsubscribe-post",
        }
    }

    /// True if receivers may reject the message for it (RFC 5322, RFC 5321).
    pub const fn fatal(self) -> bool {
        matches!(
            self,
            Code::DateMissing
                | Code::FromMissing
                | Code::FromMany
                | Code::HeaderRepeated
                | Code::LineTooLong
                | Code::EightBitHeader
                | Code::BareLineEnds
                | Code::DkimSyntax
        )
    }
}

/// A fault found in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LintFinding {
    pub code: Code,
    /// The header, line or value at fault; empty if the code says everything. Untrusted text.
    pub detail: String,
    /// See [`Code::fatal`].
    pub fatal: bool,
}

impl LintFinding {
    pub(super) fn new(code: Code, detail: impl Into<String>) -> Self {
        LintFinding { code, detail: detail.into(), fatal: code.fatal() }
    }
}
