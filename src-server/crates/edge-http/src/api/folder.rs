//! The listing of a folder as lines of JSON (NDJSON), streamed: the first line is sent before the last is made, and a large
//! folder is never in memory as text. Its rows are counted against the engine's budget until they are sent.

use super::ndjson::{self, ClientLeft, Lines, Sending, push_line};
use super::types::{
    FileEntry, FileTags, FolderEnd, FolderEntry, FolderHead, FolderLine, FolderView, Logue, MarkdownPlugins, NameOrder,
    PictureInfo, SortedBy, Space, TagInfo, UploadRules,
};
use super::{paths, rights};
use crate::failure::{Failure, RouteResult};
use crate::render;
use crate::render::cards;
use crate::render::folder_texts::{self, FolderTexts, Readme};
use crate::render::row_stream::RowStream;
use crate::render::sort::{Column, Direction, Order};
use crate::request::Request;
use crate::routes::{browse, markdown};
use crate::texts::Texts;
use engine::listing::{self, Entry, FirstRows, ListOptions, Listing, TagColumn};
use engine::volumes::extension::Picture;
use http::StatusCode;
use model::page_list_flags::{PageListFlags, SortColumn, SortRule};
use model::{Perm, VPath};

/// Most rows that are sent before the others.
const FIRST_ROWS_MAX: usize = 1000;

/// `GET folder?path=`, with `sort`, `offset`, `limit`, `dots` and `first`.
pub async fn folder(request: &Request) -> RouteResult {
    let path = paths::from_query(request, "path")?;
    let order = order(request)?;
    let offset = number(request, "offset")?.unwrap_or(0);
    let limit = number(request, "limit")?.unwrap_or(usize::MAX);
    let first = number(request, "first")?.unwrap_or(0).min(FIRST_ROWS_MAX);
    let options = ListOptions { dotfiles: browse::wants_dotfiles(request), ..ListOptions::default() };
    let is_whole = (offset, limit) == (0, usize::MAX);
    if first > 0 && is_whole && order == Order::default() && begins_by_name(request, &path) {
        let listings = &request.engine().listings;
        if let Some(rows) = listings.first_rows(&request.access, &path, options, first).await? {
            return in_two_parts(request, path, options, rows).await;
        }
    }
    whole(request, &path, options, (order, offset, limit)).await
}

/// Whether pages of the folder begin in the order of names.
fn begins_by_name(request: &Request, path: &VPath) -> bool {
    let volume = request.access.volume_path(path).map(|at| at.volume);
    volume.is_none_or(|volume| volume.config.flags.page_lists.sort == PageListFlags::default().sort)
}

/// Sends the first rows, and the whole listing once it is there. Without that the answer has no end, by which clients know.
async fn in_two_parts(request: &Request, path: VPath, options: ListOptions, first: FirstRows) -> RouteResult {
    let texts = markdown::of_folder(request, &first.listing).await?;
    let own = request.clone();
    Ok(ndjson::reply(request, Sending::Rows, |mut lines| async move {
        // If the client has left there is no one to tell.
        let _left = send_in_two_parts(&own, &path, options, (&first, texts), &mut lines).await;
        lines
    }))
}

async fn send_in_two_parts(
    request: &Request,
    path: &VPath,
    options: ListOptions,
    (first, texts): (&FirstRows, FolderTexts),
    lines: &mut Lines,
) -> Result<(), ClientLeft> {
    let head = head_of(request, &first.listing, texts.clone(), 0);
    let head = FolderHead { folders: first.folders, files: first.files, bytes: 0, ..head };
    lines.add(&FolderLine::First(Box::new(head))).await?;
    send_rows(request, &first.listing, lines).await?;
    lines.flush().await?;
    let listed = tokio::select! {
        listed = request.engine().listings.list(&request.access, path, options) => listed,
        () = lines.left() => return Err(ClientLeft),
    };
    let Ok(listing) = listed else { return Ok(()) };
    lines.add(&FolderLine::Listing(Box::new(head_of(request, &listing, texts, 0)))).await?;
    send_rows(request, &listing, lines).await?;
    lines.add(&FolderLine::End(FolderEnd { rows: listing.folders.len() + listing.files.len() })).await
}

