//! The visitor of a page: language, client, session, flash. The only guard of the account pages.

use rocket::Request;
use rocket::data::{self, Data, FromData};
use rocket::http::{CookieJar, Method, Status};
use rocket::outcome::try_outcome;
use rocket::request::{FromRequest, Outcome};

use crate::accounts::{self, LoginSession, PublicUrl, Requester};
use crate::i18n::Locale;
use crate::mail::Address;
use crate::site_folder::SiteAsset;

use super::cookies::{self, CookieName};
use super::flash;
use super::form::FormFields;
use super::last_address::{self, LastAddress};
use super::origin_check::{self, OriginalUri};
use super::page::Layout;
use super::state::App;
use super::static_files;

/// Everything a handler needs of a request besides its form.
pub struct Visitor<'r> {
    pub app: &'r App,
    pub locale: Locale,
    /// The throttle key of the client's address.
    pub client: String,
    /// The names of browser and system.
    pub device: Option<String>,
    session: &'r Option<LoginSession>,
    request: &'r Request<'r>,
}

impl<'r> Visitor<'r> {
    pub fn session(&self) -> Option<&'r LoginSession> {
        self.session.as_ref()
    }

    pub fn jar(&self) -> &'r CookieJar<'r> {
        self.request.cookies()
    }

    pub fn cookie(&self, kind: CookieName) -> Option<&'r str> {
        cookies::read(self.jar(), &self.app.site.public_url, kind)
    }

    pub fn set_cookie(&self, kind: CookieName, value: String, max_age: Option<std::time::Duration>) {
        cookies::write(self.jar(), &self.app.site.public_url, kind, value, max_age);
    }

    pub fn remove_cookie(&self, kind: CookieName) {
        cookies::remove(self.jar(), &self.app.site.public_url, kind);
    }

    /// Who sends this request, for the throttles.
    pub fn requester(&self) -> Requester<'_> {
        Requester {
            client: &self.client,
            signup: self.cookie(CookieName::Signup),
            known: self.cookie(CookieName::Known),
        }
    }

    /// Lets the owner of an address use the quotas of a known browser. Without `remember` until the browser ends.
    pub fn set_known(&self, known: String, remember: bool) {
        self.set_cookie(CookieName::Known, known, remember.then_some(accounts::KNOWN_TTL));
    }

    pub fn last_address(&self) -> Option<LastAddress> {
        LastAddress::open(&self.app.key, self.cookie(CookieName::Address)?)
    }

    /// This browser has just requested an email to `address`.
    pub fn set_requested(&self, address: Address) {
        let last = LastAddress { address, requested_at: Some(self.app.clock.now()) };
        self.set_cookie(CookieName::Address, last.seal(&self.app.key), Some(self.app.accounts.settings().signup_ttl));
    }

    /// The owner of `address` has used an emailed link in this browser.
    pub fn set_confirmed(&self, address: Address, known: String) {
        self.set_known(known, false);
        let last = LastAddress { address, requested_at: None };
        self.set_cookie(CookieName::Address, last.seal(&self.app.key), Some(last_address::CONFIRMED_TTL));
    }

    /// Sets the flash of the next page.
    pub fn flash(&self, code: &'static str) {
        let sealed = flash::seal(&self.app.key, code, self.app.clock.now());
        self.set_cookie(CookieName::Flash, sealed, Some(flash::TTL));
    }

    /// The layout of the page being rendered. It shows the flash and removes its cookie.
    pub fn layout(&self) -> Layout {
        let flash = self.cookie(CookieName::Flash).map(|value| {
            self.remove_cookie(CookieName::Flash);
            flash::open(&self.app.key, value, self.app.clock.now())
        });
        layout(self.request, self.app, self.session.as_ref(), flash.flatten())
    }
}

/// The layout without changing cookies, for error pages.
pub fn layout(request: &Request<'_>, app: &App, session: Option<&LoginSession>, flash: Option<&'static str>) -> Layout {
    let content = app.site.folder.current();
    let static_base = origin_check::asset_origin(request, &app.site.public_url);
    let href = |name: &str, asset: &SiteAsset| format!("{static_base}/static/{name}?v={}", asset.version);
    Layout {
        locale: locale(request, app),
        site_name: app.site.name.clone(),
        path: address(request),
        signed_in: session.map(|s| s.email.clone()),
        user_id: session.map(|s| s.user_id.clone()),
        refusal: None,
        flash,
        logo: content.logo().map(|logo| href(static_files::LOGO, logo)),
        theme: content.theme().map(|theme| href(static_files::THEME, theme)),
        static_base,
        signups_open: app.accounts.settings().signups_open,
        inbox: app.inbox,
        captures: app.captures,
    }
}

