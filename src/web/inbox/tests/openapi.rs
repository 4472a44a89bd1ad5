//! Every request that the OpenAPI description allows is answered with a described status, and with success wherever the
//! message exists.

use rocket::http::{ContentType, Method};
use serde_json::{Map, Value, json};

use super::support::{InboxFixture, Plan};

/// How the values of a request are chosen.
#[derive(Clone, Copy)]
struct Choice {
    /// Also what is not required.
    full: bool,
    /// Which alternative of several.
    variant: usize,
}

/// A message with HTML and an attachment, part 2.
const HEAD: &str = "Subject: shop\r\nContent-Type: multipart/mixed; boundary=b";
const BODY: &str = "--b\r\nContent-Type: text/html\r\n\r\n<p>shop</p>\r\n--b\r\nContent-Type: text/plain; name=a.txt\r\n\
                    Content-Disposition: attachment\r\n\r\nx\r\n--b--";

/// The alternatives that are tried; no schema has more.
const VARIANTS: usize = 7;

/// A value that `schema` allows.
fn sample(schema: &Value, description: &Value, choice: Choice) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return sample(description.pointer(&reference[1..]).unwrap(), description, choice);
    }
    let pick = |values: &Value| values.as_array().map(|values| values[choice.variant % values.len()].clone());
    if let Some(alternative) = pick(&schema["oneOf"]) {
        return sample(&alternative, description, choice);
    }
    if let Some(value) = pick(&schema["enum"]).or_else(|| schema.get("example").cloned()) {
        return value;
    }
    match schema["type"].as_str().unwrap() {
        "object" => object(schema, description, choice),
        "array" if choice.full || schema.get("minItems").is_some() => {
            json!([sample(&schema["items"], description, choice)])
        }
        "array" => json!([]),
        "integer" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "boolean" => json!(true),
        _ => json!("x"),
    }
}

fn object(schema: &Value, description: &Value, choice: Choice) -> Value {
    let names = |value: &Value| -> Vec<String> { serde_json::from_value(value.clone()).unwrap_or_default() };
    let alternative = schema["anyOf"].as_array().map(|all| &all[choice.variant % all.len()]["required"]);
    let required = [names(&schema["required"]), names(alternative.unwrap_or(&Value::Null))].concat();
    let excluded = names(&schema["not"]["required"]).pop();
    let mut object = Map::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if (choice.full && Some(name) != excluded.as_ref()) || required.contains(name) {
            object.insert(name.clone(), sample(property, description, choice));
        }
    }
    Value::Object(object)
}

/// The path with its query string.
fn target(path: &str, operation: &Value, choice: Choice) -> String {
    let mut path = path.to_owned();
    for (name, value) in [("{ID}", "latest"), ("{PartID}", "2"), ("{Tag}", "shop"), ("{Name}", "latest.html")] {
        path = path.replace(name, value);
    }
    let mut query = Vec::new();
    for parameter in operation["parameters"].as_array().unwrap() {
        let name = parameter["name"].as_str().unwrap();
        if parameter["in"] != "query" || !(choice.full || parameter["required"] == true) {
            continue;
        }
        let value = match name {
            "query" => json!("shop"),
            "timeout" => json!(["0", "20s", "120000ms"][choice.variant % 3]),
            "since" => json!("2026-01-01T00:00:00Z"),
            "tz" => json!("Asia/Seoul"),
            _ => sample(&parameter["schema"], &Value::Null, choice),
        };
        query.push(format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    format!("{path}?{}", query.join("&"))
}

#[rocket::async_test]
async fn every_request_that_the_description_allows_succeeds() {
    let plan = Plan { transports: vec!["smtp"], release_to: vec!["*@example.com"], ..Plan::default() };
    let fixture = InboxFixture::with(plan).await;
    let description = fixture.json("/api/v1/openapi.json").await;
    let minimal = (0..VARIANTS).map(|variant| Choice { full: false, variant });
    // The last alternatives are rules of the stage after-data, where every condition is known.
    let choices: Vec<_> = minimal.chain([Choice { full: true, variant: 5 }]).collect();
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            // A request without an upgrade is answered with 400, and the stream does not end.
            if ["Events", "Stream"].contains(&operation["operationId"].as_str().unwrap()) {
                continue;
            }
            for choice in &choices {
                fixture.mail("kim+shop@example.com", HEAD, BODY).await;
                let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
                let body = if schema.is_null() { Value::Null } else { sample(schema, &description, *choice) };
                let target = target(path, operation, *choice);
                let verb: Method = method.to_uppercase().parse().unwrap();
                let mut request = fixture.client.req(verb, fixture.path(&target)).header(ContentType::JSON);
                if !body.is_null() {
                    request = request.body(body.to_string());
                }
                let response = request.dispatch().await;
                let status = response.status().code;
                let answer = response.into_string().await.unwrap_or_default();
                let success = operation["responses"].as_object().unwrap().keys().next().unwrap();
                assert_eq!(status.to_string(), *success, "{method} {target} {body}: {answer:.200}");
            }
        }
    }
}

#[rocket::async_test]
async fn a_request_without_a_required_body_is_refused() {
    let fixture = InboxFixture::new().await;
    fixture.mail("kim+shop@example.com", "Subject: shop", "shop").await;
    let description = fixture.json("/api/v1/openapi.json").await;
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let required = operation["requestBody"]["required"] == true;
            if !operation["requestBody"].is_null() {
                let target = target(path, operation, Choice { full: false, variant: 0 });
                let verb: Method = method.to_uppercase().parse().unwrap();
                let status = fixture.client.req(verb, fixture.path(&target)).dispatch().await.status().code;
                assert_eq!(status == 400, required, "{method} {target}: {status}");
            }
        }
    }
}
