//! The link of a message that its reader most likely wants: the one of its button.

use crate::mail::parse::MessageLink;

/// Words of links at the end of a message, or around it, in texts and URLs.
const ASIDE: [&str; 26] = [
    "unsubscribe",
    "opt-out",
    "optout",
    "preferences",
    "privacy",
    "terms",
    "browser",
    "webversion",
    "view online",
    "facebook.",
    "twitter.",
    "x.com/",
    "instagram.",
    "linkedin.",
    "youtube.",
    "tiktok.",
    "threads.net",
    "help",
    "support",
    "mailto:",
    "tel:",
    "legal",
    "수신거부",
    "수신 거부",
    "개인정보",
    "고객센터",
];
/// Words of links that somebody waits for.
const WANTED: [&str; 19] = [
    "verify",
    "verification",
    "confirm",
    "activate",
    "reset",
    "password",
    "token",
    "invite",
    "invitation",
    "magic",
    "login",
    "sign-in",
    "signin",
    "accept",
    "unlock",
    "인증",
    "확인",
    "비밀번호",
    "재설정",
];

/// The position of the primary link; `None` without a link that could be it.
pub fn primary(links: &[MessageLink]) -> Option<usize> {
    let texts: Vec<String> = links.iter().map(|link| format!("{} {}", link.text, link.url).to_lowercase()).collect();
    let is_aside = |text: &String| ASIDE.iter().any(|word| text.contains(word));
    let is_wanted = |text: &String| WANTED.iter().any(|word| text.contains(word));
    let wanted = texts.iter().position(|text| is_wanted(text) && !is_aside(text));
    // A picture's link has no text: most often it is the logo's.
    let named = || links.iter().zip(&texts).position(|(link, text)| !link.text.is_empty() && !is_aside(text));
    wanted.or_else(named).or_else(|| texts.iter().position(|text| !is_aside(text)))
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
    fn a_button_shows_host_and_path() {
        assert_eq!(host_and_path("https://shop.test/a?b=c"), "shop.test/a?b=c");
        assert_eq!(host_and_path("myapp:open"), "myapp:open");
    }
}
