//! Nothing outside the shared folders is accessible through any parameter that takes a path.

use std::fs;
use std::path::Path;

use serde_json::json;
use support::TestServer;
use support::http::Response;
use tempfile::TempDir;

use support::form::{FORM, field, file, form};

/// Text that no answer may contain and no request may change.
pub(crate) const SECRET: &str = "TOP-SECRET-7f3a";

/// Starts a server with `/pub` (all rights for everyone), `/open` (everyone may read) and `/priv` (ed only). Outside of
/// them are the folders `outside/` and, beside `/pub` on disk, `pub_backup`.
pub(crate) fn world() -> TestServer {
    world_with(|_| {})
}

pub(crate) fn world_with(prepare: impl FnOnce(&Path)) -> TestServer {
    let dir: TempDir = tempfile::Builder::new().prefix("potluck-test-").tempdir().expect("a temporary folder");
    let top = dir.path();
    for folder in ["files", "pub/sub", "pub_backup", "open/sub", "priv/sub", "outside/sub"] {
        fs::create_dir_all(top.join(folder)).expect("a folder");
    }
    for folder in ["pub_backup", "priv", "priv/sub", "outside", "outside/sub"] {
        fs::write(top.join(folder).join("secret.txt"), SECRET).expect("a file");
    }
    for (folder, text) in [("pub", "public"), ("open", "opened"), ("open/sub", "opened below")] {
        fs::write(top.join(folder).join("f.txt"), text).expect("a file");
    }
    prepare(top);
    TestServer::start_in(
        dir,
        [
            "-a",
            "ed:edpw",
            "-v",
            "{dir}/pub:pub:rwmd.",
            "-v",
            "{dir}/open:open:r",
            "-v",
            "{dir}/priv:priv:rwmd,ed",
            "-e2d",
        ],
    )
}

pub(crate) fn send(server: &TestServer, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let reply = server.connect().send(method, target, headers, body);
    reply.unwrap_or_else(|error| panic!("{method} {target}: {error}"))
}

/// Asserts that the secrets are unchanged, nothing was created beside them, and the answer contains none of them.
pub(crate) fn assert_secrets_kept(server: &TestServer, what: &str, reply: &Response) {
    assert!(!reply.text().contains(SECRET), "{what} gave a secret away: {}", reply.text());
    assert!(!reply.text().contains("root:x:0"), "{what} gave /etc/passwd away");
    assert!(reply.status < 500, "{what}: {} {}", reply.status, reply.text());
    let top = server.dir.path();
    for (folder, count) in [("pub_backup", 1), ("priv", 2), ("priv/sub", 1), ("outside", 2), ("outside/sub", 1)] {
        let names: Vec<_> = fs::read_dir(top.join(folder)).expect(what).map(|e| e.expect(what).file_name()).collect();
        let visible = names.iter().filter(|name| *name != ".hist").count();
        assert_eq!(visible, count, "{what} changed {folder}: {names:?}");
        let secret = fs::read_to_string(top.join(folder).join("secret.txt"));
        assert_eq!(secret.ok().as_deref(), Some(SECRET), "{what} changed {folder}");
    }
    let around: Vec<_> = fs::read_dir(top).expect(what).map(|e| e.expect(what).file_name()).collect();
    assert_eq!(around.len(), 7, "{what} created something beside the shares: {around:?}");
}

/// Path suffixes that climb out of a folder, percent-encoded for a request line.
const TRAVERSALS: &[&str] = &[
    "../priv/secret.txt",
    "../../priv/secret.txt",
    "../outside/secret.txt",
    "..%2Foutside%2Fsecret.txt",
    "%2e%2e/outside/secret.txt",
    "%2e%2e%2foutside%2fsecret.txt",
    ".%2e/outside/secret.txt",
    "%252e%252e%252foutside%252fsecret.txt",
    "..%252foutside%252fsecret.txt",
    "..%c0%afoutside%c0%afsecret.txt",
    "%c0%ae%c0%ae/outside/secret.txt",
    "%e0%80%ae%e0%80%ae/outside/secret.txt",
    "..%5coutside%5csecret.txt",
    "..%5c../outside/secret.txt",
    "..%2f%5coutside/secret.txt",
    "%2e%2e%5coutside%5csecret.txt",
    "sub/../../outside/secret.txt",
    "sub/..%2f..%2foutside%2fsecret.txt",
    "....//outside/secret.txt",
    "...//outside/secret.txt",
    "..;/outside/secret.txt",
    "..%00/outside/secret.txt",
    "../outside/secret.txt%00.txt",
    "..%0d%0a/outside/secret.txt",
    "%2Fetc%2Fpasswd",
    "/etc/passwd",
    "//etc/passwd",
    "C:%5cWindows%5cwin.ini",
    "%5c%5c%3f%5cC:%5cx",
    "%5c%5cserver%5cshare",
    "file:///etc/passwd",
    "../pub_backup/secret.txt",
    "_backup/secret.txt",
    ".%2F.%2F..%2F..%2F..%2F..%2Fetc%2Fpasswd",
    "%ef%bc%8e%ef%bc%8e/outside/secret.txt",
    "\u{2025}/outside/secret.txt",
    "../../../../../../../../../../proc/self/environ",
    "../../../../../../../../../../proc/self/cwd/outside/secret.txt",
];

