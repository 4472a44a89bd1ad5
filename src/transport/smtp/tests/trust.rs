//! TLS: which certificates are trusted, and what is never sent without TLS.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use super::server::{At, Does, Plan, Server, mail, quick};
use crate::transport::smtp::settings::Timeouts;
use crate::transport::smtp::{Security, Settings, Smtp};
use crate::transport::{FailureKind, Transport as _};

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

    fn acceptor(&self) -> TlsAcceptor {
        self.altered(|_| {})
    }

    /// With a certificate that differs from a good one for localhost.
    fn altered(&self, alter: impl FnOnce(&mut CertificateParams)) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        alter(&mut params);
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
async fn both_kinds_of_tls_work_with_a_configured_root() {
    let authority = Authority::new();
    for (security, implicit) in [(Security::Tls, true), (Security::StartTls, false)] {
        let server = Server::start(plan(authority.acceptor(), implicit)).await;
        let smtp = Smtp::new(secured(&server, security, Some(authority.ca_file())));
        smtp.check().await.unwrap();
        smtp.deliver(&mail(&["kim@example.org"])).await.unwrap();
        assert_eq!(server.mails().len(), 1);
    }
}

#[tokio::test]
async fn an_untrusted_certificate_is_a_configuration_failure_with_its_cure() {
    type Alter = fn(&mut CertificateParams);
    let authority = Authority::new();
    let trusted = || Some(authority.ca_file());
    let cases: [(Alter, Option<PathBuf>, &str); 8] = [
        (|_| {}, None, "mail.smtp.ca_file"),
        (|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained), trusted(), "mail.smtp.ca_file"),
        (
            |params| *params = CertificateParams::new(vec!["mail.example.com".to_owned()]).unwrap(),
            trusted(),
            "(mail.ex",
        ),
        (|params| params.subject_alt_names.clear(), trusted(), "no subjectAltName: its common name alone"),
        (|params| params.not_after = rcgen::date_time_ymd(2021, 1, 1), trusted(), "has expired"),
        (|params| params.not_before = rcgen::date_time_ymd(3000, 1, 1), trusted(), "not valid yet"),
        (|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth], trusted(), "not for servers"),
        (
            |params| params.subject_alt_names = vec![rcgen::SanType::IpAddress([192, 0, 2, 1].into())],
            trusted(),
            "another name",
        ),
    ];
    for (alter, ca_file, cure) in cases {
        let server = Server::start(plan(authority.altered(alter), true)).await;
        let failure = Smtp::new(secured(&server, Security::Tls, ca_file)).check().await.unwrap_err();
        assert_eq!(failure.class, FailureKind::Configuration, "{failure}");
        assert!(failure.reason.contains(cure), "{failure}");
        assert!(server.lines().is_empty(), "no command was sent to an untrusted server");
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    let server = Server::start(Plan { extensions: vec!["AUTH PLAIN"], ..Plan::default() }).await;
    let failure = Smtp::new(secured(&server, Security::StartTls, None)).check().await.unwrap_err();
    assert_eq!(failure.class, FailureKind::Configuration);
    assert!(failure.reason.contains("offers no STARTTLS"), "{failure}");
    assert_eq!(server.lines()[1..], ["QUIT"], "after EHLO");
}

#[tokio::test]
async fn a_server_without_a_usable_login_is_reported_with_what_it_offers() {
    let authority = Authority::new();
    for (offers, text) in [
        (vec!["AUTH XOAUTH2 GSSAPI"], "a login by"),
        (vec!["AUTH XOAUTH2 GSSAPI"], "XOAUTH2"),
        (vec!["AUTH XOAUTH2 GSSAPI"], "ask its administrator for one of these"),
        (vec![], "offers no login: use the port for programs that send mail (587 or 465)"),
    ] {
        let plan = Plan { extensions: offers, ..plan(authority.acceptor(), true) };
        let server = Server::start(plan).await;
        let smtp = Smtp::new(secured(&server, Security::Tls, Some(authority.ca_file())));
        let failure = smtp.check().await.unwrap_err();
        assert!(failure.reason.contains(text) && !failure.reason.contains("only under TLS"), "{failure}");
    }
    let server = Server::start(Plan::default()).await;
    let failure = Smtp::new(server.with_login()).check().await.unwrap_err();
    assert!(failure.reason.contains("only under TLS: set mail.smtp.security"), "{failure}");
}

