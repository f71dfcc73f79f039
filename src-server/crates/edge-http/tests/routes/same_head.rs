//! HEAD returns the same status and headers as GET (RFC 9110 9.3.2).

use crate::site::site;

#[tokio::test]
async fn head_equals_get() {
    let site = site(&[("", "r")]).await;
    site.put("top/a.txt", b"hello");
    site.put("top/d/b.txt", &[b'x'; 100_000]);
    for path in [
        "/",
        "/?ls",
        "/?ls=t",
        "/?ls=v",
        "/?b",
        "/?tree",
        "/?folders",
        "/?h",
        "/?zip",
        "/?zip=crc",
        "/?tar",
        "/?tar=gz",
        "/?tar=xz:1",
        "/d/",
        "/d",
        "/d/?zip",
        "/a.txt",
        "/a.txt?dl",
        "/a.txt?txt",
        "/d/b.txt",
        "/nope",
        "/nope/?zip",
        "/favicon.ico",
        "/robots.txt",
        "/.cpr/nope",
        "/.potluck/join",
        "/.potluck/admin/",
        "/a.txt?th=w",
        "/?delete",
        "/a.txt?v",
    ] {
        let get = site.send("GET", path, &[], b"").await;
        let head = site.send("HEAD", path, &[], b"").await;
        assert_eq!(head.status, get.status, "{path}");
        assert!(head.response.body().is_empty(), "{path}");
        for (name, value) in head.response.headers() {
            if name == "content-length" && !get.response.headers().contains_key(name) {
                assert_eq!(value.to_str().ok(), Some(get.response.body().len().to_string().as_str()), "{path}");
            } else {
                assert_eq!(Some(value), get.response.headers().get(name), "{path} {name}");
            }
        }
        for name in get.response.headers().keys().filter(|name| *name != "content-length") {
            assert!(head.response.headers().contains_key(name), "{path}: HEAD lacks {name}");
        }
    }
}