fn ascii(climb: &str) -> String {
    climb.chars().map(|c| if c.is_ascii() { c.to_string() } else { support::data::encode(&c.to_string()) }).collect()
}

#[test]
fn path_traversal_in_the_url() {
    let server = world();
    for climb in TRAVERSALS {
        let climb = ascii(climb);
        for base in ["/pub/", "/pub/sub/", "/pub", "/", "/.cpr/", "/.cpr/ico/", "/priv/..", "/open/"] {
            for method in ["GET", "HEAD"] {
                let what = format!("{method} {base}{climb}");
                let mut conn = server.connect();
                let reply = conn.send(method, &format!("{base}{climb}"), &[], b"").expect(&what);
                assert_secrets_kept(&server, &what, &reply);
                if method == "GET" && reply.status == 200 {
                    assert!(!reply.text().contains(SECRET), "{what}");
                }
            }
        }
        for suffix in ["?raw", "?ls", "?zip", "?tar", "?tree=", "?dl", "?v", "?ls=v"] {
            let what = format!("GET /pub/{climb}{suffix}");
            assert_secrets_kept(&server, &what, &send(&server, "GET", &format!("/pub/{climb}{suffix}"), &[], b""));
        }
        let what = format!("range of /pub/{climb}");
        let reply = send(&server, "GET", &format!("/pub/{climb}"), &[("Range", "bytes=0-3")], b"");
        assert_secrets_kept(&server, &what, &reply);
        assert!(!reply.text().contains("TOP-"), "{what}");
    }
}

#[test]
fn path_traversal_in_parameters() {
    let server = world();
    for climb in TRAVERSALS {
        let climb = ascii(climb);
        for parameter in ["tree", "k", "doc", "name", "want", "dl", "mime", "th"] {
            let what = format!("GET /pub/?{parameter}={climb}");
            assert_secrets_kept(&server, &what, &send(&server, "GET", &format!("/pub/?{parameter}={climb}"), &[], b""));
        }
        for what in [format!("GET /pub/sub/?tree={climb}"), format!("GET /pub/?zip&name={climb}")] {
            let target = what.split_once(' ').expect("a verb").1.to_owned();
            assert_secrets_kept(&server, &what, &send(&server, "GET", &target, &[], b""));
        }
        // As source and as target of a copy or move. The source is created each time; a target inside is allowed.
        for verb in ["copy", "move"] {
            fs::write(server.dir.path().join("pub/src.txt"), "source").expect("a file");
            for to in [climb.clone(), format!("/pub/{climb}"), format!("pub/sub/{climb}")] {
                let what = format!("POST /pub/src.txt?{verb}={to}");
                assert_secrets_kept(
                    &server,
                    &what,
                    &send(&server, "POST", &format!("/pub/src.txt?{verb}={to}"), &[], b""),
                );
            }
            let what = format!("POST /pub/{climb}?{verb}=/pub/stolen");
            assert_secrets_kept(
                &server,
                &what,
                &send(&server, "POST", &format!("/pub/{climb}?{verb}=/pub/stolen"), &[], b""),
            );
            for to in [format!("/pub/{climb}"), format!("http://{}/pub/{climb}", server.addr), format!("../{climb}")] {
                let what = format!("{verb} with Destination {to}");
                let method = verb.to_uppercase();
                let headers = [("Destination", &*to), ("Overwrite", "T")];
                assert_secrets_kept(&server, &what, &send(&server, &method, "/pub/src.txt", &headers, b""));
            }
            let stolen = send(&server, "GET", "/pub/stolen", &[], b"");
            assert_secrets_kept(&server, "what was copied", &stolen);
        }
        for method in ["DELETE", "PUT"] {
            let what = format!("{method} /pub/{climb}");
            assert_secrets_kept(&server, &what, &send(&server, method, &format!("/pub/{climb}"), &[], b""));
        }
        let what = format!("POST /pub/{climb}?delete");
        assert_secrets_kept(&server, &what, &send(&server, "POST", &format!("/pub/{climb}?delete"), &[], b""));
    }
}

