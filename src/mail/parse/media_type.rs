//! The media types that the reader treats in a way of their own: one table for lists, texts, the search and file names.

/// How parts of a type are treated.
#[derive(Debug)]
pub(super) struct MediaType {
    /// In lower case; `text/` stands for all its subtypes that have no row.
    name: &'static str,
    pub role: PartRole,
    /// The name of a part without one.
    pub file_name: MadeUpName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartRole {
    /// Always an attachment.
    Attachment,
    /// A report of a mail server: shown with the text, and listed as a file.
    Report,
    /// Read by a search.
    Text,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MadeUpName {
    Whole(&'static str),
    /// `part-`, the id of the part, and this extension.
    Extension(&'static str),
    /// As [`MadeUpName::Extension`], by the tables of mime_guess; this one if they have none.
    Guessed(&'static str),
}

const fn row(name: &'static str, role: PartRole, file_name: MadeUpName) -> MediaType {
    MediaType { name, role, file_name }
}

use MadeUpName::{Extension, Guessed, Whole};
use PartRole::{Attachment, Other, Report, Text};

const TABLE: &[MediaType] = &[
    row("application/octet-stream", Attachment, Extension("bin")),
    row("message/delivery-status", Report, Whole("delivery-status.txt")),
    row("message/global-delivery-status", Report, Whole("delivery-status.txt")),
    row("message/disposition-notification", Report, Whole("disposition-notification.txt")),
    row("message/feedback-report", Report, Whole("feedback-report.txt")),
    row("message/rfc822", Other, Whole("message.eml")),
    row("message/global", Other, Whole("message.eml")),
    row("text/calendar", Text, Whole("calendar.ics")),
    row("text/rfc822-headers", Text, Whole("headers.txt")),
    row("text/plain", Text, Extension("txt")),
    row("text/html", Text, Extension("html")),
    row("text/x-amp-html", Text, Extension("html")),
    row("text/vcard", Text, Extension("vcf")),
    row("text/x-vcard", Text, Extension("vcf")),
    row("text/directory", Text, Extension("vcf")),
    row("image/jpeg", Other, Extension("jpg")),
    row("image/jpg", Other, Extension("jpg")),
    row("image/pjpeg", Other, Extension("jpg")),
    row("image/tiff", Other, Extension("tif")),
    row("audio/mpeg", Other, Extension("mp3")),
    row("video/mpeg", Other, Extension("mpg")),
    row("video/quicktime", Other, Extension("mov")),
    row("application/pkcs7-mime", Other, Extension("p7m")),
    row("application/x-pkcs7-mime", Other, Extension("p7m")),
    row("application/pkcs7-signature", Other, Extension("p7s")),
    row("application/x-pkcs7-signature", Other, Extension("p7s")),
    row("application/pgp-signature", Other, Extension("asc")),
    row("text/", Text, Guessed("txt")),
    row("message/", Other, Guessed("txt")),
];

const UNLISTED: &MediaType = &row("", Other, Guessed("bin"));

/// The treatment of a type in lower case.
pub(super) fn of(content_type: &str) -> &'static MediaType {
    let fits = |row: &&MediaType| match row.name.ends_with('/') {
        true => content_type.starts_with(row.name),
        false => content_type == row.name,
    };
    TABLE.iter().find(fits).unwrap_or(UNLISTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_one_row_and_kinds_of_text_come_last() {
        for (at, row) in TABLE.iter().enumerate() {
            assert_eq!(of(row.name).name, row.name, "row {at} is hidden by an earlier one");
        }
        assert_eq!((of("text/x-odd").role, of("message/x-odd").role), (PartRole::Text, PartRole::Other));
        assert_eq!((of("image/png").role, of("").role), (PartRole::Other, PartRole::Other));
    }
}
