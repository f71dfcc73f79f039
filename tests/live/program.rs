//! The headless binary as scripts and service managers use it: output and exit codes.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use support::server::{TestServer, binary};

fn run(args: &[&str]) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(binary());
    command.args(args).current_dir(dir.path()).env("HOME", dir.path()).stdin(Stdio::null());
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
        command.env_remove(name);
    }
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn configuration_faults_end_with_1() {
    let out = run(&["--no-such-option"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).starts_with("error: "), "{}", text(&out.stderr));
    let out = run(&["-v", ".::rx"]);
    assert_eq!(out.status.code(), Some(1));
}

#[test]
fn a_taken_port_ends_with_2() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let out = run(&["-i", "127.0.0.1", "-p", &port]);
    assert_eq!(out.status.code(), Some(2), "{}", text(&out.stderr));
    assert!(text(&out.stderr).contains(&format!("Port {port} is already taken")), "{}", text(&out.stderr));
}

#[test]
fn exit_stops_after_the_named_step() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    std::fs::create_dir_all(dir.path().join("v/.hist")).unwrap();
    std::fs::write(dir.path().join("v/.hist/potluck.db"), [7; 9000]).unwrap();
    let volume = format!("{}::r", at("v"));
    let common = ["-i", "127.0.0.1", "--state-folder", &at("state"), "-v", &volume, "-p"];

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let out = run(&[&common[..], &[&port, "--exit", "cfg"]].concat());
    assert_eq!((out.status.code(), text(&out.stdout)), (Some(0), String::new()));
    assert!(!dir.path().join("state").exists(), "the configuration is only read");
    let out = run(&[&common[..], &[&port, "--exit", "idx"]].concat());
    assert_eq!(out.status.code(), Some(2), "a taken port is noticed: {}", text(&out.stderr));

    let out = run(&[&common[..], &["0", "--exit", "idx"]].concat());
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    assert!(!text(&out.stdout).contains("listening"), "{}", text(&out.stdout));
    assert!(dir.path().join("v/.hist/potluck.db.damaged").exists(), "the ledger was opened: {}", text(&out.stderr));
    assert!(dir.path().join("state/secret.key").exists());
}

#[test]
fn version_and_help_are_printed() {
    let out = run(&["--version"]);
    assert_eq!(out.status.code(), Some(0));
    assert!(text(&out.stdout).starts_with("potluck-server "));
    assert_eq!(run(&["--help"]).status.code(), Some(0));
}

#[test]
fn quiet_still_prints_the_address() {
    let server = TestServer::start(["-q", "-v", "{root}::r"]);
    assert_eq!(server.get("/").status, 200);
    let log = server.log();
    assert!(log.contains("listening on http://127.0.0.1:"), "{log}");
    assert!(!log.contains("GET /"), "{log}");
}

