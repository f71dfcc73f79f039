//! People change the passwords of their accounts (`--chpw`).

use support::TestServer;
use support::form::{FORM, field, form};

const ARGS: [&str; 12] = [
    "--chpw",
    "--chpw-no",
    "bob",
    "-a",
    "ann:first-one",
    "-a",
    "bob:bobs-one",
    "-a",
    "eve:eves-one",
    "-v",
    "{root}::r,ann:r,bob",
    "--usernames",
];

/// Returns the status, whether a new session was given, and the page.
fn change(server: &TestServer, proof: &str, old: &str, new: &str, again: Option<&str>) -> (u16, bool, String) {
    let mut parts = vec![field("act", b"chpw"), field("old", old.as_bytes()), field("pw", new.as_bytes())];
    parts.extend(again.map(|again| field("again", again.as_bytes())));
    let reply = server.connect().send("POST", "/", &[FORM, ("PW", proof)], &form(&parts)).expect("a reply");
    let has_session = reply.header("set-cookie").is_some_and(|cookie| cookie.starts_with("cppwd="));
    (reply.status, has_session, reply.text())
}

fn opens(server: &TestServer, proof: &str) -> bool {
    server.connect().send("GET", "/", &[("PW", proof)], b"").expect("a reply").status == 200
}

#[test]
fn a_new_password_replaces_the_old_one_also_after_a_restart() {
    let mut server = TestServer::start(ARGS);
    let page = server.connect().send("GET", "/?chpw", &[("PW", "ann:first-one")], b"").expect("a reply");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("autocomplete=\"new-password\""));
    let (status, session, _) = change(&server, "ann:first-one", "first-one", "second-one", Some("second-one"));
    assert_eq!((status, session), (200, true));
    for _ in 0..2 {
        assert!(opens(&server, "ann:second-one"));
        assert!(!opens(&server, "ann:first-one"));
        assert!(opens(&server, "bob:bobs-one"));
        server.restart();
    }
}

#[test]
fn what_is_refused_changes_nothing() {
    let server = TestServer::start(ARGS);
    let ann = "ann:first-one";
    for (old, new, again, status) in [
        ("wrong", "second-one", Some("second-one"), 422),
        ("first-one", "second-one", Some("second-two"), 422),
        ("first-one", "short", Some("short"), 422),
        ("first-one", "", Some(""), 422),
        ("", "second-one", None, 422),
        ("first-one", "with\tcontrol", None, 422),
    ] {
        let (got, session, page) = change(&server, ann, old, new, again);
        assert_eq!((got, session), (status, false), "{old} {new}");
        assert!(page.contains("note bad"), "the form says why: {page}");
    }
    for proof in ["bob:bobs-one", "ann:wrong", ""] {
        assert_eq!(change(&server, proof, "bobs-one", "second-one", None).0, 403, "{proof}");
        let page = server.connect().send("GET", "/?chpw", &[("PW", proof)], b"").expect("a reply");
        assert!([401, 403].contains(&page.status), "{proof}");
    }
    assert!(opens(&server, ann) && opens(&server, "bob:bobs-one"));
    let off = TestServer::start(["-a", "ann:first-one", "-v", "{root}::r,ann"]);
    assert_eq!(change(&off, "first-one", "first-one", "second-one", None).0, 403);
}

#[test]
fn a_password_alone_stays_unique() {
    let server =
        TestServer::start(["--chpw", "-a", "ann:first-one", "-a", "bob:bobs-one", "-v", "{root}::r,ann:r,bob"]);
    let (status, _, page) = change(&server, "first-one", "first-one", "bobs-one", None);
    assert_eq!(status, 422);
    assert!(page.contains("Another account uses this password"));
    assert!(opens(&server, "first-one"));
}
