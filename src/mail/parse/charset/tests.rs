//! Charsets by their names, and those that contradict the bytes.

use super::*;

fn read(charset: &str, bytes: &[u8]) -> (String, Option<WarningCode>) {
    let decoded = decode(charset, bytes);
    (decoded.text, decoded.flaw)
}

#[test]
fn charsets_are_read_under_all_their_names() {
    for (names, bytes, text) in [
        ("euc-kr CP949 ms949 uhc ks_c_5601-1987 ks_c_5601 949 windows-949", &b"\xbe\xc8\xb3\xe7"[..], "안녕"),
        ("iso-2022-kr csISO2022KR", b"\x1b$)C\x0e>H3g\x0f", "안녕"),
        ("johab cp1361", b"\xb4\x65\x91\x77", "안녕"),
        ("shift_jis cp932 Windows-31J sjis ms932 x-sjis MS_Kanji", b"\x93\xfa\x96{\x8c\xea", "日本語"),
        ("euc-jp eucJP euc_jp eucJP-ms cp51932 ujis", b"\xc6\xfc\xcb\xdc\xb8\xec", "日本語"),
        ("iso-2022-jp iso-2022-jp-2 ISO-2022-JP-MS iso-2022-jp-3 cp50221", b"\x1b$BF|K\\8l\x1b(B", "日本語"),
        ("gbk gb2312 gb18030 euc-cn cp936 936 gb_2312-80 x-gbk", b"\xc4\xe3\xba\xc3", "你好"),
        ("hz-gb-2312 HZ", b"~{Dc:C~}", "你好"),
        ("big5 cp950 big5-hkscs x-x-big5 cn-big5", b"\xa7A\xa6n", "你好"),
        ("windows-1252 iso-8859-1 latin1 latin-1 cp1252 win1252 iso_8859-1 8859_1", b"caf\xe9", "café"),
        ("iso-8859-2 latin2 ISO_8859-2:1987", b"\xb1\xea", "ąę"),
        ("iso-8859-15 latin-9", b"\xa4", "€"),
        ("windows-1251 cp1251 x-cp1251 win-1251", b"\xcf\xf0", "Пр"),
        ("koi8-r koi8_r KOI8R", b"\xf0\xd2", "Пр"),
        ("cp874 windows-874 tis-620 iso-8859-11", b"\xa1", "ก"),
        ("cp437 ibm437 437", b"\x82\xe0", "éα"),
        ("cp852 ibm852", b"\xa5", "ą"),
        ("cp862 ibm862", b"\x80", "א"),
        ("cp866 ibm866 866", b"\x8f", "П"),
        ("utf-8 utf8 UTF_8 unicode-1-1-utf-8 utf8mb4", "é".as_bytes(), "é"),
        ("utf-7 unicode-1-1-utf-7", b"caf+AOk-", "café"),
        ("utf-16 utf-16le unicode ucs-2", b"h\0i\0", "hi"),
        ("utf-16be", b"\0h\0i", "hi"),
        ("utf-32 utf-32le ucs-4", b"h\0\0\0", "h"),
        ("utf-32be", b"\0\0\0h", "h"),
        ("macintosh x-mac-roman macroman", b"\x8e", "é"),
    ] {
        for name in names.split(' ') {
            assert_eq!(read(name, bytes), (text.to_owned(), None), "{name}");
        }
    }
}

/// All labels of the Encoding Standard lead to a decoder, and so do the names in our table.
#[test]
fn every_known_label_is_accepted() {
    for label in include_str!("labels.txt").split_whitespace() {
        let flaw = read(label, b"hello").1;
        assert_ne!(flaw, Some(WarningCode::CharsetUnknown), "{label}");
        for bytes in [&b"\x80\xff\xfe\x1b$B!"[..], b"\xed\x95", b"~{~", b"+AB", b""] {
            let _ = read(label, bytes);
        }
    }
}

