//! Behaviour without a working dependency: a database that is locked or full, a mail server that does not respond.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};
use crate::support::process::{Folder, Process};

on_both_databases! {
    a_signup_does_not_wait_for_the_mail_server_and_its_email_is_sent_after_the_recovery,
    a_permanently_rejected_recipient_delays_no_other_email,
    a_full_database_gets_a_readable_error_stores_nothing_and_recovers,
    requests_beyond_the_hash_queue_get_503_with_retry_after,
}

async fn a_signup_does_not_wait_for_the_mail_server_and_its_email_is_sent_after_the_recovery(engine: Engine) {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr()).expect("a free port").port();
    let settings = format!(
        "[default.mail]\ntransport = \"smtp\"\n[default.mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\""
    );
    let app = App::on(engine).settings(&settings).start().await;
    let began = Instant::now();
    let page = app.visitor().sign_up("patient@example.com", PASSWORD).await;
    assert_eq!((page.status, page.location()), (303, "/verify"));
    assert!(began.elapsed() < Duration::from_secs(2), "the response does not wait for delivery: {:?}", began.elapsed());
    app.running().drain().await;
    let ready = app.visitor().get("/readyz").await;
    assert_eq!(ready.status, 200, "logins work without the mail server");

    let back = format!("[global.inbox]\nsmtp_address = \"127.0.0.1:{port}\"");
    let target = App::on(Engine::Sqlite).settings(&back).start().await;
    assert_eq!(target.smtp().port(), port);
    for _ in 0..12 {
        app.advance(Duration::from_secs(600));
        app.running().drain().await;
        if !target.emails("patient@example.com").await.is_empty() {
            break;
        }
    }
    let emails = target.emails("patient@example.com").await;
    assert_eq!(emails.len(), 1);
    let link = emails[0].link();
    let confirmed = app.visitor().post(&link, &[("password", PASSWORD)]).await;
    assert_eq!(confirmed.location(), "/login", "the link's lifetime began with the delivery");
    app.advance(Duration::from_secs(3_600));
    app.running().drain().await;
    let verify = |email: &&crate::support::app::CapturedEmail| email.text().contains("/verify/");
    assert_eq!(target.emails("patient@example.com").await.iter().filter(verify).count(), 1, "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_locked_writes_get_503_and_nothing_is_partly_written() {
    let app = App::start(Engine::Sqlite).await;
    let url = format!("sqlite:{}", app.folder().join("data/gatepost.db").display());
    let mut other = sqlx::SqliteConnection::connect(&url).await.expect("the same file");
    other.execute("begin immediate").await.expect("the lock");
    let visitor = app.visitor();
    assert_eq!(visitor.get("/login").await.status, 200, "reads still work");
    let signup = visitor.sign_up("locked@example.com", PASSWORD);
    let login = app.visitor();
    let (signup, login) = futures::future::join(signup, login.log_in("locked@example.com", PASSWORD)).await;
    for page in [signup, login] {
        assert_eq!(page.status, 503, "{}", page.text());
        assert!(!page.header("retry-after").is_empty());
        assert!(page.text().contains("<h1"), "a page");
    }
    other.execute("rollback").await.expect("a rollback");
    assert!(app.emails("locked@example.com").await.is_empty(), "nothing was enqueued");
    assert_eq!(visitor.sign_up("locked@example.com", PASSWORD).await.status, 303);
    assert_eq!(app.confirm(&visitor, "locked@example.com").await.location(), "/login");
}

/// The triggers fail the last statement of each transaction, after other statements have been executed.
async fn a_full_database_gets_a_readable_error_stores_nothing_and_recovers(engine: Engine) {
    let app = App::start(engine).await;
    let member = app.member("member@example.com").await;
    let mut database = app.database().await;
    let (fill, free): (&[&str], &[&str]) = match engine {
        Engine::Sqlite => (
            &["create trigger disk before insert on outbox begin select raise(abort, 'database or disk is full'); end"],
            &["drop trigger disk"],
        ),
        Engine::Postgres => (
            &[
                "create function disk() returns trigger language plpgsql as \
                 $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$",
                "create trigger disk before insert on outbox for each row execute function disk()",
            ],
            &["drop trigger disk on outbox", "drop function disk"],
        ),
    };
    for statement in fill {
        database.execute(*statement).await.expect("a failing outbox");
    }
    let forms: [(&str, &[(&str, &str)]); 4] = [
        ("/signup", &[("email", "new@example.com"), ("password", PASSWORD)]),
        ("/password/forgot", &[("email", "member@example.com")]),
        ("/account/email", &[("email", "new@example.com"), ("current_password", PASSWORD)]),
        ("/account/password", &[("current_password", PASSWORD), ("password", "a fresh long password")]),
    ];
    for (path, fields) in forms {
        let page = member.post(path, fields).await;
        assert_eq!(page.status, 503, "{path}: {}", page.text());
        assert!(!page.header("retry-after").is_empty() && page.text().contains("<h1"), "{path}: a page");
    }
    assert_eq!(member.get("/account").await.status, 200, "reads still work");
    for (table, rows) in [("signups", 0), ("links where used_at is null", 0), ("sessions", 1), ("users", 1)] {
        let count = sqlx::query(AssertSqlSafe(format!("select count(*) as rows from {table}")));
        let count: i64 = count.fetch_one(&mut database).await.expect("a count").get("rows");
        assert_eq!(count, rows, "{table}: partly written");
    }
    for statement in free {
        database.execute(*statement).await.expect("a working outbox");
    }
    assert_eq!(app.visitor().log_in("member@example.com", PASSWORD).await.status, 303, "the password is unchanged");
    app.advance(Duration::from_secs(90));
    let visitor = app.visitor();
    assert_eq!(visitor.sign_up("new@example.com", PASSWORD).await.status, 303);
    assert_eq!(app.confirm(&visitor, "new@example.com").await.location(), "/login");
}

