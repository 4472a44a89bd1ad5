//! When what Gatepost stands on is away: a database that somebody locks, a mail server that does not answer.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use sqlx::{Connection as _, Executor as _};

use crate::support::app::{App, Engine, PASSWORD, on_both_databases};

on_both_databases! {
    a_signup_does_not_wait_for_a_mail_server_and_its_letter_goes_out_when_that_is_back,
}

async fn a_signup_does_not_wait_for_a_mail_server_and_its_letter_goes_out_when_that_is_back(engine: Engine) {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr()).expect("a free port").port();
    let settings = format!(
        "[default.mail]\ntransport = \"smtp\"\n[default.mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\""
    );
    let app = App::on(engine).settings(&settings).start().await;
    let began = Instant::now();
    let page = app.visitor().sign_up("patient@example.com", PASSWORD).await;
    assert_eq!((page.status, page.location()), (303, "/verify"));
    assert!(began.elapsed() < Duration::from_secs(10), "nothing waits for the mail: {:?}", began.elapsed());
    app.running().drain().await;
    let ready = app.visitor().get("/readyz").await;
    assert_eq!(ready.status, 200, "logins do not fall with mail");

    let back = format!("[global.inbox]\nsmtp_address = \"127.0.0.1:{port}\"");
    let target = App::on(Engine::Sqlite).settings(&back).start().await;
    assert_eq!(target.smtp().port(), port);
    for _ in 0..12 {
        app.advance(Duration::from_secs(600));
        app.running().drain().await;
        if !target.letters("patient@example.com").await.is_empty() {
            break;
        }
    }
    let letters = target.letters("patient@example.com").await;
    assert_eq!(letters.len(), 1);
    let link = letters[0].link();
    let confirmed = app.visitor().post(&link, &[("password", PASSWORD)]).await;
    assert_eq!(confirmed.location(), "/login", "the link's life began with the letter");
    app.advance(Duration::from_secs(3_600));
    app.running().drain().await;
    let verify = |letter: &&crate::support::app::Letter| letter.text().contains("/verify/");
    assert_eq!(target.letters("patient@example.com").await.iter().filter(verify).count(), 1, "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_locked_pages_say_when_to_come_back_and_nothing_is_half_written() {
    let app = App::start(Engine::Sqlite).await;
    let url = format!("sqlite:{}", app.folder().join("data/gatepost.db").display());
    let mut other = sqlx::SqliteConnection::connect(&url).await.expect("the same file");
    other.execute("begin immediate").await.expect("the lock");
    let visitor = app.visitor();
    assert_eq!(visitor.get("/login").await.status, 200, "reading goes on");
    let signup = visitor.sign_up("locked@example.com", PASSWORD);
    let login = app.visitor();
    let (signup, login) = futures::future::join(signup, login.log_in("locked@example.com", PASSWORD)).await;
    for page in [signup, login] {
        assert_eq!(page.status, 503, "{}", page.text());
        assert!(!page.header("retry-after").is_empty());
        assert!(page.text().contains("<h1"), "a page");
    }
    other.execute("rollback").await.expect("the lock given back");
    assert!(app.letters("locked@example.com").await.is_empty(), "nothing was promised");
    assert_eq!(visitor.sign_up("locked@example.com", PASSWORD).await.status, 303);
    assert_eq!(app.confirm(&visitor, "locked@example.com").await.location(), "/login");
}
