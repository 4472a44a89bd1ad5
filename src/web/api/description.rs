//! The machine-readable description of the API: OpenAPI 3, and Swagger 2 as in Mailpit.

use rocket::{Route, State, get, routes};
use serde_json::{Map, Value, json};

use crate::i18n::Locale;

use super::super::inbox::state::Mount;
use super::auth::ApiAuth;
use super::info::VERSION;
use super::operation::Operation;
use super::operations::operations;
use super::reply::Json;

pub fn routes() -> Vec<Route> {
    routes![openapi, swagger]
}

#[get("/api/v1/openapi.json")]
pub fn openapi(_client: ApiAuth<'_>, mount: &State<Mount>) -> Json<Value> {
    Json(openapi_of(&mount.base))
}

#[get("/api/v1/swagger.json")]
pub fn swagger(_client: ApiAuth<'_>, mount: &State<Mount>) -> Json<Value> {
    Json(swagger_of(&mount.base))
}

fn base_path(base: &str) -> &str {
    if base.is_empty() { "/" } else { base }
}

/// The OpenAPI description of the API below `base`.
pub fn openapi_of(base: &str) -> Value {
    let paths = paths(|operation| {
        let mut described = common(operation, |kind| json!({ "schema": parameter_schema(kind) }));
        if let Some(schema) = operation.body {
            described["requestBody"] = json!({
                "required": operation.requires_body(),
                "content": { "application/json": { "schema": reference(schema) } },
            });
        }
        let (media, schema) = operation.answer;
        let schema = if schema.is_empty() { json!({ "type": "string" }) } else { reference(schema) };
        described["responses"][operation.success().to_string()]["content"] = json!({ media: { "schema": schema } });
        described
    });
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Gatepost inbox", "version": VERSION, "description": "Mailpit's API v1 with additions by Gatepost." },
        "servers": [{ "url": base_path(base) }],
        "paths": paths,
        "components": { "schemas": schemas() },
    })
}

/// The schema of a parameter's kind. A value that it allows is not refused.
fn parameter_schema(kind: &str) -> Value {
    match kind {
        "integer" => json!({ "type": "integer", "minimum": 0 }),
        "count" => json!({ "type": "integer", "minimum": 1, "maximum": 100 }),
        "flag" => json!({ "type": "string", "enum": ["true", "false"] }),
        "search" => json!({ "type": "string", "pattern": "\\S" }),
        "timeout" => json!({
            "type": "string",
            "pattern": "^(([0-9]{1,5}|1[01][0-9]{4}|120000)ms|([0-9]{1,2}|1[01][0-9]|120)s?|[0-2]m)$",
        }),
        "since" => json!({
            "type": "string",
            "pattern": "^([0-6][0-9A-Za-z]{21}|20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)$",
        }),
        kind => json!({ "type": kind }),
    }
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn swagger_of(base: &str) -> Value {
    let paths = paths(|operation| {
        let mut described = common(operation, parameter_schema);
        described["produces"] = json!([operation.answer.0]);
        if let (Some(schema), Some(parameters)) = (operation.body, described["parameters"].as_array_mut()) {
            let schema = json!({ "$ref": format!("#/definitions/{schema}") });
            let required = operation.requires_body();
            parameters.push(json!({ "name": "Body", "in": "body", "required": required, "schema": schema }));
        }
        if !operation.answer.1.is_empty() {
            described["responses"][operation.success().to_string()]["schema"] =
                json!({ "$ref": format!("#/definitions/{}", operation.answer.1) });
        }
        described
    });
    let definitions = schemas().to_string().replace("#/components/schemas/", "#/definitions/");
    json!({
        "swagger": "2.0",
        "info": { "title": "Mailpit API", "version": "v1", "description": "Mailpit's API v1, served by Gatepost." },
        "basePath": base_path(base),
        "paths": paths,
        "definitions": serde_json::from_str::<Value>(&definitions).unwrap_or_default(),
    })
}

fn paths(describe: impl Fn(&Operation) -> Value) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations() {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = describe(operation);
    }
    Value::Object(paths)
}

/// The part of an operation that both descriptions share; `typed` wraps a parameter's type.
fn common(operation: &Operation, typed: impl Fn(&str) -> Value) -> Value {
    let mut parameters = Vec::new();
    let mut parameter = |location: &str, name: &str, kind: &str, what: &str| {
        let required = location == "path" || location == "query" && operation.requires(name);
        let mut described = typed(kind);
        described["name"] = json!(name);
        described["in"] = json!(location);
        described["description"] = json!(what);
        described["required"] = json!(required);
        parameters.push(described);
    };
    for segment in operation.path.split('/') {
        if let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            let what = if name == "ID" { "message ID, or `latest`" } else { name };
            parameter("path", name, "string", what);
        }
    }
    for (name, kind, what) in operation.query {
        parameter("query", name, kind, what);
    }
    if let Some((name, what)) = operation.header() {
        parameter("header", name, "string", what);
    }
    let mut responses = json!({ operation.success().to_string(): { "description": "success" } });
    for status in operation.other {
        responses[status.to_string()] = json!({ "description": reason(*status) });
    }
    json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary(Locale::En),
        "parameters": parameters,
        "responses": responses,
    })
}

fn reason(status: u16) -> String {
    rocket::http::Status::new(status).reason_lossy().to_owned()
}

fn schemas() -> Value {
    serde_json::from_str(include_str!("schemas.json")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Collects every `$ref` of a description.
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_referenced_schema_exists() {
        for (description, at) in [(openapi_of("/x"), "/components/schemas"), (swagger_of("/x"), "/definitions")] {
            let mut found = Vec::new();
            references(&description, &mut found);
            assert!(!found.is_empty());
            for reference in found {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(pointer.starts_with(at) && description.pointer(pointer).is_some(), "{reference}");
            }
        }
    }

    #[test]
    fn the_query_of_a_search_is_the_only_required_query_parameter() {
        let mut required = Vec::new();
        for (path, operations) in openapi_of("/x")["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let parameters = operation["parameters"].as_array().unwrap().iter();
                let needed = parameters.filter(|p| p["in"] == "query" && p["required"] == true);
                required.extend(needed.map(|p| format!("{method} {path} {}", p["name"].as_str().unwrap())));
            }
        }
        assert_eq!(required, ["delete /api/v1/search query", "get /api/v1/search query"]);
    }

    #[test]
    fn operation_ids_are_unique() {
        let mut ids: Vec<&str> = operations().map(|operation| operation.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), operations().count());
    }
}