/// The URL that shows this page again: its own, or for the response to a form the URL of the page with the form.
fn address(request: &Request<'_>) -> String {
    if origin_check::was_cross_site(request) {
        return "/".to_owned();
    }
    if matches!(request.method(), Method::Get | Method::Head) {
        return original_uri(request).to_owned();
    }
    let headers = request.headers();
    let referer = headers.get_one("Referer").and_then(|referer| referer.split_once("://")).map(|(_, rest)| rest);
    let form = referer.and_then(|rest| rest.strip_prefix(headers.get_one("Host")?));
    form.filter(|path| path.starts_with('/')).unwrap_or("/").to_owned()
}

/// Path and query as the visitor requested them.
pub fn original_uri<'r>(request: &'r Request<'_>) -> &'r str {
    &request.local_cache(OriginalUri::default).0
}

/// The language of the site's pages.
pub fn locale(request: &Request<'_>, app: &App) -> Locale {
    language(request, &app.site.public_url, app.site.default_locale)
}

/// The language of a request: `?lang=`, which the cookie stores, then the cookie, then Accept-Language, then
/// `otherwise`.
pub fn language(request: &Request<'_>, url: &PublicUrl, otherwise: Locale) -> Locale {
    *request.local_cache(|| {
        let requested = request.query_value::<&str>("lang").and_then(Result::ok).and_then(Locale::from_tag);
        if let Some(locale) = requested {
            let year = std::time::Duration::from_secs(365 * 86_400);
            cookies::write(request.cookies(), url, CookieName::Language, locale.tag().to_owned(), Some(year));
            return locale;
        }
        cookies::read(request.cookies(), url, CookieName::Language)
            .and_then(Locale::from_tag)
            .or_else(|| Locale::negotiate(request.headers().get_one("Accept-Language")?))
            .unwrap_or(otherwise)
    })
}

/// The session of a request, for its error page; `None` if no guard has loaded it.
pub fn cached_session<'r>(request: &'r Request<'_>) -> &'r Option<LoginSession> {
    request.local_cache(|| None::<LoginSession>)
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Visitor<'r> {
    type Error = accounts::Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, accounts::Error> {
        let Some(app) = request.rocket().state::<App>() else {
            return Outcome::Forward(Status::InternalServerError);
        };
        let token = cookies::read(request.cookies(), &app.site.public_url, CookieName::Session);
        let session = match token {
            None => None,
            Some(token) => match app.accounts.session(token).await {
                Ok(session) => session,
                Err(e) => {
                    tracing::error!(error = %e, "cannot look up a session");
                    return Outcome::Error((Status::ServiceUnavailable, e));
                }
            },
        };
        Outcome::Success(Visitor {
            app,
            locale: locale(request, app),
            client: super::client_ip::client(request, &app.settings.trusted_proxies),
            device: request.headers().get_one("User-Agent").and_then(super::user_agent::name),
            session: request.local_cache(|| session),
            request,
        })
    }
}

/// A visitor with a session. Others are redirected to the login by the 401 catcher.
pub struct SignedIn<'r> {
    pub visitor: Visitor<'r>,
    pub session: &'r LoginSession,
}

/// The fields of a form of a signed-in visitor. A form that was made for another user is rejected with 409: its page was
/// opened before somebody else logged in with this browser. A form without the field `user` is accepted.
pub struct OwnForm(FormFields);

impl std::ops::Deref for OwnForm {
    type Target = FormFields;

    fn deref(&self) -> &FormFields {
        &self.0
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for OwnForm {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        let fields = try_outcome!(FormFields::from_data(request, data).await);
        let is_own = |session: &LoginSession| !fields.has("user") || fields.get("user") == session.user_id;
        match cached_session(request).as_ref().is_none_or(is_own) {
            true => data::Outcome::Success(OwnForm(fields)),
            false => data::Outcome::Error((Status::Conflict, ())),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignedIn<'r> {
    type Error = Option<accounts::Error>;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Option<accounts::Error>> {
        match Visitor::from_request(request).await {
            Outcome::Success(visitor) => match visitor.session() {
                Some(session) => Outcome::Success(SignedIn { visitor, session }),
                None => Outcome::Error((Status::Unauthorized, None)),
            },
            Outcome::Error((status, e)) => Outcome::Error((status, Some(e))),
            Outcome::Forward(status) => Outcome::Forward(status),
        }
    }
}
