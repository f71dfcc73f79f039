//! Notes for the owner of the server: a urlencoded POST with `msg` (docs/http-api.md "Changes", `--urlform`).

use super::{browse, upload::UploadOptions};
use crate::extract::{RequestBody, urlencoded};
use crate::failure::{Failure, RouteResult, Said};
use crate::render::cards::{self, FilledForm};
use crate::render::pages;
use crate::reply;
use crate::request::Request;
use engine::EngineError;
use engine::error::Denial;
use engine::uploads::Stored;
use http::StatusCode;
use model::settings::MessageMode;
use model::vpath::percent_encode;
use model::{Event, Operation, VPath, Verdict};
use warp::reply::Response;

/// Longest message, in bytes as sent.
const MESSAGE_MAX: usize = 64 << 10;

/// Handles a message as configured. People get a page that confirms it or says why it was refused, with their text
/// still in the field; programs get the answer that the setting defines.
pub async fn message(request: &Request, mut body: RequestBody) -> RouteResult {
    if !request.may(Operation::Message) {
        return Err(EngineError::denied(&request.path, "read").into());
    }
    let raw =
        body.collect(MESSAGE_MAX).await.map_err(|fault| super::body_failure(fault, "that message is too long"))?;
    if !request.head.is_page_load() {
        return handle_program(request, raw).await;
    }
    let text = message_of(&raw);
    match handle_page_form(request, &request.path, raw, &text).await {
        Ok(()) => Ok(sent_page(request)),
        Err(failure) => {
            let action = request.folder_href(&request.path);
            let again = FilledForm { form: &cards::MESSAGE, action, value: &text };
            Ok(reply::error::render_with_form(request, failure, None, &again))
        }
    }
}

/// Takes a note that was not sent by a form: the same as if the form of the page at `folder` had sent it.
pub async fn leave(request: &Request, folder: &VPath, text: &str) -> Result<(), Failure> {
    if request.access.verdict(folder, Operation::Message) != Verdict::Allow {
        return Err(EngineError::denied(folder, "read").into());
    }
    if text.len() > MESSAGE_MAX {
        return Err(Said::NoteTooLong.into());
    }
    handle_page_form(request, folder, format!("msg={}", percent_encode(text.as_bytes())).into(), text).await
}

/// Handles a message from a program.
async fn handle_program(request: &Request, raw: Vec<u8>) -> RouteResult {
    let mode = request.settings().behaviour.messages;
    match mode {
        MessageMode::PrintGet | MessageMode::Print => announce(request, &raw),
        MessageMode::SaveGet | MessageMode::Save | MessageMode::Stash => {
            let options = UploadOptions::read(request)?;
            let stored = store(request, &options, &request.path, raw).await?;
            if mode == MessageMode::Stash {
                let url = request.absolute_url(&options.href(request, &stored));
                return Ok(reply::text(StatusCode::CREATED, super::upload::put_lines(&stored, &url)));
            }
        }
        MessageMode::Get => {}
    }
    match mode {
        MessageMode::Print | MessageMode::Save => {
            let text = "POST(application/x-www-form-urlencoded) is disabled in the server's settings";
            Err(Failure::text(StatusCode::METHOD_NOT_ALLOWED, text))
        }
        _ => browse::folder_page(request).await,
    }
}

/// Handles a message from the form of a page.
async fn handle_page_form(request: &Request, folder: &VPath, raw: Vec<u8>, text: &str) -> Result<(), Failure> {
    if text.trim().is_empty() {
        return Err(Said::NoteEmpty.into());
    }
    match request.settings().behaviour.messages {
        MessageMode::PrintGet | MessageMode::Print => announce(request, &raw),
        MessageMode::SaveGet | MessageMode::Save | MessageMode::Stash => {
            store(request, &UploadOptions::read(request)?, folder, raw).await?;
        }
        MessageMode::Get => return Err(EngineError::Denied(Denial::SwitchedOff("taking notes")).into()),
    }
    Ok(())
}

async fn store(request: &Request, options: &UploadOptions, folder: &VPath, raw: Vec<u8>) -> Result<Stored, Failure> {
    let sink = options.sink(folder.clone(), None, Some(raw.len() as u64));
    let mut sink = request.engine().uploads.sink(&request.access, sink).await?;
    sink.push(raw.into()).await?;
    Ok(sink.finish().await?)
}

fn sent_page(request: &Request) -> Response {
    let t = request.texts();
    let message = pages::Message {
        heading: t.done_note_sent(),
        actions: &[(&request.folder_href(&request.path), t.page_back())],
        ..pages::Message::default()
    };
    reply::html(StatusCode::OK, pages::message(request, &message))
}

/// Emits the message as an event and logs it.
fn announce(request: &Request, raw: &[u8]) {
    let text = message_of(raw);
    tracing::info!(address = %request.connection.client, account = request.access.account().as_str(), "message: {text:?}");
    request.engine().events().emit(Event::Message {
        text,
        account: request.access.account().clone(),
        address: request.connection.client.to_string(),
    });
}

/// Returns the value of `msg`, or the whole body if it has none.
fn message_of(raw: &[u8]) -> String {
    urlencoded::field(raw, "msg").unwrap_or_else(|| urlencoded::text(raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_decoded() {
        assert_eq!(message_of(b"act=msg&msg=a+b%2Bc%0Ad"), "a b+c\nd");
        assert_eq!(message_of(b"plain"), "plain");
        assert_eq!(message_of(b"msg=%ff"), "\u{FFFD}");
    }
}
