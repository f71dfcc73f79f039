//! Files in a form are stored in every legal spelling of the form, or the form is refused with a reason; no success is
//! reported for a file that was not stored.

use crate::site::{BROWSER, Site, site, site_with};
use model::{Bytes, Settings};
use std::fs;

const BOUNDARY: &str = "multipart/form-data; boundary=B";

fn body(parts: &[&str]) -> Vec<u8> {
    let parts: String = parts.iter().map(|part| format!("--B\r\n{part}\r\n")).collect();
    (parts + "--B--\r\n").into_bytes()
}

fn stored(site: &Site) -> Vec<String> {
    let names = fs::read_dir(site.folder.path().join("top")).expect("a folder");
    let names = names.map(|entry| entry.expect("an entry").file_name().into_string().expect("text"));
    let mut names: Vec<_> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

#[tokio::test]
async fn every_legal_spelling_is_stored() {
    const ACT: &str = "Content-Disposition: form-data; name=\"act\"\r\n\r\nbput";
    for (kind, parts, name) in [
        (BOUNDARY, vec![ACT, "Content-Disposition: form-data; name=\"file\"; filename=\"1\"\r\n\r\nx"], "1"),
        (BOUNDARY, vec!["Content-Disposition: form-data; name=\"file\"; filename=\"2\"\r\n\r\nx"], "2"),
        (BOUNDARY, vec![ACT, "content-disposition: Form-Data; NAME=f; FileName=3\r\n\r\nx"], "3"),
        (BOUNDARY, vec![ACT, "Content-Disposition: form-data; filename*=UTF-8''4; name=f\r\n\r\nx"], "4"),
        (BOUNDARY, vec![ACT, "Content-Disposition: form-data ; name = \"f\" ; filename = \"5\"\r\n\r\nx"], "5"),
        (BOUNDARY, vec![ACT, "Content-Disposition: form-data;\r\n name=\"f\"; filename=\"6\"\r\n\r\nx"], "6"),
        ("Multipart/Form-Data; Boundary=\"B\"", vec![ACT, "Content-Disposition: form-data; filename=7\r\n\r\nx"], "7"),
    ] {
        let site = site(&[("", "rw")]).await;
        let answer = site.send("POST", "/?j", &[("content-type", kind)], &body(&parts)).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
        assert_eq!(answer.json()["files"].as_array().map(Vec::len), Some(1), "{name}");
        assert_eq!(stored(&site), [name]);
    }
}

#[tokio::test]
async fn a_form_without_a_file_is_refused() {
    let site = site(&[("", "rw")]).await;
    for part in [
        "Content-Disposition: form-data; name=\"f\"\r\n\r\nno name of a file",
        "Content-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\nx",
        "Content-Type: text/plain\r\n\r\nx",
    ] {
        let parts = ["Content-Disposition: form-data; name=\"act\"\r\n\r\nbput", part];
        for path in ["/", "/?j", "/?want=url"] {
            let answer = site.send("POST", path, &[("content-type", BOUNDARY)], &body(&parts)).await;
            assert_eq!(answer.status, 400, "{path} {part}");
            assert!(answer.text().contains("no file"), "{}", answer.text());
        }
    }
    assert!(stored(&site).is_empty());
}

#[tokio::test]
async fn a_page_takes_the_files_that_are_allowed_and_names_the_others() {
    let rule = |settings: &mut Settings| settings.volumes[0].flags.limits.max_size = Some(Bytes(4));
    let site = site_with(&[("", "rw")], Box::new(rule)).await;
    let file = |name: &str, content: &str| {
        format!("Content-Disposition: form-data; name=\"f\"; filename=\"{name}\"\r\n\r\n{content}")
    };
    let act = "Content-Disposition: form-data; name=\"act\"\r\n\r\nbput";
    let parts =
        [file("a.txt", "aa"), file("<large>.txt", "too large"), file("b.txt", "bb"), file("c.txt", "large, too")];
    let parts: Vec<&str> = std::iter::once(act).chain(parts.iter().map(String::as_str)).collect();
    let browser = [("content-type", BOUNDARY), ("user-agent", BROWSER), ("accept", "text/html")];
    let answer = site.send("POST", "/", &browser, &body(&parts)).await;
    let page = answer.text();
    assert_eq!(stored(&site), ["a.txt", "b.txt"]);
    assert_eq!(answer.status, 400, "{page}");
    assert!(page.contains("<h1>2 files uploaded.</h1>") && page.contains("Not uploaded:"), "{page}");
    for name in ["&lt;large&gt;.txt", "c.txt"] {
        let (_, why) = page.split_once(&format!("<li><b><bdi>{name}</bdi></b>: ")).expect(name);
        assert!(why.split("</li>").next().is_some_and(|why| why.contains("A file may have up to 4 B.")), "{page}");
    }
    assert!(page.contains("<li><a href=\"/a.txt\"><bdi>a.txt</bdi></a>: uploaded, 2 B</li>"), "{page}");
    assert!(!page.contains("ERROR") && !page.contains("sha512") && !page.contains("MiB/s"), "{page}");
    // Programs know one result: the first failure ends the form.
    let answer = site.send("POST", "/", &[("content-type", BOUNDARY)], &body(&parts[2..])).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(stored(&site), ["a.txt", "b.txt"]);
    let lines = answer.text();
    assert!(lines.starts_with("<pre>ERROR // 0 bytes // ") && lines.contains("MiB/s\n"), "{lines}");
    // A name that is taken.
    let page = site.send("POST", "/", &browser, &body(&parts[..2])).await.text();
    assert!(page.contains("<bdi>a.txt</bdi></a>: uploaded as a"), "{page}");
    let answer = site.send("POST", "/", &[("content-type", BOUNDARY)], &body(&[parts[0], parts[1]])).await;
    let lines = answer.text();
    assert!(
        lines.starts_with("<pre>OK // 2 bytes // ") && lines.contains("\nsha512: ") && answer.status == 201,
        "{lines}"
    );
}

#[tokio::test]
async fn partial_content_is_not_stored_as_a_whole_file() {
    let site = site(&[("", "rwmd")]).await;
    site.put("top/r", b"0123456789");
    for (name, value, status) in
        [("content-range", "bytes 3-9/10", 400), ("content-encoding", "gzip", 415), ("expect", "miracle", 417)]
    {
        for (method, path) in [("PUT", "/r"), ("POST", "/r?raw")] {
            let answer = site.send(method, path, &[(name, value), ("replace", "1")], b"3456789").await;
            assert_eq!(answer.status, status, "{method} {name}");
        }
        assert_eq!(fs::read(site.folder.path().join("top/r")).expect("is there"), b"0123456789");
    }
}

#[tokio::test]
async fn a_page_names_the_least_size_of_files() {
    let rule = |settings: &mut Settings| settings.volumes[0].flags.limits.min_size = Some(Bytes(2048));
    let site = site_with(&[("", "rw")], Box::new(rule)).await;
    let browser = [("content-type", BOUNDARY), ("user-agent", BROWSER), ("accept", "text/html")];
    let file = "Content-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\naa";
    let page = site.send("POST", "/", &browser, &body(&[file])).await.text();
    assert!(page.contains("too small for this folder. A file must have at least 2.0 KiB. Check"), "{page}");
}

#[tokio::test]
async fn results_lead_only_to_files_that_the_sender_may_read() {
    let browser = [("content-type", BOUNDARY), ("user-agent", BROWSER), ("accept", "text/html")];
    let file = "Content-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\naa";
    let text = [
        "Content-Disposition: form-data; name=\"act\"\r\n\r\nnew_md",
        "Content-Disposition: form-data; name=\"name\"\r\n\r\nnote.md",
    ];
    for (letters, is_link, may_edit) in [("w", false, false), ("wg", true, true), ("rw", true, true)] {
        let site = site(&[("", letters)]).await;
        let page = site.send("POST", "/", &browser, &body(&[file])).await.text();
        assert!(page.contains("<bdi>a.txt</bdi>"), "{letters}: {page}");
        assert_eq!(page.contains("href=\"/a.txt\""), is_link, "{letters}: {page}");
        let page = site.send("POST", "/", &browser, &body(&text)).await.text();
        assert!(page.contains("<h1>File created.</h1>"), "{letters}: {page}");
        assert_eq!(page.contains("?edit"), may_edit, "{letters}: {page}");
    }
}
