//! The rustls provider of the process.

/// Installs ring as the rustls provider of the process. Call it before the first TLS connection: rustls panics when a
/// program links two providers and has installed neither.
pub fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
