//! An HTTP client that acts like a browser: it keeps cookies and sends the origin of a request. It follows no redirects.
//! Tests that need a real browser use `webdriver`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use reqwest::header::{COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, redirect};

/// One browser profile with its own cookies.
pub struct Visitor {
    client: Client,
    /// The base URL, such as `http://127.0.0.1:8000`.
    site: String,
    cookies: Mutex<BTreeMap<String, String>>,
    headers: HeaderMap,
}

/// A complete response.
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Visitor {
    pub fn new(site: &str) -> Self {
        let client = Client::builder().redirect(redirect::Policy::none()).build().expect("a client");
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8"));
        headers.insert("accept-language", HeaderValue::from_static("en"));
        headers.insert("user-agent", HeaderValue::from_static("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"));
        Visitor { client, site: site.to_owned(), cookies: Mutex::default(), headers }
    }

    /// Sends this header with every request, instead of the default.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header's value"));
        self
    }

    pub fn without(mut self, name: &'static str) -> Self {
        self.headers.remove(name);
        self
    }

    /// Requests `path` as if typed into the address bar. It may be a full URL of the site, as in an email.
    pub async fn get(&self, path: &str) -> Page {
        self.send(self.request(Method::GET, path)).await
    }

    /// Submits a form from a page of the site.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(self.submission(path).form(fields)).await
    }

    /// A POST request from a page of the site, still without a body.
    pub fn submission(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path).header("sec-fetch-site", "same-origin").header("origin", &self.site)
    }

    /// A request with this visitor's cookies and headers, without an origin.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = path.strip_prefix(&self.site).unwrap_or(path);
        let url = if path.starts_with('/') { format!("{}{path}", self.site) } else { path.to_owned() };
        let mut request = self.client.request(method, url).headers(self.headers.clone());
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        if !cookies.is_empty() {
            let line: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, line.join("; "));
        }
        request
    }

    pub async fn send(&self, request: RequestBuilder) -> Page {
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        self.keep_cookies(&headers);
        Page { status, headers, body: answer.bytes().await.expect("a whole body").to_vec() }
    }

    /// Keeps secure cookies too, since the tests take the place of a TLS proxy.
    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for line in headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let Some((name, value)) = pair.split_once('=') else { continue };
            let attributes = attributes.to_ascii_lowercase();
            if attributes.contains("max-age=0") || attributes.contains("1970") || value.is_empty() {
                cookies.remove(name.trim());
            } else {
                cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub fn cookie_names(&self) -> Vec<String> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Sets a cookie, as a server on a sibling domain could.
    pub fn plant(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), value.to_owned());
    }

    /// Submits the signup form; returns the response.
    pub async fn sign_up(&self, email: &str, password: &str) -> Page {
        self.post("/signup", &[("email", email), ("password", password)]).await
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Page {
        self.post("/login", &[("email", email), ("password", password)]).await
    }

    /// True if this visitor can open the account page.
    pub async fn is_signed_in(&self) -> bool {
        self.get("/account").await.status == 200
    }
}

impl Page {
    /// The page without the places at which a word may break, so that an address is found as it reads.
    ///
    /// # Panics
    /// When the response is not UTF-8 text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text in UTF-8").replace("<wbr>", "")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The value of a header; empty if it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The target of a redirect; empty for other responses.
    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    /// The whole `Set-Cookie` line of a cookie.
    pub fn set_cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        lines.map(str::to_owned).find(|line| line.starts_with(&format!("{name}=")))
    }

    /// Everything that can distinguish two responses: status, redirect target, names of headers and cookies, and the
    /// text with the `blank` strings, which depend on the request, masked.
    pub fn shape(&self, blank: &[&str]) -> String {
        let mut names: Vec<String> = self.headers.keys().map(ToString::to_string).collect();
        names.sort();
        let cookies = self.headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()?.split('=').next());
        let mut text = String::from_utf8_lossy(&self.body).replace("<wbr>", "");
        blank.iter().for_each(|word| text = text.replace(word, "…"));
        let cookies: Vec<&str> = cookies.collect();
        format!("{} {:?} {names:?} {cookies:?}\n{text}", self.status, self.location())
    }

    /// The code of the page's flash message.
    pub fn flash(&self) -> Option<String> {
        let text = self.text();
        let code = text.split("data-flash=\"").nth(1)?.split('"').next()?;
        Some(code.to_owned())
    }

    /// True if the page shows an error at this input.
    pub fn has_error_at(&self, input: &str) -> bool {
        let text = self.text();
        let element = text.split('<').find(|part| part.contains(&format!("name=\"{input}\"")));
        element.is_some_and(|element| element.contains("aria-invalid=\"true\""))
    }
}
