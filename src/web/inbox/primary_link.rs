//! The link of a message that its reader most likely wants: the one of its button.

mod words;

use crate::mail::parse::MessageLink;

use words::{ASIDE, ASIDE_TEXTS, WANTED};

/// What the words of a link say about it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LinkRank {
    Wanted,
    Other,
    Aside,
}

impl LinkRank {
    fn of(link: &MessageLink) -> Self {
        let text = link.text.to_lowercase();
        let whole = format!("{text} {}", link.url.to_lowercase());
        if holds(&whole, ASIDE) || holds(&text, ASIDE_TEXTS) {
            LinkRank::Aside
        } else if holds(&whole, WANTED) {
            LinkRank::Wanted
        } else {
            LinkRank::Other
        }
    }
}

fn holds(text: &str, languages: &[&[&str]]) -> bool {
    languages.iter().copied().flatten().any(|word| text.contains(*word))
}

/// The position of the primary link; `None` without a link that could be it.
pub fn primary(links: &[MessageLink]) -> Option<usize> {
    let ranks: Vec<LinkRank> = links.iter().map(LinkRank::of).collect();
    let wanted = ranks.iter().position(|rank| *rank == LinkRank::Wanted);
    // A picture's link has no text: most often it is the logo's.
    let named = || links.iter().zip(&ranks).position(|(link, rank)| !link.text.is_empty() && *rank != LinkRank::Aside);
    wanted.or_else(named).or_else(|| ranks.iter().position(|rank| *rank != LinkRank::Aside))
}

/// Host and path of a URL as a button shows them; the whole URL if it has no host.
pub fn host_and_path(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(links: &[(&str, &str)]) -> Option<usize> {
        let links: Vec<MessageLink> =
            links.iter().map(|(url, text)| MessageLink { url: (*url).into(), text: (*text).into() }).collect();
        primary(&links)
    }

    #[test]
    fn the_link_of_the_button_comes_first() {
        let logo = ("https://shop.test/", "");
        let button = ("https://shop.test/track/7", "Track the parcel");
        let leave = ("https://shop.test/unsubscribe", "Unsubscribe");
        let verify = ("https://shop.test/verify?t=1", "");
        assert_eq!(chosen(&[logo, button, leave]), Some(1));
        assert_eq!(chosen(&[logo, button, leave, verify]), Some(3));
        assert_eq!(chosen(&[leave, logo]), Some(1));
        assert_eq!(chosen(&[leave]), None);
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn the_link_of_an_account_comes_before_others_in_many_languages() {
        for (aside, wanted, leave) in [
            ("举报", "点击激活账号", "退订"),
            ("如果不是您本人操作", "确认邮箱", "取消订阅"),
            ("在瀏覽器中檢視", "驗證電子郵件", "取消訂閱"),
            ("心当たりがない場合", "メールアドレスを確認", "配信停止"),
            ("이용약관", "계정 활성화", "수신거부"),
            ("Đây không phải tôi", "Xác nhận email", "Hủy đăng ký"),
            ("ไม่ใช่ฉัน", "ยืนยันอีเมล", "ยกเลิกการรับข่าวสาร"),
            ("Ini bukan saya", "Aktifkan akun", "Berhenti berlangganan"),
            ("यह मैं नहीं", "ईमेल सत्यापित करें", "सदस्यता समाप्त करें"),
            ("لست أنا", "تأكيد البريد الإلكتروني", "إلغاء الاشتراك"),
            ("To nie ja", "Potwierdź adres", "Wypisz się"),
            ("Nahlásit zneužití", "Ověřit e-mail", "Odhlásit odběr"),
            ("Bu ben değilim", "E-postayı doğrula", "Abonelikten çık"),
            ("Это не я", "Подтвердить почту", "Отписаться"),
            ("Das war ich nicht", "E-Mail bestätigen", "Abmelden"),
            ("Ce n’est pas moi", "Réinitialiser", "Se désabonner"),
            ("No fui yo", "Restablecer la contraseña", "Cancelar suscripción"),
            ("Não fui eu", "Redefinir a senha", "Cancelar inscrição"),
            ("Non sono stato io", "Conferma l’indirizzo", "Annulla iscrizione"),
        ] {
            let aside = ("https://c.test/a", aside);
            let wanted = ("https://c.test/v?k=1", wanted);
            let leave = ("https://c.test/td", leave);
            assert_eq!(chosen(&[aside, ("https://c.test/n", "News"), wanted, leave]), Some(2), "{wanted:?}");
            assert_eq!(chosen(&[aside, leave]), None, "{aside:?} {leave:?}");
        }
    }

    #[test]
    fn words_are_in_lower_case_as_the_texts_that_are_compared_with_them() {
        for word in ASIDE.iter().chain(ASIDE_TEXTS).chain(WANTED).copied().flatten() {
            assert_eq!(*word, word.to_lowercase());
        }
    }

    #[test]
    fn a_button_shows_host_and_path() {
        assert_eq!(host_and_path("https://shop.test/a?b=c"), "shop.test/a?b=c");
        assert_eq!(host_and_path("myapp:open"), "myapp:open");
    }
}
