//! WebDAV: what standard clients rely on, beyond what litmus checks; and what hostile ones must not reach.

use std::time::{Duration, UNIX_EPOCH};
use support::TestServer;
use support::http::Response;
use tempfile::TempDir;

/// A program that speaks WebDAV, known by its name.
struct Program<'a> {
    server: &'a TestServer,
    agent: &'a str,
    password: &'a str,
}

impl Program<'_> {
    fn ask(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Response {
        let mut headers = vec![("User-Agent", self.agent)];
        if !self.password.is_empty() {
            headers.push(("PW", self.password));
        }
        headers.extend(more);
        self.server.connect().send(method, path, &headers, body.as_bytes()).expect("a reply")
    }

    fn propfind(&self, path: &str, depth: &str, body: &str) -> Response {
        self.ask("PROPFIND", path, &[("Depth", depth)], body)
    }

    fn status(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> u16 {
        self.ask(method, path, more, body).status
    }
}

fn visitor<'a>(server: &'a TestServer, agent: &'a str) -> Program<'a> {
    Program { server, agent, password: "" }
}

fn exists(server: &TestServer, path: &str) -> bool {
    server.root().join(path).exists()
}

const LOCK: &str = "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/>\
                    </D:locktype><D:owner><D:href>ann's editor</D:href></D:owner></D:lockinfo>";

/// Takes a lock; returns its token with the angle brackets.
fn lock(program: &Program<'_>, path: &str) -> String {
    let reply = program.ask("LOCK", path, &[("Depth", "0"), ("Timeout", "Second-60")], LOCK);
    assert!(matches!(reply.status, 200 | 201), "{}: {}", reply.status, reply.text());
    reply.header("lock-token").expect("a token").to_owned()
}

/// Where an account, a volume for it, and one for everyone are.
fn two_volumes() -> TestServer {
    let dir: TempDir = tempfile::Builder::new().prefix("potluck-test-").tempdir().expect("a temporary folder");
    for folder in ["files", "one", "two"] {
        std::fs::create_dir(dir.path().join(folder)).expect("a folder");
    }
    let args = ["-a", "ann:pw", "-v", "{dir}/one:one:rwmd.,ann", "-v", "{dir}/two:two:rwmd.,ann"];
    TestServer::start_in(dir, args)
}

#[test]
fn clients_are_told_that_there_is_webdav_and_asked_for_a_password() {
    let server = two_volumes();
    let program = visitor(&server, "test");
    let options = program.ask("OPTIONS", "/no/such/thing", &[], "");
    assert_eq!(
        (options.status, options.header("dav"), options.header("ms-author-via")),
        (200, Some("1, 2"), Some("DAV"))
    );
    assert!(options.header("allow").is_some_and(|allow| allow.contains("PROPFIND")));
    for path in ["/", "/one/", "/one/none"] {
        let reply = program.propfind(path, "0", "");
        assert_eq!(reply.status, 401, "{path}");
        assert!(reply.header("www-authenticate").is_some_and(|how| how.starts_with("Basic")), "{path}");
    }
    let ann = Program { server: &server, agent: "test", password: "pw" };
    let root = ann.propfind("/", "1", "").text();
    assert!(root.contains("<D:href>/one/</D:href>") && root.contains("<D:href>/two/</D:href>"), "{root}");
    // A program that has spoken WebDAV is asked for a password, although it looks like a browser.
    let kde = visitor(&server, "Mozilla/5.0 (X11; Linux x86_64) KIO");
    assert_eq!(kde.status("GET", "/one/", &[], ""), 403);
    assert_eq!(kde.propfind("/one/", "0", "").status, 401);
    assert_eq!(kde.status("GET", "/one/", &[], ""), 401);
    assert_eq!(visitor(&server, "Mozilla/5.0 kioworker/6").status("GET", "/one/", &[], ""), 401);
}

#[test]
fn webdav_can_be_switched_off() {
    let server = TestServer::start(["-v", "{root}::rwmd", "--no-dav"]);
    let program = visitor(&server, "test");
    assert_eq!(program.propfind("/", "0", "").status, 400);
    assert_eq!(program.ask("OPTIONS", "/", &[], "").header("dav"), None);
    let server = TestServer::start(["-v", "{root}::rwmd", "--ua-nodav", "^old/"]);
    assert_eq!(visitor(&server, "old/1").propfind("/", "0", "").status, 400);
    assert_eq!(visitor(&server, "new/1").propfind("/", "0", "").status, 207);
}

#[test]
fn a_login_can_be_required() {
    let server = TestServer::start(["-a", "ann:pw", "-v", "{root}::r", "--dav-auth"]);
    assert_eq!(visitor(&server, "test").propfind("/", "0", "").status, 401);
    assert_eq!(Program { server: &server, agent: "test", password: "pw" }.propfind("/", "0", "").status, 207);
    assert_eq!(server.get("/").status, 200, "pages need none");
}

#[test]
fn everything_below_is_listed_only_if_the_settings_allow_it() {
    let ask = |server: &TestServer, more: &[(&str, &str)]| visitor(server, "test").ask("PROPFIND", "/", more, "");
    let server = TestServer::start(["-v", "{root}::r"]);
    for more in [&[][..], &[("Depth", "infinity")]] {
        let reply = ask(&server, more);
        assert_eq!((reply.status, reply.text().contains("propfind-finite-depth")), (403, true));
    }
    let server = TestServer::start(["-v", "{root}::r", "--dav-inf"]);
    for folder in ["a/b/c", "d"] {
        std::fs::create_dir_all(server.root().join(folder)).expect("folders");
    }
    std::fs::write(server.root().join("a/b/c/f"), "x").expect("a file");
    let text = ask(&server, &[("Depth", "infinity")]).text();
    assert!(text.contains("<D:href>/a/b/c/f</D:href>") && text.contains("<D:href>/d/</D:href>"), "{text}");
    assert!(text.ends_with("</D:multistatus>\n"), "{text}");
    // A symlink to a folder above makes the tree endless.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("..", server.root().join("a/up")).expect("a link");
        assert!(!ask(&server, &[("Depth", "infinity")]).body.is_empty());
    }
}

