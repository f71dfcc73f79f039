//! A file is served byte for byte, as a whole or in the requested ranges, with the right headers.

use crate::site::{Site, site};

async fn with_file() -> Site {
    let site = site(&[("", "r")]).await;
    site.put("top/a.txt", b"0123456789");
    site
}

#[tokio::test]
async fn ranges() {
    let site = with_file().await;
    for (range, status, content_range, body) in [
        ("bytes=0-3", 206, "bytes 0-3/10", "0123"),
        ("bytes=4-", 206, "bytes 4-9/10", "456789"),
        ("bytes=-2", 206, "bytes 8-9/10", "89"),
        ("bytes=8-99", 206, "bytes 8-9/10", "89"),
        ("bytes=10-", 416, "bytes */10", "invalid range\n"),
        ("bytes=x", 416, "bytes */10", "invalid range\n"),
        ("lines=1-2", 200, "", "0123456789"),
    ] {
        let answer = site.ask("GET", "/a.txt", &[("range", range)]).await;
        assert_eq!((answer.status, answer.header("content-range")), (status, content_range), "{range}");
        assert_eq!(answer.text(), body, "{range}");
        if status == 206 {
            assert_eq!(answer.header("content-length"), body.len().to_string());
        }
    }
}

#[tokio::test]
async fn several_ranges_are_sent_as_multipart() {
    let site = with_file().await;
    let answer = site.ask("GET", "/a.txt", &[("range", "bytes=0-1,-2")]).await;
    assert_eq!(answer.status, 206);
    let kind = answer.header("content-type");
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").expect("multipart");
    let part = |range: &str, body: &str| {
        format!(
            "\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes {range}/10\r\n\r\n{body}"
        )
    };
    let want = format!("{}{}\r\n--{boundary}--\r\n", part("0-1", "01"), part("8-9", "89"));
    assert_eq!(answer.text(), want);
    assert_eq!(answer.header("content-length"), want.len().to_string());
}

#[tokio::test]
async fn conditions() {
    let site = with_file().await;
    let first = site.get("/a.txt").await;
    let (etag, modified) = (first.header("etag").to_owned(), first.header("last-modified").to_owned());
    assert!(etag.starts_with('"') && !modified.is_empty());
    for (headers, want) in [
        (vec![("if-none-match", &etag[..])], 304),
        (vec![("if-modified-since", &modified)], 304),
        (vec![("if-none-match", "\"other\""), ("if-modified-since", &modified)], 200),
        (vec![("if-match", "\"other\"")], 412),
        (vec![("range", "bytes=0-0"), ("if-range", &etag)], 206),
        (vec![("range", "bytes=0-0"), ("if-range", &modified)], 206),
        (vec![("range", "bytes=0-0"), ("if-range", "\"other\"")], 200),
    ] {
        let answer = site.ask("GET", "/a.txt", &headers).await;
        assert_eq!(answer.status, want, "{headers:?}");
        if want == 304 {
            assert!(answer.response.body().is_empty());
            assert_eq!(answer.header("etag"), etag);
            assert_eq!(answer.header("content-length"), "");
        }
    }
    site.put("top/a.txt", b"9876543210!");
    assert_eq!(site.ask("GET", "/a.txt", &[("if-none-match", &etag)]).await.status, 200);
}

#[tokio::test]
async fn head_returns_the_same_headers_without_a_body() {
    let site = with_file().await;
    let (get, head) = (site.get("/a.txt").await, site.ask("HEAD", "/a.txt", &[]).await);
    assert_eq!(head.status, 200);
    assert!(head.response.body().is_empty());
    for name in ["content-length", "last-modified", "etag", "content-type", "accept-ranges", "cache-control"] {
        assert_eq!(get.header(name), head.header(name), "{name}");
        assert!(!get.header(name).is_empty(), "{name}");
    }
}

#[tokio::test]
async fn types_and_parameters() {
    let site = with_file().await;
    for name in ["a.html", "a.svg", "a.js", "a.png", "a.pdf", "a.bin", "x y\"\u{e9}.txt"] {
        site.put(&format!("top/{name}"), b"x");
    }
    let cases = [
        ("/a.html", "text/html; charset=utf-8", true, "sandbox; "),
        ("/a.svg", "image/svg+xml", true, "sandbox; "),
        ("/a.js", "text/plain; charset=utf-8", false, "sandbox"),
        ("/a.png", "image/png", false, "sandbox"),
        ("/a.pdf", "application/pdf", false, ""),
        ("/a.bin", "application/octet-stream", false, "sandbox"),
        ("/a.txt/", "text/plain; charset=utf-8", false, "sandbox"),
        ("/a.html?txt", "text/plain; charset=utf-8", false, "sandbox"),
        ("/a.txt?txt=shift_jis", "text/plain; charset=shift_jis", false, "sandbox"),
        ("/a.txt?mime=image/png", "image/png", false, "sandbox"),
        ("/a.txt?mime=text/html", "text/plain; charset=utf-8", false, "sandbox"),
        ("/a.txt?mime=text/javascript", "text/plain; charset=utf-8", false, "sandbox"),
        ("/a.txt?mime=x%0d%0ay", "text/plain; charset=utf-8", false, "sandbox"),
        ("/a.png?dl", "image/png", true, "sandbox"),
        ("/a.txt?raw", "text/plain; charset=utf-8", false, "sandbox"),
    ];
    for (path, mime, saved, policy) in cases {
        let answer = site.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, mime), "{path}");
        assert_eq!(answer.header("content-disposition").starts_with("attachment"), saved, "{path}");
        assert!(answer.header("content-security-policy").starts_with(policy), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let named = site.get("/x%20y%22%C3%A9.txt?dl").await;
    assert_eq!(
        named.header("content-disposition"),
        "attachment; filename=\"x y__.txt\"; filename*=UTF-8''x%20y%22%C3%A9.txt"
    );
    for (query, want) in
        [("cache", "max-age=69"), ("cache=i", "max-age=604869"), ("cache=5", "max-age=5"), ("x", "no-cache")]
    {
        assert_eq!(site.get(&format!("/a.txt?{query}")).await.header("cache-control"), want);
    }
}

#[tokio::test]
async fn large_files_stream() {
    let site = site(&[("", "r")]).await;
    let content: Vec<u8> = (0..3_000_000u32).map(|number| (number % 251) as u8).collect();
    site.put("top/big.bin", &content);
    let answer = site.get("/big.bin").await;
    assert_eq!(answer.header("content-length"), "3000000");
    assert!(answer.response.body()[..] == content[..]);
    let part = site.ask("GET", "/big.bin", &[("range", "bytes=1000000-1999999")]).await;
    assert!(part.response.body()[..] == content[1_000_000..2_000_000]);
}
