//! One list of behaviours, run through every door by the [`client::Client`] trait: equal questions get equal answers.
//!
//! A feature enters here first. A door that cannot say something (a time in a plain form, bytes that are no text in
//! JSON) is passed over there and nowhere else.

mod client;
mod contents;
mod faults;
mod hidden;
mod matrix;
mod names;
mod nested;
mod rules;

use support::TestServer;

/// A server with one volume at the root: everything allowed to everybody.
fn open_server() -> TestServer {
    TestServer::start(["-v", "{root}::rwmd.", "-e2d"])
}

/// Files anywhere below the served folder that a person could see.
fn on_disk(server: &TestServer) -> Vec<std::path::PathBuf> {
    let hidden = |path: &std::path::Path| path.components().any(|part| part.as_os_str() == ".hist");
    support::data::files(&server.root()).into_iter().filter(|path| !hidden(path)).collect()
}

/// Waits until `done`, which depends on what another thread or process does.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !done() {
        assert!(std::time::Instant::now() < deadline, "never happened: {what}");
        std::thread::yield_now();
        std::thread::park_timeout(std::time::Duration::from_millis(2));
    }
}
