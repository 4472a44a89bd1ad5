//! Names of charsets that mail uses and the WHATWG does not list.

/// A name without the characters in which its spellings differ: `EUC_JP-ms` is `eucjpms`.
pub(super) fn key(name: &str) -> String {
    let kept = name.bytes().take(80).filter(u8::is_ascii_alphanumeric);
    kept.map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}

/// True for ASCII, whose names programs also use for other charsets, and for names that stand for no charset.
pub(super) fn is_unstated(key: &str) -> bool {
    const UNSTATED: [&str; 14] = [
        "",
        "usascii",
        "ascii",
        "csascii",
        "iso646us",
        "ansix341968",
        "unknown",
        "unknown8bit",
        "xunknown",
        "default",
        "none",
        "binary",
        "8bit",
        "7bit",
    ];
    UNSTATED.contains(&key)
}

/// Other names, each with the WHATWG's name.
const ALIASES: &[(&[&str], &str)] = &[
    (&["cp949", "ms949", "uhc", "xwindows949", "949", "euckr", "ksc5601", "ksx1001", "kseuckr", "cp51949"], "euc-kr"),
    (&["cp932", "ms932", "windows932", "win932", "932", "windows31j", "cswindows31j", "sjiswin"], "shift_jis"),
    (&["shiftjisx0213", "shiftjis2004", "shiftjisms", "cp943", "ibm943"], "shift_jis"),
    (&["eucjp", "eucjpms", "eucjpwin", "ujis", "cp51932", "eucjis2004", "eucjisx0213", "eucjpopen"], "euc-jp"),
    (&["euccn", "cp936", "ms936", "windows936", "win936", "936", "xgbk", "gb2312euc", "xeuccn", "cp51936"], "gbk"),
    (&["cp950", "ms950", "windows950", "win950", "950", "big5eten", "big5tw", "cp951", "big5hkscs2004"], "big5"),
    (&["gb180302000", "gb180302005", "gb180302022", "cp54936"], "gb18030"),
    (&["cp874", "ibm874", "ms874", "874", "thai8", "thai"], "windows-874"),
    (&["cp866", "ibm866", "866", "dos866"], "ibm866"),
    (&["koi8r", "koi8", "cskoi8"], "koi8-r"),
    (&["koi8u", "koi8ru"], "koi8-u"),
    (&["latin7", "windows28603"], "iso-8859-13"),
    (&["latin8"], "iso-8859-14"),
    (&["latin9", "latin0", "cp923"], "iso-8859-15"),
    (&["latin10"], "iso-8859-16"),
    (&["macroman", "macintosh", "mac", "applemacintosh"], "macintosh"),
    (&["maccyrillic", "macukrainian"], "x-mac-cyrillic"),
    (&["utf8mb4", "utf8mb3", "xutf8", "cp65001", "65001", "utf8bom"], "utf-8"),
    (&["cp1200", "ucs2", "ucs2le", "unicodelittle"], "utf-16le"),
    (&["cp1201", "ucs2be", "unicodebig"], "utf-16be"),
    (&["ansi", "windowsansi", "iso88591windows30latin1", "westerneuropeaniso", "cp28591"], "windows-1252"),
];

/// The WHATWG's name for `key`, which [`key`] has made.
pub(super) fn alias(key: &str) -> Option<&'static str> {
    let named = ALIASES.iter().find(|(names, _)| names.contains(&key)).map(|(_, name)| *name);
    named.or_else(|| windows(key))
}

/// `windows-1252` for `cp1252`, `win1252`, `ms1252` and the like.
fn windows(key: &str) -> Option<&'static str> {
    const PAGES: [&str; 9] = [
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "windows-1253",
        "windows-1254",
        "windows-1255",
        "windows-1256",
        "windows-1257",
        "windows-1258",
    ];
    let number = key.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    PAGES.into_iter().find(|page| page.strip_prefix("windows-") == Some(number))
}
