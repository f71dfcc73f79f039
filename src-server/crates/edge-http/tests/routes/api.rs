//! The page API: every endpoint, with its errors as codes; the same rights and origins as everywhere.

use crate::site::{Answer, Site, site, site_with};
use serde_json::{Value, json};

const ANN: (&str, &str) = ("pw", "sesame");
const JSON: (&str, &str) = ("content-type", "application/json");

fn url(target: &str) -> String {
    format!("/.potluck/api/v1/{target}")
}

async fn get(site: &Site, target: &str) -> Answer {
    site.ask("GET", &url(target), &[]).await
}

async fn post_as(site: &Site, headers: &[(&str, &str)], name: &str, body: &Value) -> Answer {
    site.send("POST", &url(name), &[headers, &[JSON]].concat(), body.to_string().as_bytes()).await
}

async fn post(site: &Site, name: &str, body: Value) -> Answer {
    post_as(site, &[], name, &body).await
}

fn lines(answer: &Answer) -> Vec<Value> {
    answer.text().lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Returns the rows of a listing as `name/` and `name=size`.
fn rows(answer: &Answer) -> String {
    let lines = lines(answer);
    let shown = lines[1..lines.len() - 1].iter().map(|line| match line["kind"].as_str() {
        Some("folder") => format!("{}/", line["name"].as_str().expect("a name")),
        _ => format!("{}={}", line["name"].as_str().expect("a name"), line["size"]),
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn code(answer: &Answer) -> (u16, String) {
    let error = answer.json();
    assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
    assert!(error["advice"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
    assert_eq!(answer.header("content-type"), "application/json");
    (answer.status, error["code"].as_str().expect("a code").to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

async fn with_files() -> Site {
    let site = site(&[("", "rwmd"), ("in", "w"), ("seen", "r")]).await;
    site.put("top/b/inner.txt", b"inner");
    site.put("top/10.txt", b"0123456789");
    site.put("top/9 & more.md", b"9");
    site.put("top/.hidden", b"");
    site
}

#[tokio::test]
async fn a_folder_is_listed_line_by_line() {
    let site = with_files().await;
    let answer = get(&site, "folder?path=/").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-ndjson"));
    assert_eq!(answer.header("cache-control"), "no-store, max-age=0");
    assert_eq!(rows(&answer), "b/ in/ seen/ 9 & more.md=1 10.txt=10");
    let lines = lines(&answer);
    let head = &lines[0];
    assert_eq!((&head["kind"], &head["path"], &head["name"]), (&json!("listing"), &json!("/"), &json!("")));
    assert_eq!((&head["folders"], &head["files"], &head["bytes"]), (&json!(3), &json!(2), &json!(11)), "{head}");
    assert_eq!(head["rights"], json!(["read", "write", "move", "delete"]));
    assert_eq!((&head["may"]["upload"], &head["may"]["dotfiles"]), (&json!(true), &json!(false)));
    assert_eq!(head["order"], "natural");
    assert!(head["space"]["total"].as_u64() > Some(0), "{head}");
    assert_eq!(lines.last().expect("an end"), &json!({"kind": "end", "rows": 5}));
    assert!(lines[4]["modified_ms"].as_i64() > Some(1_600_000_000_000), "{}", lines[4]);
    for (query, want) in [
        ("sort=-size", "b/ in/ seen/ 10.txt=10 9 & more.md=1"),
        ("sort=-name", "seen/ in/ b/ 10.txt=10 9 & more.md=1"),
        ("sort=ext", "b/ in/ seen/ 9 & more.md=1 10.txt=10"),
        ("offset=2&limit=2", "seen/ 9 & more.md=1"),
        ("offset=4&limit=9", "10.txt=10"),
        ("offset=9", ""),
        ("limit=0", ""),
        ("dots", "b/ in/ seen/ 9 & more.md=1 10.txt=10"),
    ] {
        assert_eq!(rows(&get(&site, &format!("folder?path=/&{query}")).await), want, "{query}");
    }
    let dots = site.ask("GET", &url("folder?dots"), &[ANN]).await;
    assert_eq!(rows(&dots), "b/ in/ seen/ .hidden=0 9 & more.md=1 10.txt=10");
    for query in ["sort=colour", "offset=-1", "limit=x", "path=/%00"] {
        assert_eq!(get(&site, &format!("folder?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn a_folder_that_hides_its_contents_is_listed_empty() {
    let site = with_files().await;
    site.put("in/secret.txt", b"x");
    let answer = get(&site, "folder?path=/in").await;
    let lines = lines(&answer);
    assert_eq!((lines.len(), &lines[0]["may"]["list"], &lines[0]["files"]), (2, &json!(false), &json!(0)));
    assert_eq!(code(&get(&site, "folder?path=/none").await), refused(404, "not_found"));
    assert_eq!(code(&get(&site, "folder?path=/10.txt").await), refused(409, "not_a_folder"));
}

#[cfg(unix)]
#[tokio::test]
async fn names_that_are_not_utf_8_can_be_used() {
    use std::os::unix::ffi::OsStrExt;
    let site = site(&[("", "rwmd")]).await;
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9 1.txt");
    std::fs::create_dir_all(site.folder.path().join("top/d")).expect("a folder");
    std::fs::write(site.folder.path().join("top/d").join(name), "x").expect("a file");
    let file = lines(&get(&site, "folder?path=/d").await)[1].clone();
    assert_eq!((&file["name"], &file["encoded"]), (&json!("caf\u{fffd} 1.txt"), &json!("caf%E9%201.txt")));
    let entry = get(&site, "entry?path=/d/caf%E9%201.txt").await.json();
    assert_eq!((&entry["path"], &entry["size"]), (&json!("/d/caf%E9%201.txt"), &json!(1)));
    let moved = post(&site, "move", json!({"from": "/d/caf%E9%201.txt", "to": "/d/caf%E9.txt"})).await;
    assert_eq!(moved.status, 204, "{}", moved.text());
    let gone = post(&site, "delete", json!({"path": "/d/caf%E9.txt"})).await;
    let deleted = gone.json();
    assert_eq!((gone.status, &deleted["files"], &deleted["folders"]), (200, &json!(1), &json!(0)));
    assert!(deleted["undo"].is_string(), "{deleted}");
}

#[tokio::test]
async fn an_entry_has_its_version_and_what_may_be_done() {
    let site = with_files().await;
    let file = get(&site, "entry?path=/10.txt").await.json();
    let header = site.get("/10.txt").await.header("etag").to_owned();
    assert_eq!(header, format!("\"{}\"", file["etag"].as_str().expect("a tag")));
    assert_eq!((&file["kind"], &file["name"], &file["size"]), (&json!("file"), &json!("10.txt"), &json!(10)));
    let folder = get(&site, "entry?path=/b").await.json();
    assert_eq!((&folder["kind"], &folder["may"]["delete"]), (&json!("folder"), &json!(true)));
    assert!(folder["modified_ms"].as_i64() > Some(1_600_000_000_000), "{folder}");
    assert_eq!(get(&site, "entry?path=/seen").await.json()["may"]["delete"], json!(false));
    assert_eq!(code(&get(&site, "entry?path=/in/x").await), refused(403, "denied"));
    assert_eq!(code(&get(&site, "entry?path=/none").await), refused(404, "not_found"));
}

#[tokio::test]
async fn the_session_says_who_asks() {
    let site = site_with(&[("", "r")], Box::new(|settings| settings.behaviour.name = "Box & co".into())).await;
    let session = get(&site, "session").await.json();
    assert_eq!((&session["server"]["name"], &session["account"]), (&json!("Box & co"), &json!({"kind": "anonymous"})));
    assert_eq!((&session["can_sign_in"], &session["is_admin"]), (&json!(true), &json!(false)));
    assert_eq!((&session["limits"]["name_bytes"], &session["limits"]["path_depth"]), (&json!(255), &json!(128)));
    let session = site.ask("GET", &url("session"), &[ANN]).await.json();
    assert_eq!(session["account"], json!({"kind": "account", "name": "ann"}));
}

#[tokio::test]
async fn volumes_and_folders_are_found() {
    let site = with_files().await;
    let volumes = get(&site, "volumes").await.json();
    let paths: Vec<_> = volumes["volumes"].as_array().expect("a list").iter().map(|one| one["path"].clone()).collect();
    assert_eq!(paths, ["/", "/in", "/seen"]);
    site.put("top/b/deep/er/x", b"");
    assert_eq!(
        get(&site, "tree?path=/").await.json(),
        json!({"folders": [{"name": "b"}, {"name": "in"}, {"name": "seen"}]})
    );
    let open =
        json!({"folders": [{"name": "b", "open": {"folders": [{"name": "deep"}]}}, {"name": "in"}, {"name": "seen"}]});
    assert_eq!(get(&site, "tree?path=/b&top=/").await.json(), open);
    assert_eq!(code(&get(&site, "tree?path=/b&top=/in").await), refused(400, "bad_request"));
}

#[tokio::test]
async fn everything_can_be_changed() {
    let site = with_files().await;
    let made = post(&site, "make-folder", json!({"path": "/new%20one/deep"})).await;
    assert_eq!((made.status, made.json()), (201, json!({"path": "/new%20one/deep"})));
    let made = post(&site, "make-text", json!({"path": "/new%20one/a.md"})).await;
    assert_eq!((made.status, made.json()), (201, json!({"path": "/new%20one/a.md"})));
    for (name, body) in [
        ("copy", json!({"from": "/10.txt", "to": "/new%20one/10.txt"})),
        ("move", json!({"from": "/new%20one/10.txt", "to": "/new%20one/deep/11.txt"})),
        ("rename", json!({"path": "/new%20one/deep/11.txt", "name": "ü 12.txt"})),
        ("copy", json!({"from": "/9%20%26%20more.md", "to": "/10.txt", "if_exists": "replace"})),
        ("note", json!({"path": "/in", "text": "hello <there>"})),
    ] {
        let answer = post(&site, name, body.clone()).await;
        assert_eq!((answer.status, answer.text().as_str()), (204, ""), "{name} {body}");
    }
    assert_eq!(rows(&get(&site, "folder?path=/new%20one/deep").await), "ü 12.txt=10");
    assert_eq!(site.get("/10.txt").await.text(), "9");
    let gone = post(&site, "delete", json!({"path": "/new%20one"})).await;
    let deleted = gone.json();
    assert_eq!((&deleted["files"], &deleted["folders"]), (&json!(2), &json!(2)), "{deleted}");
}

#[tokio::test]
async fn refused_changes_have_a_code() {
    let site = with_files().await;
    for (name, body, want) in [
        ("make-folder", json!({"path": "/b"}), (409, "exists")),
        ("make-folder", json!({"path": "/seen/x"}), (403, "denied")),
        ("make-folder", json!({"path": "/"}), (400, "bad_path")),
        ("make-folder", json!({"path": format!("/{}", "x".repeat(256))}), (400, "bad_path")),
        ("make-folder", json!({"name": "x"}), (400, "bad_request")),
        ("make-folder", json!({"path": "/x", "mode": 7}), (400, "bad_request")),
        ("make-text", json!({"path": "/10.txt"}), (409, "exists")),
        ("delete", json!({"path": "/none"}), (404, "not_found")),
        ("delete", json!({"path": "/seen"}), (403, "denied")),
        ("move", json!({"from": "/b", "to": "/b/c"}), (400, "into_itself")),
        ("move", json!({"from": "/10.txt", "to": "/9%20%26%20more.md"}), (409, "exists")),
        ("copy", json!({"from": "/10.txt", "to": "/seen/x"}), (403, "denied")),
        ("rename", json!({"path": "/10.txt", "name": "b/10.txt"}), (400, "bad_path")),
        ("rename", json!({"path": "/10.txt", "name": ".."}), (400, "bad_path")),
        ("note", json!({"path": "/", "text": " "}), (400, "bad_request")),
        ("note", json!({"path": "/", "text": "x".repeat((64 << 10) + 1)}), (413, "too_long")),
        ("note", json!({"path": "/", "text": "x".repeat(600 << 10)}), (413, "too_long")),
        ("delete-upload", json!({"path": "/10.txt"}), (404, "upload_unknown")),
        ("delete-upload", json!({"path": "/10.txt", "wark": "?"}), (404, "upload_unknown")),
        ("format-disk", json!({}), (404, "unknown_endpoint")),
        ("session", json!({}), (405, "wrong_method")),
    ] {
        assert_eq!(code(&post(&site, name, body.clone()).await), refused(want.0, want.1), "{name} {body}");
    }
    let taken = post(&site, "make-folder", json!({"path": "/10.txt"})).await.json();
    assert_eq!((&taken["existing"], &taken["path"]), (&json!("file"), &json!("/10.txt")));
    assert_eq!(taken["message"], "There is already a file called “10.txt”.");
    let denied = post(&site, "delete", json!({"path": "/seen"})).await.json();
    assert_eq!((&denied["missing"], &denied["path"]), (&json!("delete"), &json!("/seen")));
}

#[tokio::test]
async fn own_uploads_are_listed_and_deleted() {
    let site = with_files().await;
    assert_eq!(site.send("PUT", "/in/a%20b.txt", &[], b"abc").await.status, 201);
    let uploads = get(&site, "uploads").await.json();
    let one = &uploads["uploads"][0];
    assert_eq!((&one["path"], &one["size"], &one["percent"]), (&json!("/in/a%20b.txt"), &json!(3), &json!(null)));
    let theirs = post_as(&site, &[ANN], "delete-upload", &json!({"path": "/in/a%20b.txt"})).await;
    assert_eq!(code(&theirs), refused(403, "upload_not_yours"));
    assert_eq!(post(&site, "delete-upload", json!({"path": "/in/a%20b.txt"})).await.status, 204);
    assert_eq!(get(&site, "uploads").await.json(), json!({"uploads": []}));
}

#[tokio::test]
async fn what_is_switched_off_is_not_offered() {
    let off = |settings: &mut model::Settings| {
        let behaviour = &mut settings.behaviour;
        (behaviour.no_delete, behaviour.no_move, behaviour.no_copy, behaviour.no_archives) = (true, true, true, true);
    };
    let site = site_with(&[("", "rwmd")], Box::new(off)).await;
    site.put("top/a.txt", b"a");
    let may = get(&site, "entry?path=/a.txt").await.json()["may"].clone();
    for name in ["delete", "move", "copy", "archive"] {
        assert_eq!(may[name], json!(false), "{name}");
    }
    let body = json!({"from": "/a.txt", "to": "/b.txt"});
    for (name, body) in [("delete", json!({"path": "/a.txt"})), ("move", body.clone()), ("copy", body)] {
        assert_eq!(code(&post(&site, name, body).await), refused(403, "switched_off"), "{name}");
    }
}

#[tokio::test]
async fn conditions_hold_for_the_item() {
    let site = with_files().await;
    let body = json!({"path": "/10.txt"});
    let other = [("if-match", "\"other\"")];
    assert_eq!(code(&post_as(&site, &other, "delete", &body).await), refused(412, "condition_failed"));
    assert_eq!(
        code(&post_as(&site, &other, "make-folder", &json!({"path": "/x"})).await),
        refused(412, "condition_failed")
    );
    let tag = site.get("/10.txt").await.header("etag").to_owned();
    assert_eq!(post_as(&site, &[("if-match", &tag)], "delete", &body).await.status, 200);
}

#[tokio::test]
async fn only_own_pages_and_json_change_something() {
    let site = with_files().await;
    let body = json!({"path": "/10.txt"}).to_string();
    let foreign = [("host", "vm"), ("origin", "http://evil.org"), JSON];
    let answer = site.send("POST", &url("delete"), &foreign, body.as_bytes()).await;
    assert_eq!(code(&answer), refused(403, "foreign_origin"));
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=B", ""] {
        let answer = site.send("POST", &url("delete"), &[("content-type", kind)], body.as_bytes()).await;
        assert_eq!(code(&answer), refused(415, "unsupported_media_type"), "{kind}");
    }
    for method in ["GET", "HEAD", "PUT", "DELETE", "MOVE", "COPY", "PATCH"] {
        let answer = site.send(method, &url("delete?path=/10.txt"), &[], b"").await;
        assert_eq!((answer.status, answer.header("allow")), (405, "OPTIONS, POST"), "{method}");
    }
    for method in ["POST", "PUT", "DELETE"] {
        let answer = site.send(method, &url("folder"), &[JSON], b"{}").await;
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD, OPTIONS"), "{method}");
    }
    assert_eq!(site.get("/10.txt").await.status, 200);
}

#[tokio::test]
async fn errors_before_the_route_are_json_too() {
    let site = with_files().await;
    let host = [("host", "other.example")];
    assert_eq!(code(&site.ask("GET", &url("session"), &host).await), refused(421, "unknown_host"));
    for path in
        ["/.potluck/api", "/.potluck/api/", "/.potluck/api/v1", "/.potluck/api/v2/session", "/.potluck/api/v1/x"]
    {
        assert_eq!(code(&site.get(path).await), refused(404, "unknown_endpoint"), "{path}");
    }
    assert_eq!(site.get("/.potluck/apis").await.status, 404);
    assert!(site.get("/.potluck/apis").await.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn a_refused_read_can_look_like_a_missing_file() {
    let site = site_with(&[("v", "g")], Box::new(|settings| settings.behaviour.vague_denial = true)).await;
    site.put("v/d/x", b"x");
    for path in ["/v/d", "/v/none"] {
        let answer = get(&site, &format!("folder?path={path}")).await;
        assert_eq!(code(&answer), refused(404, "not_found"), "{path}");
        assert!(answer.json().get("missing").is_none());
    }
}

#[tokio::test]
async fn a_base_path_is_no_part_of_paths() {
    let base = |settings: &mut model::Settings| {
        settings.network.base = model::VPath::parse(b"some/base").expect("a path");
    };
    let site = site_with(&[("", "rw")], Box::new(base)).await;
    site.put("top/some/base/x.txt", b"x");
    for prefix in ["", "/some/base"] {
        let answer = site.get(&format!("{prefix}/.potluck/api/v1/folder?path=/some/base")).await;
        assert_eq!((answer.status, rows(&answer).as_str()), (200, "x.txt=1"), "{prefix}");
    }
    let host = [("host", "other.example")];
    assert_eq!(code(&site.ask("GET", "/some/base/.potluck/api/v1/session", &host).await), refused(421, "unknown_host"));
}

#[tokio::test]
async fn the_first_rows_of_a_large_folder_come_before_its_listing() {
    let site = with_files().await;
    std::fs::create_dir(site.folder.path().join("top/large")).expect("a folder");
    for n in 0..4096 {
        std::fs::write(site.folder.path().join(format!("top/large/{n}")), "x").expect("writes");
    }
    let lines = |answer: &Answer| -> Vec<serde_json::Value> {
        let line = |text: &str| -> serde_json::Value {
            let mut line: serde_json::Value = serde_json::from_str(text).expect("JSON");
            // Other tests write to the disk meanwhile.
            line.as_object_mut().expect("an object").remove("space");
            line
        };
        answer.text().lines().map(line).collect()
    };
    let answer = lines(&get(&site, "folder?path=/large&first=3").await);
    let [head, rows @ .., end] = &answer[..] else { panic!("has lines") };
    assert_eq!((&head["kind"], &head["files"], &head["bytes"]), (&"first".into(), &4096.into(), &0.into()));
    let whole = lines(&get(&site, "folder?path=/large").await);
    assert_eq!((&rows[..3], &rows[3..]), (&whole[1..4], &whole[..whole.len() - 1]));
    assert_eq!((end, rows.len()), (whole.last().expect("an end"), 3 + 4097));
    // In another order, in parts, and in a small folder there is only the listing.
    for query in ["large&sort=size", "large&sort=-name", "large&offset=1", "large&limit=9", "b"] {
        let answer = lines(&get(&site, &format!("folder?path=/{query}&first=3")).await);
        assert_eq!(answer[0]["kind"], "listing", "{query}");
    }
    let answer = get(&site, "folder?path=/large&first=x").await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn head_equals_get() {
    let site = with_files().await;
    for target in ["session", "folder?path=/", "entry?path=/b", "tree?path=/", "folder?path=/none", "x"] {
        let (get, head) = (get(&site, target).await, site.ask("HEAD", &url(target), &[]).await);
        assert_eq!((get.status, head.response.body().len()), (head.status, 0), "{target}");
        assert_eq!(head.header("content-length"), get.response.body().len().to_string(), "{target}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{target}");
    }
}