/// A file size limit on the process simulates a full disk. The signal that comes with the limit is ignored, since a
/// full disk sends none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_gets_a_readable_error_stores_nothing_and_recovers() {
    let folder = Folder::new("");
    let serve = folder.command(&["serve"]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(serve.get_program()).args(serve.get_args());
    command.current_dir(folder.path()).stdin(Stdio::null());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let process = Process::start(command).unwrap_or_else(|output| panic!("{output}"));
    let may_write_up_to = |bytes: &str| {
        let limit = [format!("--pid={}", process.id()), format!("--fsize={bytes}:")];
        assert!(Command::new("prlimit").args(limit).status().expect("prlimit runs").success());
    };
    assert_eq!(process.visitor().sign_up("before@example.com", PASSWORD).await.status, 303);
    may_write_up_to("4096");
    for _ in 0..10 {
        for page in [
            process.visitor().sign_up("during@example.com", PASSWORD).await,
            process.visitor().log_in("before@example.com", PASSWORD).await,
        ] {
            assert_eq!(page.status, 503, "{}\n{}", page.text(), process.printed());
            assert!(!page.header("retry-after").is_empty() && page.text().contains("<h1"), "a page");
        }
    }
    assert_eq!(process.visitor().get("/login").await.status, 200, "reads still work");
    may_write_up_to("unlimited");
    let mut visitor = process.visitor();
    // The server recovers within the stated wait, without a restart.
    for _ in 0..20 {
        visitor = process.visitor();
        if visitor.sign_up("after@example.com", PASSWORD).await.status == 303 {
            break;
        }
    }
    let found = visitor.get("/dev/inbox/api/v1/wait?query=to%3A%22after@example.com%22&timeout=60s").await;
    assert_eq!(found.status, 200, "a signup and its email:\n{}", process.printed());
    let mail = folder.run(&["mail", "list", "--json"]);
    let mail = String::from_utf8_lossy(&mail.stdout);
    assert!(mail.contains("after@example.com") && !mail.contains("during@example.com"), "{mail}");
}

async fn requests_beyond_the_hash_queue_get_503_with_retry_after(engine: Engine) {
    let limits = "[default.accounts.limits]\nsignups_per_client = \"off\"\nemails_per_client = \"off\"";
    let app = App::on(engine).settings(limits).hash_queue(1).start().await;
    let visitors: Vec<_> = (0..16).map(|_| app.visitor()).collect();
    let addresses: Vec<String> = (0..16).map(|n| format!("n{n}@example.com")).collect();
    let signups = visitors.iter().zip(&addresses).map(|(visitor, address)| visitor.sign_up(address, PASSWORD));
    let pages = futures::future::join_all(signups).await;
    let taken = pages.iter().filter(|page| page.status == 303).count();
    assert!((1..16).contains(&taken), "{:?}", pages.iter().map(|page| page.status).collect::<Vec<_>>());
    for page in pages.iter().filter(|page| page.status != 303) {
        assert_eq!(page.status, 503, "{}", page.text());
        assert!(page.header("retry-after").parse::<u64>().is_ok_and(|wait| wait > 0));
        assert!(page.text().contains("<h1") && page.set_cookie("gatepost-signup").is_none());
    }
    let mut database = app.database().await;
    let count = sqlx::query("select count(*) as rows from signups").fetch_one(&mut database).await.expect("a count");
    assert_eq!(usize::try_from(count.get::<i64, _>("rows")), Ok(taken), "nothing of the rejected signups");
    assert_eq!(app.visitor().sign_up("later@example.com", PASSWORD).await.status, 303, "the queue has drained");
}

async fn a_permanently_rejected_recipient_delays_no_other_email(engine: Engine) {
    let target = App::start(Engine::Sqlite).await;
    let rules = serde_json::json!({ "rules": [{
        "match": { "recipient": "bad@example.com" },
        "action": { "reply": { "stage": "rcpt", "code": 550, "text": "5.1.1 no such mailbox" } },
    }] });
    let faults = target.visitor().request(reqwest::Method::PUT, "/dev/inbox/api/v1/faults").json(&rules);
    assert_eq!(target.visitor().send(faults).await.status, 200);
    let port = target.smtp().port();
    let settings = format!(
        "[default.mail]\ntransport = \"smtp\"\nfrom = \"a@example.com\"\n[default.mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\""
    );
    let app = App::on(engine).settings(&settings).start().await;
    for address in ["bad@example.com", "good@example.com", "bad@example.com", "fine@example.com"] {
        assert_eq!(app.visitor().sign_up(address, PASSWORD).await.status, 303);
    }
    app.running().drain().await;
    for address in ["good@example.com", "fine@example.com"] {
        assert_eq!(target.emails(address).await.len(), 1, "{address}: at the first attempt");
    }
    let dead = app.command(&["mail", "list", "--state", "dead", "--json"]);
    let dead: serde_json::Value = serde_json::from_slice(&dead.stdout).expect("JSON");
    let dead = dead.as_array().expect("an array");
    assert!(!dead.is_empty() && dead.iter().all(|mail| mail["to"][0] == "bad@example.com" && mail["attempts"] == 1));
    assert_eq!(app.visitor().get("/readyz").await.json()["status"], "ready", "the transport is healthy");
}
