//! What hostile requests cost the real program in memory.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::process::{Folder, Process};

const MIB: usize = 1024 * 1024;

/// The largest resident memory of a process so far, in bytes.
fn peak(process: &Process) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    line.trim().trim_end_matches("kB").trim().parse::<usize>().expect("a number") * 1024
}

/// Posts a body to the API; returns the status.
fn post(process: &Process, body: &[u8]) -> String {
    let at = process.http.trim_start_matches("http://");
    let mut stream = TcpStream::connect(at).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a timeout");
    let path = "/dev/inbox/api/v1/send";
    let head =
        format!("POST {path} HTTP/1.1\r\nHost: {at}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).expect("a head");
    // The server may answer before it has read the body.
    let _ = stream.write_all(body);
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer.get(9..12).unwrap_or_default().to_owned()
}

#[test]
fn json_that_is_large_in_memory_costs_little_more_than_its_own_size() {
    let folder = Folder::new("[default.inbox]\nmax_message_size = '10MiB'");
    let process = folder.serve();
    let filled = |start: &str, unit: &str, end: &str| {
        format!("{start}{}{end}", unit.repeat((24 * MIB - start.len()) / unit.len())).into_bytes()
    };
    for (body, status) in [
        (filled("{\"To\":[", "{},", "{}]}"), "400"),
        (filled("{\"x\":[", "[],", "[]]}"), "400"),
        (filled("{\"x\":", "[", ""), "400"),
        (filled("{\"Headers\":{\"a\":\"b\"", ",\"a\":\"b\"", "}}"), "400"),
        (filled("{", "\"x\":{\"y\":[1]},", "\"z\":1}"), "400"),
        (filled("{\"Text\":\"", "\u{1}", "\"}"), "400"),
    ] {
        let before = peak(&process);
        assert_eq!(post(&process, &body), status, "{}", String::from_utf8_lossy(&body[..20]));
        let grown = peak(&process) - before;
        assert!(grown < 3 * 24 * MIB, "{} MiB for {}", grown / MIB, String::from_utf8_lossy(&body[..20]));
    }
    assert!(peak(&process) < 200 * MIB, "{} MiB", peak(&process) / MIB);
}

/// The value of glibc's variable in a process.
fn tunables(process: &Process) -> String {
    let environment = std::fs::read(format!("/proc/{}/environ", process.id())).expect("its environment");
    let text = String::from_utf8_lossy(&environment).into_owned();
    let value = text.split('\0').find_map(|variable| variable.strip_prefix("GLIBC_TUNABLES="));
    value.unwrap_or_default().to_owned()
}

#[test]
fn a_server_limits_what_its_allocator_keeps_unless_the_operator_does() {
    let folder = Folder::new("");
    let process = folder.serve();
    assert_eq!(tunables(&process), "glibc.malloc.mmap_threshold=262144");
    let mut command = folder.command(&["dev", "--port", "0"]);
    command.env("GLIBC_TUNABLES", "glibc.malloc.check=0").env("GATEPOST_INBOX__SMTP_ADDRESS", "127.0.0.1:0");
    let process = Process::start(command).unwrap_or_else(|said| panic!("gatepost dev did not start:\n{said}"));
    assert_eq!(tunables(&process), "glibc.malloc.check=0");
}
