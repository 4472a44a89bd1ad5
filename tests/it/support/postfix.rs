//! Postfix on loopback with its own configuration, queue and data folder. It needs root; `bin/setup` installs it.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::authority::Identity;
use super::port;

pub const USER: &str = "kim";
pub const PASSWORD: &str = "korrekt & horse 배터리";
/// The only address that [`USER`] may send from.
pub const FROM: &str = "no-reply@example.com";
const TIMEOUT: Duration = Duration::from_secs(30);

/// Ports of the services; all but the last three require a login.
pub struct Ports {
    pub starttls: u16,
    pub tls: u16,
    /// As `starttls`, with one login mechanism each.
    pub login_only: u16,
    pub cram_only: u16,
    /// Offers no login and accepts mail for example.org only.
    pub relay: u16,
    /// As `relay`, but they reject the client's address and its name in EHLO, at RCPT.
    pub no_clients: u16,
    pub no_helo: u16,
}

pub struct Postfix {
    folder: tempfile::TempDir,
    pub ports: Ports,
    /// Stops Postfix when its standard input closes, so that Postfix does not outlive the test process.
    keeper: Child,
}

impl Postfix {
    /// Starts Postfix. Returns `None`, with a note, if it cannot run; in CI that is a failure.
    pub fn start(identity: &Identity) -> Option<Self> {
        let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0\n"));
        if !root || !Path::new("/usr/sbin/postfix").exists() {
            assert!(std::env::var_os("CI").is_none(), "Postfix needs root and bin/setup");
            eprintln!("not tested: Postfix needs root, and bin/setup installs it");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let [starttls, tls, login_only, cram_only, relay, no_clients, no_helo] = port::free();
        let ports = Ports { starttls, tls, login_only, cram_only, relay, no_clients, no_helo };
        configure(folder.path(), &ports, identity);
        let script = "postfix -c \"$0\" start >&2 && echo started; cat >&2; postfix -c \"$0\" stop >&2";
        let mut keeper = Command::new("sh")
            .args(["-c", script])
            .arg(folder.path().join("conf"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let postfix = Postfix { folder, ports, keeper };
        assert_eq!(line, "started\n", "{}", postfix.log());
        Some(postfix)
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The messages in the mailbox, one copy per recipient, as soon as there are `count`.
    pub fn mail(&self, count: usize) -> Vec<Vec<u8>> {
        let started = Instant::now();
        loop {
            let mut files: Vec<PathBuf> = std::fs::read_dir(self.folder.path().join("mail/box/new"))
                .map(|files| files.map(|file| file.unwrap().path()).collect())
                .unwrap_or_default();
            files.sort();
            if files.len() >= count {
                assert_eq!(files.len(), count, "{}", self.log());
                return files.iter().map(|file| std::fs::read(file).unwrap()).collect();
            }
            assert!(started.elapsed() < TIMEOUT, "{} of {count} arrived:\n{}", files.len(), self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn configure(folder: &Path, ports: &Ports, identity: &Identity) {
    let open = |path: &Path| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    for (name, owner) in [("conf/sasl", "root"), ("queue", "root"), ("data", "postfix"), ("mail", "nobody")] {
        let path = folder.join(name);
        std::fs::create_dir_all(&path).unwrap();
        open(&path);
        run(Command::new("chown").arg(owner).arg(&path));
    }
    open(folder);
    // The processes of Postfix run as another user, who cannot read the test's folder.
    for (from, to) in [(&identity.certificate, "cert.pem"), (&identity.key, "key.pem")] {
        std::fs::copy(from, folder.join(to)).unwrap();
    }
    for (name, mechanisms) in [("smtpd", "PLAIN LOGIN"), ("login", "LOGIN"), ("cram", "CRAM-MD5")] {
        let text = format!(
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {}\nmech_list: {mechanisms}\n",
            folder.join("sasldb2").display()
        );
        std::fs::write(folder.join(format!("conf/sasl/{name}.conf")), text).unwrap();
    }
    let passwd = format!("printf %s '{PASSWORD}' | saslpasswd2 -p -c -f sasldb2 -u mail.test {USER}");
    run(Command::new("sh").args(["-c", &passwd]).current_dir(folder));
    run(Command::new("chown").arg("postfix").arg(folder.join("sasldb2")));
    std::fs::write(folder.join("conf/main.cf"), main_cf(folder)).unwrap();
    std::fs::write(folder.join("conf/master.cf"), master_cf(ports)).unwrap();
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn main_cf(folder: &Path) -> String {
    format!(
        "compatibility_level = 3.6
queue_directory = {0}/queue
data_directory = {0}/data
maillog_file = {0}/log
maillog_file_prefixes = {0}
myhostname = mail.test
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
smtputf8_enable = yes
message_size_limit = 300000
virtual_mailbox_domains = example.org, xn--3e0b707e.example
virtual_mailbox_base = {0}/mail
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_tls_cert_file = {0}/cert.pem
smtpd_tls_key_file = {0}/key.pem
smtpd_tls_security_level = encrypt
smtpd_sasl_auth_enable = yes
smtpd_sender_login_maps = inline:{{{{{FROM} = {USER}}}}}
smtpd_sender_restrictions = reject_sender_login_mismatch
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{{{later@example.org = 450 4.2.1 Mailbox busy}}, \
         {{nobody@example.org = 550 5.1.1 No such user}}}}, permit_sasl_authenticated, reject
",
        folder.display()
    )
}

fn master_cf(ports: &Ports) -> String {
    let service = |port: u16, options: &str| format!("127.0.0.1:{port} inet n - n - - smtpd {options}\n");
    let relay = "-o smtpd_sasl_auth_enable=no -o smtpd_sender_restrictions= -o smtpd_recipient_restrictions= \
                 -o smtpd_relay_restrictions=reject_unauth_destination";
    [
        service(ports.starttls, ""),
        service(ports.tls, "-o smtpd_tls_wrappermode=yes"),
        service(ports.login_only, "-o smtpd_sasl_path=login"),
        service(ports.cram_only, "-o smtpd_sasl_path=cram"),
        service(ports.relay, relay),
        service(ports.no_clients, &format!("{relay} -o smtpd_client_restrictions=reject")),
        service(ports.no_helo, &format!("{relay} -o smtpd_helo_restrictions=reject")),
        "cleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\ntlsmgr unix - - n 1000? 1 tlsmgr\n".to_owned(),
        "rewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\n"
            .to_owned(),
        "trace unix - - n - 0 bounce\nvirtual unix - n n - - virtual\nanvil unix - - n - 1 anvil\n".to_owned(),
        "proxymap unix - - n - - proxymap\npostlog unix-dgram n - n - 1 postlogd\n".to_owned(),
    ]
    .concat()
}
