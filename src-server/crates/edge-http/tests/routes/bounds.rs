//! Bodies that are read into memory are limited (docs/limits.md), and rights are checked before a body is read.

use crate::site::{BROWSER, site};

const FORM: &str = "multipart/form-data; boundary=B";

fn form(act: &str, fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = format!("--B\r\nContent-Disposition: form-data; name=act\r\n\r\n{act}\r\n").into_bytes();
    for (name, value) in fields {
        body.extend_from_slice(format!("--B\r\nContent-Disposition: form-data; name={name}\r\n\r\n").as_bytes());
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--B--\r\n");
    body
}

#[tokio::test]
async fn bodies_in_memory_are_limited() {
    let site = site(&[("", "rwmd")]).await;
    let long = |size: usize| vec![b'a'; size + 1];
    let (json, urlencoded) = ("application/json", "application/x-www-form-urlencoded");
    for (path, kind, body, status, sentence) in [
        ("/", json, long(1 << 20), 413, "json 2big"),
        ("/?delete", json, long(1 << 20), 413, "json 2big"),
        ("/?delete&unpost", json, long(1 << 20), 413, "json 2big"),
        ("/", urlencoded, long(64 << 10), 413, "that message is too long"),
        ("/.potluck/join", urlencoded, long(4 << 10), 413, "that form is too long"),
        ("/", FORM, form("mkdir", &[("name", &long(64 << 10))]), 422, "a field of the form is too long"),
        ("/", FORM, form("login", &[("cppwd", &long(64 << 10))]), 422, "a field of the form is too long"),
        ("/?zip", FORM, form("zip", &[("files", &long(8 << 20))]), 422, "a field of the form is too long"),
        (
            "/a.md",
            FORM,
            form("tput", &[("lastmod", b"-1"), ("body", &long(32 << 20))]),
            422,
            "a field of the form is too long",
        ),
    ] {
        let length = body.len().to_string();
        let answer = site.send("POST", path, &[("content-type", kind), ("content-length", &length)], &body).await;
        assert_eq!(answer.status, status, "{path} {kind}: {}", answer.text());
        assert!(answer.text().contains(sentence), "{path} {kind}: {}", answer.text());
    }
}

#[tokio::test]
async fn rights_are_checked_before_a_long_field_is_read() {
    let site = site(&[("", "w"), ("shown", "r")]).await;
    let long = vec![b'a'; (32 << 20) + 1];
    let zip = form("zip", &[("files", &long[..(8 << 20) + 1])]);
    let answer = site.send("POST", "/?zip", &[("content-type", FORM)], &zip).await;
    assert_eq!(answer.status, 422, "a folder below it can be read: {}", answer.text());
    let answer = site.send("POST", "/sub/?zip", &[("content-type", FORM)], &zip).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
    let text = form("tput", &[("lastmod", b"-1"), ("body", &long)]);
    let answer = site.send("POST", "/shown/a.md", &[("content-type", FORM)], &text).await;
    assert_eq!(answer.status, 403, "{}", answer.text());
}

#[tokio::test]
async fn an_invalid_password_is_refused_with_a_reason() {
    let site = site(&[("", "r")]).await;
    let long = vec![b'a'; 65];
    for (password, people, programs) in [
        (&b""[..], "Type the password first.", "password cannot be blank"),
        (&long, "That password is too long", "password is too long"),
    ] {
        let body = form("login", &[("cppwd", password)]);
        let browser = [("content-type", FORM), ("user-agent", BROWSER), ("accept", "text/html")];
        let answer = site.send("POST", "/", &browser, &body).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains(people) && answer.text().contains("name=\"cppwd\""), "{}", answer.text());
        let answer = site.send("POST", "/", &[("content-type", FORM)], &body).await;
        assert_eq!((answer.status, answer.text().contains(programs)), (422, true), "{}", answer.text());
    }
}
