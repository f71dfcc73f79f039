//! WebDAV with litmus, rclone, cadaver and curl: the standard's test suite passes whole, and trees with awkward names and
//! their dates are copied both ways.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use support::{TestServer, data, skip};

use crate::{run, run_with_input};

/// The suites of litmus, and how many tests each has.
const SUITES: [(&str, usize); 5] = [("basic", 16), ("copymove", 13), ("props", 30), ("locks", 41), ("http", 4)];

#[test]
fn litmus_passes() {
    let Some(litmus) = skip::need("litmus") else { return };
    let server = TestServer::start(["-a", "ann:pw", "-v", "{root}:v:rwmd.,ann"]);
    for (suite, count) in SUITES {
        let mut command = Command::new(&litmus);
        // It writes its log into the working directory.
        command.current_dir(server.dir.path()).env("TESTS", suite).args([&server.url("v/"), "ann", "pw"]);
        let output = run_with_input(&mut command, b"");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{suite}:\n{text}");
        let summary = format!("of {count} tests run: {count} passed, 0 failed");
        assert!(text.contains(&summary), "{suite} says something else than '{summary}':\n{text}");
        // Its own client sends the fragment of a URL, which is then part of the path.
        let warnings: Vec<_> = text.lines().filter(|line| line.contains("WARNING")).collect();
        let expected =
            |line: &&str| line.contains("DELETE removed collection resource with Request-URI including fragment");
        assert!(warnings.iter().all(expected), "{suite}: {warnings:?}");
    }
}

/// Runs rclone on a WebDAV server, with no configuration of this machine.
fn rclone(server: &TestServer, vendor: &str, path: &str, args: &[&str]) -> Option<Vec<u8>> {
    let rclone = skip::need("rclone")?;
    let mut command = Command::new(rclone);
    command.args(["--config", "/dev/null", "--retries", "1", "--webdav-vendor", vendor]);
    command.args(["--webdav-url", &server.url(path), "--webdav-user", "ann", "--webdav-pass"]);
    // "pw", as rclone obscures it.
    let obscured = run(Command::new("rclone").args(["obscure", "pw"]));
    command.arg(String::from_utf8_lossy(&obscured).trim()).args(args);
    Some(run(&mut command))
}

/// Creates small files, awkward names, an empty file, and an empty folder; every file has a date of its own.
fn make_tree(folder: &Path) {
    data::tree(folder, 30, 700);
    let odd = folder.join("odd # names & %41");
    fs::create_dir_all(odd.join("empty folder")).expect("a folder");
    for name in data::NASTY_NAMES.iter().filter(|name| name.len() <= 255 && !name.contains('\n')) {
        fs::write(odd.join(name), name).expect("a file");
    }
    fs::write(folder.join("empty"), "").expect("a file");
    for (number, path) in data::files(folder).iter().enumerate() {
        set_date(&folder.join(path), 1_200_000_000 + number as u64 * 3600);
    }
}

fn set_date(path: &Path, seconds: u64) {
    let file = fs::File::options().write(true).open(path).expect("a file");
    file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).expect("its date");
}

/// Path and date of every file.
fn dates(folder: &Path) -> Vec<(String, u64)> {
    let date = |path: &std::path::PathBuf| {
        let modified = folder.join(path).metadata().and_then(|meta| meta.modified()).expect("a date");
        let seconds = modified.duration_since(SystemTime::UNIX_EPOCH).expect("since 1970").as_secs();
        (path.display().to_string(), seconds)
    };
    data::files(folder).iter().map(date).collect()
}

