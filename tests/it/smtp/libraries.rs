//! Client libraries and programs with only host and port set, as in their own documentation, against a server with
//! default settings. The received message must equal the sent one. The programs are in `tests/clients/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::programs::{fed, program, succeeds};
use crate::support::process::{Folder, Process, tools};
use crate::support::source::ROOT;

const SUBJECT: &str = "Order 42: grüße und 안녕하세요";
const TEXT: &str = "Hello 길동,\n.a line that starts with a dot\n\nBye\n";
const HTML: &str = r#"<p>Hello <b>길동</b>, <a href="https://shop.test/?a=1&amp;b=2">look</a></p>"#;
const FILE: &str = "invoice.bin";

/// A capture server and a file to attach.
pub(super) struct CaptureServer {
    folder: Folder,
    process: Process,
}

/// What a client sends besides subject, addresses and text.
enum With {
    HtmlAndFile,
    File,
    Nothing,
}

impl CaptureServer {
    pub(super) fn start(inbox: &str) -> Self {
        let folder = Folder::new(&format!("[debug.inbox]\n{inbox}"));
        std::fs::write(folder.path().join(FILE), attachment()).expect("a file to attach");
        let process = folder.serve();
        CaptureServer { folder, process }
    }

    pub(super) fn process(&self) -> &Process {
        &self.process
    }

    fn port(&self) -> String {
        self.process.smtp().rsplit_once(':').expect("a port").1.to_owned()
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    /// The command `interpreter client HOST PORT FILE`, if the interpreter is installed.
    pub(super) fn client(&self, interpreter: impl AsRef<Path>, client: &str) -> Option<Command> {
        let mut command = program(interpreter)?;
        let script = Path::new(ROOT).join("tests/clients").join(client);
        command.arg(script).args(["127.0.0.1", &self.port()]).arg(self.file());
        Some(command)
    }

    pub(super) fn python(&self, client: &str) -> Option<Command> {
        let mut python = self.client(tools().join("venv/bin/python"), client)?;
        python.env("PYTHONDONTWRITEBYTECODE", "1");
        Some(python)
    }

    pub(super) fn nodemailer(&self) -> Option<Command> {
        let packages = tools().join("node");
        program(packages.join("node_modules/nodemailer/package.json"))?;
        let mut node = self.client("node", "nodemailer.mjs")?;
        node.arg(packages);
        Some(node)
    }

    /// The Go client. It needs only the standard library, and the settings forbid downloads.
    pub(super) fn go(&self) -> Option<Command> {
        let mut go = program("go")?;
        go.args(["run", "main.go", "127.0.0.1", &self.port()]).arg(self.file());
        go.current_dir(Path::new(ROOT).join("tests/clients/go"));
        let settings = [("GO111MODULE", "off"), ("GOFLAGS", ""), ("GOTOOLCHAIN", "local"), ("GOPROXY", "off")];
        let (cache, path) = (tools().join("go-cache"), self.folder.path().join("go"));
        go.envs(settings).env("GOCACHE", cache).env("GOPATH", path);
        Some(go)
    }

    async fn json(&self, path: &str) -> Value {
        let page = self.process.visitor().get(&format!("/dev/inbox/api/v1/{path}")).await;
        assert_eq!(page.status, 200, "{path}: {}\n{}", page.text(), self.process.printed());
        page.json()
    }

    /// Runs the client and compares the received message with the one that every client sends.
    async fn assert_receives(&self, mut client: Command, with: With) -> Value {
        succeeds(&client.output().expect("the client runs"));
        assert_eq!(self.json("messages").await["total"], 1);
        let message = self.json("message/latest").await;
        let (html, files) = match with {
            With::HtmlAndFile => (HTML, 1),
            With::File => ("", 1),
            With::Nothing => ("", 0),
        };
        assert_eq!(message["Subject"], SUBJECT);
        assert_eq!(message["From"], json!({"Name": "Jörg Sender", "Address": "from@client.test"}));
        assert_eq!(message["To"], json!([{"Name": "Recipient", "Address": "to@client.test"}]));
        assert_eq!(lines(&message["Text"]), TEXT.trim_end());
        assert_eq!(lines(&message["HTML"]), html);
        assert_eq!(message["Attachments"].as_array().map(Vec::len), Some(files), "{message}");
        if files > 0 {
            self.compare_file(&message).await;
        }
        message
    }

    async fn compare_file(&self, message: &Value) {
        let attached = &message["Attachments"][0];
        assert_eq!(attached["FileName"], FILE);
        let (id, part) = (message["ID"].as_str().expect("an id"), attached["PartID"].as_str().expect("a part"));
        let page = self.process.visitor().get(&format!("/dev/inbox/api/v1/message/{id}/part/{part}")).await;
        assert!(page.body == attachment(), "{} bytes of {}", page.body.len(), attachment().len());
    }
}

/// Every byte value, in lines of various lengths, and some lines that look like the end of a message.
fn attachment() -> Vec<u8> {
    let all = (0..=255_u8).cycle().take(5_000);
    all.chain(*b"\r\n.\r\n..\n.\nFrom here\r").collect()
}

/// The text without CR and trailing line breaks: SMTP ends every line with CR LF, clients may add a line break at the
/// end, and Ruby's mail 2.7.1 encodes the CR and adds another.
fn lines(text: &Value) -> String {
    text.as_str().unwrap_or_default().replace('\r', "").trim_end().to_owned()
}

/// A complete message with a file, for programs that send a prepared message.
fn raw() -> String {
    let file: Vec<u8> = attachment();
    let file = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, file);
    let file = file.as_bytes().chunks(76).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n");
    format!(
        "From: =?utf-8?q?J=C3=B6rg_Sender?= <from@client.test>\nTo: Recipient <to@client.test>\n\
         Subject: {SUBJECT}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\nContent-Type: text/plain; charset=utf-8\n\n{TEXT}\n\
         --b\nContent-Type: text/html; charset=utf-8\n\n{HTML}\n\
         --b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename={FILE}\n\
         Content-Transfer-Encoding: base64\n\n{file}\n--b--\n"
    )
}

