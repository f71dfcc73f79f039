//! Long answers in pieces: the first goes out before the last row is drawn, and no answer is ever whole in memory.

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, StatusCode, header};
use std::convert::Infallible;
use warp::reply::{Reply, Response};

/// Bytes of a piece, about.
const PIECE: usize = 64 << 10;
/// Room for the row that makes a piece complete.
const SLACK: usize = 4 << 10;

/// An answer of a head, `rows` rows, and a tail.
pub struct Rows<F> {
    /// What comes before the first row.
    pub head: String,
    /// How many rows there are.
    pub rows: usize,
    /// Appends one row, numbered from 0.
    pub draw: F,
    /// What comes after the last row.
    pub tail: String,
}

impl<F: FnMut(&mut String, usize) + Send + Sync + 'static> Rows<F> {
    /// As an answer: whole and with its length if it is one piece, else a stream.
    pub fn reply(self, mime: &'static str) -> Response {
        let mut drawing =
            Drawing { next: 0, first: Some(self.head), rows: self.rows, draw: self.draw, tail: self.tail };
        let first = drawing.next().unwrap_or_default();
        let mut response = if drawing.is_done() {
            Response::new(first.into())
        } else {
            let pieces = std::iter::once(first).chain(drawing).map(Ok::<_, Infallible>);
            warp::reply::stream(stream::iter(pieces)).into_response()
        };
        *response.status_mut() = StatusCode::OK;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
        response
    }
}

struct Drawing<F> {
    next: usize,
    first: Option<String>,
    rows: usize,
    draw: F,
    tail: String,
}

impl<F> Drawing<F> {
    /// The tail was the last thing drawn.
    fn is_done(&self) -> bool {
        self.next > self.rows
    }
}

impl<F: FnMut(&mut String, usize)> Iterator for Drawing<F> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.is_done() {
            return None;
        }
        let mut piece = match self.first.take() {
            Some(head) => head,
            None => String::with_capacity(PIECE + SLACK),
        };
        while piece.len() < PIECE && self.next < self.rows {
            (self.draw)(&mut piece, self.next);
            self.next += 1;
        }
        if self.next == self.rows && piece.len() < PIECE {
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
        let draw = move |out: &mut String, row: usize| out.push_str(&digit(row).repeat(width));
        Drawing { next: 0, first: Some("<".into()), rows, draw, tail: ">".into() }.collect()
    }

    fn digit(row: usize) -> String {
        (row % 10).to_string()
    }

    #[test]
    fn nothing_is_lost_at_the_seams() {
        for (rows, width) in [(0, 1), (1, 1), (3, PIECE - 1), (2, PIECE), (5, PIECE / 2), (10_000, 20)] {
            let want: String = (0..rows).map(|row| digit(row).repeat(width)).collect();
            let got = pieces(rows, width).concat();
            assert!(got == format!("<{want}>").as_bytes(), "{rows} rows of {width}");
        }
        assert_eq!(pieces(10, 1).len(), 1);
    }
}
