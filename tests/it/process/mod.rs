//! The real program as a process: what survives kill -9, what a stop waits for, two of them on one database or behind
//! nginx, what it says about bad settings, whose its files are, what its HTTP front refuses, PostgreSQL over TLS, how it
//! works with a service manager, a full disk, what it logs.

mod backup;
mod behind_nginx;
mod capture;
mod check;
mod commands;
mod container;
mod crash_recovery;
mod damage;
#[cfg(unix)]
mod files;
mod front;
#[cfg(target_os = "linux")]
mod full_disk;
mod hosts;
mod log;
mod mailpit_variables;
#[cfg(target_os = "linux")]
mod memory;
mod postgres_tls;
#[cfg(unix)]
mod service_manager;
mod settings;
