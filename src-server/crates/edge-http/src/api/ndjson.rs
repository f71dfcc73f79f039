//! Answers in lines of JSON (NDJSON) that are made while they are sent.

use crate::render::row_stream::{GzipEncoder, takes_gzip};
use crate::reply::{mime, streamed};
use crate::request::Request;
use bytes::Bytes;
use http::{HeaderValue, header};
use serde::Serialize;
use std::future::Future;
use tokio::sync::mpsc;
use warp::reply::Response;

/// Length from which a piece is sent.
const PIECE_LEN: usize = 64 << 10;

/// Appends `line`. `buffer` is empty afterwards and keeps its memory: serializing a row into bytes and copying them at once
/// takes a third of the time of appending the serializer's many small pieces to a string.
pub fn push_line(out: &mut String, buffer: &mut Vec<u8>, line: &impl Serialize) {
    serde_json::to_writer(&mut *buffer, line).expect("strings and numbers are always JSON");
    buffer.push(b'\n');
    out.push_str(std::str::from_utf8(buffer).expect("JSON is UTF-8"));
    buffer.clear();
}

/// The client has left.
#[derive(Debug)]
pub struct ClientLeft;

/// Sends lines to the client; waits while it is slow.
pub struct Lines {
    sender: mpsc::Sender<Bytes>,
    text: String,
    buffer: Vec<u8>,
    gzip: Option<GzipEncoder>,
}

impl Lines {
    /// Adds a line, which is sent with others in large pieces.
    ///
    /// # Errors
    /// The client has left.
    pub async fn add(&mut self, line: &impl Serialize) -> Result<(), ClientLeft> {
        push_line(&mut self.text, &mut self.buffer, line);
        if self.text.len() >= PIECE_LEN { self.flush().await } else { Ok(()) }
    }

    /// Adds a line and sends it at once.
    ///
    /// # Errors
    /// The client has left.
    pub async fn send(&mut self, line: &impl Serialize) -> Result<(), ClientLeft> {
        push_line(&mut self.text, &mut self.buffer, line);
        self.flush().await
    }

    /// Sends what was added.
    ///
    /// # Errors
    /// The client has left.
    pub async fn flush(&mut self) -> Result<(), ClientLeft> {
        if self.text.is_empty() {
            return Ok(());
        }
        let text = std::mem::take(&mut self.text);
        let piece = match &mut self.gzip {
            Some(encoder) => encoder.piece(text.as_bytes()),
            None => text.into(),
        };
        self.sender.send(piece).await.map_err(|_| ClientLeft)
    }

    /// Waits until the client has left.
    pub async fn left(&self) {
        self.sender.closed().await;
    }

    async fn finish(mut self) {
        if self.flush().await.is_ok()
            && let Some(encoder) = self.gzip
        {
            // If the client has left there is no one to tell.
            let _left = self.sender.send(encoder.finish()).await;
        }
    }
}

/// How an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// Rows, compressed where that helps.
    Rows,
    /// News of work that is going on: every line at once.
    Live,
}

/// Returns an answer whose lines `work` makes. It goes on when the client has left; [`Lines`] tell it.
pub fn reply<F: Future<Output = Lines> + Send + 'static>(
    request: &Request,
    sending: Sending,
    work: impl FnOnce(Lines) -> F,
) -> Response {
    let gzip = (sending == Sending::Rows && takes_gzip(request)).then(GzipEncoder::default);
    let is_gzipped = gzip.is_some();
    let response = streamed(request, |sender| {
        let made = work(Lines { sender, text: String::new(), buffer: Vec::new(), gzip });
        async move { made.await.finish().await }
    });
    with_headers(response, sending, is_gzipped)
}

fn with_headers(mut response: Response, sending: Sending, is_gzipped: bool) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime::NDJSON));
    headers.insert(header::VARY, HeaderValue::from_static("Origin, PW, Cookie, Accept-Encoding"));
    if is_gzipped {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if sending == Sending::Live {
        // Proxies pass every line on at once.
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    }
    response
}
