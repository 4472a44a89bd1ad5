//! JSON as Mailpit's clients send it: any Content-Type, property names in any case, unknown ones ignored, only the
//! first value read, `null` the same as left out.

use rocket::data::{Data, FromData, Outcome, ToByteUnit as _};
use rocket::request::Request;
use serde_json::{Map, Value};

/// A body of every route but `send`.
pub const MAX_BODY: u64 = 5 * 1024 * 1024;

/// Why a body was refused; the texts are those clients know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBody {
    #[error("EOF")]
    Empty,
    #[error("http: request body too large")]
    TooLarge,
    #[error("the body could not be read")]
    Broken,
    #[error("invalid JSON: {0}")]
    Syntax(String),
    #[error("{name} must be {expected}")]
    Type { name: String, expected: &'static str },
}

/// A request's body, at most [`MAX_BODY`] bytes of it.
pub struct Body(Result<Vec<u8>, BadBody>);

#[rocket::async_trait]
impl<'r> FromData<'r> for Body {
    type Error = std::convert::Infallible;

    async fn from_data(_: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        Outcome::Success(Body(read(data, MAX_BODY).await))
    }
}

/// Reads at most `limit` bytes.
///
/// # Errors
/// When there is more, or the connection breaks.
pub async fn read(data: Data<'_>, limit: u64) -> Result<Vec<u8>, BadBody> {
    match data.open(limit.bytes()).into_bytes().await {
        Ok(bytes) if bytes.is_complete() => Ok(bytes.into_inner()),
        Ok(_) => Err(BadBody::TooLarge),
        Err(_) => Err(BadBody::Broken),
    }
}

impl Body {
    /// # Errors
    /// When it was too large or did not arrive.
    pub fn bytes(self) -> Result<Vec<u8>, BadBody> {
        self.0
    }

    /// # Errors
    /// When it is no JSON object.
    pub fn fields(self) -> Result<Fields, BadBody> {
        Fields::read(&self.0?)
    }
}

/// A JSON object's properties, by lower-case name.
#[derive(Clone, Debug, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// # Errors
    /// When `json` does not begin with an object (or `null`).
    pub fn read(json: &[u8]) -> Result<Self, BadBody> {
        let first = |json: &[u8]| serde_json::Deserializer::from_slice(json).into_iter::<Value>().next();
        // Most are fine as they are; what the first look takes amiss may be no more than a character.
        let value = match first(json) {
            Some(Err(_)) => first(&mended(json)),
            value => value,
        };
        match value.ok_or(BadBody::Empty)?.map_err(|error| BadBody::Syntax(error.to_string()))? {
            Value::Object(map) => Ok(Fields::from(map)),
            Value::Null => Ok(Fields::default()),
            _ => Err(BadBody::Type { name: "the body".to_owned(), expected: "an object" }),
        }
    }

    fn from(map: Map<String, Value>) -> Self {
        Fields(map.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect())
    }

    /// `name` is given in lower case, here and below.
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// # Errors
    /// When it is there and no string; so below for the other types.
    pub fn text(&self, name: &str) -> Result<String, BadBody> {
        match self.get(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(wrong(name, "a string")),
        }
    }

    pub fn flag(&self, name: &str) -> Result<bool, BadBody> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(wrong(name, "true or false")),
        }
    }

    /// `None` when it is not there.
    pub fn number(&self, name: &str) -> Result<Option<i64>, BadBody> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| wrong(name, "a whole number")),
        }
    }

    pub fn texts(&self, name: &str) -> Result<Vec<String>, BadBody> {
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| wrong(name, "a list of strings"));
        self.list(name, "a list of strings")?.iter().map(text).collect()
    }

    /// An object; empty when it is not there.
    pub fn object(&self, name: &str) -> Result<Fields, BadBody> {
        match self.get(name) {
            None => Ok(Fields::default()),
            Some(Value::Object(map)) => Ok(Fields::from(map.clone())),
            Some(_) => Err(wrong(name, "an object")),
        }
    }

    pub fn objects(&self, name: &str) -> Result<Vec<Fields>, BadBody> {
        let object = |value: &Value| match value {
            Value::Object(map) => Ok(Fields::from(map.clone())),
            _ => Err(wrong(name, "a list of objects")),
        };
        self.list(name, "a list of objects")?.iter().map(object).collect()
    }

    /// An object of strings, its names as written.
    pub fn pairs(&self, name: &str) -> Result<Vec<(String, String)>, BadBody> {
        let expected = "an object of strings";
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let map = value.as_object().ok_or_else(|| wrong(name, expected))?;
        let pair = |(key, value): (&String, &Value)| {
            value.as_str().map(|value| (key.clone(), value.to_owned())).ok_or_else(|| wrong(name, expected))
        };
        map.iter().map(pair).collect()
    }

    fn list(&self, name: &str, expected: &'static str) -> Result<&[Value], BadBody> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(_) => Err(wrong(name, expected)),
        }
    }
}

