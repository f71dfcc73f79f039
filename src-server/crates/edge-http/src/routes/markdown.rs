//! Markdown in pages and in the page API: where its links lead, and with which keys.

use crate::failure::{Failure, RouteResult, Said};
use crate::markdown::{self, Keys, Place, Plugins, Rendered};
use crate::render::cards::shown_text;
use crate::render::escape::visible;
use crate::render::folder_texts::{self, FolderTexts, Logue, Readme};
use crate::reply;
use crate::reply::headers::FRAME_POLICY;
use crate::request::Request;
use crate::urls;
use engine::files::read::{BodyKind, Download, Found};
use engine::listing::{Listing, NamedText};
use engine::{EngineError, Result};
use futures_util::StreamExt;
use http::{StatusCode, header};
use model::page_text_flags::PageTextFlags;
use model::{FileKeys, FileName, VPath, Verdict};
use std::sync::Arc;

/// Most bytes of a prologue or epilogue.
const LOGUE_MAX: u64 = 64 << 10;

/// Renders the text of the file at `path`, for a page of its own.
///
/// # Errors
/// `Internal`.
pub async fn of_file(request: &Request, path: &VPath, text: String) -> Result<Arc<Rendered>> {
    let place = Place::new(&request.policy.base, path.parent().unwrap_or_default());
    rendered(request, Place { breaks_lines: !flags(request, path).joins_lines, texts: request.texts(), ..place }, text)
        .await
}

/// Returns the text of the file at `path` if plugins in it run.
pub fn plugins(request: &Request, path: &VPath, text: &str) -> Option<Plugins> {
    Plugins::of(&flags(request, path), text)
}

/// Returns the texts around a listing. A prologue takes the place of the preadme, an epilogue that of the readme.
///
/// # Errors
/// `Internal`.
pub async fn of_folder(request: &Request, listing: &Listing) -> Result<FolderTexts> {
    let flags = flags(request, &listing.path);
    let logue = |text: Option<&str>, parameter: &str| {
        shown_text(text).map(|text| match flags.plain_logues {
            true => Logue::Text(text.to_owned()),
            false => Logue::frame(request, &listing.path, parameter, text),
        })
    };
    let mut texts = FolderTexts {
        prologue: logue(listing.prologue.as_deref(), urls::PROLOGUE),
        epilogue: logue(listing.epilogue.as_deref(), urls::EPILOGUE),
        ..FolderTexts::default()
    };
    if texts.prologue.is_none() {
        texts.preadme = readme(request, &listing.path, &flags, listing.preadme.as_ref(), "mdp-").await?;
    }
    if texts.epilogue.is_none() {
        texts.readme = readme(request, &listing.path, &flags, listing.readme.as_ref(), "md-").await?;
    }
    Ok(texts)
}

async fn readme(
    request: &Request,
    folder: &VPath,
    flags: &PageTextFlags,
    file: Option<&NamedText>,
    id_prefix: &'static str,
) -> Result<Option<Readme>> {
    let Some(NamedText { name, text }) = file.filter(|file| shown_text(Some(&file.text)).is_some()) else {
        return Ok(None);
    };
    let name = visible(name.as_bytes());
    if flags.plain_readme {
        return Ok(Some(Readme { name, html: markdown::plain(text, None).html, plugins: None }));
    }
    let place = Place::new(&request.policy.base, folder.clone());
    // Above it are the heading of the page and that of the section.
    let place = Place { id_prefix, lowered: 2, breaks_lines: !flags.joins_lines, texts: request.texts(), ..place };
    let html = rendered(request, place, text.to_owned()).await?.html.clone();
    Ok(Some(Readme { name, html, plugins: Plugins::of(flags, text) }))
}

fn flags(request: &Request, path: &VPath) -> PageTextFlags {
    request.access.volume_path(path).map(|at| at.volume.config.flags.page_texts).unwrap_or_default()
}

async fn rendered(request: &Request, place: Place, text: String) -> Result<Arc<Rendered>> {
    let (renderer, pool) = (&request.site.markdown, request.engine().pool());
    let first = renderer.render(pool, text.clone(), place.clone()).await?;
    let keys = keys(request, &first.files).await;
    match keys.is_empty() {
        true => Ok(first),
        false => renderer.render(pool, text, Place { keys, ..place }).await,
    }
}

/// Returns the keys of those `files` that open with one and whose keys the visitor may learn.
async fn keys(request: &Request, files: &[VPath]) -> Keys {
    let mut keys = Keys::new();
    let access = &request.access;
    for path in files {
        let is_keyed = access.volume_path(path).is_some_and(|at| at.volume.config.flags.file_keys != FileKeys::Off);
        if !is_keyed {
            continue;
        }
        let reader = &request.engine().reader;
        if let Ok(Found::File(file)) = reader.open(access, path, None).await
            && let Some(key) = reader.key(access, path, file.size, file.ino())
        {
            keys.insert(path.clone(), key);
        }
    }
    keys
}

/// `?prologue` and `?epilogue` of a folder: the document in the frame that shows it.
pub async fn logue(request: &Request, verdict: Verdict, parameter: &str) -> RouteResult {
    let flags = flags(request, &request.path);
    let hidden = verdict != Verdict::Allow || flags.no_logues || flags.plain_logues;
    let file = if hidden { None } else { logue_file(request, parameter).await };
    let Some(file) = file else { return Err(EngineError::NotFound(request.path.clone()).into()) };
    let length = file.size.min(LOGUE_MAX);
    let bytes = read(file, length).await?;
    let page = folder_texts::framed(request, parameter, &String::from_utf8_lossy(&bytes));
    let mut response = reply::html(StatusCode::OK, page);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, FRAME_POLICY);
    Ok(response)
}

/// Opens the first of the files that the volume takes for a prologue (or epilogue: `parameter`).
async fn logue_file(request: &Request, parameter: &str) -> Option<Download> {
    let at = request.access.volume_path(&request.path)?;
    let lists = &at.volume.config.flags.page_lists;
    let names = if parameter == urls::PROLOGUE { &lists.prologues } else { &lists.epilogues };
    for name in names {
        let Ok(name) = FileName::new(name.as_bytes()) else { continue };
        if let Ok(Found::File(file)) =
            request.engine().reader.open(&request.access, &request.path.join(&name), None).await
        {
            return Some(file);
        }
    }
    None
}

/// Reads the first `length` bytes of a file.
///
/// # Errors
/// `Internal` if it cannot be read.
pub async fn read(file: Download, length: u64) -> Result<Vec<u8>> {
    let mut all = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    let mut stream = file.stream(0..length, BodyKind::Buffered);
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|error| EngineError::internal("The file could not be read.", error))?;
        all.extend_from_slice(&piece);
    }
    Ok(all)
}

/// Returns true if the name is that of a Markdown file.
pub fn is_markdown(name: &FileName) -> bool {
    name.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(b"md"))
}

/// Returns the refusal of a file that is not Markdown.
pub fn not_markdown() -> Failure {
    Said::NotMarkdown.into()
}
