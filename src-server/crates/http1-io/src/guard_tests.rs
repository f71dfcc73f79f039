//! However the input is split, hyper sees valid requests or one stand-in, never a part of a bad head.

use super::*;
use crate::refusal::Refusals;
use std::fmt::Display;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

const LIMITS: TimeLimits =
    TimeLimits { head: Duration::from_secs(3), body: Duration::from_secs(10), idle: Duration::from_secs(5) };

/// A connection that records what the guard reports.
struct Recorder {
    sent: AtomicU64,
    in_flight: AtomicU32,
    /// When the last request ended.
    ended: Mutex<Instant>,
    refusals: Refusals,
}

impl Recorder {
    fn begin_request(&self) {
        self.in_flight.store(1, Relaxed);
    }

    fn end_request(&self) {
        self.in_flight.store(0, Relaxed);
        *self.ended.lock().unwrap() = Instant::now();
    }
}

impl Connection for Recorder {
    fn add_received(&self, _bytes: u64) {}

    fn add_sent(&self, bytes: u64) {
        self.sent.fetch_add(bytes, Relaxed);
    }

    fn set_blocked(&self, _blocked: bool) {}

    fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    fn is_draining(&self) -> bool {
        false
    }

    fn idle_for(&self) -> Duration {
        if self.in_flight.load(Relaxed) > 0 { Duration::ZERO } else { self.ended.lock().unwrap().elapsed() }
    }

    fn client(&self) -> impl Display + '_ {
        "test"
    }
}

fn pair(buffer: usize) -> (DuplexStream, Guard<DuplexStream, Recorder>, Arc<Recorder>) {
    let (client, server) = duplex(buffer);
    let conn = Arc::new(Recorder {
        sent: AtomicU64::new(0),
        in_flight: AtomicU32::new(0),
        ended: Mutex::new(Instant::now()),
        refusals: Refusals::default(),
    });
    (client, Guard::new(server, conn.clone(), LIMITS), conn)
}

fn reason(conn: &Recorder) -> Option<Reason> {
    conn.refusals.head().or(conn.refusals.body()).map(|refusal| refusal.reason)
}

/// Returns the bytes that hyper would see if the client sent `stream` in pieces of `piece` bytes and then closed.
async fn seen(stream: &[u8], piece: usize, window: usize) -> (Vec<u8>, Option<Reason>) {
    let (mut client, mut guard, conn) = pair(1 << 20);
    let sent = stream.to_vec();
    let sender = tokio::spawn(async move {
        for part in sent.chunks(piece) {
            client.write_all(part).await.unwrap();
            tokio::task::yield_now().await;
        }
        client.shutdown().await.unwrap();
        client
    });
    let mut seen = Vec::new();
    let mut buf = vec![0; window];
    loop {
        let read = tokio::time::timeout(Duration::from_millis(50), guard.read(&mut buf)).await;
        match read {
            Ok(Ok(0)) | Ok(Err(_)) | Err(_) => break,
            Ok(Ok(n)) => seen.extend_from_slice(&buf[..n]),
        }
    }
    let _client = sender.await.unwrap();
    (seen, reason(&conn))
}

