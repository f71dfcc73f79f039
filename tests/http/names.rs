//! Logins that need a name (`--usernames`): a password alone opens nothing, however it is sent.

use support::TestServer;
use support::form::{FORM, field, form};

#[test]
fn a_password_alone_is_no_login() {
    let accounts =
        ["--usernames", "-a", "ann:same", "-a", "ben:same", "-v", "{root}:ann:r,ann", "-v", "{dir}:ben:r,ben"];
    let server = TestServer::start(accounts);
    let status = |path: &str, headers: &[(&str, &str)]| {
        server.connect().send("GET", path, headers, b"").expect("a reply").status
    };
    for (alone, encoded) in [("same", "c2FtZQ=="), (":same", "OnNhbWU="), ("same:", "c2FtZTo=")] {
        let basic = format!("Basic {encoded}");
        for path in ["/ann/", "/ben/"] {
            assert!([401, 403].contains(&status(path, &[("PW", alone)])), "{alone}");
            assert!([401, 403].contains(&status(path, &[("Authorization", &basic)])), "{alone}");
            assert!([401, 403].contains(&status(&format!("{path}?pw={alone}"), &[])), "{alone}");
            assert!([401, 403].contains(&status(path, &[("Cookie", &format!("cppwd={alone}"))])), "{alone}");
        }
    }
    for (pair, encoded, own, other) in
        [("ann:same", "YW5uOnNhbWU=", "/ann/", "/ben/"), ("ben:same", "YmVuOnNhbWU=", "/ben/", "/ann/")]
    {
        let basic = format!("Basic {encoded}");
        assert_eq!(status(own, &[("PW", pair)]), 200);
        assert_eq!(status(own, &[("Authorization", &basic)]), 200);
        assert!([401, 403].contains(&status(other, &[("PW", pair)])));
    }
    let sign_in = |parts: &[Vec<u8>]| {
        let reply = server.connect().send("POST", "/ann/", &[FORM], &form(parts)).expect("a reply");
        reply.header("set-cookie").is_some_and(|cookie| cookie.starts_with("cppwd=") && !cookie.contains("Max-Age=0"))
    };
    assert!(!sign_in(&[field("act", b"login"), field("cppwd", b"same")]));
    assert!(sign_in(&[field("act", b"login"), field("cppwd", b"same"), field("uname", b"ann")]));
}