#[tokio::test]
async fn django_sends_its_message() {
    let server = CaptureServer::start("");
    let Some(django) = server.python("django_mail.py") else { return };
    let message = server.assert_receives(django, With::HtmlAndFile).await;
    assert_eq!(message["Bcc"], json!([{"Name": "", "Address": "blind@client.test"}]));
}

#[tokio::test]
async fn pythons_smtplib_sends_its_message() {
    let server = CaptureServer::start("");
    let Some(python) = server.python("smtplib_mail.py") else { return };
    server.assert_receives(python, With::HtmlAndFile).await;
}

#[tokio::test]
async fn aiosmtplib_sends_its_message() {
    let server = CaptureServer::start("");
    let Some(python) = server.python("aiosmtplib_mail.py") else { return };
    server.assert_receives(python, With::HtmlAndFile).await;
}

#[tokio::test]
async fn nodemailer_sends_its_message() {
    let server = CaptureServer::start("");
    let Some(node) = server.nodemailer() else { return };
    server.assert_receives(node, With::HtmlAndFile).await;
}

#[tokio::test]
async fn phpmailer_sends_its_message() {
    let server = CaptureServer::start("");
    let Some(php) = server.client("php", "phpmailer.php") else { return };
    server.assert_receives(php, With::HtmlAndFile).await;
}

#[tokio::test]
async fn symfony_mailer_sends_its_message() {
    let server = CaptureServer::start("");
    let Some(php) = server.client("php", "symfony.php") else { return };
    server.assert_receives(php, With::HtmlAndFile).await;
}

