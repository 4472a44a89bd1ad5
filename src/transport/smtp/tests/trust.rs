//! TLS: who is trusted, and what is never said without it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use super::server::{At, Does, Plan, Server, mail, quick};
use crate::transport::smtp::settings::Timeouts;
use crate::transport::smtp::{Security, Settings, Smtp};
use crate::transport::{Class, Transport as _};

struct Authority {
    folder: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "test root");
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("root.pem"), root.pem()).unwrap();
        Authority { folder, issuer: Issuer::new(params, key) }
    }

    fn ca_file(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    fn acceptor(&self, name: &str, expired: bool) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if expired {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

fn plan(acceptor: TlsAcceptor, implicit: bool) -> Plan {
    let extensions = if implicit { vec!["AUTH PLAIN"] } else { vec!["STARTTLS", "AUTH PLAIN"] };
    Plan { extensions, acceptor: Some(acceptor), implicit, ..Plan::default() }
}

fn secured(server: &Server, security: Security, ca_file: Option<PathBuf>) -> Settings {
    Settings { host: "localhost".into(), security, ca_file, ..server.with_login() }
}

#[tokio::test]
async fn both_kinds_of_tls_work_with_a_root_of_the_operators_own() {
    let authority = Authority::new();
    for (security, implicit) in [(Security::Tls, true), (Security::StartTls, false)] {
        let server = Server::start(plan(authority.acceptor("localhost", false), implicit)).await;
        let smtp = Smtp::new(secured(&server, security, Some(authority.ca_file())));
        smtp.check().await.unwrap();
        smtp.deliver(&mail(&["kim@example.org"])).await.unwrap();
        assert_eq!(server.mails().len(), 1);
    }
}

#[tokio::test]
async fn a_certificate_that_proves_nothing_is_a_configuration_fault_with_the_cure() {
    let authority = Authority::new();
    for (name, expired, ca_file, cure) in [
        ("localhost", false, None, "mail.smtp.ca_file"),
        ("mail.example.com", false, Some(authority.ca_file()), "another name"),
        ("localhost", true, Some(authority.ca_file()), "expired"),
    ] {
        let server = Server::start(plan(authority.acceptor(name, expired), true)).await;
        let failure = Smtp::new(secured(&server, Security::Tls, ca_file)).check().await.unwrap_err();
        assert_eq!(failure.class, Class::Configuration, "{failure}");
        assert!(failure.reason.contains(cure), "{failure}");
        assert!(server.lines().is_empty(), "nothing was said to a stranger");
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    let server = Server::start(Plan { extensions: vec!["AUTH PLAIN"], ..Plan::default() }).await;
    let failure = Smtp::new(secured(&server, Security::StartTls, None)).check().await.unwrap_err();
    assert_eq!(failure.class, Class::Configuration);
    assert!(failure.reason.contains("offers no STARTTLS"), "{failure}");
    assert_eq!(server.lines().len(), 1, "EHLO alone");
}

#[tokio::test]
async fn what_somebody_puts_after_the_starttls_reply_is_not_believed() {
    let authority = Authority::new();
    let plan = plan(authority.acceptor("localhost", false), false);
    let plan = plan.with(At::StartTls, &[Does::Say("220 go\r\n250 injected")]);
    let server = Server::start(plan).await;
    let failure = Smtp::new(secured(&server, Security::StartTls, Some(authority.ca_file()))).check().await.unwrap_err();
    assert_eq!(failure.class, Class::Configuration);
    assert!(failure.reason.contains("in between"), "{failure}");
}

#[tokio::test]
async fn mixed_up_ports_are_explained() {
    let plain = Server::start(Plan::ordinary()).await;
    let failure = Smtp::new(secured(&plain, Security::Tls, None)).check().await.unwrap_err();
    assert_eq!(failure.class, Class::Configuration);
    assert!(failure.reason.contains("starttls"), "{failure}");
    let authority = Authority::new();
    let implicit = Server::start(plan(authority.acceptor("localhost", false), true)).await;
    for (security, ca_file) in
        [(Security::StartTls, None), (Security::None, None), (Security::StartTls, Some(authority.ca_file()))]
    {
        let patient = Timeouts { hello: Duration::from_secs(3600), ..quick() };
        let settings = Settings { timeouts: patient, ..secured(&implicit, security, ca_file) };
        let failure = Smtp::new(settings).check().await.unwrap_err();
        assert_eq!(failure.class, Class::Configuration, "{failure}");
        assert!(failure.reason.contains("set mail.smtp.security = \"tls\""), "{failure}");
    }
}

#[tokio::test]
async fn a_server_that_takes_its_time_to_greet_is_not_mistaken_for_one_that_begins_with_tls() {
    let gate = Arc::new(Notify::new());
    let server = Server::start(Plan::ordinary().with(At::Greeting, &[Does::Wait(gate.clone())])).await;
    let patient = Timeouts { hello: Duration::from_secs(3600), silence: Duration::ZERO, ..quick() };
    let smtp = Smtp::new(Settings { timeouts: patient, ..server.settings() });
    let mail = mail(&["kim@example.org"]);
    let (receipt, ()) = tokio::join!(smtp.deliver(&mail), async {
        // The one that asks after TLS.
        while server.connections() < 2 {
            tokio::task::yield_now().await;
        }
        gate.notify_one();
    });
    receipt.unwrap();
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_server_that_goes_silent_while_tls_is_to_begin_is_left() {
    let plan = Plan { extensions: vec!["STARTTLS"], ..Plan::default() };
    let hangs = Server::start(plan.clone().with(At::StartTls, &[Does::Hang])).await;
    let failure = Smtp::new(secured(&hangs, Security::StartTls, None)).check().await.unwrap_err();
    assert_eq!(failure.class, Class::Transient);
    let hangs = Server::start(Plan::default().with(At::Greeting, &[Does::Hang])).await;
    let failure = Smtp::new(secured(&hangs, Security::Tls, None)).check().await.unwrap_err();
    assert_eq!(failure.class, Class::Transient);
    assert!(failure.reason.contains("did not answer in time"), "{failure}");
}

#[tokio::test]
async fn a_ca_file_that_is_missing_or_empty_is_named() {
    let server = Server::start(Plan::ordinary()).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("empty.pem"), "").unwrap();
    for file in ["missing.pem", "empty.pem"] {
        let settings = secured(&server, Security::Tls, Some(folder.path().join(file)));
        let failure = Smtp::new(settings).check().await.unwrap_err();
        assert_eq!(failure.class, Class::Configuration);
        assert!(failure.reason.contains(file), "{failure}");
    }
}
