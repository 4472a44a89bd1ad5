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
    assert_eq!(read("Your verification code", "Enter it within 10 minutes:\n\n482913"), ["482913"]);
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

#[test]
fn codes_are_found_in_many_languages() {
    for text in [
        "Ваш код подтверждения: 482913",
        "482913 — ваш код для входа. Никому его не сообщайте.",
        "Введите 482913 в приложении",
        "Ваш код підтвердження 482913",
        "Doğrulama kodunuz: 482913",
        "Giriş yapmak için 482913 kodunu girin",
        "Twój kod weryfikacyjny to 482913.",
        "Kod potwierdzający: 482913",
        "Mã xác minh của bạn là 482913",
        "Nhập mã OTP 482913 để đăng nhập",
        "رمز التحقق الخاص بك هو 482913",
        "رمز التحقق: \u{200e}٤٨٢٩١٣",
        "کد تایید ۴۸۲۹۱۳ code",
        "รหัสยืนยันของคุณคือ 482913",
        "รหัส OTP ของคุณคือ ๔๘๒๙๑๓",
        "आपका सत्यापन कोड 482913 है",
        "आपका ओटीपी ४८२९१३ है।",
        "Ihr Bestätigungscode lautet 482913",
        "Einmalpasswort: 482913",
        "Votre code de vérification est 482913",
        "Tu código de verificación es 482913",
        "Seu código de segurança é 482913",
        "Il tuo codice di verifica è 482913",
        "Uw verificatiecode is 482913",
        "Kode verifikasi Anda adalah 482913",
        "認証コード：４８２９１３",
        "ワンタイムパスワードは482913です",
        "您的驗證碼為482913",
        "482913을 입력하세요",
        "인증번호 ４８２９１３",
    ] {
        assert_eq!(read("", text), ["482913"], "{text}");
    }
    for text in [
        "Код: 4829",
        "Kodunuz: 4829",
        "Mã của bạn là: 4829",
        "رمز الدخول: 4829",
        "รหัส OTP ของคุณคือ 4829",
        "आपका कोड 4829 है",
        "4829 — ваш код",
    ] {
        assert_eq!(read("", text), ["4829"], "{text}");
    }
}

#[test]
fn codes_are_found_in_every_shape() {
    for (text, code) in [
        ("Use 48291377 to sign in", "48291377"),
        ("Please enter 482913 in the app", "482913"),
        ("Your code: A1B2-C3D4", "A1B2-C3D4"),
        ("Use code A1B2-C3D4 to sign in", "A1B2-C3D4"),
        ("Enter this code on your device.\n\nA1B2-C3D4", "A1B2-C3D4"),
        ("Your code:\n[ 4 8 2 9 1 3 ]", "482913"),
        ("Hello,\n[ 4 8 2 9 1 3 ]\nBye", "482913"),
        ("Your code is 4 8 2 9 1 3.", "482913"),
        ("Your code: \"482913\"", "482913"),
        ("Your code: *482913*", "482913"),
        ("Your code \u{1f511} 482913", "482913"),
        ("Your verification code for Shop is: 4829", "4829"),
        ("Code (valid 5 minutes): 4829", "4829"),
        ("인증번호 482913 5분 이내에 입력", "482913"),
        ("G-482913 is your code", "482913"),
        ("PIN/OTP: 482913", "482913"),
        ("Your temporary password is 4829", "4829"),
    ] {
        assert_eq!(read("", text), [code], "{text}");
    }
}

#[test]
fn numbers_of_other_things_are_no_codes() {
    for text in [
        "승인번호 12345678",
        "승인번호: 12345678\n결제 확인",
        "승인번호\n12345678",
        "결제 승인 번호 12345678, 인증 완료",
        "Order confirmation 12345678",
        "Order number:\n998877",
        "Order #998877, verify your email",
        "Your order no. 998877 is confirmed",
        "Please verify: Tel. 1234-5678",
        "Phone: 12345678 (code desk)",
        "Total: 123456 KRW. Verify your card.",
        "Verify your payment of 123,456 won or 123456원",
        "€123456 confirmed, ₩ 234567 too",
        "Confirmed on 2026-11-29 at 12:30, 20261129",
        "Verify 010-1234-5678 and +821012345678",
        "Код заказа: 482913",
        "Номер заказа 482913, подтверждение",
        "Sipariş numarası: 482913 onay",
        "Numer zamówienia 482913 potwierdzenie",
        "Mã đơn hàng: 482913",
        "رقم الطلب: 482913 تأكيد",
        "หมายเลขคำสั่งซื้อ 482913 ยืนยัน",
        "ऑर्डर नंबर 482913 पुष्टि",
        "Rechnungsnummer: 482913, bestätigt",
        "Numéro de commande : 482913, confirmation",
        "注文番号：482913 確認",
        "订单号：482913，验证",
        "Text the code to 12345",
        "Our Wi-Fi password: 48291377",
        "SKU AB12-CD34",
        "Please confirm your account 48291377",
        "Verify https://a.test/482913 or a.482913@b.test",
    ] {
        assert_eq!(read("", text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_confirmation_number_is_no_code_if_the_subject_is_about_a_booking() {
    assert_eq!(read("Your booking is confirmed", "Confirmation number: 778291"), Vec::<String>::new());
    assert_eq!(read("예약이 확정되었습니다", "확인번호 778291"), Vec::<String>::new());
    assert_eq!(read("Sign in to Example", "Confirmation number: 778291"), ["778291"]);
    assert_eq!(read("Example 로그인", "확인번호 778291"), ["778291"]);
}

#[test]
fn the_number_of_an_order_in_the_subject_is_no_code() {
    for subject in ["Pedido nº 482913 confirmado", "Ordine n. 482913 spedito", "Objednávka č. 482913 potvrzena"] {
        assert_eq!(read(subject, "Hello"), Vec::<String>::new(), "{subject}");
    }
}

#[test]
fn a_list_of_codes_is_read_up_to_the_limit() {
    let codes: Vec<String> = (0..=MAX_CODES).map(|n| format!("{}", 482_913 + 1001 * n)).collect();
    let numbered: Vec<String> = codes.iter().enumerate().map(|(n, code)| format!("{}. {code}", n + 1)).collect();
    for text in [codes.join("\n"), codes.join(" "), numbered.join("\n")] {
        let found = read("", &format!("Your backup codes:\n{text}"));
        assert_eq!(found, codes[..MAX_CODES], "{text}");
    }
    assert_eq!(read("", &format!("Backup codes: {}", codes.join(" "))), codes[..MAX_CODES]);
}

#[test]
fn the_search_for_codes_is_linear() {
    for unit in [
        "1 ",
        "123456-",
        "code: 1234 ",
        "코드1234",
        "A-",
        "is ",
        "1234:",
        "٤",
        "123456 ",
        "1. 123456\n",
        "order 123456 ",
        "minutes: 123456 ",
        "5 minutes: 123456 ",
        "request (123456) ",
        "123456-5분",
        "123456/5분",
        "code auth 123456 ",
        "failed with code 123456 ",
        "number 123456 to account 123456 is ",
        "Your code.\n#123456\n",
    ] {
        let text = unit.repeat(MAX_TEXT / unit.len());
        let began = std::time::Instant::now();
        let _ = read("code", &text);
        assert!(began.elapsed().as_secs() < 10, "{unit}");
    }
}
