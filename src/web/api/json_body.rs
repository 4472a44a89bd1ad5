//! Reads JSON as leniently as Mailpit: any Content-Type, property names in any case, unknown properties ignored, only
//! the first value read, and `null` the same as a missing property.

use rocket::data::{Data, FromData, Outcome};
use rocket::request::Request;
use serde_json::{Map, Value};

use super::super::body::{BadBody, read_body};

/// Limit of a request body in bytes, on every route except `send`.
pub const MAX_BODY: u64 = 5 * 1024 * 1024;
/// The most values of a body. In memory a value takes many times its two bytes of JSON.
const MAX_VALUES: usize = 250_000;
/// The most invalid characters that [`repaired`] replaces; each may become three times as long.
const MAX_REPAIRS: usize = 65_536;

/// The body of a request, of at most [`MAX_BODY`] bytes.
pub struct JsonBody(Result<Vec<u8>, BadBody>);

#[rocket::async_trait]
impl<'r> FromData<'r> for JsonBody {
    type Error = std::convert::Infallible;

    async fn from_data(_: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        Outcome::Success(JsonBody(read_body(data, MAX_BODY, |_| true).await))
    }
}

impl JsonBody {
    /// The bytes of the body.
    ///
    /// # Errors
    /// If the body was too large or incomplete.
    pub fn bytes(self) -> Result<Vec<u8>, BadBody> {
        self.0
    }

    /// The properties of the body.
    ///
    /// # Errors
    /// If the body was too large or incomplete, or is not a JSON object.
    pub fn fields(self) -> Result<JsonFields, BadBody> {
        JsonFields::read(&self.0?)
    }
}

/// The properties of a JSON object, by their names in lower case.
#[derive(Clone, Debug, Default)]
pub struct JsonFields(Map<String, Value>);

impl JsonFields {
    /// Reads the first value of `json`.
    ///
    /// # Errors
    /// If that value is neither an object nor `null`, or has too many values.
    pub fn read(json: &[u8]) -> Result<Self, BadBody> {
        // A comma in a text counts too.
        if json.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count() > MAX_VALUES {
            return Err(BadBody::TooMany(MAX_VALUES));
        }
        let first = |json: &[u8]| serde_json::Deserializer::from_slice(json).into_iter::<Value>().next();
        // Most bodies are valid. An invalid one is read again with its invalid characters replaced.
        let value = match first(json) {
            Some(Err(error)) => repaired(json).map_or(Some(Err(error)), |json| first(&json)),
            value => value,
        };
        match value.ok_or(BadBody::Empty)?.map_err(|error| BadBody::Syntax(error.to_string()))? {
            Value::Object(map) => Ok(JsonFields::from(map)),
            Value::Null => Ok(JsonFields::default()),
            _ => Err(BadBody::Type { name: "the body".to_owned(), expected: "an object" }),
        }
    }

    fn from(map: Map<String, Value>) -> Self {
        JsonFields(map.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect())
    }

    /// The value of a property. `name` must be in lower case, as in the methods below.
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A string; empty if the property is missing.
    ///
    /// # Errors
    /// If the property has another type, as in the methods below.
    pub fn text(&self, name: &str) -> Result<String, BadBody> {
        match self.get(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(type_error(name, "a string")),
        }
    }

    /// A boolean; false if the property is missing.
    pub fn flag(&self, name: &str) -> Result<bool, BadBody> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(type_error(name, "true or false")),
        }
    }

    /// A whole number; `None` if the property is missing.
    pub fn number(&self, name: &str) -> Result<Option<i64>, BadBody> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| type_error(name, "a whole number")),
        }
    }

    /// A list of strings; empty if the property is missing.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, BadBody> {
        let text =
            |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| type_error(name, "a list of strings"));
        self.list(name, "a list of strings")?.iter().map(text).collect()
    }

    /// An object; empty if the property is missing.
    pub fn object(&self, name: &str) -> Result<JsonFields, BadBody> {
        match self.get(name) {
            None => Ok(JsonFields::default()),
            Some(Value::Object(map)) => Ok(JsonFields::from(map.clone())),
            Some(_) => Err(type_error(name, "an object")),
        }
    }

    fn list(&self, name: &str, expected: &'static str) -> Result<&[Value], BadBody> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(_) => Err(type_error(name, expected)),
        }
    }
}

