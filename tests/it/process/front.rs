//! The HTTP front of the real program: its limits on both listeners, its share of the files, and the listener behind it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::time::Duration;

use crate::support::process::{Folder, Process};

/// Sends bytes and reads until the connection ends.
fn exchange(at: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(at.trim_start_matches("http://")).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    stream.write_all(bytes).expect("bytes sent");
    let mut answer = Vec::new();
    // A refused connection may be reset, since nobody reads its request. What arrived before counts.
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("the connection does not end: {error}"),
        _ => {}
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_listeners_limit_heads_and_count_what_they_refuse() {
    let folder = Folder::new("[default.inbox]\nhttp_address = '127.0.0.1:0'");
    let process = folder.serve();
    let listeners = process.prints("listening http://", 2);
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "y".repeat(33 * 1024));
    for line in &listeners {
        let at = line.trim_start_matches("listening ");
        assert!(exchange(at, long.as_bytes()).starts_with("HTTP/1.1 431 "), "{at}");
        let smuggled = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
        assert!(exchange(at, smuggled.as_bytes()).starts_with("HTTP/1.1 400 "), "{at}");
        assert!(exchange(at, b"GET /livez HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 400 "), "{at}: no Host");
    }
    let metrics = process.visitor().get("/metrics").await.text();
    for (name, count) in [("refused_total{reason=\"large_head\"}", 2), ("refused_total{reason=\"malformed\"}", 4)] {
        assert!(metrics.contains(&format!("gatepost_http_{name} {count}\n")), "{name} {metrics}");
    }
    assert!(metrics.contains("gatepost_http_connections 1\n"), "{metrics}");
    let (_, log) = process.terminate();
    assert_eq!(log.matches("refused a request: its head is too large").count(), 1, "one line for both:\n{log}");
}

#[test]
fn a_request_is_judged_by_its_target_and_unusual_ones_get_a_page() {
    let folder = Folder::new("");
    let process = folder.serve();
    let host = process.http.trim_start_matches("http://");
    let ask = |line: &str, host: &str| {
        exchange(host_of(&process), format!("{line}\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
    };
    for (line, field, status) in [
        (format!("GET http://{host}/login HTTP/1.1"), "evil.example", "200"),
        ("GET http://evil.example/login HTTP/1.1".to_owned(), host, "421"),
        (format!("GET http://user@{host}/login HTTP/1.1"), host, "400"),
        ("GET /login HTTP/1.1".to_owned(), "user@localhost", "400"),
        ("PROPFIND /nowhere HTTP/1.1".to_owned(), host, "404"),
        ("GET /verify/x> HTTP/1.1".to_owned(), host, "410"),
        ("GET /login?next=\"{|}^`\\ HTTP/1.1".to_owned(), host, "200"),
        ("GET /caf\u{e9} HTTP/1.1".to_owned(), host, "404"),
        ("GET /%zz HTTP/1.1".to_owned(), host, "404"),
    ] {
        let answer = ask(&line, field);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {answer}");
    }
    for method in ["PROPFIND", "QUERY", "get", "TRACE"] {
        let answer = ask(&format!("{method} /login HTTP/1.1"), host);
        let allow = answer.lines().find(|line| line.to_ascii_lowercase().starts_with("allow: ")).unwrap_or_default();
        assert!(answer.starts_with("HTTP/1.1 405 ") && allow.contains("GET") && allow.contains("POST"), "{answer}");
    }
}

fn host_of(process: &Process) -> &str {
    process.http.trim_start_matches("http://")
}

/// Starts the server with a hard limit of open files.
#[cfg(unix)]
fn serve_with_files(folder: &Folder, files: usize) -> Process {
    let plain = folder.command(&["serve"]);
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {files} && exec \"$0\" serve")]).arg(plain.get_program());
    command.current_dir(folder.path());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    Process::start(command).unwrap_or_else(|said| panic!("gatepost serve did not start:\n{said}"))
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn at_the_file_limit_silent_connections_end_for_new_ones_and_smtp_leaves_files_for_the_pages() {
    let folder = Folder::new("");
    let process = serve_with_files(&folder, 256);
    let connect = |at: &str| TcpStream::connect(at.trim_start_matches("http://")).expect("a connection");
    let _idle_smtp: Vec<_> = (0..200).map(|_| connect(&process.smtp())).collect();
    let visitor = process.visitor();
    assert_eq!(visitor.get("/login").await.status, 200);
    let _silent: Vec<_> = (0..400).map(|_| connect(&process.http)).collect();
    process.prints("ended a connection without a request: all connections were in use", 1);
    let get = || exchange(&process.http, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let answer = get();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    // Requests in progress keep their connections. 100 Continue says that the server reads the body of one. Without it
    // the next connection might end the one before, whose request has not arrived yet.
    let mut busy = Vec::new();
    let answer = loop {
        let mut stream = connect(&process.http);
        let head = "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("a request");
        let mut start = [0; 13];
        stream.read_exact(&mut start).expect("an answer");
        if &start != b"HTTP/1.1 100 " {
            let mut rest = String::new();
            _ = stream.read_to_string(&mut rest);
            break String::from_utf8_lossy(&start).into_owned() + &rest;
        }
        busy.push(stream);
        assert!(busy.len() < 100, "all requests are in progress");
    };
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("Connection: close"), "{answer}");
    process.prints("refused a connection: all connections are in use", 1);
    // A visitor who is already connected is not affected.
    assert_eq!(visitor.get("/login").await.status, 200);
    drop(busy);
    while get().starts_with("HTTP/1.1 503 ") {}
    assert!(get().starts_with("HTTP/1.1 200 "));
    // Ended connections that are not closed yet have a limit too.
    let (_, log) = process.terminate();
    assert!(!log.contains("cannot accept"), "{log}");
}