#[test]
fn hostile_xml_is_refused() {
    let server = TestServer::start(["-v", "{root}::rwmd"]);
    let program = visitor(&server, "test");
    let bomb =
        "<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;&b;&b;'>]><propfind xmlns='DAV:'><prop>&c;</prop></propfind>";
    let file = "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><propfind xmlns='DAV:'><prop/></propfind>";
    let deep = format!("<propfind xmlns='DAV:'>{}{}</propfind>", "<a>".repeat(10_000), "</a>".repeat(10_000));
    let wide = format!("<propfind xmlns='DAV:'><prop>{}</prop></propfind>", "<a/>".repeat(20_000));
    let long = format!("<propfind xmlns='DAV:'><prop/></propfind>{}", " ".repeat(300_000));
    for (body, status) in [(bomb, 403), (file, 403), (&deep, 413), (&wide, 413), (&long, 413)] {
        for method in ["PROPFIND", "PROPPATCH", "LOCK"] {
            assert_eq!(program.status(method, "/", &[("Depth", "0")], body), status, "{method} {body:.40}");
        }
    }
    for method in ["PROPFIND", "PROPPATCH"] {
        assert_eq!(program.status(method, "/", &[("Depth", "0")], "<a"), 400, "{method}");
    }
    assert_eq!(program.status("MKCOL", "/x", &[], "<a/>"), 415);
    assert_eq!(program.status("LOCK", "/saved", &[], "<a"), 201, "an odd body never breaks a save");
    let many = "(<urn:x>)".repeat(300);
    assert_eq!(program.status("PUT", "/x", &[("If", &many)], "x"), 400);
    assert_eq!(program.propfind("/", "0", "").status, 207, "it is still there");
}