async fn send_rows(request: &Request, listing: &Listing, lines: &mut Lines) -> Result<(), ClientLeft> {
    let archives = render::archives_are_on(request);
    for entry in &listing.folders {
        lines.add(&FolderLine::Folder(folder_entry(entry, archives))).await?;
    }
    for entry in &listing.files {
        lines.add(&FolderLine::File(file_entry(entry, &listing.tags))).await?;
    }
    Ok(())
}

async fn whole(
    request: &Request,
    path: &VPath,
    options: ListOptions,
    (order, offset, limit): (Order, usize, usize),
) -> RouteResult {
    let mut listing = request.engine().listings.list(&request.access, path, options).await?;
    order.apply(&mut listing);
    let texts = markdown::of_folder(request, &listing).await?;
    let rows = (listing.folders.len() + listing.files.len()).saturating_sub(offset).min(limit);
    let (mut head, mut tail, mut buffer) = (String::with_capacity(1 << 10), String::new(), Vec::with_capacity(256));
    push_line(&mut head, &mut buffer, &FolderLine::Listing(Box::new(head_of(request, &listing, texts, offset))));
    push_line(&mut tail, &mut buffer, &FolderLine::End(FolderEnd { rows }));
    let archives = render::archives_are_on(request);
    let Listing { folders, files, tags, reservation, .. } = listing;
    let render_row = move |out: &mut String, row: usize| {
        let at = offset + row;
        let line = match at.checked_sub(folders.len()) {
            None => FolderLine::Folder(folder_entry(&folders[at], archives)),
            Some(at) => FolderLine::File(file_entry(&files[at], &tags)),
        };
        push_line(out, &mut buffer, &line);
    };
    Ok(RowStream { head, rows, render_row, reservation, tail }.reply(request, crate::reply::mime::NDJSON))
}

/// Returns the order that `sort` asks for. Unlike pages, which fall back to names, the API refuses an unknown word.
fn order(request: &Request) -> Result<Order, Failure> {
    let order = Order::from_query(&request.query);
    let Some(word) = request.query.text("sort") else { return Ok(order) };
    let is_default = order.column == Column::Name && order.direction == Direction::Ascending;
    match is_default && word != Column::Name.parameter() {
        true => Err(bad("sort is one of name, size, ext and date, with a minus in front for the reverse order")),
        false => Ok(order),
    }
}

/// Returns a number of the query; `None` without the parameter.
pub(super) fn number(request: &Request, parameter: &str) -> Result<Option<usize>, Failure> {
    match request.query.has(parameter) {
        false => Ok(None),
        true => request.query.number(parameter).map(Some).ok_or_else(|| bad("offset and limit are numbers")),
    }
}

fn bad(text: &'static str) -> Failure {
    Failure::text(StatusCode::BAD_REQUEST, text)
}

fn head_of<'a>(request: &Request, listing: &'a Listing, texts: FolderTexts, offset: usize) -> FolderHead<'a> {
    let may = rights::may(request, listing.rights);
    let (preadme_name, preadme_html, preadme_plugins) = readme(texts.preadme);
    let (readme_name, readme_html, readme_plugins) = readme(texts.readme);
    FolderHead {
        path: paths::encoded(&listing.path),
        name: paths::last_name(&listing.path),
        rights: rights::list(listing.rights),
        may,
        order: name_order(listing),
        folders: listing.folders.len(),
        files: listing.files.len(),
        bytes: listing.files.iter().fold(0, |sum: u64, entry| sum.saturating_add(entry.size)),
        offset,
        space: listing.space.map(|(free, total)| Space { free: free.0, total: total.0 }),
        lifetime_secs: listing.lifetime_secs,
        random_names: listing.random_names,
        uploads: may.upload.then(|| upload_rules(request, listing)),
        view: view(request, listing),
        index_page: request.shows_user_pages(listing.rights),
        banner: banner(request, listing),
        prologue: texts.prologue.map(logue),
        epilogue: texts.epilogue.map(logue),
        preadme_name,
        preadme_html,
        preadme_plugins,
        readme_name,
        readme_html,
        readme_plugins,
        tags: Some(tags(request, listing)).filter(|tags| !tags.is_empty()),
    }
}