#[test]
fn requests_are_logged_without_their_secrets() {
    let mut server = TestServer::start(["-v", "{root}::r", "-lo", "{dir}/log-%Y.txt"]);
    server.get("/?ls&pw=hunter2");
    server.get("/.potluck/join/hunter2");
    server.get("/?invite=hunter2");
    server.connect().send("POST", "/.potluck//%6aoin/hunter2?x", &[], b"").unwrap();
    assert_eq!(server.stop(), Some(0));
    let log = server.log();
    for line in [
        "GET /?ls&pw=*** 200 ",
        "GET /.potluck/join/*** 200 ",
        "GET /?invite=*** 200 ",
        "POST /.potluck/join/***?x 403 ",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert!(!log.contains("hunter2"), "{log}");
    let files = std::fs::read_dir(server.dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let file = files.into_iter().find(|path| path.to_string_lossy().contains("/log-20")).expect("a log file");
    assert!(std::fs::read_to_string(file).unwrap().contains("pw=*** 200 "));
}

#[test]
fn sigterm_ends_it_within_five_seconds() {
    let mut server = TestServer::start(["-v", "{root}::r"]);
    std::fs::write(server.root().join("big"), vec![1; 64 << 20]).unwrap();
    let mut stuck = server.connect();
    stuck.write(b"GET /big HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").unwrap();
    let begun = Instant::now();
    assert_eq!(server.stop(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn sigusr1_reloads_the_configuration() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("files")).unwrap();
    std::fs::write(dir.path().join("files/a.txt"), "a").unwrap();
    let config = dir.path().join("c.conf");
    let write = |rights: &str| std::fs::write(&config, format!("[/]\n  ./files\n  accs:\n    {rights}: *\n")).unwrap();
    write("w");
    let server = TestServer::start_in(dir, ["-c", "{dir}/c.conf"]);
    assert_ne!(server.get("/a.txt").status, 200);
    std::fs::write(server.dir.path().join("c.conf"), "[/]\n  ./files\n  accs:\n    r: *\n").unwrap();
    let pid = server.pid().to_string();
    assert!(Command::new("kill").args(["-USR1", &pid]).status().unwrap().success());
    let begun = Instant::now();
    while server.get("/a.txt").status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", server.log());
        std::thread::sleep(Duration::from_millis(10));
    }

    let kept = std::fs::read_to_string(server.dir.path().join("c.conf")).unwrap();
    assert_eq!(kept, "[/]\n  ./files\n  accs:\n    r: *\n", "the file is not rewritten");

    // A file with a fault changes nothing.
    std::fs::write(server.dir.path().join("c.conf"), "[/]\n  ./files\n  accs:\n    q: *\n").unwrap();
    assert!(Command::new("kill").args(["-USR1", &pid]).status().unwrap().success());
    while !server.log().contains("not reloaded") {
        assert!(begun.elapsed() < Duration::from_secs(40), "{}", server.log());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(server.get("/a.txt").status, 200);
}

#[test]
fn without_arguments_an_invitation_is_printed() {
    let server = TestServer::start::<&str>([]);
    let begun = Instant::now();
    while !server.log().contains("/.potluck/join/") {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", server.log());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(server.log().contains('▄') || server.log().contains('█'), "{}", server.log());
}

#[cfg(unix)]
#[test]
fn ls_finds_links_that_leave_their_volume() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("v/sub")).unwrap();
    std::fs::create_dir_all(dir.path().join("w")).unwrap();
    std::fs::write(dir.path().join("w/there"), "x").unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let (v, w) = (format!("{}:v:r", at("v")), format!("{}:w:r,ed", at("w")));
    // The port is taken; `--ls` alone does not need it.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let common = ["-i", "127.0.0.1", "-p", &port, "--state-folder", &at("state"), "-a", "ed:pw", "-v", &v, "-v", &w];
    let ls = |request: &str| {
        let out = run(&[&common[..], &["--ls", request]].concat());
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, dir.path().join(name)).unwrap();

    link("../sub", "v/sub/inside");
    let (code, shown, said) = ls("**,*,ln,p");
    assert_eq!((code, shown.as_str()), (Some(0), "links that leave their volume:\n  none\n"), "{said}");
    let (code, _, said) = ls("**,*,ln,p,r");
    assert_eq!(code, Some(2), "continues to serve, and finds the port taken: {said}");

    link("/etc/hostname", "v/sub/out");
    link("../w/there", "v/over\u{1b}[2J");
    link("/etc/hostname", "w/hers");
    let (code, shown, _) = ls("**,*,ln");
    assert_eq!(code, Some(0));
    let target = std::fs::canonicalize(dir.path().join("w/there")).unwrap();
    for line in [
        "  /v/sub/out -> /etc/hostname; no account has access\n",
        &format!("  /v/over\\u{{1b}}[2J -> {}; ed gets to /w/there\n", target.display()),
        "  /w/hers -> /etc/hostname; no account has access\n",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(!shown.contains("/inside"), "{shown}");
    for request in ["**,*,ln,p", "**,*,ln,p,r", "*,v,p", "**,,p,v"] {
        let (code, shown, _) = ls(request);
        assert!(code == Some(1) && shown.contains("/v/sub/out"), "{request}: {code:?} {shown}");
        assert_eq!(shown.contains("as *:"), !request.contains("ln"), "{shown}");
    }
    let (code, shown, _) = ls("*,w,ln,p");
    assert_eq!((code, shown.contains("none")), (Some(0), true), "visitors have no access to it: {shown}");
    let careful = run(&[&common[..], &["-sss"]].concat());
    assert_eq!(careful.status.code(), Some(1), "{}", text(&careful.stderr));
}

#[test]
fn ls_leaves_unfinished_uploads_of_a_running_server_alone() {
    let server = TestServer::start(["-v", "{root}::rw"]);
    let mut sender = server.connect();
    let head = "PUT /slow.bin HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 200000\r\n\r\n";
    sender.write(head.as_bytes()).unwrap();
    sender.write(&[7; 150_000]).unwrap();
    let partial = || {
        let names = std::fs::read_dir(server.root()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().ends_with(".PARTIAL")).count()
    };
    let begun = Instant::now();
    while partial() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", server.log());
        std::thread::sleep(Duration::from_millis(10));
    }
    let (state, volume) = (server.dir.path().join("state"), format!("{}::rw", server.root().display()));
    let port = server.addr.port().to_string();
    let common = ["-i", "127.0.0.1", "-p", &port, "-v", &volume, "--hist", state.to_str().unwrap()];
    assert_eq!(run(&[&common[..], &["--ls", "**"]].concat()).status.code(), Some(0));
    assert_eq!(run(&common).status.code(), Some(2), "the port is taken");
    assert_eq!(partial(), 1);
    sender.write(&[7; 50_000]).unwrap();
    assert_eq!(sender.receive(false).unwrap().status, 201);
    assert_eq!(std::fs::read(server.root().join("slow.bin")).unwrap(), [7; 200_000]);
}

#[test]
fn ls_shows_what_accounts_can_see() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("v/sub")).unwrap();
    std::fs::write(dir.path().join("v/sub/f.txt"), "x").unwrap();
    let source = format!("{}::r,ed", dir.path().join("v").display());
    let state = dir.path().join("state").display().to_string();
    let common = ["-i", "127.0.0.1", "-p", "0", "--state-folder", &state, "-a", "ed:pw", "-v", &source, "--ls"];
    let out = run(&[&common[..], &["**,,v"]].concat());
    let shown = text(&out.stdout);
    assert_eq!(out.status.code(), Some(0), "{shown} {}", text(&out.stderr));
    let (anonymous, ed) = shown.split_once("as ed:").expect("both views");
    assert!(!anonymous.contains("f.txt") && ed.contains("f.txt"), "{shown}");
    // A typing error is a fault, and not an empty list.
    for (request, named) in [("edd", "'edd'"), ("**,/nope", "'/nope'"), ("ed,w,v", "'/w'")] {
        let out = run(&[&common[..], &[request]].concat());
        let (code, said) = (out.status.code(), text(&out.stderr));
        assert!(code == Some(1) && said.contains(named), "{request}: {code:?} {said}");
    }
}

