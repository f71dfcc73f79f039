//! An ambiguous request gets one answer (400 with a sentence), and the connection ends.

use super::*;

#[tokio::test]
async fn smuggling_is_refused_over_the_wire() {
    let site = Site::start(|_| {}).await;
    let smuggled = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
    for (head, sentence) in [
        ("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "both"),
        ("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n", "several"),
        ("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n", "not a number"),
        ("POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", "chunked"),
        ("POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "blank"),
        ("GET /hello HTTP/1.1\nHost: x\n\n", "LF"),
        ("GET /hello HTTP/1.1\r\nHost: x\r\nA: b\n\r\n", "LF"),
        ("GET /hello HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", "second line"),
        ("GET /hello HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n", "control"),
        ("GET /hello HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n", "does not tunnel"),
        ("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", "does not tunnel"),
        ("GET /hello HTTP/1.1\r\n\r\n", "no Host"),
        ("GET http://x/hello HTTP/1.1\r\nA: b\r\n\r\n", "no Host"),
        ("POST /count HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "no Host"),
        ("hello\r\n\r\n", "first line"),
    ] {
        let text = site.raw(format!("{head}{smuggled}")).await;
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "one answer: {head:?} {text}");
        assert!(text.starts_with("HTTP/1.1 400 "), "{head:?} {text}");
        assert!(text.contains("connection: close") && text.contains("<pre>") && text.contains("\r\nURL: "), "{text}");
        assert!(text.contains(sentence), "{head:?} {text}");
    }
}

#[tokio::test]
async fn requests_before_a_bad_one_are_still_answered() {
    let site = Site::start(|_| {}).await;
    let text = site.raw("GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\nHost: x\n\n").await;
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
    assert!(text.contains("hello") && text.contains("HTTP/1.1 400 "), "{text}");
}

#[tokio::test]
async fn too_large_a_head_is_refused() {
    let site = Site::start(|_| {}).await;
    let text = site.raw(format!("GET /hello HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(70 << 10))).await;
    assert!(text.starts_with("HTTP/1.1 431 "), "{text}");
    let text = site.raw(format!("GET /hello HTTP/1.0\r\nA: {}\r\n\r\n", "x".repeat(60 << 10))).await;
    assert!(text.contains(" 200 OK") && text.ends_with("hello"), "{text}");
}

#[tokio::test]
async fn a_bad_chunk_is_answered_and_closes_the_connection() {
    let site = Site::start(|_| {}).await;
    let head = "POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for bad in ["5\nhello\r\n0\r\n\r\n", "5\r\nhelloX", "5;a\nb\r\nhello\r\n0\r\n\r\n", "zz\r\n"] {
        let text = site.raw(format!("{head}{bad}")).await;
        assert!(text.starts_with("HTTP/1.1 400 ") && text.contains("chunked body"), "{bad:?} {text}");
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{text}");
    }
    let text = site.raw(format!("{head}5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\nGET /hello HTTP/1.0\r\n\r\n")).await;
    assert!(text.contains("\r\n\r\n5HTTP/1.1 200") || text.contains("\r\n\r\n5HTTP/1.0 200"), "{text}");
}

#[tokio::test]
async fn the_path_of_the_stand_in_is_an_ordinary_path() {
    let site = Site::start(|_| {}).await;
    let text = site.raw("GET /.potluck/refused?why=bare-lf HTTP/1.0\r\n\r\n").await;
    assert!(text.contains(" 404 "), "{text}");
}

#[tokio::test]
async fn unusual_but_valid_requests_are_served() {
    let site = Site::start(|_| {}).await;
    for request in [
        "GET /hello HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
        "GET /hello HTTP/1.0\r\n\r\n",
        "\r\nGET /hello HTTP/1.0\r\n\r\n",
        "GET http://elsewhere:99/hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n\
         HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n",
    ] {
        let text = site.raw(request).await;
        assert!(text.contains(" 200 OK") && text.ends_with("hello"), "{request:?} {text}");
    }
}