fn upload_rules(request: &Request, listing: &Listing) -> UploadRules {
    let rules = cards::UploadRules::of(request, &listing.path);
    UploadRules {
        max_file_bytes: rules.max_file,
        min_file_bytes: rules.min_file,
        max_request: rules.max_request,
        lifetime_secs: rules.lifetime_secs,
        parallel: rules.parallel,
        order: rules.order,
        taken: rules.taken,
    }
}

/// Returns the order of names in a listing.
pub(super) fn name_order(listing: &Listing) -> NameOrder {
    match listing.order {
        listing::NameOrder::Natural => NameOrder::Natural,
        listing::NameOrder::Bytes => NameOrder::Bytes,
    }
}

/// Returns what the volume proposes; `None` if that is what pages do anyway.
fn view(request: &Request, listing: &Listing) -> Option<FolderView> {
    let at = request.access.volume_path(&listing.path)?;
    let flags = &at.volume.config.flags.page_lists;
    let by_name = flags.sort == PageListFlags::default().sort;
    let sort = if by_name { Vec::new() } else { flags.sort.iter().map(sorted_by).collect() };
    let is_usual = by_name && !flags.grid && !flags.downloads;
    (!is_usual).then_some(FolderView { grid: flags.grid, sort, downloads: flags.downloads })
}

fn sorted_by(rule: &SortRule) -> SortedBy {
    let column = match &rule.column {
        SortColumn::Name => "name".into(),
        SortColumn::Size => "size".into(),
        SortColumn::Extension => "ext".into(),
        SortColumn::Date => "date".into(),
        SortColumn::Tag(tag) => format!("tag:{tag}"),
    };
    SortedBy { column, descending: rule.descending }
}

fn readme(readme: Option<Readme>) -> (Option<String>, Option<String>, Option<MarkdownPlugins>) {
    readme.map_or((None, None, None), |readme| {
        (Some(readme.name), Some(readme.html), readme.plugins.map(MarkdownPlugins::from))
    })
}

fn logue(logue: folder_texts::Logue) -> Logue {
    match logue {
        folder_texts::Logue::Frame { href, height } => Logue::Frame { href, height },
        folder_texts::Logue::Text(text) => Logue::Text { text },
    }
}

/// Returns the text that administrators show for a while. Visitors of a share link do not see it.
fn banner(request: &Request, listing: &Listing) -> Option<String> {
    let is_shown = listing.rights.has(Perm::Read) && request.access.link().is_none();
    request.engine().banner().current().filter(|_| is_shown).map(|banner| banner.text)
}

/// Returns the tags that occur.
fn tags<'a>(request: &Request, listing: &'a Listing) -> Vec<TagInfo<'a>> {
    let t = request.texts();
    let occurring = listing.tags.iter().filter(|column| column.occurs);
    occurring.map(|column| tag_info(t, column)).collect()
}

/// Returns a tag as pages show it.
pub(super) fn tag_info(t: Texts, column: &TagColumn) -> TagInfo<'_> {
    TagInfo { name: &column.name, label: render::tags::label(t, &column.name), hidden: column.is_hidden }
}

fn folder_entry(entry: &Entry, archives: bool) -> FolderEntry<'_> {
    let (name, encoded) = paths::split_name(&entry.name);
    let rights = entry.mount_rights.map(rights::list);
    FolderEntry {
        name,
        encoded,
        modified_ms: entry.modified.0,
        archive: archives && entry.archivable,
        size: entry.files_below.map(|_| entry.size),
        files: entry.files_below,
        rights,
    }
}

/// Returns what a picture shows.
pub(super) fn picture_info(picture: &Picture) -> PictureInfo<'_> {
    PictureInfo { width: picture.width, height: picture.height, thumbhash: &picture.thumbhash }
}

/// Returns a file of a listing with these tags.
pub(super) fn file_entry<'a>(entry: &'a Entry, columns: &'a [TagColumn]) -> FileEntry<'a> {
    let (name, encoded) = paths::split_name(&entry.name);
    let picture = entry.picture.as_deref().map(picture_info);
    let tags = (!entry.tags.is_empty()).then_some(FileTags::Listed { columns, values: &entry.tags });
    FileEntry {
        name,
        encoded,
        size: entry.size,
        modified_ms: entry.modified.0,
        picture,
        key: entry.key.as_deref(),
        tags,
    }
}
