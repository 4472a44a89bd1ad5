//! AUTH PLAIN (RFC 4616), LOGIN and CRAM-MD5 (RFC 2195): the exchanges and the check of name and password.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::secret::Logins;

use super::command::Mechanism;

/// Longest accepted user name, in bytes. The name is stored with each message.
const MAX_NAME: usize = 255;

/// An exchange that waits for the client's next line.
#[derive(Debug)]
pub(super) enum AuthExchange {
    Plain,
    LoginName,
    LoginPassword { name: String },
    CramMd5 { challenge: String },
}

/// The state of an exchange after a line.
#[derive(Debug)]
pub(super) enum AuthStep {
    /// The exchange goes on with this text of the `334` reply, given without the code.
    Challenge(AuthExchange, String),
    Accepted(String),
    /// The password of this name is wrong.
    Wrong(String),
    /// The line is not base64 or does not fit the mechanism.
    Malformed,
    Cancelled,
}

/// Starts `mechanism`. CRAM-MD5 sends `challenge`, which must be unique.
pub(super) fn start(mechanism: Mechanism, initial: Option<&str>, challenge: String, users: &Logins) -> AuthStep {
    let (exchange, prompt) = match mechanism {
        Mechanism::Plain => (AuthExchange::Plain, String::new()),
        Mechanism::Login => (AuthExchange::LoginName, STANDARD.encode("Username:")),
        Mechanism::CramMd5 => {
            let prompt = STANDARD.encode(&challenge);
            (AuthExchange::CramMd5 { challenge }, prompt)
        }
    };
    match (initial, &exchange) {
        (None, _) => AuthStep::Challenge(exchange, prompt),
        // In CRAM-MD5 the server speaks first, so an initial response is an error.
        (Some(_), AuthExchange::CramMd5 { .. }) => AuthStep::Malformed,
        // RFC 4954 §4: "=" stands for an empty response.
        (Some("="), _) => respond(exchange, b"", users),
        (Some(response), _) => respond(exchange, response.as_bytes(), users),
    }
}

/// Continues the exchange with the client's `line`, given without its line end.
pub(super) fn respond(exchange: AuthExchange, line: &[u8], users: &Logins) -> AuthStep {
    if line == b"*" {
        return AuthStep::Cancelled;
    }
    // RFC 4616 requires UTF-8, but old programs send other encodings, and without a user list any name is valid.
    let Ok(bytes) = STANDARD.decode(line) else { return AuthStep::Malformed };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match exchange {
        AuthExchange::Plain => match text.split('\0').collect::<Vec<_>>().as_slice() {
            [_, name, password] => check_user(name, users, |users| users.verify(name, password)),
            _ => AuthStep::Malformed,
        },
        AuthExchange::LoginName => {
            let next = AuthExchange::LoginPassword { name: text };
            AuthStep::Challenge(next, STANDARD.encode("Password:"))
        }
        AuthExchange::LoginPassword { name } => check_user(&name, users, |users| users.verify(&name, &text)),
        AuthExchange::CramMd5 { challenge } => match text.rsplit_once(' ') {
            Some((name, digest)) => {
                let is_right = |password: &str| equal(&cram_md5_digest(password, &challenge), digest);
                check_user(name, users, |users| users.verify_plain(name, is_right))
            }
            None => AuthStep::Malformed,
        },
    }
}

/// The login name that a line gives or completes, before any password is compared.
pub(super) fn claimed_name(exchange: &AuthExchange, line: &[u8]) -> Option<String> {
    let text = || STANDARD.decode(line).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    match exchange {
        AuthExchange::Plain => text()?.split('\0').nth(1).map(str::to_owned),
        AuthExchange::LoginName => None,
        AuthExchange::LoginPassword { name } => Some(name.clone()),
        AuthExchange::CramMd5 { .. } => text()?.rsplit_once(' ').map(|(name, _)| name.to_owned()),
    }
}

