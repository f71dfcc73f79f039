//! Our own client: `push`, `pull` and `sync`, to our server and to copyparty's; killed, lied to, and interrupted.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, UNIX_EPOCH};

use serde_json::Value;
use support::proxy::Proxy;
use support::{TestServer, data, server, skip};

/// A command of the client; lines of JSON on stdout.
fn client(command: &str, args: &[&str]) -> Command {
    let mut program = Command::new(server::binary());
    program.arg(command).arg("--json").args(args).env_remove("POTLUCK_PASSWORD");
    program
}

/// What a command told at its end, and its exit code.
struct Outcome {
    code: Option<i32>,
    lines: Vec<Value>,
}

impl Outcome {
    fn of(output: &Output) -> Self {
        let text = String::from_utf8_lossy(&output.stdout);
        let lines = text.lines().map(|line| serde_json::from_str(line).expect("lines of JSON")).collect();
        Self { code: output.status.code(), lines }
    }

    fn sum(&self, what: &str) -> u64 {
        let end = self.lines.iter().find(|line| line["event"] == "end").expect("the sums");
        end[what].as_u64().expect("a number")
    }

    fn paths(&self, event: &str) -> Vec<&str> {
        let mut paths: Vec<_> =
            self.lines.iter().filter(|line| line["event"] == event).filter_map(|line| line["path"].as_str()).collect();
        paths.sort_unstable();
        paths
    }
}

fn ran(command: &str, args: &[&str]) -> Outcome {
    let output = client(command, args).output().expect("the client starts");
    Outcome::of(&output)
}

/// Like [`ran`], and fails unless all was done.
fn done(command: &str, args: &[&str]) -> Outcome {
    let outcome = ran(command, args);
    assert_eq!(outcome.code, Some(0), "{command} {args:?}: {:?}", outcome.lines);
    outcome
}

/// Files of many sizes with nasty names, dates, an empty file and two equal ones. Returns how many.
fn make_tree(folder: &Path) -> usize {
    data::tree(folder, 300, 3000);
    let names = ["smile 😀 & # %41.txt", "a+b ;=,.bin", "ümläut\u{308}", "-dash", "quote'\"<>|:*?", "trailing."];
    for (number, name) in names.iter().enumerate() {
        fs::write(folder.join(name), data::noise(7000 + number as u64, 1000 * number)).expect("a file");
    }
    fs::write(folder.join("large.bin"), data::noise(1, 20 << 20)).expect("a file");
    fs::create_dir_all(folder.join("deep/er/est")).expect("a folder");
    fs::copy(folder.join("large.bin"), folder.join("deep/er/est/equal.bin")).expect("a copy");
    let count = 300 + names.len() + 2;
    for (number, path) in data::files(folder).iter().enumerate() {
        let file = fs::File::options().append(true).open(folder.join(path)).expect("a file");
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_500_000_000 + number as u64)).expect("a date");
    }
    count
}

