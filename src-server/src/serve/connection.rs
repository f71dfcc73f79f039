//! One connection, from accept to close.

use super::config::Config;
use super::rejection::{TLS_HELLO, send_plain_error};
use super::service::{ConnService, KernelCopies, RequestBody, Routes};
use super::socket::Transport;
use crate::access_log::AccessLog;
use crate::connections::{Admitted, Conn, Phase};
use crate::protocols::Stream;
use bytes::Bytes;
use http::{Request, Response};
use http1_io::guard::Guard;
use http1_io::sniff::Sniffed;
use http1_io::socket_options;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use model::settings::Encryption;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

/// Maximum size of hyper's HTTP/1 read buffer. It starts at 8 KiB and grows while reads fill it; it never shrinks
/// again. An upload costs 0.30 CPU s/GB with 1 MiB and 0.41 with 64 KiB (128 and 256 KiB are the worst, 0.6: glibc
/// returns allocations of that size to the system each time); downloads do not depend on it. So the first few
/// connections get the large buffer and all further ones the small one: 1,500 uploads at once use about 140 MiB.
const H1_BUFFER: usize = 1 << 20;
const H1_BUFFER_MANY_CONNECTIONS: usize = 64 << 10;
/// Number of connections above which new ones get the small buffer.
const MANY_CONNECTIONS: usize = 48;
/// HTTP/2 flow control windows: bytes that a client may send before they are read, for a stream and for a connection.
/// They bound memory, and exceed the bandwidth-delay product of any LAN.
const H2_STREAM_WINDOW: u32 = 1 << 20;
const H2_CONNECTION_WINDOW: u32 = 4 << 20;
const H2_STREAMS: u32 = 128;
/// Maximum interval at which an HTTP/2 connection is checked for progress, and interval of its pings.
const H2_PING: Duration = Duration::from_secs(30);

/// Serves a connection until it ends or is closed.
pub(super) async fn run<S, B>(socket: Stream, admitted: Admitted, config: Arc<Config>, routes: S, log: AccessLog)
where
    S: Routes + Service<Request<RequestBody>, Response = Response<B>>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let conn = admitted.conn.clone();
    // Before its first request a connection can be drained at once.
    let begun = tokio::select! {
        biased;
        begun = begin(socket, &conn, &config) => begun,
        () = wait_for_phase(&conn, Phase::Draining) => return,
    };
    let (mut guard, sniffed) = match begun {
        Ok(Some(begun)) => begun,
        Ok(None) => return,
        Err(error) => {
            tracing::debug!(peer = %conn.remote, %error, "connection failed before its first request");
            return;
        }
    };
    // HTTP/2 puts bodies into frames, so that the process reads them.
    let file_maps = if sniffed == Sniffed::Http1 { guard.io().file_maps() } else { None };
    let is_http2 = sniffed == Sniffed::Http2;
    let copies = KernelCopies { splice: guard.enable_splicing(), file_maps };
    let service = ConnService::new(routes, conn.clone(), log, copies, guard.interim(), is_http2);
    let buffer = if admitted.conns().len() > MANY_CONNECTIONS { H1_BUFFER_MANY_CONNECTIONS } else { H1_BUFFER };
    let ended = match sniffed {
        Sniffed::Http1 => serve_h1(guard, service, &conn, buffer).await,
        Sniffed::Http2 => Box::pin(serve_h2(guard, service, &conn, &config)).await,
        Sniffed::Nothing => Ok(()),
    };
    if let Err(error) = ended {
        tracing::debug!(peer = %conn.remote, %error, "connection failed");
    }
}

/// Waits until the connection has reached `phase`.
async fn wait_for_phase(conn: &Conn, phase: Phase) {
    while conn.phase() < phase {
        conn.phase_changed().await;
    }
}

/// Does the TLS handshake if there is one and detects the HTTP version. `None`: the client has closed the connection or
/// was too slow.
async fn begin(
    socket: Stream,
    conn: &Arc<Conn>,
    config: &Config,
) -> io::Result<Option<(Guard<Transport, Conn>, Sniffed)>> {
    let (transport, agreed) = match socket {
        Stream::Tcp(stream) => {
            if let Some(client) = conn.remote.ip() {
                socket_options::apply(&stream, client)?;
            }
            match tokio::time::timeout(config.limits.head, secure(stream, conn, config)).await {
                Ok(Ok(Some(secured))) => secured,
                Ok(Ok(None)) | Err(_) => return Ok(None),
                Ok(Err(error)) => return Err(error),
            }
        }
        #[cfg(unix)]
        Stream::Unix(stream) => (Transport::Unix(stream), Sniffed::Nothing),
    };
    let mut guard = Guard::new(transport, conn.clone(), config.limits);
    let sniffed = match agreed {
        Sniffed::Http2 => {
            guard.pass_through();
            Sniffed::Http2
        }
        _ => guard.sniff().await?,
    };
    Ok((sniffed != Sniffed::Nothing).then_some((guard, sniffed)))
}

