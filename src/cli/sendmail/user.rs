//! The user who runs the command, for a message without a sender. Services often have no variable that names them.

/// The name in `LOGNAME` or `USER`; else that of the system's list of users; else the number of the user.
pub(super) fn current_user() -> String {
    let variables = ["LOGNAME", "USER"].iter().find_map(|name| std::env::var(name).ok());
    variables.filter(|name| is_plain(name)).or_else(by_system).unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(unix)]
fn by_system() -> Option<String> {
    let id = rustix::process::getuid().as_raw();
    let list = std::fs::read("/etc/passwd").unwrap_or_default();
    Some(name_of(id, &String::from_utf8_lossy(&list)).unwrap_or_else(|| id.to_string()))
}

#[cfg(not(unix))]
fn by_system() -> Option<String> {
    std::env::var("USERNAME").ok().filter(|name| is_plain(name))
}

/// The name of the user `id` in lines of `name:password:id:…` (passwd(5)).
#[cfg(unix)]
fn name_of(id: u32, list: &str) -> Option<String> {
    let id = id.to_string();
    let is_theirs = |line: &&str| line.split(':').nth(2) == Some(id.as_str());
    let name = list.lines().find(is_theirs)?.split(':').next()?;
    Some(name.to_owned()).filter(|name| is_plain(name))
}

/// True if the name can stand before the `@` of an address as it is.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number_and_only_with_a_plain_name() {
        let list = "root:x:0:0:root:/:/bin/sh\nkim:x:1000:10:Kim:/home/kim:/bin/sh\nno one:x:7:7::/:/bin/false\n";
        assert_eq!(name_of(1000, list).as_deref(), Some("kim"));
        assert_eq!((name_of(10, list), name_of(7, list), name_of(0, "")), (None, None, None));
    }
}
