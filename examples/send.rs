//! Sends one message with attachments through an SMTP server and prints the receipt:
//! `cargo run --example send -- 127.0.0.1 1025 kim@example.org photo.png`

use std::error::Error;

use gatepost::clock::Clock;
use gatepost::post::{Attachment, Draft, Mailbox, Security, Settings, Smtp, SmtpOptions, Transport};
use gatepost::random::Entropy;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    gatepost::install_crypto();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, to, files @ ..] = arguments.as_slice() else {
        return Err("usage: send HOST PORT TO [FILE]…".into());
    };
    let now = Clock::system().now();
    let from: Mailbox = "Forum <forum@example.com>".parse()?;
    let to = vec![to.parse::<Mailbox>()?];
    let message_id = format!("{}@example.com", Entropy::system().id(now));
    let mut message = Draft::new(from, to, "환영합니다", "가입을 환영합니다.\n", now, &message_id);
    message.html = Some("<p>가입을 <strong>환영합니다</strong>.</p>".to_owned());
    for file in files {
        message.attachments.push(Attachment::new(file, std::fs::read(file)?));
    }
    let security = Some(Security::None);
    let options = SmtpOptions { host: host.clone(), port: Some(port.parse()?), security, ..SmtpOptions::default() };
    let receipt = Smtp::new(Settings::new(options)?).deliver(&message.build()?).await?;
    println!("{}", receipt.reply);
    Ok(())
}
