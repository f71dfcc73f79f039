//! Reading and editing text files without script: `?v` shows a Markdown file, `?v=source` its source, `?edit` a form with
//! the text. The form posts `act=tput`.

use super::markdown;
use crate::failure::{Failure, RouteResult, Said};
use crate::render::pages;
use crate::render::text::{self, EditForm};
use crate::reply;
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
            let plugins = markdown::plugins(request, &request.path, &text);
            let rendered = markdown::of_file(request, &request.path, text).await?;
            text::markdown(request, &rendered, plugins.as_ref(), modified, may_edit)
        }
        View::Source => text::source(request, &String::from_utf8_lossy(&bytes), may_edit),
        View::Edit => {
            let written = String::from_utf8(bytes).map_err(|_| Said::NotText)?;
            let line_ends = LineEnds::of_text(&written).field();
            let form = EditForm { text: &written, on_server: None, modified_ms: modified.0, line_ends };
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

/// How the lines of a text end. Browsers send every line end of a form as CR LF, whatever the text had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnds {
    /// A line feed.
    #[default]
    Lf,
    /// Carriage return and line feed.
    CrLf,
}

impl LineEnds {
    /// Returns how most lines of the text end.
    pub fn of_text(text: &str) -> Self {
        let (all, pairs) = (text.matches('\n').count(), text.matches("\r\n").count());
        if 2 * pairs > all { Self::CrLf } else { Self::Lf }
    }

    /// Reads the field of the form.
    pub fn of_field(value: &str) -> Self {
        if value == Self::CrLf.field() { Self::CrLf } else { Self::Lf }
    }

    /// Returns the value of the field of the form.
    pub fn field(self) -> &'static str {
        match self {
            Self::Lf => "lf",
            Self::CrLf => "crlf",
        }
    }

    /// Returns a text that a browser sent, with these line ends.
    fn restored(self, sent: &str) -> String {
        let plain = sent.replace("\r\n", "\n");
        match self {
            Self::Lf => plain,
            Self::CrLf => plain.replace('\n', "\r\n"),
        }
    }
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

/// Saves a text that the `?edit` form sent. If the file has changed since it was opened, the answer is the form with the
/// sent text and with the text that the server has: the next save replaces that one.
pub async fn save_form(request: &Request, opened_at: Option<i64>, line_ends: LineEnds, sent: Vec<u8>) -> RouteResult {
    let text = line_ends.restored(&String::from_utf8_lossy(&sent));
    let ops = &request.engine().ops;
    match ops.save_text(&request.access, &request.path, opened_at, text.clone().into_bytes().into()).await {
        Ok(_) => Ok(saved_page(request)),
        Err(EngineError::Changed(Changed::Since { lastmod_ms })) => match conflict_page(request, &text).await {
            Some(page) => Ok(reply::html(StatusCode::CONFLICT, page)),
            None => Err(EngineError::Changed(Changed::Since { lastmod_ms }).into()),
        },
        Err(error) => Err(error.into()),
    }
}

/// `None`: what the server has by now cannot be shown as text.
async fn conflict_page(request: &Request, sent: &str) -> Option<String> {
    let found = request.engine().reader.open(&request.access, &request.path, None).await.ok()?;
    let Found::File(download) = found else { return None };
    let modified_ms = download.modified.0;
    let on_server = String::from_utf8(read_all(download).await.ok()?).ok()?;
    let line_ends = LineEnds::of_text(&on_server).field();
    let form = EditForm { text: sent, on_server: Some(&on_server), modified_ms, line_ends };
    Some(text::edit(request, &form))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_those_of_the_file_did() {
        for (text, sent) in [("a\r\nb\r\n", "a\r\nb\r\n"), ("a\nb\n", "a\r\nb\r\n"), ("", ""), ("a", "a")] {
            let line_ends = LineEnds::of_field(LineEnds::of_text(text).field());
            assert_eq!(line_ends.restored(sent), text);
        }
        assert_eq!(LineEnds::of_text("a\r\nb\nc\n"), LineEnds::Lf);
        assert_eq!(LineEnds::CrLf.restored("a\nb\r\n"), "a\r\nb\r\n");
    }
}
