//! `gatepost sendmail`, as PHP, cron and others call it.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::programs::{Post, fed, said, succeeds};
use crate::support::process::{Folder, Process};

const MESSAGE: &str = "To: A <a@x.test>\nBcc: blind@x.test\nFrom: from@x.test\nSubject: from PHP\n\nhello\n.\nworld\n";

fn sendmail(post: &Post, arguments: &[&str]) -> Command {
    let mut command = post.folder.command(&["sendmail"]);
    command.env("GATEPOST_INBOX__SMTP_ADDRESS", post.server.smtp()).args(arguments);
    command
}

#[test]
fn a_message_on_standard_input_is_captured_with_its_bcc_recipients() {
    let post = Post::open();
    succeeds(&fed(&mut sendmail(&post, &["-t", "-i", "-fbounce@x.test"]), MESSAGE));
    post.holds_only("from@x.test", "from PHP", "a@x.test");
    let source = post.source();
    assert!(source.ends_with("\r\n\r\nhello\r\n.\r\nworld\r\n"), "{source}");
    assert!(source.contains("Message-ID: <") && source.contains("Date: "), "{source}");
}

#[test]
fn display_names_and_quoted_local_parts_are_accepted_in_addresses() {
    let post = Post::open();
    let header = "To: \"a,b\"@x.test\nSubject: from Mailpit's users\n\nhello\n";
    succeeds(&fed(&mut sendmail(&post, &["-f", "Kim <kim@x.test>"]), header));
    succeeds(&fed(&mut sendmail(&post, &["Lee <\"c,d\"@x.test>"]), "Subject: to Lee\n\nhello\n"));
    let mail = post.mail();
    assert_eq!((&mail[0]["from"], &mail[0]["to"]), (&"kim@x.test".into(), &serde_json::json!(["\"a,b\"@x.test"])));
    assert_eq!(mail[1]["subject"], "to Lee", "{mail:?}");
}

#[test]
fn it_works_under_the_name_sendmail_and_with_another_server() {
    let post = Post::open();
    let server = format!("--smtp-addr={}", post.server.smtp());
    let mut linked = Command::new(sendmail(&post, &[]).get_program());
    linked.current_dir(post.folder.path()).arg0("/usr/sbin/sendmail").args(["-oi", &server, "root"]);
    succeeds(&fed(&mut linked, "Subject: from cron\n\nhello\n"));
    let mail = post.mail();
    assert_eq!(mail[0]["subject"], "from cron", "{mail:?}");
}

#[test]
fn mailpit_s_variables_set_server_and_sender_and_options_take_precedence() {
    let post = Post::open();
    let command = |arguments: &[&str]| {
        let mut command = sendmail(&post, arguments);
        command.env("GATEPOST_INBOX__SMTP_ADDRESS", "127.0.0.1:1");
        command.env("MP_SENDMAIL_SMTP_ADDR", post.server.smtp()).env("MP_SENDMAIL_FROM", "app@x.test");
        command
    };
    succeeds(&fed(&mut command(&["a@x.test"]), "Subject: by variable\n\nhello\n"));
    succeeds(&fed(&mut command(&["-fme@x.test", "a@x.test"]), "Subject: by option\n\nhello\n"));
    let mail = post.mail();
    assert_eq!((&mail[0]["from"], &mail[1]["from"]), (&"app@x.test".into(), &"me@x.test".into()), "{mail:?}");
    let elsewhere = fed(&mut command(&["-S", "127.0.0.1:1", "a@x.test"]), "\nx\n");
    assert_eq!(elsewhere.status.code(), Some(75), "{}", said(&elsewhere));
}

#[test]
fn option_bs_starts_an_smtp_session() {
    let post = Post::open();
    // The second has the line ends of a terminal.
    for dialogue in ["EHLO me\r\nNOOP\r\nQUIT\r\n", "EHLO me\nNOOP\nQUIT\n"] {
        let output = fed(&mut sendmail(&post, &["-bs"]), dialogue);
        succeeds(&output);
        let said = said(&output);
        assert!(said.starts_with("220 ") && said.contains("250 2.0.0 Ok\r\n221 "), "{said}");
    }
}

#[test]
fn it_logs_in_if_the_server_has_users() {
    let post = Post::with("smtp_users = [\"ann:first\"]");
    succeeds(&fed(&mut sendmail(&post, &["-t", "-i"]), MESSAGE));
    assert_eq!(post.mail().len(), 1);
}

#[test]
fn an_error_in_another_setting_does_not_stop_it_and_one_in_its_own_is_named() {
    let post = Post::open();
    let folder = Folder::new("[default]\nsome_mistake = 1\n");
    let command = |address: &str| {
        let mut command = folder.command(&["sendmail", "a@x.test"]);
        command.env("GATEPOST_INBOX__SMTP_ADDRESS", address);
        command
    };
    succeeds(&fed(&mut command(&post.server.smtp()), "\nx\n"));
    assert_eq!(post.mail().len(), 1);
    let error = said(&fed(&mut command("nowhere"), "\nx\n"));
    assert!(error.contains("inbox.smtp_address") && error.contains("GATEPOST_INBOX__SMTP_ADDRESS"), "{error}");
}

