//! curl downloads a tree, file by file and as one tar, byte for byte.

use std::fmt::Write;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};

use support::{TestServer, data, skip};

use crate::run;

/// Returns curl without the user's configuration; a transfer without progress for a minute ends it.
fn curl() -> Option<Command> {
    let mut command = Command::new(skip::need("curl")?);
    command.args(["--disable", "--silent", "--show-error", "--fail", "--globoff"]);
    command.args(["--speed-limit", "1", "--speed-time", "60"]);
    Some(command)
}

/// Downloads every file of `expected` over one connection and compares the hashes.
pub fn file_by_file(server: &TestServer, expected: &data::Sums) {
    let Some(mut curl) = curl() else { return };
    let out = server.dir.path().join("by-file");
    let mut list = String::new();
    for path in expected.keys() {
        let names: Vec<String> = path.iter().map(|name| data::encode_bytes(name.as_bytes())).collect();
        let url = server.url(&names.join("/"));
        let target = out.join(path);
        writeln!(list, "url = \"{url}\"\noutput = \"{}\"", target.display()).expect("a string takes all");
    }
    let config = server.dir.path().join("list");
    fs::write(&config, list).expect("a file");
    run(curl.arg("--create-dirs").arg("--config").arg(config));
    data::assert_sums(expected, &out);
    fs::remove_dir_all(out).expect("room for what follows");
}

/// Downloads everything as one tar, piped into `tar`, and compares the hashes.
pub fn as_tar(server: &TestServer, expected: &data::Sums) {
    let (Some(mut curl), Some(tar)) = (curl(), skip::need("tar")) else { return };
    let out = server.dir.path().join("by-tar");
    fs::create_dir(&out).expect("a folder");
    let mut sending = curl.arg(server.url("?tar&name=top")).stdout(Stdio::piped()).spawn().expect("curl starts");
    let archive = sending.stdout.take().expect("a pipe");
    let unpacked = Command::new(tar).arg("-xC").arg(&out).stdin(archive).status().expect("tar starts");
    assert!(sending.wait().expect("curl ends").success() && unpacked.success());
    assert_only(&out, "top");
    data::assert_sums(expected, &out.join("top"));
    fs::remove_dir_all(out).expect("room for what follows");
}

fn assert_only(folder: &Path, name: &str) {
    let names: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(names, [name]);
}
