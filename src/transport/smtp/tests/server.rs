//! A server that follows a plan: what to do at each stage, other than what SMTP asks for.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio_rustls::TlsAcceptor;

use crate::mail::{Address, Envelope, Mail};
use crate::secret::Secret;
use crate::transport::smtp::settings::Timeouts;
use crate::transport::smtp::{Asked, Security, Settings, Smtp};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum At {
    Greeting,
    Hello,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// After 354, before the content is read.
    Content,
    Dot,
    Quit,
}

#[derive(Clone, Debug)]
pub enum Does {
    /// What SMTP asks for.
    Nothing,
    Hang,
    Close,
    Say(&'static str),
    /// Waits for the test, then behaves.
    Wait(Arc<Notify>),
    /// Bytes without end.
    Flood,
}

#[derive(Clone, Default)]
pub struct Plan {
    /// Used up one by one, over all connections; then the stage behaves.
    pub at: HashMap<At, VecDeque<Does>>,
    pub extensions: Vec<&'static str>,
    /// Connections beyond these are turned away.
    pub at_once: Option<usize>,
    /// What AUTH LOGIN asks, when it is not what most servers do.
    pub prompts: Option<[&'static str; 2]>,
    /// Replies leave byte by byte.
    pub bytewise: bool,
    pub acceptor: Option<TlsAcceptor>,
    pub implicit: bool,
}

#[derive(Clone)]
pub struct Server {
    pub port: u16,
    state: Arc<State>,
}

struct State {
    plan: Mutex<Plan>,
    lines: Mutex<Vec<String>>,
    mails: Mutex<Vec<String>>,
    connections: Mutex<usize>,
    open: AtomicUsize,
    waiting: watch::Sender<usize>,
}

pub const EXTENSIONS: [&str; 4] = ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE 100000"];

impl Plan {
    pub fn ordinary() -> Self {
        Plan { extensions: EXTENSIONS.to_vec(), ..Plan::default() }
    }

    pub fn with(mut self, at: At, does: &[Does]) -> Self {
        self.at.insert(at, does.iter().cloned().collect());
        self
    }
}

impl Server {
    pub async fn start(plan: Plan) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = State {
            plan: Mutex::new(plan),
            lines: Mutex::default(),
            mails: Mutex::default(),
            connections: Mutex::default(),
            open: AtomicUsize::default(),
            waiting: watch::Sender::new(0),
        };
        let server = Server { port, state: Arc::new(state) };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *serving.state.connections.lock().unwrap() += 1;
                let serving = serving.clone();
                tokio::spawn(async move {
                    serving.admit(stream).await;
                    serving.state.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        server
    }

    pub fn settings(&self) -> Settings {
        let asked = Asked {
            host: "127.0.0.1".into(),
            port: Some(self.port),
            security: Some(Security::None),
            ..Asked::default()
        };
        Settings { timeouts: quick(), ..Settings::new(asked).unwrap() }
    }

    pub fn with_login(&self) -> Settings {
        let asked = Asked {
            host: "127.0.0.1".into(),
            port: Some(self.port),
            security: Some(Security::None),
            username: "kim".into(),
            password: Secret::new("correct horse".into()),
            ..Asked::default()
        };
        Settings { timeouts: quick(), ..Settings::new(asked).unwrap() }
    }

    pub fn transport(&self) -> Smtp {
        Smtp::new(self.settings())
    }

    pub fn mails(&self) -> Vec<String> {
        self.state.mails.lock().unwrap().clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.state.lines.lock().unwrap().clone()
    }

    /// Until a client stands where the plan hangs or waits.
    pub async fn somebody_waits(&self) {
        self.state.waiting.subscribe().wait_for(|waiting| *waiting > 0).await.unwrap();
    }

    /// Until each client that waited has its reply, on its side of the connection.
    pub async fn nobody_waits(&self) {
        self.state.waiting.subscribe().wait_for(|waiting| *waiting == 0).await.unwrap();
    }

    pub fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }

    fn plan(&self) -> Plan {
        self.state.plan.lock().unwrap().clone()
    }

    fn next(&self, at: At) -> Does {
        let mut plan = self.state.plan.lock().unwrap();
        plan.at.get_mut(&at).and_then(VecDeque::pop_front).unwrap_or(Does::Nothing)
    }

    async fn admit(&self, stream: TcpStream) -> Option<()> {
        let open = self.state.open.fetch_add(1, Ordering::SeqCst);
        if self.plan().at_once.is_some_and(|most| open >= most) {
            return self.say(&mut BufReader::new(stream), "421 4.7.0 too many concurrent connections").await;
        }
        self.connection(stream).await
    }

    async fn connection(&self, stream: TcpStream) -> Option<()> {
        let plan = self.plan();
        match plan.acceptor.clone().filter(|_| plan.implicit) {
            Some(acceptor) => {
                let stream = acceptor.accept(stream).await.ok()?;
                self.talk(BufReader::new(stream), true).await.map(drop)
            }
            None => {
                let stream = self.talk(BufReader::new(stream), true).await??;
                let stream = plan.acceptor?.accept(stream).await.ok()?;
                self.talk(BufReader::new(stream), false).await.map(drop)
            }
        }
    }

