//! The form on a folder's page that searches it without script.

use super::folder_title;
use crate::request::Request;
use model::VPath;

/// A search of a page.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// What was typed.
    pub text: &'a str,
    /// Whether everything was searched, and not only the requested folder.
    pub is_everywhere: bool,
}

/// The search form of a folder.
pub struct SearchForm<'a> {
    /// URL of the folder.
    pub action: String,
    /// Label of the field.
    pub label: String,
    /// What was typed.
    pub text: &'a str,
    /// Whether everything is searched.
    pub is_everywhere: bool,
}

impl<'a> SearchForm<'a> {
    /// Returns the form of the requested folder; `None` if nothing there can be searched.
    pub fn of(request: &Request, folder: &VPath) -> Option<Self> {
        let can_search = request.engine().library.can_search_in(&request.access, folder);
        can_search.then(|| Self::new(request, folder, Search { text: "", is_everywhere: false }))
    }

    /// Returns the form with a search in it.
    pub fn new(request: &Request, folder: &VPath, search: Search<'a>) -> Self {
        let t = request.texts();
        Self {
            action: request.folder_href(folder),
            label: t.search_here(&folder_title(t, folder)),
            text: search.text,
            is_everywhere: search.is_everywhere,
        }
    }
}
