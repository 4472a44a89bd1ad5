//! Creates files and folders that only their owner may read: modes 0600 and 0700, whatever the umask. All files of
//! Gatepost are created by these functions or with the same modes, since the databases hold addresses, captured mail
//! and valid links.

mod create;
mod replace;

pub use create::{
    create_database, create_file, create_folder_of, create_once, create_temporary, tighten, tighten_database, write_new,
};
pub use replace::{Replacement, remove, replace, replacement};