/// `json` with U+FFFD for what is no character, as Go's decoder reads it: bytes that are no UTF-8, and halves of
/// surrogate pairs.
fn mended(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    for chunk in json.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(at) = rest.find('\\') {
            let (before, escape) = rest.split_at(at);
            out.extend_from_slice(before.as_bytes());
            let (length, whole) = match (surrogate(escape), escape.get(6..).and_then(surrogate)) {
                (Some(0xd800..=0xdbff), Some(0xdc00..)) => (12, true),
                (Some(_), _) => (6, false),
                // A backslash takes what follows it along.
                (None, _) => (1 + escape.chars().nth(1).map_or(0, char::len_utf8), true),
            };
            let (escape, behind) = escape.split_at(length);
            out.extend_from_slice(if whole { escape.as_bytes() } else { br"\ufffd" });
            rest = behind;
        }
        out.extend_from_slice(rest.as_bytes());
        chunk.invalid().iter().for_each(|_| out.extend_from_slice("\u{fffd}".as_bytes()));
    }
    out
}

/// The half of a pair that the escape is which `text` begins with.
fn surrogate(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let code = digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?;
    code.filter(|code| (0xd800..=0xdfff).contains(code))
}

fn wrong(name: &str, expected: &'static str) -> BadBody {
    BadBody::Type { name: name.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_in_any_case_and_only_the_first_value_counts() {
        let fields = Fields::read(br#"{"iDs":["a","b"],"READ":true,"search":null,"x":1} {"IDs":["c"]} junk"#).unwrap();
        assert_eq!(fields.texts("ids").unwrap(), ["a", "b"]);
        assert!(fields.flag("read").unwrap());
        assert_eq!(fields.text("search").unwrap(), "");
        assert_eq!(fields.number("x").unwrap(), Some(1));
        assert!(Fields::read(b"null").unwrap().texts("ids").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_character_becomes_a_replacement_character() {
        for (json, text) in [
            (&br#"{"x":"a\ud83d"}"#[..], "a\u{fffd}"),
            (br#"{"x":"\ude00\ud83d\u0041"}"#, "\u{fffd}\u{fffd}A"),
            (br#"{"x":"\ud83d\ud83d\ude00"}"#, "\u{fffd}\u{1f600}"),
            (br#"{"x":"\\ud83d \"\ud83d\""}"#, "\\ud83d \"\u{fffd}\""),
            (b"{\"x\":\"a\xff\xe2\x82\"}", "a\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(Fields::read(json).unwrap().text("x").unwrap(), text, "{}", String::from_utf8_lossy(json));
        }
        assert!(Fields::read(br#"{"x":"\ud83"}"#).is_err() && Fields::read(b"{\"x\":\"\\\xff\"}").is_err());
    }

    #[test]
    fn what_is_no_object_or_of_the_wrong_type_is_refused() {
        let refusal = |json: &[u8]| Fields::read(json).unwrap_err().to_string();
        assert_eq!(refusal(b""), "EOF");
        assert_eq!(refusal(b"  \n"), "EOF");
        assert!(refusal(b"{").starts_with("invalid JSON"));
        assert!(refusal(b"[]").contains("object"));
        let fields = Fields::read(br#"{"ids":"a","read":"yes","to":[1],"headers":{"a":1}}"#).unwrap();
        assert_eq!(fields.texts("ids").unwrap_err().to_string(), "ids must be a list of strings");
        assert!(fields.flag("read").is_err());
        assert!(fields.objects("to").is_err());
        assert!(fields.pairs("headers").is_err());
    }
}
