//! The body of POST /send. Its decoder knows the properties: it skips others without storing them, bounds the entries
//! of each list, and borrows texts from the body. So no JSON needs several times its own size. It is as lenient as
//! `json_body`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::body::BadBody;

/// The most entries of a list or of `Headers`; SMTP takes as many recipients.
pub const MAX_ENTRIES: usize = 1_000;

/// The properties of a message to send. Texts are empty if they are missing.
#[derive(Default)]
pub struct SendFields<'a> {
    pub from: PersonFields<'a>,
    pub to: Vec<PersonFields<'a>>,
    pub cc: Vec<PersonFields<'a>>,
    pub reply_to: Vec<PersonFields<'a>>,
    pub bcc: Vec<TextField<'a>>,
    pub subject: TextField<'a>,
    pub text: TextField<'a>,
    pub html: TextField<'a>,
    pub attachments: Vec<AttachmentFields<'a>>,
    /// Names and values, in the order of the request.
    pub headers: Vec<(TextField<'a>, TextField<'a>)>,
    pub tags: Vec<TextField<'a>>,
}

#[derive(Default)]
pub struct PersonFields<'a> {
    pub email: TextField<'a>,
    pub name: TextField<'a>,
}

#[derive(Default)]
pub struct AttachmentFields<'a> {
    /// Base64, or a `data:` URL.
    pub content: TextField<'a>,
    pub file_name: TextField<'a>,
    pub content_type: TextField<'a>,
    pub content_id: TextField<'a>,
}

/// A string. It is borrowed from the body unless it contains escapes.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub struct TextField<'a>(#[serde(borrow)] Cow<'a, str>);

impl std::ops::Deref for TextField<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> SendFields<'a> {
    /// Reads the first value of `json`.
    ///
    /// # Errors
    /// If that value is neither an object nor `null`, or a property has another type or too many entries.
    pub fn read(json: &'a [u8]) -> Result<Self, BadBody> {
        if json.iter().all(u8::is_ascii_whitespace) {
            return Err(BadBody::Empty);
        }
        let mut reader = serde_json::Deserializer::from_slice(json);
        let fields = Option::deserialize(&mut reader).map_err(|error| BadBody::Syntax(error.to_string()))?;
        Ok(fields.unwrap_or_default())
    }
}

/// An object whose properties are known.
trait KnownProperties<'de>: Default {
    /// Reads the value of the property with this name in lower case.
    fn set<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;
}

impl<'de> KnownProperties<'de> for SendFields<'de> {
    fn set<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "from" => self.from = value(name, map)?,
            "to" => self.to = list(name, map)?,
            "cc" => self.cc = list(name, map)?,
            "replyto" => self.reply_to = list(name, map)?,
            "bcc" => self.bcc = list(name, map)?,
            "subject" => self.subject = value(name, map)?,
            "text" => self.text = value(name, map)?,
            "html" => self.html = value(name, map)?,
            "attachments" => self.attachments = list(name, map)?,
            "headers" => self.headers = value::<TextPairs, A>(name, map)?.0,
            "tags" => self.tags = list(name, map)?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> KnownProperties<'de> for PersonFields<'de> {
    fn set<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "email" => self.email = value(name, map)?,
            "name" => self.name = value(name, map)?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> KnownProperties<'de> for AttachmentFields<'de> {
    fn set<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "content" => self.content = value(name, map)?,
            "filename" => self.file_name = value(name, map)?,
            "contenttype" => self.content_type = value(name, map)?,
            "contentid" => self.content_id = value(name, map)?,
            _ => skip(map)?,
        }
        Ok(())
    }
}

/// The value of a property, by default for `null`; an error names the property.
fn value<'de, T: Deserialize<'de> + Default, A: MapAccess<'de>>(name: &str, map: &mut A) -> Result<T, A::Error> {
    let value = map.next_value::<Option<T>>().map_err(|error| A::Error::custom(format_args!("{name}: {error}")))?;
    Ok(value.unwrap_or_default())
}

fn list<'de, T: Deserialize<'de> + Default, A: MapAccess<'de>>(name: &str, map: &mut A) -> Result<Vec<T>, A::Error> {
    Ok(value::<Entries<T>, A>(name, map)?.0)
}

fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(drop)
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: KnownProperties<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut object = T::default();
        while let Some(name) = map.next_key::<TextField>()? {
            object.set(&name.to_lowercase(), &mut map)?;
        }
        Ok(object)
    }
}

/// A list of at most [`MAX_ENTRIES`].
#[derive(Default)]
struct Entries<T>(Vec<T>);

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Entries<T>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = items.next_element::<Option<T>>()? {
            push(&mut entries, entry.unwrap_or_default())?;
        }
        Ok(Entries(entries))
    }
}

/// An object of strings, whose names keep their case.
#[derive(Default)]
struct TextPairs<'a>(Vec<(TextField<'a>, TextField<'a>)>);

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = TextPairs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TextPairs<'de>, A::Error> {
        let mut pairs = Vec::new();
        while let Some((name, value)) = map.next_entry::<TextField, Option<TextField>>()? {
            push(&mut pairs, (name, value.unwrap_or_default()))?;
        }
        Ok(TextPairs(pairs))
    }
}

/// Reads types by their visitors.
macro_rules! deserialize_with {
    ($($kind:ty: $visitor:expr, $method:ident $(, $entry:ident)?;)*) => {$(
        impl<'de $(, $entry: Deserialize<'de> + Default)?> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.$method($visitor)
            }
        }
    )*};
}

deserialize_with! {
    SendFields<'de>: ObjectVisitor(PhantomData), deserialize_map;
    PersonFields<'de>: ObjectVisitor(PhantomData), deserialize_map;
    AttachmentFields<'de>: ObjectVisitor(PhantomData), deserialize_map;
    Entries<T>: EntriesVisitor(PhantomData), deserialize_seq, T;
    TextPairs<'de>: PairsVisitor, deserialize_map;
}

fn push<T, E: serde::de::Error>(entries: &mut Vec<T>, entry: T) -> Result<(), E> {
    if entries.len() == MAX_ENTRIES {
        return Err(E::custom(format_args!("more than {MAX_ENTRIES} entries")));
    }
    entries.push(entry);
    Ok(())
}

#[cfg(test)]
mod tests;
