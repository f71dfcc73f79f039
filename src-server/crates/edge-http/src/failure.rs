//! Reasons why a request gets no response of its own: values that `reply` and `render` draw at the end.

use engine::EngineError;
use http::StatusCode;
use std::borrow::Cow;
use warp::reply::Response;

/// The result of a route.
pub type RouteResult = Result<Response, Failure>;

/// Reason why a route has no response.
#[derive(Debug)]
pub enum Failure {
    /// The engine refused the request.
    Engine(EngineError),
    /// This edge refused the request: a status and a plain text. Clients compare some of the texts, so those must not
    /// change.
    Text(StatusCode, Cow<'static, str>),
    /// This edge refused the request for a reason that people are told in their language.
    Said(Said),
    /// 403 with this text: another site's page requested a change.
    ForeignPage(String),
}

/// A reason of this edge that people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// A note without text.
    NoteEmpty,
    /// A note that is too long.
    NoteTooLong,
    /// No row of a list was chosen to be restored.
    NothingChosen,
    /// Too many changes are to be undone at once.
    UndoTooMany,
    /// A search without words.
    SearchEmpty,
    /// A file is shown as Markdown that is none.
    NotMarkdown,
    /// A file is edited that is not text in UTF-8.
    NotText,
    /// A text that is too long for a page.
    TextTooLong,
    /// A form with too many files.
    TooManyFiles,
    /// A list of too many names for an archive.
    TooManyNames,
    /// A part of a form has too long headers, that is, a too long name.
    NameTooLong,
}

impl Said {
    /// Returns the status and the text for programs.
    pub fn protocol(self) -> (StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::NoteEmpty => (S::BAD_REQUEST, "the note is empty"),
            Self::NoteTooLong => (S::PAYLOAD_TOO_LARGE, "that message is too long"),
            Self::NothingChosen => {
                (S::BAD_REQUEST, "name what to restore: a JSON list of ids, or the form field item=ID")
            }
            Self::UndoTooMany => (S::BAD_REQUEST, "at most 100 changes can be undone at once; nothing was undone"),
            Self::SearchEmpty => (S::BAD_REQUEST, "there is nothing to search for"),
            Self::NotMarkdown => (S::BAD_REQUEST, "this is not a Markdown file: its name does not end with .md"),
            Self::NotText => (S::BAD_REQUEST, "This file is not text in UTF-8; it cannot be edited here."),
            Self::TextTooLong => (S::BAD_REQUEST, "This file is too long for a page; download it instead."),
            Self::TooManyFiles => (S::BAD_REQUEST, "the form has too many files"),
            Self::TooManyNames => {
                (S::UNPROCESSABLE_ENTITY, "the list has too many names; download the folder as a whole instead")
            }
            Self::NameTooLong => {
                (S::BAD_REQUEST, "the headers of a part of the form are too long; give the file a shorter name")
            }
        }
    }
}

impl From<Said> for Failure {
    fn from(said: Said) -> Self {
        Self::Said(said)
    }
}

impl Failure {
    /// Creates a refusal of this edge.
    pub fn text(status: StatusCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self::Text(status, text.into())
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}
