//! The consent, token and revocation endpoints of the Google stub.

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::server::{StubAnswer, StubRequest};
use super::{CLIENT_ID, CLIENT_SECRET, SCOPE, State};

/// A code that can be exchanged once.
pub struct Code {
    challenge: String,
    redirect: String,
    scope: String,
}

/// The service account whose assertions are accepted.
pub struct ServiceAccount {
    pub email: String,
    pub subject: String,
    /// PEM, for `openssl dgst -verify`.
    pub public_key: std::path::PathBuf,
}

pub fn consent(state: &mut State, request: &StubRequest) -> StubAnswer {
    let get = |key: &str| request.query.get(key).map(String::as_str).unwrap_or_default();
    for (key, expected) in [
        ("client_id", CLIENT_ID),
        ("response_type", "code"),
        ("scope", SCOPE),
        ("code_challenge_method", "S256"),
        ("access_type", "offline"),
        ("prompt", "consent"),
    ] {
        if get(key) != expected {
            state.wrong(format!("consent with {key}={:?} instead of {expected:?}", get(key)));
        }
    }
    if get("state").len() < 20 || get("code_challenge").len() != 43 {
        state.wrong("consent without an unguessable state or challenge");
    }
    let Some(mut redirect) = Url::parse(get("redirect_uri")).ok().filter(|u| u.scheme() == "http") else {
        state.wrong(format!("consent with redirect_uri {:?}", get("redirect_uri")));
        return StubAnswer::new(400, Vec::new(), "redirect_uri_mismatch".to_owned());
    };
    if !matches!(redirect.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
        state.wrong(format!("consent that redirects to {redirect}"));
    }
    if state.deny {
        redirect.query_pairs_mut().append_pair("error", "access_denied").append_pair("state", get("state"));
    } else {
        let scope = state.grant_scope.clone().unwrap_or_else(|| SCOPE.to_owned());
        let code = state.secret("4/code");
        let stored = Code {
            challenge: get("code_challenge").to_owned(),
            redirect: get("redirect_uri").to_owned(),
            scope: scope.clone(),
        };
        state.codes.insert(code.clone(), stored);
        let mut pairs = redirect.query_pairs_mut();
        pairs.append_pair("state", get("state")).append_pair("code", &code).append_pair("scope", &scope);
    }
    StubAnswer::new(302, vec![("location", redirect.to_string())], String::new())
}

pub fn token(state: &mut State, request: &StubRequest) -> StubAnswer {
    let form = request.form();
    let get = |key: &str| form.get(key).map(String::as_str).unwrap_or_default();
    if request.header("content-type") != "application/x-www-form-urlencoded" {
        state.wrong("token request that is not a form");
    }
    if !request.query.is_empty() {
        state.wrong("token request with a query string");
    }
    if get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" {
        return assertion(state, get("assertion"));
    }
    if get("client_id") != CLIENT_ID || get("client_secret") != CLIENT_SECRET {
        return refused(401, "invalid_client");
    }
    match get("grant_type") {
        "authorization_code" => {
            let Some(code) = state.codes.remove(get("code")) else { return refused(400, "invalid_grant") };
            let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(get("code_verifier").as_bytes()));
            if challenge != code.challenge || get("redirect_uri") != code.redirect {
                state.wrong("exchange with another verifier or redirect URI than the consent");
                return refused(400, "invalid_grant");
            }
            let refresh = state.secret("1//refresh");
            state.refresh.insert(refresh.clone());
            granted(state, Some(refresh), code.scope)
        }
        "refresh_token" if state.rotates && state.refresh.remove(get("refresh_token")) => {
            let refresh = state.secret("1//refresh");
            state.refresh.insert(refresh.clone());
            let mut answer = granted(state, Some(refresh), SCOPE.to_owned());
            // As some proxies write it.
            answer.body = answer.body.replace("\"expires_in\":3600", "\"expires_in\":\"3600\"");
            answer
        }
        "refresh_token" if state.refresh.contains(get("refresh_token")) => granted(state, None, SCOPE.to_owned()),
        "refresh_token" => refused(400, "invalid_grant"),
        other => {
            state.wrong(format!("token request with grant_type {other:?}"));
            refused(400, "unsupported_grant_type")
        }
    }
}

fn granted(state: &mut State, refresh: Option<String>, scope: String) -> StubAnswer {
    let access = state.secret("ya29");
    state.access.insert(access.clone());
    let mut body = json!({
        "access_token": access, "expires_in": state.token_lifetime, "scope": scope, "token_type": "Bearer",
    });
    if let Some(refresh) = refresh {
        body["refresh_token"] = Value::String(refresh);
    }
    StubAnswer::json(200, body)
}

fn refused(status: u16, code: &str) -> StubAnswer {
    StubAnswer::json(status, json!({"error": code, "error_description": "Bad Request"}))
}

fn assertion(state: &mut State, jwt: &str) -> StubAnswer {
    let parts: Vec<&str> = jwt.split('.').collect();
    let decode = |text: &str| URL_SAFE.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).unwrap_or_default();
    let (Some(account), [_, claims, signature]) = (&state.service_account, parts.as_slice()) else {
        state.wrong("unexpected assertion, or not a JWT");
        return refused(400, "invalid_grant");
    };
    let claims: Value = serde_json::from_slice(&decode(claims)).unwrap_or_default();
    let signed = jwt.rsplit_once('.').map_or("", |(signed, _)| signed);
    if claims["iss"] != account.email.as_str() || !is_signature_valid(account, signed, &decode(signature)) {
        return refused(400, "invalid_grant");
    }
    if claims["sub"] != account.subject.as_str() {
        return refused(401, "unauthorized_client");
    }
    if claims["scope"] != SCOPE {
        state.wrong(format!("assertion for scope {}", claims["scope"]));
    }
    granted(state, None, SCOPE.to_owned())
}

fn is_signature_valid(account: &ServiceAccount, signed: &str, signature: &[u8]) -> bool {
    let folder = account.public_key.parent().unwrap();
    let (data, proof) = (folder.join("signed"), folder.join("signature"));
    std::fs::write(&data, signed).unwrap();
    std::fs::write(&proof, signature).unwrap();
    let verify = std::process::Command::new("openssl")
        .args(["dgst", "-sha256", "-verify"])
        .arg(&account.public_key)
        .arg("-signature")
        .args([&proof, &data])
        .output();
    verify.unwrap().status.success()
}

pub fn revoke(state: &mut State, request: &StubRequest) -> StubAnswer {
    let form = request.form();
    let token = form.get("token").cloned().unwrap_or_default();
    if state.refresh.remove(&token) || state.access.remove(&token) {
        state.access.clear();
        return StubAnswer::json(200, json!({}));
    }
    refused(400, "invalid_token")
}
