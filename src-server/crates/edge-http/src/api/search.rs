//! `POST search` and `GET suggest`.

use super::folder::picture_info;
use super::ndjson::push_line;
use super::places::Places;
use super::types::{ErrorCode, FileEntry, FileTags, FolderEntry, TagInfo};
use super::types_search::{
    FoundFile, FoundFolder, ResultsEnd, ResultsHead, SearchBody, SearchLine, Suggestion, SuggestionKind, Suggestions,
    UnsearchedVolume,
};
use super::{answer, error, paths};
use crate::failure::{Failure, RouteResult, Said};
use crate::render;
use crate::render::query_faults;
use crate::render::row_stream::RowStream;
use crate::request::Request;
use crate::texts::Texts;
use engine::library::{FolderHit, SearchHit, SearchRequest, SearchResult};
use http::StatusCode;
use model::query::{
    FormField, Query, QueryError, TYPED_KEYS, Typing, as_value, from_form, from_typed, keys_with, parse,
};
use model::{FileName, VPath};

/// Results of a request that names no number.
const FILES: usize = 1000;
/// Most completions.
const SUGGESTIONS_MAX: usize = 8;
/// Longest text that is completed, in bytes.
const TYPED_MAX: usize = 2000;

/// `POST search`.
pub async fn search(request: &Request, body: SearchBody) -> RouteResult {
    let within = if body.everywhere { VPath::root() } else { paths::from_body(&body.path)? };
    let query = match query_of(&body)? {
        Ok(query) => query,
        Err(wrong) => return Ok(not_understood(request.texts(), &wrong)),
    };
    let library = &request.engine().library;
    if !library.can_search_in(&request.access, &within) {
        // Who may not open the folder learns nothing else.
        request.engine().reader.open(&request.access, &within, None).await?;
        return Ok(no_index(request.texts()));
    }
    let limit = body.limit.unwrap_or(FILES);
    let asked = SearchRequest { query, limit, within: within.clone(), for_people: true };
    let result = library.search(&request.access, asked).await?;
    Ok(results(request, &within, result))
}

/// Returns the query. The outer error: the body names none, or several.
fn query_of(body: &SearchBody) -> Result<Result<Query, QueryError>, Failure> {
    let bad = |text: &'static str| Failure::text(StatusCode::BAD_REQUEST, text);
    match (&body.text, &body.query, &body.fields) {
        (Some(text), None, None) if text.trim().is_empty() => Err(Said::SearchEmpty.into()),
        (Some(text), None, None) => Ok(from_typed(text, body.utc_offset_minutes)),
        (None, Some(expression), None) => Ok(parse(expression)),
        (None, None, Some(fields)) => {
            let named: Option<Vec<_>> =
                fields.iter().map(|(name, value)| Some((FormField::named(name)?, value.as_str()))).collect();
            named.map(from_form).ok_or_else(|| bad("'fields' has a field that the search form has not"))
        }
        _ => Err(bad("one of 'text', 'query' and 'fields' is needed")),
    }
}

fn not_understood(t: Texts, wrong: &QueryError) -> warp::reply::Response {
    let message = t.search_wrong(&query_faults::words(t, wrong));
    error::answer(StatusCode::BAD_REQUEST, ErrorCode::BadQuery, &message, t.search_wrong_lead())
}

fn no_index(t: Texts) -> warp::reply::Response {
    error::answer(StatusCode::CONFLICT, ErrorCode::NoIndex, t.search_index(), t.search_index_lead())
}

fn results(request: &Request, within: &VPath, result: SearchResult) -> warp::reply::Response {
    let SearchResult { hits, folders, is_truncated, tag_order, unsearched } = result;
    let (mut head, mut tail, mut buffer) = (String::with_capacity(1 << 10), String::new(), Vec::with_capacity(256));
    let rows = folders.len() + hits.len();
    let results = ResultsHead {
        path: paths::encoded(within),
        folders: folders.len(),
        files: hits.len(),
        tags: tag_order.iter().map(|name| tag_info(request, name)).collect(),
    };
    push_line(&mut head, &mut buffer, &SearchLine::Results(results));
    let unsearched = unsearched.iter().map(|one| UnsearchedVolume { path: paths::encoded(&one.mount), why: one.why });
    let end = ResultsEnd { rows, truncated: is_truncated, unsearched: unsearched.collect() };
    push_line(&mut tail, &mut buffer, &SearchLine::End(end));
    let (own, mut places) = (request.clone(), Places::default());
    let render_row = move |out: &mut String, row: usize| {
        let rights = row.checked_sub(folders.len()).map_or_else(|| folders[row].rights, |at| hits[at].rights);
        let (place, line) = places.number(&own, rights);
        if let Some(line) = line {
            push_line(out, &mut buffer, &SearchLine::Place(line));
        }
        match row.checked_sub(folders.len()) {
            None => push_folder(&own, out, &mut buffer, &folders[row], place),
            Some(at) => push_file(&own, out, &mut buffer, &hits[at], place),
        }
    };
    RowStream { head, rows, render_row, reservation: None, tail }.reply(request, crate::reply::mime::NDJSON)
}

