//! Declares and reads the settings of the site: listening address, public URL, secret key, database, `[ops]`.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::Serialized;
use ipnet::IpNet;

use crate::accounts::emails::AccountEmails;
use crate::accounts::{PublicUrl, PublicUrlError, Site};
use crate::i18n::Locale;
use crate::random::Entropy;
use crate::secret::{Secret, SecretKey};
use crate::site_folder::SiteFolder;
use crate::web;

use super::error::ConfigError;
use super::keys::keys;
use super::reader::SettingsReader;

keys! {
    SITE: SiteKeys = "" {
        /// IP address that the site listens on
        address = "127.0.0.1";
        /// port that the site listens on; 0 picks a free port, which is printed at start
        port = 8000;
        /// `off`, `critical` (warnings and errors), `normal` or `debug`
        log_level = "normal";
        /// scheme and host at the beginning of every emailed link; debug: the address it listens on; release: required,
        /// https unless `allow_http`
        public_url = "";
        /// allow a `public_url` with http in the release profile
        allow_http = false;
        /// further host names that this server answers to; a name without a port is valid at every port; other names
        /// get 421
        hosts = [];
        /// networks whose `X-Forwarded-For` is believed, such as `["127.0.0.1"]`
        trusted_proxies = [];
        /// `en` or `ko`, for visitors whose browser asks for neither
        default_locale = "en";
        /// name in pages, emails and subjects; at most 60 characters
        site_name = "Gatepost";
        /// 32 bytes in base64, as `gatepost secret` prints; signs links and notices; debug: created once and kept
        /// beside the database; release: required
        secret_key: secret = "";
    }

    FOLDER: SiteFolderKeys = "site" {
        /// folder with emails, texts, logo and colours of your own, from the folder of Rocket.toml on; see
        /// docs/sending.md
        folder = "site";
    }

    DATABASE: DatabaseKeys = "databases.gatepost" {
        /// `sqlite:PATH` or `postgres://user:password@host/database`
        url: secret = "sqlite:data/gatepost.db";
    }

    OPS: OpsKeys = "ops" {
        /// bearer token for `/metrics` and the details of `/readyz`
        token: secret = "";
    }
}

/// Longest `site_name`, in characters; it is part of every subject.
const MAX_SITE_NAME: usize = 60;

/// The address of the site's listener.
pub(super) fn address(source: &SettingsReader) -> Result<SocketAddr, ConfigError> {
    let address: IpAddr = source.parse(SITE.address, str::parse)?;
    // The range is that of a port.
    let port = u16::try_from(source.number(SITE.port, 0..=65_535)?).unwrap_or_default();
    Ok(SocketAddr::new(address, port))
}

pub(super) fn rocket(source: &SettingsReader) -> Result<Figment, ConfigError> {
    let address = address(source)?;
    source.parse(SITE.log_level, |level| level.parse::<rocket::config::LogLevel>().map_err(|_| LevelError))?;
    let figment = rocket::Config::figment()
        .merge(source.figment().clone())
        .merge(Serialized::global(SITE.address, address.ip()))
        .merge(Serialized::global(SITE.port, address.port()))
        // Gatepost determines the client address and writes the log. Rocket would trust X-Real-IP from any client and
        // log links with tokens.
        .merge(Serialized::global("ip_header", false))
        .merge(Serialized::global(SITE.log_level, "off"))
        .select(source.profile().clone());
    rocket::Config::try_from(&figment).map_err(|e| source.error(&e.path.join("."), e.kind.to_string()))?;
    Ok(figment)
}

pub(super) fn site(source: &SettingsReader) -> Result<Site, ConfigError> {
    let name = source.parse(SITE.site_name, site_name)?;
    Ok(Site {
        public_url: public_url(source)?,
        default_locale: source.choice(SITE.default_locale, &[("en", Locale::En), ("ko", Locale::Ko)])?,
        folder: SiteFolder::new(folder(source)?, source.is_debug(), &name, &AccountEmails),
        name,
    })
}

/// The path of the site's folder. One that the operator names must exist.
fn folder(source: &SettingsReader) -> Result<PathBuf, ConfigError> {
    let path = source.folder().join(source.text(FOLDER.folder)?);
    if source.is_written(FOLDER.folder) && !path.is_dir() {
        return Err(source.error(FOLDER.folder, format!("{} is not a folder", path.display())));
    }
    Ok(path)
}

fn public_url(source: &SettingsReader) -> Result<PublicUrl, ConfigError> {
    let allow_http = source.boolean(SITE.allow_http)?;
    let Some(url) = source.parse_optional(SITE.public_url, PublicUrl::parse)? else {
        if source.is_debug() {
            return Ok(PublicUrl::pending());
        }
        return Err(source.error(
            SITE.public_url,
            "required; set it to the address that people open, such as https://id.example.com".into(),
        ));
    };
    if !source.is_debug() && !url.is_https() && !allow_http {
        return Err(source.error(SITE.public_url, PublicUrlError::Http.to_string()));
    }
    Ok(url)
}

pub(super) fn web(source: &SettingsReader) -> Result<web::Settings, ConfigError> {
    let hosts = source
        .list(SITE.hosts)?
        .iter()
        .map(|text| host(text).map_err(|e| source.error(SITE.hosts, format!("{text:?}: {e}"))))
        .collect::<Result<_, _>>()?;
    let trusted_proxies = source
        .list(SITE.trusted_proxies)?
        .iter()
        .map(|text| network(text).map_err(|e| source.error(SITE.trusted_proxies, format!("{text:?}: {e}"))))
        .collect::<Result<_, _>>()?;
    Ok(web::Settings {
        debug: source.is_debug(),
        hosts,
        local_names: false,
        api_origins: Vec::new(),
        trusted_proxies,
        ops_token: source.parse_secret(OPS.token, bearer)?,
    })
}

