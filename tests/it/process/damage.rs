//! A damaged file of the inbox.

use crate::support::process::Folder;

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_inbox_is_off_with_a_clear_line_and_the_accounts_work() {
    let folder = Folder::new("");
    folder.write("data/inbox.db", &"This is no database. ".repeat(1_000));
    let server = folder.serve();
    server.prints("the inbox is off: its file is damaged", 1);
    assert!(server.printed().contains("inbox.db") && !server.printed().contains("smtp://"), "{}", server.printed());
    let visitor = server.visitor();
    assert_eq!(visitor.sign_up("kim@example.com", "correct horse battery").await.status, 303);
    assert_eq!(visitor.get("/login").await.status, 200);
    assert_eq!(visitor.get("/dev/inbox").await.status, 404);
    // The email of the signup waits until the file is replaced.
    assert_eq!(server.terminate().0.code(), Some(0));
    std::fs::remove_file(folder.path().join("data/inbox.db")).expect("the damaged file");
    let server = folder.serve();
    let found = server.visitor().get("/dev/inbox/api/v1/wait?query=to:kim&timeout=60s").await;
    assert_eq!(found.status, 200, "{}", found.text());
}
