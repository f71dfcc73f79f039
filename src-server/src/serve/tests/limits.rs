//! Slow clients are disconnected, surplus clients get an answer, and a server that stops finishes requests under way.

use super::*;
use std::sync::atomic::Ordering::Relaxed;

#[tokio::test]
async fn a_slow_head_gets_408() {
    let site = Site::start(seconds(1)).await;
    let begun = Instant::now();
    let mut stream = site.connect().await;
    let (mut read, mut write) = stream.split();
    let drip = async {
        for byte in b"GET /hello HTTP/1.1\r\nHost: abcdefghijklmnopqrstuvw" {
            if write.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut first = [0; 12];
    tokio::select! {
        _ = read.read_exact(&mut first) => {}
        () = drip => {}
    }
    assert_eq!(&first, b"HTTP/1.1 408");
    assert!((900..8000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn silent_connections_are_closed() {
    let site = Site::start(seconds(1)).await;
    let begun = Instant::now();
    assert_eq!(site.raw("").await, "", "nothing sent");
    let text = site.raw("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(text.ends_with("hello"), "idle after an answer: {text}");
    let text = site.raw("PUT /count HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc").await;
    assert!(text.starts_with("HTTP/1.1 408 ") && text.contains("stopped arriving"), "half a body: {text}");
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    assert!(site.conns.ended(Instant::now() + LONG, |_| true).await);
}

#[tokio::test]
async fn a_slow_answer_does_not_count_against_the_client() {
    let site = Site::start(|network| {
        seconds(1)(network);
        network.body_timeout_secs = 1;
    })
    .await;
    let mut stream = site.connect().await;
    for _ in 0..2 {
        stream.write_all(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        assert!(answer(&mut stream).await.ends_with("waited"));
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected() {
    let site = Site::start(seconds(1)).await;
    let mut stream = site.connect().await;
    stream.write_all(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(site.conns.ended(Instant::now() + LONG, |_| true).await, "the client has not read a byte");
}

#[tokio::test]
async fn an_http2_stream_that_is_not_read_is_closed() {
    use hyper_util::rt::{TokioExecutor, TokioIo};
    let site = Site::start(seconds(1)).await;
    let io = TokioIo::new(site.connect().await);
    let (mut send, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("http://x/big").body(http_body_util::Empty::<Bytes>::new()).unwrap();
    let unread = send.send_request(request).await.unwrap();
    assert!(site.conns.ended(Instant::now() + LONG, |_| true).await, "flow control is blocked, pings flow");
    drop(unread);
}

#[tokio::test]
async fn an_early_refusal_arrives_while_the_body_is_still_sent() {
    let site = Site::start(|_| {}).await;
    let mut stream = site.connect().await;
    let (mut read, mut write) = stream.split();
    let send = async {
        write.write_all(b"PUT /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n").await.unwrap();
        for _ in 0..40 {
            if write.write_all(&[0; 1 << 16]).await.is_err() {
                panic!("reset before the answer was read");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        write.shutdown().await.unwrap();
    };
    let mut text = Vec::new();
    let (_, read) = tokio::join!(send, read.read_to_end(&mut text));
    read.unwrap();
    assert!(text.starts_with(b"HTTP/1.1 403 "), "{}", String::from_utf8_lossy(&text));
}

#[tokio::test]
async fn surplus_connections_get_an_answer() {
    let site = Site::start(|network| network.max_connections = 8).await;
    let mut open = Vec::new();
    for _ in 0..4 {
        let mut stream = site.connect().await;
        stream.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        assert!(answer(&mut stream).await.ends_with("hello"));
        open.push(stream);
    }
    let text = site.raw("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(text.starts_with("HTTP/1.1 503 ") && text.contains("Your address"), "half of all from one address: {text}");
    open.pop();
    assert!(site.conns.ended(Instant::now() + LONG, |conn| conn.id == 4).await);
    assert!(site.raw("GET /hello HTTP/1.0\r\n\r\n").await.ends_with("hello"));

    // The limit holds for trusted proxies, too: half of all connections stay free for other clients, and requests under
    // way continue.
    let site = Site::start(|network| {
        network.max_connections = 2;
        network.trusted_proxies = Networks::loopback();
    })
    .await;
    let mut working = site.connect().await;
    working.write_all(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    while !site.conns.list().iter().any(|conn| conn.in_flight.load(Relaxed) > 0) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let text = site.raw("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(text.starts_with("HTTP/1.1 503 ") && text.contains("Your address"), "{text}");
    assert!(answer(&mut working).await.ends_with("waited"));
}

#[tokio::test]
async fn silent_connections_do_not_block_other_clients() {
    let site = Site::start(|network| network.max_connections = 8).await;
    let mut silent = Vec::new();
    for byte in [&b""[..], b"G", b"GET / HTTP/1.1\r\nHost:", b"\x16\x03\x01"].into_iter().cycle().take(12) {
        let mut stream = site.connect().await;
        stream.write_all(byte).await.unwrap();
        silent.push(stream);
    }
    let begun = Instant::now();
    let mut stream = site.connect().await;
    stream.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert!(answer(&mut stream).await.ends_with("hello"), "{:?}", begun.elapsed());
    assert!(site.conns.len() <= 4, "the limit holds");
}

#[tokio::test]
async fn a_client_that_shuts_down_its_sending_side_is_answered() {
    let site = Site::start(|_| {}).await;
    for (request, want) in [
        ("PUT /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "\r\n\r\n5"),
        ("PUT /count HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", "\r\n\r\n5"),
        ("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n", "waited"),
        ("GET /wait HTTP/1.0\r\n\r\n", "waited"),
        ("GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /wait HTTP/1.1\r\nHost: x\r\n\r\n", "waited"),
    ] {
        let mut stream = site.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let text = rest(&mut stream).await;
        assert!(text.starts_with("HTTP/1.1 200") || text.starts_with("HTTP/1.0 200"), "{request} {text}");
        assert!(text.ends_with(want), "{request} {text}");
    }
    let mut stream = site.connect().await;
    stream.write_all(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut all = Vec::new();
    timeout(LONG, stream.read_to_end(&mut all)).await.unwrap().unwrap();
    assert!(all.len() > BIG && all.ends_with(b"0\r\n\r\n"), "{} bytes", all.len());

    // An incomplete body is refused, and a closed connection is removed from the list.
    let mut stream = site.connect().await;
    stream.write_all(b"PUT /count HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhello").await.unwrap();
    stream.shutdown().await.unwrap();
    assert!(!rest(&mut stream).await.starts_with("HTTP/1.1 200"));
    let mut gone = site.connect().await;
    gone.write_all(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    drop(gone);
    assert!(site.conns.ended(Instant::now() + LONG, |_| true).await);
}

#[tokio::test]
async fn an_answer_waits_longer_for_a_slow_client_than_a_body() {
    let site = Site::start(seconds(1)).await;
    let mut stream = site.connect().await;
    stream.write_all(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    // The client reads nothing for three times the limit, as a proxy with a full buffer does.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut all = Vec::new();
    let read = async {
        let mut piece = vec![0; 1 << 20];
        while !all.ends_with(b"0\r\n\r\n") {
            let count = stream.read(&mut piece).await.unwrap();
            assert!(count > 0, "cut off after {} bytes", all.len());
            all.extend_from_slice(&piece[..count]);
        }
    };
    timeout(LONG, read).await.expect("the download continues");
    assert!(all.len() > BIG);
}

#[tokio::test]
async fn only_allowed_peers_may_connect() {
    let site = Site::start(|network| network.allowed_peers = Networks::parse(["10.0.0.0/8"]).unwrap()).await;
    let mut stream = site.connect().await;
    let mut byte = [0];
    assert!(!matches!(timeout(LONG, stream.read(&mut byte)).await.unwrap(), Ok(1)));
}

#[tokio::test]
async fn draining_finishes_requests_under_way() {
    let site = Site::start(|_| {}).await;
    let mut download = site.connect().await;
    download.write_all(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut first = vec![0; 1 << 20];
    download.read_exact(&mut first).await.unwrap();
    let mut idle = site.connect().await;
    idle.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    answer(&mut idle).await;
    let mut silent = site.connect().await;
    let mut half = site.connect().await;
    half.write_all(b"GET /hello HT").await.unwrap();
    while site.conns.len() < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    site.accept.abort();
    site.conns.enter(Phase::Draining, |_| true);
    assert_eq!(rest(&mut idle).await, "");
    assert_eq!(rest(&mut silent).await, "");
    assert!(!site.conns.ended(Instant::now() + Duration::from_millis(100), |_| true).await, "the download continues");
    let mut others = Vec::new();
    timeout(LONG, download.read_to_end(&mut others)).await.unwrap().unwrap();
    assert!(others.ends_with(b"0\r\n\r\n"), "the download is complete");
    drop(half);
    assert!(site.conns.ended(Instant::now() + LONG, |_| true).await);
}

#[tokio::test]
async fn killing_ends_all_connections() {
    let site = Site::start(|_| {}).await;
    let mut stuck = site.connect().await;
    stuck.write_all(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut byte = [0];
    stuck.read_exact(&mut byte).await.unwrap();
    assert_eq!(site.conns.enter(Phase::Killed, |_| true), 1);
    assert!(site.conns.ended(Instant::now() + LONG, |_| true).await);
}

/// RFC 9113 5.1.2, 6.5.2: the server announces the maximum number of streams, and resets further ones with
/// REFUSED_STREAM.
#[tokio::test]
async fn an_http2_connection_has_a_maximum_number_of_requests() {
    let site = Site::start(|_| {}).await;
    let mut stream = site.connect().await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut frame = async |wanted: u8| loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
        stream.read_exact(&mut payload).await.unwrap();
        if head[3] == wanted && head[4] & 1 == 0 {
            return payload;
        }
    };
    let settings = timeout(LONG, frame(4)).await.unwrap();
    let value = |setting: &[u8]| u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]);
    let streams: Vec<_> = settings.chunks(6).filter(|setting| setting[..2] == [0, 3]).map(value).collect();
    assert_eq!(streams, [128]);
    // GET /wait in HPACK without tables; client streams have odd numbers.
    let head = b"\x82\x86\x04\x05/wait\x01\x01x";
    let mut requests = b"\0\0\0\x04\x01\0\0\0\0".to_vec();
    for number in 0..129u32 {
        requests.extend([0, 0, head.len() as u8, 1, 5]);
        requests.extend((2 * number + 1).to_be_bytes());
        requests.extend(head);
    }
    stream.write_all(&requests).await.unwrap();
    let mut reset = async || loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
        stream.read_exact(&mut payload).await.unwrap();
        if head[3] == 3 {
            return (u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload);
        }
    };
    let (number, reason) = timeout(LONG, reset()).await.unwrap();
    assert_eq!((number, reason), (2 * 128 + 1, 7u32.to_be_bytes().to_vec()), "the last one, REFUSED_STREAM");
}
