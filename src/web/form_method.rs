//! Reverts Rocket's method override, so that the method is the one in the request line. If the first field of a posted
//! form is named `_method`, Rocket replaces the method before any fairing runs. A page of another site could use that
//! to disguise its POST as a GET. With `_method=head`, Rocket sends a response without the body that the client of a
//! POST expects: hyper then closes the connection without a response.

use rocket::form::Form;
use rocket::http::Method;
use rocket::{Data, Request};

/// Rocket inspects this many bytes of the form: with fewer it keeps the method, and it reads no more.
const SHORTEST: usize = "_method=get".len();
const LONGEST: usize = "_method=delete".len();

/// Sets the method back to POST if Rocket replaced it. Other requests keep their method, with one exception: a form
/// sent by PUT (or GET, HEAD, …) that begins with `_method=put` cannot be distinguished from a replaced POST. It
/// becomes a POST too, which is the stricter choice, since the cross-site check applies to POST.
pub async fn restore_post(request: &mut Request<'_>, data: &mut Data<'_>) {
    let is_form = request.content_type().is_some_and(|kind| kind.is_form());
    if is_form && replacement(data.peek(LONGEST).await) == Some(request.method()) {
        request.set_method(Method::Post);
    }
}

/// The method that Rocket reads from the beginning of a form. This uses Rocket's own parser, which accepts more
/// spellings than `_method=`: `&_method=head`, `[_method]=get`, `_method.x=put`.
fn replacement(start: &[u8]) -> Option<Method> {
    if start.len() < SHORTEST {
        return None;
    }
    let form = std::str::from_utf8(start).ok()?;
    let first = Form::values(form).next().filter(|field| field.name == "_method")?;
    first.value.parse().ok()
}

#[cfg(test)]
mod tests {
    use rocket::fairing::{AdHoc, Fairing, Info, Kind};
    use rocket::http::{ContentType, Header};
    use rocket::local::blocking::Client;

    use super::*;

    const METHODS: [Method; 9] = [
        Method::Get,
        Method::Put,
        Method::Post,
        Method::Delete,
        Method::Options,
        Method::Head,
        Method::Trace,
        Method::Connect,
        Method::Patch,
    ];

    /// The method after Rocket's override, and the method after [`restore_post`].
    struct Methods(&'static str, &'static str);

    struct RestorePost;

    #[rocket::async_trait]
    impl Fairing for RestorePost {
        fn info(&self) -> Info {
            Info { name: "restore POST", kind: Kind::Request }
        }

        async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
            let seen = request.method();
            restore_post(request, data).await;
            // Recorded here, since Rocket turns HEAD into GET later.
            let methods = Methods(seen.as_str(), request.method().as_str());
            request.local_cache(|| methods);
        }
    }

    /// A client whose responses contain [`Methods`] as headers.
    fn client() -> Client {
        let report = AdHoc::on_response("report", |request, response| {
            Box::pin(async move {
                let Methods(seen, restored) = request.local_cache(|| Methods("", ""));
                response.set_header(Header::new("X-Seen", *seen));
                response.set_header(Header::new("X-Restored", *restored));
            })
        });
        let config = rocket::Config { log_level: rocket::config::LogLevel::Off, ..rocket::Config::debug_default() };
        Client::untracked(rocket::custom(config).attach(RestorePost).attach(report)).unwrap()
    }

    /// The method after Rocket's override, and the method that Gatepost's checks see.
    fn methods(client: &Client, method: Method, kind: ContentType, body: &str) -> (String, String) {
        let response = client.req(method, "/").header(kind).body(body).dispatch();
        let header = |name| response.headers().get_one(name).unwrap().to_owned();
        (header("X-Seen"), header("X-Restored"))
    }

    /// Beginnings of forms, with every spelling of the field that Rocket may accept.
    fn form_starts() -> Vec<String> {
        let names = ["_method", "[_method]", "_method[]", "_method.x", "_METHOD", "%5fmethod"];
        let mut starts =
            vec![String::new(), "_method".into(), "_method=".into(), "_method=ge".into(), "_method=é".into()];
        for before in ["", "&&", "a&"] {
            for (name, method) in names.iter().flat_map(|name| METHODS.map(|method| (name, method.as_str()))) {
                for value in [method.to_owned(), method.to_ascii_lowercase()] {
                    for after in ["", "&a=b", "é"] {
                        starts.push(format!("{before}{name}={value}{after}"));
                    }
                }
            }
        }
        starts
    }

    #[test]
    fn a_posted_form_stays_a_post_despite_its_first_field() {
        let client = client();
        let mut overridden = 0;
        for form in form_starts() {
            for kind in ["application/x-www-form-urlencoded", "Application/X-WWW-form-urlencoded; charset=UTF-8"] {
                let (seen, restored) = methods(&client, Method::Post, kind.parse().unwrap(), &form);
                assert_eq!(restored, "POST", "{form} as {kind}");
                overridden += usize::from(seen != "POST");
            }
        }
        assert!(overridden > 50, "Rocket replaced the method of {overridden} forms");
    }

    #[test]
    fn a_method_that_rocket_did_not_replace_stays() {
        let client = client();
        for method in [Method::Get, Method::Head, Method::Put, Method::Delete] {
            for form in form_starts() {
                let (_, restored) = methods(&client, method, ContentType::Form, &form);
                let own = form.to_ascii_uppercase().contains(&format!("={method}"));
                assert!(restored == method.as_str() || own, "{method} with {form}: {restored}");
            }
            let (_, restored) = methods(&client, method, ContentType::Plain, &format!("_method={method}"));
            assert_eq!(restored, method.as_str(), "plain text is not a form");
        }
    }
}
