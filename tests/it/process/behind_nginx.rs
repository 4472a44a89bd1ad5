//! The site behind nginx with two processes, broken connections, and clients that use HTTP/2.

use reqwest::Method;

use crate::smtp::programs::{program, said};
use crate::support::nginx::Nginx;
use crate::support::port;
use crate::support::process::Folder;
use crate::support::visitor::Visitor;

#[tokio::test(flavor = "multi_thread")]
async fn no_form_makes_nginx_mark_the_processes_behind_it_as_failed() {
    let [front] = port::free();
    let site = format!("http://127.0.0.1:{front}");
    let folder = Folder::new(&format!("[default]\npublic_url = \"{site}\""));
    let processes = [folder.serve(), folder.serve()];
    let servers = processes.each_ref().map(|process| process.http.trim_start_matches("http://"));
    let Some(nginx) = Nginx::start(front, &servers) else { return };
    for form in ["_method=head", "_method=HEAD&x=1", "&_method=head", "_method[]=head", "_method=get", "_method=put"] {
        for (origin, status) in [("same-origin", 422), ("cross-site", 403)] {
            let sender = Visitor::new(&site);
            for _ in 0..4 {
                let request = sender.request(Method::POST, "/login").header("sec-fetch-site", origin);
                let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
                assert_eq!(sender.send(request).await.status, status, "{form}\n{}", nginx.log());
                let page = Visitor::new(&site).get("/login").await;
                assert_eq!(page.status, 200, "another visitor after {form}\n{}", nginx.log());
            }
        }
    }
    assert!(!nginx.log().contains("upstream"), "{}", nginx.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_request_is_logged_without_its_path() {
    use std::io::{Read as _, Write as _};
    let folder = Folder::new("");
    let process = folder.serve();
    let at = process.http.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(at).expect("a connection");
    stream.write_all(b"GET /verify/secret HTTP/1.1\r\nHost: x\r\nbroken line\r\n\r\n").expect("bytes sent");
    let _ = stream.read_to_end(&mut Vec::new());
    assert_eq!(process.visitor().get("/verify/secret").await.status, 410);
    let (_, log) = process.terminate();
    assert!(log.contains("refused a request: it is malformed") && !log.contains("secret"), "{log}");
}

#[test]
fn curl_gets_only_http_1() {
    let folder = Folder::new("");
    let process = folder.serve();
    let url = format!("{}/healthz", process.http);
    let request = |option: &str| {
        let mut curl = program("curl")?;
        curl.args(["-sS", "-o", "/dev/null", "-w", "%{http_code} %{http_version}", "--max-time", "60", option, &url]);
        Some(curl.output().expect("curl runs"))
    };
    let Some(prior) = request("--http2-prior-knowledge") else { return };
    assert!(!prior.status.success() && !said(&prior).contains("200 2"), "{}", said(&prior));
    for option in ["--http2", "--http1.1"] {
        let Some(output) = request(option) else { return };
        assert_eq!(String::from_utf8_lossy(&output.stdout), "200 1.1", "{option}: {}", said(&output));
    }
}

/// Sends HTTP/2 from the first byte. Prints `refused` if the server replies nothing or an error in HTTP/1.1.
const PREFACE: &str = r#"
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
with socket.create_connection((host, int(port)), timeout=60) as s:
    s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
    got = b""
    try:
        while chunk := s.recv(65536):
            got += chunk
    except ConnectionResetError:
        pass
print("refused" if got == b"" or got.startswith(b"HTTP/1.1 4") else repr(got))
"#;

#[test]
fn a_python_client_that_sends_http_2_is_rejected() {
    let Some(mut python) = program("python3") else { return };
    let folder = Folder::new("");
    let process = folder.serve();
    let output = python.args(["-c", PREFACE, process.http.trim_start_matches("http://")]).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "refused", "{}", said(&output));
}
