//! Tests of the classes of words.

use super::*;

#[test]
fn every_row_of_the_table_has_a_class_and_every_word_is_in_lower_case() {
    for line in LANGUAGES.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, words) = line.split_once(' ').unwrap();
        assert!(WordClass::named(name).is_some() || Topic::NAMES.contains(&name), "{line}");
        assert_eq!(words, words.to_lowercase());
    }
}

#[test]
fn the_end_of_a_compound_decides_what_it_is() {
    for (word, class_of_word) in [
        ("sicherheitscode", Some(WordClass::Code)),
        ("bestätigungsnummer", Some(WordClass::Confirmation)),
        ("sicherheitsnummer", Some(WordClass::Code)),
        ("mitgliedscode", Some(WordClass::Other)),
        ("benutzerkonto", Some(WordClass::Owner)),
        ("bestellnummer", Some(WordClass::Other)),
        ("fehlercode", Some(WordClass::Other)),
        ("rabattkode", Some(WordClass::Offer)),
        ("engångskod", Some(WordClass::Code)),
        ("ellenőrzőkód", Some(WordClass::Code)),
        ("промокод", Some(WordClass::Offer)),
        ("rendelésszám", Some(WordClass::Other)),
        ("주문번호는", Some(WordClass::Other)),
        ("인증번호는", Some(WordClass::Code)),
        ("확인번호는", Some(WordClass::Confirmation)),
        ("본인확인인증번호", Some(WordClass::Code)),
        ("회원가입", None),
        ("hello", None),
    ] {
        assert_eq!(class(word), class_of_word, "{word}");
    }
}