#[test]
fn ls_lists_every_file_as_it_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    for (name, content) in [
        ("v/a.txt", "four"),
        ("v/sub/deeper/b.txt", "x"),
        ("v/.dot", ""),
        ("v/esc\u{1b}[2J\n.txt", ""),
        ("w/secret", ""),
    ] {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    std::os::unix::fs::symlink(".", dir.path().join("v/sub/circle")).unwrap();
    std::os::unix::fs::symlink("..", dir.path().join("v/sub/up")).unwrap();
    let (v, w, state) = (format!("{}:v:r", at("v")), format!("{}:w:r,ed", at("w")), at("state"));
    let common = ["-i", "127.0.0.1", "-p", "0", "--state-folder", &state, "-a", "ed:pw", "-v", &v, "-v", &w, "--ls"];
    let list = |account: &str| {
        let out = run(&[&common[..], &[account]].concat());
        assert_eq!(out.status.code(), Some(0), "{account}: {}", text(&out.stderr));
        text(&out.stdout)
    };
    let all = list("**");
    let (visitor, ed) = all.split_once("as ed:").expect("both views");
    for line in ["    /v/\n", "    /v/a.txt\n", "    /v/sub/deeper/\n", "    /v/sub/deeper/b.txt\n"] {
        assert!(visitor.contains(line) && ed.contains(line), "{line:?} in {all}");
    }
    assert!(all.contains(r"/v/esc\u{1b}[2J\u{a}.txt") && !all.contains('\u{1b}'), "{all}");
    assert!(!all.contains(".dot"), "a hidden name is listed: {all}");
    assert!(!visitor.contains("secret") && ed.contains("    /w/secret\n"), "{all}");
    assert!(all.lines().count() < 60, "circular links end: {all}");
    let one = list("*,v");
    assert!(one.contains("/v/a.txt") && !one.contains("/w") && !one.contains("as ed"), "{one}");
    let verbose = list("ed,w,v");
    let line = verbose.lines().find(|line| line.ends_with("  /w/secret")).expect(&verbose);
    assert!(line.trim_start().starts_with("0  20"), "{verbose}");
}

