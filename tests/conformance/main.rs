//! One list of behaviours, run through every protocol by the [`client::Client`] trait: equal requests get equal
//! answers.
//!
//! Tests of a new feature are added here first. A protocol that cannot express a value (a modification time in a form,
//! bytes that are not UTF-8 in JSON) is skipped for that value only.

mod client;
mod contents;
mod faults;
mod hidden;
mod matrix;
mod matrix_ftp;
mod matrix_sftp;
mod matrix_tftp;
mod names;
mod nested;
mod rules;
mod searches;
mod trash;

use support::TestServer;

/// Starts a server with one volume at the root in which everyone has all rights.
fn open_server() -> TestServer {
    start(["-v", "{root}::rwmd.", "-e2d"])
}

/// Starts a server that speaks every protocol.
fn start<A: AsRef<str>>(args: impl IntoIterator<Item = A>) -> TestServer {
    TestServer::start(with_protocols(args))
}

/// The same with a prepared folder.
fn start_in<A: AsRef<str>>(dir: tempfile::TempDir, args: impl IntoIterator<Item = A>) -> TestServer {
    TestServer::start_in(dir, with_protocols(args))
}

fn with_protocols<A: AsRef<str>>(args: impl IntoIterator<Item = A>) -> Vec<String> {
    let own = ["--ftp", "{ftp}", "--tftp", "{tftp}", "--sftp", "{sftp}", "--sftp-pw", "--sftp-anon", "any"]
        .map(str::to_owned);
    args.into_iter().map(|arg| arg.as_ref().to_owned()).chain(own).collect()
}

/// Returns the files below the served folder, without the server's own state.
fn on_disk(server: &TestServer) -> Vec<std::path::PathBuf> {
    let hidden = |path: &std::path::Path| path.components().any(|part| part.as_os_str() == ".hist");
    support::data::files(&server.root()).into_iter().filter(|path| !hidden(path)).collect()
}

/// Blocks until `done` returns true; panics after 20 seconds.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !done() {
        assert!(std::time::Instant::now() < deadline, "never happened: {what}");
        std::thread::yield_now();
        std::thread::park_timeout(std::time::Duration::from_millis(2));
    }
}
