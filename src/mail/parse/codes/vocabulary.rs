//! The vocabulary that distinguishes codes from other numbers, in lower case. Blanks separate the entries of a list.

/// Words that announce a code nearby, also as part of a longer word.
pub(super) const ANNOUNCING: &str = "code otp 2fa passcode one-time pin verification verify \
                                     token password 인증 코드 번호 비밀번호 확인 código codigo kode codice 認証 \
                                     コード 验证 驗證 確認";
/// Words for a code.
pub(super) const NAMES: &str = "code otp 2fa pin passcode pincode kode codice código codigo";
/// The ones of [`NAMES`] that hardly ever mean another number, so that nothing need stand before the code.
pub(super) const CLEAR: &str = "otp passcode 2fa";
/// Words for a code in scripts without blanks.
pub(super) const CJK_NAMES: &str =
    "인증번호 보안번호 핀번호 코드 コード 認証番号 暗証番号 验证码 校验码 动态码 驗證碼 確認碼";
/// Kinds of `코드` that are not for a login, besides [`REFERENCES`].
pub(super) const CJK_OTHERS: &str = "바코드 오류 에러 상품 국가 バーコード エラー クーポン";
/// Words between a label and its code that are not part of the label.
pub(super) const COPULAS: &str = "is are ist est es é è 는 은 は 为 是";
/// A number directly after one of these belongs to it, and a code of this kind is not for a login.
pub(super) const REFERENCES: &str = "order invoice receipt ticket tracking shipment parcel booking reservation \
                                     reference ref case flight error status promo promotion coupon discount \
                                     gift voucher referral qr bar source version sort card zip postal post area \
                                     country product item bestellung rechnung commande facture pedido factura \
                                     주문 송장 예약 영수증 접수 쿠폰 할인 注文 订单";
/// A number belongs to one of these if "number" stands between: `account number 12345678`, but not in
/// `verify your account: 123456`.
pub(super) const OWNERS: &str = "account customer member membership phone telephone fax card tax vat client contract \
                                 policy serial registration 고객 회원 계좌 전화 카드 등록 会員 電話 口座";
/// Forms of "number".
pub(super) const NUMBERS: &str = "number no nr num nummer numéro id 번호 番号 号";
/// Units that a number counts, after a blank or attached to it.
pub(super) const UNITS: &str = "won usd eur gbp krw jpy dollars euros points characters digits minutes hours days \
                                times people users items";
pub(super) const CJK_UNITS: &str = "원 년 월 일 명 개 건 회 점 분 초 시 자리 円 元 年 月 日 分 秒 人 件";
/// Punctuation after a label that points to what follows.
pub(super) const POINTERS: [char; 14] = [':', '：', '=', '＝', '>', '→', '–', '—', '[', '(', '【', '「', '『', '（'];
/// Punctuation that ends a possible label.
pub(super) const ENDERS: [char; 11] = ['.', ',', ';', '!', '?', '。', '，', '、', '；', '！', '？'];

/// The entries of a list.
pub(super) fn entries(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split(' ')
}

pub(super) fn contains_entry(list: &'static str, word: &str) -> bool {
    entries(list).any(|listed| listed == word)
}