#[test]
fn a_put_of_webdav_replaces_and_another_keeps_both() {
    let server = TestServer::start(["-v", "{root}::rwmd"]);
    let (davs, plain) = (visitor(&server, "davs/1"), visitor(&server, "plain/1"));
    assert_eq!(plain.status("PUT", "/a.txt", &[], "one"), 201);
    assert_eq!(plain.status("PUT", "/a.txt", &[], "two"), 201);
    assert_eq!(std::fs::read(server.root().join("a.txt")).expect("a file"), b"one");
    assert_eq!(davs.propfind("/", "1", "").status, 207);
    assert_eq!(davs.status("PUT", "/a.txt", &[], "three"), 204);
    assert_eq!(std::fs::read(server.root().join("a.txt")).expect("a file"), b"three");
    assert_eq!(plain.status("PUT", "/a.txt", &[], "four"), 201, "still kept apart");
    assert_eq!(std::fs::read(server.root().join("a.txt")).expect("a file"), b"three");
    assert_eq!(davs.status("PUT", "/no/such/folder/x", &[], "x"), 409);
    assert!(!exists(&server, "no"));
    assert_eq!(davs.status("PUT", "/%20blank%20", &[], "x"), 201);
    assert!(exists(&server, " blank "), "the client looks for exactly this name");
}

/// As Windows stores a file: it looks, makes an empty file, locks it, fills it, and sets its dates. The account may not
/// delete.
#[test]
fn windows_stores_a_file_without_the_right_to_delete() {
    let server = TestServer::start(["-v", "{root}::rw"]);
    let windows = visitor(&server, "Microsoft-WebDAV-MiniRedir/10.0.22631");
    assert_eq!(windows.propfind("/new.docx", "0", "").status, 404);
    assert_eq!(windows.status("PUT", "/new.docx", &[("Translate", "f")], ""), 201);
    let token = lock(&windows, "/new.docx");
    let held = format!("({token})");
    let dates = "<D:propertyupdate xmlns:D='DAV:' xmlns:Z='urn:schemas-microsoft-com:'><D:set><D:prop>\
                 <Z:Win32CreationTime>Tue, 14 Nov 2023 22:13:20 GMT</Z:Win32CreationTime></D:prop></D:set></D:propertyupdate>";
    assert_eq!(windows.status("PROPPATCH", "/new.docx", &[("If", &held)], dates), 401, "needs the right to replace");
    assert_eq!(windows.status("PUT", "/new.docx", &[("If", &held)], "content"), 204);
    assert_eq!(windows.status("UNLOCK", "/new.docx", &[("Lock-Token", &token)], ""), 204);
    assert_eq!(std::fs::read(server.root().join("new.docx")).expect("a file"), b"content");
    assert_eq!(windows.status("PUT", "/new.docx", &[], "other"), 401, "may not replace");
    assert_eq!(
        std::fs::read_dir(server.root())
            .expect("a folder")
            .filter(|entry| { entry.as_ref().is_ok_and(|entry| !entry.file_name().to_string_lossy().starts_with('.')) })
            .count(),
        1,
        "nothing under another name"
    );
}

