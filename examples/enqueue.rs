//! Renders an email of the folder `site/`, enqueues it in the outbox of Gatepost and prints its id; `gatepost serve`
//! delivers it: `cargo run --example enqueue -- sqlite:data/gatepost.db kim@example.org welcome_back nickname=Kim`

use std::collections::BTreeMap;
use std::error::Error;

use gatepost::clock::Clock;
use gatepost::i18n::Locale;
use gatepost::post::{Draft, Mailbox, Outbox, open_site_folder};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    gatepost::install_crypto();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, to, template, variables @ ..] = arguments.as_slice() else {
        return Err("usage: enqueue DATABASE TO TEMPLATE [KEY=VALUE]…".into());
    };
    let values: BTreeMap<&str, &str> = variables.iter().filter_map(|pair| pair.split_once('=')).collect();
    let emails = open_site_folder("site".as_ref(), "Forum")?;
    let email = emails.render(template, Locale::Ko, &values)?;

    let (from, to) = ("Forum <forum@example.com>".parse()?, vec![to.parse::<Mailbox>()?]);
    let now = Clock::system().now();
    // From, Date and Message-ID are those of the delivery; these here are not used.
    let mut message = Draft::new(from, to, &email.subject, &email.body.text, now, "unused@example.com");
    message.html = email.body.html;
    let outbox = Outbox::open(database).await?;
    println!("{}", outbox.enqueue(&message).await?);
    outbox.close().await;
    Ok(())
}
