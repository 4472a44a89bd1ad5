//! Fault rules across restarts of the server.

use std::io::Read as _;
use std::net::TcpStream;

use reqwest::Method;

use crate::support::process::{Folder, Process};

const FAULTS: &str = "/dev/inbox/api/v1/faults";
const RULES: &str = r#"{"rules":[{"match":{},"action":{"reply":{"stage":"connect","code":554}}}]}"#;

async fn put(server: &Process, rules: &str) -> u16 {
    let visitor = server.visitor();
    visitor.send(visitor.request(Method::PUT, FAULTS).body(rules.to_owned())).await.status
}

fn greeting(server: &Process) -> String {
    let mut code = [0; 3];
    TcpStream::connect(server.smtp()).expect("a connection").read_exact(&mut code).expect("a reply");
    String::from_utf8_lossy(&code).into_owned()
}

#[test]
fn fault_rules_survive_a_restart_until_they_are_removed() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = Folder::new("");
    let server = folder.serve();
    assert_eq!(greeting(&server), "220");
    assert_eq!(runtime.block_on(put(&server, RULES)), 200);
    assert_eq!(greeting(&server), "554");
    server.terminate();
    let server = folder.serve();
    assert_eq!(greeting(&server), "554");
    server.prints("fault rules of the SMTP server are active", 1);
    assert_eq!(runtime.block_on(async { server.visitor().get(FAULTS).await.text() }).trim(), RULES);
    assert_eq!(runtime.block_on(put(&server, r#"{"rules":[]}"#)), 200);
    server.terminate();
    assert_eq!(greeting(&folder.serve()), "220");
}
