//! Reads form bodies (urlencoded and multipart) strictly and within limits. The domain validates the values.

use rocket::Request;
use rocket::data::{Data, FromData, Outcome};
use rocket::http::Status;

use super::body::{BadBody, read_body};

/// The maximum body size in bytes. All forms are far smaller.
const MAX_BODY: u64 = 64 * 1024;
/// The maximum number of fields. Further fields are ignored.
const MAX_FIELDS: usize = 64;

/// The submitted fields, including unknown ones.
#[derive(Debug, Default)]
pub struct FormFields(Vec<(String, String)>);

impl FormFields {
    /// Returns the first value of `name`; empty if it was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// True if `name` was sent.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// True if a checkbox is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        !matches!(self.get(name), "" | "0" | "false" | "off")
    }

    /// Parses `name=value&…`; `None` if the decoded text is not UTF-8.
    fn parse(body: &[u8]) -> Option<Self> {
        let pairs = body.split(|b| *b == b'&').filter(|pair| !pair.is_empty()).take(MAX_FIELDS);
        let field = |pair: &[u8]| {
            let end = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
            let (name, value) = pair.split_at(end);
            Some((decode(name)?, decode(value.strip_prefix(b"=").unwrap_or(value))?))
        };
        pairs.map(field).collect::<Option<_>>().map(FormFields)
    }

    /// Parses `multipart/form-data` (RFC 7578); `None` if it is incomplete or not UTF-8. Files are ignored.
    async fn parse_multipart(body: Vec<u8>, boundary: &str) -> Option<Self> {
        let body = futures::stream::iter([Ok::<_, std::convert::Infallible>(body)]);
        let mut parts = multer::Multipart::new(body, boundary);
        let mut fields = Vec::new();
        while let Some(part) = parts.next_field().await.ok()? {
            let name = part.name().filter(|_| part.file_name().is_none()).map(str::to_owned);
            let value = part.bytes().await.ok()?;
            if let Some(name) = name.filter(|_| fields.len() < MAX_FIELDS) {
                fields.push((name, String::from_utf8(value.to_vec()).ok()?));
            }
        }
        Some(FormFields(fields))
    }
}

fn decode(bytes: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = bytes.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    String::from_utf8(percent_encoding::percent_decode(&spaced).collect()).ok()
}

#[rocket::async_trait]
impl<'r> FromData<'r> for FormFields {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        let bytes = match read_body(data, MAX_BODY, |_| true).await {
            Ok(bytes) => bytes,
            Err(BadBody::TooLarge) => return Outcome::Error((Status::PayloadTooLarge, ())),
            Err(_) => return Outcome::Error((Status::BadRequest, ())),
        };
        let kind = request.content_type();
        let fields = if bytes.is_empty() || kind.is_some_and(|kind| kind.is_form()) {
            // An empty body needs no content type.
            FormFields::parse(&bytes)
        } else if kind.is_some_and(|kind| kind.is_form_data()) {
            let boundary = kind.and_then(|kind| kind.param("boundary")).unwrap_or_default();
            FormFields::parse_multipart(bytes, boundary).await
        } else {
            return Outcome::Error((Status::UnsupportedMediaType, ()));
        };
        match fields {
            Some(fields) => Outcome::Success(fields),
            None => Outcome::Error((Status::BadRequest, ())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_encode_it() {
        let fields = FormFields::parse(b"name=%ED%99%8D+%EA%B8%B8%EB%8F%99&email=a%2Bb%40c.d&remember=on&&x").unwrap();
        assert_eq!(fields.get("name"), "홍 길동");
        assert_eq!(fields.get("email"), "a+b@c.d");
        assert!(fields.ticked("remember"));
        assert_eq!(fields.get("x"), "");
        assert!(!fields.ticked("absent"));
    }

    #[tokio::test]
    async fn a_multipart_form_has_the_same_fields() {
        let part =
            |header: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; {header}\r\n\r\n{value}\r\n");
        let body = part("name=\"name\"", "홍 길동")
            + &part("name=\"password\"", "a+b&c=%41")
            + &part("name=\"photo\"; filename=\"x.png\"", "bytes")
            + &part("name=\"name\"", "second");
        let parse = |body: String| FormFields::parse_multipart(body.into_bytes(), "b");
        let fields = parse(body.clone() + "--b--\r\n").await.unwrap();
        assert_eq!((fields.get("name"), fields.get("password")), ("홍 길동", "a+b&c=%41"));
        assert!(!fields.has("photo"));
        assert!(parse(body).await.is_none(), "no end");
        let broken = b"--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n\xff\r\n--b--\r\n".to_vec();
        assert!(FormFields::parse_multipart(broken, "b").await.is_none(), "not UTF-8");
    }

    #[test]
    fn the_first_of_two_fields_counts_and_broken_utf8_is_rejected() {
        assert_eq!(FormFields::parse(b"email=first&email=second").unwrap().get("email"), "first");
        assert!(FormFields::parse(b"name=%FF%FE").is_none());
        assert!(FormFields::parse(b"name=%zz").is_some());
    }
}