#[test]
fn errors_at_the_start_name_their_option_and_cause() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    std::fs::create_dir_all(dir.path().join("v")).unwrap();
    std::fs::create_dir_all(dir.path().join("damaged")).unwrap();
    std::fs::write(dir.path().join("damaged/secret.key"), "short").unwrap();
    for (name, content) in
        [("file", "x"), ("bad.pem", "x"), ("bad.conf", "[global]\n  nonsense: 1\n"), ("bad.toml", "x = [")]
    {
        std::fs::write(dir.path().join(name), content).unwrap();
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
    let unix = |rest: &str| format!("unix:{rest}");
    let (state, volume) = (at("state"), format!("{}::r", at("v")));
    let usual = ["-i", "127.0.0.1", "-p", "0", "--state-folder", &state, "-v", &volume];
    // The last of two values is used.
    for (more, names) in [
        (["--state", "/proc/nope"], ["/proc/nope", "--state-folder", "No such file"]),
        (["--state", &at("file")], [&*at("file"), "--state-folder", "File exists"]),
        (["--state", &at("damaged")], [&*at("damaged/secret.key"), "--state-folder", "the secret is damaged"]),
        (["-v", &format!("{}:w:r", at("file"))], [&*at("file"), "-v", "is a file"]),
        (["-v", &format!("{}:w:r:c,assert_root", at("none"))], [&*at("none"), "-v", "is missing"]),
        (["-p", &port], [&*port, "-p", "already taken"]),
        (["-i", "192.0.2.1"], ["192.0.2.1", "-i", "not an address of this machine"]),
        (["-i", &unix(&at("socket"))], [&*at("socket"), "-i", "Another program"]),
        (["-i", &unix(&at("none/socket"))], [&*at("none/socket"), "-i", "No such file"]),
        (["-i", &unix(&format!("660:nogroupp:{}", at("other")))], [&*at("other"), "-i", "no group 'nogroupp'"]),
        (["--cert", &at("none.pem")], [&*at("none.pem"), "--cert", "No such file"]),
        (["--cert", &at("bad.pem")], [&*at("bad.pem"), "--cert", "no usable certificate"]),
        (["-c", &at("none.conf")], [&*at("none.conf"), "-c", "no configuration file"]),
        (["-c", &at("bad.conf")], [&*at("bad.conf"), "bad.conf:2", "'nonsense'"]),
        (["-c", &at("bad.toml")], [&*at("bad.toml"), "bad.toml:1", "unclosed array"]),
        (["-lo", &at("v")], [&*at("v"), "--log-file", "Is a directory"]),
        (["-lo", &at("file/log")], [&*at("file/log"), "--log-file", "cannot be written"]),
    ] {
        let out = run(&[&usual[..], &more].concat());
        let said = text(&out.stderr);
        assert!(matches!(out.status.code(), Some(1 | 2)), "{more:?}: {:?} {said}", out.status);
        let error = said.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
        for name in names {
            assert!(said.contains(name) && !error.is_empty(), "{more:?} without {name}: {said}");
        }
    }
}

#[test]
fn an_unusable_database_folder_is_reported_at_the_start() {
    let server = TestServer::start(["-v", "{root}::rw:c,hist=/proc/nope"]);
    let begun = Instant::now();
    while !server.log().contains("/proc/nope") {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", server.log());
        std::thread::sleep(Duration::from_millis(10));
    }
    let log = server.log();
    assert!(log.contains("the volume flag hist") && log.contains("No such file"), "{log}");
}
