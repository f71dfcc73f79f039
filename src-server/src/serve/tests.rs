//! The accept loop over real sockets, with minimal routes: answers for every kind of client, and limits for hostile,
//! slow and too many clients.

mod attacks;
mod kinds;
mod limits;

use super::{Config, HTTP, Server};
use crate::access_log::AccessLog;
use crate::connections::{Conns, Endpoint, ListenAddr, Phase};
use crate::protocols::{Admission, AdmissionRules, BoundSocket, Protocol, StreamListener};
use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt, stream};
use model::Networks;
use model::settings::{Encryption, Network};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::{Reply, Response};

/// Size of the body of `/big`.
const BIG: usize = 32 << 20;
/// Longer than any step takes on a busy machine.
const LONG: Duration = Duration::from_secs(30);

/// `/hello`, `/big`, `/count` (length of the request body), `/wait` (answers after a second), `/ignore` (answers 403
/// without reading the body).
fn routes() -> BoxedFilter<(Response,)> {
    let hello = warp::path("hello").map(|| "hello".into_response());
    let big = warp::path("big").map(|| {
        let pieces = (0..BIG >> 16).map(|_| Ok::<_, Infallible>(Bytes::from_static(&[7; 1 << 16])));
        warp::reply::stream(stream::iter(pieces)).into_response()
    });
    let count = warp::path("count").and(warp::body::stream()).then(count);
    let wait = warp::path("wait").then(|| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        "waited".into_response()
    });
    let ignore =
        warp::path("ignore").map(|| warp::reply::with_status("no", http::StatusCode::FORBIDDEN).into_response());
    hello.or(big).unify().or(count).unify().or(wait).unify().or(ignore).unify().boxed()
}

async fn count<B: Buf>(body: impl Stream<Item = Result<B, warp::Error>>) -> Response {
    let mut body = std::pin::pin!(body);
    let mut bytes = 0;
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) => bytes += piece.remaining(),
            Err(_) => return warp::reply::with_status("cut off", http::StatusCode::BAD_REQUEST).into_response(),
        }
    }
    bytes.to_string().into_response()
}

/// A server on a free port that stops with the test.
struct Site {
    addr: SocketAddr,
    conns: Arc<Conns>,
    accept: tokio::task::JoinHandle<()>,
    state: TempDir,
}

impl Site {
    async fn start(change: impl FnOnce(&mut Network)) -> Self {
        let mut network = Network { trusted_proxies: Networks::default(), ..Network::default() };
        change(&mut network);
        let state = tempfile::tempdir().unwrap();
        let config = Config::new(&network, state.path()).unwrap();
        let server = Server::new(warp::service(routes()), config, AccessLog::start().unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let admission = Arc::new(Admission::new(AdmissionRules::new(&network)));
        let conns = admission.conns().clone();
        let endpoint = Endpoint { protocol: HTTP, address: ListenAddr::Tcp(addr) };
        let accept = server.start(BoundSocket::Streams(StreamListener::Tcp(listener)), endpoint, &admission);
        Self { addr, conns, accept, state }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.unwrap()
    }

    /// Sends `bytes` on a new connection. Returns everything received until the server closes.
    async fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_ref()).await.unwrap();
        rest(&mut stream).await
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

/// Reads until the server closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    timeout(LONG, stream.read_to_end(&mut all)).await.expect("the server closes").unwrap();
    String::from_utf8_lossy(&all).into_owned()
}

/// Reads one answer with a content length.
async fn answer(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    timeout(LONG, async {
        loop {
            let text = String::from_utf8_lossy(&all).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.to_ascii_lowercase();
                let length = length.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    return text;
                }
            }
            let mut byte = [0; 1024];
            match stream.read(&mut byte).await.unwrap() {
                0 => return text,
                n => all.extend_from_slice(&byte[..n]),
            }
        }
    })
    .await
    .expect("an answer")
}

fn seconds(secs: u64) -> impl FnOnce(&mut Network) {
    move |network| {
        network.head_timeout_secs = secs;
        network.body_timeout_secs = secs;
        network.idle_timeout_secs = secs;
    }
}
