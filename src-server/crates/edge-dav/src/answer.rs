//! The answer to a request, independent of the HTTP library.

use bytes::Bytes;
use engine::listing::RowsReservation;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tokio::sync::mpsc;

/// Beginning of an answer about several resources.
pub const MULTISTATUS_START: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:multistatus xmlns:D=\"DAV:\">\n";
/// Its end.
pub const MULTISTATUS_END: &str = "</D:multistatus>\n";

/// Media type of XML. Windows and old Finders expect it to be exactly this.
const XML: HeaderValue = HeaderValue::from_static("text/xml; charset=utf-8");

/// Appends the row with an index to a text.
pub type RowWriter = Box<dyn FnMut(&mut String, usize) + Send + Sync>;

/// The body of an answer.
pub enum AnswerBody {
    /// A text that is short.
    Whole(String),
    /// Rows between [`MULTISTATUS_START`] and [`MULTISTATUS_END`], each rendered when it is needed.
    Rows {
        /// How many.
        count: usize,
        /// Appends one of them.
        write: RowWriter,
        /// Counts the memory of the rows; dropped when the last one was sent.
        reservation: Option<RowsReservation>,
    },
    /// Pieces of a text, made by a task that ends when this is dropped.
    Pieces(mpsc::Receiver<Bytes>),
}

/// The answer to a request.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Headers besides those that every response has.
    pub headers: HeaderMap,
    /// The body.
    pub body: AnswerBody,
}

impl Answer {
    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: AnswerBody::Whole(String::new()) }
    }

    /// An answer in XML.
    pub(crate) fn xml(status: StatusCode, body: AnswerBody) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, XML);
        Self { status, headers, body }
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}