fn tag_info<'a>(request: &Request, name: &'a str) -> TagInfo<'a> {
    let volumes = &request.access.snapshot().tree.volumes;
    let hidden = volumes.iter().any(|volume| volume.config.flags.tags.hidden.iter().any(|hidden| hidden == name));
    TagInfo { name, label: render::tags::label(request.texts(), name), hidden }
}

/// Returns the folder and the name of a result.
fn split(path: &VPath) -> Option<(String, FileName)> {
    let (folder, name) = path.split_last()?;
    Some((paths::encoded(&folder), name))
}

fn push_folder(request: &Request, out: &mut String, buffer: &mut Vec<u8>, hit: &FolderHit, place: usize) {
    let Some((folder, name)) = split(&hit.path) else { return };
    let (name, encoded) = paths::split_name(&name);
    let entry = FolderEntry {
        name,
        encoded,
        modified_ms: hit.modified.0,
        archive: super::rights::may(request, hit.rights).archive,
        size: hit.totals.map(|totals| totals.bytes),
        files: hit.totals.map(|totals| totals.files),
        rights: None,
    };
    push_line(out, buffer, &SearchLine::Folder(FoundFolder { folder, place, entry }));
}

fn push_file(request: &Request, out: &mut String, buffer: &mut Vec<u8>, hit: &SearchHit, place: usize) {
    let Some((folder, name)) = split(&hit.path) else { return };
    let (name, encoded) = paths::split_name(&name);
    let key = request.engine().reader.key(&request.access, &hit.path, hit.size, hit.ino);
    let entry = FileEntry {
        name,
        encoded,
        size: hit.size,
        modified_ms: hit.modified.0,
        picture: hit.picture.as_deref().map(picture_info),
        key: key.as_deref(),
        tags: (!hit.tags.is_empty()).then_some(FileTags::Named(&hit.tags)),
    };
    push_line(out, buffer, &SearchLine::File(FoundFile { folder, place, entry }));
}

/// `GET suggest?text=&path=`.
pub async fn suggest(request: &Request) -> RouteResult {
    let path = paths::from_query(request, "path")?;
    let text = request.query.text("text").unwrap_or_default();
    if text.len() > TYPED_MAX {
        return Err(Failure::text(StatusCode::BAD_REQUEST, "that text is too long to be completed"));
    }
    let suggestions = match Typing::at_end_of(&text) {
        Typing::Word { before, prefix } => {
            let names = request.engine().library.tag_names(&request.access, &path).await?;
            let keys = keys_with(prefix, &names).take(SUGGESTIONS_MAX);
            keys.map(|key| suggestion(SuggestionKind::Key, format!("{before}{key}"), key)).collect()
        }
        Typing::Value { before, key, prefix } => {
            let (library, key) = (&request.engine().library, key.to_ascii_lowercase());
            let is_fixed = TYPED_KEYS.iter().any(|fixed| fixed[..fixed.len() - 1] == key);
            let values = match is_fixed {
                true => Vec::new(),
                false => library.tag_values(&request.access, &path, &key, prefix, SUGGESTIONS_MAX).await?,
            };
            let text = |value: &str| format!("{before}{} ", as_value(value));
            values.into_iter().map(|value| suggestion(SuggestionKind::Value, text(&value), value)).collect()
        }
    };
    Ok(answer::json(StatusCode::OK, &Suggestions { suggestions }))
}

fn suggestion(kind: SuggestionKind, text: String, label: String) -> Suggestion {
    Suggestion { kind, text, label }
}
