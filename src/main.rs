//! Arguments in, exit code out.

/// Several threads allocate for one message and others free; glibc's takes twice the time for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    gatepost::cli::main()
}
