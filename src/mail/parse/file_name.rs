//! File names of parts: cleaned, since they reach downloads, and made up for parts without one.

/// Maximum number of characters; a longer name is cut.
pub(super) const MAX_NAME: usize = 255;

/// The last component of a path, without control characters; empty if nothing usable is left.
pub(super) fn clean(name: &str) -> String {
    let last = name.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
    let mut out = String::with_capacity(last.len().min(MAX_NAME));
    for c in last.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME) {
        // Never `..`, which names the folder above.
        if c != '.' || !out.ends_with('.') {
            out.push(c);
        }
    }
    if out == "." { String::new() } else { out }
}

/// A name for a part without one, by its type and the part's id.
pub(super) fn made_up(content_type: &str, id: &str) -> String {
    match content_type {
        "message/rfc822" | "message/global" => "message.eml".to_owned(),
        "text/calendar" => "calendar.ics".to_owned(),
        "message/delivery-status" | "message/global-delivery-status" => "delivery-status.txt".to_owned(),
        "message/disposition-notification" => "disposition-notification.txt".to_owned(),
        "message/feedback-report" => "feedback-report.txt".to_owned(),
        "text/rfc822-headers" => "headers.txt".to_owned(),
        kind => format!("part-{id}.{}", extension(kind)),
    }
}

fn extension(content_type: &str) -> &str {
    match content_type {
        "text/plain" => "txt",
        "text/html" | "text/x-amp-html" => "html",
        "image/jpeg" | "image/jpg" | "image/pjpeg" => "jpg",
        "image/tiff" => "tif",
        "audio/mpeg" => "mp3",
        "video/mpeg" => "mpg",
        "video/quicktime" => "mov",
        "text/vcard" | "text/x-vcard" | "text/directory" => "vcf",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "p7m",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "p7s",
        "application/pgp-signature" => "asc",
        "application/octet-stream" => "bin",
        kind => match mime_guess::get_mime_extensions_str(kind).and_then(|known| known.first()) {
            Some(known) => known,
            None if kind.starts_with("text/") || kind.starts_with("message/") => "txt",
            None => "bin",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_last_component_of_its_path() {
        for (name, cleaned) in [
            ("C:\\TEMP\\report.pdf", "report.pdf"),
            ("../../etc/notes.pdf", "notes.pdf"),
            ("\\\\server\\share\\a b.txt", "a b.txt"),
            ("folder/", "folder"),
            ("a\r\nb\u{7f}\u{85}.txt", "ab.txt"),
            ("a..b...c", "a.b.c"),
            ("..", ""),
            ("./.", ""),
            ("/", ""),
            (" .profile ", ".profile"),
            ("보고서.pdf", "보고서.pdf"),
        ] {
            assert_eq!(clean(name), cleaned, "{name:?}");
        }
        assert_eq!(clean(&"한".repeat(1_000)).chars().count(), MAX_NAME);
    }

    #[test]
    fn a_part_without_a_name_gets_one_by_its_type() {
        for (kind, name) in [
            ("text/calendar", "calendar.ics"),
            ("message/rfc822", "message.eml"),
            ("application/pdf", "part-2.pdf"),
            ("image/jpeg", "part-2.jpg"),
            ("image/png", "part-2.png"),
            ("text/csv", "part-2.csv"),
            ("text/x-odd", "part-2.txt"),
            ("application/x-odd", "part-2.bin"),
            ("application/zip", "part-2.zip"),
            ("message/delivery-status", "delivery-status.txt"),
        ] {
            assert_eq!(made_up(kind, "2"), name, "{kind}");
        }
    }
}