/// Checks the name, and with `is_right` the password. Without users, any name and password are valid.
fn check_user(name: &str, users: &Logins, is_right: impl Fn(&Logins) -> bool) -> AuthStep {
    if name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
        return AuthStep::Malformed;
    }
    let step = if users.is_empty() || is_right(users) { AuthStep::Accepted } else { AuthStep::Wrong };
    step(name.to_owned())
}

/// True if the texts are equal. Compares hashes in constant time, so the time does not show where the texts differ.
fn equal(a: &str, b: &str) -> Choice {
    Sha256::digest(a).ct_eq(&Sha256::digest(b))
}

fn cram_md5_digest(password: &str, challenge: &str) -> String {
    let Ok(mac) = Hmac::<Md5>::new_from_slice(password.as_bytes()) else { return String::new() };
    let digest = mac.chain_update(challenge).finalize().into_bytes();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users() -> Logins {
        Logins::plain(&[("ann", "first"), ("tim", "tanstaaftanstaaf")])
    }

    fn plain(text: &str, users: &Logins) -> AuthStep {
        start(Mechanism::Plain, Some(&STANDARD.encode(text)), String::new(), users)
    }

    #[test]
    fn any_credentials_are_valid_without_a_user_list_and_only_listed_ones_with_it() {
        assert!(matches!(plain("\0who\0ever", &Logins::default()), AuthStep::Accepted(name) if name == "who"));
        assert!(matches!(plain("x\0ann\0first", &users()), AuthStep::Accepted(name) if name == "ann"));
        let latin1 = STANDARD.encode(b"\0who\0caf\xe9");
        assert!(
            matches!(respond(AuthExchange::Plain, latin1.as_bytes(), &Logins::default()), AuthStep::Accepted(name) if name == "who")
        );
        assert!(matches!(respond(AuthExchange::Plain, latin1.as_bytes(), &users()), AuthStep::Wrong(_)));
        for wrong in ["\0ann\0tanstaaftanstaaf", "\0ann\0", "\0bob\0first"] {
            assert!(matches!(plain(wrong, &users()), AuthStep::Wrong(_)), "{wrong:?}");
        }
        for malformed in ["", "ann", "\0ann", "\0\0first", "a\0b\0c\0d", "\0a\nb\0c"] {
            assert!(matches!(plain(malformed, &Logins::default()), AuthStep::Malformed), "{malformed:?}");
        }
    }

    #[test]
    fn login_asks_for_the_name_and_then_for_the_password() {
        let AuthStep::Challenge(exchange, prompt) = start(Mechanism::Login, None, String::new(), &users()) else {
            panic!()
        };
        assert_eq!(prompt, "VXNlcm5hbWU6");
        let AuthStep::Challenge(exchange, prompt) = respond(exchange, b"YW5u", &users()) else { panic!() };
        assert_eq!(prompt, "UGFzc3dvcmQ6");
        assert!(matches!(respond(exchange, b"Zmlyc3Q=", &users()), AuthStep::Accepted(name) if name == "ann"));
    }

    #[test]
    fn cram_md5_gives_the_digest_of_rfc_2195() {
        let challenge = "<1896.697170952@postoffice.reston.mci.net>";
        assert_eq!(cram_md5_digest("tanstaaftanstaaf", challenge), "b913a602c7eda7a495b4e6e7334d3890");
        let exchange = AuthExchange::CramMd5 { challenge: challenge.into() };
        let line = b"dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw";
        assert!(matches!(respond(exchange, line, &users()), AuthStep::Accepted(name) if name == "tim"));
    }

    #[test]
    fn an_exchange_can_be_cancelled_and_must_be_base64() {
        assert!(matches!(respond(AuthExchange::Plain, b"*", &Logins::default()), AuthStep::Cancelled));
        assert!(matches!(respond(AuthExchange::LoginName, b"not base64", &Logins::default()), AuthStep::Malformed));
        assert!(matches!(
            start(Mechanism::CramMd5, Some("eA=="), String::new(), &Logins::default()),
            AuthStep::Malformed
        ));
    }
}
