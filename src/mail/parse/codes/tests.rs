//! Texts with codes, and texts with numbers that are not codes.

use super::*;

#[test]
fn announced_and_lone_numbers_are_codes() {
    for (text, codes) in [
        ("Your verification code is 493021.", vec!["493021"]),
        ("Use this code:\n\n  881-204\n\nIt expires.", vec!["881204"]),
        ("인증번호는 [204519] 입니다", vec!["204519"]),
        ("인증번호: 204519입니다.", vec!["204519"]),
        ("Hello,\n12345678\nBye", vec!["12345678"]),
        ("Your code\n1 2 3 4 5 6", vec!["123456"]),
        ("Code:445566, OTP=778899", vec!["445566", "778899"]),
        ("G-482913 is your verification code", vec!["482913"]),
        ("Use this code to sign in:\nG-482 913", vec!["482913"]),
        ("Your OTP: A7X9K2. It expires.", vec!["A7X9K2"]),
        ("인증 코드: [B4C5D6]", vec!["B4C5D6"]),
        ("Your code:\n\nA7X9K2\n\nBye", vec!["A7X9K2"]),
        ("인증번호는 482913, 고객센터 1588-3820", vec!["482913"]),
        ("Code 111111 or 222222, again 111111", vec!["111111", "222222"]),
        ("2FA: 112233", vec!["112233"]),
        ("Your confirmation number is 445566", vec!["445566"]),
        ("Use this code to verify your account: 123456", vec!["123456"]),
        ("Your code is 445566. Order 998877.", vec!["445566"]),
        ("Order 12, code 445566", vec!["445566"]),
        ("Your order confirmation code: 445566", vec!["445566"]),
    ] {
        assert_eq!(read("", text), codes, "{text}");
    }
    assert_eq!(read("123456 is your login code", "Hello"), ["123456"]);
}

#[test]
fn codes_are_found_in_scripts_without_blanks() {
    for (text, code) in [
        ("인증번호：483920", "483920"),
        ("認証コード：123456", "123456"),
        ("验证码：654321，5分钟内有效", "654321"),
        ("【某某】验证码654321，请勿泄露。", "654321"),
        ("인증번호483920", "483920"),
        ("인증번호483920입니다.", "483920"),
        ("認証コードは123456です", "123456"),
        ("確認コード【123456】", "123456"),
        ("コード「123456」を入力", "123456"),
        ("인증코드는1234입니다", "1234"),
        ("1234는 인증번호입니다", "1234"),
        ("驗證碼：4821", "4821"),
    ] {
        assert_eq!(read("", text), [code], "{text}");
    }
}

#[test]
fn other_shapes_are_codes_directly_beside_a_word_for_a_code() {
    for (text, code) in [
        ("Your verification code is 123 456.", "123456"),
        ("123 456 is your verification code", "123456"),
        ("인증번호 [123 456]", "123456"),
        ("Your verification code: 1234", "1234"),
        ("인증번호 [1234]", "1234"),
        ("인증 번호: 1234", "1234"),
        ("Your PIN is 0042", "0042"),
        ("0042 is your Example PIN.", "0042"),
        ("Your code is 12345", "12345"),
        ("Your code is:\n\n1234\n\nBye", "1234"),
        ("OTP 4821 is valid for 5 minutes", "4821"),
        ("Your one-time password is 4821.", "4821"),
        ("code: 1234567890", "1234567890"),
        ("Your code: a1b2c3", "a1b2c3"),
        ("Your code: abc123", "abc123"),
        ("verification code is A1B2C3", "A1B2C3"),
        ("your code is a1b2c3.", "a1b2c3"),
    ] {
        assert_eq!(read("", text), [code], "{text}");
    }
}

#[test]
fn other_numbers_are_not_codes() {
    for text in [
        "Order 4930215 ships on Monday",
        "Call +82-10-1234-5678 or 555-1234 for the code",
        "Invoice total $123456 code",
        "Your code is at https://a.example/493021",
        "Report 20261121 of the code",
        "code https://a.example/?c=493021",
        "code a.493021",
        "code 12345 or 123456789",
        "The code AB123456",
        "Code: SUMMER",
        "Order code: X1",
        "The order is the code of AB123456: yes",
        "인증 문의 1588-3820",
        "Order 998877 shipped. Verify at the door.",
        "Verify order no. 998877, invoice #: 112233",
        "주문번호: 998877 확인",
        "주문 번호 998877, 고객번호 11223344",
        "인증 수수료 123456원",
        "Your account number is 12345678, keep the code",
        "Copyright 2024. Enter the code below.",
        "2024 is the year of your code",
        "Your code expires in 2026",
        "Your promo code is 12345",
        "Use promo code: SAVE2024",
        "할인코드: SAVE2024",
        "QR code: 12345",
        "Booking reference: 445566, verify",
        "zip code: 12345, error code: 5000",
        "Your code is 1000 characters long",
        "할인코드: 5000, 코드는 2024년에",
        "Verify: call 02 1234 5678 or 555 123 4567",
        "Your code is 1234 5678 9012 3456",
        "The code is python3 and sha256",
        "PIN: 12.50",
        "code: 2024-11-21",
    ] {
        assert_eq!(read("", text), Vec::<String>::new(), "{text}");
    }
}
