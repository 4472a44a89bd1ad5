//! Declares settings: [`keys!`] writes the name, default and meaning of each setting once. The reader takes its
//! defaults from there, and `sample` generates Rocket.toml and docs/settings.md. Values are read and checked in the
//! file that declares them.

/// One table of the settings, such as `[default.accounts]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    /// The path below the profile: `accounts.limits`; empty for settings that are in no table.
    pub name: &'static str,
    /// What is said about all keys of the table; may be empty.
    pub doc: &'static str,
    pub rows: &'static [Row],
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub key: &'static str,
    /// A TOML value.
    pub default: &'static str,
    /// Meaning, unit and limits, in Markdown.
    pub doc: &'static str,
    /// True if the setting may also be given as `<key>_file`.
    pub is_secret: bool,
}

impl Table {
    /// The full path of `key`: `accounts.signup_ttl`.
    pub(super) fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

impl Row {
    /// The key of the file that may hold the value instead: `password_file` for the secret `password`.
    pub(super) fn file_key(&self) -> Option<String> {
        self.is_secret.then(|| format!("{}_file", self.key))
    }
}

/// Declares the settings of one or more tables:
///
/// ```text
/// keys! {
///     ACCOUNTS: AccountsKeys = "accounts" {
///         /// duration after which an unconfirmed signup is deleted
///         signup_ttl = "7d";
///         …
///         /// a setting that may also be given as `password_file`
///         password: secret = "";
///     }
/// }
/// ```
///
/// `ACCOUNTS.signup_ttl` is then the path `accounts.signup_ttl`, so a misspelt key does not compile, and the compiler
/// warns about a key that nothing reads. `AccountsKeys::TABLE` has the rows.
macro_rules! keys {
    (@path "", $key:ident) => { stringify!($key) };
    (@path $table:literal, $key:ident) => { concat!($table, ".", stringify!($key)) };
    (@is_secret) => { false };
    (@is_secret secret) => { true };
    ($(
        $(#[doc = $table_doc:literal])*
        $name:ident: $type:ident = $table:tt {
            $( $(#[doc = $doc:literal])+ $key:ident $(: $secret:tt)? = $default:tt; )+
        }
    )+) => { $(
        /// The paths of the keys of one table.
        pub(super) struct $type {
            $( $(#[doc = $doc])+ pub(super) $key: &'static str, )+
        }

        pub(super) const $name: $type = $type {
            $( $key: $crate::config::keys::keys!(@path $table, $key), )+
        };

        impl $type {
            pub(super) const TABLE: $crate::config::keys::Table = $crate::config::keys::Table {
                name: $table,
                doc: concat!($($table_doc),*).trim_ascii(),
                rows: &[ $( $crate::config::keys::Row {
                    key: stringify!($key),
                    default: stringify!($default),
                    doc: concat!($($doc),+).trim_ascii(),
                    is_secret: $crate::config::keys::keys!(@is_secret $($secret)?),
                }, )+ ],
            };
        }
    )+ };
}

pub(super) use keys;
