//! The real program in a folder of its own: started, waited for by what it prints, killed.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::visitor::Visitor;

/// How long a start or stop may take on a busy machine before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder with a Rocket.toml, in which `gatepost` is run; several processes may share it.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// `toml` goes to the debug profile: free ports unless it says otherwise.
    pub fn new(toml: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let this = Folder(folder);
        this.write("Rocket.toml", toml);
        this
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("its folder is made");
        std::fs::write(path, text).expect("a file is written");
    }

    /// `gatepost ARGUMENTS` with a clean environment: only what the test adds configures it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatepost"));
        command.current_dir(self.path()).args(arguments).stdin(Stdio::null());
        let inherited = std::env::vars_os().map(|(name, _)| name);
        for name in inherited.filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("GATEPOST_") || name.starts_with("ROCKET_")
        }) {
            command.env_remove(name);
        }
        // Free ports, so that tests run beside each other and beside a developer's own server.
        command.env("ROCKET_PORT", "0").env("GATEPOST_INBOX__SMTP_ADDRESS", "127.0.0.1:0");
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("gatepost runs")
    }

    /// Starts `gatepost serve` and waits until it says that it listens.
    pub fn serve(&self) -> Process {
        Process::start(self.command(&["serve"])).unwrap_or_else(|said| panic!("gatepost serve did not start:\n{said}"))
    }
}

/// A running `gatepost serve`; killed when dropped.
pub struct Process {
    child: Child,
    /// Address of the site, as in `http://127.0.0.1:8000`.
    pub http: String,
    said: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Spawns the command and waits for its `listening http://…` line.
    ///
    /// # Errors
    /// What it printed, when it ended or stayed silent.
    pub fn start(mut command: Command) -> Result<Self, String> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("gatepost runs");
        let said = Arc::new(Mutex::new(String::new()));
        let readers = vec![
            collect(child.stdout.take().expect("its output"), said.clone()),
            collect(child.stderr.take().expect("its errors"), said.clone()),
        ];
        let mut process = Process { child, http: String::new(), said, readers };
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let printed = process.printed();
            if let Some(http) = listening(&printed, "http://") {
                process.http = format!("http://{http}");
                return Ok(process);
            }
            if process.child.try_wait().expect("its state").is_some() {
                process.readers.drain(..).for_each(|reader| reader.join().expect("its output is read"));
                return Err(process.printed());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(process.printed())
    }

    /// Address of the capture server, as in `127.0.0.1:1025`.
    pub fn smtp(&self) -> String {
        self.listens("smtp://")
    }

    /// Address of the first listener of a scheme, `smtps://` or `lmtp://`.
    pub fn listens(&self, scheme: &str) -> String {
        let started = Instant::now();
        loop {
            match listening(&self.printed(), scheme) {
                Some(address) => return address,
                None => assert!(started.elapsed() < PATIENCE, "no {scheme} listener:\n{}", self.printed()),
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.http)
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Standard output and standard error so far.
    pub fn printed(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it has printed this many lines with the text, and answers with all of them so far.
    ///
    /// # Panics
    /// When they do not come.
    pub fn prints(&self, text: &str, lines: usize) -> Vec<String> {
        let started = Instant::now();
        loop {
            let printed = self.printed();
            let found: Vec<String> = printed.lines().filter(|line| line.contains(text)).map(str::to_owned).collect();
            if found.len() >= lines {
                return found;
            }
            assert!(started.elapsed() < PATIENCE, "not {lines} times {text:?}:\n{printed}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub fn kill(mut self) {
        self.child.kill().expect("a running process");
        self.child.wait().expect("its end");
    }

    /// SIGTERM, as an init system stops it; what it ends with, and all it printed.
    pub fn terminate(mut self) -> (ExitStatus, String) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let status = self.wait();
        self.readers.drain(..).for_each(|reader| reader.join().expect("its output is read"));
        (status, self.printed())
    }

    /// # Panics
    /// When it does not end in time.
    pub fn wait(&mut self) -> ExitStatus {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("it did not end within {PATIENCE:?}; it said:\n{}", self.printed());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(stream: impl Read + Send + 'static, said: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_str(&line);
            said.push('\n');
        }
    })
}

fn listening(printed: &str, scheme: &str) -> Option<String> {
    let mut lines = printed.lines().filter_map(|line| line.strip_prefix("listening ")?.strip_prefix(scheme));
    lines.next().map(str::to_owned)
}

/// The folder bin/setup filled with Python and npm packages.
pub fn tools() -> PathBuf {
    let given = std::env::var_os("TEST_TOOLS").map(PathBuf::from);
    given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-tools"))
}