fn seconds(path: &Path) -> u64 {
    let modified = fs::metadata(path).and_then(|found| found.modified()).expect("a date");
    modified.duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

fn assert_same_dates(expected: &Path, got: &Path) {
    for path in data::files(expected) {
        assert_eq!(seconds(&expected.join(&path)), seconds(&got.join(&path)), "{}", path.display());
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of a test")
}

fn inside(path: &Path) -> String {
    format!("{}/", path.display())
}

/// Sends a tree, sends it again, and receives it.
fn round_trip(url: &str, counting: Option<&Proxy>, home: &Path) {
    let (source, got) = (home.join("source"), home.join("got"));
    let count = make_tree(&source);
    fs::create_dir(source.join("empty folder")).expect("a folder");
    let from = inside(&source);
    let first = done("push", &[&from, url]);
    assert_eq!(first.sum("failed"), 0);
    let before = counting.map_or(0, Proxy::sent);
    let second = done("push", &[&from, url]);
    // An empty file has no content that is there or not.
    assert_eq!((second.sum("same"), second.sum("sent")), (count as u64 - 1, 1));
    if let Some(proxy) = counting {
        let sent = proxy.sent() - before;
        assert!(sent < count as u64 * 1_000 + 100_000, "the second run sent {sent} bytes for {count} files");
    }
    let received = done("pull", &[url, text(&got)]);
    assert_eq!(received.sum("verified") + received.sum("received"), count as u64);
    data::assert_same_tree(&source, &got);
    assert_same_dates(&source, &got);
    assert!(got.join("empty folder").is_dir());
    assert_eq!(done("pull", &[url, text(&got)]).sum("same"), count as u64);
}

#[test]
fn a_tree_is_sent_once_and_comes_back_the_same() {
    let server = TestServer::writable();
    let proxy = Proxy::start(server.addr);
    let home = server.dir.path().join("home");
    round_trip(&format!("http://{}/", proxy.addr), Some(&proxy), &home);
    data::assert_same_tree(&home.join("source"), &server.root());
    let again = done("pull", &[&server.url(""), text(&home.join("verified"))]);
    assert_eq!(again.sum("received"), 1, "only the empty file has nothing to verify: {:?}", again.paths("received"));
}

/// A server of copyparty. Dropping it ends it.
struct Copyparty {
    child: Child,
    addr: SocketAddr,
}

impl Copyparty {
    /// Serves a folder. `None`: it is not installed here.
    fn start(folder: &Path) -> Option<Self> {
        let (python, _) = skip::need_u2c()?;
        let addr = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let child = Command::new(python)
            .args(["-m", "copyparty", "-q", "-i", "127.0.0.1", "-p", &addr.port().to_string(), "-e2dsa"])
            .args(["-v", &format!("{}::rwmd", folder.display())])
            .env("XDG_CONFIG_HOME", folder.with_extension("config"))
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("python starts");
        let started = Self { child, addr };
        let end = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(addr).is_err() {
            assert!(Instant::now() < end, "copyparty does not listen");
            std::thread::sleep(Duration::from_millis(100));
        }
        Some(started)
    }
}

impl Drop for Copyparty {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn copyparty_is_sent_to_and_received_from() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("files");
    fs::create_dir(&folder).expect("a folder");
    let Some(copyparty) = Copyparty::start(&folder) else { return };
    round_trip(&format!("http://{}/", copyparty.addr), None, home.path());
}

#[test]
fn an_upload_goes_on_after_the_server_or_the_client_was_killed() {
    let mut server = TestServer::writable();
    let home = server.dir.path().join("home");
    fs::create_dir(&home).expect("a folder");
    let file = home.join("large.bin");
    fs::write(&file, data::noise(3, 300 << 20)).expect("room on the disk");
    let start = |url: &str| {
        let mut command = client("push", &["-j2", text(&file), url]);
        command.stdout(Stdio::piped()).spawn().expect("the client starts")
    };
    let url = server.url("");
    let until_half_sent = |server: &TestServer| {
        let end = Instant::now() + Duration::from_secs(60);
        while blocks(&server.root()) < 40 << 20 {
            assert!(Instant::now() < end, "nothing arrives");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let mut first = start(&url);
    until_half_sent(&server);
    first.kill().expect("is running");
    first.wait().expect("ends");
    let second = start(&url);
    std::thread::sleep(Duration::from_millis(300));
    server.restart();
    let output = second.wait_with_output().expect("ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    data::assert_same_tree(&home, &server.root());
}

/// Bytes on the disk below a folder.
fn blocks(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let sizes = data::files(folder).into_iter().filter_map(|path| fs::metadata(folder.join(path)).ok());
    sizes.map(|found| found.blocks() * 512).sum()
}

#[test]
fn what_an_earlier_run_has_received_wrongly_is_received_again() {
    let server = TestServer::writable();
    let content = data::noise(4, 30 << 20);
    fs::write(server.root().join("film.bin"), &content).expect("a file");
    let got = server.dir.path().join("got");
    fs::create_dir(&got).expect("a folder");
    let mut rest = vec![0; content.len()];
    rest[..20 << 20].copy_from_slice(&content[..20 << 20]);
    rest[5 << 20] ^= 1;
    fs::write(got.join("film.bin.potluck-partial"), rest).expect("a file");
    let proxy = Proxy::start(server.addr);
    let outcome = done("pull", &[&format!("http://{}/film.bin", proxy.addr), text(&got)]);
    assert_eq!(outcome.paths("verified"), ["film.bin"]);
    assert!(fs::read(got.join("film.bin")).expect("is there") == content);
    assert_eq!(data::files(&got), [PathBuf::from("film.bin")], "nothing else stays");
}

#[test]
fn sync_makes_both_sides_equal_and_deletes_only_what_it_is_told_to() {
    let server = TestServer::start(["-v", "{root}::rwmd", "-e2dsa", "--trash-days", "0"]);
    let (home, url) = (server.dir.path().join("home"), server.url("docs/"));
    let folder = home.join("docs");
    data::tree(&folder, 20, 100);
    let from = inside(&folder);
    let would = done("sync", &["-n", &from, &url]);
    assert_eq!((would.sum("would_transfer"), server.root().join("docs").exists()), (20, false));
    assert_eq!(done("sync", &[&from, &url]).sum("sent"), 20);
    assert_eq!(done("sync", &[&from, &url]).sum("same"), 20);
    fs::write(server.root().join("docs/extra.txt"), "of another person").expect("a file");
    fs::write(folder.join("d000/file 00003.bin"), "changed and longer than it was").expect("a file");
    fs::remove_file(folder.join("d000/file 00004.bin")).expect("was there");
    let changed = done("sync", &[&from, &url]);
    assert_eq!((changed.paths("sent"), changed.sum("deleted")), (vec!["d000/file 00003.bin"], 0));
    let would = done("sync", &["-n", "--delete-extra", &from, &url]);
    assert_eq!(would.paths("would_delete"), ["d000/file 00004.bin", "extra.txt"]);
    assert!(server.root().join("docs/extra.txt").exists());
    assert_eq!(done("sync", &["--delete-extra", &from, &url]).sum("deleted"), 2);
    data::assert_same_tree(&folder, &server.root().join("docs"));

    let copy = home.join("copy");
    data::tree(&copy, 1, 7);
    fs::write(copy.join("own.txt"), "extra here").expect("a file");
    done("sync", &[&url, text(&copy)]);
    assert!(copy.join("own.txt").exists());
    assert_eq!(done("sync", &["--delete-extra", &url, text(&copy)]).paths("deleted"), ["own.txt"]);
    data::assert_same_tree(&folder, &copy);

    let nothing = home.join("nothing");
    fs::create_dir(&nothing).expect("a folder");
    assert_eq!(ran("sync", &["--delete-extra", text(&nothing), &url]).code, Some(2), "all would be deleted");
    data::assert_same_tree(&folder, &server.root().join("docs"));
    done("sync", &["--delete-extra", "--from-may-be-empty", text(&nothing), &url]);
    assert_eq!(data::files(&server.root().join("docs")), [""; 0].map(PathBuf::from));
}

#[test]
fn taken_names_are_treated_as_asked_for() {
    let server = TestServer::start(["-v", "{root}::rwmd", "-e2dsa", "--trash-days", "0"]);
    let file = server.dir.path().join("a.txt");
    let send = |content: &str, how: &[&str]| {
        fs::write(&file, content).expect("a file");
        let url = server.url("");
        done("push", &[how, &[text(&file), &url]].concat())
    };
    let content = || fs::read_to_string(server.root().join("a.txt")).expect("is there");
    send("one", &[]);
    assert_eq!(send("two!", &["--if-exists", "skip"]).sum("skipped"), 1);
    assert_eq!((content(), data::files(&server.root()).len()), ("one".to_owned(), 1));
    let renamed = send("three", &[]);
    let note = renamed.lines.iter().find(|line| line["event"] == "note").expect("the new name is told");
    assert!(note["message"].as_str().is_some_and(|told| told.starts_with("a.txt has the name a")), "{note}");
    assert_eq!((content(), data::files(&server.root()).len()), ("one".to_owned(), 2));
    send("four?!", &["--if-exists", "replace"]);
    assert_eq!((content(), data::files(&server.root()).len()), ("four?!".to_owned(), 2));
}

#[test]
fn refusals_have_their_exit_codes() {
    let server = TestServer::start(["-a", "ann:pw", "-v", "{root}::rw,ann"]);
    let file = server.dir.path().join("a.txt");
    fs::write(&file, "content").expect("a file");
    let url = server.url("");
    let with = |password: &str| {
        let mut command = client("push", &[text(&file), &url]);
        Outcome::of(&command.env("POTLUCK_PASSWORD", password).output().expect("starts")).code
    };
    assert_eq!((ran("push", &[text(&file), &url]).code, with("wrong"), with("pw")), (Some(3), Some(3), Some(0)));
    let named = url.replace("http://", "http://ann:pw@");
    assert_eq!(done("pull", &[&named, text(&server.dir.path().join("got"))]).sum("verified"), 1);
    let secret = server.dir.path().join("secret");
    fs::write(&secret, "pw\n").expect("a file");
    done("pull", &["--password-file", text(&secret), &url, text(&server.dir.path().join("got2"))]);
    assert_eq!(ran("pull", &["http://127.0.0.1:1/", "x"]).code, Some(3));
    for wrong in [&["a"][..], &["a", "b"], &["ftp://h/", "x"], &["--jobs", "0", "http://h/", "x"]] {
        assert_eq!(ran("pull", wrong).code, Some(2), "{wrong:?}");
    }
}

/// Answers every request with the answer for its path, until the process ends.
fn serve(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("an address");
    let answer = std::sync::Arc::new(answer);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
                let mut first = String::new();
                // A client that has gone needs no answer.
                let _ = reader.read_line(&mut first);
                let mut line = String::new();
                while matches!(reader.read_line(&mut line), Ok(3..)) {
                    line.clear();
                }
                let path = first.split(' ').nth(1).unwrap_or("").to_owned();
                let _ = stream.write_all(answer(&path).as_bytes());
                let _ = stream.shutdown(std::net::Shutdown::Write);
                let _ = stream.read(&mut [0; 1]);
            });
        }
    });
    addr
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

#[test]
fn names_of_a_hostile_server_stay_inside_the_folder() {
    let addr = serve(|path| match path.split('?').next() {
        Some("/") => ok(r#"{"dirs": [{"href": "../"}, {"href": "%2e%2e/"}, {"href": "a/../../b/"}], "files": [
            {"href": "../evil", "sz": 4}, {"href": "%2e%2e%2fevil", "sz": 4}, {"href": "/etc/evil", "sz": 4},
            {"href": "..", "sz": 4}, {"href": "a%00b", "sz": 4}, {"href": "good", "sz": 4}, {"href": "short", "sz": 9}]}"#),
        Some("/good" | "/short") => ok("good"),
        _ => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
    });
    let home = tempfile::tempdir().expect("a folder");
    let got = home.path().join("got");
    let outcome = ran("pull", &[&format!("http://{addr}/"), text(&got)]);
    assert_eq!((outcome.code, outcome.sum("received"), outcome.sum("failed")), (Some(1), 1, 9));
    assert_eq!(
        data::files(home.path()),
        [PathBuf::from("got/good")],
        "nothing is outside, and nothing unfinished stays"
    );
}

#[test]
fn help_completions_and_the_manual_are_made_of_the_options() {
    let told = |args: &[&str]| {
        let output = Command::new(server::binary()).args(args).output().expect("starts");
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).expect("is text")
    };
    for command in ["push", "pull", "sync"] {
        let help = told(&[command, "--help"]);
        assert!(help.contains("Examples:") && help.contains("--dry-run"), "{help}");
        assert!(told(&["manual"]).contains(command));
    }
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(told(&["completions", shell]).contains("delete-extra"), "{shell}");
    }
}
