//! Every command of the npm package cypress-mailpit, with a stand-in for Cypress' own objects (`cypress.mjs`).

use std::process::Command;

use crate::support::process::tools;
use crate::support::source::ROOT;

use super::server::MailpitServer;

#[test]
fn every_command_of_cypress_mailpit_works_at_the_root_below_a_path_and_with_a_login() {
    let commands = tools().join("cypress-mailpit-2.0.0/package/dist/src/MailpitCommands.js");
    if !commands.exists() {
        eprintln!("skipped: bin/setup has not installed cypress-mailpit");
        return;
    }
    for (flags, path, login) in [(&[][..], "", ""), (&["--webroot", "mail"], "/mail", ""), (&[], "", "dev:s3cret")] {
        let server = MailpitServer::start(flags, &[("MP_UI_AUTH", login)]);
        let url = format!("{}{path}", server.process.http);
        let script = format!("{ROOT}/tests/it/mailpit/cypress.mjs");
        let output = Command::new("node").arg(script).arg(&commands).args([&url, login]).output().expect("node runs");
        let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{url}:\n{said}{errors}");
        assert!(said.contains("26 commands"), "{said}");
    }
}
