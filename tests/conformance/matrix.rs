//! The table of permissions and operations: every set of rights with every operation, with the HTTP status of each.
//!
//! Three clients: a browser and a program without a password, and a program whose account has no right here.
//! Thumbnails, search, rescans and viewers will be added with their features.

use support::TestServer;
use support::form::{FORM, field, file, form};
use support::http::Response;
use support::up2k::Source;

/// The columns: name, rights of everyone, and flags of the volume.
pub const COLUMNS: [(&str, &str, &str); 12] = [
    ("r", "r", ""),
    ("w", "w", ""),
    ("rw", "rw", ""),
    ("rm", "rm", ""),
    ("rd", "rd", ""),
    ("rwmd", "rwmd", ""),
    ("g", "g", ""),
    ("Gfk", "G", ":c,fk=8"),
    ("h", "h", ""),
    ("wg", "wg", ""),
    ("wGfk", "wG", ":c,fk=8"),
    ("none", "rwmd,boss", ""),
];

/// One operation with the expected status per column.
struct Row {
    what: &'static str,
    ask: fn(&mut Requester) -> Response,
    want: [u16; 12],
    /// Checks the body of an answer with status 200, given the column.
    check: Option<fn(&str, &Response)>,
}

/// A client in one column.
struct Requester<'a> {
    server: &'a TestServer,
    /// The mount point.
    at: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    /// Number of the request; part of file names, so that requests do not collide.
    round: usize,
}

impl Requester<'_> {
    fn send(&self, method: &str, path: &str, more: &[(&str, &str)], body: &[u8]) -> Response {
        let headers = [&self.headers[..], more].concat();
        let target = format!("/{}/{path}", self.at);
        self.server.connect().send(method, &target, &headers, body).expect("a reply")
    }
    fn get(&self, path: &str) -> Response {
        self.send("GET", path, &[], b"")
    }
    fn form(&self, path: &str, parts: &[Vec<u8>]) -> Response {
        self.send("POST", path, &[FORM], &form(parts))
    }
    fn name(&self, what: &str) -> String {
        format!("{what}{}.bin", self.round)
    }
}

