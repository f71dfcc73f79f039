//! Multipart forms: uploads and small actions from pages without script (docs/http-api.md "Uploads" and "Changes").
//! Parts are processed as they arrive and never held as a whole: files are written directly to a sink, and fields are
//! bounded. `act` comes first and determines what the rest means; a form whose first part is a file is an upload (`curl
//! -F f=@x`).

use super::account::{PasswordForm, SignOut};
use super::line_ends::LineEnds;
use super::text::{self, SentForm};
use super::upload::{ReplyFormat, UploadOptions, UploadResults};
use super::{account, archive};
use crate::extract::multipart::{self, FormFault, Multipart, PartHead};
use crate::extract::{BodyFault, RequestBody};
use crate::failure::{Failure, RouteResult, Said};
use crate::render::cards::{self, FilledForm};
use crate::render::escape::{visible, visible_last_name};
use crate::render::pages::{self, MessageResult};
use crate::render::refusal::Refusal;
use crate::render::upload_lines;
use crate::reply;
use crate::reply::error::FailureTexts;
use crate::request::Request;
use crate::texts::Texts;
use crate::urls;
use engine::EngineError;
use engine::error::{Conflict, Interruption};
use engine::listing::ListOptions;
use engine::uploads::Stored;
use http::{HeaderName, HeaderValue, StatusCode, header};
use model::vpath::percent_decode;
use model::{FileName, Operation, VPath, Verdict};
use std::time::Instant;
use warp::reply::Response;

/// Longest value of a field that is not a file, in bytes.
const FIELD_MAX: usize = 64 << 10;
/// Longest list of names for an archive, in bytes.
const LIST_MAX: usize = 8 << 20;
/// Longest text that the editor may save, in bytes.
const TEXT_MAX: usize = 32 << 20;
/// Longest text that a page without the right to save it gets back, in bytes: twice what `?edit` opens.
const DENIED_TEXT_MAX: usize = 2 << 20;
/// Most fields, and most files, in one form.
const PARTS_MAX: usize = 100_000;

const NEW_DIR: HeaderName = HeaderName::from_static("x-new-dir");

/// A form that is being received.
type Parts = Multipart<RequestBody>;

/// Handles a form.
pub async fn form(request: &Request, body: RequestBody) -> RouteResult {
    let kind = request.head.headers.get(header::CONTENT_TYPE);
    let boundary = kind.and_then(|kind| multipart::boundary(kind.as_bytes()));
    let boundary = boundary.ok_or_else(|| bad("the form has no boundary"))?;
    let mut form = Multipart::new(body, &boundary);
    let first = form.next_part().await.map_err(form_error)?;
    let Some(first) = first else { return Err(unprocessable("expected field \"act\", got an empty form")) };
    if first.file_name.is_some() || first.name.as_deref() == Some("f") {
        return upload(request, form, Some(first), UploadOptions::read(request)?).await;
    }
    if first.name.as_deref() != Some("act") {
        let name = first.name.unwrap_or_default();
        return Err(unprocessable(format!("expected field \"act\", got {}", quoted(&name, '"'))));
    }
    let act = text_of(&mut form, 64).await?;
    match act.as_str() {
        "bput" => upload(request, form, None, UploadOptions::read(request)?).await,
        "uput" => upload(request, form, None, UploadOptions::read(request)?.without_checksum()).await,
        "login" => {
            let [password, name] = read_fields(&mut form, ["cppwd", "uname"], FIELD_MAX).await?;
            let password = password.unwrap_or_default();
            account::login(request, name.as_deref(), &password).await
        }
        "chpw" => {
            let [old, new, again] = read_fields(&mut form, ["old", "pw", "again"], FIELD_MAX).await?;
            let form = PasswordForm { old: old.unwrap_or_default(), new: new.unwrap_or_default(), again };
            account::change_password(request, form).await
        }
        "logout" => {
            let [only] = read_fields(&mut form, ["only"], FIELD_MAX).await?;
            let which = if only.as_deref() == Some("this") { SignOut::ThisDevice } else { SignOut::AllDevices };
            account::logout(request, which).await
        }
        "mkdir" => {
            let name = required_field(&mut form, "name").await?;
            let made = make_folder(request, &name).await;
            or_retry_form(request, &cards::NEW_FOLDER, &name, made).await
        }
        "new_md" => {
            let name = required_field(&mut form, "name").await?;
            let made = new_text(request, &name).await;
            or_retry_form(request, &cards::NEW_TEXT, &name, made).await
        }
        "tput" => save_text(request, form).await,
        "zip" => {
            request.engine().archives.check_may_pack(&request.access, &request.path)?;
            let [files] = read_fields(&mut form, ["files"], LIST_MAX).await?;
            let files = files.ok_or_else(|| unprocessable("need files list"))?;
            archive::selection(request, children(&files)?).await
        }
        _ if act.trim().is_empty() => Err(unprocessable("the field \"act\" is empty")),
        _ => Err(unprocessable(format!("invalid action '{act:.64}'"))),
    }
}

