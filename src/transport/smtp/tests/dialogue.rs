//! The dialogue of the scripted server on one connection.

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::server::{At, Does, Server};

impl Server {
    pub(super) async fn connection(&self, stream: TcpStream) -> Option<()> {
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

    /// Serves commands until the client closes. Returns `Some(Some(stream))` when TLS is to start.
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
                "EHLO" if self.plan().old => self.say(&mut io, "502 5.5.2 unknown command").await?,
                "HELO" => drop(self.answer(&mut io, At::Hello, "250 test").await?),
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
        while content != b".\r\n" && !content.ends_with(b"\r\n.\r\n") {
            if io.read_until(b'\n', &mut content).await.ok()? == 0 {
                return None;
            }
        }
        if content == b".\r\n" {
            return self.say(io, "554 5.5.1 no valid recipients").await;
        }
        self.state.mails.lock().unwrap().push(String::from_utf8_lossy(&content).into_owned());
        self.answer(io, At::Dot, "250 2.0.0 Ok: queued as 4D2F11A").await.map(drop)
    }

    /// Replies as the plan says; true if the stage was accepted. `None` ends the connection.
    async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        io: &mut BufReader<S>,
        at: At,
        otherwise: &str,
    ) -> Option<bool> {
        match self.next(at) {
            Does::Nothing => self.say(io, otherwise).await.map(|()| true),
            Does::Say(line) => self.say(io, line).await.map(|()| line.starts_with("354")),
            Does::Wait(gate) => {
                self.state.waiting.send_modify(|waiting| *waiting += 1);
                gate.notified().await;
                let said = self.say(io, otherwise).await.map(|()| true);
                self.state.waiting.send_modify(|waiting| *waiting -= 1);
                said
            }
            Does::Send(bytes) => {
                io.write_all(bytes).await.ok()?;
                io.flush().await.ok().map(|()| false)
            }
            Does::End(bytes) => {
                io.write_all(bytes).await.ok()?;
                io.shutdown().await.ok()?;
                // Until the client has read it: closing at once could discard what it has sent, and with it the reply.
                while io.read_line(&mut String::new()).await.is_ok_and(|size| size > 0) {}
                None
            }
            Does::Cut(bytes) => {
                io.write_all(bytes).await.ok()?;
                io.flush().await.ok()?;
                None
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

    /// Sends one line; nothing if it is empty.
    pub(super) async fn say<S>(&self, io: &mut BufReader<S>, line: &str) -> Option<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if line.is_empty() {
            return Some(());
        }
        let line = format!("{line}\r\n");
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