pub(super) fn database_url(source: &SettingsReader) -> Result<Secret<String>, ConfigError> {
    let url = source.parse_secret(DATABASE.url, |text| database(text).map(|url| Secret::new(located(source, url))))?;
    url.ok_or_else(|| source.error(DATABASE.url, DatabaseError.to_string()))
}

/// The URL of an SQLite file with its path as [`SettingsReader::path`] has it; any other URL as it is.
fn located(source: &SettingsReader, url: &str) -> String {
    match url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
        Some(path) if !path.starts_with(['/', ':']) => format!("sqlite:{}", source.path(DATABASE.url, path).display()),
        _ => url.to_owned(),
    }
}

/// What helps if the folder of the data does not take a file.
const FOLDER_CURE: &str = "its folder must be writable for the user that runs Gatepost, or choose another by \
                           databases.gatepost.url and inbox.path";

/// The secret key. In release the operator sets it; debug generates one at the first start and stores it.
pub(super) fn secret_key(source: &SettingsReader) -> Result<SecretKey, ConfigError> {
    if let Some(key) = source.parse_secret(SITE.secret_key, SecretKey::parse)? {
        return Ok(key);
    }
    if !source.is_debug() {
        return Err(source.error(
            SITE.secret_key,
            "required; make one with `gatepost secret`, or try Gatepost out with ROCKET_PROFILE=debug".into(),
        ));
    }
    let path = debug_key_path(&located(source, &source.text(DATABASE.url)?));
    stored_key(&path).map_err(|e| match e.kind() {
        std::io::ErrorKind::InvalidData => {
            source.error(SITE.secret_key, format!("cannot read the key in {}: {e}", path.display()))
        }
        // The folder is at fault, not the setting.
        _ => ConfigError::file(&path, format!("{e}; {FOLDER_CURE}")),
    })
}

/// Next to the SQLite file, so that a database and the key of its links stay together.
fn debug_key_path(database_url: &str) -> PathBuf {
    let file = database_url.strip_prefix("sqlite:").map(|p| p.trim_start_matches("//").split('?').next().unwrap_or(p));
    let folder = file.and_then(|f| Path::new(f).parent()).unwrap_or(Path::new("data"));
    folder.join("secret_key")
}

/// Reads the key first, so that a full disk or a read-only folder does not stop a server whose key is there.
fn stored_key(path: &Path) -> std::io::Result<SecretKey> {
    match read_key(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => create_key(path),
        read => read,
    }
}

fn read_key(path: &Path) -> std::io::Result<SecretKey> {
    let text = std::fs::read_to_string(path)?;
    crate::private_files::tighten(path);
    SecretKey::parse(&text).map_err(|e| std::io::Error::new(std::io::ErrorKind::InvalidData, e))
}

/// Of two first starts at the same time, both use the key of the one that was faster.
fn create_key(path: &Path) -> std::io::Result<SecretKey> {
    let key = SecretKey::generate(&Entropy::system());
    match crate::private_files::create_once(path, key.encode().as_bytes())? {
        true => Ok(key),
        false => read_key(path),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("expected off, critical, normal or debug")]
struct LevelError;

#[derive(Debug, thiserror::Error)]
#[error("expected 1 to {MAX_SITE_NAME} characters on one line")]
struct SiteNameError;

fn site_name(text: &str) -> Result<String, SiteNameError> {
    let text = text.trim();
    let valid = !text.is_empty() && text.chars().count() <= MAX_SITE_NAME && !text.chars().any(char::is_control);
    if valid { Ok(text.to_owned()) } else { Err(SiteNameError) }
}

#[derive(Debug, thiserror::Error)]
#[error("expected sqlite:PATH or postgres://…")]
struct DatabaseError;

fn database(url: &str) -> Result<&str, DatabaseError> {
    let valid = match url.strip_prefix("sqlite:") {
        // Each connection to an in-memory database would have its own database.
        Some(path) => {
            !path.trim_start_matches('/').is_empty() && !path.contains(":memory:") && !path.contains("mode=memory")
        }
        None => ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)),
    };
    if valid { Ok(url) } else { Err(DatabaseError) }
}

#[derive(Debug, thiserror::Error)]
#[error("expected a name such as www.example.com, with its port unless it is the default port")]
struct HostError;

/// Parses a host into the form that browsers send in the Host header.
fn host(text: &str) -> Result<String, HostError> {
    let url = PublicUrl::parse(&format!("http://{}", text.to_ascii_lowercase())).map_err(|_| HostError)?;
    if text.ends_with('/') { Err(HostError) } else { Ok(url.authority().to_owned()) }
}

#[derive(Debug, thiserror::Error)]
#[error("expected one word of visible ASCII characters")]
struct BearerError;

fn bearer(text: &str) -> Result<Secret<String>, BearerError> {
    let valid = text.chars().all(|c| c.is_ascii_graphic());
    if valid { Ok(Secret::new(text.to_owned())) } else { Err(BearerError) }
}

#[derive(Debug, thiserror::Error)]
#[error("expected a network such as 10.0.0.0/8 or an address")]
struct NetworkError;

fn network(text: &str) -> Result<IpNet, NetworkError> {
    text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| NetworkError)
}