/// Returns the name of a field for an error, between quotes if there is one.
fn quoted(name: &str, quote: char) -> String {
    if name.trim().is_empty() { "a field without a name".to_owned() } else { format!("{quote}{name:.64}{quote}") }
}

fn bad(text: &'static str) -> Failure {
    Failure::text(StatusCode::BAD_REQUEST, text)
}

fn unprocessable(text: impl Into<std::borrow::Cow<'static, str>>) -> Failure {
    Failure::text(StatusCode::UNPROCESSABLE_ENTITY, text)
}

/// Converts a parser error: a broken connection is reported as such, anything else is an invalid request.
fn form_error(fault: FormFault) -> Failure {
    match fault {
        FormFault::Interrupted => EngineError::Interrupted(Interruption::Client).into(),
        FormFault::Incomplete => bad("the form ended before it was complete"),
        FormFault::Malformed => bad("the form is malformed"),
        FormFault::EncodedPart => bad("a part of the form has a Content-Transfer-Encoding; send the bytes as they are"),
        FormFault::LongPreamble => bad("the form has too many bytes before its first part"),
        FormFault::LongPartHead => Said::NameTooLong.into(),
    }
}

/// Reads a small part as text.
async fn text_of(form: &mut Parts, limit: usize) -> Result<String, Failure> {
    Ok(String::from_utf8_lossy(&bytes_of(form, limit).await?).into_owned())
}

async fn bytes_of(form: &mut Parts, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut all = Vec::new();
    while let Some(piece) = form.chunk().await.map_err(form_error)? {
        form.body_mut().append(&mut all, &piece, limit).map_err(|fault| match fault {
            BodyFault::TooLong => unprocessable("a field of the form is too long"),
            fault => super::body_failure(fault, "the form is too long"),
        })?;
    }
    Ok(all)
}

/// Reads the named fields, in any order; other fields are discarded.
async fn read_fields<const N: usize>(
    form: &mut Parts,
    names: [&str; N],
    limit: usize,
) -> Result<[Option<String>; N], Failure> {
    let mut found = [const { None }; N];
    let mut parts = 0;
    while let Some(head) = form.next_part().await.map_err(form_error)? {
        parts += 1;
        if parts > PARTS_MAX {
            return Err(unprocessable("the form has too many fields"));
        }
        if let Some(at) = names.iter().position(|name| head.name.as_deref() == Some(*name)) {
            found[at] = Some(text_of(form, limit).await?);
        }
    }
    Ok(found)
}

async fn required_field(form: &mut Parts, name: &'static str) -> Result<String, Failure> {
    let [value] = read_fields(form, [name], FIELD_MAX).await?;
    value.ok_or_else(|| unprocessable(format!("need the field \"{name}\"")))
}

