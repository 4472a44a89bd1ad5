//! A visitor with a browser's manners over HTTP: keeps cookies, says where a request comes from, follows no redirect
//! by itself. What a real browser does beyond that is for `webdriver`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use reqwest::header::{COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, redirect};

/// One browser profile: its own cookies.
pub struct Visitor {
    client: Client,
    /// As in `http://127.0.0.1:8000`.
    site: String,
    cookies: Mutex<BTreeMap<String, String>>,
    headers: HeaderMap,
}

/// An answer, read to its end.
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

    /// Sends this header with every request, instead of the one that is there.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header's value"));
        self
    }

    pub fn without(mut self, name: &'static str) -> Self {
        self.headers.remove(name);
        self
    }

    /// As typed into the address bar. `path` may be a whole address of the site, as in a mail.
    pub async fn get(&self, path: &str) -> Page {
        self.send(self.request(Method::GET, path)).await
    }

    /// Submits a form of the site itself.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send(self.submission(path).form(fields)).await
    }

    /// A POST from a page of this site, without a body yet.
    pub fn submission(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path).header("sec-fetch-site", "same-origin").header("origin", &self.site)
    }

    /// Any request with this visitor's cookies and headers; nothing says where it comes from.
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

    /// Secure cookies are kept too: the tests stand where a TLS proxy would.
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

    /// Plants a cookie, as another server on a neighbouring host could.
    pub fn plant(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), value.to_owned());
    }

    // What people do, in the steps they do it in.

    /// Fills in the signup form; the answer to it.
    pub async fn sign_up(&self, email: &str, password: &str) -> Page {
        self.post("/signup", &[("email", email), ("password", password)]).await
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Page {
        self.post("/login", &[("email", email), ("password", password)]).await
    }

    /// Whether the account page is shown to this visitor.
    pub async fn is_signed_in(&self) -> bool {
        self.get("/account").await.status == 200
    }
}

impl Page {
    /// # Panics
    /// When the answer is no text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text in UTF-8")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// Empty when the header is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where a redirect leads; empty for other answers.
    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    /// The whole `Set-Cookie` line of a cookie.
    pub fn set_cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        lines.map(str::to_owned).find(|line| line.starts_with(&format!("{name}=")))
    }

    /// All that tells one answer from another: status, where to, names of headers and cookies, and the text without
    /// these words, which differ by what was asked.
    pub fn shape(&self, blank: &[&str]) -> String {
        let mut names: Vec<String> = self.headers.keys().map(ToString::to_string).collect();
        names.sort();
        let cookies = self.headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()?.split('=').next());
        let mut text = String::from_utf8_lossy(&self.body).into_owned();
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

    /// Whether the page ties an error to this input.
    pub fn has_error_at(&self, input: &str) -> bool {
        let text = self.text();
        let element = text.split('<').find(|part| part.contains(&format!("name=\"{input}\"")));
        element.is_some_and(|element| element.contains("aria-invalid=\"true\""))
    }
}
