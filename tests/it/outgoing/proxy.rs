//! Google through a proxy of the environment: HTTP CONNECT to Google's own addresses, with and without a login.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::gmail::{TOKEN, command, finish, site};
use crate::support::authority::Authority;
use crate::support::google::Google;
use crate::support::process::Folder;

/// A proxy that leads every address to the Google stub, by way of TLS in that address's name.
#[derive(Clone)]
struct ConnectProxy {
    port: u16,
    authority: Arc<Authority>,
    google: SocketAddr,
    /// The addresses that were asked for.
    asked: Arc<Mutex<Vec<String>>>,
    /// The status of its answer; 200 only with the login `kim:hunter2`.
    status: u16,
}

impl ConnectProxy {
    async fn start(google: &Google, authority: &Arc<Authority>, status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (authority, google) = (authority.clone(), google.address);
        let proxy = ConnectProxy { port, authority, google, asked: Arc::default(), status };
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.tunnel(stream).await });
            }
        });
        proxy
    }

    async fn tunnel(self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.ok()?;
            if line.trim_end().is_empty() {
                break;
            }
            head.push(line.trim_end().to_owned());
        }
        let address = head.first()?.strip_prefix("CONNECT ")?.strip_suffix(" HTTP/1.1")?.to_owned();
        self.asked.lock().unwrap().push(address.clone());
        let login = format!("Proxy-Authorization: Basic {}", STANDARD.encode("kim:hunter2"));
        let status = if self.status == 200 && !head.contains(&login) { 407 } else { self.status };
        stream.write_all(format!("HTTP/1.1 {status} as asked\r\n\r\n").as_bytes()).await.ok()?;
        if status != 200 {
            return None;
        }
        let identity = self.authority.identity(address.strip_suffix(":443")?);
        let chain = CertificateDer::pem_file_iter(identity.certificate).unwrap().map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(identity.key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        let mut secured = TlsAcceptor::from(Arc::new(config)).accept(stream).await.ok()?;
        let mut google = TcpStream::connect(self.google).await.ok()?;
        copy_bidirectional(&mut secured, &mut google).await.ok().map(drop)
    }

    /// The addresses since the last call.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

/// A site that is set up for Google's own addresses.
async fn real_addresses() -> (Google, Folder, Arc<Authority>) {
    let (google, folder) = site().await;
    folder.write("Rocket.toml", "[default.mail]\ntransport = \"gmail\"\nfrom = \"Site <post@example.com>\"\n");
    let token_uri = format!("{}token", google.endpoint());
    let credentials = google.installed().replace(&token_uri, "https://oauth2.googleapis.com/token");
    folder.write("credentials/google.json", &credentials);
    folder.write(TOKEN, &google.token_file(false));
    (google, folder, Arc::new(Authority::new()))
}

/// Runs a command with this proxy, and asserts that it does not print the password.
async fn through(proxy: &str, arguments: &[&str], site: &(Google, Folder, Arc<Authority>)) -> (bool, String) {
    let (google, folder, authority) = site;
    let mut command = command(folder, arguments);
    command.env("HTTPS_PROXY", proxy).env("SSL_CERT_FILE", authority.root()).env("RUST_LOG", "trace");
    for other in ["https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_DIR", "REQUEST_METHOD"] {
        command.env_remove(other);
    }
    let (done, out, err) = finish(google, command.spawn().unwrap()).await;
    let secret = STANDARD.encode("kim:hunter2");
    assert!(![&out, &err].iter().any(|text| text.contains("hunter2") || text.contains(&secret)), "{out}{err}");
    (done, out + &err)
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_messages_travel_through_the_proxy_and_it_sees_neither() {
    let site = real_addresses().await;
    let proxy = ConnectProxy::start(&site.0, &site.2, 200).await;
    let at = format!("127.0.0.1:{}", proxy.port);
    let (done, said) = through(&format!("http://kim:hunter2@{at}"), &["check"], &site).await;
    assert!(done && said.contains(&format!("gmail.googleapis.com is reachable through the proxy {at}")), "{said}");
    assert_eq!(proxy.asked(), ["oauth2.googleapis.com:443", "gmail.googleapis.com:443"]);
    let (done, said) = through(&format!("http://kim:hunter2@{at}"), &["mail", "test", "kim@example.org"], &site).await;
    assert!(done && site.0.sent().len() == 1, "{said}");
    assert_eq!(proxy.asked(), ["gmail.googleapis.com:443"], "the token is still valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_of_no_use_is_named_with_its_cure() {
    let site = real_addresses().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let strict = ConnectProxy::start(&site.0, &site.2, 200).await;
    let refusing = ConnectProxy::start(&site.0, &site.2, 403).await;
    let (strict, refusing) = (format!("127.0.0.1:{}", strict.port), format!("127.0.0.1:{}", refusing.port));
    for (proxy, expected) in [
        (format!("http://{strict}"), format!("set HTTPS_PROXY=http://user:password@{strict}")),
        (format!("http://kim:wrong@{strict}"), format!("the proxy {strict} wants a login")),
        (format!("kim:hunter2@{refusing}"), format!("the proxy {refusing} gave no connection")),
        (format!("http://kim:hunter2@{closed}"), format!("the proxy {closed} gave no connection")),
        (format!("socks5://kim:hunter2@{strict}"), "HTTPS_PROXY is not the address of a proxy that can be used".into()),
    ] {
        let (done, said) = through(&proxy, &["check"], &site).await;
        assert!(!done && said.contains(&expected), "{proxy}: {said}");
    }
    assert!(site.0.requests().is_empty());
}
