//! The page of a folder to which the visitor may add files without seeing any (`web/templates/upload-only.html`).

use super::cards::{LoginCard, MESSAGE, NEW_FOLDER, Uploader};
use super::escape::{push_href, visible};
use super::folder_title;
use super::layout::{Layout, to_html};
use crate::request::Request;
use crate::urls;
use askama::Template;
use engine::listing::Listing;

#[derive(Template)]
#[template(path = "upload-only.html")]
struct UploadOnlyPage<'a> {
    layout: Layout<'a>,
    is_anonymous: bool,
    uploader: Uploader,
    /// Volumes inside the folder: URL and name.
    folders: Vec<(String, String)>,
    login: Option<LoginCard>,
}

/// Renders the page.
pub fn page(request: &Request, listing: &Listing) -> String {
    let t = request.texts();
    let layout = Layout::new(request, folder_title(t, &listing.path), "narrow guest");
    let here = request.folder_href(&listing.path);
    let folders = listing.folders.iter().map(|entry| {
        let mut href = here.clone();
        push_href(&mut href, entry.name.as_bytes());
        href.push('/');
        (href, visible(entry.name.as_bytes()))
    });
    to_html(&UploadOnlyPage {
        layout: layout.with_script(request).with_account(request),
        is_anonymous: request.access.account().is_anonymous(),
        uploader: Uploader::of(request, listing),
        folders: folders.collect(),
        login: LoginCard::of(request),
    })
}