/// Parses names of direct children, one per line, percent-encoded or plain. Invalid names and duplicates are dropped.
///
/// # Errors
/// 422 for more than [`PARTS_MAX`] lines.
fn children(files: &str) -> Result<Vec<FileName>, Failure> {
    if memchr::memchr_iter(b'\n', files.as_bytes()).count() > PARTS_MAX {
        return Err(Said::TooManyNames.into());
    }
    let mut seen = std::collections::HashSet::new();
    let names =
        files.lines().filter_map(|line| FileName::new(&percent_decode(line.trim_end_matches('/').as_bytes())).ok());
    Ok(names.filter(|name| seen.insert(name.clone())).collect())
}

/// Handles an upload form: every part with a file name is a file, whatever its field is called, and is stored as it
/// arrives. After an error the files before it stay.
async fn upload(request: &Request, mut form: Parts, first: Option<PartHead>, options: UploadOptions) -> RouteResult {
    // Checked once before any data is read; the engine checks again for each file.
    if !request.may(Operation::Upload) {
        return Err(EngineError::denied(&request.path, "write").into());
    }
    let started = Instant::now();
    let mut results = UploadResults::default();
    let taken = take_parts(request, &mut form, first, &options, &mut results).await;
    results.secs = started.elapsed().as_secs_f64();
    let status = match taken {
        Err(failure) => {
            let FailureTexts { protocol, refusal } = FailureTexts::of(request, failure);
            results.refusal = refusal;
            results.error = Some(protocol.text.into_owned());
            protocol.status
        }
        Ok(()) if results.refused_status.is_some() => results.refused_status.unwrap_or_default(),
        // Visitors without script get a page that asks them to choose a file.
        Ok(()) if results.files.is_empty() && !request.head.is_page_load() => {
            return Err(bad("the form holds no file: a part needs a filename"));
        }
        Ok(()) if results.files.is_empty() => StatusCode::BAD_REQUEST,
        Ok(()) => StatusCode::CREATED,
    };
    Ok(render_results(request, &options, &results, status))
}

async fn take_parts(
    request: &Request,
    form: &mut Parts,
    first: Option<PartHead>,
    options: &UploadOptions,
    results: &mut UploadResults,
) -> Result<(), Failure> {
    let mut next = match first {
        Some(head) => Some(head),
        None => form.next_part().await.map_err(form_error)?,
    };
    while let Some(head) = next {
        take_part(request, form, head, options, results).await?;
        next = form.next_part().await.map_err(form_error)?;
    }
    Ok(())
}

async fn take_part(
    request: &Request,
    form: &mut Parts,
    head: PartHead,
    options: &UploadOptions,
    results: &mut UploadResults,
) -> Result<(), Failure> {
    if results.files.len() + results.discarded + results.refused_count >= PARTS_MAX {
        return Err(Said::TooManyFiles.into());
    }
    let Some(name) = head.file_name.filter(|name| !name.is_empty()) else {
        results.discarded += 1;
        return Ok(());
    };
    let sent = String::from_utf8_lossy(&name).into_owned();
    match store(request, form, name, options).await {
        Ok(stored) => results.files.push((sent, stored)),
        // A page takes the other files. Programs, which know one result for all, get the first failure.
        Err(Failure::Engine(error)) if request.head.is_page_load() && !matches!(error, EngineError::Interrupted(_)) => {
            results.refuse(request, &sent, error);
        }
        Err(failure) => return Err(failure),
    }
    Ok(())
}

async fn store(request: &Request, form: &mut Parts, name: Vec<u8>, options: &UploadOptions) -> Result<Stored, Failure> {
    let request_of_sink = options.sink(request.path.clone(), Some(name), None);
    let mut sink = request.engine().uploads.sink(&request.access, request_of_sink).await?;
    while let Some(piece) = form.chunk().await.map_err(form_error)? {
        sink.push(piece).await?;
    }
    Ok(sink.finish().await?)
}

