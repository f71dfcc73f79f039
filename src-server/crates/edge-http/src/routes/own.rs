//! One's own uploads: what they are (`/?ups`), and taking them back (`?delete&unpost`, spec/http-api.md 8, 11).

use super::manage::{below_base, json_list};
use crate::extract::{Request, RequestBody};
use crate::render::{json, pages};
use crate::reply::{self, Outcome};
use engine::uploads::OwnUpload;
use engine::{EngineError, NotTakenBack};
use http::StatusCode;
use model::VPath;
use std::borrow::Cow;
use warp::reply::Response;

/// `/?ups`, with `&filter=` for a part of the path: JSON for programs, a page with buttons for people.
pub async fn uploads(request: &Request) -> Outcome {
    let filter = request.query.text("filter").unwrap_or(Cow::Borrowed("")).to_lowercase();
    let mut own = request.engine().uploads.own(&request.access).await?;
    own.retain(|one| filter.is_empty() || one.path.display().to_lowercase().contains(&filter));
    Ok(match request.head.is_page_load() {
        true => reply::html(StatusCode::OK, pages::own_uploads(request, &own)),
        false => reply::json(StatusCode::OK, json::own_uploads(request, &own)),
    })
}

/// `POST ?delete&unpost`: the paths of a JSON list, at most `&lim=` of them, or else the one in the address.
pub async fn take_back(request: &Request, body: RequestBody) -> Outcome {
    let most = request.query.number("lim").unwrap_or(usize::MAX);
    let paths: Vec<VPath> = match json_list(request, body).await? {
        Some(list) => {
            list.iter().take(most).map(|path| below_base(request, path.as_bytes())).collect::<Result<_, _>>()?
        }
        None => vec![request.path.clone()],
    };
    for path in &paths {
        match request.engine().uploads.take_back(&request.access, path).await {
            Err(EngineError::NotTakenBack(why)) if request.head.is_page_load() => return Ok(refused(request, why)),
            answer => answer?,
        }
    }
    if !request.head.is_page_load() {
        let text = format!("deleted {} files (and 0/0 folders)\r\n", paths.len());
        return Ok(reply::typed(StatusCode::OK, "text/html; charset=utf-8", text));
    }
    let back = request.folder_href(&request.path.parent().unwrap_or_default());
    let list = list_href(request);
    let message = pages::Message {
        heading: "Taken back. The file is gone.",
        actions: &[(&list, "Your other uploads"), (&back, "Open the folder")],
        ..pages::Message::default()
    };
    Ok(reply::html(StatusCode::OK, pages::message(request, &message)))
}

/// The refusal, for people.
fn refused(request: &Request, why: NotTakenBack) -> Response {
    let problem = match why {
        NotTakenBack::Unknown => "You sent no such file, or it is gone already.",
        NotTakenBack::NotYours => "Somebody else sent this file.",
        NotTakenBack::TooLate => "You sent this file too long ago. Ask whoever runs this server to delete it.",
    };
    let message = pages::Message {
        heading: "This cannot be taken back.",
        problem: Some(problem),
        actions: &[(&list_href(request), "Your uploads")],
        ..pages::Message::default()
    };
    reply::html(StatusCode::BAD_REQUEST, pages::message(request, &message))
}

/// Where people find the list of their own uploads.
pub fn list_href(request: &Request) -> String {
    format!("{}/?ups", request.policy.base)
}

/// Whether people can take anything back here, so that pages offer it.
pub fn is_possible(request: &Request) -> bool {
    let behaviour = &request.settings().behaviour;
    behaviour.unpost_secs > 0 && !behaviour.no_delete
}

/// The address that takes one back.
pub fn take_back_href(request: &Request, one: &OwnUpload) -> String {
    format!("{}?delete&unpost", request.href(&one.path))
}
