//! Changes with preconditions are made if the conditions hold, and answered with 412 otherwise; a body is stored only
//! if it has the announced digests.

use crate::site::{Site, site, site_with};
use std::fs;

const OLD: &str = "Mon, 01 Jan 2001 00:00:00 GMT";
const FAR: &str = "Mon, 01 Jan 2080 00:00:00 GMT";

fn content(site: &Site, name: &str) -> Option<String> {
    fs::read_to_string(site.folder.path().join("top").join(name)).ok()
}

fn names(site: &Site) -> Vec<String> {
    let names = fs::read_dir(site.folder.path().join("top")).expect("a folder");
    let mut names: Vec<_> =
        names.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

/// Sends a request in which `TAG` is replaced by the current tag of `/a.txt`.
async fn ask(site: &Site, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> u16 {
    let tag = site.get("/a.txt").await.header("etag").to_owned();
    let values: Vec<_> = headers.iter().map(|(name, value)| (*name, value.replace("TAG", &tag))).collect();
    let headers: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    site.send(method, path, &headers, body).await.status
}

#[tokio::test]
async fn preconditions_of_put() {
    for (condition, value, there, absent) in [
        ("if-match", "TAG", 201, 412),
        ("if-match", "\"x\", TAG", 201, 412),
        ("if-match", "\"x\"", 412, 412),
        ("if-match", "W/TAG", 412, 412),
        ("if-match", "*", 201, 412),
        ("if-none-match", "*", 412, 201),
        ("if-none-match", "TAG", 412, 201),
        ("if-none-match", "W/TAG", 412, 201),
        ("if-unmodified-since", OLD, 412, 201),
        ("if-unmodified-since", FAR, 201, 201),
    ] {
        for size in [3, 200_000] {
            let site = site(&[("", "rwd")]).await;
            site.put("top/a.txt", b"old");
            let body = vec![b'n'; size];
            let status = ask(&site, "PUT", "/a.txt", &[(condition, value)], &body).await;
            assert_eq!(status, there, "{condition}: {value}");
            // A PUT that names a version replaces it and does not keep it under another name.
            assert_eq!(names(&site), ["a.txt"], "{condition}: {value}");
            let is_new = content(&site, "a.txt").expect("is there").len() == size && size != 3
                || content(&site, "a.txt").as_deref() == Some("nnn");
            assert_eq!(is_new, there == 201, "{condition}: {value}");
            let status = ask(&site, "PUT", "/sub/b.txt", &[(condition, value)], &body).await;
            assert_eq!(status, absent, "{condition}: {value}");
            assert_eq!(content(&site, "sub/b.txt").is_some(), absent == 201, "{condition}: {value}");
            assert_eq!(site.folder.path().join("top/sub").exists(), absent == 201, "a refused PUT creates no folders");
        }
    }
}

#[tokio::test]
async fn preconditions_of_append_move_copy_and_delete() {
    for (condition, value, holds) in [
        ("if-match", "TAG", true),
        ("if-match", "\"x\"", false),
        ("if-none-match", "TAG", false),
        ("if-none-match", "*", false),
        ("if-none-match", "\"x\"", true),
        ("if-unmodified-since", OLD, false),
        ("if-unmodified-since", FAR, true),
    ] {
        let site = site(&[("", "rwmd")]).await;
        site.put("top/a.txt", b"old");
        let site = &site;
        let change = async |method: &str, path: &str, more: &[(&str, &str)], body: &[u8]| {
            let headers: Vec<_> = more.iter().copied().chain([(condition, value)]).collect();
            ask(site, method, path, &headers, body).await
        };
        let status = |good: u16| if holds { good } else { 412 };
        let what = format!("{condition}: {value}");
        assert_eq!(change("PUT", "/a.txt?apnd", &[], b"+").await, status(201), "{what}");
        assert_eq!(content(site, "a.txt").as_deref(), Some(if holds { "old+" } else { "old" }), "{what}");
        assert_eq!(change("COPY", "/a.txt", &[("destination", "/b.txt")], b"").await, status(201), "{what}");
        assert_eq!(content(site, "b.txt").is_some(), holds, "{what}");
        assert_eq!(change("POST", "/a.txt?copy=/c.txt", &[], b"").await, status(201), "{what}");
        assert_eq!(content(site, "c.txt").is_some(), holds, "{what}");
        // Deleted and moved last, because every request needs the tag of `a.txt`.
        assert_eq!(change("DELETE", "/a.txt", &[], b"").await, status(200), "{what}");
        assert_eq!(content(site, "a.txt").is_none(), holds, "{what}");
        site.put("top/a.txt", b"new");
        assert_eq!(change("MOVE", "/a.txt", &[("destination", "/d.txt")], b"").await, status(201), "{what}");
        assert_eq!((content(site, "a.txt").is_none(), content(site, "d.txt").is_some()), (holds, holds), "{what}");
    }
}

#[tokio::test]
async fn conditions_reveal_nothing_without_the_right_to_read() {
    let site = site(&[("", "wd")]).await;
    site.put("top/a.txt", b"old");
    let tag = {
        let seen = site.send("GET", "/a.txt", &[("pw", "sesame")], b"").await;
        seen.header("etag").to_owned()
    };
    assert!(!tag.is_empty());
    for (condition, value) in
        [("if-match", &*tag), ("if-match", "*"), ("if-unmodified-since", FAR), ("if-none-match", "\"x\"")]
    {
        for path in ["/a.txt", "/b.txt"] {
            let answer = site.send("PUT", path, &[(condition, value)], b"new").await;
            assert_eq!(answer.status, 412, "{condition} {path}");
        }
        // A client that may delete can find out whether a name exists by deleting it; conditions reveal nothing more.
        assert_eq!(site.send("DELETE", "/a.txt", &[(condition, value)], b"").await.status, 412, "{condition}");
        let (with, without) =
            (site.send("DELETE", "/b.txt", &[(condition, value)], b"").await, site.ask("DELETE", "/b.txt", &[]).await);
        assert_eq!(with.status, without.status, "{condition}");
    }
    // `If-None-Match: *` creates a new file beside an existing one and does not replace it.
    for path in ["/a.txt", "/b.txt"] {
        let headers = [("if-none-match", "*"), ("replace", "1")];
        let answer = site.send("PUT", path, &headers, b"new").await;
        assert_eq!((answer.status, answer.header("location").ends_with(path)), (201, true), "{path}");
    }
    assert_eq!(content(&site, "a.txt").as_deref(), Some("old"));
    assert_eq!(names(&site).len(), 3);
}

#[tokio::test]
async fn replacing_a_version_needs_the_right_to_delete() {
    let site = site(&[("", "rw")]).await;
    site.put("top/a.txt", b"old");
    assert_eq!(ask(&site, "PUT", "/a.txt", &[("if-match", "TAG")], b"new").await, 401);
    assert_eq!(names(&site), ["a.txt"]);
    assert_eq!(content(&site, "a.txt").as_deref(), Some("old"));
}

#[tokio::test]
async fn requests_that_do_not_evaluate_conditions_refuse_them() {
    let site = site(&[("", "rwmd")]).await;
    site.put("top/a.txt", b"old");
    let form = ("content-type", "multipart/form-data; boundary=B");
    let part = b"--B\r\nContent-Disposition: form-data; name=f; filename=b.txt\r\n\r\nx\r\n--B--\r\n";
    let ask = br#"{"name":"b.txt","size":0,"life":0,"hash":[]}"#;
    for condition in [("if-match", "*"), ("if-none-match", "*"), ("if-unmodified-since", FAR)] {
        assert_eq!(site.send("POST", "/", &[form, condition], part).await.status, 412, "{condition:?}");
        let json = ("content-type", "application/json");
        assert_eq!(site.send("POST", "/", &[json, condition], ask).await.status, 412, "{condition:?}");
        let list = site.send("POST", "/?delete", &[json, condition], b"[\"a.txt\"]").await;
        assert_eq!(list.status, 412, "{condition:?}");
    }
    assert_eq!(site.send("POST", "/", &[form, ("content-md5", "kAFQmDzST7DWlj99KOF/cg==")], part).await.status, 400);
    assert_eq!(names(&site), ["a.txt"]);
}

#[tokio::test]
async fn bodies_must_have_the_announced_digests() {
    // The digest of "abc".
    let small = ("sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:", b"abc".to_vec());
    let large = vec![b'x'; 200_000];
    let site = site_with(&[("", "rwd")], Box::new(|_| {})).await;
    let wrong = "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:";
    for (name, value, body, status) in [
        ("content-digest", small.0, &small.1, 201),
        ("repr-digest", small.0, &small.1, 201),
        ("digest", "sha-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", &small.1, 201),
        ("content-md5", "kAFQmDzST7DWlj99KOF/cg==", &small.1, 201),
        ("oc-checksum", "SHA1:a9993e364706816aba3e25717850c26c9cd0d89d", &small.1, 201),
        ("content-digest", "blake9=:AAAA:", &small.1, 201),
        ("content-digest", wrong, &small.1, 400),
        ("content-digest", small.0, &large, 400),
        ("content-md5", "kAFQmDzST7DWlj99KOF/cg==", &large, 400),
        ("oc-checksum", "SHA1:0000000000000000000000000000000000000000", &small.1, 400),
        ("content-digest", "sha-256=nonsense", &small.1, 400),
    ] {
        for ck in ["", "?ck=no", "?ck=sha256"] {
            let answer = site.send("PUT", &format!("/f.bin{ck}"), &[(name, value)], body).await;
            assert_eq!(answer.status, status, "{name}: {value} {ck} {}", answer.text());
            assert_eq!(names(&site).is_empty(), status == 400, "{name}: {value} {ck}");
            if status == 201 {
                fs::remove_file(site.folder.path().join("top/f.bin")).expect("is there");
            }
        }
    }
    // The partial file of a refused body is removed after the response.
    let partials = || {
        let all = fs::read_dir(site.folder.path().join("top")).expect("a folder");
        all.filter(|entry| entry.as_ref().expect("an entry").file_name() != ".hist").count()
    };
    let gone = async {
        while partials() > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), gone).await.expect("no partial file stays");
}