#[test]
fn a_charset_that_contradicts_the_bytes_is_replaced() {
    let wrong = Some(WarningCode::CharsetWrong);
    for (charset, bytes, text, flaw) in [
        ("iso-2022-jp", "ほげ".as_bytes(), "ほげ", wrong),
        ("iso-2022-jp", b"\xc6\xfc\xcb\xdc\xb8\xec", "日本語", wrong),
        ("us-ascii", "안녕".as_bytes(), "안녕", wrong),
        ("us-ascii", b"caf\xe9 ole", "café ole", wrong),
        ("us-ascii", b"\x1b$BF|K\\8l\x1b(B", "日本語", wrong),
        ("euc-kr", "안녕하세요".as_bytes(), "안녕하세요", wrong),
        ("gb2312", "你好世界".as_bytes(), "你好世界", wrong),
        ("utf-8", b"Gr\xfc\xdfe aus K\xf6ln", "Grüße aus Köln", wrong),
        ("utf-8", "caf\u{e9} \u{d55c}".as_bytes(), "café 한", None),
        ("utf-16", "안녕".as_bytes(), "안녕", wrong),
        ("x-nobody", "안녕".as_bytes(), "안녕", Some(WarningCode::CharsetUnknown)),
        ("x-nobody", b"x", "x", Some(WarningCode::CharsetUnknown)),
        ("x-user-defined", b"caf\xe9", "café", Some(WarningCode::CharsetUnknown)),
        ("", "안녕".as_bytes(), "안녕", None),
        ("", b"\x1b$BF|K\\8l\x1b(B", "日本語", Some(WarningCode::CharsetMissing)),
        ("", b"caf\xe9", "café", Some(WarningCode::CharsetMissing)),
        ("", b"\xba\xb8\xb0\xed\xbc\xad.pdf", "보고서.pdf", Some(WarningCode::CharsetMissing)),
        ("", b"\xc7\xd1\xb1\xdb test", "한글 test", Some(WarningCode::CharsetMissing)),
        ("", b"\xcf\xf0\xe8\xe2\xe5\xf2", "Привет", Some(WarningCode::CharsetMissing)),
        ("utf-8", b"\xef\xbb\xbfx", "x", None),
    ] {
        assert_eq!(read(charset, bytes), (text.to_owned(), flaw), "{charset} {}", bytes.escape_ascii());
    }
    let (text, flaw) = read("utf-8", b"caf\xc3\xa9 \xff ole");
    assert_eq!((text.as_str(), flaw), ("café \u{fffd} ole", wrong));
}

/// `text` in an encoding that has all its characters.
fn encoded(label: &str, text: &str) -> Vec<u8> {
    let (bytes, _, is_lossy) = Encoding::for_label(label.as_bytes()).unwrap().encode(text);
    assert!(!is_lossy, "{label} {text}");
    bytes.into_owned()
}

#[test]
fn another_charset_under_the_label_utf_8_is_read_though_some_bytes_are_utf_8() {
    for (label, text) in [
        ("euc-kr", "안녕하세요\n"),
        ("euc-kr", "한글"),
        ("euc-kr", "한국 큽니다"),
        ("euc-kr", "주소와"),
        ("euc-kr", "로그아웃"),
        ("euc-kr", "Re: [공지] 서버 점검 안내 (11/21, 02:00~04:00) 확인 바랍니다."),
        ("euc-jp", "メールアドレスの確認"),
        ("shift_jis", "お世話になっております。確認コードは483920です。"),
        ("euc-jp", "お世話になっております。確認コードは483920です。"),
        ("gbk", "您好，您的验证码是483920，请在十分钟内输入。"),
        ("big5", "您好，您的驗證碼是483920，請在十分鐘內輸入。"),
        ("windows-1251", "Здравствуйте, ваш код 483920"),
        ("koi8-r", "Здравствуйте, её код 483920"),
        ("windows-1252", "Grüße aus Köln"),
    ] {
        let wrong = Some(WarningCode::CharsetWrong);
        for text in [text.to_owned(), format!("{text} ").repeat(80), format!("<meta charset={label}><p>{text}</p>")] {
            assert_eq!(read("utf-8", &encoded(label, &text)), (text.clone(), wrong), "{label} {text}");
        }
    }
    // A Korean text of which a part is damaged.
    let (text, _) = read("utf-8", &[encoded("euc-kr", &"안녕하세요 ".repeat(40)), b"\xff \xff".to_vec()].concat());
    assert!(text.starts_with("안녕하세요 안녕하세요"), "{text}");
}

#[test]
fn utf_8_with_a_few_damaged_bytes_stays_utf_8() {
    for text in ["안녕하세요", "한글", "한", "é", "Grüße aus Köln", "Привет", "日本語", "é 😀"]
    {
        for damage in [&b"\xff"[..], b" \xe9t", b"\xec\x84...", b"\xe9", b"\x80 "] {
            for bytes in [[text.as_bytes(), damage].concat(), [damage, b" ", text.as_bytes()].concat()] {
                let expected = String::from_utf8_lossy(&bytes).into_owned();
                for (charset, code) in [("utf-8", WarningCode::CharsetWrong), ("", WarningCode::CharsetMissing)] {
                    let (found, flaw) = read(charset, &bytes);
                    assert_eq!((found.as_str(), flaw.is_some()), (expected.as_str(), flaw.is_some()), "{charset}");
                    assert!(flaw.is_none() && is_utf8(&bytes) || flaw == Some(code), "{charset} {expected}");
                }
            }
        }
    }
    let long = "안녕하세요 ".repeat(400);
    let cut = &long.as_bytes()[..long.len() - 3];
    assert_eq!(read("utf-8", cut), (String::from_utf8_lossy(cut).into_owned(), Some(WarningCode::CharsetWrong)));
}