#[test]
fn locks_hold_for_every_protocol_and_belong_to_their_account() {
    let server = TestServer::start(["-a", "ann:pw", "-a", "ben:bw", "-v", "{root}::rwmd,ann,ben"]);
    let ann = Program { server: &server, agent: "test", password: "pw" };
    let ben = Program { server: &server, agent: "other", password: "bw" };
    assert_eq!(ann.status("PUT", "/f.txt", &[("Translate", "f")], "one"), 201);
    let token = lock(&ann, "/f.txt");
    let held = format!("({token})");
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    for (method, path, more) in [
        ("PUT", "/f.txt", &[("Replace", "1")][..]),
        ("DELETE", "/f.txt", &[]),
        ("MOVE", "/f.txt", &[("Destination", "/g.txt")]),
        ("POST", "/f.txt?delete", &[form]),
        ("PUT", "/f.txt", &[("If", &*held)]),
        ("PUT", "/f.txt", &[("Translate", "f")]),
        ("LOCK", "/f.txt", &[("Depth", "0")]),
    ] {
        let body = if method == "LOCK" { LOCK } else { "" };
        assert_eq!(ben.status(method, path, more, body), 423, "{method} {path} {more:?}");
    }
    let seen = ben.propfind("/f.txt", "0", "").text();
    let bare = token.trim_matches(['<', '>']);
    assert!(seen.contains("ann's editor") && !seen.contains(bare), "others see the lock, not its token: {seen}");
    assert!(ann.propfind("/", "1", "").text().contains(bare));
    assert_eq!(ben.status("UNLOCK", "/f.txt", &[("Lock-Token", &token)], ""), 409);
    assert_eq!(ann.status("PUT", "/f.txt", &[("Translate", "f")], "two"), 423, "the token must be presented");
    assert_eq!(ann.status("PUT", "/f.txt", &[("If", &held)], "two"), 204);
    assert_eq!(ann.status("PUT", "/f.txt", &[("If", "(<urn:uuid:other>)")], "x"), 412);
    assert_eq!(ann.status("PUT", "/f.txt", &[("If", "(Not <DAV:no-lock>)")], "x"), 423);
    assert_eq!(ann.status("LOCK", "/f.txt", &[("If", &held)], ""), 200, "prolonged");
    assert_eq!(ann.status("UNLOCK", "/f.txt", &[("Lock-Token", &token)], ""), 204);
    assert_eq!(ben.status("PUT", "/f.txt", &[("Translate", "f")], "three"), 204);
    // A lock on a name that is free makes an empty file.
    assert_eq!(ann.status("LOCK", "/new.txt", &[("Depth", "0")], "<odd xmlns='x'/>"), 201);
    assert!(exists(&server, "new.txt"));
    assert_eq!(ann.status("LOCK", "/no/such.txt", &[("Depth", "0")], LOCK), 409);
}

#[test]
fn etags_in_conditions_are_those_of_listings() {
    let server = TestServer::start(["-v", "{root}::rwmd"]);
    let program = visitor(&server, "test");
    assert_eq!(program.status("PUT", "/f", &[("Translate", "f")], "one"), 201);
    let text = program.propfind("/f", "0", "").text();
    let etag = text.split("<D:getetag>").nth(1).and_then(|rest| rest.split("</D:getetag>").next()).expect("a tag");
    assert_eq!(program.ask("GET", "/f", &[], "").header("etag"), Some(etag));
    for (header, value, status) in [
        ("If", format!("([{etag}])"), 204),
        ("If", format!("([{etag}])"), 412),
        ("If-Match", etag.to_owned(), 412),
        ("If-None-Match", "*".to_owned(), 412),
        ("If", "</other> ([\"x\"])".to_owned(), 412),
        ("If", "<http://elsewhere/f> (Not [\"x\"])".to_owned(), 412),
        ("If", "(Not [\"x\"])".to_owned(), 204),
    ] {
        assert_eq!(program.status("PUT", "/f", &[(header, &value)], "two"), status, "{header}: {value}");
    }
}

const SET_COLOUR: &str = "<propertyupdate xmlns='DAV:'><set><prop><colour xmlns='urn:x' xml:lang='en'>red &amp; <b/></colour></prop></set></propertyupdate>";

