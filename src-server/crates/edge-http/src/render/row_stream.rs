//! Streams long responses in pieces: the first is sent before the last row is rendered, and a response is never in
//! memory as a whole.
//! Rows compress well, so they are gzipped for clients that accept it, except on this machine, where rendering is a
//! better use of the time. (Pages contain no secrets that a length could reveal: no token, no password.)

use crate::request::Request;
use bytes::Bytes;
use engine::listing::RowsReservation;
use flate2::{Compression, write::GzEncoder};
use futures_util::stream;
use http::{HeaderValue, StatusCode, header};
use std::convert::Infallible;
use std::io::Write;
use warp::reply::{Reply, Response};

/// Approximate length of a piece in bytes.
const PIECE_LEN: usize = 64 << 10;
/// Extra capacity for the row that completes a piece.
const SLACK: usize = 4 << 10;

/// A response that consists of a head, `rows` rows, and a tail.
pub struct RowStream<F> {
    /// Text before the first row.
    pub head: String,
    /// Number of rows.
    pub rows: usize,
    /// Appends the row with the given index.
    pub render_row: F,
    /// The memory that the rows occupy in the budget of all listings; released when the stream ends.
    pub reservation: Option<RowsReservation>,
    /// Text after the last row.
    pub tail: String,
}

impl<F: FnMut(&mut String, usize) + Send + Sync + 'static> RowStream<F> {
    /// Returns the response: with its length if it is one piece, else as a stream.
    pub fn reply(self, request: &Request, mime: &'static str) -> Response {
        let mut row_pieces = RowPieces {
            next: 0,
            first: Some(self.head),
            rows: self.rows,
            render_row: self.render_row,
            tail: self.tail,
            _reservation: self.reservation,
        };
        let first = row_pieces.next().unwrap_or_default();
        let whole = row_pieces.is_done();
        let gzipped = takes_gzip(request) && !(whole && first.len() < GZIP_MIN);
        let pieces = std::iter::once(first).chain(row_pieces);
        let mut response = match (whole, gzipped) {
            (true, false) => Response::new(pieces.take(1).next().unwrap_or_default().into()),
            (true, true) => Response::new(Bytes::from(GzipPieces::new(pieces).flatten().collect::<Vec<u8>>()).into()),
            (false, false) => warp::reply::stream(stream::iter(pieces.map(Ok::<_, Infallible>))).into_response(),
            (false, true) => {
                warp::reply::stream(stream::iter(GzipPieces::new(pieces).map(Ok::<_, Infallible>))).into_response()
            }
        };
        *response.status_mut() = StatusCode::OK;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
        headers.insert(header::VARY, HeaderValue::from_static("Origin, PW, Cookie, Accept-Language, Accept-Encoding"));
        if gzipped {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// Least length for which compression pays off: anything shorter fits into one packet.
const GZIP_MIN: usize = 1400;

/// Whether rows are compressed for this client.
pub fn takes_gzip(request: &Request) -> bool {
    let accepts = request.head.text(header::ACCEPT_ENCODING).is_some_and(|list| {
        list.split(',')
            .map(str::trim)
            .any(|coding| coding == "gzip" || (coding.starts_with("gzip;") && !coding.ends_with("q=0")))
    });
    accepts && !request.connection.client.is_loopback()
}

/// Compresses pieces and flushes after each, so that the client can show it at once.
pub struct GzipEncoder(GzEncoder<Vec<u8>>);

impl Default for GzipEncoder {
    fn default() -> Self {
        Self(GzEncoder::new(Vec::with_capacity(PIECE_LEN / 4), Compression::fast()))
    }
}

impl GzipEncoder {
    /// Returns a compressed piece.
    pub fn piece(&mut self, text: &[u8]) -> Bytes {
        self.0.write_all(text).and_then(|()| self.0.flush()).expect("writing to memory cannot fail");
        std::mem::replace(self.0.get_mut(), Vec::with_capacity(PIECE_LEN / 4)).into()
    }

    /// Returns the end.
    pub fn finish(self) -> Bytes {
        self.0.finish().expect("writing to memory cannot fail").into()
    }
}

struct GzipPieces<I> {
    pieces: I,
    /// `None` after the end was written.
    encoder: Option<GzipEncoder>,
}

impl<I> GzipPieces<I> {
    fn new(pieces: I) -> Self {
        Self { pieces, encoder: Some(GzipEncoder::default()) }
    }
}

impl<I: Iterator<Item = Bytes>> Iterator for GzipPieces<I> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let mut encoder = self.encoder.take()?;
        match self.pieces.next() {
            Some(piece) => {
                let gzipped = encoder.piece(&piece);
                self.encoder = Some(encoder);
                Some(gzipped)
            }
            None => Some(encoder.finish()),
        }
    }
}

struct RowPieces<F> {
    next: usize,
    first: Option<String>,
    rows: usize,
    render_row: F,
    tail: String,
    _reservation: Option<RowsReservation>,
}

impl<F> RowPieces<F> {
    /// Returns true after the tail was returned.
    fn is_done(&self) -> bool {
        self.next > self.rows
    }
}

impl<F: FnMut(&mut String, usize)> Iterator for RowPieces<F> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.is_done() {
            return None;
        }
        let mut piece = match self.first.take() {
            Some(head) => head,
            None => String::with_capacity(PIECE_LEN + SLACK),
        };
        while piece.len() < PIECE_LEN && self.next < self.rows {
            (self.render_row)(&mut piece, self.next);
            self.next += 1;
        }
        if self.next == self.rows && piece.len() < PIECE_LEN {
            piece.push_str(&self.tail);
            self.next += 1;
        }
        Some(piece.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(rows: usize, width: usize) -> Vec<Bytes> {
        let render_row = move |out: &mut String, row: usize| out.push_str(&digit(row).repeat(width));
        RowPieces { next: 0, first: Some("<".into()), rows, render_row, tail: ">".into(), _reservation: None }.collect()
    }

    fn digit(row: usize) -> String {
        (row % 10).to_string()
    }

    #[test]
    fn pieces_add_up_to_the_whole() {
        for (rows, width) in [(0, 1), (1, 1), (3, PIECE_LEN - 1), (2, PIECE_LEN), (5, PIECE_LEN / 2), (10_000, 20)] {
            let want: String = (0..rows).map(|row| digit(row).repeat(width)).collect();
            let got = pieces(rows, width).concat();
            assert!(got == format!("<{want}>").as_bytes(), "{rows} rows of {width}");
        }
        assert_eq!(pieces(10, 1).len(), 1);
    }
}
