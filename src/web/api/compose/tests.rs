//! Tests of the messages that POST /send builds.

use super::*;

use crate::mail::parse::ParsedMessage;

fn composed(json: serde_json::Value) -> Result<(SendRequest, ParsedMessage), String> {
    let json = json.to_string();
    let fields = SendFields::read(json.as_bytes()).unwrap();
    let message = prepare(&fields, Time::from_millis(0), "id").and_then(PreparedSend::write);
    let message = message.map_err(|error| error.to_string())?;
    let parsed = ParsedMessage::read(&message.bytes);
    Ok((message, parsed))
}

#[test]
fn the_message_contains_every_property_of_the_request() {
    let (message, parsed) = composed(serde_json::json!({
        "From": {"Email": "a@example.com", "Name": "Ä, \"B\""},
        "To": [{"Email": "b@example.com", "Name": "B"}, {"Email": "c@example.com"}],
        "CC": [{"email": "d@example.com"}], "Bcc": ["e@example.com"],
        "ReplyTo": [{"Email": "r@example.com"}],
        "Subject": "안녕하세요", "Text": "hello", "HTML": "<b>hello</b><img src=cid:x>",
        "Attachments": [
            {"Content": "data:text/plain;base64,aGk=", "Filename": "hi.txt"},
            {"Content": "aGk=", "Filename": "x.png", "ContentType": "image/png", "ContentID": "x"},
            {"Content": "iVBORw0KGgo=", "Filename": "note.txt"},
        ],
        "Headers": {"X-Custom": "één", "Message-ID": "<own@id>"}, "Tags": ["one", "two words"],
    }))
    .unwrap();
    assert_eq!(message.from, "a@example.com");
    assert_eq!(message.recipients, ["b@example.com", "c@example.com", "d@example.com", "e@example.com"]);
    assert_eq!((parsed.from.name.as_str(), parsed.subject.as_str()), ("Ä, \"B\"", "안녕하세요"));
    assert_eq!((parsed.text.trim(), parsed.html.trim()), ("hello", "<b>hello</b><img src=cid:x>"));
    assert_eq!(parsed.attachments[0].file_name, "hi.txt");
    assert_eq!(parsed.attachments[0].content_type, "text/plain");
    assert_eq!(parsed.attachments[1].content_type, "image/png");
    assert_eq!(parsed.inline[0].content_id, "x");
    assert_eq!(ParsedMessage::decoded(parsed.header("X-Custom").unwrap()), "één");
    assert_eq!(parsed.header("X-Tags").unwrap(), "one, two words");
    let ids = parsed.headers.iter().filter(|header| header.name == "Message-Id").map(|header| header.value.as_str());
    assert_eq!(ids.collect::<Vec<_>>(), ["<own@id>"]);
}

#[test]
fn texts_and_attachments_keep_every_byte() {
    let long = "long ".repeat(300);
    for text in [
        "a\nb",
        "a\nb\n",
        "\n\na\n\n",
        "a\r\nb\r\n",
        "a\rb",
        "a\r\nb\nc\r",
        " a \n\tb\t\n ",
        "한글\nété\n",
        "한\r\n글",
        "=\n=3D\n",
        ".\n..\nFrom x\n--b\n",
        &long,
        "\0\u{7f}\n",
    ] {
        let (message, parsed) = composed(serde_json::json!({
            "From": {"Email": "a@example.com"}, "To": [{"Email": "b@example.com"}], "Text": text, "HTML": text,
            "Attachments": [{"Content": STANDARD.encode(text), "Filename": "x.txt", "ContentType": "text/plain"}],
        }))
        .unwrap();
        assert_eq!((parsed.text.as_str(), parsed.html.as_str()), (text, text));
        assert_eq!(parsed.attachments[0].decoded(&message.bytes), text.as_bytes());
        let (_, parsed) = composed(serde_json::json!({
            "From": {"Email": "a@example.com"}, "To": [{"Email": "b@example.com"}], "HTML": text,
        }))
        .unwrap();
        assert_eq!(parsed.html, text);
    }
}

#[test]
fn every_address_that_the_smtp_server_accepts_is_valid() {
    let (message, parsed) = composed(serde_json::json!({
        "From": {"Email": "\"quo ted\"@d.test"},
        "To": [{"Email": "c@[127.0.0.1]", "Name": "C"}, {"Email": "kim@my_service"}], "Bcc": ["kim@한국.한국"],
    }))
    .unwrap();
    assert_eq!(message.from, "\"quo ted\"@d.test");
    assert_eq!(message.recipients, ["c@[127.0.0.1]", "kim@my_service", "kim@xn--3e0b707e.xn--3e0b707e"]);
    assert_eq!(parsed.from.address, message.from);
    assert_eq!(parsed.to.iter().map(|to| &*to.address).collect::<Vec<_>>(), ["c@[127.0.0.1]", "kim@my_service"]);
}

#[test]
fn the_error_names_the_invalid_field() {
    let base = serde_json::json!({"From": {"Email": "a@example.com"}, "To": [{"Email": "b@example.com"}]});
    for (name, value, error) in [
        ("From", serde_json::json!({}), "invalid From address: "),
        ("To", serde_json::json!([{"Email": "b"}]), "invalid To address: b"),
        ("Cc", serde_json::json!([{"Email": "c@"}]), "invalid Cc address: c@"),
        ("Bcc", serde_json::json!(["d"]), "invalid Bcc address: d"),
        ("ReplyTo", serde_json::json!([{"Email": "e"}]), "invalid Reply-To address: e"),
        ("Headers", serde_json::json!({"Subject": "x"}), "cannot overwrite header: \"Subject\""),
        ("Headers", serde_json::json!({"X: y\r\nBcc": "x"}), "invalid header: "),
        ("To", serde_json::json!([]), "error building message: no recipients"),
        (
            "Attachments",
            serde_json::json!([{"Content": "%", "Filename": "x"}]),
            "error decoding base64 attachment \"x\": ",
        ),
    ] {
        let mut json = base.clone();
        json[name] = value;
        let found = composed(json).err().unwrap_or_default();
        assert!(found.starts_with(error), "{name}: {found}");
    }
}

#[test]
fn a_line_end_in_a_field_adds_no_header() {
    let (_, parsed) = composed(serde_json::json!({
        "From": {"Email": "a@example.com", "Name": "x\r\nBcc: y@example.com"},
        "To": [{"Email": "b@example.com"}],
        "Subject": "x\r\nX-Evil: 1",
        "Headers": {"X-A": "1\r\nX-Evil: 2"},
        "Tags": ["a\r\nX-Evil: 3"],
        "Attachments": [{"Content": "", "Filename": "a\r\nX-Evil: 4", "ContentType": "text/plain\r\nX-Evil: 5"}],
    }))
    .unwrap();
    assert!(parsed.header("X-Evil").is_none() && parsed.header("Bcc").is_none());
}
