//! Checks of multipart bodies and messages for the Google stub.

/// Splits a `multipart/related` body into its two parts, metadata and message.
pub fn parts(body: &[u8], boundary: &str) -> Result<(Vec<u8>, Vec<u8>), String> {
    let mark = format!("--{boundary}");
    let at = positions(body, mark.as_bytes());
    if at.len() != 3 {
        return Err(format!("{} boundaries instead of three", at.len()));
    }
    let closing = body.get(at[2] + mark.len()..).unwrap_or_default();
    if !closing.starts_with(b"--") || !closing[2..].trim_ascii().is_empty() {
        return Err("no closing boundary at the end".to_owned());
    }
    let part = |from: usize, to: usize| body[from + mark.len() + 2..to].strip_suffix(b"\r\n").unwrap_or_default();
    let metadata = content(part(at[0], at[1]), "application/json")?;
    let mail = content(part(at[1], at[2]), "message/rfc822")?;
    Ok((metadata, mail))
}

fn content(part: &[u8], kind: &str) -> Result<Vec<u8>, String> {
    let end = *positions(part, b"\r\n\r\n").first().ok_or("a part without headers")?;
    let headers = String::from_utf8_lossy(&part[..end]).to_ascii_lowercase();
    if !headers.contains(&format!("content-type: {kind}")) {
        return Err(format!("a part {headers:?} instead of {kind}"));
    }
    Ok(part[end + 4..].to_vec())
}

fn positions(text: &[u8], what: &[u8]) -> Vec<usize> {
    text.windows(what.len()).enumerate().filter(|(_, window)| *window == what).map(|(at, _)| at).collect()
}

/// Checks a message (RFC 5322): CR LF, 7-bit, lines of at most 998 bytes, each required field once.
pub fn validate(raw: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(raw).map_err(|_| "not 7-bit")?;
    if !text.is_ascii() {
        return Err("not 7-bit".to_owned());
    }
    let count = |end: &str| text.matches(end).count();
    if count("\r\n") != count("\r") || count("\r\n") != count("\n") {
        return Err("a bare CR or LF".to_owned());
    }
    if let Some(line) = text.split("\r\n").find(|line| line.len() > 998) {
        return Err(format!("a line of {} characters", line.len()));
    }
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let count = |name: &str| head.lines().filter(|l| l.to_ascii_lowercase().starts_with(&format!("{name}:"))).count();
    for name in ["from", "date", "message-id", "subject", "mime-version"] {
        if count(name) != 1 {
            return Err(format!("{} {name} fields (base64 instead of raw bytes?)", count(name)));
        }
    }
    if count("to") + count("cc") + count("bcc") == 0 {
        return Err("no recipient field".to_owned());
    }
    Ok(())
}