#[test]
fn a_byte_order_mark_comes_before_the_label() {
    let text = "안녕 hello";
    let units = |to_bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to_bytes).collect::<Vec<u8>>();
    let little = [b"\xff\xfe".to_vec(), units(u16::to_le_bytes)].concat();
    let big = [b"\xfe\xff".to_vec(), units(u16::to_be_bytes)].concat();
    let utf32: Vec<u8> = "\u{feff}안녕 hello".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    let utf8 = ["\u{feff}", text].concat().into_bytes();
    let (missing, wrong) = (Some(WarningCode::CharsetMissing), Some(WarningCode::CharsetWrong));
    let unknown = Some(WarningCode::CharsetUnknown);
    for (charset, flaws) in [
        ("", [missing, missing, missing, None]),
        ("utf-8", [wrong, wrong, wrong, None]),
        ("UTF8", [wrong, wrong, wrong, None]),
        ("us-ascii", [wrong; 4]),
        ("iso-8859-1", [wrong; 4]),
        ("euc-kr", [wrong; 4]),
        ("iso-2022-jp", [wrong; 4]),
        ("utf-16", [None, None, wrong, wrong]),
        ("utf-32", [wrong, wrong, None, wrong]),
        ("x-nobody", [unknown; 4]),
    ] {
        for (bytes, flaw) in [&little, &big, &utf32, &utf8].into_iter().zip(flaws) {
            assert_eq!(read(charset, bytes), (text.to_owned(), flaw), "{charset} {}", bytes.escape_ascii());
        }
    }
    assert_eq!(read("iso-8859-1", b"\xef\xbb\xbfhello"), ("hello".to_owned(), wrong));
    assert_eq!(read("utf-8", b"\xff\xfeh\0\0\xd8"), ("h\u{fffd}".to_owned(), wrong));
}

#[test]
fn utf_8_under_the_label_of_a_charset_of_one_byte_is_read_if_it_is_evident() {
    let wrong = Some(WarningCode::CharsetWrong);
    let german = "Schöne Grüße aus München – …";
    for charset in ["iso-8859-1", "windows-1252", "latin1", "iso-8859-2", "iso-8859-15", "windows-1254"] {
        for text in [german, "Grüße", "5 €", "안녕", "😀"] {
            assert_eq!(read(charset, text.as_bytes()), (text.to_owned(), wrong), "{charset} {text}");
        }
        // One character may be two in another charset.
        assert_ne!(read(charset, "é".as_bytes()).0, "é", "{charset}");
        assert_eq!(read(charset, &german.as_bytes()[..german.len() - 1]).1, wrong, "{charset}");
    }
    for charset in ["koi8-r", "windows-1251", "macintosh", "windows-874", "cp437", "ibm850"] {
        for text in ["Здравствуйте, ваш код", "안녕하세요", german] {
            assert_eq!(read(charset, text.as_bytes()), (text.to_owned(), wrong), "{charset} {text}");
        }
    }
    for (charset, text) in [
        ("windows-1252", "Schöne Grüße aus München – …"),
        ("windows-1252", "Ã¼ und Übermut"),
        ("iso-8859-2", "Zażółć gęślą jaźń"),
        ("windows-1254", "İyi günler, şifreniz"),
        ("koi8-r", "её"),
        ("koi8-r", "Всё её"),
        ("windows-874", "แบบ"),
        ("macintosh", "l’école d’Évry"),
        ("windows-1255", "שלום"),
        ("windows-1256", "مرحبا"),
    ] {
        assert_eq!(read(charset, &encoded(charset, text)), (text.to_owned(), None), "{charset} {text}");
    }
}

#[test]
fn a_charset_is_found_only_near_the_beginning_of_html() {
    let named = |html: &str| of_html(html.as_bytes());
    assert_eq!(named("<html><head><META charset=\"euc-kr\">").as_deref(), Some("euc-kr"));
    let equiv = "<meta name=x><meta http-equiv=Content-Type content='text/html; charset=Shift_JIS'>";
    assert_eq!(named(equiv).as_deref(), Some("shift_jis"));
    assert_eq!(named("<meta charset=utf-16><meta charset=euc-kr>"), None);
    assert_eq!(named("<!-- <meta charset=euc-kr> --><p>charset=euc-kr"), None);
    assert_eq!(named(&format!("{}<meta charset=euc-kr>", " ".repeat(PRESCAN))), None);
}