#[tokio::test(start_paused = true)]
async fn sound_streams_arrive_unchanged() {
    let stream = b"PUT /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\n\r\n\
        PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\n\r\nGET /d HTTP/1.0\r\n\r\n";
    for piece in [1, 2, 3, 10, 50, 1000] {
        for window in [1, 7, 64, 4096] {
            assert_eq!(seen(stream, piece, window).await, (stream.to_vec(), None), "{piece} {window}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_head_is_replaced() {
    let good = b"PUT /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello".to_vec();
    for (bad, reason) in [
        ("GET / HTTP/1.1\nHost: a\n\n", Reason::BareLf),
        ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", Reason::Folded),
        (
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            Reason::LengthAndEncoding,
        ),
        ("GET / HTTP/1.1\r\nA : b\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n", Reason::BlankBeforeColon),
    ] {
        for piece in [1, 3, 1000] {
            let substitute_request = reason.substitute_request();
            assert_eq!(
                seen(bad.as_bytes(), piece, 64).await,
                (substitute_request.clone(), Some(reason)),
                "{bad:?} {piece}"
            );
            let stream = [&good, bad.as_bytes()].concat();
            assert_eq!(
                seen(&stream, piece, 64).await,
                ([&good[..], &substitute_request].concat(), Some(reason)),
                "2nd {bad:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_chunk_ends_the_body_in_an_error() {
    let (mut client, mut guard, conn) = pair(4096);
    client.write_all(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n").await.unwrap();
    let mut seen = Vec::new();
    let error = guard.read_to_end(&mut seen).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert!(seen.ends_with(b"\r\n\r\n5"), "{:?}", String::from_utf8_lossy(&seen));
    assert_eq!(reason(&conn).unwrap(), Reason::Chunk);
}

#[tokio::test(start_paused = true)]
async fn the_version_is_detected_from_the_first_bytes() {
    for (first, want) in [
        (&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore"[..], Sniffed::Http2),
        (b"PRI * HTTP/2.0\r\n\r\nxx", Sniffed::Http1),
        (b"PUT / HTTP/1.1\r\n\r\n", Sniffed::Http1),
        (b"P", Sniffed::Nothing),
        (b"", Sniffed::Nothing),
    ] {
        let (mut client, mut guard, _) = pair(4096);
        client.write_all(first).await.unwrap();
        assert_eq!(guard.sniff().await.unwrap(), want, "{:?}", String::from_utf8_lossy(first));
        if want == Sniffed::Http2 {
            let mut buf = vec![0; first.len()];
            guard.read_exact(&mut buf).await.unwrap();
            assert_eq!(buf, first);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_head_is_refused() {
    let (mut client, mut guard, conn) = pair(4096);
    let begun = Instant::now();
    let drip = tokio::spawn(async move {
        for byte in b"GET / HTTP/1.1\r\nHost: abcdefghijk" {
            let _ = client.write_all(&[*byte]).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        client
    });
    let mut buf = vec![0; 400];
    let read = guard.read(&mut buf).await.unwrap();
    assert_eq!(buf[..read], Reason::TooSlow.substitute_request());
    assert_eq!(reason(&conn).unwrap(), Reason::TooSlow);
    assert_eq!(begun.elapsed().as_secs(), 3);
    drip.abort();
}

#[tokio::test(start_paused = true)]
async fn silence_times_out() {
    // Without a byte.
    let (_client, mut guard, _) = pair(4096);
    let begun = Instant::now();
    let mut buf = vec![0; 400];
    assert_eq!(guard.read(&mut buf).await.unwrap(), 0);
    assert_eq!(begun.elapsed().as_secs(), 3);

    // Between requests; the time in which a request is answered does not count.
    let (mut client, mut guard, conn) = pair(4096);
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_ne!(guard.read(&mut buf).await.unwrap(), 0);
    conn.begin_request();
    assert!(tokio::time::timeout(Duration::from_secs(100), guard.read(&mut buf)).await.is_err());
    conn.end_request();
    let begun = Instant::now();
    assert_eq!(guard.read(&mut buf).await.unwrap(), 0);
    assert_eq!(begun.elapsed().as_secs(), 5);

    // Inside a body.
    let (mut client, mut guard, conn) = pair(4096);
    client.write_all(b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\nab").await.unwrap();
    assert_ne!(guard.read(&mut buf).await.unwrap(), 0);
    let begun = Instant::now();
    assert_eq!(guard.read(&mut buf).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
    assert_eq!(begun.elapsed().as_secs(), 10);
    assert_eq!(reason(&conn).unwrap(), Reason::Stalled);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_disconnected() {
    let (mut client, mut guard, conn) = pair(64);
    let mut buf = vec![0; 32];
    // The client reads a little every eight seconds, which is progress.
    let reader = tokio::spawn(async move {
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_secs(8)).await;
            client.read_exact(&mut buf).await.unwrap();
        }
        client
    });
    let begun = Instant::now();
    let error = guard.write_all(&[7; 4096]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(begun.elapsed().as_secs(), 24 + 16 * 10);
    assert_eq!(conn.sent.load(Relaxed), 64 + 3 * 32);
    drop(reader);
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_is_read_until_it_stops() {
    let (mut client, mut guard, _) = pair(64);
    client.write_all(b"GET /\n").await.unwrap();
    let mut buf = vec![0; 400];
    assert_ne!(guard.read(&mut buf).await.unwrap(), 0);
    let begun = Instant::now();
    let (_, sent) = tokio::join!(guard.shutdown(), client.write_all(&[b'x'; 4000]));
    sent.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 5, "ends after the client has been silent for a while");
}
