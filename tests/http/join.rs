//! Six digits or a scanned code log one device in, once; guessing does not.

use std::time::{Duration, Instant};

use support::TestServer;
use support::http::Response;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// Starts a server that everyone may read. Returns it with the digits and the path of the invitation that it prints at
/// its start, which allows to add files.
fn world(args: &[&str]) -> (TestServer, String, String) {
    let server = TestServer::start(args);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let log = server.log();
        let digits = log.split_once(" and type ").map(|(_, rest)| rest.chars().take(6).collect::<String>());
        let code = log.lines().find_map(|line| line.split_once("/.potluck/join/")).map(|(_, code)| code.trim());
        if let (Some(digits), Some(code)) = (digits.filter(|digits| digits.len() == 6), code) {
            return (server, digits, format!("/.potluck/join/{code}"));
        }
        assert!(Instant::now() < deadline, "no invitation: {log}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn post(server: &TestServer, path: &str, from: &str, body: &str) -> Response {
    let headers = [FORM, ("X-Forwarded-For", from)];
    server.connect().send("POST", path, &headers, body.as_bytes()).expect("a reply")
}

fn cookie(reply: &Response) -> String {
    let set = reply.header("set-cookie").unwrap_or_else(|| panic!("no cookie: {}", reply.text()));
    set.split(';').next().expect("a pair").to_owned()
}

/// Adds a file as the guest with this cookie. Returns the status.
fn add(server: &TestServer, name: &str, cookie: &str) -> u16 {
    server.connect().send("PUT", &format!("/{name}"), &[("Cookie", cookie)], b"x").expect("a reply").status
}

/// Returns the `nth` code of six digits other than `digits`.
fn wrong(digits: &str, nth: u32) -> String {
    format!("{:06}", (digits.parse::<u32>().expect("digits") + nth) % 1_000_000)
}

#[test]
fn digits_log_one_device_in_and_the_session_survives_a_restart() {
    let (mut server, digits, path) = world(&[]);
    let page = server.get("/.potluck/join");
    assert!(page.status == 200 && page.text().contains("inputmode=\"numeric\""), "{}", page.text());
    assert_eq!(add(&server, "a.txt", "cppwd=x"), 403);
    let typed = format!("code={}+-+{}&device=Kim", &digits[..3], &digits[3..]);
    let joined = post(&server, "/.potluck/join", "192.0.2.1", &typed);
    assert_eq!((joined.status, joined.header("location")), (303, Some("/")));
    let session = cookie(&joined);
    assert_eq!(add(&server, "a.txt", &session), 201);
    assert_eq!(post(&server, "/.potluck/join", "192.0.2.1", &typed).status, 403, "the digits work once");
    assert_eq!(post(&server, &path, "192.0.2.1", "").status, 403, "the long code belongs to the same invitation");

    server.restart();
    assert_eq!(add(&server, "b.txt", &session), 201, "the session survives a kill");
    let bye =
        server.connect().send("POST", "/", &[("Cookie", &session), support::form::FORM], &logout()).expect("a reply");
    assert_eq!(bye.status, 200);
    assert_eq!(add(&server, "c.txt", &session), 403);
    assert!(!server.log().contains(session.trim_start_matches("cppwd=")), "the log contains a session token");
}

fn logout() -> Vec<u8> {
    support::form::form(&[support::form::field("act", b"logout")])
}

/// Ten wrong codes from different addresses: no address is banned, but the digits stop working.
#[test]
fn digits_stop_working_after_guesses_from_many_addresses() {
    let (server, digits, path) = world(&["--ban-pw", "no"]);
    for nth in 1..=10 {
        let guess = format!("code={}", wrong(&digits, nth));
        assert_eq!(post(&server, "/.potluck/join", &format!("192.0.2.{nth}"), &guess).status, 403);
    }
    assert_eq!(post(&server, "/.potluck/join", "192.0.2.77", &format!("code={digits}")).status, 403);
    assert_eq!(post(&server, &path, "192.0.2.77", "device=late").status, 303, "the QR code still works");
}

#[test]
fn an_address_that_guesses_digits_is_banned() {
    let (server, digits, path) = world(&["--ban-pw", "2,60,60"]);
    for nth in 1..=3 {
        let guess = format!("code={}", wrong(&digits, nth));
        assert_eq!(post(&server, "/.potluck/join", "192.0.2.1", &guess).status, 403);
    }
    for (path, body) in [("/.potluck/join", format!("code={digits}")), (path.as_str(), String::new())] {
        assert_eq!(post(&server, path, "192.0.2.1", &body).status, 429, "{path}");
    }
    let joined = post(&server, "/.potluck/join", "192.0.2.2", &format!("code={digits}"));
    assert_eq!(joined.status, 303, "another address is not banned");
    assert_eq!(add(&server, "a.txt", &cookie(&joined)), 201);
}
