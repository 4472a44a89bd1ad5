//! Logins of `gatepost mailpit`: lists without one, and clients with an old password.

use crate::support::process::Folder;

use super::options::{base64_of, get};
use super::server::{MailpitServer, failure, on_free_ports};

#[test]
fn a_file_without_a_login_is_refused_and_opens_nothing() {
    let folder = Folder::new("");
    folder.write("empty", "");
    folder.write("comments", "# ann:first\n\n");
    for flag in ["--ui-auth-file", "--smtp-auth-file", "--send-api-auth-file", "--pop3-auth-file"] {
        for file in ["empty", "comments"] {
            let output = on_free_ports(&folder, &[flag, file]).output().expect("it runs");
            let (code, said) = failure(&output);
            assert_eq!(code, Some(2), "{said}");
            assert!(said.contains(&format!("{flag}: {file} holds no login")), "{said}");
        }
    }
    let mut start = on_free_ports(&folder, &[]);
    let (code, said) = failure(&start.env("MP_UI_AUTH", "   ").output().expect("it runs"));
    assert_eq!(code, Some(2));
    assert!(said.contains("MP_UI_AUTH: holds no login"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_password_of_one_login_does_not_keep_the_others_out() {
    let variables = [("MP_UI_AUTH", "ann:new bob:right"), ("MP_SMTP_AUTH", "ann:new bob:right")];
    let server = MailpitServer::start(&[], &variables);
    let at = format!("{}/api/v1/messages", server.process.http);
    let status = async |login: &str| get(&at, &[("authorization", &format!("Basic {}", base64_of(login)))]).await.0;
    for _ in 0..10 {
        assert_eq!(status("ann:hunter2").await, 401);
    }
    assert_eq!((status("ann:hunter2").await, status("ann:new").await), (429, 429));
    assert_eq!(status("bob:right").await, 200);
    let smtp = |login: &str| {
        let auth = format!("AUTH PLAIN {}", base64_of(login));
        server.smtp(&["EHLO me", &auth]).pop().unwrap_or_default()
    };
    assert!(smtp("\0ann\0new").starts_with("454 "), "the counts are shared");
    assert!(smtp("\0bob\0right").starts_with("235 "));
    let (_, said) = server.process.terminate();
    assert!(!said.contains("hunter2") && said.contains("a client sent many wrong passwords"), "{said}");
}