fn render_results(
    request: &Request,
    options: &UploadOptions,
    results: &UploadResults,
    status: StatusCode,
) -> warp::reply::Response {
    match options.format {
        ReplyFormat::Json => return reply::json(status, results.json(request, options)),
        ReplyFormat::Url if results.error.is_none() => return reply::text(status, results.urls(request, options)),
        _ => {}
    }
    if !request.head.is_page_load() {
        let lines = upload_lines::alone(&results.lines(request, options));
        return reply::typed(status, "text/html; charset=utf-8", lines);
    }
    if let Some(link_page) = urls::request_link_page(request) {
        return thanks_page(request, &link_page, results, status);
    }
    let t = request.texts();
    let (heading, problem) = results_words(t, results, |count| t.upload_done(count));
    let sent = results.sent(request, options);
    let message = pages::Message {
        heading: &heading,
        problem: problem.as_deref(),
        refused: &results.refused,
        result: if sent.is_empty() { MessageResult::None } else { MessageResult::Uploads(&sent) },
        actions: &[(&request.self_href(), t.page_back())],
        undo: None,
    };
    reply::html(status, pages::message(request, &message))
}

/// Returns the result of an upload as a heading and, if something failed, what to do. `done`: the heading for a number of
/// stored files.
fn results_words(t: Texts, results: &UploadResults, done: impl Fn(u64) -> String) -> (String, Option<String>) {
    let why = results.refusal.as_ref().map(|refusal| t.followed_by(&refusal.heading, &refusal.lead));
    match (results.files.len() as u64, why) {
        (0, None) if results.refused.is_empty() => (t.upload_choose_first().to_owned(), None),
        (0, why) => (t.upload_nothing().to_owned(), why),
        (count, why) => (done(count), why.map(|why| t.upload_rest(&why))),
    }
}

/// Renders the result for a visitor of a link that asks for files: without checksums, with a link to continue.
fn thanks_page(request: &Request, link_page: &str, results: &UploadResults, status: StatusCode) -> Response {
    let t = request.texts();
    let (heading, problem) = results_words(t, results, |count| t.upload_thanks(count));
    let names: String = results.files.iter().map(|(_, stored)| visible(stored.name.as_bytes()) + "\n").collect();
    let sent = urls::own_uploads(request);
    let actions = [(link_page, t.page_add_more()), (sent.as_str(), t.account_uploads())];
    let message = pages::Message {
        heading: &heading,
        problem: problem.as_deref(),
        refused: &results.refused,
        result: if names.is_empty() { MessageResult::None } else { MessageResult::Text(&names) },
        actions: if request.unpost_is_on() { &actions } else { &actions[..1] },
        undo: None,
    };
    reply::html(status, pages::message(request, &message))
}

/// Renders a refusal together with the form, with the name still in its field.
async fn or_retry_form(request: &Request, named: &cards::TextForm, name: &str, outcome: RouteResult) -> RouteResult {
    let Err(failure) = outcome else { return outcome };
    if !request.head.is_page_load() {
        return Err(failure);
    }
    let known = match &failure {
        Failure::Engine(EngineError::Conflict(Conflict::Exists(path))) => Some(name_taken(request, path).await),
        _ => None,
    };
    let again = FilledForm { form: named, action: request.folder_href(&request.path), value: name };
    Ok(reply::error::render_with_form(request, failure, known, &again))
}

/// Returns the message for a taken name. It says whether a file or a folder has it.
async fn name_taken(request: &Request, path: &VPath) -> Refusal {
    let listing = request.engine().listings.list(&request.access, path, ListOptions::default()).await;
    let (t, name) = (request.texts(), visible_last_name(path));
    let heading = match listing {
        Ok(_) => t.refused_exists_folder(&name),
        Err(EngineError::Conflict(Conflict::NotAFolder(_))) => t.refused_exists_file(&name),
        Err(_) => t.refused_exists_any(&name),
    };
    Refusal { heading: heading.into(), lead: t.refused_choose_name().into() }
}

