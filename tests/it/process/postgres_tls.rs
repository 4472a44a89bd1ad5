//! PostgreSQL over TLS: a server on another machine gets no plain text unless its URL says so, and its certificate is
//! verified. To the tests another machine is 0.0.0.0, where Linux reaches its own servers and which is not loopback.

use crate::support::authority::Authority;
use crate::support::postgres::Database;
use crate::support::postgres_tls::TlsServer;
use crate::support::process::Folder;

/// Runs `gatepost users list` on a database; returns whether it succeeded, and its output.
fn list_users(url: &str) -> (bool, String) {
    let folder = Folder::new("");
    let mut command = folder.command(&["users", "list"]);
    let output = command.env("GATEPOST_DATABASES__GATEPOST__URL", url).output().expect("gatepost runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.trim_end().lines().count() <= 1, "one line:\n{said}");
    (output.status.success(), said)
}

fn succeeds(url: &str) {
    let (success, said) = list_users(url);
    assert!(success, "{url}: {said}");
}

fn fails(url: &str, expected: &[&str]) {
    let (success, said) = list_users(url);
    assert!(!success, "{url} succeeded");
    for text in expected {
        assert!(said.contains(text), "{url}: {text:?} is not in {said:?}");
    }
}

#[test]
fn a_database_elsewhere_is_reached_over_tls_with_a_verified_certificate() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = TlsServer::start(&authority.identity("0.0.0.0"));
    let url = |host: &str, query: &str| format!("{}?{query}", server.url(host));
    let trusted = format!("sslrootcert={}", authority.root().display());
    succeeds(&url("0.0.0.0", &trusted));
    succeeds(&url("0.0.0.0", &format!("sslmode=verify-full&{trusted}")));
    // The certificate is for another name: an encrypted connection that some other server could also offer.
    fails(&url("127.0.0.1", &format!("sslmode=verify-full&{trusted}")), &["127.0.0.1", "certificate", "name"]);
    succeeds(&url("127.0.0.1", &format!("sslmode=verify-ca&{trusted}")));
    // This machine may be reached without a certificate that can be verified.
    succeeds(&url("127.0.0.1", ""));

    let untrusted = format!("sslrootcert={}", other.root().display());
    for query in ["", &untrusted, &format!("sslmode=require&{untrusted}")] {
        fails(&url("0.0.0.0", query), &["PostgreSQL 0.0.0.0:", "UnknownIssuer", "sslrootcert"]);
    }
    succeeds(&url("0.0.0.0", "sslmode=require"));
    fails(&url("0.0.0.0", "sslmode=disable"), &["no encryption"]);
    fails(&url("0.0.0.0", "sslmode=prefer"), &["sslmode=prefer", "verify-full"]);
    fails(&url("0.0.0.0", "sslrootcert=nowhere/root.pem"), &["nowhere/root.pem"]);
}

#[test]
fn an_expired_certificate_is_refused() {
    let authority = Authority::new();
    let server = TlsServer::start(&authority.expired("0.0.0.0"));
    fails(&format!("{}?sslrootcert={}", server.url("0.0.0.0"), authority.root().display()), &["xpired"]);
}

#[tokio::test]
async fn a_database_elsewhere_without_tls_is_refused_unless_the_url_allows_plain_text() {
    let database = Database::create().await;
    let elsewhere = database.url().replace("127.0.0.1", "0.0.0.0");
    fails(&elsewhere, &["PostgreSQL 0.0.0.0:", "TLS", "sslmode=disable"]);
    succeeds(&format!("{elsewhere}?sslmode=disable"));
    succeeds(&database.url());
}
