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
    /// 403 with this text: another site's page requested a change.
    ForeignPage(String),
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
