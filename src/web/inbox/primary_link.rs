//! The link of a message that its reader most likely wants: the one of its button.

mod words;

use std::cmp::Reverse;

use crate::mail::parse::{LinkLook, MessageLink};

use words::{ASIDE, ASIDE_TEXTS, WANTED};

/// How likely a reader wants a link, the least likely first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LinkRank {
    /// One at the end of the message, or around it. It is never primary.
    Aside,
    /// A picture that opens the front page of a site.
    Logo,
    /// A URL in running text, or a picture without a text.
    Unnamed,
    Named,
    Button,
    /// Its words are those of a link that somebody waits for.
    Wanted,
    WantedButton,
}

impl LinkRank {
    fn of(link: &MessageLink) -> Self {
        let text = link.text.to_lowercase();
        let whole = format!("{text} {}", link.url.to_lowercase());
        let is_button = link.look == LinkLook::Button;
        if holds(&whole, ASIDE) || holds(&text, ASIDE_TEXTS) {
            LinkRank::Aside
        } else if link.look == LinkLook::Picture && is_front_page(&link.url) {
            LinkRank::Logo
        } else if holds(&whole, WANTED) && is_button {
            LinkRank::WantedButton
        } else if holds(&whole, WANTED) {
            LinkRank::Wanted
        } else if is_button {
            LinkRank::Button
        } else if text.is_empty() {
            LinkRank::Unnamed
        } else {
            LinkRank::Named
        }
    }
}

/// True for the root of a site, also with parameters that only count the visits.
fn is_front_page(url: &str) -> bool {
    let rest = url.contains("://").then(|| host_and_path(url).split_once(['/', '?']).map_or("", |(_, rest)| rest));
    rest.map(|rest| rest.trim_start_matches('?')).is_some_and(|rest| rest.is_empty() || rest.starts_with("utm_"))
}

fn holds(text: &str, languages: &[&[&str]]) -> bool {
    languages.iter().copied().flatten().any(|word| text.contains(*word))
}

/// The position of the primary link, the first of the highest rank; `None` without a link that could be it.
pub fn primary(links: &[MessageLink]) -> Option<usize> {
    let ranks = links.iter().map(LinkRank::of).enumerate().filter(|(_, rank)| *rank != LinkRank::Aside);
    ranks.min_by_key(|(_, rank)| Reverse(*rank)).map(|(at, _)| at)
}

/// Host and path of a URL as a button shows them; the whole URL if it has no host.
pub fn host_and_path(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link((url, text): (&str, &str), look: LinkLook) -> MessageLink {
        MessageLink { url: url.into(), text: text.into(), look }
    }

    fn chosen(links: &[(&str, &str)]) -> Option<usize> {
        let links: Vec<MessageLink> = links.iter().map(|pair| link(*pair, LinkLook::Text)).collect();
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
    fn a_logo_gives_way_to_any_other_link() {
        let other = ("https://shop.test/setup/3fa8", "Start the tour");
        for url in
            ["https://shop.test", "https://shop.test/", "https://shop.test/?utm_source=mail", "https://login.test"]
        {
            let logo = link((url, "The Shop"), LinkLook::Picture);
            for look in [LinkLook::Text, LinkLook::Picture, LinkLook::Button] {
                assert_eq!(primary(&[logo.clone(), link(other, look)]), Some(1), "{url} {look:?}");
            }
            assert_eq!(primary(&[logo]), Some(0));
        }
        let picture = link(other, LinkLook::Picture);
        assert_eq!(primary(&[picture, link(("https://shop.test/news", "News"), LinkLook::Text)]), Some(0));
    }

    #[test]
    fn a_link_that_looks_like_a_button_comes_before_one_in_a_text() {
        let news = link(("https://shop.test/news", "What is new"), LinkLook::Text);
        for text in ["Pay the invoice", "Sendung verfolgen", "Voir la commande", "선물 받기", "荷物を追跡"] {
            let button = link(("https://shop.test/c/1", text), LinkLook::Button);
            assert_eq!(primary(&[news.clone(), button.clone()]), Some(1), "{text}");
            let confirm = link(("https://shop.test/c/2", "Confirm the address"), LinkLook::Text);
            assert_eq!(primary(&[news.clone(), button, confirm.clone()]), Some(2));
            let wanted = link(("https://shop.test/c/3", "Confirm"), LinkLook::Button);
            assert_eq!(primary(&[confirm, wanted]), Some(1));
        }
        let leave = link(("https://shop.test/c/4", "Unsubscribe"), LinkLook::Button);
        assert_eq!(primary(&[news, leave]), Some(0));
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