/// Returns the rows, with the statuses for a browser. Other programs without a password get 401 instead of 403 for GET
/// and HEAD.
fn rows() -> Vec<Row> {
    let row = |what, ask, want| Row { what, ask, want, check: None };
    vec![
        Row {
            what: "GET folder",
            ask: |a| a.get(""),
            want: [200, 200, 200, 200, 200, 200, 403, 403, 403, 200, 200, 403],
            check: Some(|column, reply| {
                let sees = column.starts_with('r');
                assert_eq!(reply.text().contains("f.txt"), sees, "GET folder with {column}: {}", reply.text());
            }),
        },
        Row {
            what: "GET ?ls",
            ask: |a| a.get("?ls"),
            want: [200, 200, 200, 200, 200, 200, 403, 403, 403, 200, 200, 403],
            check: Some(|column, reply| {
                let listing = reply.json();
                let count =
                    listing["files"].as_array().map_or(0, Vec::len) + listing["dirs"].as_array().map_or(0, Vec::len);
                assert_eq!(count > 0, column.starts_with('r'), "?ls with {column}: {listing}");
            }),
        },
        row("GET file", |a| a.get("f.txt"), [200, 403, 200, 200, 200, 200, 200, 403, 200, 200, 403, 403]),
        row(
            "HEAD file",
            |a| a.send("HEAD", "f.txt", &[], b""),
            [200, 403, 200, 200, 200, 200, 200, 403, 200, 200, 403, 403],
        ),
        row("GET missing file", |a| a.get("missing"), [404, 403, 404, 404, 404, 404, 403, 403, 403, 403, 403, 403]),
        row(
            "GET missing file, deep",
            |a| a.get("no/such/thing"),
            [404, 403, 404, 404, 404, 404, 403, 403, 403, 403, 403, 403],
        ),
        row("GET dotfile", |a| a.get(".dot"), [200, 403, 200, 200, 200, 200, 200, 403, 200, 200, 403, 403]),
        row("GET ?zip", |a| a.get("?zip"), [200, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 403]),
        row("GET ?tar", |a| a.get("?tar"), [200, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 403]),
        Row {
            what: "GET ?tree=.",
            ask: |a| a.get("?tree=."),
            want: [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 403],
            check: Some(|column, reply| {
                assert_eq!(reply.text().contains("sub"), column.starts_with('r'), "?tree with {column}");
            }),
        },
        row(
            "PUT new file",
            |a| a.send("PUT", &a.name("put"), &[], b"x"),
            [401, 201, 201, 401, 401, 201, 401, 401, 401, 201, 201, 401],
        ),
        row(
            "PUT in parts",
            |a| {
                let part = [("Upload-Complete", "?0"), ("Upload-Length", "2")];
                a.send("PUT", &a.name("parts"), &part, b"x")
            },
            [401, 201, 201, 401, 401, 201, 401, 401, 401, 201, 201, 401],
        ),
        row(
            "POST bput",
            |a| a.form("", &[field("act", b"bput"), file(a.name("bput").as_bytes(), b"x")]),
            [403, 201, 201, 403, 403, 201, 403, 403, 403, 201, 201, 403],
        ),
        row(
            "POST ?raw",
            |a| a.send("POST", &format!("{}?raw", a.name("raw")), &[], b"x"),
            [403, 201, 201, 403, 403, 201, 403, 403, 403, 201, 201, 403],
        ),
        row(
            "handshake",
            |a| {
                let name = a.name("up2k");
                let source = Source::new(name.clone(), name.into_bytes());
                let body = serde_json::json!({"name": source.name, "size": source.data.len(), "lmod": 1, "hash": source.hashes});
                a.send("POST", "", &[("Content-Type", "text/plain;charset=UTF-8")], body.to_string().as_bytes())
            },
            [403, 200, 200, 403, 403, 200, 403, 403, 403, 200, 200, 403],
        ),
        row(
            "chunk",
            |a| {
                let hash = support::up2k::hash(b"x");
                let headers =
                    [("Content-Type", "application/octet-stream"), ("X-Up2k-Hash", &*hash), ("X-Up2k-Wark", &*hash)];
                a.send("POST", "", &headers, b"x")
            },
            [403, 400, 400, 403, 403, 400, 403, 403, 403, 400, 400, 403],
        ),
        row(
            "POST mkdir",
            |a| a.form("", &[field("act", b"mkdir"), field("name", a.name("dir").as_bytes())]),
            [403, 201, 201, 403, 403, 201, 403, 403, 403, 201, 201, 403],
        ),
        row(
            "POST new_md",
            |a| a.form("", &[field("act", b"new_md"), field("name", format!("{}.md", a.name("md")).as_bytes())]),
            [403, 200, 200, 403, 403, 200, 403, 403, 403, 200, 200, 403],
        ),
        row(
            "POST tput existing md",
            |a| a.form("t.md", &[field("act", b"tput"), field("lastmod", b"-1"), field("body", b"text")]),
            [403, 403, 200, 403, 403, 200, 403, 403, 403, 403, 403, 403],
        ),
        row(
            "POST msg",
            |a| a.send("POST", "", &[("Content-Type", "application/x-www-form-urlencoded")], b"msg=hello"),
            [200, 200, 200, 200, 200, 200, 403, 403, 403, 200, 200, 403],
        ),
        row(
            "POST act=zip",
            |a| a.form("?zip", &[field("act", b"zip"), field("files", b"f.txt")]),
            [200, 403, 200, 200, 200, 200, 403, 403, 403, 403, 403, 403],
        ),
        row(
            "POST ?copy",
            |a| a.send("POST", &format!("f.txt?copy=/{}/{}", a.at, a.name("copy")), &[], b""),
            [403, 403, 201, 403, 403, 201, 403, 403, 403, 403, 403, 403],
        ),
        row(
            "POST ?move",
            |a| a.send("POST", &format!("move{}?move=/{}/{}", a.round, a.at, a.name("moved")), &[], b""),
            [403, 403, 403, 403, 403, 201, 403, 403, 403, 403, 403, 403],
        ),
        row(
            "POST ?delete",
            |a| a.send("POST", &format!("del{}?delete", a.round), &[], b""),
            [403, 403, 403, 403, 200, 200, 403, 403, 403, 403, 403, 403],
        ),
        row(
            "POST ?delete list",
            |a| {
                let list = serde_json::json!([format!("{}/list{}", a.at, a.round)]).to_string();
                a.send("POST", "?delete", &[("Content-Type", "application/json")], list.as_bytes())
            },
            [403, 403, 403, 403, 200, 200, 403, 403, 403, 403, 403, 403],
        ),
        row(
            "DELETE",
            |a| a.send("DELETE", &format!("verb{}", a.round), &[], b""),
            [401, 401, 401, 401, 200, 200, 401, 401, 401, 401, 401, 401],
        ),
    ]
}

