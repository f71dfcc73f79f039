//! Responses with bodies that are made while they are sent.

use crate::request::Request;
use bytes::Bytes;
use std::convert::Infallible;
use std::future::Future;
use tokio::sync::mpsc;
use warp::reply::{Reply, Response};

/// Pieces that wait for the client.
const BUFFERED: usize = 4;

/// Returns a response whose body consists of what `work` sends. It goes on when the client has left; the sender is closed then.
/// A HEAD request runs nothing.
pub fn streamed<F: Future<Output = ()> + Send + 'static>(
    request: &Request,
    work: impl FnOnce(mpsc::Sender<Bytes>) -> F,
) -> Response {
    if request.is_head() {
        return Response::new("".into());
    }
    let (sender, receiver) = mpsc::channel(BUFFERED);
    tokio::spawn(work(sender));
    let pieces = futures_util::stream::unfold(receiver, |mut receiver| async move {
        let piece = receiver.recv().await?;
        Some((Ok::<_, Infallible>(piece), receiver))
    });
    warp::reply::stream(pieces).into_response()
}
