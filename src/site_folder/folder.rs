//! The folder as the other modules hold it: read at start, and read again after a change if the profile allows it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crate::i18n::Locale;

use super::built_in::BuiltInEmails;
use super::content::SiteContent;
use super::files::Listing;
use super::problem::SiteError;

/// The folder. Clones share its content.
#[derive(Clone)]
pub struct SiteFolder(Arc<FolderState>);

struct FolderState {
    path: PathBuf,
    reload: bool,
    site_name: String,
    built_in: &'static dyn BuiltInEmails,
    loaded: RwLock<LoadedSite>,
}

#[derive(Default)]
struct LoadedSite {
    /// `None` until the folder is opened.
    listing: Option<Listing>,
    content: Arc<SiteContent>,
}

impl fmt::Debug for SiteFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SiteFolder").field("path", &self.0.path).field("reload", &self.0.reload).finish_non_exhaustive()
    }
}

impl SiteFolder {
    /// The folder at `path`, which [`Self::open`] reads. With `reload`, later changes are seen.
    pub fn new(path: PathBuf, reload: bool, site_name: &str, built_in: &'static dyn BuiltInEmails) -> Self {
        let loaded = RwLock::default();
        SiteFolder(Arc::new(FolderState { path, reload, site_name: site_name.to_owned(), built_in, loaded }))
    }

    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Reads and checks the folder. A folder that does not exist is empty.
    ///
    /// # Errors
    /// Every fault that was found; then nothing of the folder is used.
    pub fn open(&self) -> Result<Arc<SiteContent>, SiteError> {
        let listing = Listing::of(&self.0.path);
        let content = self.load(&listing)?;
        let mut loaded = self.0.loaded.write().unwrap_or_else(PoisonError::into_inner);
        *loaded = LoadedSite { listing: Some(listing), content: content.clone() };
        Ok(content)
    }

    /// The content, which is empty until [`Self::open`]. After a change it is read again; a broken change is logged,
    /// and the last good content stays.
    pub fn current(&self) -> Arc<SiteContent> {
        let changed = {
            let loaded = self.0.loaded.read().unwrap_or_else(PoisonError::into_inner);
            match &loaded.listing {
                Some(known) if self.0.reload => Some(Listing::of(&self.0.path)).filter(|listing| listing != known),
                _ => None,
            }
            .ok_or_else(|| loaded.content.clone())
        };
        match changed {
            Ok(listing) => self.reload(listing),
            Err(content) => content,
        }
    }

    fn reload(&self, listing: Listing) -> Arc<SiteContent> {
        let mut loaded = self.0.loaded.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have read it in the meantime.
        if loaded.listing.as_ref() != Some(&listing) {
            match self.load(&listing) {
                Ok(content) => {
                    tracing::info!("{} has changed and was read again", self.0.path.display());
                    loaded.content = content;
                }
                Err(error) => error.lines().for_each(|line| tracing::error!("{line}; the last good version stays")),
            }
            loaded.listing = Some(listing);
        }
        loaded.content.clone()
    }

    fn load(&self, listing: &Listing) -> Result<Arc<SiteContent>, SiteError> {
        let folder = self.0.path.display().to_string();
        let content = listing
            .read()
            .and_then(|files| SiteContent::new(&folder, files, &self.0.site_name, self.0.built_in).map(Arc::new));
        let content = content.map_err(|problems| SiteError { folder, problems })?;
        for locale in Locale::ALL {
            let texts = content.texts.iter().find(|(found, _)| *found == locale);
            locale.use_texts(texts.map(|(_, texts)| texts.clone()));
        }
        Ok(content)
    }
}
