//! What was deleted or replaced is listed, restored and undone by pages, by programs and by the page API.

use crate::site::{Answer, BROWSER, Site, site, site_with};
use model::trash_flags::{TrashFlags, TrashMax};
use serde_json::{Value, json};

const PERSON: [(&str, &str); 2] = [("user-agent", BROWSER), ("accept", "text/html")];
const FORM: [(&str, &str); 3] =
    [("user-agent", BROWSER), ("accept", "text/html"), ("content-type", "application/x-www-form-urlencoded")];

/// As curl sends a body that it knows nothing about.
const PLAIN: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

fn undo_of(answer: &Answer) -> String {
    let undo = answer.header("x-undo").to_owned();
    assert!(!undo.is_empty(), "it can be undone");
    undo
}

async fn delete(site: &Site, path: &str) -> String {
    let answer = site.ask("DELETE", path, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    undo_of(&answer)
}

async fn api(site: &Site, name: &str, body: &Value) -> Answer {
    let kind = [("content-type", "application/json")];
    site.send("POST", &format!("/.potluck/api/v1/{name}"), &kind, body.to_string().as_bytes()).await
}

#[tokio::test]
async fn programs_list_restore_and_purge() {
    let site = site(&[("", "rwmda")]).await;
    site.put("top/d/a b.txt", b"abc");
    site.put("top/d/<b>.txt", b"x");
    let gone = site.ask("DELETE", "/d/a%20b.txt", &[]).await;
    assert_eq!(gone.text(), "deleted 1 files (and 0/0 folders)\r\n", "the answer is what it was");
    delete(&site, "/d/%3Cb%3E.txt").await;
    let list = site.get("/?trash").await.json();
    let all = list["trash"].as_array().expect("a list");
    assert_eq!((all.len(), &list["more"], &list["days"]), (2, &json!(false), &json!(30)), "{list}");
    let names: Vec<_> = all.iter().map(|item| item["vp"].as_str().unwrap_or_default()).collect();
    assert_eq!(names, ["/d/%3Cb%3E.txt", "/d/a%20b.txt"], "the newest first");
    assert_eq!((&all[1]["sz"], &all[1]["why"], &all[1]["by"]), (&json!(3), &json!("deleted"), &json!("*")));
    assert_eq!(site.get("/x/?trash").await.json()["trash"], json!([]));
    let ids: Vec<_> = all.iter().map(|item| item["id"].clone()).collect();
    let kind = [("content-type", "application/json")];
    let restored = site.send("POST", "/?trash", &kind, json!([ids[1]]).to_string().as_bytes()).await;
    assert_eq!((restored.status, restored.json()["restored"].clone()), (200, json!(["/d/a%20b.txt"])));
    assert_eq!(site.get("/d/a%20b.txt").await.text(), "abc");
    let twice = site.send("POST", "/?trash", &kind, json!([ids[1]]).to_string().as_bytes()).await;
    assert_eq!(twice.status, 410, "{}", twice.text());
    let id = ids[0].as_str().expect("a text");
    assert_eq!(site.ask("POST", &format!("/?trash&purge={id}"), &[]).await.json()["purged"], 1);
    assert_eq!(site.ask("POST", &format!("/?trash&purge={id}"), &[]).await.status, 410);
    delete(&site, "/d").await;
    assert_eq!(site.ask("POST", "/?trash&empty", &[]).await.json()["purged"], 1);
    assert_eq!(site.get("/?trash").await.json()["trash"], json!([]));
    for id in ["", "x", "../../etc", "000000000000-0000000000000000.0"] {
        let body = json!([id]).to_string();
        assert_eq!(site.send("POST", "/?trash", &kind, body.as_bytes()).await.status, 410, "{id}");
        let want = if id.is_empty() { 400 } else { 410 };
        assert_eq!(site.ask("POST", &format!("/?undo={id}"), &[]).await.status, want, "{id}");
    }
}

#[tokio::test]
async fn an_answer_says_that_the_trash_could_not_take_it() {
    let site = site(&[("", "rwmda")]).await;
    for name in ["a", "b", "c", "d/e"] {
        site.put(&format!("top/{name}"), b"x");
    }
    // As on a full disk: there can be no entry in the trash.
    site.put("top/.hist/trash", b"in the way");
    let gone = site.ask("DELETE", "/a", &[]).await;
    assert_eq!(gone.text(), "deleted 1 files (and 0/0 folders), for good: the trash could not take them\r\n");
    assert_eq!((gone.status, gone.header("x-undo")), (200, ""));
    let kind = [("content-type", "application/json")];
    let list = site.send("POST", "/?delete", &kind, json!(["/d", "/none"]).to_string().as_bytes()).await;
    let said = list.text();
    assert!(said.starts_with("deleted 1 files (and 1/1 folders), for good: the trash could not take them; "), "{said}");
    let page = site.ask("POST", "/b?delete", &PERSON).await.text();
    assert!(page.contains("1 file deleted for good: the trash could not take it.") && !page.contains("Undo"), "{page}");
    let told = api(&site, "delete", &json!({"path": "/c"})).await.json();
    assert_eq!(told, json!({"files": 1, "folders": 0, "lost": 1}));
}

#[tokio::test]
async fn people_get_pages_with_buttons() {
    let site = site(&[("", "rwmda")]).await;
    site.put("top/d/<b>.txt", b"abc");
    site.put("top/d/e/f", b"x");
    let empty = site.browse("/?trash").await.text();
    assert!(empty.contains("There is nothing in the trash that you could restore."), "{empty}");
    let gone = site.ask("POST", "/d/%3Cb%3E.txt?delete", &PERSON).await.text();
    let action = gone.split("action=\"/d/?undo=").nth(1).and_then(|rest| rest.split('"').next()).expect("a button");
    assert!(gone.contains("1 file deleted.") && gone.contains(">Undo</button>"), "{gone}");
    let page = site.browse("/?trash").await.text();
    assert!(page.contains("<b><bdi>d/&lt;b&gt;.txt</bdi></b>") && page.contains("3 B, deleted 20"), "{page}");
    assert!(!page.contains("<b>.txt"), "{page}");
    let undone = site.ask("POST", &format!("/d/?undo={action}"), &PERSON).await;
    assert!(undone.status == 200 && undone.text().contains("Restored."), "{}", undone.text());
    assert_eq!(site.get("/d/%3Cb%3E.txt").await.text(), "abc");
    for path in ["/d/%3Cb%3E.txt", "/d/e"] {
        delete(&site, path).await;
    }
    let list = site.get("/d/?trash").await.json();
    let ids: Vec<_> =
        list["trash"].as_array().expect("a list").iter().map(|item| item["id"].as_str().unwrap_or("")).collect();
    let body = format!("item={}&item={}&act=restore", ids[0], ids[1]);
    let restored = site.send("POST", "/d/?trash", &FORM, body.as_bytes()).await.text();
    assert!(
        restored.contains("2 files and folders restored.") && restored.contains("/d/e\n/d/&lt;b&gt;.txt"),
        "{restored}"
    );
    delete(&site, "/d/e").await;
    delete(&site, "/d/%3Cb%3E.txt").await;
    let list = site.get("/d/?trash").await.json();
    let id = |at: usize| list["trash"][at]["id"].as_str().unwrap_or("").to_owned();
    let body = format!("item={}&only={}", id(0), id(1));
    let restored = site.send("POST", "/d/?trash", &FORM, body.as_bytes()).await.text();
    assert!(restored.contains("Restored.") && restored.contains("/d/e<"), "a row's own button: {restored}");
    let question = site.browse(&format!("/d/?trash&purge={}", id(0))).await.text();
    assert!(
        question.contains("for good? This cannot be undone.") && question.contains("method=\"post\""),
        "{question}"
    );
    assert_eq!(site.get("/d/?trash").await.json()["trash"].as_array().map(Vec::len), Some(1), "a GET changes nothing");
    let moved = site.ask("POST", "/d/e?move=/d/g", &PERSON).await.text();
    assert!(moved.contains("Renamed.") && moved.contains(">Undo</button>"), "{moved}");
}

#[tokio::test]
async fn versions_of_a_file() {
    let site = site(&[("", "rwmd")]).await;
    for text in [&b"one"[..], b"second", b"3"] {
        let put = site.send("PUT", "/a.txt", &[("replace", "1")], text).await;
        assert_eq!(put.status, 201, "{}", put.text());
    }
    let list = site.get("/a.txt?versions").await.json();
    let sizes: Vec<_> = list["versions"].as_array().expect("a list").iter().map(|one| one["sz"].clone()).collect();
    assert_eq!(sizes.len(), 2, "{list}");
    let page = site.browse("/a.txt?versions").await.text();
    assert!(page.contains("Versions of a.txt") && page.contains("6 B, replaced 20"), "{page}");
    let second = list["versions"].as_array().and_then(|all| all.iter().find(|one| one["sz"] == 6)).expect("is there");
    let href = format!("/a.txt?version={}", second["id"].as_str().unwrap_or(""));
    assert!(page.contains(&format!("<a href=\"{href}\">")), "{page}");
    let read = site.get(&href).await;
    assert_eq!((read.status, read.text()), (200, "second".into()));
    assert_eq!(site.send("GET", &href, &[("range", "bytes=0-2")], b"").await.text(), "sec");
    let body = format!("replace={}", second["id"].as_str().unwrap_or(""));
    let restored = site.send("POST", "/a.txt?versions", &FORM, body.as_bytes()).await;
    assert_eq!((restored.status, site.get("/a.txt").await.text()), (200, "second".into()), "{}", restored.text());
    let first = site.get("/a.txt?versions").await.json();
    let one = first["versions"].as_array().and_then(|all| all.iter().find(|one| one["sz"] == 3)).expect("is there");
    let beside = api(&site, "restore-version", &json!({"path": "/a.txt", "id": one["id"], "beside": true})).await;
    assert_eq!(beside.json()["paths"], json!(["/a%20%282%29.txt"]));
    assert_eq!(site.get("/a%20%282%29.txt").await.text(), "one");
    let read = site.get("/.potluck/api/v1/versions?path=/a.txt").await.json();
    assert_eq!(read["versions"].as_array().map(Vec::len), Some(1), "{read}");
}

/// A version is read by those who may read the file and restore it, by the path of its own file.
#[tokio::test]
async fn versions_are_read_with_the_rights_of_the_file() {
    let all = site(&[("", "rwmd")]).await;
    for text in [&b"one"[..], b"two"] {
        all.send("PUT", "/a.txt", &[("replace", "1")], text).await;
    }
    let list = all.get("/a.txt?versions").await.json();
    let id = list["versions"][0]["id"].as_str().expect("an id").to_owned();
    for (path, status) in [("/b.txt", 410), ("/a.txt/x", 410), ("/missing/a.txt", 410)] {
        assert_eq!(all.get(&format!("{path}?version={id}")).await.status, status, "{path}");
    }
    for id in ["", "x", "text.1", "text.x", "../a", "20260101-000000-abc.0"] {
        assert_eq!(all.get(&format!("/a.txt?version={id}")).await.status, 410, "{id}");
    }
    let blind = site(&[("", "wmd")]).await;
    for text in [&b"one"[..], b"two"] {
        blind.send("PUT", "/a.txt", &[("replace", "1")], text).await;
    }
    let list = blind.get("/a.txt?versions").await.json();
    let id = list["versions"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(blind.get(&format!("/a.txt?version={id}")).await.status, 401);
}

/// A version of the text editor restored beside the file is a file of its own, as one of the trash is.
#[tokio::test]
async fn a_version_of_the_editor_is_restored_beside_its_file() {
    let site = site(&[("", "rwmd")]).await;
    let multipart = |text: &str| {
        let part = |name: &str, value: &str| {
            format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        [part("act", "tput"), part("lastmod", "-1"), part("body", text), "--b--\r\n".into()].concat()
    };
    for text in ["first", "second", "present"] {
        let kind = ("content-type", "multipart/form-data; boundary=b");
        let saved = site.send("POST", "/t.md", &[kind], multipart(text).as_bytes()).await;
        assert_eq!(saved.status, 200, "{}", saved.text());
    }
    let list = site.get("/t.md?versions").await.json();
    let ids: Vec<_> = list["versions"].as_array().expect("a list").iter().map(|one| one["id"].clone()).collect();
    let text_id = ids.iter().find(|id| id.as_str().is_some_and(|id| id.starts_with("text."))).expect("of the editor");
    for path in ["/t%20%282%29.md", "/t%20%283%29.md"] {
        let beside = api(&site, "restore-version", &json!({"path": "/t.md", "id": text_id, "beside": true})).await;
        assert_eq!(beside.json()["paths"], json!([path]));
        assert_ne!(site.get(path).await.text(), "present");
    }
    assert_eq!(site.get("/t.md").await.text(), "present");
}

/// What belongs to the server's own pages is no place for files.
#[tokio::test]
async fn nothing_is_stored_among_the_pages_of_the_server() {
    let site = site(&[("", "rwmd")]).await;
    for path in ["/.potluck/share", "/.potluck/x.txt", "/.potluck/a/b"] {
        assert_eq!(site.send("PUT", path, &[], b"x").await.status, 404, "{path}");
        let kind = ("content-type", "multipart/form-data; boundary=b");
        let form = "--b\r\ncontent-disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\nx\r\n--b--\r\n";
        assert_eq!(site.send("POST", path, &[kind], form.as_bytes()).await.status, 404, "{path}");
    }
    assert!(!site.folder.path().join("top/.potluck").exists());
}

#[tokio::test]
async fn the_page_api_undoes() {
    let site = site(&[("", "rwmda")]).await;
    site.put("top/a.txt", b"abc");
    let deleted = api(&site, "delete", &json!({"path": "/a.txt"})).await.json();
    let undone = api(&site, "undo", &json!({"undo": deleted["undo"]})).await;
    assert_eq!((undone.status, undone.json()["paths"].clone()), (200, json!(["/a.txt"])));
    let moved = api(&site, "move", &json!({"from": "/a.txt", "to": "/b.txt"})).await;
    let undo = undo_of(&moved);
    assert_eq!(api(&site, "undo", &json!({"undo": undo})).await.json()["paths"], json!(["/a.txt"]));
    let again = api(&site, "undo", &json!({"undo": undo})).await;
    assert_eq!((again.status, again.json()["code"].clone()), (410, json!("not_in_trash")));
    api(&site, "delete", &json!({"path": "/a.txt"})).await;
    let list = site.get("/.potluck/api/v1/trash?path=/").await.json();
    let item = &list["items"][0];
    assert_eq!(
        (&item["path"], &item["cause"], &item["may_purge"]),
        (&json!("/a.txt"), &json!("deleted"), &json!(true))
    );
    assert_eq!(api(&site, "restore", &json!({"id": item["id"]})).await.json()["paths"], json!(["/a.txt"]));
    api(&site, "delete", &json!({"path": "/a.txt"})).await;
    let list = site.get("/.potluck/api/v1/trash?path=/").await.json();
    assert_eq!(api(&site, "purge", &json!({"id": list["items"][0]["id"]})).await.status, 204);
}

#[tokio::test]
async fn nothing_serves_what_is_in_the_trash() {
    let site = site(&[("", "rwmda."), ("w", "w")]).await;
    site.put("top/d/secret.txt", b"the secret");
    let undo = delete(&site, "/d").await;
    let item = format!("/.hist/trash/{undo}/0/secret.txt");
    assert!(site.folder.path().join("top").join(&item[1..]).exists());
    for path in [&item, "/.hist/", "/.hist/trash/?ls", "/.hist?zip", &format!("{item}?th"), &format!("{item}?v")] {
        let answer = site.get(path).await;
        // A thumbnail that cannot be made is an icon, whether or not the file exists.
        assert!(answer.status >= 400 || path.ends_with("?th"), "{path} {}", answer.status);
        assert!(!answer.text().contains("the secret"), "{path}");
    }
    for path in ["/?ls&dots", "/?zip", "/?tar", "/?tree=&dots"] {
        let text = String::from_utf8_lossy(site.get(path).await.response.body()).into_owned();
        assert!(!text.contains("secret") && !text.contains(".hist"), "{path} {text}");
    }
    assert_eq!(site.get("/w/?trash").await.status, 401, "without the right to delete");
    let foreign = [("host", "vm"), ("origin", "http://evil.org")];
    assert_eq!(site.send("POST", &format!("/?undo={undo}"), &foreign, b"").await.status, 403);
}

#[tokio::test]
async fn without_a_trash_nothing_is_offered() {
    let off = |settings: &mut model::Settings| settings.volumes[0].flags.trash = TrashFlags::OFF;
    let site = site_with(&[("", "rwmda")], Box::new(off)).await;
    site.put("top/a.txt", b"abc");
    let gone = site.ask("POST", "/a.txt?delete", &PERSON).await;
    assert!(gone.header("x-undo").is_empty() && !gone.text().contains("Undo"), "{}", gone.text());
    assert_eq!(site.get("/?trash").await.json()["trash"], json!([]));
}

/// The trash of this site holds 2,500 bytes.
async fn small_trash() -> Site {
    let change = |settings: &mut model::Settings| {
        settings.volumes[0].flags.trash = TrashFlags { days: 30, max: TrashMax::Size(model::Bytes(2500)) };
    };
    site_with(&[("", "rwmda")], Box::new(change)).await
}

#[tokio::test]
async fn an_answer_says_what_is_kept_for_an_hour_only() {
    let site = small_trash().await;
    for name in ["a", "b", "c", "d"] {
        site.put(&format!("top/{name}"), &[b'x'; 3000]);
    }
    let brief = "what is larger than the whole trash may be is kept for 1 hour only";
    let gone = site.ask("DELETE", "/a", &[]).await;
    assert_eq!(gone.text(), format!("deleted 1 files (and 0/0 folders), {brief}\r\n"));
    undo_of(&gone);
    let kind = [("content-type", "application/json")];
    let list = site.send("POST", "/?delete", &kind, json!(["/b", "/none"]).to_string().as_bytes()).await.text();
    assert!(list.starts_with(&format!("deleted 1 files (and 0/0 folders), {brief}; not there: ")), "{list}");
    let page = site.ask("POST", "/c?delete", &PERSON).await.text();
    assert!(page.contains("1 file deleted. What is larger than") && page.contains("1 hour only."), "{page}");
    assert!(page.contains(">Undo</button>"), "{page}");
    let told = api(&site, "delete", &json!({"path": "/d"})).await.json();
    assert_eq!((&told["undo_secs"], told["undo"].is_string()), (&json!(3600), true), "{told}");
    site.put("top/small", b"x");
    site.put("top/e", &[b'x'; 3000]);
    let many = api(&site, "delete-many", &json!({"paths": ["/e", "/none"]})).await.text();
    let end: Value = many.lines().last().and_then(|line| serde_json::from_str(line).ok()).expect("an end");
    assert_eq!((&end["kind"], &end["done"], &end["undo_secs"]), (&json!("end"), &json!(1), &json!(3600)), "{many}");
    assert_eq!(api(&site, "delete", &json!({"path": "/small"})).await.json()["undo_secs"], json!(null));
}

#[tokio::test]
async fn a_body_that_names_no_item_is_refused_and_a_list_needs_no_media_type() {
    let site = site(&[("", "rwmda")]).await;
    site.put("top/a", b"one");
    let first = delete(&site, "/a").await;
    let item = format!("{first}.0");
    for body in ["", "[]", "x=1", "act=none", "[1]", "{}", "\"text\"", "["] {
        for kind in ["application/x-www-form-urlencoded", "application/json", "text/plain"] {
            let refused = site.send("POST", "/?trash", &[("content-type", kind)], body.as_bytes()).await;
            assert!(matches!(refused.status, 400 | 422) && !refused.text().is_empty(), "{body:?} {kind}");
        }
    }
    let list = json!([item]).to_string();
    for address in ["/?trash&empty".to_owned(), format!("/?trash&purge={item}")] {
        let refused = site.send("POST", &address, &PLAIN, list.as_bytes()).await;
        assert_eq!(refused.status, 400, "{address}: a list does not say what is deleted here");
    }
    for address in ["/?trash&purge", "/?trash&purge=", "/?undo", "/?undo="] {
        assert_eq!(site.ask("POST", address, &[]).await.status, 400, "{address}");
    }
    let many = vec![first.clone(); 101].join(",");
    assert_eq!(site.ask("POST", &format!("/?undo={many}"), &[]).await.status, 400, "none of them silently");
    let restored = site.send("POST", "/?trash", &PLAIN, list.as_bytes()).await;
    assert_eq!(restored.json()["restored"], json!(["/a"]));
    // The same for versions.
    site.send("PUT", "/a", &[("replace", "1")], b"two").await;
    let versions = site.get("/a?versions").await.json();
    let id = versions["versions"][0]["id"].clone();
    for body in ["", "[]", "x=1"] {
        assert_eq!(site.send("POST", "/a?versions", &PLAIN, body.as_bytes()).await.status, 400, "{body}");
    }
    let restored = site.send("POST", "/a?versions", &PLAIN, json!([id]).to_string().as_bytes()).await;
    assert_eq!((restored.status, site.get("/a").await.text()), (200, "one".into()));
    // With nothing in the trash there is nothing to restore, and that is no mistake.
    site.ask("POST", "/?trash&empty", &[]).await;
    assert_eq!(site.send("POST", "/?trash", &PLAIN, b"act=all").await.json()["restored"], json!([]));
}

#[tokio::test]
async fn a_scan_needs_post_and_takes_no_value() {
    let site = site(&[("", "rwmda"), ("v", "rw")]).await;
    let by_get = site.get("/?scan").await;
    assert!(by_get.status == 405 && by_get.text().contains("POST"), "{}", by_get.text());
    assert_eq!(site.get("/v/?scan").await.status, 401);
    let refused = site.ask("POST", "/?scan=/music", &[]).await;
    assert!(refused.status == 400 && refused.text().contains("takes no value"), "{}", refused.text());
    for address in ["/?scan", "/?scan="] {
        assert_eq!(site.ask("POST", address, &[]).await.status, 200, "{address}");
    }
}