/// The ports at which a process listens on loopback, from /proc.
#[cfg(target_os = "linux")]
fn listening_ports(process: u32) -> Vec<u16> {
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).expect("its files").flatten();
    let links: Vec<_> = files.filter_map(|file| Some(file.path().read_link().ok()?.display().to_string())).collect();
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the table of connections");
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row[3] == "0A" && links.contains(&format!("socket:[{}]", row[9])))
        .filter_map(|row| u16::from_str_radix(row[1].rsplit(':').next()?, 16).ok())
        .collect()
}

#[cfg(target_os = "linux")]
#[test]
fn other_programs_of_this_machine_cannot_bypass_the_front() {
    let folder = Folder::new("[default.inbox]\nhttp_address = '127.0.0.1:0'");
    let process = folder.serve();
    let public: Vec<_> =
        process.prints("listening ", 3).iter().map(|line| line.rsplit(':').next().unwrap().to_owned()).collect();
    let inner: Vec<_> =
        listening_ports(process.id()).into_iter().filter(|p| !public.contains(&p.to_string())).collect();
    assert_eq!(inner.len(), 2, "one Rocket for each listener");
    for port in inner {
        for path in ["/login", "/healthz", "/metrics", "/api/v1/messages"] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            let answer = exchange(&format!("127.0.0.1:{port}"), request.as_bytes());
            assert!(answer.starts_with("HTTP/1.1 403 "), "{path}: {answer}");
        }
    }
    let (_, log) = process.terminate();
    assert!(log.contains("a request that bypassed the HTTP front was rejected"), "{log}");
}

#[test]
fn a_client_that_closes_its_side_behind_a_request_gets_the_whole_answer() {
    let folder = Folder::new("");
    let process = folder.serve();
    let host = process.http.trim_start_matches("http://").to_owned();
    let body = "email=kim%40example.com&password=correct+horse+battery+staple";
    let post = format!(
        "POST /signup HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    for (request, begins, ends) in [
        (format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n"), "HTTP/1.1 200 ", ""),
        (format!("GET /login HTTP/1.1\r\nHost: {host}\r\n\r\n"), "HTTP/1.1 200 ", "</html>"),
        (post, "HTTP/1.1 303 ", ""),
    ] {
        for _ in 0..5 {
            let mut stream = TcpStream::connect(&host).expect("a connection");
            stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
            stream.write_all(request.as_bytes()).expect("bytes sent");
            stream.shutdown(Shutdown::Write).expect("the client's side closes");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("the connection ends");
            assert!(answer.starts_with(begins) && answer.trim_end().ends_with(ends), "{request}: {answer}");
        }
    }
}
