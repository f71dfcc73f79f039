//! A link to chosen files grants read access to them and to nothing beside them, and their share ends with the link.

use super::admin::{admin_server, call, put};
use super::people::{cookie_of, exchange};
use super::*;
use serde_json::{Value, json};
use server::control::ErrorCode;
use std::path::Path;

/// Creates files whose contents are their names, and a symlink in one of their folders.
fn home(live: &Live) -> std::path::PathBuf {
    let home = live.dir.path().join("home");
    for path in ["a b.jpg", "b.jpg", "c.jpg", "trip/d.jpg", "trip/e/f.jpg"] {
        let path = home.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, format!("this is {}", path.file_name().expect("a name").display())).expect("written");
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("../b.jpg", home.join("trip/out")).expect("linked");
    home
}

fn share(home: &Path, names: &[&str]) -> Value {
    let paths: Vec<_> = names.iter().map(|name| home.join(name)).collect();
    let link = json!({
        "kind": "show", "target": "", "note": "", "may": "look", "pin": { "is": "none" }, "expires_ms": null,
        "max_uses": null, "max_bytes": null,
    });
    json!({ "call": "share_files", "paths": paths, "link": link })
}

/// Opens a link. Returns the session's cookie.
fn enter(live: &Live, link: &Value) -> String {
    let url = link["urls"][0].as_str().expect("an address");
    let path = url.splitn(4, '/').nth(3).expect("a path");
    let head = format!("POST /{path} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded");
    let answer = exchange(live.addr(), &head, "then=open");
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    cookie_of(&answer)
}

fn ask(live: &Live, cookie: &str, method: &str, path: &str) -> String {
    exchange(live.addr(), &format!("{method} {path} HTTP/1.1\r\nCookie: {cookie}"), "")
}

#[tokio::test(flavor = "multi_thread")]
async fn chosen_files_are_shared_by_one_link_and_no_others() {
    let live = admin_server(|_| {}).await;
    let home = home(&live);
    let link = call(&live, share(&home, &["a b.jpg", "c.jpg", "trip/e"])).await.expect("shared");
    assert_eq!(link["files"].as_array().map(Vec::len), Some(3), "{link}");
    let top = link["target"].as_str().expect("a path").to_owned();
    let guest = enter(&live, &link);
    let fetch = |path: &str| ask(&live, &guest, "GET", &format!("{top}/{path}"));
    let listed = fetch("?ls");
    for (name, is_listed) in [("a%20b.jpg", true), ("c.jpg", true), ("trip", true), ("\"b.jpg", false)] {
        assert_eq!(listed.contains(name), is_listed, "{name}: {listed}");
    }
    assert!(fetch("a%20b.jpg").ends_with("this is a b.jpg") && fetch("trip/e/f.jpg").ends_with("this is f.jpg"));
    for hidden in ["b.jpg", "trip/d.jpg", "trip/out", "trip/../b.jpg", "trip/e/../d.jpg"] {
        let answer = fetch(hidden);
        assert!(!answer.contains("this is") && !answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let archive = fetch("?tar");
    let holds = |name: &str| archive.contains(&format!("this is {name}"));
    assert!(holds("a b.jpg") && holds("f.jpg") && !holds("b.jpg") && !holds("d.jpg"));
    for (method, path) in [("PUT", "new.jpg"), ("DELETE", "c.jpg"), ("MKCOL", "trip/new")] {
        assert!(!ask(&live, &guest, method, &format!("{top}/{path}")).starts_with("HTTP/1.1 2"), "{method}");
    }
    assert_ne!(get(live.addr(), &format!("{top}/c.jpg")).0, 200, "only guests of the link have access");
    assert!(home.join("c.jpg").exists() && !home.join("new.jpg").exists() && !home.join(".hist").exists());
    assert_eq!(live.control.shares().len(), 1, "the list of shared folders is unchanged");

    // The share ends with its link.
    let left = call(&live, json!({ "call": "revoke_link", "id": link["id"] })).await.expect("ended");
    assert_eq!(left, json!([]));
    assert!(!fetch("c.jpg").starts_with("HTTP/1.1 200"));
    assert_eq!(live.control.status().volumes.len(), 1, "its volume is removed");
    live.control.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_file_is_read_only_and_gone_when_it_is_deleted() {
    let live = admin_server(|_| {}).await;
    let home = home(&live);
    let paths: Vec<_> = ["a b.jpg", "trip"].iter().map(|name| home.join(name)).collect();
    let seen = call(&live, json!({ "call": "stat_files", "paths": paths })).await.expect("seen");
    let size = "this is a b.jpg".len();
    assert_eq!(
        (&seen[0]["name"], &seen[0]["size"], &seen[1]["is_folder"]),
        (&json!("a b.jpg"), &json!(size), &json!(true))
    );
    let mut more = share(&home, &["b.jpg"]);
    more["link"]["may"] = json!("change");
    let link = call(&live, more).await.expect("shared");
    assert_eq!(link["may"], json!("look"), "more rights are not granted");
    let mut change = share(&home, &[])["link"].clone();
    (change["may"], change["target"]) = (json!("change"), link["target"].clone());
    let change = json!({ "call": "change_link", "id": link["id"], "link": change });
    assert_eq!(call(&live, change).await.expect_err("read only").code, ErrorCode::BadSettings);

    let guest = enter(&live, &link);
    let file = link["target"].as_str().expect("a path");
    assert!(ask(&live, &guest, "GET", file).ends_with("this is b.jpg"));
    std::fs::remove_file(home.join("b.jpg")).expect("deleted");
    assert!(ask(&live, &guest, "GET", file).starts_with("HTTP/1.1 404"));
    let error = call(&live, share(&home, &["b.jpg", "c.jpg"])).await.expect_err("one is gone");
    assert_eq!((error.code, error.faults[0].at.as_str()), (ErrorCode::BadSettings, "paths"));
    let mut wrong = share(&home, &["c.jpg"]);
    wrong["link"]["max_uses"] = json!(0);
    let error = call(&live, wrong).await.expect_err("an invalid limit");
    assert_eq!((error.code, error.faults[0].at.as_str()), (ErrorCode::BadSettings, "max_uses"));
    assert_eq!(live.control.status().volumes.len(), 2, "a refused link shares nothing");
    live.control.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_into_a_shared_folder_changes_nothing_for_its_users() {
    let live = admin_server(|_| {}).await;
    let folder = live.dir.path().join("files");
    std::fs::create_dir(folder.join("trip")).expect("made");
    std::fs::write(folder.join("trip/d.jpg"), "this is d.jpg").expect("written");
    std::os::unix::fs::symlink("trip/d.jpg", folder.join("best.jpg")).expect("linked");
    let works = || {
        assert!(get(live.addr(), "/best.jpg").1.ends_with("this is d.jpg"), "a symlink into the folder is followed");
        assert_eq!(put(live.addr(), "/trip/new.txt", "x"), 201);
        assert!(get(live.addr(), "/trip/?ls").1.contains("new.txt"));
    };
    works();
    let link = call(&live, share(&folder, &["trip/d.jpg"])).await.expect("shared");
    works();
    assert!(
        ask(&live, &enter(&live, &link), "GET", link["target"].as_str().expect("a path")).ends_with("this is d.jpg")
    );
    live.control.stop().await;
}
