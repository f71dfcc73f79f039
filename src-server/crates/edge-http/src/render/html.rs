//! A listing as an HTML page (`web/templates/listing.html`).

use super::cards::{LoginCard, TEXT_FORMS, Uploader, shown_text};
use super::escape::{push_href, visible};
use super::folder_texts::{FolderTexts, Logue};
use super::formatting::size_words;
use super::layout::{Layout, to_html};
use super::paging::Pages;
use super::search_form::SearchForm;
use super::sort::{Column, Direction, Order};
use super::{folder_title, may_archive, rows, space_words, tags};
use crate::request::Request;
use crate::texts::Texts;
use crate::urls;
use askama::Template;
use engine::listing::Listing;
use model::{Perm, VPath};
use warp::reply::Response;

#[derive(Template)]
#[template(path = "listing.html")]
struct ListingPage<'a> {
    layout: Layout<'a>,
    /// The folders from the top down to this one: URL and name.
    crumbs: Vec<(String, String)>,
    summary: String,
    /// The upload form, if the visitor may add files. With it come the forms [`TEXT_FORMS`].
    uploader: Option<Uploader>,
    /// The visitor may delete, and restore what was deleted.
    deletes: bool,
    /// The folder can be downloaded as an archive.
    archives: bool,
    /// The text that the owner of the server shows for a while.
    banner: Option<&'a str>,
    texts: FolderTexts,
    /// The columns of the table; none in an empty folder.
    columns: Vec<ColumnHead>,
    /// The sign-in form, for visitors who have not signed in.
    login: Option<LoginCard>,
    /// Where this page of a long folder is among the others.
    pages: Option<&'a Pages>,
    space: Option<String>,
    /// The search form, where there is an index.
    search: Option<SearchForm<'a>>,
}

/// Head of a column of the table.
struct ColumnHead {
    label: String,
    /// Link that sorts by the column; `None`: it shows a tag.
    href: Option<String>,
    /// The direction in which the table is sorted by the column.
    direction: Option<&'static str>,
}

/// Renders the page of a folder that the visitor may list.
pub fn listing(request: &Request, mut listing: Listing, texts: FolderTexts) -> Response {
    let order = Order::of_page(request);
    order.apply(&mut listing);
    let is_empty = listing.folders.is_empty() && listing.files.is_empty();
    let t = request.texts();
    let (pages, summary) = (Pages::of(request, &listing), summary(t, &listing));
    let mut layout = Layout::new(request, folder_title(t, &listing.path), "browse");
    if texts.has_readme() {
        layout = layout.with_text_style(request);
    }
    // Guests of a share link do not see the banner.
    let sees_banner = listing.rights.has(Perm::Read) && request.access.link().is_none();
    let banner = request.engine().banner().current().filter(|_| sees_banner);
    let page = to_html(&ListingPage {
        layout: layout.with_script(request).with_account(request),
        crumbs: crumbs(request, &listing.path),
        summary,
        uploader: listing.rights.has(Perm::Write).then(|| Uploader::of(request, &listing)),
        deletes: listing.rights.has(Perm::Delete),
        archives: may_archive(request, listing.rights) && !is_empty,
        banner: shown_text(banner.as_ref().map(|banner| &*banner.text)),
        texts,
        columns: if is_empty { Vec::new() } else { columns(request, order, &listing) },
        login: LoginCard::of(request),
        pages: pages.as_ref(),
        space: space_words(t, &listing),
        search: SearchForm::of(request, &listing.path),
    });
    if let Some(pages) = &pages {
        pages.cut(&mut listing);
    }
    rows::reply(request, listing, rows::page(t), page)
}

pub(super) fn crumbs(request: &Request, path: &VPath) -> Vec<(String, String)> {
    let mut href = urls::home(request);
    let crumb = |name: &[u8]| {
        push_href(&mut href, name);
        href.push('/');
        (href.clone(), visible(name))
    };
    path.components().map(crumb).collect()
}

fn summary(t: Texts, listing: &Listing) -> String {
    let (folders, files) = (listing.folders.len() as u64, listing.files.len() as u64);
    // Folders count all or not at all: a sum with a part of them would be taken for the whole.
    let is_whole = listing.folders.iter().all(|folder| folder.files_below.is_some());
    let counted = listing.files.iter().chain(listing.folders.iter().filter(|_| is_whole));
    let bytes = counted.fold(0u64, |sum, entry| sum.saturating_add(entry.size));
    let size = size_words(t, bytes);
    let parts = [
        (folders > 0).then(|| t.count_folders(folders)),
        (files > 0).then(|| t.count_files(files)),
        (bytes > 0).then(|| if is_whole { size } else { t.list_in_files(&size) }),
    ];
    let all = parts.into_iter().flatten().reduce(|first, second| t.count_list(&first, &second));
    all.unwrap_or_else(|| t.list_empty().to_owned())
}

fn columns(request: &Request, order: Order, listing: &Listing) -> Vec<ColumnHead> {
    let dots = if request.query.has(urls::DOTS) { format!("{}&", urls::DOTS) } else { String::new() };
    let t = request.texts();
    let columns = [
        (Column::Name, t.list_name()),
        (Column::Size, t.list_size()),
        (Column::Extension, t.list_type()),
        (Column::Date, t.list_changed()),
    ];
    let head = |(column, label): (Column, &'static str)| {
        let direction = (order.column == column).then_some(order.direction);
        let minus = if direction == Some(Direction::Ascending) { "-" } else { "" };
        let href = format!("?{dots}{}={minus}{}", urls::SORT, column.parameter());
        let direction = direction.map(|direction| match direction {
            Direction::Ascending => "ascending",
            Direction::Descending => "descending",
        });
        ColumnHead { label: label.to_owned(), href: Some(href), direction }
    };
    let mut heads: Vec<_> = columns.into_iter().map(head).collect();
    let tags = listing.tags.iter().filter(|column| tags::is_shown(column));
    let tags = tags.map(|column| ColumnHead { label: tags::label(t, &column.name), href: None, direction: None });
    // After name and size.
    heads.splice(2..2, tags);
    heads
}
