//! Pages of other sites change nothing, other host names are refused, and input never becomes a header.

use support::TestServer;
use support::form::{FORM, field, file, form};
use support::http::{Conn, Response};
use support::up2k::Source;

/// A request that changes something, with the status of its success.
struct Change {
    what: &'static str,
    ask: fn(&TestServer, &[(&str, &str)]) -> Response,
    done: u16,
}

fn send(server: &TestServer, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    server.connect().send(method, target, headers, body).expect("a reply")
}

fn post_form(server: &TestServer, target: &str, headers: &[(&str, &str)], parts: &[Vec<u8>]) -> Response {
    send(server, "POST", target, &[headers, &[FORM]].concat(), &form(parts))
}

fn api(server: &TestServer, headers: &[(&str, &str)], name: &str, body: &str) -> Response {
    let headers = [headers, &[("Content-Type", "application/json")]].concat();
    send(server, "POST", &format!("/.potluck/api/v1/{name}"), &headers, body.as_bytes())
}

fn changes() -> Vec<Change> {
    vec![
        Change { what: "PUT", ask: |s, h| send(s, "PUT", "/new.txt", h, b"x"), done: 201 },
        Change { what: "?raw", ask: |s, h| send(s, "POST", "/raw.txt?raw", h, b"x"), done: 201 },
        Change { what: "DELETE", ask: |s, h| send(s, "DELETE", "/d1", h, b""), done: 200 },
        Change { what: "?delete", ask: |s, h| send(s, "POST", "/d2?delete", h, b""), done: 200 },
        Change {
            what: "delete list",
            ask: |s, h| send(s, "POST", "/?delete", &[h, &[("Content-Type", "text/plain")]].concat(), br#"["/d3"]"#),
            done: 200,
        },
        Change { what: "?move", ask: |s, h| send(s, "POST", "/m1?move=/m1b", h, b""), done: 201 },
        Change { what: "?copy", ask: |s, h| send(s, "POST", "/kept?copy=/c1", h, b""), done: 201 },
        Change {
            what: "MOVE",
            ask: |s, h| send(s, "MOVE", "/m2", &[h, &[("Destination", "/m2b")]].concat(), b""),
            done: 201,
        },
        Change {
            what: "COPY",
            ask: |s, h| send(s, "COPY", "/kept", &[h, &[("Destination", "/c2")]].concat(), b""),
            done: 201,
        },
        Change {
            what: "bput",
            ask: |s, h| post_form(s, "/", h, &[field("act", b"bput"), file(b"form.txt", b"x")]),
            done: 201,
        },
        Change {
            what: "mkdir",
            ask: |s, h| post_form(s, "/", h, &[field("act", b"mkdir"), field("name", b"made")]),
            done: 201,
        },
        Change {
            what: "new_md",
            ask: |s, h| post_form(s, "/", h, &[field("act", b"new_md"), field("name", b"n.md")]),
            done: 200,
        },
        Change {
            what: "tput",
            ask: |s, h| {
                post_form(s, "/t.md", h, &[field("act", b"tput"), field("lastmod", b"-1"), field("body", b"b")])
            },
            done: 200,
        },
        Change {
            what: "login",
            ask: |s, h| post_form(s, "/", h, &[field("act", b"login"), field("cppwd", b"edpw")]),
            done: 200,
        },
        Change { what: "logout", ask: |s, h| post_form(s, "/", h, &[field("act", b"logout")]), done: 200 },
        Change { what: "API make-folder", ask: |s, h| api(s, h, "make-folder", r#"{"path":"/api"}"#), done: 201 },
        Change { what: "API make-text", ask: |s, h| api(s, h, "make-text", r#"{"path":"/api.md"}"#), done: 201 },
        Change { what: "API delete", ask: |s, h| api(s, h, "delete", r#"{"path":"/d4"}"#), done: 200 },
        Change { what: "API move", ask: |s, h| api(s, h, "move", r#"{"from":"/m3","to":"/m3b"}"#), done: 204 },
        Change { what: "API copy", ask: |s, h| api(s, h, "copy", r#"{"from":"/kept","to":"/c3"}"#), done: 204 },
        Change { what: "API rename", ask: |s, h| api(s, h, "rename", r#"{"path":"/m4","name":"m4b"}"#), done: 204 },
        Change { what: "API note", ask: |s, h| api(s, h, "note", r#"{"path":"/","text":"hi"}"#), done: 204 },
        Change {
            what: "msg",
            ask: |s, h| {
                send(s, "POST", "/", &[h, &[("Content-Type", "application/x-www-form-urlencoded")]].concat(), b"msg=hi")
            },
            done: 200,
        },
        Change {
            what: "handshake",
            ask: |s, h| {
                let source = Source::new("u.bin", b"u".to_vec());
                let body =
                    serde_json::json!({"name": "u.bin", "size": 1, "lmod": 1, "hash": source.hashes}).to_string();
                send(s, "POST", "/", &[h, &[("Content-Type", "text/plain")]].concat(), body.as_bytes())
            },
            done: 200,
        },
    ]
}

fn server() -> TestServer {
    let server = TestServer::start(["-a", "ed:edpw", "-v", "{root}::rwmd", "-e2d"]);
    for name in ["d1", "d2", "d3", "d4", "m1", "m2", "m3", "m4", "kept", "t.md"] {
        std::fs::write(server.root().join(name), name).expect("a file");
    }
    server
}

/// Returns the contents of the shared folder.
fn state(server: &TestServer) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(server.root())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

#[test]
fn other_sites_change_nothing() {
    let server = server();
    let own = format!("http://{}", server.addr);
    let before = state(&server);
    let other_port = format!("http://127.0.0.1:{}", server.addr.port() ^ 1);
    let longer = format!("{own}.evil.org");
    let https = format!("https://{}", server.addr);
    let user = format!("http://{}@evil.org", server.addr);
    let foreign: &[&[(&str, &str)]] = &[
        &[("Origin", "http://evil.org")],
        &[("Origin", "null")],
        &[("Origin", "")],
        &[("Origin", "file://")],
        &[("Origin", &other_port)],
        &[("Origin", &longer)],
        &[("Origin", &https)],
        &[("Origin", &user)],
        &[("Origin", "http://localhost")],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Origin", "http://evil.org"), ("Sec-Fetch-Site", "same-origin")],
        &[("Origin", "null"), ("Cookie", "cppwd=edpw")],
        &[("Referer", "http://evil.org/page")],
    ];
    for headers in foreign {
        for change in changes() {
            let reply = (change.ask)(&server, headers);
            assert_eq!(reply.status, 403, "{} from {headers:?}: {}", change.what, reply.text());
            assert_eq!(reply.header("set-cookie"), None, "{} from {headers:?}", change.what);
            let allowed = reply.header("access-control-allow-origin");
            assert!(allowed.is_none_or(|value| value == "*"), "{} from {headers:?}: {allowed:?}", change.what);
            assert_eq!(reply.header("access-control-allow-credentials"), None);
        }
        // A password in the URL does not prove which page sends the request.
        let reply = send(&server, "PUT", "/x?pw=edpw", headers, b"x");
        assert_eq!(reply.status, 403, "?pw= from {headers:?}");
    }
    assert_eq!(state(&server), before);
}

#[test]
fn own_pages_and_programs_may_change_files() {
    for turn in 0..3 {
        let server = server();
        let own = format!("http://{}", server.addr);
        let referrer = format!("{own}/page");
        let headers: &[(&str, &str)] = match turn {
            0 => &[],
            1 => &[("Origin", &own), ("Sec-Fetch-Site", "same-origin")],
            _ => &[("Referer", &referrer)],
        };
        for change in changes() {
            let reply = (change.ask)(&server, headers);
            assert_eq!(reply.status, change.done, "{} with {headers:?}: {}", change.what, reply.text());
        }
    }
    // A page of another site that knows a password and can set headers is allowed, as CORS in the server's answers
    // says.
    let server = server();
    let reply = send(&server, "PUT", "/x", &[("Origin", "http://evil.org"), ("PW", "edpw")], b"x");
    assert_eq!(reply.status, 201);
}

#[test]
fn reading_changes_nothing() {
    let server = server();
    let before = state(&server);
    for agent in ["Mozilla/5.0", "curl/8", "test"] {
        for target in [
            "/.potluck/api/v1/delete?path=/d1",
            "/d1?delete",
            "/m1?move=/gone",
            "/kept?copy=/more",
            "/?delete",
            "/?act=mkdir&name=x",
            "/?logout",
        ] {
            for method in ["GET", "HEAD"] {
                let headers = [("User-Agent", agent), ("Accept", "text/html")];
                let reply = send(&server, method, target, &headers, b"");
                assert!(reply.status < 500, "{method} {target}: {}", reply.status);
                assert_eq!(state(&server), before, "{method} {target} as {agent}");
            }
        }
    }
}

/// Host names of other owners are refused, since they may be made to resolve to this address (DNS rebinding).
#[test]
fn unknown_hosts_are_refused() {
    let server = TestServer::start(["-v", "{root}::rw", "--host", "files.example.com", "--xff-src", "192.0.2.0/24"]);
    let port = server.addr.port();
    let ask = |host: &str| {
        let mut conn = Conn::open(server.addr).expect("the server accepts");
        conn.write(format!("GET /?ls HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).expect("sent");
        conn.receive(false).map(|reply| reply.status).unwrap_or(0)
    };
    for ours in
        ["127.0.0.1", "localhost", "[::1]", "files.example.com", "FILES.example.com", "x.localhost", "localhost."]
    {
        assert_eq!(ask(ours), 200, "{ours}");
        assert_eq!(ask(&format!("{ours}:{port}")), 200, "{ours} with a port");
    }
    for foreign in [
        "evil.org",
        "files.example.com.evil.org",
        "127.0.0.1.evil.org",
        "0.0.0.0",
        "[::]",
        "localhost.evil.org",
        "evil.org:80",
        "xlocalhost",
        "files.example.comx",
        "127.0.0.1@evil.org",
        "evil.org/",
        "evil.org?127.0.0.1",
        "",
        "a b",
        "127.0.0.1,evil.org",
    ] {
        let status = ask(foreign);
        assert!((400..500).contains(&status), "{foreign:?}: {status}");
    }
    // A proxy that is not trusted cannot set the host name.
    let reply = send(&server, "GET", "/?ls", &[("X-Forwarded-Host", "evil.org")], b"");
    assert!(!reply.text().contains("evil.org"), "{}", reply.text());
}

/// Returns the raw answer, so that an additional header would be visible.
fn raw(server: &TestServer, request: &[u8]) -> String {
    let mut conn = server.connect();
    conn.write(request).expect("sent");
    match conn.receive(false) {
        Ok(reply) => reply.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect(),
        Err(_) => String::new(),
    }
}

/// Line ends in names and parameters are not interpreted.
#[test]
fn values_from_requests_add_no_headers() {
    let server = server();
    let name = "a\r\nX-Evil: 1\r\n\r\n<script>alert(1)</script>";
    std::fs::create_dir(server.root().join("in")).expect("a folder");
    let encoded = support::data::encode(&name.replace('/', ""));
    std::fs::write(server.root().join("in").join(name.replace('/', "")), "x").expect("a file");
    std::fs::create_dir(server.root().join(format!("dir{}", name.replace('/', "")))).expect("a folder");
    for target in [
        format!("/in/{encoded}"),
        format!("/in/{encoded}?dl"),
        format!("/kept?dl={encoded}"),
        format!("/kept?mime={encoded}"),
        format!("/kept?txt={encoded}"),
        format!("/kept?cache={encoded}"),
        format!("/dir{encoded}?zip"),
        format!("/dir{encoded}?tar"),
        format!("/in/?zip&name={encoded}"),
        format!("/?setck=dots={encoded}"),
        format!("/?setck={encoded}=y"),
        format!("/?setck=cplng={encoded}"),
        "/?setck=dots%3Dy%0D%0ASet-Cookie%3A%20cppwd%3Dx".to_owned(),
        format!("/?pw={encoded}"),
        format!("/?k304={encoded}"),
        format!("/?b={encoded}"),
        format!("/?ls={encoded}"),
        format!("/?h={encoded}"),
        format!("/{encoded}"),
        format!("/in?{encoded}"),
        format!("/dir{encoded}"),
    ] {
        for agent in ["Mozilla/5.0", "test"] {
            let request = format!(
                "GET {target} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {agent}\r\nAccept: text/html\r\nConnection: close\r\n\r\n",
                server.addr
            );
            let headers = raw(&server, request.as_bytes());
            assert!(!headers.contains("\nx-evil:") && !headers.contains("cppwd=x\n"), "{target}: {headers}");
            let reply = send(&server, "GET", &target, &[("User-Agent", agent), ("Accept", "text/html")], b"");
            let html = reply.header("content-type").is_some_and(|v| v.starts_with("text/html"));
            assert!(!html || !reply.text().contains("<script>alert"), "{target}: {}", reply.text());
            assert!(reply.status < 500, "{target}: {}", reply.status);
        }
    }
    for (method, headers) in [("PUT", vec![]), ("COPY", vec![("Destination", format!("/in/copy{encoded}"))])] {
        let headers: Vec<_> = headers.iter().map(|(k, v): &(&str, String)| (*k, v.as_str())).collect();
        let reply = send(&server, method, &format!("/in/{encoded}"), &headers, b"y");
        assert_eq!(reply.status, 201, "{method}: {}", reply.text());
        assert!(reply.headers.iter().all(|(name, _)| name != "x-evil"), "{method}");
    }
    let reply = post_form(&server, "/", &[], &[field("act", b"mkdir"), field("name", b"n\r\nX-Evil: 1")]);
    assert_eq!(reply.status, 201);
    assert!(reply.header("x-new-dir").is_some() && reply.header("x-evil").is_none());
}

/// Uploaded files cannot act in the name of this server: none of them runs a script on its pages.
#[test]
fn uploaded_files_run_no_script() {
    let server = server();
    let active = "<html><script>alert(document.domain)</script>";
    for name in
        ["x.html", "x.htm", "x.svg", "x.xml", "x.xhtml", "x.shtml", "x.mht", "x.js", "x", "x.txt", "x.jpg", "x.pdf"]
    {
        std::fs::write(server.root().join(name), active).expect("a file");
        for query in ["", "?raw", "?mime=text/html", "?txt", "?v", "?cache"] {
            let reply = send(&server, "GET", &format!("/{name}{query}"), &[("Accept", "*/*")], b"");
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "/{name}{query}");
            let kind = reply.header("content-type").unwrap_or("").to_owned();
            let runs = ["html", "svg", "xml", "javascript"].iter().any(|word| kind.contains(word));
            let csp = reply.header("content-security-policy").unwrap_or("");
            let sandboxed = csp.split(';').any(|d| d.trim().starts_with("sandbox") && !d.contains("allow-same-origin"));
            let attached = reply.header("content-disposition").is_some_and(|v| v.starts_with("attachment"));
            assert!(!runs || sandboxed || attached, "/{name}{query} is {kind} with {csp:?}");
        }
    }
}
