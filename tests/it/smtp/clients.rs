//! Real clients, each with every protocol and security mode that it supports.

use super::programs::{Post, fed, program, said, succeeds};
use crate::support::process::tools;

const MESSAGE: &str =
    "From: Sender <from@client.test>\r\nTo: to@client.test\r\nSubject: by a client\r\n\r\nhello\r\n.dot\r\n";

#[test]
fn curl_sends_without_tls_with_starttls_and_with_implicit_tls() {
    for (scheme, options) in
        [("smtp://", &["--user", "any:thing"][..]), ("smtp://", &["--ssl-reqd", "-k"]), ("smtps://", &["-k"])]
    {
        let Some(mut curl) = program("curl") else { return };
        let post = Post::open();
        let url = format!("{scheme}{}", post.server.listens(scheme));
        let sent =
            curl.args(["-sS", "--url", &url, "--mail-from", "from@client.test", "--mail-rcpt", "to@client.test"]);
        succeeds(&fed(sent.args(options).args(["-T", "-"]), MESSAGE));
        post.holds_only("from@client.test", "by a client", "to@client.test");
        assert!(post.source().ends_with("\r\n\r\nhello\r\n.dot\r\n"), "{}", post.source());
    }
}

#[test]
fn an_http_request_to_the_smtp_port_sends_no_message() {
    let Some(mut curl) = program("curl") else { return };
    let post = Post::open();
    let output =
        curl.args(["-sS", "--http0.9", "-d", "MAIL FROM:<a@b.c>", &format!("http://{}/", post.server.smtp())]).output();
    assert!(!said(&output.expect("curl runs")).contains("250"));
    assert!(post.mail().is_empty());
}

#[test]
fn swaks_sends_with_every_mechanism_pipelining_tls_and_lmtp() {
    let post = Post::with("smtp_users = [\"ann:first\"]");
    for options in [
        &["--auth", "PLAIN"][..],
        &["--auth", "LOGIN", "--tls"],
        &["--auth", "CRAM-MD5", "--pipeline"],
        &["--auth", "PLAIN", "--tls-on-connect"],
        &["--auth", "PLAIN", "--protocol", "LMTP"],
    ] {
        let Some(mut swaks) = program("swaks") else { return };
        let scheme = match (options.contains(&"--tls-on-connect"), options.contains(&"LMTP")) {
            (true, _) => "smtps://",
            (_, true) => "lmtp://",
            _ => "smtp://",
        };
        swaks.args(["--server", &post.server.listens(scheme), "--from", "f@client.test", "--to", "t@client.test"]);
        let output = swaks.args(["--auth-user", "ann", "--auth-password", "first"]).args(options).output();
        succeeds(&output.expect("swaks runs"));
    }
    assert_eq!(post.mail().len(), 5);
    let Some(mut swaks) = program("swaks") else { return };
    swaks.args(["--server", &post.server.smtp(), "--from", "f@client.test", "--to", "t@client.test"]);
    let output = swaks.args(["--auth-user", "ann", "--auth-password", "guess"]).output().expect("swaks runs");
    assert!(!output.status.success() && said(&output).contains("535 5.7.8"), "{}", said(&output));
}

#[test]
fn msmtp_sends_with_starttls() {
    let Some(mut msmtp) = program("msmtp") else { return };
    let post = Post::open();
    let port = format!("--port={}", post.port());
    msmtp.args(["--host=127.0.0.1", &port, "--tls=on", "--tls-starttls=on", "--tls-certcheck=off"]);
    succeeds(&fed(
        msmtp.args(["--auth=plain", "--user=x", "--passwordeval=echo y", "--read-envelope-from", "-t"]),
        MESSAGE,
    ));
    post.holds_only("from@client.test", "by a client", "to@client.test");
}

#[test]
fn openssl_reaches_the_session_through_starttls_and_tls() {
    for (scheme, options) in
        [("smtp://", &["-starttls", "smtp"][..]), ("smtps://", &[]), ("lmtp://", &["-starttls", "lmtp"])]
    {
        let Some(mut openssl) = program("openssl") else { return };
        let post = Post::open();
        let server = post.server.listens(scheme);
        openssl.args(["s_client", "-connect", &server, "-quiet", "-crlf", "-verify_quiet"]).args(options);
        let hello = if scheme == "lmtp://" { "LHLO" } else { "EHLO" };
        let output = fed(&mut openssl, &format!("{hello} me\nNOOP\nQUIT\n"));
        let said = said(&output);
        assert!(said.contains("250 2.0.0 Ok") && said.contains("221 2.0.0"), "{scheme} {said}");
    }
}