/// Returns the rows of WebDAV. `Translate` is a header that only its clients send.
fn dav_rows() -> Vec<Row> {
    let row = |what, ask, want| Row { what, ask, want, check: None };
    vec![
        Row {
            what: "PROPFIND folder",
            ask: |a| a.send("PROPFIND", "", &[("Depth", "1")], b""),
            want: [207, 207, 207, 207, 207, 207, 401, 401, 401, 207, 207, 401],
            check: Some(|column, reply| {
                let sees = column.starts_with('r');
                assert_eq!(reply.text().contains("f.txt"), sees, "PROPFIND with {column}: {}", reply.text());
            }),
        },
        row(
            "PROPFIND file",
            |a| a.send("PROPFIND", "f.txt", &[("Depth", "0")], b""),
            [207, 401, 207, 207, 207, 207, 207, 401, 207, 207, 401, 401],
        ),
        row(
            "PROPFIND missing file",
            |a| a.send("PROPFIND", "missing", &[("Depth", "0")], b""),
            [404, 401, 404, 404, 404, 404, 401, 401, 401, 401, 401, 401],
        ),
        row(
            "GET file",
            |a| a.send("GET", "f.txt", &[("Translate", "f")], b""),
            [200, 401, 200, 200, 200, 200, 200, 401, 200, 200, 401, 401],
        ),
        row(
            "MKCOL",
            |a| a.send("MKCOL", &a.name("dir"), &[], b""),
            [401, 201, 201, 401, 401, 201, 401, 401, 401, 201, 201, 401],
        ),
        row(
            "PUT new file",
            |a| a.send("PUT", &a.name("put"), &[("Translate", "f")], b"x"),
            [401, 201, 201, 401, 401, 201, 401, 401, 401, 201, 201, 401],
        ),
        row(
            "PUT existing file",
            |a| a.send("PUT", "f.txt", &[("Translate", "f")], b"x"),
            [401, 201, 401, 401, 401, 204, 401, 401, 401, 401, 201, 401],
        ),
        row(
            "PROPPATCH",
            |a| {
                let body = b"<propertyupdate xmlns='DAV:'><set><prop><x xmlns='u'>1</x></prop></set></propertyupdate>";
                a.send("PROPPATCH", "f.txt", &[], body)
            },
            [401, 401, 401, 401, 401, 207, 401, 401, 401, 401, 401, 401],
        ),
        row(
            "LOCK",
            |a| {
                let body = b"<lockinfo xmlns='DAV:'><lockscope><exclusive/></lockscope></lockinfo>";
                a.send("LOCK", &format!("list{}", a.round), &[("Depth", "0")], body)
            },
            [401, 200, 200, 401, 401, 200, 401, 401, 401, 200, 200, 401],
        ),
        row(
            "COPY",
            |a| {
                a.send(
                    "COPY",
                    "f.txt",
                    &[("Destination", &format!("/{}/{}", a.at, a.name("copy"))), ("Depth", "0")],
                    b"",
                )
            },
            [401, 401, 201, 401, 401, 201, 401, 401, 401, 401, 401, 401],
        ),
        row(
            "MOVE",
            |a| {
                let to = format!("/{}/{}", a.at, a.name("moved"));
                a.send("MOVE", &format!("move{}", a.round), &[("Destination", &to), ("Translate", "f")], b"")
            },
            [401, 401, 401, 401, 401, 201, 401, 401, 401, 401, 401, 401],
        ),
        row(
            "DELETE",
            |a| a.send("DELETE", &format!("verb{}", a.round), &[("Translate", "f")], b""),
            [401, 401, 401, 401, 204, 204, 401, 401, 401, 401, 401, 401],
        ),
    ]
}

pub fn server() -> TestServer {
    let dir = tempfile::Builder::new().prefix("potluck-test-").tempdir().expect("a temporary folder");
    std::fs::create_dir(dir.path().join("files")).expect("a folder");
    let mut args: Vec<String> = ["-a", "boss:bosspw", "-a", "k:kpw", "-e2d"].map(String::from).to_vec();
    for (name, rights, flags) in COLUMNS {
        let folder = dir.path().join("files").join(name);
        std::fs::create_dir_all(folder.join("sub")).expect("a folder");
        for file in ["f.txt", ".dot", "t.md", "sub/inner.txt"] {
            std::fs::write(folder.join(file), "content").expect("a file");
        }
        for round in 0..3 {
            for file in ["move", "del", "list", "verb"] {
                std::fs::write(folder.join(format!("{file}{round}")), "content").expect("a file");
            }
        }
        // The account k has no right in any volume; everyone else has the rights of the column.
        let everyone = if rights.contains(',') { rights.to_owned() } else { format!("{rights},*,-k") };
        args.extend(["-v".to_owned(), format!("{}:{name}:{everyone}{flags}", folder.display())]);
    }
    crate::start_in(dir, args)
}

