//! The program under a service manager: sockets that were opened before it started (`LISTEN_FDS`), and what it reports
//! to `NOTIFY_SOCKET`.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::process::{Folder, Process};

/// `gatepost serve` with a socket as file 3, as systemd passes it. The shell moves it there from standard input.
fn serve_on(folder: &Folder, socket: OwnedFd) -> Command {
    let plain = folder.command(&["serve"]);
    let mut command = Command::new("sh");
    command.args(["-c", "exec 3<&0 </dev/null && LISTEN_FDS=1 exec \"$0\" serve"]).arg(plain.get_program());
    command.current_dir(folder.path()).stdin(Stdio::from(socket));
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    (listener, address)
}

fn read_all(mut stream: TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("the connection ends");
    text
}

#[test]
fn a_request_from_before_the_start_is_answered_through_the_passed_socket_of_the_site() {
    let folder = Folder::new("");
    let (listener, address) = listener();
    let mut early = TcpStream::connect(address).expect("a connection that waits");
    early.write_all(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n").expect("a request");
    let mut command = serve_on(&folder, listener.into());
    command.env("ROCKET_PORT", address.port().to_string());
    let process = Process::start(command).expect("a server");
    assert_eq!(process.http, format!("http://{address}"));
    assert!(read_all(early).starts_with("HTTP/1.0 200 "));
    // The server stops in order: the socket goes on to the next one.
    assert!(process.terminate().0.success());
}

#[test]
fn the_passed_socket_of_the_inbox_s_own_pages_or_of_its_smtp_server_is_used() {
    for (setting, request, answer) in [
        ("GATEPOST_INBOX__SMTP_ADDRESS", "QUIT\r\n", "220 "),
        ("GATEPOST_INBOX__HTTP_ADDRESS", "GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n", "HTTP/1.0 200 "),
    ] {
        let folder = Folder::new("");
        let (listener, address) = listener();
        let mut early = TcpStream::connect(address).expect("a connection that waits");
        let mut command = serve_on(&folder, listener.into());
        command.env(setting, address.to_string());
        let _process = Process::start(command).expect("a server");
        early.write_all(request.as_bytes()).expect("a request");
        let said = read_all(early);
        assert!(said.starts_with(answer), "{setting}: {said}");
    }
}

#[test]
fn a_socket_that_no_listener_wants_stops_the_start_with_its_address() {
    let folder = Folder::new("");
    let (listener, address) = listener();
    let mut command = serve_on(&folder, listener.into());
    command.env("ROCKET_ADDRESS", "127.0.0.1").env("ROCKET_PORT", "0");
    let said = Process::start(command).err().expect("no server");
    assert!(said.contains(&format!("a socket for {address}")) && said.contains("ListenStream="), "{said}");
    let path = folder.path().join("other.socket");
    let other = UnixListener::bind(path).expect("a socket");
    let said = Process::start(serve_on(&folder, other.into())).err().expect("no server");
    assert!(said.contains("socket 1 of LISTEN_FDS") && said.contains("TCP sockets only"), "{said}");
}

#[test]
fn the_service_manager_learns_when_the_server_is_ready_and_when_it_stops() {
    let folder = Folder::new("");
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    manager.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    let next_state = || {
        let mut bytes = [0; 100];
        let length = manager.recv(&mut bytes).expect("a message");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    let mut command = folder.command(&["serve"]);
    command.env("NOTIFY_SOCKET", &path);
    let process = Process::start(command).expect("a server");
    assert_eq!(next_state(), "READY=1\n");
    assert!(process.terminate().0.success());
    assert_eq!(next_state(), "STOPPING=1\n");
}