const SMTPLIB: &str = r#"
import email.message, smtplib, ssl, sys
host, port, smtps, lmtp = sys.argv[1], *map(int, sys.argv[2:])
message = "From: from@client.test\nTo: to@client.test\nSubject: by a client\n\n.dot\n".replace("\n", "\r\n")
trust = ssl._create_unverified_context()
def deliver(client, login, to=["to@client.test", "blind@client.test"]):
    if login: client.login("any", "thing")
    assert client.sendmail("from@client.test", to, message) == {}
    client.rset()
    try: client.sendmail("no one", ["to@client.test"], message); raise SystemExit("553 was expected")
    except smtplib.SMTPSenderRefused as refused: assert refused.smtp_code == 553, refused
    client.quit()
deliver(smtplib.SMTP(host, port), False)
client = smtplib.SMTP(host, port); client.starttls(context=trust); deliver(client, True)
deliver(smtplib.SMTP_SSL(host, smtps, context=trust), True)
deliver(smtplib.LMTP(host, lmtp), False, ["to@client.test"]) # reads one reply, however many recipients
client = smtplib.SMTP(host, port); client.ehlo(); client.user, client.password = "any", "thing"
assert client.auth("CRAM-MD5", client.auth_cram_md5)[0] == 235
unicode = email.message.EmailMessage(); unicode["From"], unicode["To"] = "보낸이 <from@client.test>", "길동@client.test"
client.send_message(unicode, from_addr="from@client.test", to_addrs=["길동@client.test"])
client.quit()
"#;

#[test]
fn pythons_smtplib_sends_in_every_mode() {
    let Some(mut python) = program(tools().join("venv/bin/python")) else { return };
    let post = Post::open();
    let ports = ["smtp://", "smtps://", "lmtp://"].map(|scheme| {
        let address = post.server.listens(scheme);
        address.rsplit_once(':').expect("a port").1.to_owned()
    });
    succeeds(&python.args(["-c", SMTPLIB, "127.0.0.1"]).args(ports).output().expect("python runs"));
    assert_eq!(post.mail().len(), 5);
}

const NODEMAILER: &str = r#"
const nodemailer = (await import("nodemailer")).default;
const [port, smtps, lmtp] = process.argv.slice(2).map(Number);
const message = {from: "from@client.test", to: "to@client.test", bcc: "blind@client.test", subject: "by a client",
  text: ".dot\nhello 안녕", attachments: [{filename: "a.bin", content: Buffer.alloc(200000, 7)}],
  dsn: {id: "x", return: "headers", notify: ["failure", "delay"], recipient: "from@client.test"}};
const tls = {rejectUnauthorized: false}, auth = {user: "any", pass: "thing"}, host = "127.0.0.1";
for (const options of [{port, ignoreTLS: true}, {port, auth, tls, requireTLS: true}, {port: smtps, secure: true, auth, tls}, {port: lmtp, lmtp: true, tls},
                       {port, pool: true, maxConnections: 1, authMethod: "CRAM-MD5", auth, tls}]) {
  const transport = nodemailer.createTransport({host, ...options});
  const {accepted, response} = await transport.sendMail(message);
  if (accepted.length !== 2 || !/queued as \S+$/.test(response)) throw new Error(response);
  transport.close();
}
"#;

#[test]
fn nodemailer_sends_in_every_mode() {
    let Some(mut node) = program("node") else { return };
    if program(tools().join("node/node_modules/nodemailer/package.json")).is_none() {
        return;
    }
    let post = Post::open();
    let script = tools().join("node").join(format!("nodemailer-{}.mjs", std::process::id()));
    std::fs::write(&script, NODEMAILER).expect("a script");
    let ports = ["smtp://", "smtps://", "lmtp://"].map(|scheme| {
        let address = post.server.listens(scheme);
        address.rsplit_once(':').expect("a port").1.to_owned()
    });
    let output = node.arg(&script).args(ports).output().expect("node runs");
    std::fs::remove_file(&script).expect("the script is deleted");
    succeeds(&output);
    assert_eq!(post.mail().len(), 5);
}
