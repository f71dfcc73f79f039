//! Reading and editing text files without script: `?v` shows the source of a Markdown file, `?edit` a form with the
//! text. The form posts `act=tput`.

use crate::failure::RouteResult;
use crate::render::text;
use crate::reply;
use crate::request::Request;
use crate::urls;
use engine::error::Invalid;
use engine::files::read::{BodyKind, Download};
use engine::{EngineError, Result};
use futures_util::StreamExt;
use http::StatusCode;
use model::{Operation, Perm, Verdict};

/// Longest text that is put into a page, in bytes.
const TEXT_MAX: u64 = 1 << 20;

/// What a text page does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// `?v`
    Show,
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
    let markdown = download.name.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(b"md"));
    (query.has(urls::VIEW) && markdown).then_some(View::Show)
}

/// Renders the page.
pub async fn page(request: &Request, download: Download, view: View) -> RouteResult {
    if view == View::Edit && !may_edit(request, &download) {
        return Err(EngineError::denied(&request.path, "write").into());
    }
    let modified = download.modified;
    let bytes = read_all(download).await?;
    let page = match view {
        View::Show => text::show(request, &String::from_utf8_lossy(&bytes)),
        View::Edit => {
            let written = String::from_utf8(bytes).map_err(|_| {
                EngineError::Invalid(Invalid::Request(
                    "This file is not text in UTF-8; it cannot be edited here.".into(),
                ))
            })?;
            text::edit(request, &written, modified.0)
        }
    };
    Ok(reply::html(StatusCode::OK, page))
}

/// Returns true if the visitor may edit the file. Right `w` is enough for Markdown and the extensions that the volume
/// adds (`rw_edit`); other files also need `d`.
fn may_edit(request: &Request, download: &Download) -> bool {
    if request.access.verdict(&request.path, Operation::OpenEditor) == Verdict::Deny {
        return false;
    }
    let Some(volume_path) = request.access.volume_path(&request.path) else { return false };
    let extension = download.name.extension().unwrap_or_default();
    let listed =
        volume_path.volume.config.flags.editable.iter().any(|one| one.as_bytes().eq_ignore_ascii_case(extension));
    listed || download.rights.has(Perm::Delete)
}

async fn read_all(download: Download) -> Result<Vec<u8>> {
    let size = download.size;
    if size > TEXT_MAX {
        return Err(EngineError::Invalid(Invalid::Request(
            "This file is too long for a page; download it instead.".into(),
        )));
    }
    let mut all = Vec::with_capacity(size as usize);
    let mut stream = download.stream(0..size, BodyKind::Buffered);
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|error| EngineError::internal("The file could not be read.", error))?;
        all.extend_from_slice(&piece);
    }
    Ok(all)
}