/// `json` with its invalid characters replaced; `None` if it has none, or too many.
pub fn repaired(json: &[u8]) -> Option<Vec<u8>> {
    let invalid = json.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
    let repaired = (invalid <= MAX_REPAIRS).then(|| with_replacement_chars(json))?;
    (repaired != json).then_some(repaired)
}

/// `json` with invalid UTF-8 bytes and unpaired surrogates replaced by U+FFFD, as Go's decoder does.
fn with_replacement_chars(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    for chunk in json.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(at) = rest.find('\\') {
            let (before, escape) = rest.split_at(at);
            out.extend_from_slice(before.as_bytes());
            let (length, valid) = match (surrogate(escape), escape.get(6..).and_then(surrogate)) {
                (Some(0xd800..=0xdbff), Some(0xdc00..)) => (12, true),
                (Some(_), _) => (6, false),
                // Another escape: the backslash and the next character are copied.
                (None, _) => (1 + escape.chars().nth(1).map_or(0, char::len_utf8), true),
            };
            let (escape, tail) = escape.split_at(length);
            out.extend_from_slice(if valid { escape.as_bytes() } else { br"\ufffd" });
            rest = tail;
        }
        out.extend_from_slice(rest.as_bytes());
        chunk.invalid().iter().for_each(|_| out.extend_from_slice("\u{fffd}".as_bytes()));
    }
    out
}

/// The surrogate code unit whose escape `text` starts with.
fn surrogate(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let code = digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?;
    code.filter(|code| (0xd800..=0xdfff).contains(code))
}

fn type_error(name: &str, expected: &'static str) -> BadBody {
    BadBody::Type { name: name.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_in_any_case_and_only_the_first_value_counts() {
        let fields =
            JsonFields::read(br#"{"iDs":["a","b"],"READ":true,"search":null,"x":1} {"IDs":["c"]} junk"#).unwrap();
        assert_eq!(fields.texts("ids").unwrap(), ["a", "b"]);
        assert!(fields.flag("read").unwrap());
        assert_eq!(fields.text("search").unwrap(), "");
        assert_eq!(fields.number("x").unwrap(), Some(1));
        assert!(JsonFields::read(b"null").unwrap().texts("ids").unwrap().is_empty());
    }

    #[test]
    fn invalid_characters_become_replacement_characters() {
        for (json, text) in [
            (&br#"{"x":"a\ud83d"}"#[..], "a\u{fffd}"),
            (br#"{"x":"\ude00\ud83d\u0041"}"#, "\u{fffd}\u{fffd}A"),
            (br#"{"x":"\ud83d\ud83d\ude00"}"#, "\u{fffd}\u{1f600}"),
            (br#"{"x":"\\ud83d \"\ud83d\""}"#, "\\ud83d \"\u{fffd}\""),
            (b"{\"x\":\"a\xff\xe2\x82\"}", "a\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(JsonFields::read(json).unwrap().text("x").unwrap(), text, "{}", String::from_utf8_lossy(json));
        }
        assert!(JsonFields::read(br#"{"x":"\ud83"}"#).is_err() && JsonFields::read(b"{\"x\":\"\\\xff\"}").is_err());
    }

    #[test]
    fn a_body_of_too_many_values_is_an_error() {
        let list = |count: usize| format!("{{\"ids\":[{}]}}", vec!["0"; count].join(",")).into_bytes();
        assert!(JsonFields::read(&list(MAX_VALUES - 1)).is_ok());
        assert_eq!(JsonFields::read(&list(MAX_VALUES)).unwrap_err(), BadBody::TooMany(MAX_VALUES));
        assert!(repaired(b"{\"a\":1}").is_none() && repaired(&[0xff; MAX_REPAIRS + 1]).is_none());
        assert_eq!(repaired(&[0xff; MAX_REPAIRS]).map(|json| json.len()), Some(3 * MAX_REPAIRS));
    }

    #[test]
    fn a_body_or_property_of_the_wrong_type_is_an_error() {
        let error = |json: &[u8]| JsonFields::read(json).unwrap_err().to_string();
        assert_eq!(error(b""), "EOF");
        assert_eq!(error(b"  \n"), "EOF");
        assert!(error(b"{").starts_with("invalid JSON"));
        assert!(error(b"[]").contains("object"));
        let fields = JsonFields::read(br#"{"ids":"a","read":"yes"}"#).unwrap();
        assert_eq!(fields.texts("ids").unwrap_err().to_string(), "ids must be a list of strings");
        assert!(fields.flag("read").is_err());
    }
}
