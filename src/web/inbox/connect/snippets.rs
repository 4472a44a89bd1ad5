//! The snippets of the page. `tests/it/smtp/snippets.rs` runs those whose tools are installed.

use std::net::{IpAddr, SocketAddr};

/// A text to copy.
pub struct Snippet {
    /// Names the snippet in links and tests.
    pub id: &'static str,
    /// The product's name.
    pub title: &'static str,
    pub text: String,
}

/// The addresses of this server in the snippets.
pub struct SnippetAddress {
    host: String,
    port: String,
    /// URL of the inbox, without a slash at the end.
    url: String,
}

impl SnippetAddress {
    /// `smtp` is the address of the SMTP server; `host` is that of the page's URL, whose path below it is `base`.
    pub fn new(smtp: &str, host: Option<&str>, base: &str) -> Self {
        let (smtp_host, port) = smtp.rsplit_once(':').unwrap_or((smtp, "25"));
        let page_host = host.map(|host| host_alone(host).to_owned());
        let is_specific = smtp.parse::<SocketAddr>().is_ok_and(|at| !at.ip().is_unspecified());
        // A server on all addresses is reached where the page is. Another one is reached at its own address.
        let host_name = if is_specific { None } else { page_host }.unwrap_or_else(|| smtp_host.to_owned());
        SnippetAddress {
            host: host_name.trim_matches(['[', ']']).to_owned(),
            port: port.to_owned(),
            url: format!("http://{}{base}", host.unwrap_or("localhost")),
        }
    }

    /// Host and port, for one line of text.
    pub fn smtp(&self) -> String {
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V6(ip)) => format!("[{ip}]:{}", self.port),
            _ => format!("{}:{}", self.host, self.port),
        }
    }

    fn fill(&self, text: &str) -> String {
        text.trim()
            .replace("{smtp}", &self.smtp())
            .replace("{host}", &self.host)
            .replace("{port}", &self.port)
            .replace("{url}", &self.url)
            .replace("{host_network}", if self.is_loopback() { HOST_NETWORK } else { "" })
    }

    /// True if only programs of this machine reach the server.
    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// A container has a loopback of its own, unless it shares the network of the machine.
const HOST_NETWORK: &str = "    # The container shares the network of this machine, and reaches its loopback.
    network_mode: host
";

/// The host of `host:port`.
fn host_alone(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// How applications send to the inbox.
pub fn senders(address: &SnippetAddress) -> Vec<Snippet> {
    filled(&SENDERS, address)
}

/// How tests wait for a message.
pub fn waits(address: &SnippetAddress) -> Vec<Snippet> {
    filled(&WAITS, address)
}

fn filled(list: &[(&'static str, &'static str, &str)], address: &SnippetAddress) -> Vec<Snippet> {
    list.iter().map(|(id, title, text)| Snippet { id, title, text: address.fill(text) }).collect()
}

const SENDERS: [(&str, &str, &str); 12] = [
    ("django", "Django", include_str!("snippets/django.txt")),
    ("flask", "Flask", include_str!("snippets/flask.txt")),
    ("rails", "Rails", include_str!("snippets/rails.txt")),
    ("laravel", "Laravel", include_str!("snippets/laravel.txt")),
    ("symfony", "Symfony", include_str!("snippets/symfony.txt")),
    ("node", "Node", include_str!("snippets/node.txt")),
    ("spring", "Spring", include_str!("snippets/spring.txt")),
    ("go", "Go", include_str!("snippets/go.txt")),
    ("dotnet", ".NET", include_str!("snippets/dotnet.txt")),
    ("php", "PHP", include_str!("snippets/php.txt")),
    ("env", ".env", include_str!("snippets/env.txt")),
    ("compose", "Compose", include_str!("snippets/compose.txt")),
];

const WAITS: [(&str, &str, &str); 6] = [
    ("wait-curl", "curl", include_str!("snippets/wait-curl.txt")),
    ("wait-pytest", "pytest", include_str!("snippets/wait-pytest.txt")),
    ("wait-playwright", "Playwright", include_str!("snippets/wait-playwright.txt")),
    ("wait-cypress", "Cypress", include_str!("snippets/wait-cypress.txt")),
    ("wait-phpunit", "PHPUnit", include_str!("snippets/wait-phpunit.txt")),
    ("wait-go", "Go", include_str!("snippets/wait-go.txt")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_names_the_address_that_reaches_the_server() {
        for (smtp, page, expected) in [
            ("127.0.0.1:1025", Some("localhost:8000"), "127.0.0.1:1025"),
            ("localhost:1025", Some("mail.test:8000"), "mail.test:1025"),
            ("localhost:1025", Some("[::1]:8000"), "[::1]:1025"),
            ("localhost:1025", Some("192.0.2.1"), "192.0.2.1:1025"),
            ("[::1]:2525", None, "[::1]:2525"),
            ("localhost:1025", None, "localhost:1025"),
        ] {
            let address = SnippetAddress::new(smtp, page, "/dev/inbox");
            assert_eq!(address.smtp(), expected, "{smtp} {page:?}");
            for snippet in senders(&address).into_iter().chain(waits(&address)) {
                assert!(!["{host", "{port}", "{smtp}", "{url}"].iter().any(|mark| snippet.text.contains(mark)));
            }
        }
    }

    #[test]
    fn a_container_shares_the_network_if_the_server_listens_on_loopback() {
        for (smtp, shares) in [("127.0.0.1:1025", true), ("localhost:1025", true), ("192.0.2.1:1025", false)] {
            let senders = senders(&SnippetAddress::new(smtp, None, ""));
            let compose = senders.iter().find(|snippet| snippet.id == "compose").unwrap();
            assert_eq!(compose.text.contains("\n    network_mode: host\n    environment:\n"), shares, "{smtp}");
        }
    }
}
