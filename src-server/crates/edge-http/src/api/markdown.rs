//! Markdown: a file as HTML, and a text that is being edited.

use super::types::{MarkdownFile, MarkdownHeading, MarkdownPlugins, MarkdownPreview, MarkdownRequest};
use super::{answer, paths};
use crate::failure::RouteResult;
use crate::markdown::Rendered;
use crate::request::Request;
use crate::routes::{markdown, text};
use crate::urls;
use engine::EngineError;
use engine::error::Conflict;
use engine::files::read::Found;
use http::StatusCode;
use model::{Operation, Verdict};

/// Longest body of `POST markdown`, in bytes: the longest text that is rendered, with as many escapes as lines have.
pub const BODY_MAX: usize = 1 << 20;

/// `GET markdown?path=`, with `k` where files need keys.
pub async fn file(request: &Request) -> RouteResult {
    let path = paths::from_query(request, "path")?;
    let key = request.query.text(urls::KEY);
    let Found::File(file) = request.engine().reader.open(&request.access, &path, key.as_deref()).await? else {
        return Err(EngineError::Conflict(Conflict::IsAFolder(path)).into());
    };
    if !markdown::is_markdown(&file.name) {
        return Err(markdown::not_markdown());
    }
    let may_edit = text::may_edit(request, &path, &file);
    let (modified_ms, etag) = (file.modified.0, file.etag.clone());
    let bytes = text::read_all(file).await?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let plugins = markdown::plugins(request, &path, &text).map(MarkdownPlugins::from);
    let rendered = markdown::of_file(request, &path, text).await?;
    let told = MarkdownFile { html: &rendered.html, toc: toc(&rendered), modified_ms, etag, may_edit, plugins };
    Ok(answer::json(StatusCode::OK, &told))
}

/// `POST markdown`: renders a text that the client may save at `path`. Changes nothing.
pub async fn preview(request: &Request, body: MarkdownRequest) -> RouteResult {
    let path = paths::from_body(&body.path)?;
    if request.access.verdict(&path, Operation::OpenEditor) == Verdict::Deny {
        return Err(EngineError::denied(&path, "write").into());
    }
    let plugins = markdown::plugins(request, &path, &body.text).map(MarkdownPlugins::from);
    let rendered = markdown::of_file(request, &path, body.text).await?;
    Ok(answer::json(StatusCode::OK, &MarkdownPreview { html: &rendered.html, toc: toc(&rendered), plugins }))
}

fn toc(rendered: &Rendered) -> Vec<MarkdownHeading<'_>> {
    let headings = rendered.headings.iter();
    headings.map(|heading| MarkdownHeading { level: heading.level, id: &heading.id, text: &heading.text }).collect()
}
