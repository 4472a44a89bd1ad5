//! One test binary; this is its index. Tests are sentences about behaviour, through HTTP, a socket or the
//! command line.