#[test]
fn properties_and_dates_are_kept_and_follow_their_file() {
    let server = two_volumes();
    let ann = Program { server: &server, agent: "test", password: "pw" };
    assert_eq!(ann.status("MKCOL", "/one/d", &[], ""), 201);
    assert_eq!(ann.status("PUT", "/one/d/f", &[], "x"), 201);
    let reply = ann.ask("PROPPATCH", "/one/d/f", &[], SET_COLOUR);
    assert!(reply.status == 207 && reply.text().contains("200 OK"), "{}", reply.text());
    let colour = "<colour xmlns=\"urn:x\" xml:lang=\"en\">red &amp; <b/></colour>";
    let has_colour = |path: &str| ann.propfind(path, "0", "").text().contains(colour);
    assert!(has_colour("/one/d/f") && ann.propfind("/one/d/", "1", "").text().contains(colour));
    let to = |path: &'static str| [("Destination", path)];
    assert_eq!(ann.status("COPY", "/one/d", &to("/two/copy"), ""), 201);
    assert_eq!(ann.status("MOVE", "/one/d/f", &to("/two/moved"), ""), 201);
    assert!(has_colour("/two/copy/f") && has_colour("/two/moved"));
    // By a request of the plain HTTP API.
    assert_eq!(ann.status("POST", "/two/moved?move=/two/again", &[], ""), 201);
    assert!(has_colour("/two/again"));
    assert_eq!(ann.status("PUT", "/two/again", &[], "changed"), 204);
    assert!(has_colour("/two/again"), "new content keeps them");
    assert_eq!(ann.status("COPY", "/two/copy", &[("Destination", "/two/alone"), ("Depth", "0")], ""), 201);
    assert_eq!(ann.propfind("/two/alone/f", "0", "").status, 404);
    assert_eq!(ann.status("DELETE", "/two/again", &[], ""), 204);
    assert_eq!(ann.status("PUT", "/two/again", &[], "another"), 201);
    assert!(!has_colour("/two/again"), "gone with the file");

    let date = "<propertyupdate xmlns='DAV:'><set><prop><Win32LastModifiedTime xmlns='urn:schemas-microsoft-com:'>Tue, 14 Nov \
                2023 22:13:20 GMT</Win32LastModifiedTime></prop></set></propertyupdate>";
    assert!(ann.ask("PROPPATCH", "/two/copy/f", &[], date).text().contains("200 OK"));
    let file = server.dir.path().join("two/copy/f").metadata().expect("a file");
    assert_eq!(file.modified().expect("a date"), UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    assert!(has_colour("/two/copy/f"));
    let computed = SET_COLOUR.replace("</prop>", "<getetag xmlns='DAV:'>x</getetag></prop>").replace("red", "blue");
    let reply = ann.ask("PROPPATCH", "/two/copy/f", &[], &computed).text();
    assert!(reply.contains("403 Forbidden") && reply.contains("424 Failed Dependency"), "{reply}");
    assert!(has_colour("/two/copy/f"), "all or nothing");
    let long = SET_COLOUR.replace("red", &"x".repeat(100_000));
    assert!(ann.ask("PROPPATCH", "/two/copy/f", &[], &long).text().contains("507"), "bounded");
    assert_eq!(ann.status("PUT", "/two/dated", &[("X-OC-Mtime", "1000000000")], "x"), 201);
    let file = server.dir.path().join("two/dated").metadata().expect("a file");
    assert_eq!(file.modified().expect("a date"), UNIX_EPOCH + Duration::from_secs(1_000_000_000));
}

#[test]
fn properties_survive_a_restart() {
    let mut server = TestServer::start(["-v", "{root}::rwmd"]);
    assert_eq!(visitor(&server, "test").status("PUT", "/f", &[("Translate", "f")], "x"), 201);
    assert_eq!(visitor(&server, "test").status("PROPPATCH", "/f", &[], SET_COLOUR), 207);
    server.restart();
    assert!(visitor(&server, "test").propfind("/f", "0", "").text().contains("colour"));
}

#[test]
fn copies_and_moves_say_whether_something_was_replaced() {
    let server = TestServer::start(["-v", "{root}::rwmd"]);
    let program = visitor(&server, "test");
    for name in ["a", "b", "c"] {
        assert_eq!(program.status("PUT", &format!("/{name}"), &[("Translate", "f")], name), 201);
    }
    let ask = |method: &str, from: &str, more: &[(&str, &str)]| program.status(method, from, more, "");
    assert_eq!(ask("COPY", "/a", &[("Destination", "/b"), ("Overwrite", "F")]), 412);
    assert_eq!(ask("COPY", "/a", &[("Destination", "/b")]), 204);
    assert_eq!(ask("MOVE", "/a", &[("Destination", "/d")]), 201);
    assert_eq!(ask("MOVE", "/d", &[("Destination", "/d")]), 403);
    assert_eq!(ask("MOVE", "/d", &[("Destination", "/no/d")]), 409);
    assert_eq!(ask("MOVE", "/d", &[("Destination", "http://elsewhere/d")]), 502);
    assert_eq!(ask("MOVE", "/d", &[]), 400);
    assert_eq!(ask("COPY", "/d", &[("Destination", "/e"), ("Depth", "1")]), 400);
    assert_eq!(ask("MOVE", "/none", &[("Destination", "/e")]), 404);
    assert_eq!(ask("DELETE", "/", &[]), 403, "the top of a volume stays");
    assert!(exists(&server, "b") && exists(&server, "c") && exists(&server, "d"));
}

#[test]
fn the_space_of_a_volume_is_told_to_those_who_ask() {
    let server = TestServer::start(["-v", "{root}::rw:c,vmaxb=1m"]);
    let program = visitor(&server, "test");
    assert_eq!(program.status("PUT", "/f", &[("Translate", "f")], &"x".repeat(24 << 10)), 201);
    let quota = "<propfind xmlns='DAV:'><prop><quota-available-bytes/><quota-used-bytes/></prop></propfind>";
    let text = program.propfind("/", "0", quota).text();
    assert!(text.contains("<D:quota-available-bytes>1024000<"), "{text}");
    assert!(text.contains("<D:quota-used-bytes>24576<"), "{text}");
    assert!(program.propfind("/f", "0", quota).text().contains("404 Not Found"));
    assert_eq!(program.status("PUT", "/g", &[("Translate", "f")], &"x".repeat(1 << 20)), 507);
}

#[test]
fn files_that_only_finder_uses_are_not_kept() {
    let finder = "WebDAVFS/3.0.0 (03008000) Darwin/23.1.0 (arm64)";
    let server = TestServer::start(["-v", "{root}::rwmd."]);
    let program = visitor(&server, finder);
    assert_eq!(program.propfind("/", "0", "").status, 207);
    for name in ["/._a.txt", "/.DS_Store"] {
        assert_eq!(program.status("PUT", name, &[], "x"), 423, "{name}");
        assert_eq!(program.status("LOCK", name, &[("Depth", "0")], LOCK), 423, "{name}");
    }
    assert_eq!(program.status("PUT", "/a.txt", &[], "x"), 201);
    assert_eq!(visitor(&server, "rclone").status("PUT", "/.DS_Store", &[("Translate", "f")], "x"), 201);
    let server = TestServer::start(["-v", "{root}::rwmd.", "--dav-mac"]);
    let program = visitor(&server, finder);
    assert_eq!(program.propfind("/", "0", "").status, 207);
    assert_eq!(program.status("PUT", "/._a.txt", &[], "x"), 201);
}

#[test]
fn owncloud_and_nextcloud_paths_reach_the_same_files() {
    let server = TestServer::start(["-v", "{root}::rwmd", "--rp-loc", "/base"]);
    std::fs::write(server.root().join("f"), "x").expect("a file");
    let program = visitor(&server, "test");
    for alias in ["/base/remote.php/webdav", "/remote.php/webdav", "/remote.php/dav/files/ann"] {
        let text = program.propfind(&format!("{alias}/"), "1", "").text();
        let alias = if alias.starts_with("/base") { alias.to_owned() } else { format!("/base{alias}") };
        assert!(text.contains(&format!("<D:href>{alias}/f</D:href>")), "{alias}: {text}");
        assert_eq!(program.ask("GET", &format!("{alias}/f"), &[], "").body, b"x");
        let more = [("Destination", &*format!("http://{}{alias}/g", server.addr))];
        assert_eq!(program.status("MOVE", &format!("{alias}/f"), &more, ""), 201);
        assert_eq!(program.status("MOVE", "/base/g", &[("Destination", "/base/f")], ""), 201);
    }
}

#[test]
fn a_port_of_its_own_makes_every_client_one_of_webdav() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its number").port();
    drop(listener);
    let server = TestServer::start(["-v", "{root}::rwmd", "--dav-port", &port.to_string()]);
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let put = |body: &[u8]| {
        let mut conn = support::http::Conn::open(address).expect("it listens");
        conn.send("PUT", "/f", &[("User-Agent", "plain")], body).expect("a reply").status
    };
    assert_eq!((put(b"one"), put(b"two")), (201, 204));
    assert_eq!(std::fs::read(server.root().join("f")).expect("a file"), b"two");
}
