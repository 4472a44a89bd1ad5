//! Example values for the schemas of the OpenAPI description, for the page that documents the API.

use serde_json::{Map, Value, json};

/// Depth to which a schema is followed.
const MAX_DEPTH: usize = 8;

/// A value that fits `schema`. `description` resolves its references. Of a request, the required properties suffice.
pub fn example(schema: &Value, description: &Value, only_required: bool) -> Value {
    value(schema, description, only_required, 0)
}

fn value(schema: &Value, description: &Value, only_required: bool, depth: usize) -> Value {
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    if depth >= MAX_DEPTH {
        return Value::Null;
    }
    let inner = |schema: &Value| value(schema, description, only_required, depth + 1);
    let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    if let Some(found) = pointer.and_then(|pointer| description.pointer(pointer)) {
        return inner(found);
    }
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    if let Some(all) = schema["allOf"].as_array() {
        let parts = all.iter().map(inner).filter_map(|part| part.as_object().cloned());
        return Value::Object(parts.flatten().collect());
    }
    if let Some(first) = schema["oneOf"].get(0) {
        return inner(first);
    }
    match schema["type"].as_str() {
        Some("object") => Value::Object(properties(schema, only_required, inner)),
        Some("array") => json!([inner(&schema["items"])]),
        Some("integer") => schema["minimum"].as_i64().map_or(json!(1), |minimum| json!(minimum.max(1))),
        Some("number") => json!(0.5),
        Some("boolean") => json!(true),
        Some("string") => json!(text(schema)),
        _ => Value::Null,
    }
}

fn properties(schema: &Value, only_required: bool, inner: impl Fn(&Value) -> Value) -> Map<String, Value> {
    let named = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut required = named(&schema["required"]);
    required.extend(named(&schema["anyOf"][0]["required"]));
    let all = schema["properties"].as_object().into_iter().flatten();
    // A request without any required property would show nothing.
    let shown = all.filter(|(name, _)| !only_required || required.is_empty() || required.contains(name));
    shown.map(|(name, schema)| (name.clone(), inner(schema))).collect()
}

fn text(schema: &Value) -> &'static str {
    match schema["format"].as_str() {
        Some("date-time") => "2026-11-21T03:34:00Z",
        Some("email") => "someone@example.com",
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_follows_references_and_has_the_required_properties() {
        let description = json!({ "a": { "type": "object", "required": ["x"], "anyOf": [{ "required": ["y"] }],
            "properties": { "x": { "$ref": "#/b" }, "y": { "type": "array", "items": { "type": "integer" } },
            "z": { "enum": ["one"] } } }, "b": { "type": "string", "example": "given" } });
        let schema = json!({ "$ref": "#/a" });
        assert_eq!(example(&schema, &description, true), json!({ "x": "given", "y": [1] }));
        assert_eq!(example(&schema, &description, false), json!({ "x": "given", "y": [1], "z": "one" }));
    }

    #[test]
    fn a_schema_that_contains_itself_is_cut() {
        let description = json!({ "a": { "type": "array", "items": { "$ref": "#/a" } } });
        assert!(example(&json!({ "$ref": "#/a" }), &description, false).to_string().len() < 40);
    }
}