#[tokio::test]
async fn phps_mail_function_sends_through_gatepost_sendmail() {
    let server = CaptureServer::start("");
    let Some(mut php) = program("php") else { return };
    let sendmail = format!("{} sendmail -t -i -S 127.0.0.1:{}", env!("CARGO_BIN_EXE_gatepost"), server.port());
    php.arg("-d").arg(format!("sendmail_path={sendmail}")).arg(Path::new(ROOT).join("tests/clients/mail.php"));
    server.assert_receives(php, With::Nothing).await;
}

#[tokio::test]
async fn rubys_mail_sends_its_message() {
    let server = CaptureServer::start("");
    let Some(ruby) = server.client("ruby", "ruby_mail.rb") else { return };
    server.assert_receives(ruby, With::HtmlAndFile).await;
}

#[tokio::test]
async fn perls_email_sender_sends_its_message() {
    let server = CaptureServer::start("");
    let Some(perl) = server.client("perl", "perl_email_sender.pl") else { return };
    server.assert_receives(perl, With::HtmlAndFile).await;
}

#[tokio::test]
async fn perls_net_smtp_sends_its_message() {
    let server = CaptureServer::start("");
    let Some(perl) = server.client("perl", "perl_net_smtp.pl") else { return };
    server.assert_receives(perl, With::Nothing).await;
}

#[tokio::test]
async fn gos_net_smtp_sends_its_message() {
    let server = CaptureServer::start("");
    let Some(go) = server.go() else { return };
    server.assert_receives(go, With::HtmlAndFile).await;
}

#[tokio::test]
async fn sendemail_sends_its_message() {
    let server = CaptureServer::start("");
    let Some(mut sendemail) = program("sendemail") else { return };
    sendemail.args(["-f", "Jörg Sender <from@client.test>", "-t", "Recipient <to@client.test>", "-u", SUBJECT]);
    // sendemail leaves the dot-stuffing of RFC 5321 §4.5.2 to its caller.
    let text = TEXT.replace("\n.", "\n..");
    sendemail.args(["-s", &server.process.smtp(), "-o", "message-charset=utf-8", "-m", &text, "-a"]).arg(server.file());
    server.assert_receives(sendemail, With::File).await;
}

#[tokio::test]
async fn swaks_sends_its_message() {
    let server = CaptureServer::start("");
    let Some(mut swaks) = program("swaks") else { return };
    swaks.args(["--server", &server.process.smtp(), "--from", "from@client.test", "--to", "to@client.test"]);
    swaks.args(["--header", "From: Jörg Sender <from@client.test>", "--header", "To: Recipient <to@client.test>"]);
    swaks.args(["--header", &format!("Subject: {SUBJECT}"), "--body", TEXT]);
    swaks.arg("--attach-name").arg(FILE).arg("--attach").arg(format!("@{}", server.file().display()));
    server.assert_receives(swaks, With::File).await;
}

#[tokio::test]
async fn curl_sends_a_prepared_message() {
    let server = CaptureServer::start("");
    let Some(mut curl) = program("curl") else { return };
    let path = server.folder.path().join("message.eml");
    std::fs::write(&path, raw().replace('\n', "\r\n")).expect("a message");
    let url = format!("smtp://{}", server.process.smtp());
    curl.args(["-sS", &url, "--mail-from", "from@client.test", "--mail-rcpt", "to@client.test", "--upload-file"]);
    curl.arg(path);
    server.assert_receives(curl, With::HtmlAndFile).await;
}

#[tokio::test]
async fn msmtp_sends_a_prepared_message() {
    let server = CaptureServer::start("");
    let Some(mut msmtp) = program("msmtp") else { return };
    msmtp.args(["--host=127.0.0.1", &format!("--port={}", server.port()), "--read-envelope-from", "-t"]);
    succeeds(&fed(&mut msmtp, &raw()));
    server.assert_receives(Command::new("true"), With::HtmlAndFile).await;
}
