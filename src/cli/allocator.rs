//! The settings of glibc's allocator. It reads them only when a program starts, so a server starts itself once more.

/// The variable of glibc's settings.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const VARIABLE: &str = "GLIBC_TUNABLES";
/// Bytes from which a block of memory is returned to the system when it is freed. glibc raises this limit to the size of
/// the largest block freed so far, up to 32 MiB, and large messages then stay in the memory of the process.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE_BLOCK: usize = 256 * 1024;

/// Replaces this process by the same program with a limit for the blocks that the allocator keeps. Returns if the
/// variable has a value, such as one of the operator, or if the program cannot be started again.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn limit_kept_memory() {
    use std::os::unix::process::CommandExt as _;
    let mut arguments = std::env::args_os();
    let (Some(name), Ok(program), None) = (arguments.next(), std::env::current_exe(), std::env::var_os(VARIABLE))
    else {
        return;
    };
    let tunables = format!("glibc.malloc.mmap_threshold={LARGE_BLOCK}");
    // It keeps the process id, the open files and the environment, and returns only an error.
    let _ = std::process::Command::new(program).arg0(name).args(arguments).env(VARIABLE, tunables).exec();
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn limit_kept_memory() {}
