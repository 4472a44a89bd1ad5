//! The page that documents the API, from its OpenAPI description.

use askama::Template;
use rocket::get;
use rocket::response::content::RawHtml;
use serde_json::Value;

use crate::i18n::Locale;

use super::super::api::description::openapi_of;
use super::super::api::examples::example;
use super::super::api::operation::Operation;
use super::super::api::operations::operations;
use super::super::error::WebError;
use super::format::encoded;
use super::layout::InboxLayout;
use super::page_context::{PageContext, rendered};

/// Characters of an example answer that are shown.
const MAX_ANSWER: usize = 4_000;
/// Operations whose answer does not end, or that need another protocol.
const NOT_TRIED: [&str; 3] = ["Stream", "Events", "Wait"];

#[derive(Template)]
#[template(path = "inbox/reference.html")]
struct ReferencePage {
    layout: InboxLayout,
    /// The base URL for clients.
    address: String,
    groups: Vec<OperationGroup>,
}

struct OperationGroup {
    tag: &'static str,
    operations: Vec<DocumentedOperation>,
}

struct DocumentedOperation {
    id: &'static str,
    /// In lower case.
    method: &'static str,
    path: String,
    /// As [`ParameterRow::what`].
    summary: Vec<String>,
    parameters: Vec<ParameterRow>,
    /// A command of a POSIX shell.
    request: String,
    /// The statuses of other answers.
    errors: String,
    answer: String,
    /// URL of a GET that a browser can open; `None` if it changes something or does not end.
    open: Option<String>,
}

struct ParameterRow {
    name: String,
    /// `path`, `query` or `header`.
    location: String,
    kind: String,
    is_required: bool,
    /// Texts and, between them, code.
    what: Vec<String>,
}

#[get("/api/v1")]
pub async fn reference(context: PageContext<'_>) -> Result<RawHtml<String>, WebError> {
    let layout = context.plain_layout().await?;
    let address = format!("{}{}", context.mount.origin, layout.base);
    let page = OpenApiPage {
        description: openapi_of(&layout.base),
        address: address.clone(),
        needs_password: !context.state.settings.logins.is_empty(),
        base: layout.base.clone(),
        locale: layout.locale,
    };
    rendered(&ReferencePage { groups: page.groups(), layout, address })
}

/// Reads the operations from the description.
struct OpenApiPage {
    description: Value,
    address: String,
    needs_password: bool,
    base: String,
    locale: Locale,
}

impl OpenApiPage {
    fn groups(&self) -> Vec<OperationGroup> {
        let mut groups: Vec<OperationGroup> = Vec::new();
        for operation in operations() {
            let documented = self.operation(operation);
            match groups.iter_mut().find(|group| group.tag == operation.tag) {
                Some(group) => group.operations.push(documented),
                None => groups.push(OperationGroup { tag: operation.tag, operations: vec![documented] }),
            }
        }
        groups
    }

    fn operation(&self, operation: &Operation) -> DocumentedOperation {
        let described = &self.description["paths"][operation.path][operation.method];
        let parameters: Vec<ParameterRow> =
            described["parameters"].as_array().into_iter().flatten().map(parameter).collect();
        let path = filled(operation, &parameters);
        let opens = operation.method == "get" && !NOT_TRIED.contains(&operation.id);
        let errors: Vec<String> = operation.other.iter().map(u16::to_string).collect();
        DocumentedOperation {
            id: operation.id,
            method: operation.method,
            path: format!("{}{}", self.base, operation.path),
            summary: pieces(&operation.summary(self.locale)),
            parameters,
            request: self.request(operation, described, &path),
            errors: errors.join(", "),
            answer: self.answer(operation, described),
            open: opens.then(|| format!("{}{path}", self.base)),
        }
    }