async fn make_folder(request: &Request, name: &str) -> RouteResult {
    let made = request.engine().ops.make_folder(&request.access, &request.path, name.as_bytes()).await?;
    let (t, href) = (request.texts(), request.folder_href(&made));
    let message = pages::Message {
        heading: t.done_created_folder(),
        actions: &[(&href, t.page_open()), (&request.self_href(), t.page_back())],
        ..pages::Message::default()
    };
    let mut response = reply::html(StatusCode::CREATED, pages::message(request, &message));
    if let Ok(path) = HeaderValue::from_str(&made.to_url()) {
        response.headers_mut().insert(NEW_DIR, path);
    }
    Ok(response)
}

async fn new_text(request: &Request, name: &str) -> RouteResult {
    let made: VPath = request.engine().ops.new_text(&request.access, &request.path, name.as_bytes()).await?;
    let (t, edit, back) = (request.texts(), urls::edit(request, &made), request.self_href());
    let actions = [(edit.as_str(), t.page_edit()), (back.as_str(), t.page_back())];
    // Where files may be added but not read, the editor refuses the text.
    let may_edit = request.access.verdict(&made, Operation::OpenEditor) == Verdict::Allow;
    let message = pages::Message {
        heading: t.done_created_file(),
        actions: if may_edit { &actions } else { &actions[1..] },
        ..pages::Message::default()
    };
    Ok(reply::html(StatusCode::OK, pages::message(request, &message)))
}

/// `act=tput`: saves a text. The fields are `lastmod`, of the `?edit` form also `line_ends`, then `body`, which has to be last.
async fn save_text(request: &Request, mut form: Parts) -> RouteResult {
    // Checked before a long text is read; the engine checks again when it is saved. A page gets its text back, whose
    // session may have ended meanwhile: then it is read, as far as the form of this server can have it.
    let mut most = TEXT_MAX;
    if let Err(denied) = request.engine().ops.check_may_save(&request.access, &request.path) {
        if !request.head.is_page_load() {
            return Err(denied.into());
        }
        most = DENIED_TEXT_MAX;
    }
    let unreadable = || bad("could not read lastmod from request");
    let head = form.next_part().await.map_err(form_error)?;
    head.filter(|head| head.name.as_deref() == Some("lastmod")).ok_or_else(unreadable)?;
    let lastmod = text_of(&mut form, 64).await?;
    let lastmod: i64 = lastmod.trim().parse::<f64>().map_err(|_| unreadable())? as i64;
    let mut got = next_name(&mut form).await?;
    let mut line_ends = LineEnds::default();
    if got == "line_ends" {
        line_ends = LineEnds::of_field(&text_of(&mut form, 64).await?);
        got = next_name(&mut form).await?;
    }
    if got != "body" {
        return Err(Failure::text(StatusCode::BAD_REQUEST, format!("expected body, got {}", quoted(&got, '\''))));
    }
    let text = bytes_of(&mut form, most).await?;
    let opened_at = (lastmod != -1).then_some(lastmod);
    if request.head.is_page_load() {
        return text::save_form(request, SentForm { opened_at, line_ends, text }).await;
    }
    text::save(request, opened_at, text).await
}

async fn next_name(form: &mut Parts) -> Result<String, Failure> {
    Ok(form.next_part().await.map_err(form_error)?.and_then(|head| head.name).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_direct_and_named_once() {
        let names = children("a%20b\r\nc+d\n../x\na%20b\n..\n\nsub/\n").expect("few names");
        assert!(children(&"a\n".repeat(PARTS_MAX)).is_ok() && children(&"a\n".repeat(PARTS_MAX + 1)).is_err());
        assert_eq!(names.iter().map(FileName::display).collect::<Vec<_>>(), ["a b", "c+d", "sub"]);
    }
}