    /// `Some(Some(stream))` when TLS is to start.
    async fn talk<S: AsyncRead + AsyncWrite + Unpin>(&self, mut io: BufReader<S>, greet: bool) -> Option<Option<S>> {
        if greet {
            self.answer(&mut io, At::Greeting, "220 test ESMTP").await?;
        }
        loop {
            let mut line = String::new();
            if io.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_owned();
            self.state.lines.lock().unwrap().push(line.clone());
            match line.split(' ').next().unwrap_or_default() {
                "EHLO" => {
                    let offered = self.plan().extensions.iter().map(|e| format!("250-{e}\r\n")).collect::<String>();
                    self.answer(&mut io, At::Hello, &format!("250-test\r\n{offered}250 HELP")).await?;
                }
                "STARTTLS" => {
                    self.answer(&mut io, At::StartTls, "220 go").await?;
                    return Some(Some(io.into_inner()));
                }
                "AUTH" => self.auth(&mut io, &line).await?,
                "MAIL" => drop(self.answer(&mut io, At::Mail, "250 sender ok").await?),
                "RCPT" => drop(self.answer(&mut io, At::Rcpt, "250 recipient ok").await?),
                "DATA" => {
                    if self.answer(&mut io, At::Data, "354 go on").await? {
                        self.content(&mut io).await?;
                    }
                }
                "RSET" => self.say(&mut io, "250 reset").await?,
                _ => drop(self.answer(&mut io, At::Quit, "221 bye").await?),
            }
        }
    }

    async fn auth<S: AsyncRead + AsyncWrite + Unpin>(&self, io: &mut BufReader<S>, line: &str) -> Option<()> {
        let prompts = self.plan().prompts.unwrap_or(["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"]);
        let challenges: &[&str] = match line.split(' ').nth(1) {
            Some("LOGIN") => &prompts,
            Some("CRAM-MD5") => &["334 PDE4OTYuNjk3QHRlc3Q+"],
            _ => &[],
        };
        for challenge in challenges {
            self.say(io, challenge).await?;
            let mut answer = String::new();
            io.read_line(&mut answer).await.ok()?;
            self.state.lines.lock().unwrap().push(answer.trim_end().to_owned());
        }
        self.answer(io, At::Auth, "235 welcome").await.map(drop)
    }

    async fn content<S: AsyncRead + AsyncWrite + Unpin>(&self, io: &mut BufReader<S>) -> Option<()> {
        self.answer(io, At::Content, "").await?;
        let mut content = Vec::new();
        while !content.ends_with(b"\r\n.\r\n") {
            if io.read_until(b'\n', &mut content).await.ok()? == 0 {
                return None;
            }
        }
        self.state.mails.lock().unwrap().push(String::from_utf8_lossy(&content).into_owned());
        self.answer(io, At::Dot, "250 2.0.0 Ok: queued as 4D2F11A").await.map(drop)
    }

    /// Whether the stage went as SMTP asks for; `None` ends the connection.
    async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        io: &mut BufReader<S>,
        at: At,
        otherwise: &str,
    ) -> Option<bool> {
        match self.next(at) {
            Does::Nothing => self.say(io, otherwise).await.map(|()| true),
            Does::Say(words) => self.say(io, words).await.map(|()| words.starts_with("354")),
            Does::Wait(gate) => {
                self.state.waiting.send_modify(|waiting| *waiting += 1);
                gate.notified().await;
                let said = self.say(io, otherwise).await.map(|()| true);
                self.state.waiting.send_modify(|waiting| *waiting -= 1);
                said
            }
            Does::Close => None,
            Does::Hang => {
                self.state.waiting.send_modify(|waiting| *waiting += 1);
                std::future::pending::<()>().await;
                None
            }
            Does::Flood => loop {
                io.write_all(&[b'2'; 64 * 1024]).await.ok()?;
            },
        }
    }

    async fn say<S: AsyncRead + AsyncWrite + Unpin>(&self, io: &mut BufReader<S>, words: &str) -> Option<()> {
        if words.is_empty() {
            return Some(());
        }
        let line = format!("{words}\r\n");
        if self.plan().bytewise {
            for byte in line.bytes() {
                io.write_all(&[byte]).await.ok()?;
                io.flush().await.ok()?;
                tokio::task::yield_now().await;
            }
        } else {
            io.write_all(line.as_bytes()).await.ok()?;
        }
        io.flush().await.ok()
    }
}

/// Long enough for a loaded machine, short enough to wait for.
pub fn quick() -> Timeouts {
    let second = Duration::from_millis(700);
    let silence = Duration::from_millis(100);
    Timeouts { connect: second, hello: second, silence, command: second, block: second, verdict: second }
}

pub fn mail(to: &[&str]) -> Mail {
    Mail {
        id: "018f".into(),
        purpose: None,
        envelope: Envelope {
            from: Some(Address::parse("no-reply@example.com").unwrap()),
            to: to.iter().map(|to| Address::parse(to).unwrap()).collect(),
        },
        message_id: "018f.1@example.com".into(),
        bytes: b"Subject: hello\r\n\r\n.a line that begins with a dot\r\n".to_vec(),
    }
}
