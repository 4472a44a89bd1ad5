//! A server that follows a plan: for each stage of the dialogue, what it does instead of a normal reply.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::BufReader;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio_rustls::TlsAcceptor;

use crate::mail::{Address, Envelope, Message};
use crate::secret::Secret;
use crate::transport::smtp::settings::{SmtpLogin, Timeouts};
use crate::transport::smtp::{Security, Settings, Smtp, SmtpOptions};

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
    /// Replies normally.
    Nothing,
    Hang,
    Close,
    Say(&'static str),
    /// Sends bytes as they are.
    Send(&'static [u8]),
    /// Sends bytes as they are, and closes the connection.
    End(&'static [u8]),
    /// Waits for the test, then replies normally.
    Wait(Arc<Notify>),
    /// Sends bytes as they are, and closes the connection at once, whatever the client is sending.
    Cut(&'static [u8]),
    /// Sends bytes without end.
    Flood,
}

#[derive(Clone, Default)]
pub struct Plan {
    /// Used one by one, across all connections; after that the stage replies normally.
    pub at: HashMap<At, VecDeque<Does>>,
    pub extensions: Vec<&'static str>,
    /// The most connections at once; others are rejected with 421.
    pub at_once: Option<usize>,
    /// The prompts of AUTH LOGIN, if they are unusual.
    pub prompts: Option<[&'static str; 2]>,
    /// Replies are sent byte by byte.
    pub bytewise: bool,
    /// A HELO server: EHLO is unknown.
    pub old: bool,
    pub acceptor: Option<TlsAcceptor>,
    pub implicit: bool,
}

#[derive(Clone)]
pub struct Server {
    pub port: u16,
    pub(super) state: Arc<State>,
}

/// What the server has received, and its connections.
pub(super) struct State {
    plan: Mutex<Plan>,
    pub(super) lines: Mutex<Vec<String>>,
    pub(super) mails: Mutex<Vec<String>>,
    connections: Mutex<usize>,
    open: AtomicUsize,
    /// How many clients the plan holds at `Hang` or `Wait`.
    pub(super) waiting: watch::Sender<usize>,
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
        let asked = SmtpOptions {
            host: "127.0.0.1".into(),
            port: Some(self.port),
            security: Some(Security::None),
            ..SmtpOptions::default()
        };
        Settings { timeouts: quick(), ..Settings::new(asked).unwrap() }
    }

    pub fn with_login(&self) -> Settings {
        let login = SmtpLogin { username: "kim".into(), password: Secret::new("correct horse".into()) };
        Settings { login: Some(login), ..self.settings() }
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

    /// Waits until the plan holds a client at `Hang` or `Wait`.
    pub async fn until_held(&self) {
        self.state.waiting.subscribe().wait_for(|waiting| *waiting > 0).await.unwrap();
    }

    /// Waits until the reply of each held client is written to its connection.
    pub async fn until_released(&self) {
        self.state.waiting.subscribe().wait_for(|waiting| *waiting == 0).await.unwrap();
    }

    pub fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }

    pub(super) fn plan(&self) -> Plan {
        self.state.plan.lock().unwrap().clone()
    }

    pub(super) fn next(&self, at: At) -> Does {
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
}

/// Timeouts that are long enough for a loaded machine and short enough for a test.
pub fn quick() -> Timeouts {
    let second = Duration::from_millis(700);
    let silence = Duration::from_millis(100);
    Timeouts { connect: second, hello: second, silence, command: second, block: second, termination: second }
}

pub fn mail(to: &[&str]) -> Message {
    Message {
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