/// `has_dates`: the vendor's way to send modification times is used.
fn copies_a_tree_both_ways(vendor: &str, path: &str, has_dates: bool) {
    let server = TestServer::start(["-a", "ann:pw", "-v", "{root}::rwmd.,ann"]);
    let (source, back) = (server.dir.path().join("source"), server.dir.path().join("back"));
    make_tree(&source);
    let plain = |path: &Path| path.to_str().expect("plain").to_owned();
    if rclone(&server, vendor, path, &["copy", "--create-empty-src-dirs", &plain(&source), ":webdav:tree"]).is_none() {
        return;
    }
    data::assert_same_tree(&source, &server.root().join("tree"));
    assert!(server.root().join("tree/odd # names & %41/empty folder").is_dir(), "{vendor}");
    if has_dates {
        assert_eq!(dates(&server.root().join("tree")), dates(&source), "{vendor}");
    }
    rclone(&server, vendor, path, &["copy", ":webdav:tree", &plain(&back)]);
    data::assert_same_tree(&source, &back);
    // A changed file replaces the one on the server, under its name.
    fs::write(source.join("empty"), "not any more").expect("a file");
    rclone(&server, vendor, path, &["sync", &plain(&source), ":webdav:tree"]);
    data::assert_same_tree(&source, &server.root().join("tree"));
    rclone(&server, vendor, path, &["moveto", ":webdav:tree/empty", ":webdav:tree/moved"]);
    rclone(&server, vendor, path, &["copyto", ":webdav:tree/moved", ":webdav:tree/copied"]);
    assert_eq!(fs::read(server.root().join("tree/copied")).expect("a copy"), b"not any more", "{vendor}");
    let about = rclone(&server, vendor, path, &["about", ":webdav:"]).expect("rclone is here");
    assert!(String::from_utf8_lossy(&about).contains("Free:"), "{vendor}: {about:?}");
    rclone(&server, vendor, path, &["purge", ":webdav:tree"]);
    assert!(!server.root().join("tree").exists(), "{vendor}");
}

#[test]
fn rclone_copies_a_tree_both_ways() {
    copies_a_tree_both_ways("other", "", false);
}

#[test]
fn rclone_copies_a_tree_as_to_owncloud() {
    copies_a_tree_both_ways("owncloud", "remote.php/webdav/", true);
}

#[test]
fn rclone_copies_a_tree_as_to_nextcloud() {
    copies_a_tree_both_ways("nextcloud", "remote.php/dav/files/ann/", true);
}

#[test]
fn cadaver_does_what_it_is_told() {
    let Some(cadaver) = skip::need("cadaver") else { return };
    let server = TestServer::start(["-v", "{root}::rwmd"]);
    let local = server.dir.path().join("local.txt");
    fs::write(&local, "from here").expect("a file");
    let (from, to) = (local.display().to_string(), server.dir.path().join("fetched.txt").display().to_string());
    let commands = format!(
        "mkcol folder\ncd folder\nput {from} one.txt\nput {from} one.txt\nlock one.txt\npropset one.txt colour red\n\
         propget one.txt colour\nunlock one.txt\ncopy one.txt two.txt\nmove two.txt three.txt\nls\nget three.txt {to}\n\
         delete one.txt\nquit\n"
    );
    let mut command = Command::new(cadaver);
    command.arg(server.url("")).env("HOME", server.dir.path());
    let output = run_with_input(&mut command, commands.as_bytes());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.contains("failed"), "{text}");
    assert!(text.contains("red"), "the property is told: {text}");
    assert_eq!(fs::read(&to).expect("was fetched"), b"from here", "{text}");
    assert_eq!(data::files(&server.root().join("folder")), [Path::new("three.txt")], "{text}");
}

#[test]
fn curl_asks_with_a_password_and_is_told_why_it_needs_one() {
    let Some(curl) = skip::need("curl") else { return };
    let server = TestServer::start(["-a", "ann:pw", "-v", "{root}:v:r,ann"]);
    fs::write(server.root().join("a & b.txt"), "content").expect("a file");
    let ask = |more: &[&str]| {
        let mut command = Command::new(&curl);
        command.args(["-sS", "-i", "-X", "PROPFIND", "-H", "Depth: 1"]).args(more).arg(server.url("v/"));
        String::from_utf8_lossy(&run(&mut command)).into_owned()
    };
    let refused = ask(&[]);
    assert!(
        refused.starts_with("HTTP/1.1 401") && refused.to_lowercase().contains("www-authenticate: basic"),
        "{refused}"
    );
    let listed = ask(&["-u", "ann:pw"]);
    assert!(listed.starts_with("HTTP/1.1 207"), "{listed}");
    assert!(listed.contains("<D:href>/v/a%20%26%20b.txt</D:href>"), "{listed}");
    assert!(listed.contains("<D:displayname>a &amp; b.txt</D:displayname>"), "{listed}");
}