#[tokio::test]
async fn a_handshake_that_fails_after_starttls_is_reported_with_its_cure() {
    let plan = Plan { extensions: vec!["STARTTLS"], ..Plan::default() };
    for (does, class, cure) in [
        (Does::Close, FailureKind::Transient, ""),
        (Does::End(b"220 go\r\n"), FailureKind::Transient, "Check mail.smtp.port and mail.smtp.security"),
        (Does::Say("502 no"), FailureKind::Configuration, "mail.smtp.security = \"tls\" with port 465"),
    ] {
        let server = Server::start(plan.clone().with(At::StartTls, &[does])).await;
        let failure = Smtp::new(secured(&server, Security::StartTls, None)).check().await.unwrap_err();
        assert_eq!(failure.class, class, "{failure}");
        assert!(failure.reason.contains(cure), "{failure}");
    }
}

#[tokio::test]
async fn bytes_injected_after_the_starttls_reply_are_rejected() {
    let authority = Authority::new();
    let plan = plan(authority.acceptor(), false);
    let plan = plan.with(At::StartTls, &[Does::Say("220 go\r\n250 injected")]);
    let server = Server::start(plan).await;
    let failure = Smtp::new(secured(&server, Security::StartTls, Some(authority.ca_file()))).check().await.unwrap_err();
    assert_eq!(failure.class, FailureKind::Configuration);
    assert!(failure.reason.contains("may be intercepted"), "{failure}");
}

#[tokio::test]
async fn a_port_with_another_kind_of_tls_is_reported_with_its_cure() {
    let plain = Server::start(Plan::ordinary()).await;
    let failure = Smtp::new(secured(&plain, Security::Tls, None)).check().await.unwrap_err();
    assert_eq!(failure.class, FailureKind::Configuration);
    assert!(failure.reason.contains("starttls"), "{failure}");
    let authority = Authority::new();
    let implicit = Server::start(plan(authority.acceptor(), true)).await;
    for (security, ca_file) in
        [(Security::StartTls, None), (Security::None, None), (Security::StartTls, Some(authority.ca_file()))]
    {
        let patient = Timeouts { hello: Duration::from_secs(3600), ..quick() };
        let settings = Settings { timeouts: patient, ..secured(&implicit, security, ca_file) };
        let failure = Smtp::new(settings).check().await.unwrap_err();
        assert_eq!(failure.class, FailureKind::Configuration, "{failure}");
        assert!(failure.reason.contains("set mail.smtp.security = \"tls\""), "{failure}");
    }
}

#[tokio::test]
async fn a_slow_greeting_is_not_mistaken_for_implicit_tls() {
    let gate = Arc::new(Notify::new());
    let server = Server::start(Plan::ordinary().with(At::Greeting, &[Does::Wait(gate.clone())])).await;
    let patient = Timeouts { hello: Duration::from_secs(3600), silence: Duration::ZERO, ..quick() };
    let smtp = Smtp::new(Settings { timeouts: patient, ..server.settings() });
    let mail = mail(&["kim@example.org"]);
    let (receipt, ()) = tokio::join!(smtp.deliver(&mail), async {
        // The second connection tries a TLS handshake.
        while server.connections() < 2 {
            tokio::task::yield_now().await;
        }
        gate.notify_one();
    });
    receipt.unwrap();
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_server_that_hangs_before_the_tls_handshake_causes_a_timeout() {
    let plan = Plan { extensions: vec!["STARTTLS"], ..Plan::default() };
    let hangs = Server::start(plan.clone().with(At::StartTls, &[Does::Hang])).await;
    let failure = Smtp::new(secured(&hangs, Security::StartTls, None)).check().await.unwrap_err();
    assert_eq!(failure.class, FailureKind::Transient);
    let hangs = Server::start(Plan::default().with(At::Greeting, &[Does::Hang])).await;
    let failure = Smtp::new(secured(&hangs, Security::Tls, None)).check().await.unwrap_err();
    assert_eq!(failure.class, FailureKind::Transient);
    assert!(failure.reason.contains("timed out"), "{failure}");
}

#[tokio::test]
async fn a_missing_or_empty_ca_file_is_named() {
    let server = Server::start(Plan::ordinary()).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("empty.pem"), "").unwrap();
    for file in ["missing.pem", "empty.pem"] {
        let settings = secured(&server, Security::Tls, Some(folder.path().join(file)));
        let failure = Smtp::new(settings).check().await.unwrap_err();
        assert_eq!(failure.class, FailureKind::Configuration);
        assert!(failure.reason.contains(file), "{failure}");
    }
}