#[test]
fn a_closed_standard_output_is_not_an_error() {
    let post = Post::open();
    succeeds(&fed(&mut sendmail(&post, &["a@x.test"]), "\nx\n"));
    for arguments in [["sendmail", "--help"], ["inbox", "list"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = post.folder.command(&arguments).stdout(writer).output().expect("its end");
        succeeds(&output);
        assert!(output.stderr.is_empty(), "{}", said(&output));
    }
}

#[test]
fn failures_have_sendmail_s_exit_codes_and_one_line() {
    let post = Post::open();
    let fails = |command: &mut Command, input: &str, code: i32| {
        let output = fed(command, input);
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        assert_eq!(String::from_utf8_lossy(&output.stderr).trim_end().lines().count(), 1, "{}", said(&output));
    };
    let help = said(&fed(&mut sendmail(&post, &["--help"]), ""));
    assert!(["64 invalid", "69 refused", "75 server"].iter().all(|code| help.contains(code)), "{help}");
    fails(&mut sendmail(&post, &["-t"]), "Subject: x\n\nto nobody\n", 64);
    fails(&mut sendmail(&post, &["-bp"]), "", 64);
    fails(&mut sendmail(&post, &["-f", "\"a\r\nX-Evil: yes\"@x.test", "a@x.test"]), "\nx\n", 64);
    fails(&mut sendmail(&post, &["not an@address"]), "\nx\n", 69);
    fails(&mut sendmail(&post, &["Kim <>"]), "\nx\n", 69);
    fails(sendmail(&post, &["a@x.test"]).env("GATEPOST_INBOX__SMTP_ADDRESS", "127.0.0.1:1"), "\nx\n", 75);
    assert!(post.mail().is_empty());
    fails(&mut sendmail(&post, &["bad<", "good@x.test"]), "To: good@x.test\n\nx\n", 69);
    assert_eq!(post.mail()[0]["to"], serde_json::json!(["good@x.test"]));
}

#[test]
fn a_message_that_is_too_large_has_its_own_exit_code() {
    let post = Post::with("max_message_size = \"1KiB\"");
    let output = fed(&mut sendmail(&post, &["a@x.test"]), &format!("\n{}\n", "x".repeat(2_000)));
    assert_eq!(output.status.code(), Some(65), "{}", said(&output));
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_size_limit_fails_the_message_but_not_the_server() {
    let folder = Folder::new("");
    let serve = folder.command(&["serve"]);
    let mut limited = Command::new("bash");
    limited.args(["-c", "ulimit -f 2000; exec \"$0\" serve"]).arg(serve.get_program()).current_dir(folder.path());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let process = Process::start(limited).expect("gatepost serve under a limit");
    let sent = |input: &str| {
        let mut command = folder.command(&["sendmail", "a@x.test"]);
        fed(command.env("GATEPOST_INBOX__SMTP_ADDRESS", process.smtp()), input)
    };
    // Random text, which compression cannot make small.
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{state:016x}\n")
    });
    let large = sent(&format!("\n{}", noise.take(400_000).collect::<String>()));
    assert_eq!(large.status.code(), Some(75), "{}", said(&large));
    succeeds(&sent("\nsmall\n"));
}

#[test]
fn a_server_without_a_port_is_wrong_use() {
    let post = Post::open();
    for server in ["localhost", "localhost:", "localhost:0", "localhost:smtp"] {
        let output = fed(&mut sendmail(&post, &["-S", server, "a@x.test"]), "Subject: x\n\nhello\n");
        assert_eq!(output.status.code(), Some(64), "{}", said(&output));
        assert!(said(&output).contains("expected HOST:PORT"), "{}", said(&output));
    }
}

#[test]
fn a_message_without_a_sender_has_the_name_of_the_user_who_runs_the_command() {
    let post = Post::open();
    let command = |arguments: &[&str]| {
        let mut command = sendmail(&post, arguments);
        command.env_remove("LOGNAME").env_remove("USER");
        command
    };
    let id = |flag: &str| {
        let output = Command::new("id").arg(flag).output().expect("id runs");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    succeeds(&fed(&mut command(&["a@x.test"]), "Subject: by the system\n\nhello\n"));
    let expected = format!("{}@localhost", if id("-un").is_empty() { id("-u") } else { id("-un") });
    assert_eq!(post.mail()[0]["from"], expected.as_str());
    // A service of a container often has a user without a name.
    let server = post.server.smtp();
    let without_name = |arguments: &[&str]| {
        let mut command = command(arguments);
        command.current_dir("/").uid(4242);
        command
    };
    // Only root may start a command as another user, who must be able to read the program.
    if without_name(&["--help"]).output().is_ok_and(|output| output.status.success()) {
        let mut sent = without_name(&["-S", &server, "a@x.test"]);
        succeeds(&fed(&mut sent, "Subject: by number\n\nhello\n"));
        assert_eq!(post.mail()[1]["from"], "4242@localhost");
    }
}