#[test]
fn rights_and_operations() {
    check_table(rows(), |row, round, want| {
        let reads = row.what.starts_with("GET") || row.what.starts_with("HEAD");
        if reads && want == 403 && round == 1 { 401 } else { want }
    });
}

/// The same for a program that speaks WebDAV; it is always asked for a password.
#[test]
fn rights_and_operations_of_webdav() {
    check_table(dav_rows(), |_, _, want| want);
}

/// `expected`: the status of a row for a browser (0) and another program (1), given that of the table.
fn check_table(rows: Vec<Row>, expected: fn(&Row, usize, u16) -> u16) {
    let server = server();
    let mut wrong = Vec::new();
    for row in rows {
        for ((column, _, _), want) in COLUMNS.iter().zip(row.want) {
            // A browser, then another program.
            for (round, agent) in ["Mozilla/5.0", "test/1"].into_iter().enumerate() {
                let mut requester =
                    Requester { server: &server, at: column, headers: vec![("User-Agent", agent)], round };
                let reply = (row.ask)(&mut requester);
                let want = expected(&row, round, want);
                if reply.status != want {
                    wrong.push(format!("{} with {column} as {agent}: {} instead of {want}", row.what, reply.status));
                } else if let (200 | 207, Some(check)) = (want, row.check) {
                    check(column, &reply);
                }
                let asks = reply.header("www-authenticate").is_some();
                assert_eq!(asks, reply.status == 401, "{}: 401 asks for a password, nothing else does", row.what);
            }
            // An account with a valid password and no right here.
            let headers = vec![("User-Agent", "test/1"), ("PW", "kpw")];
            let mut requester = Requester { server: &server, at: column, headers, round: 2 };
            let reply = (row.ask)(&mut requester);
            if reply.status != 403 {
                wrong.push(format!("{} with {column} as k: {} instead of 403", row.what, reply.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of the table are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A file that needs a key is served with the exact key; any other key, also a shorter or longer one, is refused.
#[test]
fn keys_of_files() {
    let server = crate::start(["-a", "ed:edpw", "-v", "{root}:v:G:rwmd,ed:c,fk=8", "-e2d"]);
    let ed = [("PW", "edpw")];
    let reply = server.connect().send("PUT", "/v/a.txt", &ed, b"secret").expect("a reply");
    assert_eq!(reply.status, 201);
    std::fs::create_dir(server.root().join("sub")).expect("a folder");
    let listing = server.connect().send("GET", "/v/?ls", &ed, b"").expect("a reply").json();
    let href = listing["files"][0]["href"].as_str().expect("href");
    let (_, key) = href.split_once("?k=").unwrap_or_else(|| panic!("no key in {href}"));
    assert_eq!(key.len(), 8);
    assert_eq!(server.get(&format!("/v/a.txt?k={key}")).body, b"secret");
    for wrong in [&key[..7], &format!("{key}x"), "aaaaaaaa", "", &key.to_ascii_uppercase()] {
        if *wrong == *key {
            continue;
        }
        let reply = server.get(&format!("/v/a.txt?k={wrong}"));
        assert_eq!(reply.status, 401, "{wrong:?} instead of {key:?}");
        let absent = server.get(&format!("/v/absent.txt?k={wrong}"));
        assert_eq!(absent.status, 401, "the answer for a missing name is the same");
    }
    // The key of a file opens nothing else.
    for other in ["/v/", "/v/?ls", "/v/?zip", "/v/sub/", "/v/?tree="] {
        let sign = if other.contains('?') { '&' } else { '?' };
        assert!(!server.get(&format!("{other}{sign}k={key}")).text().contains("a.txt"), "{other}");
    }
}

/// `h` serves the folder's `index.html`, and no listings.
#[test]
fn index_pages() {
    let server = crate::start(["-v", "{root}:site:h", "-e2d"]);
    std::fs::create_dir(server.root().join("sub")).expect("a folder");
    std::fs::write(server.root().join("sub/index.html"), "<p>hello").expect("a file");
    let reply = server.get("/site/sub/");
    assert_eq!((reply.status, reply.text().contains("hello")), (200, true));
    assert_eq!(server.get("/site/sub").status, 302);
    assert_eq!(server.get("/site/").status, 401);
    assert_ne!(server.get("/site/sub/?ls").status, 200);
}
