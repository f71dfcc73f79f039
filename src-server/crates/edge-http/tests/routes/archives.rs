//! A folder, or a selection of its files, is served as one archive in the requested format, with a name that every
//! system accepts.

use crate::site::{Site, site};

async fn with_files() -> Site {
    let site = site(&[("", "r"), ("drop", "w")]).await;
    site.put("top/d\u{e9}p\u{f4}t/a.txt", b"hello");
    site.put("top/d\u{e9}p\u{f4}t/b.txt", b"world");
    site
}

#[tokio::test]
async fn formats() {
    let site = with_files().await;
    for (query, mime, ending, magic) in [
        ("zip", "application/zip", "zip", &b"PK\x03\x04"[..]),
        ("zip=dos", "application/zip", "zip", b"PK\x03\x04"),
        ("zip=crc", "application/zip", "zip", b"PK\x03\x04"),
        ("tar", "application/x-tar", "tar", b""),
        ("tar=pax", "application/x-tar", "tar", b""),
        ("tar=gnu", "application/x-tar", "tar", b""),
        ("tar=pax,xz", "application/x-xz", "tar.xz", b"\xfd7zXZ"),
        ("tar=xz:9,pax", "application/x-xz", "tar.xz", b"\xfd7zXZ"),
        ("tar=gz,gnu", "application/gzip", "tar.gz", b"\x1f\x8b"),
        ("tar=gz:9", "application/gzip", "tar.gz", b"\x1f\x8b"),
        ("tar=bz2", "application/x-bzip2", "tar.bz2", b"BZh"),
        ("tar=xz:1", "application/x-xz", "tar.xz", b"\xfd7zXZ"),
    ] {
        let path = format!("/d%C3%A9p%C3%B4t/?{query}");
        let answer = site.get(&path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, mime), "{query}");
        assert!(answer.response.body().starts_with(magic), "{query}");
        let want = format!("attachment; filename=\"d_p_t.{ending}\"; filename*=UTF-8''d%C3%A9p%C3%B4t.{ending}");
        assert_eq!(answer.header("content-disposition"), want);
        assert_eq!(answer.header("content-length"), "");
        let head = site.ask("HEAD", &path, &[]).await;
        assert_eq!((head.status, head.header("content-type")), (200, mime));
        assert!(head.response.body().is_empty());
    }
    let root = site.ask("GET", "/?tar", &[("host", "127.0.0.1:3923")]).await;
    assert!(root.header("content-disposition").contains("filename=\"127.0.0.1.tar\""));
}

#[tokio::test]
async fn an_unknown_word_after_tar_is_named_in_the_refusal() {
    let site = with_files().await;
    for (query, word) in [
        ("tar=nonsense", "'nonsense'"),
        ("tar=pax,zst", "'zst'"),
        ("tar=gz:99", "'gz:99'"),
        ("tar=bz2:0", "'bz2:0'"),
        ("tar=xz:", "'xz:'"),
        ("tar=gz,xz", "'xz'"),
        ("tar=pax,gnu", "'gnu'"),
        ("tar=pax:3", "'pax:3'"),
    ] {
        let answer = site.get(&format!("/d%C3%A9p%C3%B4t/?{query}")).await;
        assert!(answer.status == 400 && answer.text().contains(word), "{query}: {}", answer.text());
    }
}

#[tokio::test]
async fn top_folders_and_selections() {
    let site = with_files().await;
    let holds = |body: &[u8], name: &str| body.windows(name.len()).any(|window| window == name.as_bytes());
    let whole = site.get("/d%C3%A9p%C3%B4t/?tar").await;
    assert!(holds(whole.response.body(), "d\u{e9}p\u{f4}t/a.txt"));
    let named = site.get("/d%C3%A9p%C3%B4t/?tar&name=box").await;
    assert!(holds(named.response.body(), "box/a.txt"));
    let form = "--x\r\nContent-Disposition: form-data; name=\"act\"\r\n\r\nzip\r\n--x\r\nContent-Disposition: \
                form-data; name=\"files\"\r\n\r\na.txt\r\nmissing\r\n../drop\r\n--x--\r\n";
    let kind = [("content-type", "multipart/form-data; boundary=x")];
    let some = site.send("POST", "/d%C3%A9p%C3%B4t/?tar", &kind, form.as_bytes()).await;
    assert_eq!(some.status, 200, "{}", some.text());
    assert!(holds(some.response.body(), "a.txt") && !holds(some.response.body(), "b.txt"));
    assert!(some.header("content-disposition").contains("filename=\"sel-d_p_t.tar\""));
    assert_eq!(site.send("POST", "/d%C3%A9p%C3%B4t/", &kind, form.as_bytes()).await.status, 422);
    assert_eq!(site.send("POST", "/drop/?zip", &kind, form.as_bytes()).await.status, 403);
    assert_eq!(site.browse("/drop/?zip").await.status, 403);
}
