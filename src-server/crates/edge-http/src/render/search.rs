//! What was found, as a page for browsers without script (`web/templates/search.html`).

use super::escape::visible;
use super::formatting::{date_words, size_words};
use super::html::crumbs;
use super::layout::{Layout, to_html};
use super::paging::{Pages, RESULT_ROWS};
use super::query_faults;
use super::search_form::{Search, SearchForm};
use crate::request::Request;
use crate::urls;
use askama::Template;
use engine::library::{FolderHit, SearchHit, SearchResult};
use model::query::QueryError;
use model::{FileName, VPath};

/// What became of a search.
pub enum Outcome {
    /// It was carried out.
    Found(SearchResult),
    /// What was typed was not understood.
    NotUnderstood(QueryError),
    /// Nothing at the folder has an index.
    NoIndex,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage<'a> {
    layout: Layout<'a>,
    crumbs: Vec<(String, String)>,
    summary: String,
    problem: Option<String>,
    form: SearchForm<'a>,
    rows: Vec<Row>,
    pages: Option<Pages>,
    /// That there is more, or what was not searched.
    notes: Vec<&'static str>,
    actions: Vec<(String, &'static str)>,
}

struct Row {
    href: String,
    /// Path below the folder that was searched.
    name: String,
    size: String,
    /// The extension.
    kind: String,
    date: String,
}

/// Renders the page of a search.
pub fn page(request: &Request, search: Search<'_>, outcome: &Outcome) -> String {
    let t = request.texts();
    let mut page = SearchPage {
        layout: Layout::new(request, t.search_results(search.text), "browse")
            .with_script(request)
            .with_account(request),
        crumbs: crumbs(request, &request.path),
        summary: String::new(),
        problem: None,
        form: SearchForm::new(request, &request.path, search),
        rows: Vec::new(),
        pages: None,
        notes: Vec::new(),
        actions: vec![(request.folder_href(&request.path), t.page_back())],
    };
    match outcome {
        Outcome::NotUnderstood(wrong) => {
            page.problem = Some(t.search_wrong(&query_faults::words(t, wrong)));
            page.notes = vec![t.search_wrong_lead()];
        }
        Outcome::NoIndex => {
            page.problem = Some(t.search_index().to_owned());
            page.notes = vec![t.search_index_lead()];
        }
        Outcome::Found(result) => fill(request, search, result, &mut page),
    }
    to_html(&page)
}

fn fill(request: &Request, search: Search<'_>, result: &SearchResult, page: &mut SearchPage<'_>) {
    let t = request.texts();
    let within = if search.is_everywhere { VPath::root() } else { request.path.clone() };
    let count = result.folders.len() + result.hits.len();
    let parameters = urls::search(search.text, search.is_everywhere);
    page.pages = Pages::of_results(request, count, &parameters);
    let first = page.pages.as_ref().map_or(0, Pages::first_result);
    let folders = result.folders.iter().map(|hit| folder_row(request, &within, hit));
    let files = result.hits.iter().map(|hit| file_row(request, &within, hit));
    page.rows = folders.chain(files).skip(first).take(RESULT_ROWS).collect();
    page.summary = if count == 0 { t.search_none().to_owned() } else { t.search_found(count as u64) };
    if count == 0 {
        page.notes.push(t.search_none_lead());
    }
    if result.is_truncated {
        page.notes.push(t.search_more());
    }
    if !result.unsearched.is_empty() {
        page.notes.push(t.search_unsearched());
    }
}

fn folder_row(request: &Request, within: &VPath, hit: &FolderHit) -> Row {
    let t = request.texts();
    Row {
        href: request.folder_href(&hit.path),
        name: name_below(within, &hit.path) + "/",
        size: hit.totals.as_ref().map_or_else(|| "-".to_owned(), |totals| size_words(t, totals.bytes)),
        kind: "-".to_owned(),
        date: date_words(hit.modified),
    }
}

fn file_row(request: &Request, within: &VPath, hit: &SearchHit) -> Row {
    let mut href = request.href(&hit.path);
    if let Some(key) = request.engine().reader.key(&request.access, &hit.path, hit.size, hit.ino) {
        href = format!("{href}?{}={key}", urls::KEY);
    }
    let extension = hit.path.name().as_ref().and_then(FileName::extension).map(visible);
    Row {
        href,
        name: name_below(within, &hit.path),
        size: size_words(request.texts(), hit.size),
        kind: extension.filter(|extension| extension.len() <= 16).unwrap_or_else(|| "-".to_owned()),
        date: date_words(hit.modified),
    }
}

fn name_below(within: &VPath, path: &VPath) -> String {
    visible(path.strip_prefix(within).as_ref().unwrap_or(path).as_bytes())
}
