//! Reading and editing text files without script: `?v` shows a Markdown file, `?v=source` its source, `?edit` a form with
//! the text. The form posts `act=tput`.

use super::markdown;
use crate::failure::{Failure, RouteResult, Said};
use crate::render::text;
use crate::reply;
use crate::request::Request;
use crate::urls;
use engine::EngineError;
use engine::files::read::Download;
use http::StatusCode;
use model::{Operation, Perm, VPath, Verdict};

/// Longest text that is put into a page, in bytes.
const TEXT_MAX: u64 = 1 << 20;

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
            let rendered = markdown::of_file(request, &request.path, text).await?;
            text::markdown(request, &rendered, modified, may_edit)
        }
        View::Source => text::source(request, &String::from_utf8_lossy(&bytes), may_edit),
        View::Edit => {
            let written = String::from_utf8(bytes).map_err(|_| Said::NotText)?;
            text::edit(request, &written, modified.0)
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
