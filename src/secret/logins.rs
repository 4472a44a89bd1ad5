//! Names and passwords that give access to the inbox by HTTP, SMTP or POP3.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

use super::stored_password::{StoredPassword, StoredPasswordError};

/// Checked passwords that are remembered, since a hash is slow and HTTP clients send it with each request.
const MAX_REMEMBERED: usize = 64;

/// A list of logins; clones share it.
#[derive(Clone, Default)]
pub struct Logins(Arc<LoginList>);

#[derive(Default)]
struct LoginList {
    logins: Vec<(String, StoredPassword)>,
    /// Digests of names and passwords that were right.
    remembered: Mutex<HashSet<[u8; 32]>>,
}

/// Why a list of logins is invalid. The message repeats no password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginsError {
    #[error("expected entries of the form name:password")]
    Form,
    #[error("the password of {0:?}: {1}")]
    Password(String, StoredPasswordError),
}

impl Logins {
    pub fn new(logins: Vec<(String, StoredPassword)>) -> Self {
        Logins(Arc::new(LoginList { logins, remembered: Mutex::default() }))
    }

    /// Logins with plain passwords.
    pub fn plain(logins: &[(&str, &str)]) -> Self {
        Logins::new(logins.iter().map(|(name, text)| ((*name).to_owned(), StoredPassword::plain(*text))).collect())
    }

    /// Parses entries `name:password`, whose password may be a hash of htpasswd.
    ///
    /// # Errors
    /// An entry has no name or no usable password.
    pub fn parse<'t>(entries: impl Iterator<Item = &'t str>) -> Result<Self, LoginsError> {
        let entry = |text: &str| {
            let (name, password) =
                text.split_once(':').filter(|(name, _)| !name.is_empty()).ok_or(LoginsError::Form)?;
            let password = StoredPassword::parse(password).map_err(|e| LoginsError::Password(name.to_owned(), e))?;
            Ok((name.to_owned(), password))
        };
        entries.map(entry).collect::<Result<_, _>>().map(Logins::new)
    }

    pub fn is_empty(&self) -> bool {
        self.0.logins.is_empty()
    }

    /// True if every password is known in plain text, as CRAM-MD5 and APOP need it.
    pub fn are_plain(&self) -> bool {
        self.0.logins.iter().all(|(_, password)| password.expose_plain().is_some())
    }

    /// The first login with a plain password.
    pub fn first_plain(&self) -> Option<(&str, &str)> {
        self.0.logins.iter().find_map(|(name, password)| Some((name.as_str(), password.expose_plain()?)))
    }

    /// True if `name` has the password `given`. The time does not show which names exist.
    pub fn verify(&self, name: &str, given: &str) -> bool {
        let digest = Sha256::digest([name, "\0", given].concat()).into();
        if self.remembered().contains(&digest) {
            return true;
        }
        let verified = match self.0.logins.iter().find(|(known, _)| known == name) {
            Some((_, password)) => password.verify(given),
            None => {
                if let Some((_, password)) = self.0.logins.first() {
                    password.verify(given);
                }
                false
            }
        };
        if verified {
            let mut remembered = self.remembered();
            if remembered.len() >= MAX_REMEMBERED {
                remembered.clear();
            }
            remembered.insert(digest);
        }
        verified
    }

    /// True if `matches` accepts the plain password of `name`. Compares with every login.
    pub fn verify_plain(&self, name: &str, matches: impl Fn(&str) -> Choice) -> bool {
        let found = self.0.logins.iter().fold(Choice::from(0), |found, (known, password)| {
            let same_name = Sha256::digest(known).ct_eq(&Sha256::digest(name));
            found | (same_name & password.expose_plain().map_or(Choice::from(0), &matches))
        });
        found.into()
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashSet<[u8; 32]>> {
        self.0.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.logins.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_its_own_password() {
        let logins = Logins::parse(["ann:first", "bob:se:cond"].into_iter()).unwrap();
        assert!(logins.verify("ann", "first") && logins.verify("bob", "se:cond") && logins.verify("ann", "first"));
        for (name, given) in [("ann", "se:cond"), ("bob", "first"), ("eve", "first"), ("ann", ""), ("", "")] {
            assert!(!logins.verify(name, given), "{name}");
        }
        assert_eq!(format!("{logins:?}"), r#"["ann", "bob"]"#);
    }

    #[test]
    fn a_bad_entry_is_refused_without_its_password() {
        let refused = |entry| Logins::parse(std::iter::once(entry)).unwrap_err().to_string();
        assert!(refused("hunter2").contains("name:password") && refused(":hunter2").contains("name:password"));
        let said = refused("ann:$apr1$hunter2");
        assert!(said.contains("ann") && said.contains("htpasswd -B") && !said.contains("hunter2"), "{said}");
    }

    #[test]
    fn the_number_of_remembered_passwords_is_limited() {
        let names: Vec<String> = (0..MAX_REMEMBERED + 10).map(|n| n.to_string()).collect();
        let logins = Logins::new(names.iter().map(|name| (name.clone(), StoredPassword::plain("x"))).collect());
        assert!(names.iter().all(|name| logins.verify(name, "x")));
        assert!(logins.remembered().len() <= MAX_REMEMBERED);
    }
}
