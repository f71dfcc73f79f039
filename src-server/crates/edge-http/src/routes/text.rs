//! Reading and editing text files without script: `?v` shows a Markdown file, `?v=source` its source, `?edit` a form with
//! the text. The form posts `act=tput`.

use super::line_ends::LineEnds;
use super::markdown;
use crate::failure::{Failure, RouteResult, Said};
use crate::render::pages;
use crate::render::text::{self, EditForm};
use crate::reply;
use crate::reply::error::FailureTexts;
use crate::request::Request;
use crate::urls;
use engine::EngineError;
use engine::error::Changed;
use engine::files::read::{Download, Found};
use http::StatusCode;
use model::{Operation, Perm, VPath, Verdict};
use std::fmt::Write as _;
use warp::reply::Response;

/// Longest text that is put into a page, in bytes.
pub const TEXT_MAX: u64 = 1 << 20;

/// What a text page does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// `?v`
    Show,
    /// `?v=source`
    Source,
    /// `?edit`, `?edit2`
    Edit,
}

/// Returns the requested view, if the file has it.
pub fn requested_view(request: &Request, download: &Download) -> Option<View> {
    let query = &request.query;
    if query.is_empty() || query.has(urls::RAW) {
        return None;
    }
    if query.has(urls::EDIT) || query.has("edit2") {
        return Some(View::Edit);
    }
    let view = if query.text(urls::VIEW).as_deref() == Some("source") { View::Source } else { View::Show };
    (query.has(urls::VIEW) && markdown::is_markdown(&download.name)).then_some(view)
}

/// Renders the page.
pub async fn page(request: &Request, download: Download, view: View) -> RouteResult {
    let may_edit = may_edit(request, &request.path, &download);
    if view == View::Edit && !may_edit {
        return Err(EngineError::denied(&request.path, "write").into());
    }
    let modified = download.modified;
    let bytes = read_all(download).await?;
    let page = match view {
        View::Show => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let plugins = markdown::plugins(request, &request.path, &text);
            let rendered = markdown::of_file(request, &request.path, text).await?;
            text::markdown(request, &rendered, plugins.as_ref(), modified, may_edit)
        }
        View::Source => text::source(request, &String::from_utf8_lossy(&bytes), may_edit),
        View::Edit => {
            let written = String::from_utf8(bytes).map_err(|_| Said::NotText)?;
            let line_ends = LineEnds::of_text(&written).field();
            let form = EditForm { text: &written, notice: None, on_server: None, modified_ms: modified.0, line_ends };
            text::edit(request, &form)
        }
    };
    Ok(reply::html(StatusCode::OK, page))
}

/// Returns true if the visitor may edit the file. Right `w` is enough for Markdown and the extensions that the volume
/// adds (`rw_edit`); other files also need `d`.
pub fn may_edit(request: &Request, path: &VPath, download: &Download) -> bool {
    if request.access.verdict(path, Operation::OpenEditor) == Verdict::Deny {
        return false;
    }
    let Some(volume_path) = request.access.volume_path(path) else { return false };
    let extension = download.name.extension().unwrap_or_default();
    let listed =
        volume_path.volume.config.flags.editable.iter().any(|one| one.as_bytes().eq_ignore_ascii_case(extension));
    listed || download.rights.has(Perm::Delete)
}

/// Reads a text file.
///
/// # Errors
/// [`Said::TextTooLong`] if it is longer than a page may be; `Internal`.
pub async fn read_all(download: Download) -> Result<Vec<u8>, Failure> {
    let size = download.size;
    if size > TEXT_MAX {
        return Err(Said::TextTooLong.into());
    }
    Ok(markdown::read(download, size).await?)
}