/// Peeks at the first byte and does the TLS handshake if it asks for one. Returns the byte stream with the result of
/// ALPN.
async fn secure(stream: TcpStream, conn: &Conn, config: &Config) -> io::Result<Option<(Transport, Sniffed)>> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 0 {
        return Ok(None);
    }
    match (first[0] == TLS_HELLO, config.encryption) {
        (false, Encryption::Both | Encryption::PlainOnly) => {
            Ok(Some((Transport::Plain(stream.into()), Sniffed::Nothing)))
        }
        (false, Encryption::TlsOnly) => {
            send_plain_error(
                stream,
                "400 Bad Request",
                "",
                "This port speaks https only; write https:// in the address.",
            )
            .await?;
            Ok(None)
        }
        (true, Encryption::PlainOnly) => Ok(None),
        (true, _) => {
            let tls = config.tls.config().await.map_err(|error| {
                tracing::error!(%error, "no certificate for TLS");
                io::Error::other(error)
            })?;
            let stream = Box::pin(TlsAcceptor::from(tls).accept(stream)).await?;
            conn.tls.store(true, Relaxed);
            let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            Ok(Some((Transport::Tls(Box::new(stream)), if h2 { Sniffed::Http2 } else { Sniffed::Http1 })))
        }
    }
}

async fn serve_h1<S, B>(
    guard: Guard<Transport, Conn>,
    service: ConnService<S>,
    conn: &Conn,
    buffer: usize,
) -> hyper::Result<()>
where
    S: Routes + Service<Request<RequestBody>, Response = Response<B>>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut builder = hyper::server::conn::http1::Builder::new();
    // A client that has shut down its sending side still waits for its answer (RFC 9112 9.6). A client that has gone is
    // noticed when data is sent to it.
    builder.max_buf_size(buffer).half_close(true);
    let mut http = pin!(builder.serve_connection(TokioIo::new(guard), service));
    loop {
        tokio::select! {
            biased;
            ended = http.as_mut() => return ended,
            () = conn.phase_changed() => match conn.phase() {
                Phase::Open => {}
                Phase::Draining => http.as_mut().graceful_shutdown(),
                Phase::Killed => return Ok(()),
            },
        }
    }
}

async fn serve_h2<S, B>(
    guard: Guard<Transport, Conn>,
    service: ConnService<S>,
    conn: &Conn,
    config: &Config,
) -> hyper::Result<()>
where
    S: Routes + Service<Request<RequestBody>, Response = Response<B>>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .initial_stream_window_size(H2_STREAM_WINDOW)
        .initial_connection_window_size(H2_CONNECTION_WINDOW)
        .max_concurrent_streams(H2_STREAMS)
        .max_frame_size(1 << 18)
        .max_header_list_size(http1_io::framing::MAX_HEAD as u32)
        .keep_alive_interval(H2_PING)
        .keep_alive_timeout(H2_PING);
    let mut http = pin!(builder.serve_connection(TokioIo::new(guard), service));
    let every = config.limits.idle.min(config.limits.body).div_f32(4.0).clamp(Duration::from_millis(100), H2_PING);
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let due = tokio::select! {
            biased;
            ended = http.as_mut() => return ended,
            () = conn.phase_changed() => conn.phase(),
            _ = tick.tick() => h2_next_phase(conn, config),
        };
        match due {
            Phase::Open => {}
            Phase::Draining => http.as_mut().graceful_shutdown(),
            Phase::Killed => return Ok(()),
        }
    }
}

/// Returns the next phase of an HTTP/2 connection that may have stalled. TCP does not show this: pings flow while every
/// stream is blocked on flow control, so the progress of the bodies is watched.
fn h2_next_phase(conn: &Conn, config: &Config) -> Phase {
    let still = conn.stalled_for();
    let waits_for_client = conn.in_flight.load(Relaxed) > 0 && conn.busy.load(Relaxed) < 1;
    let limit = match conn.bodies_awaited.load(Relaxed) {
        0 => config.limits.stalled_answer(),
        _ => config.limits.body,
    };
    if waits_for_client && still >= limit {
        Phase::Killed
    } else if conn.in_flight.load(Relaxed) == 0 && still >= config.limits.idle {
        Phase::Draining
    } else {
        Phase::Open
    }
}