    /// The curl command with this server's address and the required values.
    fn request(&self, operation: &Operation, described: &Value, path: &str) -> String {
        let method = match operation.method {
            "get" => String::new(),
            method => format!(" -X {}", method.to_ascii_uppercase()),
        };
        let login = if self.needs_password { " -u USER:PASSWORD" } else { "" };
        let body = &described["requestBody"]["content"]["application/json"]["schema"];
        let body = if body.is_null() {
            String::new()
        } else {
            let body = example(body, &self.description, true).to_string().replace('\'', "'\\''");
            format!(" \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'")
        };
        let quiet = if operation.id == "Stream" { " -N" } else { "" };
        format!("curl{quiet}{login}{method} '{}{path}'{body}", self.address)
    }

    fn answer(&self, operation: &Operation, described: &Value) -> String {
        let (media, schema) = operation.answer;
        if schema.is_empty() {
            return media.to_owned();
        }
        let schema = &described["responses"][operation.success().to_string()]["content"][media]["schema"];
        let value = example(schema, &self.description, false);
        let text = serde_json::to_string_pretty(&value).unwrap_or_default();
        text.chars().take(MAX_ANSWER).collect()
    }
}

/// The pieces of a sentence before, between and behind backticks.
fn pieces(text: &str) -> Vec<String> {
    text.split('`').map(str::to_owned).collect()
}

fn parameter(described: &Value) -> ParameterRow {
    let text = |name: &str| described[name].as_str().unwrap_or_default().to_owned();
    ParameterRow {
        name: text("name"),
        location: text("in"),
        kind: described["schema"]["type"].as_str().unwrap_or("string").to_owned(),
        is_required: described["required"] == Value::Bool(true),
        what: pieces(&text("description")),
    }
}

/// The path with examples for its segments and for the query parameters that it needs.
fn filled(operation: &Operation, parameters: &[ParameterRow]) -> String {
    let value = |name: &str| match name {
        "ID" | "Name" => "latest",
        "PartID" => "1",
        "Tag" => "signup",
        _ => "subject:welcome",
    };
    let mut path = operation.path.to_owned();
    let (mut query, in_path) = (Vec::new(), |parameter: &&ParameterRow| parameter.location == "path");
    for parameter in parameters.iter().filter(in_path) {
        path = path.replace(&format!("{{{}}}", parameter.name), value(&parameter.name));
    }
    for parameter in parameters
        .iter()
        .filter(|p| p.location == "query" && (p.is_required || operation.id == "Wait" && p.name == "query"))
    {
        query.push(format!("{}={}", parameter.name, encoded(value(&parameter.name))));
    }
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

impl ReferencePage {
    fn group(&self, tag: &str) -> String {
        self.layout.t(format!("api-group-{tag}"))
    }

    /// The number of parameters as a table row's location.
    fn location(&self, parameter: &ParameterRow) -> String {
        self.layout.t(format!("api-in-{}", parameter.location))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> OpenApiPage {
        OpenApiPage {
            description: openapi_of("/dev/inbox"),
            address: "http://127.0.0.1:8000/dev/inbox".to_owned(),
            needs_password: false,
            base: "/dev/inbox".to_owned(),
            locale: Locale::En,
        }
    }

    #[test]
    fn every_operation_has_a_request_with_the_servers_address_and_every_group_a_title() {
        let groups = page().groups();
        let operations: Vec<_> = groups.iter().flat_map(|group| &group.operations).collect();
        assert_eq!(operations.len(), super::operations().count());
        for operation in operations {
            assert!(operation.request.contains("'http://127.0.0.1:8000/dev/inbox/"), "{}", operation.request);
            assert!(!operation.request.contains('{') || operation.request.contains("-d '"), "{}", operation.request);
            assert!(!operation.answer.is_empty(), "{}", operation.id);
        }
        for group in groups {
            assert!(Locale::ALL.iter().all(|locale| locale.has(&format!("api-group-{}", group.tag))), "{}", group.tag);
        }
    }

    #[test]
    fn only_reading_operations_can_be_tried() {
        for group in page().groups() {
            for operation in group.operations.iter().filter(|operation| operation.open.is_some()) {
                assert_eq!(operation.method, "get", "{}", operation.id);
                assert!(!NOT_TRIED.contains(&operation.id));
            }
        }
    }
}
