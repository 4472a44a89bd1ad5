//! Tests of untrusted certificates, against a real TLS server.

use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::bench::{Bench, email};
use crate::clock::Clock;
use crate::random::Entropy;
use crate::transport::gmail::{Endpoint, Gmail, Settings};
use crate::transport::{Failure, FailureKind, Transport};

/// Delivers to a server that uses `acceptor`, or plain SMTP without one; returns the failure.
async fn deliver(bench: &Bench, acceptor: Option<TlsAcceptor>) -> Failure {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            match &acceptor {
                Some(acceptor) => drop(acceptor.accept(stream).await),
                None => {
                    tokio::io::AsyncWriteExt::write_all(&mut stream, b"220 mail.example.com ESMTP\r\n").await.unwrap()
                }
            }
        }
    });
    let settings = Settings { endpoint: Endpoint::parse(&endpoint).unwrap(), ..bench.settings() };
    let failure = Gmail::new(settings, Clock::system(), Entropy::system()).deliver(&email("hello")).await.unwrap_err();
    server.abort();
    failure
}

fn self_signed() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn an_untrusted_certificate_is_a_configuration_failure() {
    let bench = Bench::new(true).await;
    let failure = deliver(&bench, Some(self_signed())).await;
    assert_eq!(failure.class, FailureKind::Configuration, "{failure}");
    assert!(failure.reason.contains("the certificate of localhost:"), "{failure}");
}

#[tokio::test]
async fn a_port_without_tls_is_a_configuration_failure() {
    let bench = Bench::new(true).await;
    let failure = deliver(&bench, None).await;
    assert_eq!(failure.class, FailureKind::Configuration, "{failure}");
    assert!(failure.reason.contains("does not speak TLS"), "{failure}");
}
