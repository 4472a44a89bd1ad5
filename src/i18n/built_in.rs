//! The texts that are compiled in, from `locales/`.

use std::sync::OnceLock;

use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;
use rust_embed::RustEmbed;

use super::locale::Locale;

#[derive(RustEmbed)]
#[folder = "locales/"]
struct LocaleFiles;

pub(super) type Bundle = FluentBundle<FluentResource>;

/// The texts that are compiled in.
pub(super) fn built_in(locale: Locale) -> &'static Bundle {
    static EN: OnceLock<Bundle> = OnceLock::new();
    static KO: OnceLock<Bundle> = OnceLock::new();
    let cell = match locale {
        Locale::En => &EN,
        Locale::Ko => &KO,
    };
    cell.get_or_init(|| load(locale))
}

/// A bundle with the texts that are compiled in.
///
/// # Panics
/// If a text is malformed or defined twice. The files are compiled in, so tests detect it before a release.
#[expect(clippy::panic, reason = "the embedded files are checked by tests")]
pub(super) fn load(locale: Locale) -> Bundle {
    let language = locale.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![language]);
    bundle.set_use_isolating(false);
    for (path, source) in sources(locale) {
        let resource = FluentResource::try_new(source).unwrap_or_else(|(_, e)| panic!("{path}: {e:?}"));
        bundle.add_resource(resource).unwrap_or_else(|e| panic!("{path}: {e:?}"));
    }
    bundle
}

/// Path and content of each Fluent file of a language.
pub(super) fn sources(locale: Locale) -> impl Iterator<Item = (String, String)> {
    LocaleFiles::iter().filter(move |path| path.starts_with(&format!("{}/", locale.tag()))).map(|path| {
        let file = LocaleFiles::get(&path).map(|f| f.data.into_owned()).unwrap_or_default();
        (path.into_owned(), String::from_utf8(file).unwrap_or_default())
    })
}
