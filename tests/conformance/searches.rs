//! What an account finds by searching is exactly what it can list and read, over every protocol: by name, by content,
//! and as sizes of folders.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::TestServer;
use support::up2k::Source;

use crate::client::{Client, clients, join, url};
use crate::until;

/// The volumes: name, rights.
const VOLUMES: [(&str, &str); 8] = [
    ("r", "r"),
    ("w", "w"),
    ("rw", "rw"),
    ("g", "g"),
    ("wg", "wg"),
    ("h", "h"),
    ("boss", "rwmda.,boss"),
    ("r/inner", "r,boss"),
];
const FILES: [&str; 4] = ["f.txt", ".dot", "sub/deep/f.txt", "sub/.hidden/f.txt"];

fn start() -> TestServer {
    let dir = tempfile::Builder::new().prefix("potluck-test-").tempdir().expect("a temporary folder");
    let mut args: Vec<String> = ["-a", "boss:bosspw", "-a", "k:kpw", "-e2dsa"].map(String::from).to_vec();
    for (name, rights) in VOLUMES {
        let folder = dir.path().join("files").join(name.replace('/', "-"));
        for file in FILES {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().expect("is in a folder")).expect("makes folders");
            std::fs::write(path, format!("content of {name}/{file}")).expect("writes");
        }
        std::os::unix::fs::symlink("/etc", folder.join("out")).expect("links");
        std::os::unix::fs::symlink("f.txt", folder.join("link.txt")).expect("links");
        let everyone = if rights.contains(',') { rights.to_owned() } else { format!("{rights},*") };
        args.extend(["-v".to_owned(), format!("{}:{name}:{everyone}", folder.display())]);
    }
    // A folder of that name would be hidden by the inner volume.
    let shadowed = dir.path().join("files/r/inner");
    std::fs::create_dir_all(&shadowed).expect("makes a folder");
    std::fs::write(shadowed.join("shadowed.txt"), "not visible").expect("writes");
    crate::start_in(dir, args)
}

/// Returns the paths of all files that the client can list and read.
fn reachable(client: &mut dyn Client) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // Volumes that are not listed at the root are looked into as well.
    let mut folders: Vec<Vec<u8>> = VOLUMES.iter().map(|(name, _)| name.as_bytes().to_vec()).collect();
    folders.push(Vec::new());
    let mut seen = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = client.list(&folder) else { continue };
        for entry in entries {
            let path = join(&folder, &entry.name);
            if entry.folder {
                folders.extend(seen.insert(path.clone()).then_some(path));
            } else if client.read(&path).is_ok() {
                found.insert(String::from_utf8(path).expect("is UTF-8"));
            }
        }
    }
    found
}

fn search(server: &TestServer, password: Option<&str>, body: &Value) -> Vec<String> {
    let mut headers = vec![("Content-Type", "text/plain;charset=UTF-8")];
    headers.extend(password.map(|password| ("PW", password)));
    let path = if body.get("srch").is_some() { "/" } else { "/?srch" };
    let reply = server.connect().send("POST", path, &headers, body.to_string().as_bytes()).expect("a reply");
    if reply.status != 200 {
        assert_eq!(reply.status, 403, "{}", reply.text());
        return Vec::new();
    }
    let hits = reply.json()["hits"].as_array().expect("a list").clone();
    hits.iter().map(|hit| hit["rp"].as_str().expect("a path").to_owned()).collect()
}

fn found(server: &TestServer, password: Option<&str>, query: &str) -> BTreeSet<String> {
    let links = search(server, password, &json!({ "q": query }));
    let paths: BTreeSet<String> = links.iter().cloned().collect();
    assert_eq!(paths.len(), links.len(), "each file once: {links:?}");
    paths
}

/// Searches for the content of a file.
fn with_content(server: &TestServer, password: Option<&str>, volume: &str, file: &str) -> Vec<String> {
    let source = Source::new("x", format!("content of {volume}/{file}").into_bytes());
    let body = json!({ "srch": 1, "size": source.data.len(), "hash": source.hashes });
    search(server, password, &body)
}

#[test]
fn searches_find_what_can_be_read() {
    let server = start();
    until("the volumes are indexed", || found(&server, Some("bosspw"), "name = f.txt").len() == 9);
    for volume in ["r", "rw", "boss", "r/inner"] {
        until("contents are hashed", || {
            FILES[..3].iter().all(|file| {
                let is_hidden = file.starts_with('.') && volume != "boss";
                is_hidden || !with_content(&server, Some("bosspw"), volume, file).is_empty()
            })
        });
    }
    for (account, password) in [("everyone", None), ("k", Some("kpw")), ("boss", Some("bosspw"))] {
        for mut client in clients(&server) {
            if let Some(password) = password {
                client.login(password);
            }
            let reachable = reachable(&mut *client);
            let what = format!("{account} with {}", client.protocol());
            assert!(!reachable.is_empty(), "{what} sees nothing");
            assert_eq!(found(&server, password, ""), reachable, "{what}");
            let is_hidden = |path: &String| path.split('/').any(|part| part.starts_with('.'));
            assert_eq!(reachable.iter().any(is_hidden), account == "boss", "{what}: {reachable:?}");
            for (name, _) in VOLUMES {
                for file in FILES {
                    let hits: BTreeSet<String> = with_content(&server, password, name, file).into_iter().collect();
                    let path = format!("{name}/{file}");
                    let link = format!("{name}/link.txt");
                    let mut want: BTreeSet<String> = reachable.get(&path).cloned().into_iter().collect();
                    want.extend(reachable.get(&link).filter(|_| file == "f.txt").cloned());
                    assert_eq!(hits, want, "{what}: the content of {path}");
                }
            }
        }
    }
    sizes_count_what_is_listed(&server);
}

/// The size shown for a folder is that of the files in it that the index knows, and is not shown to accounts that may not list
/// the folder.
fn sizes_count_what_is_listed(server: &TestServer) {
    for (name, rights) in VOLUMES {
        let reply = server.get(&format!("{}/?ls", url(name.as_bytes())));
        if !rights.starts_with('r') || rights.contains(',') {
            assert!(!reply.text().contains("deep") && !reply.text().contains("\"sub/\""), "{name}: {}", reply.text());
            continue;
        }
        let listing = reply.json();
        let folders = listing["dirs"].as_array().expect("a list");
        let sub = folders.iter().find(|folder| folder["href"] == "sub/").expect("is listed");
        let want: usize =
            ["sub/deep/f.txt", "sub/.hidden/f.txt"].iter().map(|file| format!("content of {name}/{file}").len()).sum();
        assert_eq!(sub["sz"], json!(want), "{name}: {sub}");
    }
}