/// Saves a text that a program sent; the answer is JSON. `opened_at`: see `FileOps::save_text`.
pub async fn save(request: &Request, opened_at: Option<i64>, text: Vec<u8>) -> RouteResult {
    match request.engine().ops.save_text(&request.access, &request.path, opened_at, text.into()).await {
        Ok(saved) => {
            let hex = saved.sha512.iter().take(28).fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
                hex
            });
            let (lastmod, size) = (saved.lastmod_ms, saved.size);
            let json = format!("{{\"ok\": true, \"lastmod\": {lastmod}, \"size\": {size}, \"sha512\": \"{hex}\"}}");
            Ok(reply::json(StatusCode::OK, json))
        }
        Err(EngineError::Changed(Changed::Since { lastmod_ms })) => {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_millis());
            Ok(reply::json(StatusCode::OK, format!("{{\"ok\": false, \"lastmod\": {lastmod_ms}, \"now\": {now}}}")))
        }
        Err(error) => Err(error.into()),
    }
}

/// What the `?edit` form sent.
pub struct SentForm {
    /// Modification time of the file that was opened, milliseconds since 1970; `None`: the file is made if it is missing.
    pub opened_at: Option<i64>,
    /// How the lines of that file ended.
    pub line_ends: LineEnds,
    /// The text.
    pub text: Vec<u8>,
}

/// Saves a text that the `?edit` form sent. If that fails, the answer is the form with the sent text, so that nothing is lost:
/// of a file that has changed since, also with the text that the server has, which the next save replaces; of one that is
/// gone, to make it again; else with the reason.
pub async fn save_form(request: &Request, form: SentForm) -> RouteResult {
    let SentForm { opened_at, line_ends, text } = form;
    let sent = String::from_utf8_lossy(&text);
    let original = match line_ends {
        LineEnds::Mixed => current_text(request).await,
        LineEnds::Lf | LineEnds::CrLf => None,
    };
    let text = line_ends.restored(&sent, original.as_ref().map(|(text, _)| text.as_str()));
    let ops = &request.engine().ops;
    let failure = match ops.save_text(&request.access, &request.path, opened_at, text.clone().into_bytes().into()).await
    {
        Ok(_) => return Ok(saved_page(request)),
        Err(error) => error,
    };
    if matches!(failure, EngineError::Changed(Changed::Since { .. }))
        && let Some((on_server, modified_ms)) = current_text(request).await
    {
        let line_ends = LineEnds::of_text(&on_server).field();
        let notice = Some(request.texts().editor_changed().to_owned());
        let form = EditForm { text: &text, notice, on_server: Some(&on_server), modified_ms, line_ends };
        return Ok(reply::html(StatusCode::CONFLICT, text::edit(request, &form)));
    }
    let is_gone = matches!(failure, EngineError::NotFound(_));
    let FailureTexts { protocol, refusal } = FailureTexts::of(request, failure.into());
    let t = request.texts();
    let reason = refusal.map(|refusal| t.followed_by(&refusal.heading, &refusal.lead)).unwrap_or_default();
    let notice = Some(if is_gone { t.editor_gone().to_owned() } else { t.editor_not_saved(&reason) });
    let modified_ms = opened_at.filter(|_| !is_gone).unwrap_or(-1);
    let form = EditForm { text: &text, notice, on_server: None, modified_ms, line_ends: line_ends.field() };
    Ok(reply::html(protocol.status, text::edit(request, &form)))
}

/// Returns what the server has, and its modification time in milliseconds; `None` if it cannot be shown as text.
async fn current_text(request: &Request) -> Option<(String, i64)> {
    let found = request.engine().reader.open(&request.access, &request.path, None).await.ok()?;
    let Found::File(download) = found else { return None };
    let modified_ms = download.modified.0;
    Some((String::from_utf8(read_all(download).await.ok()?).ok()?, modified_ms))
}

/// Renders the page after saving.
fn saved_page(request: &Request) -> Response {
    let (file, folder) = (request.href(&request.path), request.path.parent().unwrap_or_default());
    let (edit, back) = (urls::edit(request, &request.path), request.folder_href(&folder));
    let t = request.texts();
    let message = pages::Message {
        heading: t.done_saved(),
        actions: &[(&back, t.page_back()), (&edit, t.page_edit_again()), (&file, t.page_show_file())],
        ..pages::Message::default()
    };
    reply::html(StatusCode::OK, pages::message(request, &message))
}