/// Names inside bodies are not percent-encoded: the climbs decoded, and as they are.
#[test]
fn path_traversal_in_bodies() {
    let server = world();
    let json_type = [("Content-Type", "application/json")];
    for climb in TRAVERSALS {
        let encoded = ascii(climb);
        let bytes = model::vpath::percent_decode(encoded.as_bytes());
        for name in [encoded.clone().into_bytes(), bytes] {
            let shown = String::from_utf8_lossy(&name).into_owned();
            for folder in ["/pub/", "/pub/sub/", "/"] {
                let what = format!("a file called {shown:?} to {folder}");
                let body = form(&[field("act", b"bput"), file(&name, b"x")]);
                assert_secrets_kept(&server, &what, &send(&server, "POST", folder, &[FORM], &body));
                for act in ["mkdir", "new_md"] {
                    let what = format!("{act} {shown:?} in {folder}");
                    let body = form(&[field("act", act.as_bytes()), field("name", &name)]);
                    assert_secrets_kept(&server, &what, &send(&server, "POST", folder, &[FORM], &body));
                }
                let what = format!("selection of {shown:?} in {folder}");
                for kind in ["zip", "tar"] {
                    let body = form(&[field("act", b"zip"), field("files", &name)]);
                    assert_secrets_kept(
                        &server,
                        &what,
                        &send(&server, "POST", &format!("{folder}?{kind}"), &[FORM], &body),
                    );
                }
                for suffix in ["", "handshake.php"] {
                    let what = format!("handshake for {shown:?} in {folder}{suffix}");
                    let hash = support::up2k::hash(b"x");
                    let body = json!({"name": shown, "size": 1, "lmod": 1, "hash": [hash]}).to_string();
                    assert_secrets_kept(
                        &server,
                        &what,
                        &send(&server, "POST", &format!("{folder}{suffix}"), &json_type, body.as_bytes()),
                    );
                }
                for path in [shown.clone(), format!("/pub/{shown}"), format!("pub/sub/{shown}")] {
                    let what = format!("delete list with {path:?}");
                    let body = json!([path]).to_string();
                    assert_secrets_kept(
                        &server,
                        &what,
                        &send(&server, "POST", &format!("{folder}?delete"), &json_type, body.as_bytes()),
                    );
                }
            }
        }
    }
}

/// The server's own files cannot be listed, fetched or created.
#[test]
fn names_of_the_server_itself() {
    let server = world();
    let hist = server.dir.path().join("pub/.hist");
    fs::create_dir_all(&hist).expect("a folder");
    fs::write(hist.join("up2k.db"), SECRET).expect("a file");
    for path in
        ["/pub/.hist/up2k.db", "/pub/.HIST/up2k.db", "/pub/sub/../.hist/up2k.db", "/pub/.hist/", "/pub/%2ehist/up2k.db"]
    {
        for suffix in ["", "?raw", "?ls", "?zip", "?tar"] {
            let reply = send(&server, "GET", &format!("{path}{suffix}"), &[], b"");
            assert_eq!(reply.status, 404, "{path}{suffix}: {}", reply.text());
        }
        let put = send(&server, "PUT", path, &[], b"x").status;
        assert!((400..500).contains(&put), "PUT {path}: {put}");
        let copy = send(&server, "POST", &format!("/pub/f.txt?copy={path}"), &[], b"").status;
        assert!((400..500).contains(&copy), "copy to {path}: {copy}");
        let source = send(&server, "POST", &format!("{path}?copy=/pub/stolen"), &[], b"").status;
        assert!((400..500).contains(&source), "copy of {path}: {source}");
        let delete = send(&server, "DELETE", path, &[], b"").status;
        assert!((400..500).contains(&delete), "DELETE {path}: {delete}");
    }
    assert_eq!(fs::read_to_string(hist.join("up2k.db")).expect("still there"), SECRET);
    for target in ["/pub/?ls&dots", "/pub/?tar", "/pub/?zip", "/pub/?tree=."] {
        let reply = send(&server, "GET", target, &[], b"");
        assert!(!reply.text().contains(SECRET) && !reply.text().contains("up2k.db"), "{target}");
    }
}

/// Names that would climb out of the folder where an archive is unpacked are packed as plain names, or not at all.
#[test]
fn archives_contain_no_path_traversal() {
    let server = world();
    let sub = server.dir.path().join("pub/sub");
    for name in ["..\\..\\evil.txt", "C:\\evil.txt", "\\\\server\\evil.txt", "-rf"] {
        fs::write(sub.join(name), "x").expect("a file");
    }
    let zip = send(&server, "GET", "/pub/sub/?zip", &[], b"").body;
    let names = zip_names(&zip);
    // The archive also contains the folder itself.
    assert!(names.len() == 5 && names.contains(&"sub/".to_owned()), "{names:?}");
    for name in names {
        assert!(!name.contains('\\') && !name.starts_with('/'), "{name:?} is a path on Windows");
        assert!(!name.split('/').any(|part| part == ".."), "{name:?} climbs");
    }
    for asked in ["../x", "/x", "..", "a/b", "%2e%2e"] {
        let zip = send(&server, "GET", &format!("/pub/sub/?zip&name={asked}"), &[], b"").body;
        for name in zip_names(&zip) {
            assert!(!name.starts_with('/') && !name.split('/').any(|part| part == ".."), "?name={asked}: {name:?}");
        }
    }
}

/// Returns the names in the central directory of an archive.
fn zip_names(zip: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = 0;
    while let Some(found) = zip[at..].windows(4).position(|w| w == b"PK\x01\x02") {
        let head = &zip[at + found..];
        let length = usize::from(u16::from_le_bytes([head[28], head[29]]));
        names.push(String::from_utf8_lossy(&head[46..46 + length]).into_owned());
        at += found + 46 + length;
    }
    names
}
